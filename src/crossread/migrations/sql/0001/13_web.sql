create schema web;

create table web.session (
    token_digest bytea primary key, -- sha-256; the token itself is only with its owner
    reader_id uuid not null references hospitals.reader,
    kind text not null check (kind in ('session', 'token')),
    label text not null default '',
    made_at timestamptz not null,
    seen_at timestamptz not null,
    ends_at timestamptz not null
);

create index session_reader on web.session (reader_id);
