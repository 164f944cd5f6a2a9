create schema archive;

create table archive.study (
    id uuid primary key,
    hospital_id text not null references hospitals.hospital,
    study_instance_uid text not null,
    state text not null check (state in ('arriving', 'at_rest')),
    accession_number text not null default '',
    patient_number text not null default '', -- PatientID as sent
    issuer text not null default '', -- IssuerOfPatientID as sent, else the hospital's own
    patient_name text not null default '',
    birth_date date,
    sex text not null default '',
    study_at timestamp, -- StudyDate and StudyTime, in the hospital's own time
    description text not null default '',
    modalities text[] not null default '{}',
    body_part text not null default '',
    sending_application text not null default '',
    series_count integer not null default 0,
    instance_count integer not null default 0,
    bytes bigint not null default 0,
    first_received_at timestamptz not null,
    last_received_at timestamptz not null,
    rested_at timestamptz,
    rests integer not null default 0, -- how often it came to rest: 2 and up means late images
    unique (hospital_id, study_instance_uid)
);

create index study_uid on archive.study (study_instance_uid);
create index study_accession on archive.study (hospital_id, accession_number);
create index study_patient on archive.study (hospital_id, issuer, patient_number);
create index study_newest on archive.study (hospital_id, study_at desc);
create index study_arriving on archive.study (last_received_at) where state = 'arriving';

create table archive.series (
    id uuid primary key,
    study_id uuid not null references archive.study,
    hospital_id text not null,
    series_instance_uid text not null,
    modality text not null default '',
    number integer,
    description text not null default '',
    body_part text not null default '',
    laterality text not null default '',
    instance_count integer not null default 0,
    unique (hospital_id, series_instance_uid)
);

create index series_study on archive.series (study_id);

create table archive.instance (
    id uuid primary key,
    series_id uuid not null references archive.series,
    study_id uuid not null references archive.study,
    hospital_id text not null,
    sop_instance_uid text not null,
    sop_class_uid text not null,
    transfer_syntax_uid text not null,
    number integer,
    frames integer not null default 0, -- 0: no pixels
    object_key text not null,
    bytes bigint not null,
    digest text not null, -- sha-256 of the data set as received, hex
    dataset_offset integer not null, -- where the data set starts in the kept file
    pixel_offset bigint, -- where native PixelData starts in the kept file; null: none, or encapsulated
    pixel_bytes bigint,
    metadata jsonb not null, -- DICOM JSON (PS3.18 F) without bulk data
    received_at timestamptz not null,
    unique (hospital_id, sop_instance_uid)
);

create index instance_series on archive.instance (series_id, number);
create index instance_study on archive.instance (study_id);
create index instance_sop on archive.instance (sop_instance_uid);

create table archive.quarantine (
    id uuid primary key,
    hospital_id text references hospitals.hospital,
    sender text not null, -- AE title or HL7 sending application
    protocol text not null check (protocol in ('dimse', 'stow', 'mllp')),
    reason text not null, -- short code, the same for the same mistake
    sentence text not null, -- what is wrong and what to do; no patient data
    object_key text not null,
    bytes bigint not null,
    digest text not null,
    uid text not null default '',
    state text not null default 'held' check (state in ('held', 'readmitted', 'discarded')),
    received_at timestamptz not null,
    unique (protocol, sender, digest, reason)
);

create index quarantine_newest on archive.quarantine (hospital_id, received_at desc);
