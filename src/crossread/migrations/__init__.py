"""The schema of every room, as steps that Alembic takes in order.

Each step is one file in `versions/`; its SQL is written by hand beside it.
"""

from importlib.resources import files

from alembic import command, op
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.engine import Engine


def upgrade(url: str) -> None:
    """Bring the database at `url` to the newest schema; nothing happens when it is there."""
    engine = _engine(url)
    with engine.begin() as connection:
        configuration = _configuration()
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, "head")
    engine.dispose()


def standing(url: str) -> tuple[str | None, str | None]:
    """The revision the database is at, and the newest one there is."""
    engine = _engine(url)
    with engine.connect() as connection:
        here = MigrationContext.configure(connection).get_current_revision()
    engine.dispose()
    return here, ScriptDirectory.from_config(_configuration()).get_current_head()


def execute(step: str) -> None:
    """Run the SQL files of a step, by name; called from inside that step."""
    connection = op.get_bind()
    scripts = files("crossread.migrations") / "sql" / step
    for script in sorted(scripts.iterdir(), key=lambda path: path.name):
        connection.exec_driver_sql(script.read_text(encoding="utf-8").replace("%", "%%"))


def _configuration() -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", "crossread:migrations")
    return configuration


def _engine(url: str) -> Engine:
    return create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))
