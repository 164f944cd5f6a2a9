"""The answers to C-FIND on the wire: all of them, in the asker's letters, until it has enough."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from pydicom import Dataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)
from pynetdicom import AE, build_context
from pynetdicom.pdu_primitives import SOPClassExtendedNegotiation
from tests.gateways.dicom.listening import Listening, associated, sendable
from tests.images import ct_series

STUDY_ROOT = "1.2.840.10008.5.1.4.1.2.2.1"
STUDY_ROOT_MOVE = "1.2.840.10008.5.1.4.1.2.2.2"
PATIENT_ROOT = "1.2.840.10008.5.1.4.1.2.1.1"
MANY = 1_700  # more than a page of each size

Answer = tuple[int, Dataset | None]


def find(
    port: int,
    asked: Dataset,
    *,
    syntax: str = ImplicitVRLittleEndian,
    model: str = STUDY_ROOT,
    negotiate: bytes = b"",
    also_moves: bool = False,
    stop: Callable[[Any, int], None] | None = None,
) -> list[Answer]:
    """Each status of a C-FIND with its identifier; `stop` is told how many have come."""
    extended = []
    if negotiate:
        item = SOPClassExtendedNegotiation()
        item.sop_class_uid, item.service_class_application_information = model, negotiate
        extended = [item]
    found: list[Answer] = []
    contexts = [build_context(model, syntax)]
    if also_moves:
        contexts.append(build_context(STUDY_ROOT_MOVE))
    with associated(port, contexts, ext_neg=extended) as association:
        for answer, identifier in association.send_c_find(asked, model, msg_id=7):
            found.append((int(answer.Status), identifier))
            if stop is not None:
                stop(association, len(found))
    return found


async def ask(listening: Listening, asked: Dataset, **more: Any) -> list[Dataset]:
    """The identifiers of all matches."""
    found = await asyncio.to_thread(find, listening.port, asked, **more)
    assert found[-1] == (0x0000, None)
    return [identifier for _, identifier in found[:-1] if identifier is not None]


def keys(level: str = "STUDY", **values: Any) -> Dataset:
    asked = Dataset()
    asked.QueryRetrieveLevel = level
    asked.StudyInstanceUID = ""
    for keyword, value in values.items():
        setattr(asked, keyword, value)
    return asked


async def put(listening: Listening, count: int) -> None:
    """So many studies in the index, one a minute."""
    async with listening.database.transaction() as db:
        await db.execute(
            """
            insert into archive.study (
                id, hospital_id, study_instance_uid, state, patient_number, issuer, patient_name,
                study_at, modalities, first_received_at, last_received_at
            )
            select gen_random_uuid(), 'noord', '1.2.3.' || n, 'at_rest', 'N' || n, 'NOORD',
                   'Jansen^' || n, timestamp '2026-01-01' + n * interval '1 minute', '{CT}',
                   now(), now()
            from generate_series(1, %s) as n
            """,
            (count,),
        )


# an association that only finds is served by us, one that also moves by pynetdicom
both_ways = pytest.mark.parametrize("also_moves", [False, True])


@both_ways
async def test_no_answer_is_left_out_however_many_there_are(
    listening: Listening, also_moves: bool
) -> None:
    await put(listening, MANY)
    found = await ask(listening, keys(PatientName="jansen*"), also_moves=also_moves)
    assert [one.StudyInstanceUID for one in found] == [f"1.2.3.{n}" for n in range(MANY, 0, -1)]
    entries = await listening.rows("select facts from audit.entry order by id")
    given = [entry["facts"]["rows"] for entry in entries]
    assert (given[0], given[-1], given == sorted(given)) == (50, MANY, True)


@both_ways
async def test_nothing_more_is_looked_up_once_the_asker_has_enough(
    listening: Listening, also_moves: bool
) -> None:
    await put(listening, MANY)

    def stop(association: Any, count: int) -> None:
        if count == 1:
            association.send_c_cancel(7, None, STUDY_ROOT)

    found = await asyncio.to_thread(find, listening.port, keys(), stop=stop, also_moves=also_moves)
    assert found[-1] == (0xFE00, None)
    assert len(found) - 1 < MANY


@pytest.mark.parametrize(
    "syntax",
    [
        ImplicitVRLittleEndian,
        ExplicitVRLittleEndian,
        ExplicitVRBigEndian,
        DeflatedExplicitVRLittleEndian,
    ],
)
async def test_answers_are_the_same_in_every_transfer_syntax(
    listening: Listening, syntax: str
) -> None:
    image = ct_series(slices=1)[0]
    item = Dataset()
    item.RequestedProcedureID, item.ScheduledProcedureStepID = "RP1", "SPS1"
    image.RequestAttributesSequence = [item]
    image.PatientName = "Müller^Jürgen"
    await listening.stores([sendable(image)])
    asked_item = Dataset()
    asked_item.ScheduledProcedureStepID = ""
    asked = keys(
        "IMAGE",
        PatientName="",
        SOPInstanceUID="",
        Rows=None,
        InstanceNumber="",
        ModalitiesInStudy="",
        SOPClassesInStudy="",
        RequestAttributesSequence=[asked_item],
    )
    [one] = await ask(listening, asked, syntax=syntax)
    assert one.SpecificCharacterSet == "ISO_IR 192"
    assert str(one.PatientName) == "Müller^Jürgen"
    assert (one.Rows, one.InstanceNumber, one.ModalitiesInStudy) == (64, 1, "CT")
    assert one.SOPClassesInStudy == image.SOPClassUID
    assert [list(each.keys()) for each in one.RequestAttributesSequence] == [[0x00400009]]
    assert one.RequestAttributesSequence[0].ScheduledProcedureStepID == "SPS1"
    assert (one.RetrieveAETitle, one.InstanceAvailability) == ("CROSSREAD", "ONLINE")


NAMES = {
    "ISO_IR 192": "Ünal^Zoë",
    "ISO_IR 100": "Müller^Jürgen",
    "ISO_IR 101": "Wałęsa^Łucja",
    "ISO_IR 144": "Люкceмбypг",
    "ISO_IR 126": "Διονυσιος",
    "\\ISO 2022 IR 87": "Yamada^Tarou=山田^太郎=やまだ^たろう",
    "ISO 2022 IR 13\\ISO 2022 IR 87": "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
    "\\ISO 2022 IR 149": "Hong^Gildong=洪^吉洞=홍^길동",
    "GB18030": "Wang^XiaoDong=王^小东",
}


@pytest.mark.parametrize(("named", "name"), NAMES.items())
async def test_a_name_is_asked_and_answered_in_the_letters_of_the_asker(
    listening: Listening, named: str, name: str
) -> None:
    image = ct_series(slices=1)[0]
    image.SpecificCharacterSet = named.split("\\")
    image.PatientName = name
    await listening.stores([sendable(image), sendable(ct_series(slices=1, number="other")[0])])
    [kept] = await listening.rows(
        "select patient_name from archive.study where patient_number = 'N100'"
    )
    assert kept["patient_name"] == name
    for asked in (name, f"{name[:3]}*", name.rsplit("=", maxsplit=1)[-1]):
        wanted = keys(PatientName=asked, PatientID="")
        wanted.SpecificCharacterSet = named.split("\\")
        [one] = await ask(listening, wanted)
        assert one.SpecificCharacterSet == wanted.SpecificCharacterSet
        assert str(one.PatientName) == name


async def test_what_the_askers_letters_cannot_write_comes_in_unicode(listening: Listening) -> None:
    image = ct_series(slices=1)[0]
    image.PatientName = "Yamada^Tarou=山田^太郎"
    await listening.stores([sendable(image), sendable(ct_series(slices=1)[0])])
    wanted = keys(PatientName="*")
    wanted.SpecificCharacterSet = "ISO_IR 100"
    found = await ask(listening, wanted)
    answers = {str(one.PatientName): one.SpecificCharacterSet for one in found}
    assert answers == {"Yamada^Tarou=山田^太郎": "ISO_IR 192", "Jansen^Anna": "ISO_IR 100"}
    [plain] = await ask(listening, keys(PatientName="jansen*"))
    assert "SpecificCharacterSet" not in plain  # there is nothing that needs one


async def test_a_key_that_is_not_held_is_left_out_and_said_to_be(listening: Listening) -> None:
    await listening.stores([sendable(ct_series(slices=1)[0])])
    asked = keys(EthnicGroup="", PatientID="")
    found = await asyncio.to_thread(find, listening.port, asked)
    assert [status for status, _ in found] == [0xFF01, 0x0000]
    assert found[0][1] is not None and "EthnicGroup" not in found[0][1]
    found = await asyncio.to_thread(find, listening.port, keys(RetrieveAETitle=""))
    assert [status for status, _ in found] == [0xFF00, 0x0000]


@both_ways
@pytest.mark.parametrize(
    ("asked", "model"),
    [
        (keys("PATIENT"), STUDY_ROOT),
        (keys("HOSPITAL"), PATIENT_ROOT),
        (keys(level=""), STUDY_ROOT),
        (keys(StudyDate="2026"), STUDY_ROOT),
        (keys("SERIES", SeriesTime="99"), STUDY_ROOT),
    ],
)
async def test_what_is_no_query_is_refused_with_the_reason(
    listening: Listening, asked: Dataset, model: str, also_moves: bool
) -> None:
    found = await asyncio.to_thread(find, listening.port, asked, model=model, also_moves=also_moves)
    assert found == [(0xA900, None)]


@both_ways
async def test_fuzzy_names_and_combined_moments_are_agreed_on(
    listening: Listening, also_moves: bool
) -> None:
    await put(listening, 3)  # at 00:01, 00:02 and 00:03
    plain = keys(PatientName="jans")
    assert await ask(listening, plain) == []
    fuzzy = bytes((1, 0, 1))
    assert len(await ask(listening, plain, negotiate=fuzzy, also_moves=also_moves)) == 3
    moments = keys(StudyDate="20251231-20260101", StudyTime="2300-0002")
    combined = bytes((1, 1))
    assert len(await ask(listening, moments, negotiate=combined, also_moves=also_moves)) == 2


async def test_small_pdus_are_enough(listening: Listening) -> None:
    await listening.stores([sendable(ct_series(slices=1)[0])])

    def ask_in_small() -> list[Any]:
        ae = AE("NOORD_PACS")
        ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = 20
        association = ae.associate(
            "127.0.0.1",
            listening.port,
            [build_context(STUDY_ROOT)],
            ae_title="CROSSREAD",
            max_pdu=64,
        )
        asked = keys(PatientID="", PatientName="", StudyDescription="", ModalitiesInStudy="")
        found = [answer for _, answer in association.send_c_find(asked, STUDY_ROOT)]
        association.release()
        return found

    one, last = await asyncio.to_thread(ask_in_small)
    assert (one.PatientID, one.StudyDescription, last) == ("N100", "CT schedel blanco", None)


async def test_letters_of_a_set_that_nobody_knows_are_answered_in_unicode(
    listening: Listening,
) -> None:
    image = ct_series(slices=1)[0]
    image.PatientName = "Müller^Jürgen"
    await listening.stores([sendable(image)])
    wanted = keys(PatientName="m*")
    wanted.SpecificCharacterSet = "ISO_IR 999"
    [one] = await ask(listening, wanted)
    assert (one.SpecificCharacterSet, str(one.PatientName)) == ("ISO_IR 192", "Müller^Jürgen")


async def test_one_association_may_ask_again_and_again(listening: Listening) -> None:
    await put(listening, 60)

    def ask_thrice() -> list[int]:
        with associated(listening.port, [build_context(STUDY_ROOT)]) as association:
            counts = []
            for number in range(3):
                found = list(association.send_c_find(keys(), STUDY_ROOT, msg_id=number + 1))
                counts.append(len(found))
                # of a request that has ended: the next is not to suffer from it
                association.send_c_cancel(number + 1, None, STUDY_ROOT)
            return counts

    assert await asyncio.to_thread(ask_thrice) == [61, 61, 61]
