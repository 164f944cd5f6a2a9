-- HTJ2K copies for the viewer: of each image the frames, one after the other, in an object a series
create table archive.copy (
    instance_id uuid primary key references archive.instance on delete cascade,
    hospital_id text not null,
    study_id uuid not null,
    digest text not null, -- of what it is a copy of: another content needs another copy
    object_key text, -- null: there is none, and `reason` says why
    spans bytea, -- offset (8) and length (4) of each frame in the object
    bytes bigint not null default 0,
    kept_bytes bigint not null default 0, -- of the same frames as they are kept
    reason text not null default '',
    made_at timestamptz not null
);

create index copy_study on archive.copy (study_id);
create index copy_object on archive.copy (object_key);
