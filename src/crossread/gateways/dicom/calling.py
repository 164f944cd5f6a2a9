"""Call a hospital's system: plainly, or over TLS with our own certificate, as its endpoint says."""

from typing import Any

from pynetdicom import AE
from pynetdicom.association import Association

from crossread.gateways.dicom.tls import Keys
from crossread.hospitals.model import Endpoint
from crossread.platform.configuration import ConfigurationError
from crossread.platform.errors import Unreachable

_ours = Keys()  # who this process is; the same for everybody whom it calls


def use(keys: Keys) -> None:
    """Call with these keys from now on, in this process."""
    global _ours  # noqa: PLW0603 - set once, at the start of a process
    _ours = keys


def associate(ae: AE, endpoint: Endpoint, **more: Any) -> Association:
    """An association with an endpoint; `more` as pynetdicom's `AE.associate` takes it.

    Raises Unreachable when our keys cannot be used; they are mended while it waits.
    """
    try:
        secured = _ours.to_call(endpoint)
    except ConfigurationError as error:
        raise Unreachable(error.sentence, cause=endpoint.id) from error
    return ae.associate(
        endpoint.host, endpoint.port, ae_title=endpoint.application, tls_args=secured, **more
    )
