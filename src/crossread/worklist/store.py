"""All SQL of the worklist."""

from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from crossread.hospitals.model import Form, Purpose, Urgency
from crossread.platform.database import Connection, Row
from crossread.platform.errors import NotFound
from crossread.worklist.model import HeldBack, Lease, Task, TaskState


async def insert(db: Connection, task: Task) -> bool:
    """Add a task; False when one for the same study or order was there already."""
    cursor = await db.execute(
        """
        insert into worklist.task (
            id, hospital_id, study_id, order_id, patient_id, purpose, state, urgency, modality,
            body_region, procedure_en, procedure_nl, agreement_id, agreement_version, form,
            offered_to, held_back, offered_images, late_images, due_at, fence, made_at, changed_at
        )
        values (
            %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s,
            %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s
        )
        on conflict do nothing
        """,
        (
            task.id,
            task.hospital_id,
            task.study_id,
            task.order_id,
            task.patient_id,
            task.purpose,
            task.state,
            task.urgency,
            task.modality,
            task.body_region,
            task.procedure_en,
            task.procedure_nl,
            task.agreement_id,
            task.agreement_version,
            task.form,
            list(task.offered_to),
            list(task.held_back),
            task.offered_images,
            task.late_images,
            task.due_at,
            task.fence,
            task.made_at,
            task.changed_at,
        ),
    )
    return cursor.rowcount == 1


async def save(db: Connection, task: Task) -> None:
    """Write every field that may change."""
    await db.execute(
        """
        update worklist.task
        set study_id = %s, order_id = %s, patient_id = %s, state = %s, urgency = %s,
            modality = %s, body_region = %s, procedure_en = %s, procedure_nl = %s,
            agreement_id = %s, agreement_version = %s, form = %s, offered_to = %s,
            held_back = %s, offered_images = %s, late_images = %s, due_at = %s, fence = %s,
            changed_at = %s
        where id = %s
        """,
        (
            task.study_id,
            task.order_id,
            task.patient_id,
            task.state,
            task.urgency,
            task.modality,
            task.body_region,
            task.procedure_en,
            task.procedure_nl,
            task.agreement_id,
            task.agreement_version,
            task.form,
            list(task.offered_to),
            list(task.held_back),
            task.offered_images,
            task.late_images,
            task.due_at,
            task.fence,
            task.changed_at,
            task.id,
        ),
    )


async def delete_unread(db: Connection, task_id: UUID) -> None:
    """Take away a task that another one replaces, and that nobody ever touched."""
    await db.execute("delete from worklist.ledger where task_id = %s", (task_id,))
    await db.execute("delete from worklist.task where id = %s and fence = 0", (task_id,))


async def lock(db: Connection, task_id: UUID) -> Task:
    """The task, held by this transaction until it ends. Raises NotFound."""
    cursor = await db.execute("select * from worklist.task where id = %s for update", (task_id,))
    row = await cursor.fetchone()
    if row is None:
        raise NotFound("This task does not exist.", cause=str(task_id))
    return _task(row)


async def task(db: Connection, task_id: UUID) -> Task:
    """The task. Raises NotFound."""
    cursor = await db.execute("select * from worklist.task where id = %s", (task_id,))
    row = await cursor.fetchone()
    if row is None:
        raise NotFound("This task does not exist.", cause=str(task_id))
    return _task(row)


async def task_of_study(db: Connection, study_id: UUID, purpose: Purpose) -> Task | None:
    """The task for this study, locked until the transaction ends."""
    return await _locked(
        db,
        "select * from worklist.task where study_id = %s and purpose = %s for update",
        (study_id, purpose),
    )


async def expected_task(db: Connection, order_id: UUID, purpose: Purpose) -> Task | None:
    """The task with which this order waits for its images, locked until the transaction ends."""
    return await _locked(
        db,
        """
        select * from worklist.task
        where order_id = %s and purpose = %s and study_id is null
        for update
        """,
        (order_id, purpose),
    )


