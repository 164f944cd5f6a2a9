"""The made-up images are right where it counts: place, values, identity, and the standard."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from crossread.simulation import region, scans, studies, thorax
from crossread.simulation.head import Haemorrhage, Head
from crossread.simulation.headers import Occasion

Make = Callable[..., Occasion]


def test_tissues_have_their_hounsfield_units() -> None:
    head = Head(7, haemorrhage=Haemorrhage())
    (picture,) = scans.ct_head(head, [9.0], size=256, spacing=0.9, seed=1)

    def around(x: float, y: float) -> float:
        row, column = round((y - scans.CT_SHIFT) / 0.9 + 127.5), round(x / 0.9 + 127.5)
        return float(np.median(picture[row - 1 : row + 2, column - 1 : column + 2]))

    assert 60 < around(-30, 2) < 75  # the bleeding
    assert 22 < around(31, 38) < 34  # white matter
    assert 33 < around(25, -4) < 43  # lentiform nucleus
    assert around(-110, -100) < -980  # air
    assert 500 < picture.max() < 2000  # bone


def test_the_bleeding_is_about_28_mm_across_and_only_in_the_newer_study() -> None:
    heights = [-6.0 + 5 * n for n in range(7)]
    volumes = [
        scans.ct_head(Head(7, haemorrhage=lesion), heights, size=128, spacing=1.8, seed=1)
        for lesion in (Haemorrhage(), None)
    ]
    millilitres = [
        float(((v > 58) & (v < 80))[:, 45:80, 30:60].sum() * 1.8 * 1.8 * 5 / 1000) for v in volumes
    ]
    assert 7 < millilitres[0] - millilitres[1] < 18


def test_slices_stand_where_they_say(occasion: Make) -> None:
    first, second, third = studies.build(occasion("ct-head"), slices=3, size=64)
    assert first.FrameOfReferenceUID == third.FrameOfReferenceUID
    steps = np.diff([float(ds.ImagePositionPatient[2]) for ds in (first, second, third)])
    assert steps.tolist() == [5.0, 5.0]
    assert first.SliceThickness == 5
    assert 64 * float(first.PixelSpacing[0]) == pytest.approx(230.4)
    values = first.pixel_array * float(first.RescaleSlope) + float(first.RescaleIntercept)
    assert values.min() < -950
    assert values.max() > 500


def test_the_same_plan_makes_the_same_bytes_and_a_salt_makes_new_uids(occasion: Make) -> None:
    one, same, other = (
        studies.build(occasion("ct-head", salt=salt), slices=1, size=32)[0]
        for salt in ("", "", "second")
    )
    assert one == same
    assert one.StudyInstanceUID != other.StudyInstanceUID
    assert one.AccessionNumber != other.AccessionNumber
    assert one.PixelData == other.PixelData
    assert str(one.StudyInstanceUID).startswith("2.25.")
    assert len(one.StudyInstanceUID) <= 64


def test_the_prior_is_of_the_same_person_under_another_number(occasion: Make) -> None:
    now = studies.build(occasion("ct-head"), slices=1, size=32)[0]
    before = studies.build(occasion("ct-head-prior"), slices=1, size=32)[0]
    assert now.PatientName == before.PatientName
    assert now.PatientBirthDate == before.PatientBirthDate
    assert (now.PatientID, now.IssuerOfPatientID) == ("0412873", "NOORD")
    assert (before.PatientID, before.IssuerOfPatientID) == ("M-88310427", "MCM")
    assert before.StudyDate < now.StudyDate


def test_mr_has_three_series_in_one_frame(occasion: Make) -> None:
    instances = studies.build(occasion("mr-brain"), slices=2, size=64)
    assert len({ds.SeriesInstanceUID for ds in instances}) == 3
    assert len({ds.FrameOfReferenceUID for ds in instances}) == 1
    t1, t2, flair = (instances[n].pixel_array for n in (0, 2, 4))
    liquor = t2 > 850
    assert t1[liquor].mean() < 350
    assert flair[liquor].mean() < 300


def test_chest_films_show_dark_lungs_beside_a_white_spine() -> None:
    films = thorax.films(5, width=176, height=214)
    frontal = films[thorax.View.PA]
    assert frontal.shape == (214, 176)
    lungs = frontal[80:120, [40, 45, 132, 138]].mean()
    assert frontal[80:120, 88].mean() > 2 * lungs
    assert frontal.max() <= 4095


@pytest.mark.peer
@pytest.mark.parametrize("key", ["ct-head", "chest", "mr-brain", "ct-head-prior"])
def test_dciodvfy_finds_no_error(occasion: Make, key: str, tmp_path: Path) -> None:
    if shutil.which("dciodvfy") is None:
        pytest.skip("dciodvfy is missing: apt-get install dicom3tools")
    for number, ds in enumerate(studies.build(occasion(key), slices=2, size=64)):
        path = tmp_path / f"{number}.dcm"
        ds.save_as(path, enforce_file_format=True)
        checked = subprocess.run(["dciodvfy", "-new", path], capture_output=True, check=False)
        text = checked.stderr.decode("utf-8", "replace")
        assert [line for line in text.splitlines() if line.startswith("Error")] == []


def test_the_region_holds_together() -> None:
    assert all(region.passes_eleven_test(p.bsn) for p in region.PEOPLE)
    assert all(p.bsn.startswith("9999") for p in region.PEOPLE)
    joelle = region.person("joelle")
    assert {hospital for hospital, _ in joelle.numbers} == {h.id for h in region.HOSPITALS}
    for plan in region.STUDIES:
        assert region.person(plan.person_key).number_at(plan.hospital_id)
        assert len(region.accession_number(plan.hospital_id, plan.key)) <= 16
    radiologists = {u.hospital_id for u in region.STAFF if "radiologist" in u.roles}
    assert radiologists == {h.id for h in region.HOSPITALS}
    assert all("(demo)" in user.name for user in region.STAFF)
