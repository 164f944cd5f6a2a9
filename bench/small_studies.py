"""Studies of one tiny instance each, to fill an index that is not ours."""

import struct
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

from bench.peers import Server
from bench.web import Client

_EXPLICIT = b"1.2.840.10008.1.2.1\0"
_CAPTURE = b"1.2.840.10008.5.1.4.1.1.7\0"  # Secondary Capture Image Storage
_TOGETHER = 100  # instances in a request
_LONG = frozenset({b"OB", b"OW"})


def part10(
    *,
    study_uid: str,
    patient_number: str,
    name: str,
    birth_date: str,
    sex: str,
    accession: str,
    study_date: str,
    study_time: str,
    modality: str,
    description: str,
) -> bytes:
    """A Part-10 file of one grey pixel (PS3.10 7.1), written by hand since there are many."""
    instance = f"{study_uid}.1.1"
    meta = _element(0x0002, 0x0002, b"UI", _CAPTURE)
    meta += _element(0x0002, 0x0003, b"UI", _uid(instance))
    meta += _element(0x0002, 0x0010, b"UI", _EXPLICIT)
    meta = _element(0x0002, 0x0000, b"UL", struct.pack("<I", len(meta))) + meta
    return (
        bytes(128)
        + b"DICM"
        + meta
        + _element(0x0008, 0x0005, b"CS", b"ISO_IR 192")
        + _element(0x0008, 0x0016, b"UI", _CAPTURE)
        + _element(0x0008, 0x0018, b"UI", _uid(instance))
        + _element(0x0008, 0x0020, b"DA", study_date.encode())
        + _element(0x0008, 0x0030, b"TM", study_time.encode())
        + _element(0x0008, 0x0050, b"SH", accession.encode())
        + _element(0x0008, 0x0060, b"CS", modality.encode())
        + _element(0x0008, 0x1030, b"LO", description.encode())
        + _element(0x0010, 0x0010, b"PN", name.encode())
        + _element(0x0010, 0x0020, b"LO", patient_number.encode())
        + _element(0x0010, 0x0030, b"DA", birth_date.encode())
        + _element(0x0010, 0x0040, b"CS", sex.encode())
        + _element(0x0020, 0x000D, b"UI", _uid(study_uid))
        + _element(0x0020, 0x000E, b"UI", _uid(f"{study_uid}.1"))
        + _element(0x0020, 0x0011, b"IS", b"1")
        + _element(0x0020, 0x0013, b"IS", b"1")
        + _element(0x0028, 0x0002, b"US", b"\1\0")
        + _element(0x0028, 0x0004, b"CS", b"MONOCHROME2")
        + b"".join(
            _element(0x0028, tag, b"US", struct.pack("<H", value))
            for tag, value in ((0x10, 1), (0x11, 1), (0x100, 8), (0x101, 8), (0x102, 7), (0x103, 0))
        )
        + _element(0x7FE0, 0x0010, b"OB", b"\0\0")
    )


def fill(server: Server, files: Iterable[bytes], *, clients: int = 4) -> int:
    """Store these over DICOMweb, many in a request; how many were stored."""
    with ThreadPoolExecutor(clients) as threads:
        return sum(threads.map(lambda some: _store(server, some), _batches(files)))


def _batches(files: Iterable[bytes]) -> Iterator[list[bytes]]:
    rest = iter(files)
    while some := list(islice(rest, _TOGETHER)):
        yield some


def _store(server: Server, files: Sequence[bytes]) -> int:
    client = Client(server.dicomweb)
    try:
        return client.store(files)
    finally:
        client.close()


def _element(group: int, element: int, vr: bytes, value: bytes) -> bytes:
    """A data element in Explicit VR Little Endian (PS3.5 7.1.2)."""
    if len(value) % 2:
        value += b" "
    if vr in _LONG:
        return struct.pack("<HH2sHI", group, element, vr, 0, len(value)) + value
    return struct.pack("<HH2sH", group, element, vr, len(value)) + value


def _uid(uid: str) -> bytes:
    return uid.encode() + b"\0" * (len(uid) % 2)
