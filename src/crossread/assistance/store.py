"""All SQL about procedure names."""

from datetime import datetime

from crossread.assistance.model import ProcedureName
from crossread.platform.database import Connection


async def remembered(
    db: Connection, hospital_id: str, local_code: str, local_text: str
) -> ProcedureName | None:
    """What this hospital's procedure was named before."""
    cursor = await db.execute(
        """
        select code, system, name_en, name_nl, modality, body_region, confidence, source
        from assistance.procedure_name
        where hospital_id = %s and local_code = %s and local_text = %s
        """,
        (hospital_id, local_code, local_text),
    )
    row = await cursor.fetchone()
    return ProcedureName(**row) if row else None


async def remember(
    db: Connection,
    hospital_id: str,
    local_code: str,
    local_text: str,
    name: ProcedureName,
    now: datetime,
) -> None:
    """Keep a name found by rule; one given by hand stays."""
    await db.execute(
        """
        insert into assistance.procedure_name (
            hospital_id, local_code, local_text, code, system, name_en, name_nl, modality,
            body_region, confidence, source, named_at
        )
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        on conflict (hospital_id, local_code, local_text) do update
        set code = excluded.code, system = excluded.system, name_en = excluded.name_en,
            name_nl = excluded.name_nl, modality = excluded.modality,
            body_region = excluded.body_region, confidence = excluded.confidence,
            named_at = excluded.named_at
        where assistance.procedure_name.source = 'rule'
        """,
        (
            hospital_id,
            local_code,
            local_text,
            name.code,
            name.system,
            name.name_en,
            name.name_nl,
            name.modality,
            name.body_region,
            name.confidence,
            name.source,
            now,
        ),
    )
