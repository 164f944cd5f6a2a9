"""One HL7 v2 message, read by segment, field and component."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum

import hl7

from crossread.platform.clock import LOCAL
from crossread.platform.errors import Unreadable

# MSH-18 (HL7 table 0211) and what Python calls it; what nobody names is tried as UTF-8 first
CHARACTER_SETS = {
    "UNICODE UTF-8": "utf-8",
    "UTF-8": "utf-8",
    "ASCII": "ascii",
    "8859/1": "iso8859-1",
    "8859/2": "iso8859-2",
    "8859/5": "iso8859-5",
    "8859/7": "iso8859-7",
    "8859/9": "iso8859-9",
    "8859/15": "iso8859-15",
}


class Acknowledgement(StrEnum):
    """MSA-1 (HL7 table 0008)."""

    ACCEPT = "AA"
    ERROR = "AE"  # content: the same message will not do better
    REJECT = "AR"  # not for us, or not a message


class ErrorCode(StrEnum):
    """ERR-3 (HL7 table 0357)."""

    SEGMENT_SEQUENCE = "100"
    REQUIRED_FIELD = "101"
    DATA_TYPE = "102"
    TABLE_VALUE = "103"
    UNSUPPORTED_MESSAGE = "200"
    UNSUPPORTED_EVENT = "201"
    UNSUPPORTED_VERSION = "203"
    UNKNOWN_KEY = "204"
    INTERNAL = "207"


class NotTaken(Unreadable):
    """A message that is not taken in, and how that is said in its acknowledgement."""

    def __init__(
        self,
        sentence: str,
        *,
        location: str,
        code: ErrorCode,
        acknowledgement: Acknowledgement,
    ) -> None:
        super().__init__(sentence, cause=location)
        self.location = location  # ERR-2: segment^sequence^field
        self.code = code
        self.acknowledgement = acknowledgement


class NotHl7(NotTaken):
    """The bytes are no HL7 v2 message that we can read."""

    def __init__(
        self,
        sentence: str,
        *,
        location: str = "MSH^1",
        code: ErrorCode = ErrorCode.SEGMENT_SEQUENCE,
        characters: bool = False,
    ) -> None:
        super().__init__(
            sentence, location=location, code=code, acknowledgement=Acknowledgement.REJECT
        )
        self.characters = characters  # it may be one, in a character set nobody knows


class Wrong(NotTaken):
    """The message is readable, but something in it is not right."""

    def __init__(
        self,
        sentence: str,
        *,
        location: str,
        code: ErrorCode,
        acknowledgement: Acknowledgement = Acknowledgement.ERROR,
    ) -> None:
        super().__init__(sentence, location=location, code=code, acknowledgement=acknowledgement)


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment of a message."""

    content: hl7.Segment
    message: hl7.Message

    def get(self, field: int, component: int = 1, *, repetition: int = 1, sub: int = 1) -> str:
        """A subcomponent as text, unescaped; empty where there is none, or a null (2.5.3: "")."""
        try:
            value = self.content(field)(repetition)(component)(sub)
        except (IndexError, KeyError, TypeError):
            value = self._shallow(field, component, repetition, sub)
        text = str(self.message.unescape(str(value))) if value else ""
        text = text.replace("\x00", "").strip()
        return "" if text == '""' else text

    def _shallow(self, field: int, component: int, repetition: int, sub: int) -> object:
        """Where the message has fewer levels than were asked for, the first of them is it."""
        try:
            value: object = self.content(field)
            for place in (repetition, component, sub):
                if isinstance(value, hl7.Container):
                    value = value(place) if len(value) >= place else ""
                elif place != 1:
                    return ""
            return value
        except (IndexError, KeyError):
            return ""

    def repetitions(self, field: int) -> range:
        """The numbers of the repetitions of a field."""
        try:
            return range(1, len(self.content(field)) + 1)
        except (IndexError, KeyError):
            return range(1, 1)


