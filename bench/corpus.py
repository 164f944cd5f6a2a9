"""The images that are sent: CT of the made-up region, written once to a temporary folder.

Four studies, each of one long and one short series; every slice has pixels and UIDs of its own.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import FileDataset
from pydicom.uid import CTImageStorage, MultiFrameGrayscaleWordSecondaryCaptureImageStorage

from crossread.simulation import region, scans
from crossread.simulation.head import FLOOR, VERTEX, Head
from crossread.simulation.headers import Occasion, Series, decimal, put_pixels

SIZE, SPACING = 512, 0.45  # pixels along a side, mm between them
STUDIES = 4
VERSION = 1  # changes when other images are made
_BEGAN = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Study:
    """One study on disk."""

    study_uid: str
    series_uid: str  # of its long series
    long: tuple[Path, ...]  # the long series, slice by slice
    short: tuple[Path, ...]

    @property
    def files(self) -> tuple[Path, ...]:
        """All of it."""
        return self.long + self.short


@dataclass(frozen=True, slots=True)
class Corpus:
    """Studies on disk."""

    studies: tuple[Study, ...]

    @property
    def files(self) -> tuple[Path, ...]:
        """Every file, study by study."""
        return tuple(path for study in self.studies for path in study.files)

    @property
    def bytes(self) -> int:
        """How much it is."""
        return sum(path.stat().st_size for path in self.files)

    def shares(self, senders: int) -> list[list[Path]]:
        """What each of several senders sends: whole studies."""
        given: list[list[Path]] = [[] for _ in range(senders)]
        for place, study in enumerate(self.studies):
            given[place % senders] += study.files
        return given


def make(*, quick: bool = False) -> Corpus:
    """The corpus: a thousand slices (0.5 GB), or a third of it; made at the first call."""
    long, short = (80, 10) if quick else (200, 50)
    folder = home() / f"ct-{STUDIES}x{long}+{short}-v{VERSION}"
    whole = folder / "whole"
    if not whole.exists():
        shutil.rmtree(folder, ignore_errors=True)
        _write(folder, long, short)
        whole.touch()
    return Corpus(tuple(_found(folder / str(number), number, long) for number in range(STUDIES)))


def _found(folder: Path, number: int, long: int) -> Study:
    occasion, files = _occasion(number), tuple(sorted(folder.glob("*.dcm")))
    return Study(occasion.study_instance_uid, occasion.uid("series", 2), files[:long], files[long:])


def home() -> Path:
    """Where the corpus is kept between benches; whoever runs all of them removes it."""
    folder = Path(tempfile.gettempdir()) / f"crossread-bench-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def multi_frame(folder: Path, number: int, megabytes: int) -> Path:
    """A multi-frame file of so many MB (PS3.3 A.8.4), whose frames are noise."""
    frames = megabytes * 1_000_000 // (SIZE * SIZE * 2)
    occasion = _occasion(number)
    series = Series(occasion, 9, "Multi-frame", "Multi-frame", occasion.plan)
    ds = series.instance(MultiFrameGrayscaleWordSecondaryCaptureImageStorage, 1, timedelta(0))
    rng = np.random.default_rng(number)
    put_pixels(ds, rng.integers(0, 4096, (SIZE, SIZE), np.uint16))
    ds.NumberOfFrames = frames
    ds.BurnedInAnnotation = "NO"
    ds.PixelData = rng.integers(0, 4096, (frames, SIZE, SIZE), np.uint16).tobytes()
    path = folder / f"{number}.dcm"
    ds.save_as(path, enforce_file_format=True)
    return path


def volume(slices: int) -> NDArray[np.uint16]:
    """Slices through a head, from the base of the skull upwards, as a scanner stores them."""
    step = (VERTEX - FLOOR - 20) / max(1, slices)
    heights = [FLOOR + 10 + step * place for place in range(slices)]
    hounsfield = scans.ct_head(Head(7), heights, size=SIZE, spacing=SPACING, seed=7)
    return np.clip(hounsfield.astype(np.int32) + 1024, 0, 4095).astype(np.uint16)


def _write(folder: Path, long: int, short: int) -> None:
    pictures = volume(long + short)
    for number in range(STUDIES):
        place = folder / str(number)
        place.mkdir(parents=True)
        for order, ds in enumerate(_study(number, pictures, long)):
            ds.save_as(place / f"{order:04d}.dcm", enforce_file_format=True)


def _study(number: int, pictures: NDArray[np.uint16], long: int) -> Iterator[FileDataset]:
    """One study: the same head as every other, mirrored, so that no two have the same pixels."""
    occasion = _occasion(number)
    turned = pictures[:, :: -1 if number & 2 else 1, :: -1 if number & 1 else 1]
    for order, picture in enumerate(turned):
        which, place = (2, order) if order < long else (3, order - long)
        series = Series(occasion, which, f"Schedel {which}", "Schedel", occasion.plan)
        ds = series.instance(CTImageStorage, place + 1, timedelta(seconds=0.1 * order))
        ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
        ds.FrameOfReferenceUID = occasion.uid("frame")
        ds.ImagePositionPatient = ["-115", "-115", decimal(FLOOR + order)]
        ds.ImageOrientationPatient = ["1", "0", "0", "0", "1", "0"]
        ds.SliceThickness = "1"
        ds.PixelSpacing = [decimal(SPACING), decimal(SPACING)]
        ds.KVP = "120"
        ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = "-1024", "1", "HU"
        ds.WindowCenter, ds.WindowWidth = "40", "80"
        put_pixels(ds, picture)
        yield ds


def _occasion(number: int) -> Occasion:
    plan = next(one for one in region.STUDIES if one.modality == "CT")
    return Occasion(plan, _BEGAN + timedelta(minutes=10 * number), f"bench-{number}")
