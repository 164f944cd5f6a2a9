"""The HL7 listener over real MLLP: every message is answered, and nothing is dropped silently."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import hl7.mllp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.peers import Ris, exchange

from crossread.gateways.hl7v2 import wire
from crossread.gateways.hl7v2.compose import Names, Status, status_message
from crossread.gateways.hl7v2.listener import Hl7Listener
from crossread.gateways.hl7v2.message import read
from crossread.gateways.hl7v2.send import send
from crossread.hospitals import store as hospitals
from crossread.hospitals.model import Endpoint, EndpointKind, Hospital
from crossread.orders import store as orders
from crossread.orders.model import OrderState, order_id
from crossread.patients import store as patients
from crossread.patients.model import patient_id
from crossread.platform import clock
from crossread.platform.database import Database, Row
from crossread.platform.objects import Objects

RIS = Ris("NOORD_RIS", "NOORD")
ADT = (
    "MSH|^~\\&|NOORD_RIS|NOORD|||20261124||ADT^A08^ADT_A01|{control}|P|2.5.1\r"
    "PID|1||N1^^^NOORD^PI||{name}||19500101|F\r"
)


def order(control: str = "C1", accession: str = "A1", **more: str) -> str:
    return RIS.order(accession=accession, number="N1", bsn="999911120", control=control, **more)


@pytest.fixture
async def listener(database: Database, objects: Objects) -> AsyncIterator[Hl7Listener]:
    """A listener that knows one hospital's RIS."""
    async with database.transaction() as db:
        await hospitals.save_hospital(db, Hospital("noord", "Noord", patient_issuers=("NOORD",)))
        await hospitals.save_endpoint(
            db,
            Endpoint("noord/ris", "noord", EndpointKind.RIS, "127.0.0.1", 1, "NOORD_RIS", "NOORD"),
        )
    made = Hl7Listener(database, objects, host="127.0.0.1", port=0, clock=clock.now)
    await made.start()
    yield made
    await made.stop()


async def quarantine(database: Database) -> list[Row]:
    async with database.transaction() as db:
        cursor = await db.execute("select * from archive.quarantine order by received_at")
        return await cursor.fetchall()


async def events(database: Database) -> list[str]:
    async with database.transaction() as db:
        cursor = await db.execute("select kind from platform.event order by id")
        return [row["kind"] for row in await cursor.fetchall()]


async def test_python_hl7_sends_orders_over_one_connection(
    listener: Hl7Listener, database: Database
) -> None:
    reader, writer = await hl7.mllp.open_hl7_connection(
        "127.0.0.1", listener.port, encoding="utf-8"
    )
    for number in range(3):
        writer.writemessage(hl7.parse(order(f"C{number}", f"A{number}", name="Geërts^Joëlle")))
        await writer.drain()
        answer = await reader.readmessage()
        assert str(answer.segment("MSA")(1)) == "AA"
        assert str(answer.segment("MSA")(2)) == f"C{number}"
    writer.close()
    async with database.transaction() as db:
        placed = await orders.order(db, order_id("noord", "A2"))
        patient = await patients.patient(db, placed.patient_id)
    assert placed.state is OrderState.PLACED
    assert (patient.name, patient.bsn) == ("Geërts^Joëlle", "999911120")


async def test_a_message_may_come_in_pieces_and_two_in_one(listener: Hl7Listener) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
    two = wire.frame(order("C1").encode()) + wire.frame(order("C2", "A2").encode())
    for start in range(0, len(two), 97):
        writer.write(two[start : start + 97])
        await writer.drain()
        await asyncio.sleep(0)
    answers = [await asyncio.wait_for(wire.receive(reader), 10) for _ in range(2)]
    writer.close()
    assert [b"MSA|AA|C1" in answers[0], b"MSA|AA|C2" in answers[1]] == [True, True]  # type: ignore[operator]


async def test_the_same_message_again_changes_nothing(
    listener: Hl7Listener, database: Database
) -> None:
    assert "MSA|AA|C1" in await RIS.say(listener.port, order())
    before = await events(database)
    assert "MSA|AA|C1" in await RIS.say(listener.port, order())
    assert await events(database) == before


async def test_a_patient_is_told_of_without_an_order(
    listener: Hl7Listener, database: Database
) -> None:
    await RIS.say(listener.port, ADT.format(control="D1", name="Jansen^Anna"))
    assert "MSA|AA|D2" in await RIS.say(
        listener.port, ADT.format(control="D2", name="Jansen-de Boer^Anna")
    )
    async with database.transaction() as db:
        patient = await patients.patient(db, patient_id("noord", "NOORD", "N1"))
    assert patient.name == "Jansen-de Boer^Anna"
    assert "patient.changed" in await events(database)


