"""What a log may say of an error that nobody foresaw."""

import traceback


def fault(error: BaseException) -> dict[str, str]:
    """Its kind and its place. Its message and its traceback could repeat what a patient is called.

    PostgreSQL's errors quote the row they complain of, pydicom's the value.
    """
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else ""
    return {"error": type(error).__name__, "at": place}
