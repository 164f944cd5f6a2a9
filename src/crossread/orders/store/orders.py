"""SQL about orders, and the studies that answer them."""

from datetime import datetime
from uuid import UUID

from crossread.hospitals.model import Urgency
from crossread.orders.model import MatchRule, Order, OrderState
from crossread.patients.model import Patient
from crossread.platform.database import Connection, Row
from crossread.platform.errors import NotFound


async def save(db: Connection, order: Order) -> None:
    """Add an order, or write what changed of it."""
    await db.execute(
        """
        insert into orders.order (
            id, hospital_id, accession_number, placer_number, filler_number, patient_id,
            study_instance_uid, procedure_code, procedure_text, procedure_system, modality,
            urgency, question, referrer, state, requested_at, received_at, revision,
            scheduled_at, station, requested_procedure_id, scheduled_step_id
        )
        values (
            %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s
        )
        on conflict (id) do update
        set placer_number = excluded.placer_number, filler_number = excluded.filler_number,
            patient_id = excluded.patient_id, study_instance_uid = excluded.study_instance_uid,
            procedure_code = excluded.procedure_code, procedure_text = excluded.procedure_text,
            procedure_system = excluded.procedure_system, modality = excluded.modality,
            urgency = excluded.urgency, question = excluded.question,
            referrer = excluded.referrer, state = excluded.state,
            requested_at = excluded.requested_at, revision = excluded.revision,
            scheduled_at = excluded.scheduled_at, station = excluded.station,
            requested_procedure_id = excluded.requested_procedure_id,
            scheduled_step_id = excluded.scheduled_step_id
        """,
        (
            order.id,
            order.hospital_id,
            order.accession_number,
            order.placer_number,
            order.filler_number,
            order.patient_id,
            order.study_instance_uid,
            order.procedure_code,
            order.procedure_text,
            order.procedure_system,
            order.modality,
            order.urgency,
            order.question,
            order.referrer,
            order.state,
            order.requested_at,
            order.received_at,
            order.revision,
            order.scheduled_at,
            order.station,
            order.requested_procedure_id,
            order.scheduled_step_id,
        ),
    )


async def note_message(
    db: Connection, hospital_id: str, control_id: str, digest: str, now: datetime
) -> bool:
    """Remember a message by its control id; False when the very same one came before."""
    cursor = await db.execute(
        """
        insert into orders.message (hospital_id, control_id, digest, received_at)
        values (%s, %s, %s, %s)
        on conflict (hospital_id, control_id) do update
        set digest = excluded.digest, received_at = excluded.received_at
        where orders.message.digest <> excluded.digest
        """,
        (hospital_id, control_id, digest, now),
    )
    return cursor.rowcount == 1


async def lock(db: Connection, order_id: UUID) -> None:
    """One at a time says what becomes of this order, also while it is not known yet."""
    await db.execute(
        "select pg_advisory_xact_lock(hashtextextended('order/' || %s, 0))", (str(order_id),)
    )


async def answer(db: Connection, order_id: UUID) -> Order:
    """Say that images came for this order; one that was cancelled stays so."""
    await db.execute(
        "update orders.order set state = 'answered' where id = %s and state = 'placed'",
        (order_id,),
    )
    return await order(db, order_id)


async def found(db: Connection, order_id: UUID) -> Order | None:
    """The order, locked until the transaction ends, if it is known."""
    cursor = await db.execute("select * from orders.order where id = %s for update", (order_id,))
    row = await cursor.fetchone()
    return _order(row) if row else None


async def order(db: Connection, order_id: UUID) -> Order:
    """One order. Raises NotFound."""
    cursor = await db.execute("select * from orders.order where id = %s", (order_id,))
    row = await cursor.fetchone()
    if row is None:
        raise NotFound("This order is not known.", cause=str(order_id))
    return _order(row)


async def order_of_study(db: Connection, study_id: UUID) -> Order | None:
    """The order that this study answers, if one was matched."""
    cursor = await db.execute(
        """
        select o.*
        from orders.match m
        join orders.order o on o.id = m.order_id
        where m.study_id = %s
        """,
        (study_id,),
    )
    row = await cursor.fetchone()
    return _order(row) if row else None


async def order_for(
    db: Connection, hospital_id: str, study_instance_uid: str, accession_number: str
) -> tuple[Order, MatchRule] | None:
    """The live order that names this study, or has its accession number; the first is surer."""
    cursor = await db.execute(
        """
        select *
        from orders.order
        where hospital_id = %(hospital)s and state <> 'cancelled'
          and (
              (study_instance_uid <> '' and study_instance_uid = %(uid)s)
              or (%(accession)s <> '' and accession_number = %(accession)s)
          )
        order by study_instance_uid = %(uid)s desc, received_at desc
        limit 1
        """,
        {"hospital": hospital_id, "uid": study_instance_uid, "accession": accession_number},
    )
    row = await cursor.fetchone()
    if row is None:
        return None
    by_uid = row["study_instance_uid"] == study_instance_uid
    rule = MatchRule.STUDY_INSTANCE_UID if by_uid else MatchRule.ACCESSION_NUMBER
    return _order(row), rule