async def tasks_of_order(db: Connection, order_id: UUID) -> list[Task]:
    """All tasks that this order asked for, locked until the transaction ends."""
    cursor = await db.execute(
        "select * from worklist.task where order_id = %s order by id for update", (order_id,)
    )
    return [_task(row) for row in await cursor.fetchall()]


async def _locked(db: Connection, query: LiteralString, values: tuple[object, ...]) -> Task | None:
    row = await (await db.execute(query, values)).fetchone()
    return _task(row) if row else None


async def lease(db: Connection, task_id: UUID) -> Lease | None:
    """The lease that was last given on this task, ended or not, if none has removed it."""
    cursor = await db.execute(
        """
        select task_id, holder, token, fence, claimed_at, ends_at
        from worklist.lease
        where task_id = %s
        """,
        (task_id,),
    )
    row = await cursor.fetchone()
    return Lease(**row) if row else None


async def save_lease(db: Connection, lease: Lease, now: datetime) -> None:
    """Give or renew a lease; the larger fence wins."""
    await db.execute(
        """
        insert into worklist.lease
            (task_id, holder, token, fence, claimed_at, renewed_at, ends_at)
        values (%s, %s, %s, %s, %s, %s, %s)
        on conflict (task_id) do update
        set holder = excluded.holder, token = excluded.token, fence = excluded.fence,
            claimed_at = excluded.claimed_at, renewed_at = excluded.renewed_at,
            ends_at = excluded.ends_at
        where worklist.lease.fence <= excluded.fence
        """,
        (
            lease.task_id,
            lease.holder,
            lease.token,
            lease.fence,
            lease.claimed_at,
            now,
            lease.ends_at,
        ),
    )


async def delete_lease(db: Connection, task_id: UUID) -> None:
    """End the lease on a task."""
    await db.execute("delete from worklist.lease where task_id = %s", (task_id,))


async def ended_leases(db: Connection, now: datetime, limit: int = 100) -> list[UUID]:
    """Tasks whose lease ran out."""
    cursor = await db.execute(
        "select task_id from worklist.lease where ends_at <= %s order by ends_at limit %s",
        (now, limit),
    )
    return [row["task_id"] for row in await cursor.fetchall()]


async def write_ledger(
    db: Connection,
    task: Task,
    from_state: TaskState | None,
    at: datetime,
    actor: UUID | None,
    reason: str,
) -> None:
    """Write a transition into the ledger."""
    await db.execute(
        """
        insert into worklist.ledger (task_id, at, from_state, to_state, actor, reason, fence)
        values (%s, %s, %s, %s, %s, %s, %s)
        """,
        (task.id, at, from_state, task.state, actor, reason, task.fence),
    )


async def history(db: Connection, task_id: UUID) -> list[Row]:
    """Every transition of a task, with who made it."""
    cursor = await db.execute(
        """
        select l.at, l.from_state, l.to_state, l.reason, r.name as actor
        from worklist.ledger l
        left join hospitals.reader r on r.id = l.actor
        where l.task_id = %s
        order by l.id
        """,
        (task_id,),
    )
    return await cursor.fetchall()


async def was_signed_by(db: Connection, task_id: UUID, reader_id: UUID) -> bool:
    """Whether this reader signed a report of this task, going by the ledger."""
    cursor = await db.execute(
        """
        select 1
        from worklist.ledger
        where task_id = %s and actor = %s and to_state in ('preliminary', 'final')
        limit 1
        """,
        (task_id, reader_id),
    )
    return await cursor.fetchone() is not None


async def give_to(db: Connection, gone: UUID, survivor: UUID) -> None:
    """One patient was merged into another: her tasks are that one's."""
    await db.execute(
        "update worklist.task set patient_id = %s where patient_id = %s", (survivor, gone)
    )


