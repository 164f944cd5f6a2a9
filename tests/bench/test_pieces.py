"""The pieces that benches are made of do what their figures take for granted."""

import subprocess
import sys
import time
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
from bench.launch import BenchError, running
from bench.peers import plain_copy
from pydicom import dcmread

from bench import measure, plot, small_studies, web


def test_a_study_written_by_hand_is_dicom() -> None:
    content = small_studies.part10(
        study_uid="1.2.3",
        patient_number="12",
        name="Jansen^Zoë",
        birth_date="19500101",
        sex="F",
        accession="A1",
        study_date="20261124",
        study_time="101500",
        modality="CT",
        description="CT schedel",
    )
    ds = dcmread(BytesIO(content))
    assert (ds.StudyInstanceUID, ds.SOPInstanceUID) == ("1.2.3", "1.2.3.1.1")
    assert (str(ds.PatientName), ds.AccessionNumber, ds.Modality) == ("Jansen^Zoë", "A1", "CT")
    assert ds.pixel_array.shape == (1, 1)


@pytest.mark.parametrize("grouped", [False, True])
def test_a_plain_copy_has_the_same_bytes(tmp_path: Path, grouped: bool) -> None:
    sent = [tmp_path / "a", tmp_path / "b"]
    for number, path in enumerate(sent):
        path.write_bytes(bytes([number]) * 2_500_000)
    with plain_copy(tmp_path, grouped=grouped) as server:
        command = [sys.executable, "-m", "bench.plain_copy", "send", str(server.dicom_port)]
        subprocess.run([*command, *map(str, sent)], check=True)
        came = sorted((tmp_path / "plain").iterdir())
        assert b"".join(path.read_bytes() for path in came) == b"".join(
            path.read_bytes() for path in sent
        )


def test_a_program_that_ends_at_once_is_told_with_its_words(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit('no such disk')"]
    with (
        pytest.raises(BenchError, match="no such disk"),
        running(command, log=tmp_path / "log", until=lambda: False),
    ):
        pass


def test_processor_time_of_children_that_ended_is_counted() -> None:
    busy = "import time; end = time.process_time() + 0.3\nwhile time.process_time() < end: pass"
    child = f"import subprocess, sys, time\nsubprocess.run([sys.executable, '-c', {busy!r}])\n"
    with subprocess.Popen(
        [sys.executable, "-c", child + "print(flush=True)\ntime.sleep(30)"], stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        assert measure.cpu_seconds(parent.pid) >= 0.3
        parent.kill()


def test_a_closed_loop_asks_again_as_soon_as_it_is_answered() -> None:
    numbers: list[int] = []

    def call(number: int) -> None:
        numbers.append(number)
        time.sleep(0.01)

    taken = measure.closed_loop([call, call], seconds=5, at_most=10)
    assert len(taken) == 20
    assert sorted(numbers) == list(range(22)), "each asks something else, and warms up once"
    assert 0.01 <= measure.percentile(taken, 0.95) < 1


def test_what_a_client_fails_at_is_not_lost() -> None:
    def call(number: int) -> None:
        raise BenchError("it is answered 500")

    with pytest.raises(BenchError, match="answered 500"):
        measure.closed_loop([call], seconds=1, at_most=1)


def test_percentiles_are_of_the_nearest_rank() -> None:
    hundred = [float(number) for number in range(1, 101)]
    assert measure.percentile(hundred, 0.95) == 95
    assert measure.percentile(hundred, 1.0) == 100
    assert measure.percentile([3.0], 0.5) == 3


def test_the_bodies_of_a_multipart_answer_come_out_whole() -> None:
    content = (
        b"--x\r\nContent-Type: a/b\r\n\r\nfirst\r\n--x\r\nContent-Type: a/b\r\n\r\n\r\n\r\n--x--"
    )
    assert web.boundary_of(content) == b"x"
    assert web.parts(content, b"x") == [b"first", b"\r\n"]


def test_a_picture_is_svg_with_each_name() -> None:
    lines = {"find <all>": [(1e4, 1.0), (1e6, 2.0)], "take in": [(1e4, 1.0), (1e6, 2.1)]}
    picture = ElementTree.fromstring(plot.svg("studies", "ms", lines))  # noqa: S314 - our own
    words = [one.text for one in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert {"find <all>", "take in", "10,000", "1,000,000"} <= set(words)
