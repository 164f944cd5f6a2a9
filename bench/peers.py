"""The programs of others that crossread is measured beside, each tuned as well as it can be."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path

from bench.launch import free_port, listens, program, running

# without these DCMTK (Orthanc included) waits for delayed acknowledgements of TCP
TUNED = {"TCP_NODELAY": "1", "TCP_BUFFER_LENGTH": "1048576"}
LARGEST_PDU = 131072  # bytes; what DCMTK goes up to
_DICOMWEB = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")


@dataclass(frozen=True, slots=True)
class Web:
    """Where a server's DICOMweb is."""

    port: int
    root: str  # path below which the standard's own begin
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Server:
    """A running receiver of images."""

    name: str
    dicom_port: int
    ae_title: str
    parts: Mapping[str, int]  # the process that leads each part
    count: Callable[[], int]  # how many instances it holds
    settle: Callable[[], None] = lambda: None  # waits until what follows on arrival is over
    web: Web | None = None

    @property
    def dicomweb(self) -> Web:
        """Its DICOMweb, which must be there."""
        assert self.web is not None
        return self.web


@contextmanager
def orthanc(folder: Path, **settings: object) -> Iterator[Server]:
    """Orthanc with DICOMweb on an empty SQLite index; `settings` go over ours."""
    http, dicom = free_port(), free_port()
    storage = folder / "orthanc"
    storage.mkdir(parents=True)
    written = {
        "Name": "peer",
        "StorageDirectory": str(storage),
        "IndexDirectory": str(storage),
        "HttpPort": http,
        "DicomPort": dicom,
        "DicomAet": "ORTHANC",
        "MaximumPduLength": LARGEST_PDU,
        "DicomThreadsCount": 16,
        "AuthenticationEnabled": False,
        "RemoteAccessAllowed": False,
        "OrthancExplorerEnabled": False,
        "HttpCompressionEnabled": False,
        "TcpNoDelay": True,
        "KeepAlive": True,
        "DicomAlwaysAllowStore": True,
        "DicomAlwaysAllowFind": True,
        "Plugins": [str(_DICOMWEB)] if _DICOMWEB.exists() else [],
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
        **settings,
    }
    file = folder / "orthanc.json"
    file.write_text(json.dumps(written))

    def up() -> bool:
        return listens(dicom) and listens(http)

    def count() -> int:
        connection = HTTPConnection("127.0.0.1", http, timeout=60)
        connection.request("GET", "/statistics")
        return int(json.load(connection.getresponse())["CountInstances"])

    with running(
        [program("Orthanc", "orthanc orthanc-dicomweb"), str(file)],
        environment=TUNED,
        log=folder / "orthanc.log",
        until=up,
    ) as process:
        web = Web(http, "/dicom-web")
        yield Server("Orthanc", dicom, "ORTHANC", {"all": process.pid}, count, web=web)


@contextmanager
def storescp(folder: Path) -> Iterator[Server]:
    """DCMTK's storescp, which writes what comes to files, syncs nothing and indexes nothing."""
    port, into = free_port(), folder / "storescp"
    into.mkdir(parents=True)
    command = [program("storescp", "dcmtk"), "--fork", "--bit-preserving"]
    command += ["--max-pdu", str(LARGEST_PDU), "--output-directory", str(into), str(port)]
    with running(
        command, environment=TUNED, log=folder / "storescp.log", until=lambda: listens(port)
    ) as process:
        yield Server(
            "storescp", port, "STORESCP", {"all": process.pid}, lambda: len(list(into.iterdir()))
        )


@contextmanager
def plain_copy(folder: Path, *, grouped: bool) -> Iterator[Server]:
    """A copy of the bytes into files, each synced before it is acknowledged."""
    into, log = folder / "plain", folder / "plain.log"
    into.mkdir(parents=True)
    kind = "group" if grouped else "each"
    with running(
        [sys.executable, "-m", "bench.plain_copy", kind, str(into)],
        log=log,
        until=lambda: log.read_text().endswith("\n"),
    ) as process:
        yield Server(
            "plain copy, group commit" if grouped else "plain copy, a sync each",
            int(log.read_text()),
            "",
            {"all": process.pid},
            lambda: -1 if grouped else len(list(into.iterdir())),
        )
