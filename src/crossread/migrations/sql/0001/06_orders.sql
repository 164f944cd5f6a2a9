create schema orders;

create table orders.order (
    id uuid primary key,
    hospital_id text not null references hospitals.hospital,
    accession_number text not null,
    placer_number text not null default '',
    filler_number text not null default '',
    patient_id uuid not null references patients.patient,
    study_instance_uid text not null default '',
    procedure_code text not null default '',
    procedure_text text not null default '',
    procedure_system text not null default '',
    modality text not null default '',
    urgency text not null,
    question text not null default '',
    referrer text not null default '',
    state text not null check (state in ('placed', 'answered', 'cancelled')),
    requested_at timestamptz,
    received_at timestamptz not null,
    revision integer not null default 1,
    unique (hospital_id, accession_number)
);

create index order_study on orders.order (study_instance_uid) where study_instance_uid <> '';

-- which study answers which order, and by what rule we know
create table orders.match (
    study_id uuid primary key references archive.study,
    order_id uuid not null references orders.order,
    rule text not null,
    matched_at timestamptz not null
);

create index match_order on orders.match (order_id);

-- every order message once, by its control id, so that a repeated one changes nothing
create table orders.message (
    hospital_id text not null references hospitals.hospital,
    control_id text not null,
    digest text not null,
    received_at timestamptz not null,
    primary key (hospital_id, control_id)
);
