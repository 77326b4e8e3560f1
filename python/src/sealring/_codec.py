"""Codecs: sealing and opening, in the steps of format.md, Sections 6 and 7."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

from . import _envelope, _json, _msgpack, _options, _text
from ._envelope import ENCRYPTED, SIGNED, Header, Subkeys
from ._errors import (
    BadPayload,
    BindError,
    ConfigError,
    Expired,
    Malformed,
    NoPrimaryKey,
    NotYetValid,
    Refused,
    TooLarge,
    UnknownKey,
    WrongType,
    expect,
    outermost,
)
from ._keyring import Keyring, RingKey, Snapshot, clock_ms
from ._keys import random_bytes
from ._time import MAX_TIME, from_ms

Suite = Literal["signed", "encrypted"]
"""How an envelope is protected: HMAC-SHA256, readable by everybody, or XChaCha20-Poly1305 with key commitment."""
Content = Literal["json", "msgpack", "raw"]
"""What a body is written in: RFC 8259, msgpack.org, or bytes of which sealring knows nothing."""
Clock = Callable[[], "datetime | int"]
"""Returns the time as an aware datetime, or in Unix milliseconds; what is finer is cut off."""

SUITES: dict[Suite, int] = {"signed": SIGNED, "encrypted": ENCRYPTED}
CONTENTS: dict[Content, int] = {"json": _envelope.JSON, "msgpack": _envelope.MSGPACK, "raw": _envelope.RAW}
_SUITE_NAMES: dict[int, Suite] = {number: name for name, number in SUITES.items()}
_CONTENT_NAMES: dict[int, Content] = {number: name for name, number in CONTENTS.items()}

MAX_ENVELOPE = 65536
"""Default limit of an envelope, bytes: far above cookies and headers, and little work to refuse."""
MAX_DECODED = 1 << 20
"""Default limit of a body once decompressed, bytes: a genuine envelope must not be a bomb either."""
_LEEWAY = timedelta(seconds=10)


class Info(NamedTuple):
    """What an envelope says about itself.

    - key_id: names the key that it is sealed with.
    - suite: how it is protected.
    - content: what its body is written in.
    - deflated: whether the body is compressed.
    - issued: when it was sealed: in UTC, whole milliseconds.
    - expires: the first moment at which it is no longer good; None: it lasts as long as its key.
    - stale: whether seal would write another envelope now: under a newer key, in another suite or content. Seal the
      value again to move on. inspect does not know it and says False.
    """

    key_id: str
    suite: Suite
    content: Content
    deflated: bool
    issued: datetime
    expires: datetime | None
    stale: bool


def _info(header: Header, *, stale: bool) -> Info:
    return Info(
        header.key_id,
        _SUITE_NAMES[header.suite],
        _CONTENT_NAMES[header.content],
        header.deflated,
        from_ms(header.issued),
        from_ms(header.expires) if header.expires else None,
        stale,
    )


def _now() -> int:
    return time.time_ns() // 1_000_000


class _Opened(NamedTuple):
    """An envelope after all steps of opening before the payload rules."""

    header: Header
    body: bytes
    stale: bool


class Sealer:
    """The layer of bytes: seals bodies that are already encoded and opens envelopes to their bodies.

    Most programs want a Codec, which is built on it. It is safe for concurrent use, and prints as its purpose and the
    IDs of the ring's keys. JSON and MessagePack bodies are held against the payload rules on the way in and out, for
    which no extra is needed; suite 02 needs the extra "encryption".

    The binding that its methods take is associated data: Section 4. What was sealed with one opens only with the same.
    None means unbound. b"" is a binding that went missing, and fails with BindError; of several parts bind_parts makes
    one. Text is WrongType: say which bytes it stands for.
    """

    @outermost
    def __init__(
        self,
        ring: Keyring,
        purpose: str,
        *,
        ttl: timedelta | None = None,
        never_expires: bool = False,
        encrypt: bool = False,
        content: Content = "json",
        deflate: bool = False,
        suites: Iterable[Suite] | None = None,
        contents: Iterable[Content] | None = None,
        refuse_deflated: bool = False,
        max_age: timedelta | None = None,
        leeway: timedelta = _LEEWAY,
        max_envelope: int = MAX_ENVELOPE,
        max_decoded: int = MAX_DECODED,
        now: Clock | None = None,
    ) -> None:
        """Take a ring, a purpose and one of ttl and never_expires; raise ConfigError for what no codec can be made of.

        - purpose: what envelopes are for, such as "session": 1 to 255 characters of printable ASCII. What is sealed for
          one does not open for another.
        - ttl: how long an envelope is good for: whole, positive milliseconds, and never longer than its key.
        - never_expires: envelopes are good as long as their key.
        - encrypt: seal encrypts; otherwise it signs, and everybody can read what is sealed.
        - content: what seal writes the body in.
        - deflate: seal compresses the body where that makes it shorter. Not with encrypt: lengths tell about the body.
        - suites, contents: what open accepts; None means the one that seal writes.
        - refuse_deflated: open refuses compressed bodies.
        - max_age: how old an envelope may be, whatever its expiry: whole milliseconds, 0 is an age of 0, None is any.
        - leeway: how far in the future one may have been issued, by a node whose clock is ahead; no part in expiry.
        - max_envelope: the most bytes of an envelope in binary form; max_decoded: of a body. Both up to 1 GiB.
          Browsers keep no cookie of more than 4,096 bytes: with 3,000 seal fails where they would drop it.
        - now: the clock.
        """
        if not isinstance(ring, Keyring):
            raise ConfigError("no keyring")
        self._ring, self._purpose = ring, _options.purpose_text(purpose)
        self._suite, self._content = SIGNED, _options.known(CONTENTS, content, "content")
        for name, value in (
            ("never_expires", never_expires),
            ("encrypt", encrypt),
            ("deflate", deflate),
            ("refuse_deflated", refuse_deflated),
        ):
            _options.switch(value, name)
        if encrypt:
            self._suite = ENCRYPTED
        self._ttl = _options.lifetime(ttl, never_expires=never_expires)
        self._max_age = None if max_age is None else _options.span(max_age, "max_age")
        self._leeway = _options.span(leeway, "leeway")
        self._max_envelope, self._max_decoded = (
            _options.limit(max_envelope, "max_envelope"),
            _options.limit(max_decoded, "max_decoded"),
        )
        if deflate and encrypt:
            raise ConfigError("deflate and encrypt exclude each other: lengths would tell the content")
        if deflate and refuse_deflated:
            raise ConfigError("deflate and refuse_deflated exclude each other")
        self._deflate, self._refuse_deflated = deflate, refuse_deflated
        self._suites = _options.accepted(SUITES, suites, "suites", self._suite)
        self._contents = _options.accepted(CONTENTS, contents, "contents", self._content)
        if ENCRYPTED in self._suites:
            _envelope.require_encryption()  # here rather than at the first envelope
        self._now: Clock = now or _now
        if not callable(self._now):
            raise ConfigError("now is a function without arguments")
        self._subkeys: tuple[Snapshot, dict[tuple[str, int], Subkeys]] = (ring._snapshot, {})  # noqa: SLF001

    # Sealing.

    @outermost
    def seal(self, body: bytes, bind: bytes | None = None) -> str:
        """Return the text form of an envelope of a body: A-Z a-z 0-9 - and _, beginning with sr1_.

        Raises BadPayload for a body that would not open, TooLarge, BindError, NoPrimaryKey, and NoRandomness where the
        system has none for a nonce.
        """
        return _text.encode(self._seal_checked(body, bind))

    @outermost
    def seal_binary(self, body: bytes, bind: bytes | None = None) -> bytes:
        """Return the binary form of what seal returns, a quarter shorter, for places that take any bytes."""
        return self._seal_checked(body, bind)

    def _seal_checked(self, body: bytes, bind: bytes | None) -> bytes:
        suffix = _bind(bind)
        expect(body, bytes, "a body")
        _check_body(self._content, body)
        return self._seal(body, suffix)

    def _seal(self, body: bytes, bind: bytes) -> bytes:
        """Return the envelope of a body that follows the payload rules: Section 6.2, from the clock on."""
        if len(body) > self._max_decoded:
            raise BadPayload("body larger than max_decoded")

        now = clock_ms(self._now())
        if not 0 <= now <= MAX_TIME:
            raise ConfigError("the clock is outside the years 1970 to 9999")
        snapshot, subkeys = self._keys()
        key = snapshot.primary(now)
        if key is None:
            raise NoPrimaryKey
        expires = self._expiry(now, key)

        deflated = False
        if self._deflate:
            stream = _envelope.deflate(body)
            if len(stream) < len(body):
                body, deflated = stream, True
        header = Header(self._suite, self._content, deflated, now, expires, key.id)
        if header.size(len(body)) > self._max_envelope:
            raise TooLarge("the envelope would be larger than max_envelope")
        nonce = random_bytes(_envelope.NONCE_SIZE) if self._suite == ENCRYPTED else b""
        return self._derive(subkeys, key, self._suite).seal(header, body, bind, nonce)

    def _expiry(self, now: int, key: RingKey) -> int:
        """Return when an envelope of now expires: after its lifetime or with its key; 0 for never."""
        ends = [end for end in (None if self._ttl is None else now + self._ttl, key.open_until) if end is not None]
        expires = min(ends, default=0)
        if expires > MAX_TIME:
            raise ConfigError("the clock and the lifetime go beyond the year 9999")
        return expires

    # Opening.

    @outermost
    def open(self, token: str, bind: bytes | None = None) -> tuple[bytes, Info]:
        """Return the body of an envelope in text form, and what it says about itself, all of it authentic.

        Raises one of the ten classes from TooLarge to BadPayload, or BindError.
        """
        return self._body(self._open_text(token, bind))

    @outermost
    def open_binary(self, sealed: bytes, bind: bytes | None = None) -> tuple[bytes, Info]:
        """Return what open returns, of an envelope in binary form."""
        return self._body(self._open_binary(sealed, bind))

    def _body(self, opened: _Opened) -> tuple[bytes, Info]:
        _check_body(opened.header.content, opened.body)
        return opened.body, _info(opened.header, stale=opened.stale)

    def _open_text(self, token: str, bind: bytes | None) -> _Opened:
        suffix = _bind(bind)
        expect(token, str, "a token", binary="decode it, or open_binary where it is in binary form")
        return self._open(_decode_text(token, self._max_envelope), suffix)

    def _open_binary(self, sealed: bytes, bind: bytes | None) -> _Opened:
        suffix = _bind(bind)
        expect(sealed, bytes, "a token in binary form", text="open takes the text form")
        return self._open(sealed, suffix)

    def _open(self, sealed: bytes, bind: bytes) -> _Opened:
        """Take the steps of Section 7 up to decompression; a text has been decoded."""
        # 1 and 2: size and layout.
        if len(sealed) > self._max_envelope:
            raise TooLarge
        header = _envelope.parse(sealed)

        # 3: what this codec accepts.
        if header.suite not in self._suites:
            raise Refused(f"the envelope is {_SUITE_NAMES[header.suite]}, which suites does not accept")
        if header.content not in self._contents:
            raise Refused(f"the body is {_CONTENT_NAMES[header.content]}, which contents does not accept")
        if header.deflated and self._refuse_deflated:
            raise Refused("the body is compressed, which refuse_deflated does not accept")

        # 4: the key. One that is unknown, closed or disabled is not tried, and neither is another.
        now = clock_ms(self._now())
        snapshot, subkeys = self._keys()
        key = snapshot.index.get(header.key_id)
        if key is None or not key.opens(now):
            raise UnknownKey

        # 5: authentication.
        body = self._derive(subkeys, key, header.suite).open(header, sealed, bind)

        # 6: time.
        if header.issued > now + self._leeway:
            raise NotYetValid
        if header.expires and now >= header.expires:
            raise Expired
        if self._max_age is not None and now - header.issued > self._max_age:
            raise Expired("older than max_age")

        # 7, first part: decompression, and the size of what came out.
        if header.deflated:
            body = _envelope.inflate(body, self._max_decoded)
        if len(body) > self._max_decoded:
            raise BadPayload("body larger than max_decoded")
        # A newer key than the primary is not stale, or nodes with skewed clocks would seal a value again in turn.
        primary = snapshot.primary(now)
        stale = primary is not None and key.older(primary)
        return _Opened(header, body, stale or header.suite != self._suite or header.content != self._content)

    def _keys(self) -> tuple[Snapshot, dict[tuple[str, int], Subkeys]]:
        """Return the ring's content as it is now, and what was derived from its keys so far.

        Subkeys go with their snapshot, so that nothing outlives the keys that it was made for. Threads that find a new
        snapshot at the same time may each make theirs; the last one stays.
        """
        snapshot = self._ring._snapshot  # noqa: SLF001
        kept = self._subkeys
        if kept[0] is not snapshot:
            kept = self._subkeys = (snapshot, {})
        return kept

    def _derive(self, subkeys: dict[tuple[str, int], Subkeys], key: RingKey, suite: int) -> Subkeys:
        found = subkeys.get((key.id, suite))
        if found is None:
            found = subkeys[key.id, suite] = Subkeys(key.key.secret, self._purpose, suite)
        return found

    def __repr__(self) -> str:
        return f"Sealer({self._terms()})"

    def _terms(self) -> str:
        """Return what it prints as; what is in a constructor that failed has less."""
        return f"{self._purpose!r}, {self._ring!r}" if hasattr(self, "_purpose") else "unfinished"


class Codec:
    """Seals and opens values for one purpose; it is safe for concurrent use.

    As JSON, values are dict with str keys, list, tuple, str, int, float, bool and None; as MessagePack also bytes,
    bytearray and aware datetimes; raw they are bytes. A tuple is a list when it comes back, and a bytearray bytes.
    Integers are exact. A timestamp comes back as a datetime in UTC, cut off at the microsecond.

    MessagePack needs the extra "msgpack", encrypting and opening what is encrypted the extra "encryption".
    """

    @outermost
    def __init__(
        self,
        ring: Keyring,
        purpose: str,
        *,
        ttl: timedelta | None = None,
        never_expires: bool = False,
        encrypt: bool = False,
        content: Content = "json",
        deflate: bool = False,
        suites: Iterable[Suite] | None = None,
        contents: Iterable[Content] | None = None,
        refuse_deflated: bool = False,
        max_age: timedelta | None = None,
        leeway: timedelta = _LEEWAY,
        max_envelope: int = MAX_ENVELOPE,
        max_decoded: int = MAX_DECODED,
        now: Clock | None = None,
    ) -> None:
        """Take what a Sealer takes, where it is told what each option means.

        Raises ConfigError for what no codec can be made of; a missing extra is one and is named.
        """
        self._sealer = Sealer(
            ring,
            purpose,
            ttl=ttl,
            never_expires=never_expires,
            encrypt=encrypt,
            content=content,
            deflate=deflate,
            suites=suites,
            contents=contents,
            refuse_deflated=refuse_deflated,
            max_age=max_age,
            leeway=leeway,
            max_envelope=max_envelope,
            max_decoded=max_decoded,
            now=now,
        )
        accepted = self._sealer._contents  # noqa: SLF001
        self._msgpack = _msgpack.MsgPack() if _envelope.MSGPACK in accepted else None

    @outermost
    def seal(self, value: Any, bind: bytes | None = None) -> str:
        """Return a token of a value, in text form: A-Z a-z 0-9 - and _, beginning with sr1_.

        Raises BadPayload, which names the way to it, for a value that would not open; TooLarge, BindError and
        NoPrimaryKey; and NoRandomness where the system has none for a nonce.
        """
        return _text.encode(self._seal(value, bind))

    @outermost
    def seal_binary(self, value: Any, bind: bytes | None = None) -> bytes:
        """Return the binary form of what seal returns, a quarter shorter, for places that take any bytes."""
        return self._seal(value, bind)

    def _seal(self, value: Any, bind: bytes | None) -> bytes:
        suffix, sealer = _bind(bind), self._sealer
        content, limit = sealer._content, sealer._max_decoded  # noqa: SLF001
        if content == _envelope.JSON:
            body = _json.encode(value, limit)
        elif self._msgpack is not None and content == _envelope.MSGPACK:
            body = self._msgpack.encode(value, limit)
        else:
            expect(value, bytes, "a value of content raw")
            body = bytes(value)
        return sealer._seal(body, suffix)  # noqa: SLF001

    @outermost
    def open(self, token: str, bind: bytes | None = None) -> Any:
        """Return the value of a token; raise one of the ten classes from TooLarge to BadPayload, or BindError."""
        return self._value(self._sealer._open_text(token, bind))  # noqa: SLF001

    @outermost
    def open_info(self, token: str, bind: bytes | None = None) -> tuple[Any, Info]:
        """Return the value of a token and what the token says about itself, all of it authentic."""
        opened = self._sealer._open_text(token, bind)  # noqa: SLF001
        return self._value(opened), _info(opened.header, stale=opened.stale)

    @outermost
    def open_binary(self, sealed: bytes, bind: bytes | None = None) -> tuple[Any, Info]:
        """Return what open_info returns, of an envelope in binary form."""
        opened = self._sealer._open_binary(sealed, bind)  # noqa: SLF001
        return self._value(opened), _info(opened.header, stale=opened.stale)

    def _value(self, opened: _Opened) -> Any:
        if opened.header.content == _envelope.JSON:
            return _json.decode(opened.body)
        if self._msgpack is not None and opened.header.content == _envelope.MSGPACK:
            return self._msgpack.decode(opened.body)
        return opened.body

    def __repr__(self) -> str:
        return f"Codec({self._sealer._terms() if hasattr(self, '_sealer') else 'unfinished'})"  # noqa: SLF001


@outermost
def inspect(token: str | bytes) -> Info:
    """Return what an envelope, text or binary, says about itself. Nothing of it is verified: anybody can write it.

    It is for looking at tokens, never for deciding on them. It takes up to 65,536 bytes and raises what the first two
    steps of opening do.
    """
    if isinstance(token, bytes):
        sealed = token
        if len(sealed) > MAX_ENVELOPE:
            raise TooLarge
        if _envelope.is_text(sealed[:4].decode("latin-1")):
            raise Malformed("this is the text form as bytes; decode it first")
    else:
        if not isinstance(token, str):
            raise WrongType(f"a token is str, or bytes in binary form, not {type(token).__name__}")
        sealed = _decode_text(token, MAX_ENVELOPE)
    return _info(_envelope.parse(sealed), stale=False)


def _decode_text(token: str, max_envelope: int) -> bytes:
    """Return the bytes of a text: Section 7, steps 1 and 2.1. Its limit counts the bytes of its UTF-8."""
    limit = _text.text_size(max_envelope)
    # A character has one byte at least: what is longer is not encoded to be refused.
    if len(token) > limit or (not token.isascii() and len(token.encode("utf-8", "surrogatepass")) > limit):
        raise TooLarge
    if not token.startswith("sr1_") and not _envelope.is_text(token):
        raise Malformed("not a sealring token, which begins with sr1_")
    return _text.decode(token)


def _bind(bind: bytes | None) -> bytes:
    """Return the bind string, b"" where no binding was asked for."""
    if bind is None:
        return b""
    expect(bind, bytes, "a binding")
    if not bind:
        raise BindError
    return bind


def _check_body(content: int, body: bytes) -> None:
    """Hold a body against the payload rules of its content."""
    if content == _envelope.JSON:
        _json.decode(body)
    elif content == _envelope.MSGPACK:
        _msgpack.check(body)
