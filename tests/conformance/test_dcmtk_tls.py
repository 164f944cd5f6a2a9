"""DCMTK over TLS, both ways, with certificates of both ends (PS3.15 B.12)."""

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pydicom import dcmwrite
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian
from tests.archive.arrivals import encoded
from tests.gateways.dicom.certificates import Authority, Identity
from tests.gateways.dicom.listening import (  # noqa: F401 - a fixture too
    Listening,
    another,
    listening,
    secure_pacs,
)
from tests.images import ct_series

from crossread.gateways.dicom import calling
from crossread.gateways.dicom.listener import Port
from crossread.gateways.dicom.send import send
from crossread.gateways.dicom.tls import Keys

MISSING = [tool for tool in ("echoscu", "storescu", "storescp") if shutil.which(tool) is None]

pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(
        bool(MISSING) and not os.environ.get("CI"),
        reason=f"DCMTK is not installed (apt-get install dcmtk): {', '.join(MISSING)}",
    ),
]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "certificates", by_rsa=True)


@pytest.fixture
def ours(authority: Authority) -> Iterator[Keys]:
    us, trusted = authority.issues("crossread"), authority.certificate
    keys = Keys(us.certificate, us.key, clients=trusted, servers=trusted)
    calling.use(keys)
    yield keys
    calling.use(Keys())


def words(identity: Identity, authority: Authority) -> list[str]:
    """How DCMTK is told to use TLS; `+pw` lest it asks for a password."""
    return [
        "+tls", str(identity.key), str(identity.certificate), "+pw", "none",
        "+cf", str(authority.certificate),
    ]  # fmt: skip


async def run(tool: str, port: int, *more: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        tool, "-aet", "NOORD_PACS", "-aec", "CROSSREAD", *more[:-1], "127.0.0.1", str(port),
        *filter(None, more[-1:]),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        env=os.environ | {"TCP_NODELAY": "1"},
    )  # fmt: skip
    said, _ = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode or 0, said.decode("utf-8", "replace")


async def test_storescu_stores_over_tls(
    listening: Listening,  # noqa: F811
    authority: Authority,
    ours: Keys,
    tmp_path: Path,
) -> None:
    [image] = ct_series(slices=1)
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dcmwrite(tmp_path / "one.dcm", image, enforce_file_format=True)
    noord = authority.issues("noord")
    await secure_pacs(listening.database, "noord", certificates=(noord.fingerprint,))
    async with another(listening, secure=Port(0, ours)) as listener:
        tls = words(noord, authority)
        for profile in ("+py", "+px", "+pz"):
            code, said = await run("echoscu", listener.secure_port, *tls, profile, "")
            assert code == 0, (profile, said)
        port = listener.secure_port
        code, said = await run("storescu", port, *tls, str(tmp_path / "one.dcm"))
        assert code == 0, said
        code, _ = await run("echoscu", port, *words(authority.issues("midden"), authority), "")
        assert code != 0
        code, _ = await run("echoscu", listener.port, "")
        assert code != 0
    assert await listening.dataset(image.SOPInstanceUID) == encoded(image)


@asynccontextmanager
async def storescp(folder: Path, *more: str) -> AsyncIterator[int]:
    """DCMTK's storage SCP, which keeps what it gets in a folder; its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    process = await asyncio.create_subprocess_exec(
        "storescp", "-aet", "NOORD_PACS", "-od", folder, "+B", *more, str(port),
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            await asyncio.sleep(0.05)
        yield port
    finally:
        process.kill()
        await process.wait()


async def test_storescp_is_reached_over_tls(
    listening: Listening,  # noqa: F811
    authority: Authority,
    ours: Keys,
    tmp_path: Path,
) -> None:
    [image] = ct_series(slices=1)
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dcmwrite(tmp_path / "one.dcm", image, enforce_file_format=True)
    tls = words(authority.issues("noord"), authority)
    (tmp_path / "pacs").mkdir()
    async with storescp(tmp_path / "pacs", *tls) as port:
        await listening.pacs_listens_at(port)
        noord = await secure_pacs(listening.database, "noord", tls=True)
        content = (tmp_path / "one.dcm").read_bytes()
        said = await send(noord, content, calling="CROSSREAD", timeout=10)
    assert said.startswith("C-STORE 0000H")
    assert len(list((tmp_path / "pacs").iterdir())) == 1