async def unread_of_study(db: Connection, study_id: UUID) -> list[Task]:
    """Tasks of a study of which nothing is signed, locked until the transaction ends."""
    cursor = await db.execute(
        """
        select *
        from worklist.task
        where study_id = %s
          and state in ('expected', 'incomplete', 'available', 'claimed', 'drafted')
        order by id
        for update
        """,
        (study_id,),
    )
    return [_task(row) for row in await cursor.fetchall()]


async def is_awaited(db: Connection, study_id: UUID) -> bool:
    """Whether a report of this study is still to be written, or on its way home."""
    cursor = await db.execute(
        """
        select 1
        from worklist.task
        where study_id = %s and state not in ('delivered', 'cancelled')
        """,
        (study_id,),
    )
    return await cursor.fetchone() is not None


async def open_studies(
    db: Connection, *, patient_id: UUID | None = None, hospital_id: str | None = None
) -> list[UUID]:
    """Studies not read yet: of this patient, or of this hospital."""
    cursor = await db.execute(
        """
        select study_id
        from worklist.task
        where (patient_id = %s or hospital_id = %s)
          and study_id is not null
          and state in ('incomplete', 'available', 'claimed', 'drafted', 'preliminary')
        """,
        (patient_id, hospital_id),
    )
    return [row["study_id"] for row in await cursor.fetchall()]


async def audiences(db: Connection, task_ids: Sequence[str]) -> dict[str, frozenset[str]]:
    """Which hospitals may know of these tasks: whose images it is, and whom it is offered to."""
    cursor = await db.execute(
        """
        select t.id, t.hospital_id, t.offered_to, r.hospital_id as holder_hospital_id
        from worklist.task t
        left join worklist.lease l on l.task_id = t.id
        left join hospitals.reader r on r.id = l.holder
        where t.id = any(%s::uuid[])
        """,
        (list(task_ids),),
    )
    return {
        str(row["id"]): frozenset({row["hospital_id"], *row["offered_to"]})
        | ({row["holder_hospital_id"]} - {None})
        for row in await cursor.fetchall()
    }


async def open_by_state(db: Connection) -> list[Row]:
    """How many tasks stand in each state that is not an end."""
    cursor = await db.execute(
        """
        select hospital_id, state, count(*) as tasks
        from worklist.task
        where state not in ('delivered', 'cancelled')
        group by hospital_id, state
        """
    )
    return await cursor.fetchall()


async def listed(
    db: Connection, *, hospital_id: str, reader_id: UUID, states: Sequence[TaskState], limit: int
) -> list[UUID]:
    """Which tasks this reader's list shows: of her own hospital, or offered to it, or hers.

    Urgent first, then what is due first. The three arms each have their own index; only tasks in
    `states` are looked at, so name those that are open.
    """
    cursor = await db.execute(
        """
        with shown as (
            select id from worklist.task
            where hospital_id = %(hospital)s and state = any(%(states)s)
            union
            select id from worklist.task
            where offered_to @> array[%(hospital)s] and state = any(%(states)s)
            union
            select task_id from worklist.lease where holder = %(reader)s
        )
        select t.id
        from worklist.task t
        join shown using (id)
        order by array_position(array['stroke', 'acute', 'urgent', 'routine'], t.urgency),
                 t.due_at nulls last, t.made_at, t.id
        limit %(limit)s
        """,
        {
            "hospital": hospital_id,
            "reader": reader_id,
            "states": [str(state) for state in states],
            "limit": limit,
        },
    )
    return [row["id"] for row in await cursor.fetchall()]


