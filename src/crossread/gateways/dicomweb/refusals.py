"""What only HTTP can refuse (RFC 9110 15.5)."""

from crossread.platform.errors import CrossreadError


class UnsupportedMedia(CrossreadError):
    """The body is of a media type that this resource does not take."""


class NoSuchRange(CrossreadError):
    """The part of the bytes that was asked for does not exist."""

    def __init__(self, whole: int) -> None:
        super().__init__("There are no such bytes.")
        self.headers = {"Content-Range": f"bytes */{whole}"}
