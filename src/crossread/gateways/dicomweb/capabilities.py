"""What this service can do (PS3.18 8.9): its resources, from the very table that answers them."""

from collections.abc import Sequence
from xml.sax.saxutils import quoteattr

from fastapi import APIRouter, Request, Response

from crossread.gateways.dicomweb import answers
from crossread.gateways.dicomweb.door import Through
from crossread.gateways.dicomweb.negotiation import Offer, chosen, wishes

router = APIRouter()
WADL = "application/vnd.sun.wadl+xml"
_KINDS = ("application/json", WADL)


@router.get("/capabilities")
async def capabilities(request: Request, door: Through) -> Response:
    """The resources and methods of this root, as JSON or as WADL."""
    return _described(request, door)


@router.get("/")
async def root(request: Request, door: Through) -> Response:
    """The same (PS3.18 8.9.1)."""
    return _described(request, door)


def _described(request: Request, door: Through) -> Response:
    offers = [Offer(kind, related=False) for kind in _KINDS]
    offer = chosen(wishes(answers.accept(request)), offers)
    found = _resources(request, own=hasattr(door, "hospital_id"))
    if offer.kind == WADL:
        return Response(_wadl(door.root, found), 200, media_type=WADL)
    told = [{"path": path, "methods": methods} for path, methods in found]
    return Response(answers.encoded({"root": door.root, "resources": told}), 200, None, offer.kind)


def _resources(request: Request, *, own: bool) -> list[tuple[str, list[str]]]:
    mine = "{hospital_id}/dicom-web" if own else "{task_id}/dicom-web"
    found = {
        path.partition(mine)[2] or "/": sorted(method.upper() for method in methods)
        for path, methods in request.app.openapi()["paths"].items()
        if mine in path
    }
    return sorted(found.items())


def _wadl(root: str, found: Sequence[tuple[str, list[str]]]) -> bytes:
    resources = "".join(
        f"<resource path={quoteattr(path)}>"
        + "".join(f"<method name={quoteattr(method)}/>" for method in methods)
        + "</resource>"
        for path, methods in found
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<application xmlns="http://wadl.dev.java.net/2009/02">'
        f"<resources base={quoteattr(root)}>{resources}</resources></application>"
    ).encode()
