"""Whatever comes in a request of the other services, it is answered, and the next one is served."""

import asyncio
import random
from io import BytesIO
from typing import Any

import pytest
from pydicom.uid import UID, generate_uid
from pynetdicom import build_context
from pynetdicom.association import Association
from pynetdicom.dimse_primitives import C_FIND, C_GET, C_MOVE, N_ACTION, N_CREATE, N_SET
from pynetdicom.dsutils import encode
from tests.gateways.dicom.listening import Listening, associated
from tests.gateways.dicom.test_commitment import asked
from tests.images import ct_series
from tests.orders.test_perform import ended, started

VERIFICATION = "1.2.840.10008.1.1"
WORKLIST = "1.2.840.10008.5.1.4.31"
MOVE, GET = "1.2.840.10008.5.1.4.1.2.2.2", "1.2.840.10008.5.1.4.1.2.2.3"
COMMITMENT, WELL_KNOWN = "1.2.840.10008.1.20.1", "1.2.840.10008.1.20.1.1"
MPPS = "1.2.840.10008.3.1.2.3.3"
CLASSES = (VERIFICATION, WORKLIST, MOVE, GET, COMMITMENT, MPPS)


def find(content: bytes) -> C_FIND:
    request = C_FIND()
    request.AffectedSOPClassUID, request.Priority = UID(WORKLIST), 2
    request.Identifier = BytesIO(content)
    return request


def move(content: bytes) -> C_MOVE:
    request = C_MOVE()
    request.AffectedSOPClassUID, request.Priority = UID(MOVE), 2
    request.MoveDestination, request.Identifier = "NOORD_PACS", BytesIO(content)
    return request


def get(content: bytes) -> C_GET:
    request = C_GET()
    request.AffectedSOPClassUID, request.Priority = UID(GET), 2
    request.Identifier = BytesIO(content)
    return request


def action(content: bytes) -> N_ACTION:
    request = N_ACTION()
    request.RequestedSOPClassUID, request.RequestedSOPInstanceUID = UID(COMMITMENT), UID(WELL_KNOWN)
    request.ActionTypeID, request.ActionInformation = 1, BytesIO(content)
    return request


def create(content: bytes) -> N_CREATE:
    request = N_CREATE()
    request.AffectedSOPClassUID, request.AffectedSOPInstanceUID = UID(MPPS), generate_uid()
    request.AttributeList = BytesIO(content)
    return request


def change(content: bytes) -> N_SET:
    request = N_SET()
    request.RequestedSOPClassUID, request.RequestedSOPInstanceUID = UID(MPPS), generate_uid()
    request.ModificationList = BytesIO(content)
    return request


WHOLE = {
    find: encode(started(), True, True),
    move: encode(started(), True, True),
    get: encode(started(), True, True),
    action: encode(asked(ct_series(slices=2)), True, True),
    create: encode(started(), True, True),
    change: encode(ended(), True, True),
}


def broken(whole: bytes, chance: random.Random) -> bytes:
    """Cut off, with bytes changed, or nothing but noise."""
    match chance.randrange(3):
        case 0:
            return whole[: chance.randrange(len(whole))]
        case 1:
            content = bytearray(whole)
            for _ in range(chance.randrange(1, 8)):
                content[chance.randrange(len(content))] = chance.randrange(256)
            return bytes(content)
        case _:
            return chance.randbytes(chance.randrange(200))


def ask(association: Association, request: Any, sop_class: str) -> int:
    """The status of the last answer to a request."""
    request.MessageID = 7
    context = association._get_valid_context(sop_class, "", "scu")
    association._reactor_checkpoint.clear()
    while not association._is_paused:
        pass
    association.dimse.send_msg(request, context.context_id or 1)
    while True:
        _, answer = association.dimse.get_msg(block=True)
        assert answer is not None, "no answer"
        status = getattr(answer, "Status", None)
        if status is not None and status not in {0xFF00, 0xFF01}:
            association._reactor_checkpoint.set()
            return int(status)


@pytest.mark.parametrize("make", list(WHOLE), ids=lambda make: make.__name__)
async def test_a_malformed_request_is_answered_and_the_next_is_served(
    listening: Listening, make: Any
) -> None:
    whole = WHOLE[make]
    assert whole is not None
    sop_class = {find: WORKLIST, move: MOVE, get: GET, action: COMMITMENT}.get(make, MPPS)
    chance = random.Random(make.__name__)  # noqa: S311 - the same every time

    def run() -> list[int]:
        contexts = [build_context(one, "1.2.840.10008.1.2") for one in CLASSES]
        with associated(listening.port, contexts) as association:
            found = [ask(association, make(broken(whole, chance)), sop_class) for _ in range(40)]
            assert association.send_c_echo().Status == 0x0000
        return found

    assert len(await asyncio.to_thread(run)) == 40
