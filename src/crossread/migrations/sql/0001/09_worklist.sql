create schema worklist;

create table worklist.task (
    id uuid primary key,
    hospital_id text not null references hospitals.hospital, -- whose images
    study_id uuid references archive.study,
    order_id uuid references orders.order,
    patient_id uuid references patients.patient,
    purpose text not null,
    state text not null,
    urgency text not null,
    modality text not null default '',
    body_region text not null default '',
    procedure_en text not null default '',
    procedure_nl text not null default '',
    agreement_id text,
    agreement_version integer,
    form text not null default 'identified',
    offered_to text[] not null default '{}', -- hospitals whose readers may claim it
    held_back text[] not null default '{}', -- why it is not on offer: codes
    offered_images integer not null default 0, -- how many instances there were when first offered
    late_images integer not null default 0, -- how many came after that
    due_at timestamptz,
    fence integer not null default 0, -- the number of the last lease given
    made_at timestamptz not null,
    changed_at timestamptz not null,
    foreign key (agreement_id, agreement_version) references hospitals.agreement (id, version)
);

create unique index task_study on worklist.task (study_id, purpose) where study_id is not null;
create index task_order on worklist.task (order_id) where order_id is not null;
-- an order waits for its images with one task; each study that answers it then has its own
create unique index task_expected on worklist.task (order_id, purpose) where study_id is null;
-- what is open at this hospital, urgent first
create index task_source on worklist.task (hospital_id, state, due_at);
create index task_offered on worklist.task using gin (offered_to);
create index task_patient on worklist.task (patient_id);
create index task_changed on worklist.task (changed_at desc);

create table worklist.lease (
    task_id uuid primary key references worklist.task,
    holder uuid not null references hospitals.reader,
    token uuid not null unique, -- the UPS Transaction UID
    fence integer not null,
    claimed_at timestamptz not null,
    renewed_at timestamptz not null,
    ends_at timestamptz not null
);

create index lease_end on worklist.lease (ends_at);

-- every transition of every task, for ever
create table worklist.ledger (
    id bigint generated always as identity primary key,
    task_id uuid not null references worklist.task,
    at timestamptz not null,
    from_state text,
    to_state text not null,
    actor uuid, -- null: crossread itself
    reason text not null default '',
    fence integer not null
);

create index ledger_task on worklist.ledger (task_id, id);
