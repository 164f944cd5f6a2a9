"""Answers in the forms that DICOMweb knows: JSON and XML models, and multipart bodies."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from fastapi import Request, Response
from starlette.types import Receive, Scope, Send

from crossread.gateways.dicomweb import native_xml
from crossread.gateways.dicomweb.multipart import writer
from crossread.gateways.dicomweb.negotiation import Offer, chosen, wishes

JSON, XML = "application/dicom+json", "application/dicom+xml"
PLAIN_JSON = "application/json"
# pixels under a UID never change; only its own reader's browser may keep them
LASTING = {"Cache-Control": "private, max-age=3600, immutable"}
# headers may be corrected, and are asked for again by their ETag
ASKED_AGAIN = {"Cache-Control": "private, no-cache"}


def accept(request: Request) -> str:
    """What is wanted: the query parameter goes before the header (PS3.18 8.3.3.1)."""
    return request.query_params.get("accept", "") or ", ".join(request.headers.getlist("accept"))


def dataset(
    request: Request, body: dict[str, Any], status: int, headers: Mapping[str, str] | None = None
) -> Response:
    """One data set, in JSON, or as one XML document where that is wanted more."""
    offers = [Offer(JSON, related=False), Offer(PLAIN_JSON, related=False)]
    offers.append(Offer(XML, related=False))
    offer = chosen(wishes(accept(request)), offers)
    if offer.kind == XML:
        return Response(native_xml.document(body), status, headers, XML)
    return Response(encoded(body), status, headers, offer.kind)


def datasets(
    request: Request, body: Sequence[dict[str, Any]], headers: Mapping[str, str] | None = None
) -> Response:
    """Data sets: one JSON array, or XML documents in a multipart body (PS3.18 8.7.4)."""
    offer = chosen(wishes(accept(request)), MODELS)
    if offer.kind != XML:
        return Response(encoded(body), 200, headers, offer.kind)
    return xml(body, headers)


class Streamed(Response):
    """An answer whose body comes in pieces, each sent as it is."""

    def __init__(
        self, pieces: AsyncIterator[bytes | bytearray], headers: Mapping[str, str], kind: str
    ) -> None:
        self._pieces = pieces
        super().__init__(None, 200, headers, kind)
        if "content-length" not in headers:
            del self.headers["content-length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it; what fails in the middle cuts the answer short."""
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        try:
            # so that what cannot be read at all has an answer of its own
            first = await anext(self._pieces)
            await send(start)
            await send({"type": "http.response.body", "body": first, "more_body": True})
            async for piece in self._pieces:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            close = getattr(self._pieces, "aclose", None)
            if close is not None:
                await close()


# the forms of data sets without bulk data
MODELS = (Offer(JSON, related=False), Offer(PLAIN_JSON, related=False), Offer(XML))


def xml(body: Sequence[dict[str, Any]], headers: Mapping[str, str] | None = None) -> Response:
    """Data sets as XML documents in a multipart body."""
    written = writer(XML)
    pieces = []
    for place, one in enumerate(body):
        document = native_xml.document(one)
        pieces += [written.head(XML, len(document), first=place == 0), document]
    content = b"".join([*pieces, written.end])
    return Response(content, 200, headers, written.content_type)


def encoded(body: Any) -> bytes:
    """JSON without a space too many."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
