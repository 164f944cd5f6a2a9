create schema hospitals;

create table hospitals.hospital (
    id text primary key check (id ~ '^[a-z][a-z0-9-]{1,30}$'),
    name text not null,
    ura text,
    agb text,
    oid_root text,
    joined_at timestamptz not null default now()
);

create table hospitals.issuer (
    hospital_id text not null references hospitals.hospital,
    kind text not null check (kind in ('patient', 'accession')),
    namespace text not null,
    oid text,
    primary key (hospital_id, kind, namespace)
);

create table hospitals.endpoint (
    id text primary key, -- 'noord/pacs'
    hospital_id text not null references hospitals.hospital,
    kind text not null check (kind in ('pacs', 'ris')),
    host text not null,
    port integer not null,
    application text not null, -- AE title, or HL7 receiving application
    facility text not null default '', -- HL7 receiving facility
    active boolean not null default true
);

create index endpoint_hospital on hospitals.endpoint (hospital_id);
create index endpoint_application on hospitals.endpoint (kind, application);

create table hospitals.reader (
    id uuid primary key,
    hospital_id text not null references hospitals.hospital,
    username text not null unique,
    name text not null,
    roles text[] not null,
    subspecialties text[] not null default '{}',
    password_hash text,
    oidc_issuer text,
    oidc_subject text,
    active boolean not null default true,
    unique (oidc_issuer, oidc_subject)
);

create table hospitals.agreement (
    id text not null,
    version integer not null,
    source_hospital_id text not null references hospitals.hospital,
    reading_hospital_ids text[] not null,
    purposes text[] not null,
    modalities text[] not null default '{}', -- empty: all
    form text not null,
    minutes_by_urgency jsonb not null,
    tariff_cents integer not null check (tariff_cents >= 0),
    needs_consent boolean not null default true,
    starts_at timestamptz not null,
    ends_at timestamptz,
    primary key (id, version)
);

create index agreement_source on hospitals.agreement (source_hospital_id);