def merge(event: str, control: str, gone: str = "N2", number: str = "N1") -> str:
    header = ADT.format(control=control, name="Jansen^Anna").replace("A08^ADT_A01", event)
    return header.replace("N1^^^", f"{number}^^^") + f"MRG|{gone}^^^NOORD^PI\r"


@pytest.mark.parametrize("event", ["A40^ADT_A39", "A18^ADT_A18", "A34", "A47^ADT_A30"])
async def test_after_a_merge_the_old_number_is_the_surviving_patient(
    listener: Hl7Listener, database: Database, event: str
) -> None:
    old = ADT.replace("N1^^^", "N2^^^").format(control="D1", name="Jansen^A")
    assert "MSA|AA|D1" in await RIS.say(listener.port, old)
    assert "MSA|AA|D2" in await RIS.say(listener.port, merge(event, "D2"))
    before = await events(database)
    assert "MSA|AA|D2" in await RIS.say(listener.port, merge(event, "D2"))
    assert await events(database) == before, "saying it again changes nothing"
    assert "MSA|AA|D3" in await RIS.say(listener.port, old.replace("|D1|", "|D3|"))
    async with database.transaction() as db:
        survivor = await patients.surviving(db, patient_id("noord", "NOORD", "N2"))
        [listed] = await patients.patients(db, "noord", 10)
    assert survivor is not None
    assert listed == survivor
    assert (survivor.number, survivor.name) == ("N1", "Jansen^Anna")


async def test_a_merge_the_other_way_round_makes_the_other_number_survive(
    listener: Hl7Listener, database: Database
) -> None:
    await RIS.say(listener.port, merge("A40^ADT_A39", "D1"))
    await RIS.say(listener.port, merge("A40^ADT_A39", "D2", gone="N1", number="N2"))
    async with database.transaction() as db:
        survivor = await patients.surviving(db, patient_id("noord", "NOORD", "N1"))
        assert await patients.surviving(db, patient_id("noord", "NOORD", "N2")) is None
    assert survivor is not None
    assert survivor.number == "N2"


async def test_undoing_a_merge_is_refused_and_kept(
    listener: Hl7Listener, database: Database
) -> None:
    undone = ADT.format(control="D3", name="Jansen^Anna").replace("A08^ADT_A01", "A37^ADT_A37")
    answer = read((await RIS.say(listener.port, undone)).encode())
    assert (answer.need("MSA").get(1), answer.need("MSA").get(2)) == ("AR", "D3")
    assert (answer.need("ERR").get(3), answer.need("ERR").get(4)) == ("201", "E")
    assert "Undoing a merge" in answer.need("ERR").get(8)
    [held] = await quarantine(database)
    assert (held["hospital_id"], held["reason"], held["uid"]) == ("noord", "unsupported", "D3")


async def test_a_stranger_is_told_so(listener: Hl7Listener, database: Database) -> None:
    answer = read((await RIS.say(listener.port, order().replace("NOORD_RIS", "XX"))).encode())
    assert (answer.need("MSA").get(1), answer.need("ERR").get(3)) == ("AR", "204")
    assert await events(database) == []


@pytest.mark.parametrize(
    ("before", "after", "error"),
    [("UNICODE UTF-8", "KLINGON", "103"), ("UNICODE UTF-8", "ASCII", "102")],
)
async def test_unknown_characters_are_refused_by_name_and_kept_for_the_hospital(
    listener: Hl7Listener, database: Database, before: str, after: str, error: str
) -> None:
    text = order("C9", name="Geërts^Joëlle").replace(before, after)
    answer = read((await RIS.say(listener.port, text)).encode())
    assert (answer.need("MSA").get(1), answer.need("MSA").get(2)) == ("AR", "C9")
    assert (answer.need("ERR").get(2, 3), answer.need("ERR").get(3)) == ("18", error)
    [held] = await quarantine(database)
    assert (held["hospital_id"], held["reason"], held["uid"]) == (
        "noord",
        "unknown_characters",
        "C9",
    )


