create schema patients;

-- a patient as one hospital knows her
create table patients.patient (
    id uuid primary key,
    hospital_id text not null references hospitals.hospital,
    issuer text not null,
    number text not null,
    bsn text,
    name text not null default '', -- DICOM PN form: family^given^middle^prefix^suffix
    birth_date date,
    sex text not null default '',
    updated_at timestamptz not null,
    unique (hospital_id, issuer, number)
);

create index patient_bsn on patients.patient (bsn) where bsn is not null;

-- the person whom several patients are
create table patients.person (
    id uuid primary key,
    made_at timestamptz not null
);

create table patients.link (
    patient_id uuid primary key references patients.patient,
    person_id uuid not null references patients.person,
    evidence text not null, -- 'alone', 'bsn', 'by hand'
    linked_at timestamptz not null
);

create index link_person on patients.link (person_id);

-- alike, but not sure: shown to people, never joined
create table patients.possible_link (
    patient_id uuid not null references patients.patient,
    other_patient_id uuid not null references patients.patient,
    evidence text not null,
    found_at timestamptz not null,
    primary key (patient_id, other_patient_id)
);
