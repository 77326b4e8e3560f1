"""The text form: base64url without padding, one text for one string of bytes. format.md, Section 5."""

from __future__ import annotations

import binascii

from ._errors import Malformed

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
_FROM_STANDARD = bytes.maketrans(b"+/", b"-_")

# The characters that may end a text whose length is 2 or 3 modulo 4: of the last one's six bits the low 4 or 2 say no
# byte, and are zero.
_LAST = {2: frozenset(_ALPHABET[::16]), 3: frozenset(_ALPHABET[::4])}


def text_size(size: int) -> int:
    """Return the number of characters that the text of so many bytes has."""
    return (4 * size + 2) // 3


def encode(data: bytes) -> str:
    """Return the text of bytes."""
    return binascii.b2a_base64(data, newline=False).rstrip(b"=").translate(_FROM_STANDARD).decode("ascii")


def decode(text: str) -> bytes:
    """Return the bytes of a text, or raise Malformed: Section 5.2.

    The decoders of the standard library drop foreign characters and take padding and trailing bits, so what they are
    given is checked first.
    """
    if not text.isascii():
        raise Malformed("not base64url without padding")
    raw = text.encode("ascii")
    if raw.translate(None, _ALPHABET):
        raise Malformed("not base64url without padding")
    rest = len(raw) % 4
    if rest == 1:
        raise Malformed("not a length that base64url has")
    if rest and raw[-1] not in _LAST[rest]:
        raise Malformed("trailing bits set")
    return binascii.a2b_base64(raw.translate(_TO_STANDARD) + b"=" * (-rest % 4))
