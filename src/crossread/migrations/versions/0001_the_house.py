"""The house: a schema for each room."""

from importlib.resources import files

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every room's tables, and procrastinate's own in the schema `jobs`."""
    steps = files("crossread.migrations") / "sql" / "0001"
    connection = op.get_bind()
    for step in sorted(steps.iterdir(), key=lambda path: path.name):
        connection.exec_driver_sql(step.read_text(encoding="utf-8").replace("%", "%%"))
    connection.exec_driver_sql("create schema jobs")
    connection.exec_driver_sql("set local search_path to jobs")
    connection.exec_driver_sql(SchemaManager.get_schema().replace("%", "%%"))
    connection.exec_driver_sql("set local search_path to public")
