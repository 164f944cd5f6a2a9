"""Configuration: one TOML file, and variables that begin with CROSSREAD_.

Every value says what it is for; a name that nobody knows is refused with the nearest right one.
"""

import contextlib
import difflib
import os
import secrets
import tomllib
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from crossread.platform import embedded
from crossread.platform.errors import CrossreadError

PREFIX = "CROSSREAD_"
FILE_VARIABLE = "CROSSREAD_CONFIG"
DEFAULT_FILE = Path("crossread.toml")
# variables of ours that are no settings
_OTHERS = frozenset({FILE_VARIABLE, "CROSSREAD_TEST_DATABASE_URL", "CROSSREAD_FUZZ_EXAMPLES"})


class ConfigurationError(CrossreadError):
    """The configuration cannot be used as it is."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Web(_Section):
    """The web server: API and reading room."""

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8080, ge=0, le=65535, description="Port to listen on.")
    public_url: str = Field(
        "",
        description="How people's browsers reach it, https in production; absent: the address it"
        " listens on.",
    )
    secret: str | None = Field(
        None,
        description="Signs the state of a sign-in at the identity provider; made and kept in the"
        " data folder when absent.",
    )
    session_hours: int = Field(10, ge=1, le=168, description="How long a sign-in lasts.")
    certificate: Path | None = Field(None, description="TLS certificate chain, PEM.")
    key: Path | None = Field(None, description="TLS private key, PEM.")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key go together")
        if not self.public_url:
            scheme = "https" if self.certificate else "http"
            host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, self.host)  # noqa: S104
            object.__setattr__(self, "public_url", f"{scheme}://{host}:{self.port}")
        return self


class Dicom(_Section):
    """The DICOM listener."""

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(11112, ge=0, le=65535, description="Port to listen on.")
    ae_title: str = Field("CROSSREAD", min_length=1, max_length=16, description="Our AE title.")
    tls_port: int | None = Field(
        None, ge=0, le=65535, description="Port to listen on with TLS; absent: none."
    )
    tls_certificate: Path | None = Field(
        None,
        description="Our certificate chain, PEM: shown to those that call over TLS, and to those"
        " that we call over TLS and that ask for one.",
    )
    tls_key: Path | None = Field(None, description="Its private key, PEM, without a password.")
    tls_clients: Path | None = Field(
        None,
        description="Certificates of the authorities, PEM, one of which must have issued the"
        " certificate of whoever calls over TLS; absent: callers need none.",
    )
    tls_servers: Path | None = Field(
        None,
        description="Certificates of the authorities, PEM, that we trust when we call a hospital"
        " over TLS; absent: those of the operating system.",
    )
    associations: int = Field(
        64, ge=1, le=4096, description="How many associations may be open at once."
    )
    associations_of_a_hospital: int = Field(
        32, ge=1, le=4096, description="How many of them one hospital may have."
    )
    idle_seconds: float = Field(
        300, gt=0, le=86_400, description="After how long without a message an association ends."
    )
    private_classes: bool = Field(
        True, description="Whether objects of private SOP classes are stored too."
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("tls_certificate and tls_key go together")
        if self.tls_port is not None and self.tls_certificate is None:
            raise ValueError("tls_port needs tls_certificate and tls_key")
        return self


class Hl7(_Section):
    """The HL7 v2 listener, and our names in messages."""

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(2575, ge=0, le=65535, description="Port to listen on.")
    application: str = Field("CROSSREAD", description="Our application name (MSH-3).")
    facility: str = Field("CROSSREAD", description="Our facility name (MSH-4).")


class Archive(_Section):
    """How images are kept."""

    quiet_seconds: float = Field(
        30,
        gt=0,
        le=3600,
        description="A study is taken as complete when nothing came for so long.",
    )
    scrub_megabytes_per_second: float = Field(
        20,
        gt=0,
        le=10_000,
        description="How fast everything that is kept is read again, to see that it is whole.",
    )
    scrub_days: float = Field(
        30, gt=0, le=3650, description="How long after one such round the next begins."
    )
    import_at_most_gb: int = Field(
        64, ge=1, description="The largest ZIP, in GB, that may be brought through the screen."
    )


class Outbox(_Section):
    """How things are delivered to hospitals."""

    timeout_seconds: float = Field(
        30, gt=0, le=600, description="How long an endpoint may take to acknowledge."
    )


class SignIn(_Section):
    """How people sign in."""

    local: bool = Field(True, description="Whether names and passwords kept here may be used.")
    oidc_issuer: str | None = Field(
        None, description="The identity provider (OpenID Connect), by its issuer URL."
    )
    oidc_client_id: str | None = Field(None, description="Our client id there.")
    oidc_client_secret: str | None = Field(None, description="Our client secret there.")
    oidc_name: str = Field("your hospital", description="What the button says.")


class Log(_Section):
    """Logs, to standard error, without patient data."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="The least severe that is shown."
    )
    format: Literal["json", "console"] = Field("json", description="For machines, or for people.")


