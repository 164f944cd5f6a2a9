create schema consent;

create table consent.consent (
    id uuid primary key,
    hospital_id text not null references hospitals.hospital, -- whose file (brondossier)
    patient_id uuid not null references patients.patient,
    decision text not null check (decision in ('permit', 'deny')),
    source text not null, -- 'register' (by hand); others come later, in the same place
    recorded_by uuid,
    reason text not null default '',
    starts_at timestamptz not null,
    ends_at timestamptz,
    recorded_at timestamptz not null
);

create index consent_patient on consent.consent (patient_id, recorded_at desc);
