-- the scrub: one reader for all, which reads every sealed pack again, longest unread first
create table archive.scrub (
    only_one boolean primary key default true check (only_one),
    paused boolean not null default false,
    asked_at timestamptz, -- somebody wants a round now
    began_at timestamptz, -- this round
    ended_at timestamptz, -- the last round that read everything
    packs bigint not null default 0, -- read in this round
    bytes bigint not null default 0,
    damaged bigint not null default 0 -- found in this round
);

insert into archive.scrub default values;

-- what is not as it was received any more, until it is mended
create table archive.damage (
    instance_id uuid primary key,
    hospital_id text not null references hospitals.hospital,
    study_id uuid not null,
    sop_instance_uid text not null,
    found_at timestamptz not null
);

create index damage_newest on archive.damage (hospital_id, found_at desc);

alter table archive.pack
    add column holes bigint not null default 0; -- bytes of instances that were taken out

create index pack_holes on archive.pack (id) where holes > 0;

-- objects that no row speaks of any more; deleted a while later, so that readers can finish
create table archive.garbage (
    object_key text primary key,
    since timestamptz not null
);

create index garbage_oldest on archive.garbage (since);

-- an instance that is not here but is not hidden either
create index instance_away on archive.instance (study_id) where pack_id is null;

alter table archive.quarantine
    add column transfer_syntax_uid text not null default '', -- as announced; empty: not known
    add column resolved_at timestamptz,
    add column resolved_by uuid references hospitals.reader, -- null: by an operator
    add column resolution text not null default ''; -- why it was let in, or thrown away

create index quarantine_held on archive.quarantine (hospital_id, received_at desc)
    where state = 'held';

-- what is known better today than what the images of a study say
create table archive.correction (
    study_id uuid primary key references archive.study on delete cascade,
    hospital_id text not null,
    patient_number text, -- null, here and below: as the images say
    issuer text,
    patient_name text,
    birth_date date,
    sex text,
    accession_number text,
    source text not null, -- who says so: 'registry', 'merge', 'administrator'
    corrected_at timestamptz not null
);

-- what a rejection note hides (IHE IOCM), also what has not come yet
create table archive.rejected (
    hospital_id text not null references hospitals.hospital,
    sop_instance_uid text not null,
    note_uid text not null, -- SOP Instance UID of the note
    code text not null, -- its title: CID 7011
    noted_at timestamptz not null,
    primary key (hospital_id, sop_instance_uid, note_uid)
);

create index rejected_note on archive.rejected (hospital_id, note_uid);

-- archive: for good; cache: until the report is home and some days more
alter table hospitals.agreement
    add column keeping text not null default 'archive' check (keeping in ('archive', 'cache')),
    add column cache_days integer not null default 14 check (cache_days >= 0);

alter table archive.study
    add column cache_days integer, -- null: kept as an archive
    add column evict_at timestamptz; -- when the cache may let go of it

create index study_evict on archive.study (evict_at)
    where evict_at is not null and availability = 'online';

create table archive.quota (
    hospital_id text primary key references hospitals.hospital,
    warn_bytes bigint check (warn_bytes > 0), -- null, here and below: no limit
    limit_bytes bigint check (limit_bytes > 0),
    warned_at timestamptz -- when it was last told to be above `warn_bytes`; null: it is not
);

-- a legal hold: nothing of this study or patient is evicted, expires or is erased
create table archive.hold (
    id uuid primary key,
    hospital_id text not null references hospitals.hospital,
    study_id uuid, -- null: all of a patient
    issuer text,
    patient_number text,
    reason text not null,
    placed_by uuid references hospitals.reader, -- null: by an operator
    placed_at timestamptz not null,
    lifted_by uuid references hospitals.reader,
    lifted_at timestamptz,
    check ((study_id is null) = (patient_number is not null and issuer is not null))
);

create index hold_study on archive.hold (study_id) where lifted_at is null;
create index hold_patient on archive.hold (hospital_id, issuer, patient_number)
    where lifted_at is null and patient_number is not null;

-- how long a hospital keeps what it has here; no row: for good
create table archive.retention (
    hospital_id text primary key references hospitals.hospital,
    years integer not null check (years between 1 and 200)
);

create index study_age on archive.study (hospital_id, study_at) where availability <> 'offline';

-- what was erased, without a word of whose it was
create table archive.erasure (
    id uuid primary key,
    hospital_id text not null references hospitals.hospital,
    ground text not null, -- 'patient', 'retention', 'request'
    reason text not null,
    erased_by uuid references hospitals.reader, -- null: by an operator, or a hospital's own system
    erased_at timestamptz not null,
    certificate jsonb not null,
    seal text not null -- SHA-256 of the certificate in canonical JSON
);

create index erasure_newest on archive.erasure (hospital_id, erased_at desc);

-- a study that was erased is not taken in again; its id follows from its UID, and not the reverse
create table archive.erased (
    study_id uuid primary key,
    hospital_id text not null references hospitals.hospital,
    erasure_id uuid not null references archive.erasure
);

-- a number that its hospital has merged into another: who she is now
alter table patients.patient
    add column merged_into uuid references patients.patient;

create index patient_merged on patients.patient (merged_into) where merged_into is not null;

-- for the look at how fast images come in, and to forget what is old
create index intake_minute on archive.intake (minute);
