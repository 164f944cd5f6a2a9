"""The house: a schema for each room."""

from alembic import op
from procrastinate.schema import SchemaManager

from crossread.migrations import execute

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every room's tables, and procrastinate's own in the schema `jobs`."""
    execute("0001")
    connection = op.get_bind()
    connection.exec_driver_sql("create schema jobs")
    connection.exec_driver_sql("set local search_path to jobs")
    connection.exec_driver_sql(SchemaManager.get_schema().replace("%", "%%"))
    connection.exec_driver_sql("set local search_path to public")
