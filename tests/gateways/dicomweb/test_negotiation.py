"""What is asked for, and what is given."""

import pytest

from crossread.gateways.dicomweb.negotiation import NotAcceptable, Offer, chosen, wishes

DICOM = Offer("application/dicom", "1.2.840.10008.1.2.1")
JPEG = Offer("image/jpeg", related=False)
GIF = Offer("image/gif", related=False)


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("", DICOM),
        ("*/*", DICOM),
        ('multipart/related; type="application/dicom"', DICOM),
        ("multipart/related;type=application/dicom;transfer-syntax=*", DICOM),
        ('multipart/related; type="application/dicom"; transfer-syntax=1.2.840.10008.1.2.1', DICOM),
        ("image/gif, image/jpeg", GIF),
        ("image/gif;q=0.5, image/jpeg", JPEG),
        ("image/*", JPEG),
        ("image/*, image/jpeg;q=0", GIF),
        ('multipart/related; type="a,b"; q=0.9, image/gif;q=0.1', GIF),
    ],
)
def test_the_offer_that_is_wanted_most_is_chosen(accept: str, wanted: Offer) -> None:
    assert chosen(wishes(accept), [DICOM, JPEG, GIF]) == wanted


@pytest.mark.parametrize(
    "accept", ["text/html", "application/dicom; transfer-syntax=1.2.3", "image/gif;q=0"]
)
def test_what_cannot_be_had_is_refused_with_what_can(accept: str) -> None:
    with pytest.raises(NotAcceptable) as refusal:
        chosen(wishes(accept), [JPEG] if "gif" in accept else [DICOM])
    assert refusal.value.reasons
