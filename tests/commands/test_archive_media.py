"""`crossread archive export` and `import`, as somebody types them."""

from io import BytesIO
from pathlib import Path

from tests.commands.test_cli import crossread
from tests.images import ct_series


def test_a_folder_comes_in_and_goes_out_again(tmp_path: Path, database_url: str) -> None:
    medium = tmp_path / "medium"
    medium.mkdir()
    images = ct_series(slices=3)
    for number, image in enumerate(images):
        file = BytesIO()
        image.save_as(file, enforce_file_format=True)
        (medium / f"I{number}").write_bytes(file.getvalue())
    use = {"CROSSREAD_DATABASE_URL": database_url, "CROSSREAD_DATA_FOLDER": str(tmp_path / "v")}
    assert crossread(tmp_path, "hospital", "add", "noord", "Noord", **use)[0] == 0
    taken = ("archive", "import", str(medium), "--hospital", "noord")
    code, says, wrong = crossread(tmp_path, *taken, **use)
    assert code == 0, wrong
    assert "3 images of 1 studies are new" in says
    again = crossread(tmp_path, *taken, **use)
    assert "3 were here already" in again[1].replace("\n", " ")
    written = ("archive", "export", images[0].StudyInstanceUID, "out.zip")
    code, says, wrong = crossread(tmp_path, *written, **use)
    assert code == 0, wrong
    back = crossread(tmp_path, "archive", "import", "out.zip", "--hospital", "noord", **use)
    assert "3 were here already, 0 were refused, 2 other files" in back[1].replace("\n", " ")
    code, says, _ = crossread(
        tmp_path, "archive", "copies", "--make", images[0].StudyInstanceUID, **use
    )
    assert (code, "0 images have a copy now" in says) == (0, True), "they are too small to pay"
    code, _, wrong = crossread(tmp_path, *written, **use)
    assert (code, "is there already" in wrong) == (1, True)


def test_a_cut_off_file_is_told_by_name_and_the_command_fails(
    tmp_path: Path, database_url: str
) -> None:
    [image] = ct_series(slices=1)
    file = BytesIO()
    image.save_as(file, enforce_file_format=True)
    (tmp_path / "cut").write_bytes(file.getvalue()[:3000])
    use = {"CROSSREAD_DATABASE_URL": database_url, "CROSSREAD_DATA_FOLDER": str(tmp_path / "v")}
    crossread(tmp_path, "hospital", "add", "noord", "Noord", **use)
    code, says, _ = crossread(
        tmp_path, "archive", "import", str(tmp_path / "cut"), "--hospital", "noord", **use
    )
    assert code == 1
    assert "cut: The data set ends in the middle" in says
