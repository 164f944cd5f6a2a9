-- an object is a pack: the files of many instances of one series, one after the other
create table archive.pack (
    id uuid primary key,
    hospital_id text not null references hospitals.hospital,
    study_id uuid references archive.study, -- null: opened, and nothing in it yet
    object_key text not null unique,
    opened_at timestamptz not null, -- its row is there before its first byte
    sealed_at timestamptz, -- null: its receiver may still write behind the last instance
    scrubbed_at timestamptz -- when all of it was last read back and was as received
);

create index pack_study on archive.pack (study_id);
create index pack_open on archive.pack (opened_at) where sealed_at is null;
create index pack_scrub on archive.pack (scrubbed_at nulls first, id);

-- what was kept before, an object for each instance, is a pack of one
insert into archive.pack (id, hospital_id, study_id, object_key, opened_at, sealed_at)
select id, hospital_id, study_id, object_key, received_at, received_at
from archive.instance;

alter table archive.instance
    drop constraint instance_study_id_fkey, -- the series has one; a second costs a lock an image
    add column pack_id uuid references archive.pack, -- null: its bytes are not here now
    add column start bigint not null default 0, -- where its file starts in the pack
    add column header_bytes integer, -- of the data set before its pixel data; null: not looked up
    add column frame_bytes integer, -- of one native frame
    add column fragments bytea, -- encapsulated: offset (8) and length (4) of each frame in the file
    add column rejection text not null default ''; -- code of the rejection note that hides it

update archive.instance set pack_id = id;

alter table archive.instance
    drop column object_key,
    drop column metadata; -- it can be read from the file, and is prepared for a series at a time

drop index archive.instance_study;
drop index archive.instance_sop; -- an instance is always a hospital's own
create index instance_pack on archive.instance (pack_id, start);

-- the DICOM JSON of a series is an object too, made once when its study has come to rest
alter table archive.series
    add column bytes bigint not null default 0,
    add column metadata_key text,
    add column metadata_instances integer not null default 0; -- how many it speaks of

alter table archive.study
    -- online: here; nearline: evicted, its hospital has it; offline: erased
    add column availability text not null default 'online'
        check (availability in ('online', 'nearline', 'offline')),
    -- how much of it `archive.usage` has counted
    add column counted_instances integer not null default 0,
    add column counted_bytes bigint not null default 0;

update archive.study set counted_instances = instance_count, counted_bytes = bytes;

-- what is kept, counted when a study comes to rest
create table archive.usage (
    hospital_id text primary key references hospitals.hospital,
    studies bigint not null default 0,
    instances bigint not null default 0,
    bytes bigint not null default 0
);

insert into archive.usage (hospital_id, studies, instances, bytes)
select hospital_id, count(*), sum(instance_count), sum(bytes)
from archive.study
group by hospital_id;

-- what came in, a row a minute of each receiving process that took something
create table archive.intake (
    hospital_id text not null references hospitals.hospital,
    minute timestamptz not null,
    receiver text not null,
    instances integer not null,
    bytes bigint not null,
    primary key (hospital_id, minute, receiver)
);