async def test_latin_letters_are_read_as_msh_names_them(
    listener: Hl7Listener, database: Database
) -> None:
    text = order(name="Geërts^Joëlle").replace("UNICODE UTF-8", "8859/1")
    assert "MSA|AA" in await exchange(listener.port, text.encode("iso8859-1"))
    async with database.transaction() as db:
        patient = await patients.patient(db, patient_id("noord", "NOORD", "N1"))
    assert patient.name == "Geërts^Joëlle"


async def test_what_is_not_framed_is_refused_with_its_control_id(
    listener: Hl7Listener, database: Database
) -> None:
    answer = read((await exchange(listener.port, order().encode(), framed=False)).encode())
    assert (answer.need("MSA").get(1), answer.need("MSA").get(2)) == ("AR", "C1")
    assert answer.need("ERR").get(3) == "100"  # not 207: the same bytes will not do better
    [held] = await quarantine(database)
    assert (held["hospital_id"], held["reason"]) == ("noord", "not_hl7")


async def test_a_message_without_end_is_cut_off(
    listener: Hl7Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "LARGEST", 200_000)
    endless = order().encode() + b"x" * 300_000
    answer = await exchange(listener.port, endless)
    assert "MSA|AR|C1" in answer
    assert "longer than" in answer


async def test_without_a_database_the_sender_is_asked_to_send_again(objects: Objects) -> None:
    nowhere = Database("postgresql://nobody@127.0.0.1:1/none", size=1)  # never opened
    listener = Hl7Listener(nowhere, objects, host="127.0.0.1", port=0, clock=clock.now)
    await listener.start()
    for content in (order(), "no HL7 at all", order().replace("UNICODE UTF-8", "KLINGON")):
        answer = read((await RIS.say(listener.port, content)).encode())
        assert (answer.need("MSA").get(1), answer.need("ERR").get(3)) == ("AE", "207")
    await listener.stop()


async def test_a_null_character_is_nobodys_trouble(listener: Hl7Listener) -> None:
    assert "MSA|AA|C1" in await RIS.say(listener.port, order(name="Jan\\X00\\sen^An\x00na"))


async def test_a_control_id_full_of_delimiters_comes_back_whole(listener: Hl7Listener) -> None:
    answer = read((await RIS.say(listener.port, order("C\\T\\1\\F\\2"))).encode())
    assert (answer.need("MSA").get(1), answer.need("MSA").get(2)) == ("AA", "C&1|2")
    assert answer.kind == ("ACK", "O01")


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(content=st.binary(max_size=300), head=st.booleans(), framed=st.booleans())
async def test_any_bytes_get_an_answer_or_a_close(
    listener: Hl7Listener, content: bytes, head: bool, framed: bool
) -> None:
    whole = (b"MSH|^~\\&|NOORD_RIS|NOORD|||1||ORM^O01|9|P|2.5.1\r" if head else b"") + content
    with contextlib.suppress(ConnectionError):
        answer = await exchange(listener.port, whole, framed=framed)
        assert answer == "" or "\rMSA|A" in answer
    assert "MSA|AA|ALIVE" in await RIS.say(listener.port, order("ALIVE"))


async def test_a_status_goes_to_a_ris_made_with_python_hl7(
    listener: Hl7Listener, database: Database
) -> None:
    received: list[hl7.Message] = []

    async def ris(reader: hl7.mllp.HL7StreamReader, writer: hl7.mllp.HL7StreamWriter) -> None:
        message = await reader.readmessage()
        received.append(message)
        writer.writemessage(message.create_ack())
        await writer.drain()
        writer.close()

    await RIS.say(listener.port, order(name="Geërts^Joëlle"))
    server = await hl7.mllp.start_hl7_server(ris, "127.0.0.1", 0, encoding="utf-8")
    port = server.sockets[0].getsockname()[1]
    endpoint = Endpoint("noord/ris", "noord", EndpointKind.RIS, "127.0.0.1", port, "NOORD_RIS")
    async with database.transaction() as db:
        placed = await orders.order(db, order_id("noord", "A1"))
        patient = await patients.patient(db, placed.patient_id)
    content = status_message(
        placed,
        patient,
        Status.IN_PROGRESS,
        task_id=placed.id,
        receiver=endpoint,
        names=Names("CROSSREAD", "CROSSREAD"),
        control="CR7",
        at=clock.now(),
    )
    assert await send(endpoint, content, timeout=10) == "AA CR7"
    server.close()
    [message] = received
    assert (str(message["ORC"][0][5]), str(message["OBR"][0][18])) == ("IP", "A1")
    assert "Geërts^Joëlle" in str(message["PID"][0][5])