class Settings(BaseSettings):
    """All settings."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True
    )

    data_folder: Path = Field(Path("var"), description="Where everything is kept by default.")
    database_url: str | None = Field(
        None,
        description="A PostgreSQL server, 15 or later (postgresql://...); absent: the embedded one"
        " in the data folder.",
    )
    objects: str | None = Field(
        None,
        description="Where images are kept: a folder, or s3://bucket/prefix; absent: in the data"
        " folder.",
    )
    demo: bool = Field(
        False, description="Shows the made-up people on the sign-in page. Never in production."
    )
    web: Web = Field(Web(), description="The web server.")
    dicom: Dicom = Field(Dicom(), description="The DICOM listener.")
    hl7: Hl7 = Field(Hl7(), description="The HL7 v2 listener.")
    archive: Archive = Field(Archive(), description="How images are kept.")
    delivery: Outbox = Field(Outbox(), description="How things are delivered.")
    sign_in: SignIn = Field(SignIn(), description="How people sign in.")
    log: Log = Field(Log(), description="Logs.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Variables win over the file, which is passed in at construction."""
        return env_settings, init_settings

    @property
    def is_embedded(self) -> bool:
        """Whether PostgreSQL is the one that comes along."""
        return self.database_url is None

    @property
    def postgres_folder(self) -> Path:
        """Where the embedded PostgreSQL keeps its data."""
        return self.data_folder.resolve() / "postgres"

    def resolved_database_url(self) -> str:
        """The database to use; starts the embedded one if need be."""
        return self.database_url or embedded.start(self.postgres_folder)

    def objects_location(self) -> str:
        """Where images are kept."""
        return self.objects or str(self.data_folder.resolve() / "objects")

    def secret(self) -> str:
        """The secret of this installation, made at first use and readable by its owner only."""
        if self.web.secret:
            return self.web.secret
        file = self.data_folder.resolve() / "secret"
        if not file.exists():
            _keep_once(file, secrets.token_urlsafe(32))
        return file.read_text().strip()


def settings(path: Path | None = None) -> Settings:
    """The settings of the TOML file (given, named in CROSSREAD_CONFIG, or here) and variables.

    Raises ConfigurationError with a sentence for each mistake.
    """
    written = _from_file(path)
    _refuse_unknown_variables()
    try:
        return Settings(**written)
    except ValidationError as error:
        # `from None`: pydantic's own words repeat the value, which may be a secret
        raise ConfigurationError(_sentences(error)) from None
    except SettingsError as error:
        raise ConfigurationError(f"A variable of ours cannot be read: {error}.") from None


def names(model: type[BaseModel] = Settings, prefix: str = "") -> dict[str, Any]:
    """Every setting by its dotted name, with pydantic's description of it."""
    found: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            found |= names(kind, f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = field
    return found


def _keep_once(file: Path, content: str) -> None:
    """Write a private file whole or not at all; whoever comes second leaves it as it is."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(content)
    with contextlib.suppress(FileExistsError):
        os.link(draft, file)
    draft.unlink()


def _from_file(path: Path | None) -> dict[str, Any]:
    named = path or (Path(os.environ[FILE_VARIABLE]) if FILE_VARIABLE in os.environ else None)
    file = named or DEFAULT_FILE
    if not file.exists():
        if named is not None:
            raise ConfigurationError(f"There is no configuration file '{file}'.")
        return {}
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"'{file}' is not TOML: {error}.") from error


def _refuse_unknown_variables() -> None:
    known = {PREFIX + name.upper().replace(".", "__") for name in names()}
    for variable in os.environ:
        if variable.startswith(PREFIX) and variable not in known | _OTHERS:
            raise ConfigurationError(
                f"The variable {variable} is not known.{_nearest(variable, known)}"
            )


def _sentences(error: ValidationError) -> str:
    return " ".join(_sentence(one["loc"], one["type"], one["msg"]) for one in error.errors())


def _sentence(place: tuple[int | str, ...], kind: str, message: str) -> str:
    dotted = ".".join(str(part) for part in place)
    if kind == "extra_forbidden":
        return f"The setting '{dotted}' is not known.{_nearest(dotted, set(names()))}"
    return f"The setting '{dotted}' is not right: {message}."


def _nearest(name: str, known: set[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f" Do you mean {near[0]}?" if near else ""
