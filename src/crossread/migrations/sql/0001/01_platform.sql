create schema platform;

-- add the partition for the month that holds `at`, if it is not there yet
create function platform.add_month(parent regclass, at timestamptz) returns void
language plpgsql as $$
declare
    first_day timestamptz := date_trunc('month', at, 'UTC');
    next_month timestamptz := date_trunc('month', first_day + interval '32 days', 'UTC');
    child text := format('%s_%s', parent::text, to_char(first_day at time zone 'UTC', 'YYYYMM'));
begin
    if to_regclass(child) is null then
        execute format(
            'create table %s partition of %s for values from (%L) to (%L)',
            child, parent, first_day, next_month
        );
    end if;
end $$;

create table platform.event (
    id bigint generated always as identity,
    xact xid8 not null default pg_current_xact_id(),
    at timestamptz not null default clock_timestamp(),
    kind text not null,
    subject text not null,
    hospital_id text,
    facts jsonb not null default '{}',
    primary key (id, at)
) partition by range (at);

create table platform.event_rest partition of platform.event default;
select platform.add_month('platform.event', now() + m * interval '1 month')
from generate_series(0, 2) as m;

-- what came after this place in the stream
create index event_position on platform.event (xact, id);
-- what happened to this thing
create index event_subject on platform.event (subject, at);

create table platform.listener (
    name text primary key,
    xact xid8 not null default '0',
    id bigint not null default 0
);