async def listed_newest(
    db: Connection, *, hospital_id: str, states: Sequence[TaskState], limit: int
) -> list[UUID]:
    """The tasks of this hospital, or offered to it, that changed last, newest first.

    Looks at the last changed ones only, so its cost does not grow with all that was ever read.
    """
    cursor = await db.execute(
        """
        select id
        from (
            select id, hospital_id, offered_to, state, changed_at
            from worklist.task
            order by changed_at desc
            limit %(window)s
        ) recent
        where state = any(%(states)s)
          and (hospital_id = %(hospital)s or offered_to @> array[%(hospital)s])
        order by changed_at desc, id
        limit %(limit)s
        """,
        {
            "hospital": hospital_id,
            "states": [str(state) for state in states],
            "window": 5000,
            "limit": limit,
        },
    )
    return [row["id"] for row in await cursor.fetchall()]


async def rows(db: Connection, task_ids: Sequence[UUID]) -> list[Row]:
    """What the list shows of these tasks, in the order given, in one query."""
    cursor = await db.execute(
        """
        select t.*, h.name as hospital_name,
               s.study_instance_uid, s.accession_number as study_accession, s.description,
               s.study_at, s.series_count, s.instance_count, s.state as images_state,
               o.accession_number as order_accession, o.procedure_text, o.state as order_state,
               p.name as patient_name, p.number as patient_number, p.birth_date, p.sex,
               s.patient_name as image_name, s.patient_number as image_number,
               s.birth_date as image_birth_date, s.sex as image_sex,
               l.holder, l.ends_at as lease_ends_at, r.name as holder_name,
               rh.name as holder_hospital,
               coalesce(prior.count, 0) as prior_count,
               coalesce(d.owed, 0) as owed, coalesce(d.acknowledged, 0) as acknowledged,
               coalesce(d.refused, 0) as refused
        from unnest(%s::uuid[]) with ordinality as wanted (id, place)
        join worklist.task t on t.id = wanted.id
        join hospitals.hospital h on h.id = t.hospital_id
        left join archive.study s on s.id = t.study_id
        left join orders.order o on o.id = t.order_id
        left join patients.patient p on p.id = t.patient_id
        left join worklist.lease l on l.task_id = t.id
        left join hospitals.reader r on r.id = l.holder
        left join hospitals.hospital rh on rh.id = r.hospital_id
        left join lateral (
            select count(*)::int as count
            from patients.link mine
            join patients.link theirs on theirs.person_id = mine.person_id
            join patients.patient other on other.id = theirs.patient_id
            join archive.study earlier
              on earlier.hospital_id = other.hospital_id
             and earlier.issuer = other.issuer
             and earlier.patient_number = other.number
            where mine.patient_id = t.patient_id and earlier.id is distinct from t.study_id
        ) prior on true
        left join lateral (
            select count(*) filter (where d.state = 'owed')::int as owed,
                   count(*) filter (where d.state = 'acknowledged')::int as acknowledged,
                   count(*) filter (where d.state = 'refused')::int as refused
            from delivery.delivery d
            where d.task_id = t.id
        ) d on true
        order by wanted.place
        """,
        (list(task_ids),),
    )
    return await cursor.fetchall()


def _task(row: Row) -> Task:
    return Task(
        id=row["id"],
        hospital_id=row["hospital_id"],
        study_id=row["study_id"],
        order_id=row["order_id"],
        patient_id=row["patient_id"],
        purpose=Purpose(row["purpose"]),
        state=TaskState(row["state"]),
        urgency=Urgency(row["urgency"]),
        modality=row["modality"],
        body_region=row["body_region"],
        procedure_en=row["procedure_en"],
        procedure_nl=row["procedure_nl"],
        agreement_id=row["agreement_id"],
        agreement_version=row["agreement_version"],
        form=Form(row["form"]),
        offered_to=tuple(row["offered_to"]),
        held_back=tuple(HeldBack(reason) for reason in row["held_back"]),
        offered_images=row["offered_images"],
        late_images=row["late_images"],
        due_at=row["due_at"],
        fence=row["fence"],
        made_at=row["made_at"],
        changed_at=row["changed_at"],
    )


def task_of_row(row: Row) -> Task:
    """The task inside a row of `rows`."""
    return _task(row)
