"""The bytes of an envelope and nothing else: no clock, no keyring, no policy. format.md, Sections 2 to 7.

Whoever seals hands over the nonce; only this package can.
"""

from __future__ import annotations

import hmac
import re
import struct
import zlib
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from ._errors import (
    BadPayload,
    BadSignature,
    BindError,
    ConfigError,
    Malformed,
    Unsupported,
    UnsupportedVersion,
    WrongType,
    expect,
    outermost,
)
from ._time import MAX_TIME

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._keys import Secret

SIGNED, ENCRYPTED = 1, 2
"""Suites: HMAC-SHA256, and XChaCha20-Poly1305 with key commitment."""
RAW, JSON, MSGPACK = 0, 1, 2
"""Contents, in the low 7 bits of their byte."""
_DEFLATE = 0x80

# magic | suite | content | key-ID length | issued at (6) | expires at (6); the key ID follows.
_FIXED = struct.Struct(">3sBBBHIHI")
_MAGIC = b"\xb2\xbd\x7f"
NONCE_SIZE, _TAG_SIZE, _MAC_SIZE = 24, 16, 32
_OVERHEAD = {SIGNED: _MAC_SIZE, ENCRYPTED: NONCE_SIZE + _TAG_SIZE + _MAC_SIZE}
"""Bytes that a suite adds to header and body."""

# The bytes of the groups sr0_ to sr9_, Section 2.1.
_VERSIONS = frozenset((0xB2BD3F + 0x40 * digit).to_bytes(3, "big") for digit in range(10))
_KEY_ID = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")


class Header(NamedTuple):
    """What an envelope says before its body. Times are Unix milliseconds; expires 0 means never."""

    suite: int
    content: int
    deflated: bool
    issued: int
    expires: int
    key_id: str

    def encode(self) -> bytes:
        """Return the bytes of the fixed part and the key ID."""
        key_id = self.key_id.encode("ascii")
        content = self.content | (_DEFLATE if self.deflated else 0)
        issued, expires = divmod(self.issued, 1 << 32), divmod(self.expires, 1 << 32)
        return _FIXED.pack(_MAGIC, self.suite, content, len(key_id), *issued, *expires) + key_id

    def size(self, body: int) -> int:
        """Return the bytes of the whole envelope of a body of so many bytes."""
        return _FIXED.size + len(self.key_id) + _OVERHEAD[self.suite] + body


def parse(data: bytes) -> Header:
    """Read the header of an envelope, none of it authenticated, and check the layout: Section 7, step 2."""
    if len(data) < _FIXED.size:
        raise Malformed("shorter than an envelope's fixed part")
    magic, suite, content, id_size, issued_hi, issued_lo, expires_hi, expires_lo = _FIXED.unpack_from(data)
    if magic != _MAGIC:
        if magic in _VERSIONS:
            raise UnsupportedVersion
        raise Malformed("does not begin as an envelope does")
    deflated, content = content >= _DEFLATE, content & ~_DEFLATE
    if suite not in _OVERHEAD or content > MSGPACK:
        raise Unsupported
    if deflated and suite == ENCRYPTED:
        raise Malformed("compressed and encrypted")

    # Field ranges.
    issued, expires = issued_hi << 32 | issued_lo, expires_hi << 32 | expires_lo
    if issued > MAX_TIME or expires > MAX_TIME:
        raise Malformed("time after the year 9999")
    if 0 < expires <= issued:
        raise Malformed("expires no later than it was issued")
    key_id = data[_FIXED.size : _FIXED.size + id_size]
    if len(key_id) != id_size:
        raise Malformed("truncated")
    if not _KEY_ID.fullmatch(key_id):
        raise Malformed("not a key ID")
    if len(data) < _FIXED.size + id_size + _OVERHEAD[suite]:
        raise Malformed("truncated")
    return Header(suite, content, deflated, issued, expires, key_id.decode("ascii"))


def is_text(text: str) -> bool:
    """Report whether a text begins as an envelope of some version does: sr0_ to sr9_."""
    return re.match("sr[0-9]_", text) is not None


@outermost
def bind_parts(*parts: bytes) -> bytes:
    """Return the binding of one or several parts: Section 4.

    Several are framed, so that no two lists of them are the same binding; one part is bound as it is, and could be the
    framed form of several: use one number of parts for a purpose. Raises BindError if there is no part or an empty
    one, as where a session ID is missing, and WrongType for text, which its UTF-8 stands for.
    """
    for part in parts:
        expect(part, bytes, "a part of a binding")
    if not parts:
        raise BindError
    if not all(parts):
        raise BindError("a part is empty")
    if len(parts) == 1:
        return bytes(parts[0])
    return len(parts).to_bytes(8, "big") + b"".join(len(part).to_bytes(8, "big") + part for part in parts)


