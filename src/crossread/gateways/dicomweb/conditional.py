"""Conditional and partial answers (RFC 9110 13 and 14): ETag, If-None-Match, Range."""

import re
from collections.abc import Sequence

from fastapi import Request, Response

from crossread.archive.checksum import checksum
from crossread.archive.model import Instance
from crossread.gateways.dicomweb.answers import ASKED_AGAIN
from crossread.gateways.dicomweb.refusals import NoSuchRange

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def tag(instances: Sequence[Instance], form: str = "") -> str:
    """An ETag of these images in this form: it changes when any of their bytes would."""
    digests = "".join(one.digest for one in instances)
    digest = digests if len(instances) == 1 else checksum(digests.encode())
    return f'W/"{digest}{form and "-"}{form}"'


def unchanged(request: Request, etag: str) -> Response | None:
    """304 for one who has it already."""
    named = request.headers.get("if-none-match")
    if named is None:
        return None
    have = {one.strip().removeprefix("W/") for one in named.split(",")}
    if "*" in have or etag.removeprefix("W/") in have:
        return Response(status_code=304, headers={"ETag": etag, **ASKED_AGAIN})
    return None


def wanted_range(request: Request, etag: str, whole: int) -> tuple[int, int] | None:
    """Start and length of the one range that is asked for; None: all of it.

    Several ranges are answered with all, as RFC 9110 14.2 allows. Raises NoSuchRange.
    """
    asked = _RANGE.fullmatch(request.headers.get("range", "").strip())
    if asked is None or asked.groups() == ("", ""):
        return None
    only_if = request.headers.get("if-range")
    if only_if is not None and only_if.removeprefix("W/") != etag.removeprefix("W/"):
        return None
    first, last = asked.groups()
    start = int(first) if first else max(0, whole - int(last))
    end = min(whole, int(last) + 1) if first and last else whole
    if start >= end:
        raise NoSuchRange(whole)
    return start, end - start


def partial_headers(start: int, length: int, whole: int) -> dict[str, str]:
    """Headers of a 206 answer."""
    return {"Content-Range": f"bytes {start}-{start + length - 1}/{whole}"}
