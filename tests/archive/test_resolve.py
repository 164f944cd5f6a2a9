"""What lies in quarantine can be looked at, mended and let in, or thrown away; never lost."""

from copy import deepcopy
from uuid import UUID, uuid4

import pytest
from pydicom.uid import ImplicitVRLittleEndian
from tests.archive.arrivals import arrival, encoded
from tests.archive.conftest import Archive
from tests.images import ct_series

from crossread.archive import holds, retrieve, store
from crossread.archive.model import Arrival, NotArchived, Outcome, Reason
from crossread.archive.resolve import Readmission, discard, look, readmit
from crossread.platform.errors import CrossreadError, NotFound

BY = None


async def held(archive: Archive, sent: Arrival) -> UUID:
    """Refused, and its place in quarantine."""
    await archive.refuses(sent)
    [row] = [one for one in await archive.quarantined() if one["state"] == "held"]
    quarantine_id: UUID = row["id"]
    return quarantine_id


async def let_in(archive: Archive, one: UUID, hospital: str = "noord", **wish: object) -> Outcome:
    return await readmit(
        archive.intake,
        one,
        Readmission(reason="Uitgezocht met de PACS-beheerder", **wish),  # type: ignore[arg-type]
        hospital_id=hospital,
        by=BY,
        now=archive.now,
    )


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.1", ImplicitVRLittleEndian])
async def test_a_missing_uid_is_filled_in_and_the_image_let_in(
    archive: Archive, syntax: str
) -> None:
    [image] = ct_series(slices=1)
    series = image.SeriesInstanceUID
    del image.SeriesInstanceUID
    one = await held(archive, arrival(image, syntax=syntax))
    with pytest.raises(NotArchived) as still:
        await let_in(archive, one)
    assert still.value.reason is Reason.MISSING_UID
    assert await let_in(archive, one, values={"SeriesInstanceUID": series}) is Outcome.STORED
    study = await archive.study(image)
    async with archive.database.transaction() as db:
        [kept] = await store.instances_of(db, study.id)
    header = await retrieve.header(archive.objects, kept)
    assert header.SeriesInstanceUID == series
    [item] = header.OriginalAttributesSequence
    assert item.ReasonForTheAttributeModification == "CORRECT"
    with pytest.raises(CrossreadError, match="readmitted already"):
        await let_in(archive, one)


async def test_other_content_takes_the_place_of_what_was_kept_and_that_is_kept_aside(
    archive: Archive,
) -> None:
    first, second = ct_series(slices=2)
    await archive.takes_all([first, second])
    other = deepcopy(first)
    other.PatientSex = "M"
    one = await held(archive, arrival(other))
    with pytest.raises(NotArchived):
        await let_in(archive, one)
    assert len(await archive.quarantined()) == 1
    assert await let_in(archive, one, replace=True) is Outcome.STORED
    async with archive.database.transaction() as db:
        kept = await store.instance(db, "noord", first.SOPInstanceUID)
    assert kept is not None
    content = await retrieve.file(archive.objects, kept)
    assert content[kept.dataset_offset :] == encoded(other)
    [aside] = [row for row in await archive.quarantined() if row["reason"] == Reason.REPLACED]
    [row] = await archive.rows("select * from archive.quarantine where id = %s", (aside["id"],))
    assert (await archive.objects.get(row["object_key"])).endswith(encoded(first))
    assert (await archive.study(first)).instance_count == 2
    # and back again
    assert await let_in(archive, aside["id"], replace=True) is Outcome.STORED


async def test_under_a_legal_hold_nothing_is_replaced_or_thrown_away(archive: Archive) -> None:
    [first] = ct_series(slices=1)
    await archive.takes_all([first])
    other = deepcopy(first)
    other.PatientSex = "M"
    one = await held(archive, arrival(other))
    async with archive.database.transaction() as db:
        await holds.place(
            db, "noord", patient=("NOORD", "N100"), reason="Zaak", by=BY, now=archive.now
        )
    with pytest.raises(holds.OnHold):
        await let_in(archive, one, replace=True)
    with pytest.raises(holds.OnHold):
        await discard(
            archive.database, one, reason="Weg", hospital_id="noord", by=BY, now=archive.now
        )


async def test_the_header_is_shown_and_that_is_audited(archive: Archive) -> None:
    [image] = ct_series(slices=1)
    one = await held(archive, arrival(image, content=encoded(image)[:3000]))
    reader = uuid4()
    shown = await look(archive.database, archive.objects, one, "noord", reader)
    assert shown["0020000D"]["Value"] == [image.StudyInstanceUID]
    [entry] = await archive.rows("select reader_id, action from audit.entry")
    assert (entry["reader_id"], entry["action"]) == (reader, "read")


async def test_another_hospital_sees_and_touches_nothing_of_it(archive: Archive) -> None:
    [image] = ct_series(slices=1)
    del image.SeriesInstanceUID
    one = await held(archive, arrival(image))
    with pytest.raises(NotFound):
        await look(archive.database, archive.objects, one, "midden", uuid4())
    with pytest.raises(NotFound):
        await let_in(archive, one, hospital="midden")
    with pytest.raises(NotFound):
        await discard(
            archive.database, one, reason="x", hospital_id="midden", by=BY, now=archive.now
        )


async def test_only_what_names_and_places_an_image_may_be_mended(archive: Archive) -> None:
    [image] = ct_series(slices=1)
    del image.SeriesInstanceUID
    one = await held(archive, arrival(image))
    with pytest.raises(CrossreadError, match="RescaleSlope"):
        await let_in(archive, one, values={"RescaleSlope": "2"})


async def test_what_is_thrown_away_says_why_and_its_object_goes(archive: Archive) -> None:
    [image] = ct_series(slices=1)
    image.SeriesInstanceUID = ""
    one = await held(archive, arrival(image))
    with pytest.raises(CrossreadError):
        await discard(
            archive.database, one, reason=" ", hospital_id="noord", by=BY, now=archive.now
        )
    await discard(
        archive.database, one, reason="Testbeeld", hospital_id="noord", by=BY, now=archive.now
    )
    [row] = await archive.rows("select state, resolution, object_key from archive.quarantine")
    assert (row["state"], row["resolution"]) == ("discarded", "Testbeeld")
    [garbage] = await archive.rows("select object_key from archive.garbage")
    assert garbage["object_key"] == row["object_key"]


async def test_it_is_let_in_as_the_file_of_the_hospital_that_an_operator_names(
    archive: Archive,
) -> None:
    [image] = ct_series(slices=1)
    series = image.SeriesInstanceUID
    del image.SeriesInstanceUID
    one = await held(archive, arrival(image))
    await let_in(archive, one, hospital_id="midden", values={"SeriesInstanceUID": str(series)})
    assert (await archive.study(image, "midden")).instance_count == 1
