-- text without case and accents; crossread.archive.matching.folded does the same to what is asked
create function archive.folded(value text) returns text
    language sql immutable strict parallel safe
    return replace(replace(replace(replace(
        translate(
            -- lower() would ask the server's locale, which differs from server to server
            translate(
                regexp_replace(normalize(value, nfkd), '[\u0300-\u036f]', '', 'g'),
                'ABCDEFGHIJKLMNOPQRSTUVWXYZÆÐØÞĐĦŁŊŒŦƏ'
                'ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ'
                'ЂЄЅІЈЉЊЋЏАБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯҐԱ'
                'ԲԳԴԵԶԷԸԹԺԻԼԽԾԿՀՁՂՃՄՅՆՇՈՉՊՋՌՍՎՏՐՑՒՓՔՕՖ',
                'abcdefghijklmnopqrstuvwxyzæðøþđħłŋœŧə'
                'αβγδεζηθικλμνξοπρστυφχψω'
                'ђєѕіјљњћџабвгдежзиклмнопрстуфхцчшщъыьэюяґա'
                'բգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցւփքօֆ'
            ),
            'øđłıħŧ', 'odliht'
        ),
        'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th');

-- one representation of a person's name as it is compared (PS3.5 6.2.1.2); longer than the 64
-- characters of the standard, and never too long for an index
create function archive.name_key(name text) returns text
    language sql immutable strict parallel safe
    return rtrim(left(trim(regexp_replace(
        regexp_replace(archive.folded(name), '[ \t\r\n]+', ' ', 'g'), ' ?\^ ?', '^', 'g'
    )), 128), '^ ');

-- modalities as they are compared: never too many or too long for an index
create function archive.codes(modalities text[]) returns text[]
    language sql immutable strict parallel safe
    return array(select left(one, 16) from unnest(modalities[1:16]) as one);

alter table archive.study
    add column study_number text not null default '', -- StudyID
    add column referring_physician text not null default '',
    add column other_patient_numbers text[] not null default '{}',
    add column timezone text not null default '', -- TimezoneOffsetFromUTC
    add column sop_classes text[] not null default '{}',
    add column procedure_codes jsonb not null default '[]', -- items by keyword
    add column referenced_studies jsonb not null default '[]', -- items by keyword
    -- erased, or all its images hidden by rejection notes: not found
    add column hidden boolean not null
        generated always as (availability = 'offline' or (instance_count = 0 and bytes > 0)) stored,
    -- answers come newest first, those without a date last
    add column sorted_at timestamp not null
        generated always as (coalesce(study_at, timestamp '0001-01-01')) stored,
    add column modality_codes text[] not null
        generated always as (archive.codes(modalities)) stored,
    add column name_key text not null
        generated always as (archive.name_key(split_part(patient_name, '=', 1))) stored,
    add column ideographic_key text not null
        generated always as (archive.name_key(split_part(patient_name, '=', 2))) stored,
    add column phonetic_key text not null
        generated always as (archive.name_key(split_part(patient_name, '=', 3))) stored;

alter table archive.series
    add column series_at timestamp, -- SeriesDate and SeriesTime, in the hospital's own time
    add column step_started_at timestamp, -- PerformedProcedureStepStartDate and -Time
    add column step_number text not null default '', -- PerformedProcedureStepID
    add column protocol text not null default '',
    add column manufacturer text not null default '',
    add column model text not null default '',
    add column station text not null default '',
    add column institution text not null default '',
    add column requests jsonb not null default '[]'; -- RequestAttributesSequence, items by keyword

alter table archive.instance
    add column pixel_rows integer,
    add column pixel_columns integer,
    add column bits_allocated integer,
    add column content_at timestamp; -- ContentDate and ContentTime

drop index archive.study_newest;
drop index archive.study_accession;
create index study_newest on archive.study (hospital_id, sorted_at desc, id desc)
    where not hidden;
-- text_pattern_ops: for what starts with something too
create index study_accession on archive.study (hospital_id, accession_number text_pattern_ops);
create index study_number on archive.study (hospital_id, patient_number text_pattern_ops);
create index study_birth on archive.study (hospital_id, birth_date);
-- all that finding by name, day and modality needs, so that only the rows of a page are fetched
create index study_name on archive.study (hospital_id, name_key text_pattern_ops)
    include (sorted_at, id, modality_codes)
    where not hidden;
create index study_ideographic on archive.study (hospital_id, ideographic_key text_pattern_ops)
    where ideographic_key <> '' and not hidden;
create index study_phonetic on archive.study (hospital_id, phonetic_key text_pattern_ops)
    where phonetic_key <> '' and not hidden;

-- the modalities of studies, and the words of their patients' names, newest study first
create table archive.study_term (
    hospital_id text not null,
    kind text not null check (kind in ('modality', 'word')),
    term text collate "C" not null,
    sorted_at timestamp not null,
    study_id uuid not null,
    primary key (hospital_id, kind, term, sorted_at, study_id)
);

create function archive.terms(study archive.study) returns table (kind text, term text)
    language sql immutable
begin atomic
    select 'modality', code
    from unnest((study).modality_codes) as code
    where not (study).hidden
    union
    select 'word', word
    from regexp_split_to_table(
        concat_ws('=', (study).name_key, (study).ideographic_key, (study).phonetic_key),
        '[ \t\r\n^=,.''’-]+'
    ) as word
    where word <> '' and not (study).hidden;
end;

create function archive.keep_terms() returns trigger
    language plpgsql
    as $$
begin
    if tg_op <> 'INSERT' then
        delete from archive.study_term
        where hospital_id = old.hospital_id
          and (kind, term) in (select t.kind, t.term from archive.terms(old) t)
          and sorted_at = old.sorted_at
          and study_id = old.id;
    end if;
    if tg_op <> 'DELETE' then
        insert into archive.study_term (hospital_id, kind, term, sorted_at, study_id)
        select new.hospital_id, t.kind, t.term, new.sorted_at, new.id
        from archive.terms(new) t;
    end if;
    return null;
end
$$;

create trigger terms_come after insert or delete on archive.study
    for each row execute function archive.keep_terms();
create trigger terms_change after update on archive.study
    for each row
    when (
        old.patient_name is distinct from new.patient_name
        or old.study_at is distinct from new.study_at
        or old.modalities is distinct from new.modalities
        or old.hidden is distinct from new.hidden
    )
    execute function archive.keep_terms();

insert into archive.study_term (hospital_id, kind, term, sorted_at, study_id)
select s.hospital_id, t.kind, t.term, s.sorted_at, s.id
from archive.study s
cross join lateral archive.terms(s) t;
