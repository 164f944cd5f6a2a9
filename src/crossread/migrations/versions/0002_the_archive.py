"""The archive in full: packs, keeping, transfers, and what queries need to stay fast."""

from crossread.migrations import execute

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Pack what is kept, and add what the archive's other verbs stand on."""
    execute("0002")
