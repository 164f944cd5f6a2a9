create schema audit;

-- NEN 7513: who did what, when, to whose record, for which purpose, and whether it was allowed
create table audit.entry (
    id bigint generated always as identity,
    at timestamptz not null default clock_timestamp(),
    reader_id uuid,
    reader_hospital_id text,
    action text not null,
    purpose text not null,
    subject_kind text not null,
    subject_id text not null,
    patient_id uuid,
    hospital_id text,
    task_id uuid,
    form text,
    allowed boolean not null,
    reasons text[] not null default '{}',
    facts jsonb not null default '{}',
    primary key (id, at)
) partition by range (at);

create table audit.entry_rest partition of audit.entry default;
select platform.add_month('audit.entry', now() + m * interval '1 month')
from generate_series(0, 2) as m;

create index entry_patient on audit.entry (patient_id, at);
create index entry_reader on audit.entry (reader_id, at);
create index entry_hospital on audit.entry (hospital_id, at);

create function audit.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'the audit trail is append-only';
end $$;

create trigger append_only before update or delete on audit.entry
for each row execute function audit.refuse_change();
