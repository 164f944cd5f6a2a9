"""Errors of the rooms as HTTP answers: one table, and the sentence that goes with each."""

from collections.abc import Mapping

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from psycopg import OperationalError
from psycopg_pool import PoolTimeout
from structlog.contextvars import get_contextvars

from crossread.access.model import AccessDenied
from crossread.archive.model import NotArchived
from crossread.archive.transcode import NotConvertible
from crossread.gateways.dicomweb.negotiation import NotAcceptable
from crossread.gateways.dicomweb.refusals import NoSuchRange, UnsupportedMedia
from crossread.platform.errors import (
    CrossreadError,
    NotFound,
    Refused,
    Unreachable,
    Unreadable,
)
from crossread.platform.http import BadRequest, NotSignedIn
from crossread.worklist.eligibility import NotEligible
from crossread.worklist.model import AlreadyHeld, LeaseLost, NotNow

# the first that fits
STATUS: tuple[tuple[type[CrossreadError], int], ...] = (
    (NotSignedIn, 401),
    (AccessDenied, 403),
    (NotEligible, 403),
    (AlreadyHeld, 409),
    (LeaseLost, 409),
    (NotNow, 409),
    (NotFound, 404),
    (Refused, 403),
    (BadRequest, 400),
    (NotArchived, 409),
    (NotAcceptable, 406),
    (NotConvertible, 406),
    (UnsupportedMedia, 415),
    (NoSuchRange, 416),
    (Unreadable, 400),
    (Unreachable, 503),
    (CrossreadError, 400),
)

log = structlog.get_logger(__name__)


def answer_errors(app: FastAPI) -> None:
    """Give every error of ours its HTTP answer."""

    @app.exception_handler(CrossreadError)
    async def _ours(_: Request, error: CrossreadError) -> JSONResponse:
        status = next(code for kind, code in STATUS if isinstance(error, kind))
        log.info("request.refused", status=status, error=type(error).__name__, cause=error.cause)
        return _answer(
            status,
            error.sentence,
            list(getattr(error, "reasons", ())),
            list(getattr(error, "remedies", ())),
            getattr(error, "headers", None),
        )

    @app.exception_handler(RequestValidationError)
    async def _invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        # the values are left out: they may be a patient's
        fields = [".".join(str(part) for part in one["loc"]) for one in error.errors()]
        return _answer(
            422, f"This request is not complete or not right: {', '.join(fields)}.", fields
        )

    @app.exception_handler(OperationalError)
    @app.exception_handler(PoolTimeout)
    async def _no_database(_: Request, error: Exception) -> JSONResponse:
        log.error("database.lost", error=type(error).__name__)
        return _answer(
            503, "The database does not answer now. Try again in a moment.", ["database"]
        )


def _answer(
    status: int,
    sentence: str,
    reasons: list[str],
    remedies: list[str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    return JSONResponse(
        {
            "sentence": sentence,
            "reasons": reasons,
            "remedies": remedies or [],
            "trace": get_contextvars().get("trace", ""),
        },
        status_code=status,
        headers=headers,
    )