class Message:
    """A parsed message."""

    def __init__(self, parsed: hl7.Message) -> None:
        self._parsed = parsed
        self.header = self.need("MSH")

    def each(self) -> Iterator[tuple[str, Segment]]:
        """All segments in order, each with its name."""
        for segment in self._parsed:
            yield str(segment[0]), Segment(segment, self._parsed)

    def segments(self, name: str) -> Iterator[Segment]:
        """All segments of this name, in order."""
        return (segment for found, segment in self.each() if found == name)

    def first(self, name: str) -> Segment | None:
        """The first segment of this name, if there is one."""
        return next(self.segments(name), None)

    def need(self, name: str) -> Segment:
        """The first segment of this name. Raises Wrong when there is none."""
        found = self.first(name)
        if found is None:
            raise Wrong(
                f"The message has no {name} segment.",
                location=name,
                code=ErrorCode.SEGMENT_SEQUENCE,
            )
        return found

    @property
    def control_id(self) -> str:
        """MSH-10."""
        return self.header.get(10)

    @property
    def kind(self) -> tuple[str, str]:
        """MSH-9: what it is, and its trigger event."""
        return self.header.get(9, 1), self.header.get(9, 2)

    @property
    def sender(self) -> tuple[str, str]:
        """MSH-3 and MSH-4: application and facility."""
        return self.header.get(3), self.header.get(4)


def read(content: bytes) -> Message:
    """Parse a message. Raises NotHl7."""
    head = content.lstrip(b"\r\n \t\xef\xbb\xbf")
    if not head.startswith(b"MSH") or len(head) < 9:
        raise NotHl7("The message does not start with an MSH segment.")
    named = _character_set(head)
    if named and named not in CHARACTER_SETS:
        raise NotHl7(
            f"MSH-18 names a character set that is not known: {named[:20]}.",
            location="MSH^1^18",
            code=ErrorCode.TABLE_VALUE,
            characters=True,
        )
    text = _decode(head, CHARACTER_SETS.get(named, ""))
    lines = [line for line in text.replace("\r\n", "\r").replace("\n", "\r").split("\r") if line]
    try:
        return Message(hl7.parse("\r".join(lines) + "\r"))
    except Exception as error:  # the parser raises many kinds for bytes that are no message
        raise NotHl7("The message cannot be parsed as HL7 v2.") from error


def _character_set(head: bytes) -> str:
    line = head.replace(b"\n", b"\r").split(b"\r", 1)[0]
    fields = line.split(line[3:4])
    first = fields[17].split(b"~")[0] if len(fields) > 17 else b""
    return first.decode("ascii", "replace").strip().upper()


def _decode(head: bytes, codec: str) -> str:
    try:
        if codec:
            return head.decode(codec)
        try:
            return head.decode("utf-8")
        except UnicodeDecodeError:
            return head.decode("cp1252")
    except UnicodeDecodeError as error:
        raise NotHl7(
            "The bytes of the message are not in the character set that MSH-18 names.",
            location="MSH^1^18",
            code=ErrorCode.DATA_TYPE,
            characters=True,
        ) from error


def moment(text: str) -> datetime | None:
    """A TS/DTM value (2.A.22) in UTC; None where there is none, or none that can be read."""
    plain, zone = text, ""
    for sign in "+-":
        if sign in text:
            plain, _, digits = text.partition(sign)
            zone = sign + digits
    digits = plain.split(".")[0]
    padded = (digits + "0101000000"[max(0, len(digits) - 4) :])[:14] if len(digits) >= 4 else ""
    try:
        if zone:
            return datetime.strptime(padded + zone, "%Y%m%d%H%M%S%z").astimezone(UTC)
        return datetime.strptime(padded, "%Y%m%d%H%M%S").replace(tzinfo=LOCAL).astimezone(UTC)
    except (ValueError, OverflowError):  # the first and last day there is have no other zone
        return None


def day(text: str) -> date | None:
    """The date of a TS or DT value, or None."""
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return None


_ESCAPES = {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\"}


def escape(text: str) -> str:
    """Text as it may stand in a field (2.7): delimiters escaped, line ends as .br."""
    escaped = "".join(_ESCAPES.get(char, char) for char in text.replace("\t", " "))
    lines = escaped.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\\.br\\".join("".join(c for c in line if c >= " ") for line in lines)
