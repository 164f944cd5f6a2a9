"""What time it is, handed to whoever needs to know so that tests can move it."""

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

Clock = Callable[[], datetime]
# dates and times of hospitals that name no zone are in their own time
LOCAL = ZoneInfo("Europe/Amsterdam")


def now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)
