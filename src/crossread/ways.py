"""The ways to a hospital's archive: which gateway serves each kind of endpoint."""

from collections.abc import Sequence

from crossread.archive.intake import Intake
from crossread.gateways.dicom import commit_out, find_out
from crossread.gateways.dicom.call import Caller
from crossread.gateways.dicom.fetch_in import GetSource, MoveSource
from crossread.gateways.dicom.store_out import StoreOutlet
from crossread.gateways.dicom.tls import Keys
from crossread.gateways.dicomweb import client as dicomweb
from crossread.gateways.dicomweb.client import WebSource
from crossread.hospitals.model import Endpoint, EndpointKind
from crossread.platform.configuration import Settings
from crossread.platform.errors import Refused
from crossread.transfers.meter import Meter
from crossread.transfers.model import FetchBy, Item
from crossread.transfers.ways import Committed, Found, Outlet, Question, Source, Ways


def ways(settings: Settings, intake: Intake | None) -> Ways:
    """The ways of this installation; what comes by C-GET or WADO-RS goes through `intake`."""
    caller = Caller(
        settings.dicom.ae_title, Keys.of(settings.dicom), timeout=settings.delivery.timeout_seconds
    )

    authorities = settings.dicom.tls_servers

    def outlet(endpoint: Endpoint) -> Outlet:
        if endpoint.kind is not EndpointKind.PACS:
            raise Refused(f"{endpoint.id} takes no images by C-STORE.")
        return StoreOutlet(endpoint, caller)

    def source(endpoint: Endpoint, by: FetchBy, meter: Meter) -> Source:
        if intake is None:
            raise ValueError("nothing can come in without an intake")
        match by:
            case FetchBy.MOVE:
                return MoveSource(endpoint, caller)
            case FetchBy.GET:
                return GetSource(endpoint, caller, intake, meter)
            case FetchBy.WEB:
                return WebSource(
                    endpoint, intake, meter, timeout=caller.timeout, authorities=authorities
                )

    async def find(endpoint: Endpoint, question: Question) -> list[Found]:
        if endpoint.kind is EndpointKind.WEB:
            return await dicomweb.find(
                endpoint, question, timeout=caller.timeout, authorities=authorities
            )
        return await find_out.find(endpoint, question, caller)

    async def commit(
        endpoint: Endpoint, transaction_uid: str, items: Sequence[Item]
    ) -> Committed | None:
        return await commit_out.commit(endpoint, transaction_uid, items, caller)

    return Ways(outlet, source, find, commit)
