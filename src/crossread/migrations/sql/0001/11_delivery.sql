create schema delivery;

create table delivery.delivery (
    id uuid primary key,
    sequence bigint generated always as identity, -- the order in which an endpoint gets them
    hospital_id text not null references hospitals.hospital,
    endpoint_id text not null references hospitals.endpoint,
    kind text not null, -- 'status', 'report', 'measurements', 'annotations'
    task_id uuid references worklist.task,
    report_id uuid references reporting.report,
    message_id text not null, -- MSH-10 or SOP Instance UID: the receiver can tell a repeat by it
    label text not null default '', -- 'in progress', 'final v1': what it says, for the screen
    object_key text not null,
    state text not null check (state in ('owed', 'acknowledged', 'refused', 'withdrawn')),
    attempts integer not null default 0,
    next_attempt_at timestamptz not null,
    last_error text not null default '',
    acknowledgement text not null default '',
    owed_at timestamptz not null,
    acknowledged_at timestamptz,
    unique (endpoint_id, message_id)
);

-- what is next for this endpoint
create index delivery_owed on delivery.delivery (endpoint_id, sequence) where state = 'owed';
create index delivery_task on delivery.delivery (task_id);
create index delivery_newest on delivery.delivery (owed_at desc);