async def studies_for(db: Connection, order: Order) -> list[tuple[UUID, MatchRule]]:
    """Studies of the same hospital that this order names and that have no order yet."""
    cursor = await db.execute(
        """
        select s.id, s.study_instance_uid = %(uid)s as by_uid
        from archive.study s
        where s.hospital_id = %(hospital)s
          and (
              (%(uid)s <> '' and s.study_instance_uid = %(uid)s)
              or s.accession_number = %(accession)s
          )
          and not exists (select 1 from orders.match m where m.study_id = s.id)
        order by s.first_received_at
        """,
        {
            "hospital": order.hospital_id,
            "uid": order.study_instance_uid,
            "accession": order.accession_number,
        },
    )
    return [
        (row["id"], MatchRule.STUDY_INSTANCE_UID if row["by_uid"] else MatchRule.ACCESSION_NUMBER)
        for row in await cursor.fetchall()
    ]


async def studies_of_order(db: Connection, order_id: UUID) -> list[UUID]:
    """The studies that answer this order."""
    cursor = await db.execute(
        "select study_id from orders.match where order_id = %s order by matched_at", (order_id,)
    )
    return [row["study_id"] for row in await cursor.fetchall()]


async def match(
    db: Connection, study_id: UUID, order_id: UUID, rule: MatchRule, now: datetime
) -> bool:
    """Write down that a study answers an order; False when the study had its order already."""
    cursor = await db.execute(
        """
        insert into orders.match (study_id, order_id, rule, matched_at)
        values (%s, %s, %s, %s)
        on conflict (study_id) do nothing
        """,
        (study_id, order_id, rule, now),
    )
    return cursor.rowcount == 1


async def waiting(db: Connection, hospital_id: str, limit: int) -> list[Row]:
    """Orders without images, newest first."""
    cursor = await db.execute(
        """
        select o.id as order_id, o.hospital_id, o.accession_number, o.procedure_text, o.urgency,
               o.state, o.received_at
        from orders.order o
        where o.hospital_id = %s and o.state = 'placed'
        order by o.received_at desc
        limit %s
        """,
        (hospital_id, limit),
    )
    return await cursor.fetchall()


async def to_do(
    db: Connection,
    hospital_id: str,
    *,
    since: datetime | None,
    until: datetime | None,
    limit: int,
) -> list[tuple[Order, Patient]]:
    """What a hospital asked for and nobody has done yet, by when it is to be done."""
    cursor = await db.execute(
        """
        select o.*, p.issuer as p_issuer, p.number as p_number, p.bsn as p_bsn, p.name as p_name,
               p.birth_date as p_birth_date, p.sex as p_sex, p.updated_at as p_updated_at
        from orders.order o
        join patients.patient p on p.id = o.patient_id
        where o.hospital_id = %(hospital)s and o.state = 'placed'
          and not exists (
              select 1
              from orders.performed_step s
              where s.hospital_id = o.hospital_id and s.state = 'COMPLETED'
                and s.accession_numbers @> array[o.accession_number]
          )
          and (
              %(since)s::timestamptz is null
              or coalesce(o.scheduled_at, o.requested_at, o.received_at) >= %(since)s
          )
          and (
              %(until)s::timestamptz is null
              or coalesce(o.scheduled_at, o.requested_at, o.received_at) <= %(until)s
          )
        order by coalesce(o.scheduled_at, o.requested_at, o.received_at)
        limit %(limit)s
        """,
        {"hospital": hospital_id, "since": since, "until": until, "limit": limit},
    )
    return [
        (
            _order(row),
            Patient(
                row["patient_id"],
                hospital_id,
                row["p_issuer"],
                row["p_number"],
                row["p_bsn"],
                row["p_name"],
                row["p_birth_date"],
                row["p_sex"],
                row["p_updated_at"],
            ),
        )
        for row in await cursor.fetchall()
    ]


async def matched_among(db: Connection, study_ids: list[UUID]) -> frozenset[UUID]:
    """Which of these studies have an order."""
    cursor = await db.execute(
        "select study_id from orders.match where study_id = any(%s)", (study_ids,)
    )
    return frozenset(row["study_id"] for row in await cursor.fetchall())


def _order(row: Row) -> Order:
    return Order(
        id=row["id"],
        hospital_id=row["hospital_id"],
        accession_number=row["accession_number"],
        placer_number=row["placer_number"],
        filler_number=row["filler_number"],
        patient_id=row["patient_id"],
        study_instance_uid=row["study_instance_uid"],
        procedure_code=row["procedure_code"],
        procedure_text=row["procedure_text"],
        procedure_system=row["procedure_system"],
        modality=row["modality"],
        urgency=Urgency(row["urgency"]),
        question=row["question"],
        referrer=row["referrer"],
        state=OrderState(row["state"]),
        requested_at=row["requested_at"],
        received_at=row["received_at"],
        revision=row["revision"],
        scheduled_at=row["scheduled_at"],
        station=row["station"],
        requested_procedure_id=row["requested_procedure_id"],
        scheduled_step_id=row["scheduled_step_id"],
    )


async def give_to(db: Connection, gone: UUID, survivor: UUID) -> None:
    """One patient was merged into another: her orders are that one's."""
    await db.execute(
        'update orders."order" set patient_id = %s where patient_id = %s', (survivor, gone)
    )
