"""Give a hospital's procedure its standard name."""

from datetime import datetime

from crossread.assistance import store
from crossread.assistance.model import ProcedureName
from crossread.assistance.rule import name_by_rule
from crossread.platform.database import Connection


async def name_procedure(
    db: Connection,
    *,
    hospital_id: str,
    local_code: str,
    local_text: str,
    modality: str,
    body_part: str,
    now: datetime,
) -> ProcedureName:
    """What this procedure is: as given by hand, else by rule.

    A name that was given by hand always wins. One that the rule finds is remembered so that people
    can see and correct it, and so that what one study's images told (modality, body part) is not
    forgotten when a later order tells less.
    """
    known = await store.remembered(db, hospital_id, local_code, local_text)
    if known is not None and known.source != "rule":
        return known
    name = name_by_rule(local_text, modality, body_part)
    if known is not None and _tells_more(known, name):
        return known
    if name != known:
        await store.remember(db, hospital_id, local_code, local_text, name, now)
    return name


def _tells_more(known: ProcedureName, name: ProcedureName) -> bool:
    if known.modality == name.modality:
        return known.confidence > name.confidence
    return bool(known.modality) and not name.modality
