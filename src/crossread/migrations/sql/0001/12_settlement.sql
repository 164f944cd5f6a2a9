create schema settlement;

create table settlement.entry (
    id uuid primary key,
    report_id uuid not null unique references reporting.report,
    source_hospital_id text not null references hospitals.hospital,
    reading_hospital_id text not null references hospitals.hospital,
    agreement_id text not null,
    agreement_version integer not null,
    amount_cents integer not null,
    booked_at timestamptz not null,
    foreign key (agreement_id, agreement_version) references hospitals.agreement (id, version)
);
