create schema assistance;

-- what a hospital calls a procedure, and what it is
create table assistance.procedure_name (
    hospital_id text not null references hospitals.hospital,
    local_code text not null,
    local_text text not null,
    code text not null,
    system text not null,
    name_en text not null,
    name_nl text not null,
    modality text not null,
    body_region text not null,
    confidence real not null check (confidence between 0 and 1),
    source text not null, -- 'rule', 'by hand'
    named_at timestamptz not null,
    primary key (hospital_id, local_code, local_text)
);
