-- a scanner or workstation: it calls us, and is sent only what it asks for
alter table hospitals.endpoint
    drop constraint endpoint_kind_check,
    add constraint endpoint_kind_check check (kind in ('pacs', 'ris', 'web', 'machine'));
