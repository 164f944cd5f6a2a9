"""What the tests of the DICOM gateway may ask for."""

from tests.gateways.dicom.listening import listening

__all__ = ["listening"]
