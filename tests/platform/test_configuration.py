"""Settings come from one file and from variables, and a wrong one is named with the right one."""

import stat
from pathlib import Path

import pytest

from crossread.platform.configuration import ConfigurationError, Settings, settings


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without a crossread.toml."""
    monkeypatch.chdir(tmp_path)


def written(folder: Path, text: str) -> Path:
    file = folder / "crossread.toml"
    file.write_text(text)
    return file


def test_nothing_needs_to_be_set() -> None:
    use = settings()
    assert use.is_embedded
    assert use.web.port == 8080
    assert use.objects_location() == str(Path("var/objects").resolve())


def test_the_file_in_this_folder_is_read(tmp_path: Path) -> None:
    written(tmp_path, "demo = true\n[dicom]\nae_title = 'NOORD'\n")
    use = settings()
    assert use.demo
    assert use.dicom.ae_title == "NOORD"


def test_a_variable_wins_over_the_file_and_leaves_the_rest_of_its_section(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = written(tmp_path, "[web]\nport = 9000\nsession_hours = 4\n")
    monkeypatch.setenv("CROSSREAD_WEB__PORT", "9001")
    monkeypatch.setenv("CROSSREAD_DATABASE_URL", "postgresql://db/crossread")
    use = settings(file)
    assert (use.web.port, use.web.session_hours) == (9001, 4)
    assert not use.is_embedded
    assert use.resolved_database_url() == "postgresql://db/crossread"


def test_the_file_may_be_named_by_a_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere.toml").write_text("[hl7]\nport = 2600\n")
    monkeypatch.setenv("CROSSREAD_CONFIG", str(tmp_path / "elsewhere.toml"))
    assert settings().hl7.port == 2600


def test_an_unknown_key_is_refused_with_the_nearest_right_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"'web\.prot' is not known.*web\.port"):
        settings(written(tmp_path, "[web]\nprot = 80\n"))


def test_an_unknown_section_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"'databse_url' is not known.*database_url"):
        settings(written(tmp_path, "databse_url = 'postgresql://db/x'\n"))


def test_an_unknown_variable_is_refused_with_the_nearest_right_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CROSSREAD_WEB_PORT", "80")
    with pytest.raises(ConfigurationError, match=r"CROSSREAD_WEB_PORT.*CROSSREAD_WEB__PORT"):
        settings()


def test_a_wrong_value_is_named_and_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSREAD_WEB__PORT", "hunter2")
    with pytest.raises(ConfigurationError, match=r"'web\.port' is not right") as refusal:
        settings()
    assert "hunter2" not in refusal.value.sentence


def test_a_file_that_is_not_there_or_no_toml_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no configuration file"):
        settings(tmp_path / "none.toml")
    with pytest.raises(ConfigurationError, match="is not TOML"):
        settings(written(tmp_path, "web = [\n"))


def test_settings_stay_as_they_are() -> None:
    with pytest.raises(ValueError, match="frozen"):
        settings().demo = True  # type: ignore[misc]


def test_the_public_url_follows_the_address_unless_it_is_named() -> None:
    assert Settings(web={"port": 9000}).web.public_url == "http://127.0.0.1:9000"
    named = Settings(web={"public_url": "https://x.example"})
    assert named.web.public_url == "https://x.example"


def test_a_certificate_needs_its_key(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="certificate and key"):
        settings(written(tmp_path, "[web]\ncertificate = 'chain.pem'\n"))


def test_the_secret_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    use = Settings(data_folder=tmp_path / "var")
    first = use.secret()
    assert len(first) >= 32
    assert use.secret() == first
    assert stat.S_IMODE((tmp_path / "var" / "secret").stat().st_mode) == 0o600
