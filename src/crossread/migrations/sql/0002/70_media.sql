-- what people brought on a CD, a stick or in a ZIP, and what became of it
create table archive.media_import (
    id uuid primary key,
    hospital_id text not null references hospitals.hospital,
    asked_by uuid not null references hospitals.reader,
    issuer text not null, -- of patient numbers where images name none; empty: the hospital itself
    object_key text not null, -- what was brought, until it has been taken in
    bytes bigint not null,
    state text not null default 'waiting'
        check (state in ('waiting', 'running', 'finished', 'failed')),
    sentence text not null default '', -- why it failed
    asked_at timestamptz not null,
    ended_at timestamptz,
    -- how far it is; who takes up where another stopped begins behind `seen`
    seen integer not null default 0,
    stored integer not null default 0,
    repeated integer not null default 0,
    refused integer not null default 0,
    others integer not null default 0,
    stored_bytes bigint not null default 0,
    refusals jsonb not null default '[]', -- name of the file, reason, sentence
    studies uuid[] not null default '{}'
);

create index media_import_newest on archive.media_import (hospital_id, asked_at desc);

alter table archive.quarantine
    drop constraint quarantine_protocol_check,
    add constraint quarantine_protocol_check
        check (protocol in ('dimse', 'stow', 'mllp', 'media'));
