create schema transfers;

-- a hospital's archive that speaks DICOMweb: its root, and the key that it gave us
alter table hospitals.endpoint
    drop constraint endpoint_kind_check,
    add constraint endpoint_kind_check check (kind in ('pacs', 'ris', 'web')),
    add column url text not null default '',
    add column key text not null default ''; -- sent as `Authorization: Bearer`

-- how we may burden an endpoint; no row: the rule that `transfers.model.Rule` names
create table transfers.rule (
    endpoint_id text primary key references hospitals.endpoint,
    associations integer not null check (associations between 1 and 32),
    megabits double precision check (megabits > 0), -- a second, over all associations; null: no limit
    windows text[] not null, -- '20:00-06:00', hospital's own time; empty: always
    fetch_by text not null check (fetch_by in ('move', 'get', 'web')),
    commits boolean not null -- ask it to take over responsibility (PS3.4 Annex J)
);

create table transfers.transfer (
    id uuid primary key,
    sequence bigint generated always as identity, -- in which order they were asked for
    hospital_id text not null references hospitals.hospital,
    endpoint_id text not null references hospitals.endpoint,
    direction text not null check (direction in ('send', 'fetch')),
    study_instance_uid text not null,
    series_instance_uid text not null default '', -- empty: the whole study
    priority text not null check (priority in ('urgent', 'bulk')),
    asked_by text not null, -- a sign-in, 'command line', or the step that needs it
    task_id uuid references worklist.task,
    state text not null
        check (state in ('waiting', 'running', 'paused', 'done', 'failed', 'cancelled')),
    listed boolean not null default false, -- its items are known
    commits boolean not null default false,
    transaction_uid text not null default '', -- of the storage commitment that was asked for last
    total integer not null default 0,
    done integer not null default 0,
    failed integer not null default 0,
    bytes bigint not null default 0, -- of those that are done
    attempts integer not null default 0, -- in a row that failed as a whole
    last_error text not null default '',
    next_try_at timestamptz not null,
    asked_at timestamptz not null,
    started_at timestamptz,
    ended_at timestamptz
);

-- what is next at this endpoint
create index transfer_open on transfers.transfer (endpoint_id, priority desc, sequence)
    where state in ('waiting', 'running');
create index transfer_newest on transfers.transfer (hospital_id, sequence desc);
-- whether this is under way already, and how it ended last
create index transfer_study on transfers.transfer (hospital_id, study_instance_uid, sequence);
-- what ended long ago
create index transfer_ended on transfers.transfer (ended_at) where ended_at is not null;
create index transfer_commitment on transfers.transfer (transaction_uid)
    where transaction_uid <> '';

create table transfers.item (
    transfer_id uuid not null references transfers.transfer on delete cascade,
    sop_instance_uid text not null,
    sop_class_uid text not null default '',
    series_instance_uid text not null default '',
    place integer not null, -- in the order in which they go
    state text not null default 'waiting' check (state in ('waiting', 'done', 'failed')),
    status integer, -- last DIMSE or HTTP status
    sentence text not null default '', -- why it failed
    attempts integer not null default 0,
    bytes bigint not null default 0,
    committed boolean not null default false,
    primary key (transfer_id, sop_instance_uid)
);

create index item_waiting on transfers.item (transfer_id, place) where state = 'waiting';
create index item_failed on transfers.item (transfer_id, place) where state = 'failed';
