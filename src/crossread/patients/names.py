"""Names and ages as people write them."""

from datetime import date


def for_people(name: str) -> str:
    """A DICOM person name (PS3.5 6.2.1.1: family^given^middle^prefix^suffix) as people write it."""
    family, given, middle, prefix, suffix = (
        [part.strip() for part in name.split("=", maxsplit=1)[0].split("^")] + [""] * 5
    )[:5]
    first = " ".join(part for part in (prefix, given, middle) if part)
    last = " ".join(part for part in (family, suffix) if part)
    return ", ".join(part for part in (last, first) if part)


def age(born: date, on: date) -> int:
    """Whole years."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
