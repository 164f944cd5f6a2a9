"""Acknowledgements (2.9.2), also of what cannot be read: its MSH mostly can."""

from dataclasses import dataclass
from datetime import UTC, datetime

from crossread.gateways.hl7v2.message import Acknowledgement, ErrorCode, Message, NotTaken, escape


@dataclass(frozen=True, slots=True)
class Heading:
    """What MSH says of a message."""

    application: str  # MSH-3
    facility: str  # MSH-4
    trigger: str  # MSH-9.2
    control_id: str  # MSH-10


def heading(message: Message) -> Heading:
    """What MSH of a message says."""
    return Heading(*message.sender, message.kind[1], message.control_id)


def salvage(content: bytes) -> Heading | None:
    """What MSH says of bytes that could not be read as a message; None when there is no MSH.

    MSH is ASCII in every character set that may be used (2.9.2), so an unknown one, or a byte that
    is wrong further on, need not keep the sender from learning which message was refused.
    """
    head = content.lstrip(b"\r\n \t\xef\xbb\xbf")[:4096]
    line = head.replace(b"\n", b"\r").split(b"\r", 1)[0].decode("ascii", "replace")
    if not line.startswith("MSH") or len(line) < 9:
        return None
    separator, component = line[3], line[4]
    fields = [*line.split(separator), *[""] * 10]
    kind = [*fields[8].split(component), ""]
    return Heading(
        application=fields[2].split(component)[0].strip(),
        facility=fields[3].split(component)[0].strip(),
        trigger=kind[1].strip(),
        control_id=fields[9].strip(),
    )


def accept(about: Heading, *, own: tuple[str, str], now: datetime) -> bytes:
    """AA: what the message says is committed."""
    return _answer(about, Acknowledgement.ACCEPT, own, now)


def refuse(about: Heading | None, error: NotTaken, *, own: tuple[str, str], now: datetime) -> bytes:
    """AE or AR, with where and why; with an empty MSA-2 where there was no MSH."""
    err = f"ERR||{error.location}|{error.code}^^HL70357|E||||{escape(error.sentence)}"
    return _answer(about, error.acknowledgement, own, now, err)


def postpone(about: Heading | None, *, own: tuple[str, str], now: datetime) -> bytes:
    """AE with error 207: nothing is wrong with the message, but it is not taken in now."""
    sentence = "crossread cannot take messages now; send it again."
    err = f"ERR|||{ErrorCode.INTERNAL}^^HL70357|E||||{sentence}"
    return _answer(about, Acknowledgement.ERROR, own, now, err)


def _answer(
    about: Heading | None,
    code: Acknowledgement,
    own: tuple[str, str],
    now: datetime,
    *errors: str,
) -> bytes:
    known = about or Heading("", "", "", "")
    kind = f"ACK^{escape(known.trigger)}^ACK" if known.trigger else "ACK"
    at = f"{now.astimezone(UTC):%Y%m%d%H%M%S}+0000"
    ours, theirs = (
        "|".join(map(escape, own)),
        f"{escape(known.application)}|{escape(known.facility)}",
    )
    lines = [
        f"MSH|^~\\&|{ours}|{theirs}|{at}||{kind}|A{escape(known.control_id[:19])}|P|2.5.1"
        "||||||UNICODE UTF-8",
        f"MSA|{code}|{escape(known.control_id)}",
        *errors,
    ]
    return ("\r".join(lines) + "\r").encode(errors="replace")
