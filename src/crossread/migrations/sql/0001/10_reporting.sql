create schema reporting;

create table reporting.draft (
    task_id uuid primary key references worklist.task,
    author uuid not null references hospitals.reader,
    fence integer not null,
    sections jsonb not null,
    annotations jsonb not null,
    revision integer not null,
    saved_at timestamptz not null
);

-- text of somebody whose lease had ended: refused as a report, kept for her
create table reporting.orphan (
    id uuid primary key,
    task_id uuid not null references worklist.task,
    author uuid not null references hospitals.reader,
    fence integer not null,
    sections jsonb not null,
    annotations jsonb not null,
    saved_at timestamptz not null
);

create index orphan_author on reporting.orphan (author, saved_at desc);

create table reporting.report (
    id uuid primary key,
    task_id uuid not null references worklist.task,
    study_id uuid not null references archive.study,
    hospital_id text not null references hospitals.hospital,
    version integer not null,
    status text not null,
    author uuid not null references hospitals.reader,
    fence integer not null,
    bundle jsonb not null,
    digest text not null, -- sha-256 of the canonical bundle, hex
    signed_at timestamptz not null,
    unique (task_id, version)
);

create index report_study on reporting.report (study_id, version);
