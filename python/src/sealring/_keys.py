"""Secrets, keys, and what is derived from them: format.md, Section 3."""

from __future__ import annotations

import base64
import hmac
import os
import re
from dataclasses import KW_ONLY, dataclass
from datetime import datetime
from typing import NoReturn

from . import _text
from ._errors import KeyringError, Malformed, NoRandomness, WrongType, expect, outermost, outermost_init
from ._time import MAX_TIME, to_ms

SECRET_SIZE = 32
"""Bytes of a secret."""
_PREFIX = "srk1_"
_KEY_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")


def valid_key_id(text: str) -> bool:
    """Report whether a text is a key ID: Section 2.4."""
    return _KEY_ID.fullmatch(text) is not None


def hkdf(secret: bytes, info: bytes, size: int) -> bytes:
    """Return HKDF-SHA256 of a secret with an empty salt: RFC 5869, Sections 2.2 and 2.3."""
    extracted = hmac.digest(bytes(32), secret, "sha256")
    block, out = b"", b""
    for counter in range(1, -(-size // 32) + 1):
        block = hmac.digest(extracted, block + info + bytes((counter,)), "sha256")
        out += block
    return out[:size]


def random_bytes(size: int) -> bytes:
    """Return fresh random bytes, or raise NoRandomness."""
    try:
        out = os.urandom(size)
    except (OSError, NotImplementedError):
        out = b""
    if len(out) != size:
        raise NoRandomness("the system's random generator failed")
    return out


class Secret:
    """32 bytes that only the holders of a key know. It prints as REDACTED, does not pickle, and never changes."""

    __slots__ = ("__bytes",)

    @outermost
    def __init__(self, raw: bytes) -> None:
        """Take 32 uniformly random bytes; raise KeyringError for another number, and for 32 that are all the same."""
        expect(raw, bytes, "a secret", text=f"it is {SECRET_SIZE} random bytes, and parse_secret reads the text")
        if len(raw) != SECRET_SIZE:
            raise KeyringError(f"a secret has {SECRET_SIZE} bytes, this one {len(raw)}; make one with generate_key")
        if raw.count(raw[:1]) == SECRET_SIZE:
            raise KeyringError("a secret is random, the bytes of this one are all the same; make one with generate_key")
        self.__bytes = bytes(raw)

    def reveal(self) -> str:
        """Return the text form, srk1_ and 43 characters, for the place that keeps it."""
        return _PREFIX + _text.encode(self.__bytes)

    @property
    def key_id(self) -> str:
        """The key ID that the secret has unless its owner chooses another: 8 characters. Section 3.4."""
        return base64.b32encode(self.derive(b"sealring/v1/key-id", 5)).decode("ascii").lower()

    def derive(self, info: bytes, size: int) -> bytes:
        """Return bytes of HKDF-SHA256: Section 3.3. They are as secret as the secret."""
        return hkdf(self.__bytes, info, size)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self.__bytes, other.__bytes)

    def __hash__(self) -> int:
        return hash(self.key_id)

    def __repr__(self) -> str:
        return "REDACTED"

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    @outermost
    def __reduce__(self) -> NoReturn:
        raise WrongType("a secret does not pickle; keep what reveal returns in a place for secrets")

    @outermost
    def __getstate__(self) -> NoReturn:
        self.__reduce__()  # the one of object, from Python 3.11 on, returns the bytes


@outermost
def parse_secret(text: str) -> Secret:
    """Return the secret of its text form, srk1_ and 43 characters of base64url: Section 3.1.

    Raises KeyringError, which says what was expected and nothing of the text.
    """
    expect(text, str, "a secret's text")
    if not text.startswith(_PREFIX):
        raise KeyringError(
            f"a secret's text begins with {_PREFIX}; bring one that is hex or base64 in with "
            "`python -m sealring keys import`"
        )
    tail, size = text[len(_PREFIX) :], _text.text_size(SECRET_SIZE)
    if len(tail) != size:
        raise KeyringError(
            f"{size} characters of base64url follow {_PREFIX} in a secret's text, not {len(tail)}; "
            "look for a missing end or a line feed"
        )
    try:
        raw = _text.decode(tail)
    except Malformed:
        raise KeyringError("a secret's text is base64url without padding and white space") from None
    return Secret(raw)


@outermost_init
@dataclass(frozen=True, slots=True, repr=False)
class Key:
    """A secret with its name and the times at which it is used. It prints as its ID.

    - secret: what envelopes are sealed with.
    - id: names the secret for ever: 1 to 32 of A-Z a-z 0-9 . _ - with a letter or digit in front. Empty means, and
      becomes, the secret's own ID. It stands readable in every envelope.
    - seal_from: when the key is to become primary, rounded down to milliseconds; None: from the beginning. It opens
      before.
    - open_until: when the key ceases to open anything; None: never. No envelope expires later than its key.
    - disabled: whether the key is neither to seal nor to open, as after a leak.

    Raises KeyringError, which is a ValueError, for an ID that is none and for datetimes without a time zone.
    dataclasses.replace makes another key of one, as with an open_until.
    """

    secret: Secret
    _: KW_ONLY
    id: str = ""
    seal_from: datetime | None = None
    open_until: datetime | None = None
    disabled: bool = False

    def __post_init__(self) -> None:
        expect(self.secret, Secret, "Key.secret", text="parse_secret makes one of its text")
        expect(self.id, str, "Key.id")
        expect(self.disabled, bool, "Key.disabled")
        if not self.id:
            object.__setattr__(self, "id", self.secret.key_id)
        if not valid_key_id(self.id):
            raise KeyringError(
                "the ID of a key is not 1 to 32 of A-Z a-z 0-9 . _ - with a letter or digit in front; "
                "leave it empty for the default"
            )
        opens, closes = self.window()
        if (opens is not None and opens > MAX_TIME) or (closes is not None and closes > MAX_TIME):
            raise KeyringError(
                f"seal_from or open_until of key {self.id} is after the year 9999; leave open_until None for a key "
                "without an end"
            )
        if opens is not None and closes is not None and closes <= opens:
            raise KeyringError(f"key {self.id} closes before it seals; let open_until be after seal_from")

    def window(self) -> tuple[int | None, int | None]:
        """Return seal_from and open_until in Unix milliseconds."""
        return self._ms(self.seal_from, "seal_from"), self._ms(self.open_until, "open_until")

    def _ms(self, time: datetime | None, what: str) -> int | None:
        if time is None:
            return None
        expect(time, datetime, f"{what} of key {self.id}")
        try:
            return to_ms(time)
        except ValueError as error:
            raise KeyringError(f"{what} of key {self.id} is {error}") from None

    def __repr__(self) -> str:
        return f"Key({self.id!r})" if hasattr(self, "id") else "Key(unfinished)"


@outermost
def generate_key(*, id: str = "", seal_from: datetime | None = None, open_until: datetime | None = None) -> Key:
    """Return a key with a fresh secret; unless told otherwise it has its default ID and seals from the beginning."""
    return Key(Secret(random_bytes(SECRET_SIZE)), id=id, seal_from=seal_from, open_until=open_until)