class Subkeys:
    """What one secret gives for one purpose and suite: Section 3.3. It prints as nothing of it."""

    __slots__ = ("_encryption", "_mac")

    def __init__(self, secret: Secret, purpose: str, suite: int) -> None:
        """Derive the MAC key of suite 01, or the commitment and encryption keys of suite 02."""
        if suite == SIGNED:
            self._mac = secret.derive(b"sealring/v1/hmac-sha256\0" + purpose.encode("ascii"), 32)
            self._encryption = b""
        else:
            both = secret.derive(b"sealring/v1/xchacha20-poly1305\0" + purpose.encode("ascii"), 64)
            self._mac, self._encryption = both[:32], both[32:]

    @outermost
    def __reduce__(self) -> NoReturn:
        raise WrongType("derived keys are neither pickled nor copied")

    @outermost
    def __getstate__(self) -> NoReturn:
        self.__reduce__()

    def seal(self, header: Header, body: bytes, bind: bytes, nonce: bytes = b"") -> bytes:
        """Return the envelope of a body; bind is empty for none, and a nonce of suite 02 is used once only."""
        head, suffix = header.encode(), bind + len(bind).to_bytes(8, "big")
        if header.suite == SIGNED:
            signed = head + body
            return signed + hmac.digest(self._mac, signed + suffix, "sha256")
        sealed = _aead().seal(body, head + suffix, nonce, self._encryption)
        tag = sealed[-_TAG_SIZE:]
        return head + nonce + sealed + hmac.digest(self._mac, head + nonce + tag + suffix, "sha256")

    def open(self, header: Header, data: bytes, bind: bytes) -> bytes:
        """Return the body of an envelope, still compressed if it is, or raise BadSignature: Section 7, step 5."""
        signed, mac = data[:-_MAC_SIZE], data[-_MAC_SIZE:]
        start, suffix = _FIXED.size + len(header.key_id), bind + len(bind).to_bytes(8, "big")
        if header.suite == SIGNED:
            if not hmac.compare_digest(hmac.digest(self._mac, signed + suffix, "sha256"), mac):
                raise BadSignature
            return signed[start:]

        # The commitment first: what another key made is never decrypted.
        head, nonce_end = data[:start], start + NONCE_SIZE
        committed = data[:nonce_end] + signed[-_TAG_SIZE:] + suffix
        if not hmac.compare_digest(hmac.digest(self._mac, committed, "sha256"), mac):
            raise BadSignature
        return _aead().open(signed[nonce_end:], head + suffix, data[start:nonce_end], self._encryption)


class _Aead:
    """XChaCha20-Poly1305 of libsodium; the ciphertext ends in the tag."""

    def __init__(self) -> None:
        bindings = import_module("nacl.bindings")
        self.seal: Callable[[bytes, bytes, bytes, bytes], bytes] = bindings.crypto_aead_xchacha20poly1305_ietf_encrypt
        self._open: Callable[[bytes, bytes, bytes, bytes], bytes] = bindings.crypto_aead_xchacha20poly1305_ietf_decrypt
        self._error: type[Exception] = import_module("nacl.exceptions").CryptoError

    def open(self, sealed: bytes, data: bytes, nonce: bytes, key: bytes) -> bytes:
        try:
            return self._open(sealed, data, nonce, key)
        except self._error:
            raise BadSignature from None


_loaded: list[_Aead] = []


def _aead() -> _Aead:
    """Return the AEAD, or raise ConfigError where the extra is missing."""
    if not _loaded:
        try:
            _loaded.append(_Aead())
        except (ImportError, AttributeError):
            missing_extra("encryption", "suite 02 needs PyNaCl 1.5 or later")
    return _loaded[0]


def require_encryption() -> None:
    """Raise ConfigError where this process cannot run suite 02."""
    _aead()


def missing_extra(extra: str, why: str) -> NoReturn:
    """Raise the ConfigError that names an extra of this package."""
    raise ConfigError(f'{why}: pip install "sealring[{extra}]"') from None


def deflate(body: bytes) -> bytes:
    """Return one complete DEFLATE stream of a body: RFC 1951."""
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(body) + compressor.flush()


def inflate(stream: bytes, limit: int) -> bytes:
    """Return what exactly one DEFLATE stream holds, or raise BadPayload: Section 9.1.

    The limit, in bytes, is at least 1; what is larger is not made.
    """
    decompressor = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
    try:
        body = decompressor.decompress(stream, limit + 1)
    except zlib.error:
        raise BadPayload("not one complete DEFLATE stream") from None
    if len(body) > limit:
        raise BadPayload("larger than the limit once decompressed")
    if not decompressor.eof or decompressor.unused_data:
        raise BadPayload("not one complete DEFLATE stream")
    return body
