"""HL7 v2 messages: read whatever hospitals send, answer all of it, compose to the byte."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import SHARED
from tests.reporting.bundles import annotation, bundle

from crossread.gateways.hl7v2 import orders
from crossread.gateways.hl7v2.compose import (
    Names,
    Status,
    control_id,
    report_message,
    status_message,
)
from crossread.gateways.hl7v2.listener import Hl7Listener
from crossread.gateways.hl7v2.merges import merges
from crossread.gateways.hl7v2.message import NotHl7, Wrong, escape, moment, read
from crossread.hospitals.model import Endpoint, EndpointKind, Urgency
from crossread.orders.model import Control, Order, OrderState
from crossread.patients.model import Patient
from crossread.platform import clock
from crossread.platform.database import Database
from crossread.platform.objects import Objects
from crossread.reporting.model import Measurement, Section

OMI = (
    "MSH|^~\\&|ZUID_RIS|SZ_ZUID|CROSSREAD|CROSSREAD|20261124101500+0100||OMI^O23^OMI_O23|Z77|P|2.5.1"
    "||||||UNICODE UTF-8\r"
    "PID|1||Z190274^^^SZZ&2.999.1&ISO^PI~999911120^^^NLMINBIZA^NNNLD||Geërts-van den Bosch&van den"
    "&Bosch^Joëlle^M||19510314|F\r"
    "ORC|NW|P77|F77||||||20261124101000+0100|||01990358^Dijkman^R.\r"
    "TQ1|1||||||||T^Timing critical^HL70485\r"
    "OBR|1|P77|F77|M1204^MRI hersenen \\T\\ hals^99SZZ|||||||||||||||||||||||||||^Hoofdpijn?\r"
    "IPC|ZUID000077|RP1|2.25.777|SPS1|MR\r"
)


def test_an_imaging_order_is_read_with_all_that_names_it() -> None:
    [request] = orders.requests(read(OMI.encode()), "zuid")
    assert (request.accession_number, request.study_instance_uid) == ("ZUID000077", "2.25.777")
    assert (request.placer_number, request.filler_number) == ("P77", "F77")
    assert (request.procedure_code, request.procedure_text) == ("M1204", "MRI hersenen & hals")
    assert (request.control, request.urgency, request.modality) == (
        Control.PLACE,
        Urgency.STROKE,
        "MR",
    )
    assert request.requested_at == datetime(2026, 11, 24, 9, 10, tzinfo=UTC)
    assert request.question == "Hoofdpijn?"
    assert request.referrer == "Dijkman^R."
    assert (request.patient.number, request.patient.issuer) == ("Z190274", "SZZ")
    assert request.patient.bsn == "999911120"
    assert request.patient.name == "Geërts-van den Bosch^Joëlle^M"
    assert (request.patient.birth_date, request.patient.sex) == (date(1951, 3, 14), "F")


@pytest.mark.parametrize(
    ("before", "after", "location"),
    [
        ("Z190274^^^SZZ&2.999.1&ISO^PI~", "", "PID^1^3"),
        ("ORC|NW", "ORC|ZZ", "ORC^1^1"),
        ("PID|", "PIX|", "PID"),
        ("ORC|", "ORX|", "ORC"),
        ("OBR|", "OBX|", "OBR"),
        ("OBR|", "OBR|1||F76\rOBR|", "OBR"),
        ("IPC|ZUID000077", f"IPC|{'9' * 65}", "OBR^1^18"),
        ("Z190274", "9" * 65, "PID^1^3"),
        ("|2.25.777|", "|not a uid|", "IPC^1^3"),
        ("|Z77|", "||", "MSH^1^10"),
        ("|Z77|", f"|{'7' * 200}|", "MSH^1^10"),
        ("|2.5.1", "|3.0", "MSH^1^12"),
        ("OMI^O23^OMI_O23", "ORU^R01", "MSH^1^9"),
        ("OMI^O23^OMI_O23", "ADT^A37", "MSH^1^9"),
    ],
)
def test_what_is_missing_is_named_by_its_place(before: str, after: str, location: str) -> None:
    broken = OMI.replace(before, after)
    with pytest.raises(Wrong) as refusal:
        orders.check_header(read(broken.encode()))
        orders.requests(read(broken.encode()), "zuid")
    assert refusal.value.location == location


def test_when_and_where_it_is_to_be_done_is_read() -> None:
    [request] = orders.requests(read(OMI.encode()), "zuid")
    assert (request.requested_procedure_id, request.scheduled_step_id) == ("RP1", "SPS1")
    assert (request.scheduled_at, request.station) == (None, "")
    planned = OMI.replace("|SPS1|MR", "|SPS1|MR||||MR_NOORD_2").replace(
        "TQ1|1||||||||T", "TQ1|1||||||20261125093000+0100||T"
    )
    [request] = orders.requests(read(planned.encode()), "zuid")
    assert request.scheduled_at == datetime(2026, 11, 25, 8, 30, tzinfo=UTC)
    assert request.station == "MR_NOORD_2"
    [request] = orders.requests(read(planned.replace("|RP1|", f"|{'9' * 17}|").encode()), "zuid")
    assert request.requested_procedure_id == "", "no machine can hold it"


def test_without_any_accession_number_an_order_is_refused() -> None:
    nameless = OMI.replace("|F77|", "||").replace("ZUID000077", "")
    with pytest.raises(Wrong, match="no accession number"):
        orders.requests(read(nameless.encode()), "zuid")


def test_undoing_a_merge_is_refused_in_its_own_words() -> None:
    undone = OMI.replace("OMI^O23^OMI_O23", "ADT^A37^ADT_A37")
    with pytest.raises(Wrong, match="Undoing a merge") as refusal:
        orders.check_header(read(undone.encode()))
    assert refusal.value.acknowledgement == "AR"


def test_each_patient_of_a_merge_has_the_numbers_that_are_gone() -> None:
    header, pid, *_ = OMI.replace("OMI^O23^OMI_O23", "ADT^A40^ADT_A39").split("\r")
    mrg = "MRG|OLD1^^^SZZ^PI~999911120^^^NLMINBIZA^NNNLD~OLD2"
    [one] = merges(read("\r".join((header, pid, mrg, "")).encode()))
    assert one.gone == (("SZZ", "OLD1"), ("", "OLD2"))
    assert one.survivor.number == "Z190274"
    for broken in ((header, pid), (header, mrg), (header, pid, "MRG|")):
        with pytest.raises(Wrong):
            merges(read("\r".join((*broken, "")).encode()))


def test_each_order_of_a_message_has_its_own_segments() -> None:
    second = (
        "ORC|NW|P78|F78\rOBR|2|P78|F78|X1^Thorax^99SZZ|||||||||||||||||||||||||||^Hoest~^Koorts\r"
    )
    one, two = orders.requests(read((OMI + second).encode()), "zuid")
    assert (one.urgency, one.accession_number) == (Urgency.STROKE, "ZUID000077")
    assert (two.urgency, two.accession_number, two.study_instance_uid) == (None, "F78", "")
    assert (one.control_id, two.control_id) == ("Z77", "Z77/1")
    assert two.question == "Hoest\nKoorts"


def test_a_cancellation_needs_no_procedure() -> None:
    cancel = "\r".join((*OMI.split("\r")[:2], "ORC|CA|P77|F77", ""))
    [request] = orders.requests(read(cancel.encode()), "zuid")
    assert (request.control, request.accession_number) == (Control.CANCEL, "F77")


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("van den Bosch&van den&Bosch^Jan", "van den Bosch^Jan"),
        ("Bosch&van den&Bosch^Jan", "van den Bosch^Jan"),
        ("de Vries-van den Bosch&van den&Bosch&de&Vries^Anna", "de Vries-van den Bosch^Anna"),
        ("&van den&Bosch&de&Vries^Anna", "de Vries-van den Bosch^Anna"),
        ("Jansen^Piet^P.^jr.^dr.", "Jansen^Piet^P.^dr.^jr."),
        ("Jansen", "Jansen"),
        ('""', ""),
    ],
)
def test_a_dutch_name_is_read_with_its_prefixes(sent: str, name: str) -> None:
    message = read(f"MSH|^~\\&|A|B|||1||ADT^A08|1|P|2.5.1\rPID|1||1||{sent}\r".encode())
    assert orders.person_name(message.need("PID"), 5) == name


@pytest.mark.parametrize(
    ("section", "modality"), [("CT", "CT"), ("NMR", "MR"), ("RUS", "US"), ("RAD", ""), ("", "")]
)
def test_a_department_is_no_modality(section: str, modality: str) -> None:
    procedure = f"OBR|1|P77|F77|M1204^MRI{'|' * 20}{section}"
    ordered = "\r".join((*OMI.split("\r")[:3], procedure, ""))
    [request] = orders.requests(read(ordered.encode()), "zuid")
    assert request.modality == modality


@pytest.mark.parametrize(
    "text", ["", "x", "99999999999999", "00010101000000", "20261124101500+01", "2026", "-0100"]
)
def test_no_time_is_too_strange_to_read(text: str) -> None:
    assert moment(text) is None or text == "2026"


@given(st.text(st.characters(blacklist_categories=["Cs", "Cc"])))
def test_any_text_survives_escaping(text: str) -> None:
    message = f"MSH|^~\\&|A|B|||20261124||ORU^R01|1|P|2.5.1\rOBX|1|TX|||{escape(text)}\r"
    assert read(message.encode()).need("OBX").get(5) == text.strip()


@given(st.binary(max_size=400))
def test_no_bytes_make_the_reader_fail_otherwise(content: bytes) -> None:
    for whole in (content, b"MSH|^~\\&|" + content):
        try:
            message = read(whole)
            message.kind, message.sender, message.control_id  # noqa: B018
            orders.requests(message, "noord")
        except (NotHl7, Wrong):
            pass


@given(st.datetimes(min_value=datetime(1950, 1, 1), max_value=datetime(2080, 1, 1)))  # noqa: DTZ001
def test_a_time_with_a_zone_is_read_exactly(at: datetime) -> None:
    whole = at.replace(microsecond=0, tzinfo=UTC)
    assert moment(f"{whole:%Y%m%d%H%M%S}+0000") == whole


RIS = Endpoint("noord/ris", "noord", EndpointKind.RIS, "127.0.0.1", 1, "NOORD_RIS", "ZH_NOORD")
NAMES = Names("CROSSREAD", "CROSSREAD")


def test_a_report_is_composed_as_the_golden_message_says() -> None:
    text = report_message(bundle(), receiver=RIS, names=NAMES, control="CR1").decode()
    assert text.replace("\r", "\n") == GOLDEN_REPORT
    assert "MSA" not in text


GOLDEN_REPORT = """\
MSH|^~\\&|CROSSREAD|CROSSREAD|NOORD_RIS|ZH_NOORD|20261124113000+0000||ORU^R01^ORU_R01|CR1|P|2.5.1\
|||AL|NE||UNICODE UTF-8
PID|1||0412873^^^NOORD^PI~999911120^^^NLMINBIZA^NNNLD||Geërts^Joëlle||19510314|F
PV1|1|U
ORC|RE|P1|F1||CM||||20261124113000+0000
OBR|1|P1|F1|CTSCH01^CT schedel blanco^99NOORD|||20261124101500|||||||||^Hoekstra^B.||A1||||\
20261124113000+0000||CT|F|||||||bram&Bram Oosterhuis
OBX|1|HD|113014^DICOM Study^DCM||^2.25.1^ISO||||||F|||20261124113000+0000|Medisch Centrum Midden\
|bram^Bram Oosterhuis
OBX|2|ST|REPORT^Report and version^99CROSSREAD||00000000-0000-0000-0000-000000000001 v1||||||F|||\
20261124113000+0000|Medisch Centrum Midden|bram^Bram Oosterhuis
OBX|3|TX|59776-5^Procedure findings^LN|1|Bloeding \\T\\ oedeem.||||||F|||20261124113000+0000|\
Medisch Centrum Midden|bram^Bram Oosterhuis
OBX|4|TX|59776-5^Procedure findings^LN|2|Geen shift.||||||F|||20261124113000+0000|\
Medisch Centrum Midden|bram^Bram Oosterhuis
OBX|5|TX|19005-8^Radiology Imaging study [Impression]^LN|1|Acute bloeding.||||||F|||\
20261124113000+0000|Medisch Centrum Midden|bram^Bram Oosterhuis
OBX|6|NM|410668003^Length^SCT|2.25.42|32.4|mm^mm^UCUM|||||F|||20261124113000+0000|\
Medisch Centrum Midden|bram^Bram Oosterhuis
"""


def test_a_report_composed_again_is_the_same_to_the_byte() -> None:
    first, again = (
        report_message(bundle(), receiver=RIS, names=NAMES, control="CR1") for _ in range(2)
    )
    assert first == again


@given(
    st.text(st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="\u2028\u2029"))
)
def test_any_report_text_arrives_as_it_was_written(text: str) -> None:
    written = bundle(sections=((Section.FINDINGS, text),), annotations=())
    message = read(report_message(written, receiver=RIS, names=NAMES, control="CR1"))
    lines = [one.get(5) for one in message.segments("OBX") if one.get(2) == "TX"]
    assert lines == ([text.strip()] if text.strip() else [])


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_a_number_is_written_without_an_exponent(value: float) -> None:
    drawn = annotation(measurements=(Measurement("mean", value, "1"),))
    message = read(
        report_message(bundle(annotations=(drawn,)), receiver=RIS, names=NAMES, control="CR1")
    )
    [number] = [one.get(5) for one in message.segments("OBX") if one.get(2) == "NM"]
    assert re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", number)
    assert float(number) == float(f"{value:.6g}")


def test_a_name_goes_out_in_its_alphabetic_form() -> None:
    person = replace(bundle().patient, name="Yamada^Tarou^^dr.^jr.=山田^太郎")
    message = read(report_message(bundle(patient=person), receiver=RIS, names=NAMES, control="CR1"))
    assert orders.person_name(message.need("PID"), 5) == "Yamada^Tarou^^dr.^jr."


@pytest.mark.parametrize(
    ("status", "order_status", "result_status"),
    [
        (Status.RECEIVED, "SC", "S"),
        (Status.IN_PROGRESS, "IP", "I"),
        (Status.PRELIMINARY, "A", "P"),
        (Status.FINAL, "CM", "F"),
        (Status.CANCELLED, "CA", "X"),
    ],
)
def test_a_status_says_how_far_the_order_is(
    status: Status, order_status: str, result_status: str
) -> None:
    at = datetime(2026, 11, 24, 11, tzinfo=UTC)
    order = Order(
        UUID(int=2), "noord", "A1", "P1", "F1", UUID(int=3), "2.25.1", "CTSCH01", "CT", "99NOORD",
        "CT", Urgency.ACUTE, "", "", OrderState.ANSWERED, None, at, 1,
    )  # fmt: skip
    patient = Patient(UUID(int=3), "noord", "NOORD", "1", None, "Jansen", None, "", at)
    content = status_message(
        order, patient, status, task_id=UUID(int=4), receiver=RIS, names=NAMES, control="C", at=at
    )
    message = read(content)
    orc, obr = message.need("ORC"), message.need("OBR")
    assert (orc.get(1), orc.get(5)) == ("SC", order_status)
    assert (obr.get(18), obr.get(25)) == ("A1", result_status)


def test_a_control_id_fits_and_follows_from_what_it_is_for() -> None:
    assert control_id("a", 1) == control_id("a", 1) != control_id("a", 2)
    assert len(control_id("a", 1)) == 20


def samples() -> Iterator[Path]:
    yield from sorted((SHARED / "messages").rglob("*.hl7"))


async def test_every_real_message_gets_an_answer(database: Database, objects: Objects) -> None:
    found = list(samples())
    if not found:
        pytest.skip("the shared messages are not here")
    listener = Hl7Listener(database, objects, host="127.0.0.1", port=0, clock=clock.now)
    for file in found:
        answer = (await listener.answer(file.read_bytes())).decode()
        assert "\rMSA|A" in answer, file.name
