"""Every image file of a user's comes through here: read by its content, its size checked before decoding."""

MAX_PIXELS = 100_000_000  # of one image, where nobody says otherwise

READING = 4
"""Raised when a file is read as other pixels or labels than before: what was remembered of it is read again."""


class UnreadableImage(Exception):  # noqa: N818 (names what is wrong, not that it is wrong)
    """An image or mask that cannot be used; it is left out, and its reason is recorded."""
