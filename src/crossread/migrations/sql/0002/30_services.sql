-- what somebody says a study has, beside the images themselves (archive/rest.py)
create table archive.expectation (
    study_id uuid not null, -- of a study that need not be here yet
    hospital_id text not null references hospitals.hospital,
    source text not null, -- who says it: 'step/<uid>', 'commitment/<uid>', or a name of its own
    rule text not null check (rule in ('committed', 'performed', 'counted')),
    whole boolean not null, -- false: the one who says it is not done yet
    instances text[] not null default '{}', -- SOP Instance UIDs
    number integer, -- of instances, where they are not named
    said_at timestamptz not null,
    primary key (study_id, source)
);

-- requests to answer for instances (storage commitment, PS3.4 Annex J)
create table archive.commitment (
    id uuid primary key,
    hospital_id text not null references hospitals.hospital,
    endpoint_id text not null references hospitals.endpoint,
    transaction_uid text not null,
    asked jsonb not null, -- [SOP class, SOP instance] of each
    answer jsonb, -- [SOP class, SOP instance, failure reason or null] of each; null: not looked yet
    first_asked_at timestamptz not null,
    asked_at timestamptz not null, -- last
    answered_at timestamptz,
    told text not null default 'owed' check (told in ('owed', 'outbox', 'association')),
    told_at timestamptz
);

create index commitment_transaction on archive.commitment (endpoint_id, transaction_uid, first_asked_at);
create index commitment_newest on archive.commitment (hospital_id, asked_at desc);

-- what a worklist needs beyond the order itself (PS3.4 K.6.1.2)
alter table orders.order
    add column scheduled_at timestamptz, -- when it is to be done; null: nobody said
    add column station text not null default '', -- AE title of the machine; empty: any
    add column requested_procedure_id text not null default '',
    add column scheduled_step_id text not null default '';

-- what is still to be done at a hospital, by when it is to be done
create index order_to_do
    on orders.order (hospital_id, coalesce(scheduled_at, requested_at, received_at))
    where state = 'placed';

-- modality performed procedure steps (PS3.4 F.7), as last said
create table orders.performed_step (
    hospital_id text not null references hospitals.hospital,
    sop_instance_uid text not null,
    state text not null check (state in ('IN PROGRESS', 'COMPLETED', 'DISCONTINUED')),
    station text not null,
    modality text not null,
    studies text[] not null, -- Study Instance UIDs
    study_ids uuid[] not null, -- of the same
    accession_numbers text[] not null,
    instances integer not null, -- how many it has made
    content jsonb not null, -- DICOM JSON (PS3.18 Annex F)
    created_digest text not null, -- of the N-CREATE, by which a repeat is known
    changed_digest text not null default '', -- of the last N-SET
    created_at timestamptz not null,
    changed_at timestamptz not null,
    primary key (hospital_id, sop_instance_uid)
);

create index performed_step_study on orders.performed_step using gin (study_ids);
create index performed_step_accession on orders.performed_step using gin (accession_numbers);
create index performed_step_newest on orders.performed_step (hospital_id, changed_at desc);

-- what an endpoint asks to be told of, beside what it is owed anyway
create table hospitals.subscription (
    endpoint_id text not null references hospitals.endpoint,
    subject text not null check (subject in ('availability')), -- PS3.4 Annex R
    primary key (endpoint_id, subject)
);
