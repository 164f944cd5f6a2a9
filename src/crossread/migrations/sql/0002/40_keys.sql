-- keys with which a hospital's own systems come in over the web
create table hospitals.key (
    digest bytea primary key, -- sha-256; the key itself is only with its owner
    id text not null unique, -- what it is called when it is listed or revoked
    hospital_id text not null references hospitals.hospital,
    label text not null default '',
    rights text[] not null, -- 'read', 'store', 'delete'
    made_at timestamptz not null,
    revoked_at timestamptz
);

create index key_hospital on hospitals.key (hospital_id, made_at);
