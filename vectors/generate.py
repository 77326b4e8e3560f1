"""Write the shared test vectors envelope.json and ring.json.

    python vectors/generate.py [OUTDIR]

The script is a second implementation of the envelope format and of the ring document, written from
their specification alone. It builds every token by hand, and then opens each one with the reader
below: a case whose author and reader disagree is not written, the script stops. The output is the
same on every machine: nonces and secrets are hashes of labels, there is no clock and no randomness,
and no DEFLATE stream comes from a compressor.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import datetime
import hashlib
import hmac
import json
import math
import re
import string
import struct
import sys
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NoReturn

import msgpack
from nacl.bindings import (
    crypto_aead_xchacha20poly1305_ietf_decrypt,
    crypto_aead_xchacha20poly1305_ietf_encrypt,
)
from nacl.exceptions import CryptoError

Case = dict[str, Any]

# --- constants of the format -----------------------------------------------------------------------

MAGIC = bytes.fromhex("b2bd7f")
OTHER_VERSIONS = {base64.urlsafe_b64decode(f"sr{digit}_"): digit for digit in "023456789"}
HMAC_SUITE, AEAD_SUITE = 1, 2
RAW, JSON, MSGPACK = 0, 1, 2
DEFLATE = 0x80

SUITE_AT, CONTENT_AT, ID_SIZE_AT, ISSUED_AT, EXPIRES_AT, ID_AT = 3, 4, 5, 6, 12, 18
FIXED_SIZE = 18
NONCE_SIZE, TAG_SIZE, MAC_SIZE = 24, 16, 32
MAX_ID_SIZE = 32
MAX_TIME = 253402300799999  # the last millisecond of the year 9999
MAX_ENVELOPE, MAX_TEXT, MAX_DECODED = 65_536, 87_382, 1 << 20
MAX_DEPTH, MAX_NODES, MAX_NUMBER = 100, 65_536, 400
MAX_RING_SIZE, MAX_RING_KEYS, MAX_GENERATION = 1 << 20, 1000, 2**53 - 1

HMAC_LABEL = b"sealring/v1/hmac-sha256\0"
AEAD_LABEL = b"sealring/v1/xchacha20-poly1305\0"
KEY_ID_LABEL = b"sealring/v1/key-id"
SECRET_PREFIX = "srk1_"

ID_PATTERN = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._-]*")
NAME_PATTERN = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
TIME_PATTERN = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})\.([0-9]{3})Z")
EPOCH = datetime.datetime(1970, 1, 1)

# Fewer cases than this mean that a group was lost.
MIN_ENVELOPE_CASES, MIN_RING_CASES = 1000, 250


def fail(message: str) -> NoReturn:
    """Stop without writing. Not an assert: the checks must also hold under python -O."""
    sys.exit(f"generate.py: {message}")


# --- primitives ------------------------------------------------------------------------------------


def u32(value: int) -> bytes:
    return value.to_bytes(4, "big")


def u48(value: int) -> bytes:
    return value.to_bytes(6, "big")


def u64(value: int) -> bytes:
    return value.to_bytes(8, "big")


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def sha256_label(kind: str, label: str) -> bytes:
    return hashlib.sha256(f"sealring vectors {kind} {label}".encode("ascii")).digest()


def nonce_for(label: str) -> bytes:
    return sha256_label("nonce", label)[:NONCE_SIZE]


def hmac_sha256(key: bytes, message: bytes) -> bytes:
    return hmac.new(key, message, hashlib.sha256).digest()


def hkdf(secret: bytes, info: bytes, size: int) -> bytes:
    """HKDF-SHA256 with an empty salt (RFC 5869)."""
    prk = hmac_sha256(bytes(32), secret)
    block, output, counter = b"", b"", 1
    while len(output) < size:
        block = hmac_sha256(prk, block + info + bytes([counter]))
        output += block
        counter += 1
    return output[:size]


def mac_key(secret: bytes, purpose: str) -> bytes:
    return hkdf(secret, HMAC_LABEL + purpose.encode("ascii"), 32)


def aead_keys(secret: bytes, purpose: str) -> tuple[bytes, bytes]:
    """Return the commitment key and the encryption key."""
    both = hkdf(secret, AEAD_LABEL + purpose.encode("ascii"), 64)
    return both[:32], both[32:]


def default_id(secret: bytes) -> str:
    return base64.b32encode(hkdf(secret, KEY_ID_LABEL, 5)).decode("ascii").lower()


def framed(bind: bytes) -> bytes:
    return bind + u64(len(bind))


def bind_parts(*parts: bytes) -> bytes:
    """Join several parts into the one string that is bound."""
    return u64(len(parts)) + b"".join(u64(len(part)) + part for part in parts)


def seal1(header: bytes, body: bytes, secret: bytes, purpose: str, bind: bytes) -> bytes:
    signed = header + body
    return signed + hmac_sha256(mac_key(secret, purpose), signed + framed(bind))


def seal2(header: bytes, nonce: bytes, body: bytes, secret: bytes, purpose: str, bind: bytes) -> bytes:
    commitment_key, encryption_key = aead_keys(secret, purpose)
    sealed = crypto_aead_xchacha20poly1305_ietf_encrypt(body, header + framed(bind), nonce, encryption_key)
    tag = sealed[-TAG_SIZE:]
    return header + nonce + sealed + hmac_sha256(commitment_key, header + nonce + tag + framed(bind))


# --- what goes into a token ------------------------------------------------------------------------


@dataclass(frozen=True)
class Key:
    id: str
    secret: bytes
    seal_from: int | None = None
    open_until: int | None = None
    disabled: bool = False

    def entry(self) -> dict[str, Any]:
        """Return the key as it stands in a case."""
        entry: dict[str, Any] = {"id": self.id, "secret": SECRET_PREFIX + b64(self.secret)}
        if self.seal_from is not None:
            entry["seal_from_ms"] = self.seal_from
        if self.open_until is not None:
            entry["open_until_ms"] = self.open_until
        if self.disabled:
            entry["disabled"] = True
        return entry


def new_key(label: str, key_id: str = "") -> Key:
    secret = sha256_label("secret", label)
    return Key(key_id or default_id(secret), secret)


KNOWN_KEY = Key("z7dbov4z", bytes(range(32)))
KEY_A, KEY_B, KEY_C = new_key("a"), new_key("b"), new_key("c")

ISSUED, EXPIRES = 1767225600000, 1767229200000
NOW = ISSUED + 60_000
NEVER = 0
USER = {"user_id": 123, "username": "admin", "roles": ["editor", "viewer"]}
USER_JSON = b'{"user_id":123,"username":"admin","roles":["editor","viewer"]}'
USER_MSGPACK: bytes = msgpack.packb(USER)
TEXT = b"The body of a raw envelope, long enough to be read as another layout."


@dataclass(frozen=True)
class Envelope:
    """The parts of an envelope. Nothing is checked: cases are made from impossible values too."""

    key: Key = KEY_A
    purpose: str = "session"
    bind: bytes = b""
    suite: int = HMAC_SUITE
    content: int = RAW
    issued: int = ISSUED
    expires: int = EXPIRES
    body: bytes = TEXT
    nonce: bytes = nonce_for("envelope")
    magic: bytes = MAGIC
    raw_id: bytes | None = None  # in place of the key's ID
    id_size: int | None = None  # in place of the length of the key ID

    def header(self) -> bytes:
        key_id = self.key.id.encode() if self.raw_id is None else self.raw_id
        size = len(key_id) if self.id_size is None else self.id_size
        fixed = self.magic + bytes([self.suite, self.content, size])
        return fixed + u48(self.issued) + u48(self.expires) + key_id

    def seal(self) -> bytes:
        """Seal with a correct MAC; a suite that does not exist is laid out as suite 01."""
        if self.suite == AEAD_SUITE:
            return seal2(self.header(), self.nonce, self.body, self.key.secret, self.purpose, self.bind)
        return seal1(self.header(), self.body, self.key.secret, self.purpose, self.bind)

    def text(self) -> str:
        return b64(self.seal())

    def but(self, **changes: Any) -> Envelope:
        return dataclasses.replace(self, **changes)


SIGNED = Envelope()
ENCRYPTED = Envelope(suite=AEAD_SUITE)


# --- cases -----------------------------------------------------------------------------------------


def question(name: str, env: Envelope, token: bytes | str | None, comment: str, reader: Case) -> Case:
    """Return a case without its answer. The reader knows what the sealing side knew, unless told."""
    if token is None:
        token = env.seal()
    case: Case = {"name": name}
    if comment:
        case["comment"] = comment
    case["keys"] = [key.entry() for key in reader.pop("keys", (env.key,))]
    case["purpose"] = reader.pop("purpose", env.purpose)
    case["bind"] = reader.pop("bind", env.bind).hex()
    case["now_ms"] = reader.pop("now", NOW)
    case["suites"] = list(reader.pop("suites", (HMAC_SUITE, AEAD_SUITE)))
    for option in ("max_age", "leeway"):
        if option in reader:
            case[f"{option}_ms"] = reader.pop(option)
    if reader:
        fail(f"{name}: unknown options {sorted(reader)}")
    case["token"] = token if isinstance(token, str) else b64(token)
    return case


def accept(
    name: str, env: Envelope, *, inflated: bytes | None = None, comment: str = "", **reader: Any
) -> Case:
    """Return a case that opens; inflated is the body where env.body is a DEFLATE stream."""
    case = question(name, env, None, comment, reader)
    if inflated is None:
        if env.suite == AEAD_SUITE:
            case["nonce"] = env.nonce.hex()
        case["reproduce"] = True
    case["expect"] = {
        "key_id": env.key.id,
        "suite": env.suite,
        "content": env.content & ~DEFLATE,
        "issued_ms": env.issued,
        "expires_ms": env.expires,
        "body": (env.body if inflated is None else inflated).hex(),
    }
    return case


def reject(
    name: str,
    error: str,
    env: Envelope = SIGNED,
    token: bytes | str | None = None,
    *,
    comment: str = "",
    **reader: Any,
) -> Case:
    """Return a case that does not open: env as it is sealed, or token in its place."""
    return {**question(name, env, token, comment, reader), "error": error}


def splice(data: bytes, start: int, end: int, new: bytes = b"") -> bytes:
    return data[:start] + new + data[end:]


def flip(data: bytes, index: int, bit: int = 0) -> bytes:
    index %= len(data)
    return splice(data, index, index + 1, bytes([data[index] ^ 1 << bit]))


# --- reader: text, layout, authentication, time ----------------------------------------------------


class Refusal(Exception):
    """The class of failure with which the reader refuses."""


def decode_text(text: str) -> bytes:
    """Decode strictly: what does not encode back to the same text is not a token."""
    if not re.fullmatch(r"[A-Za-z0-9_-]*", text):
        raise Refusal("malformed")
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        raise Refusal("malformed") from None
    if b64(data) != text:
        raise Refusal("malformed")
    return data


@dataclass(frozen=True)
class Header:
    suite: int
    content: int
    issued: int
    expires: int
    key_id: bytes
    size: int


def parse_header(data: bytes) -> Header:
    if len(data) < FIXED_SIZE:
        raise Refusal("malformed")
    if data[:3] in OTHER_VERSIONS:
        raise Refusal("unsupported_version")
    if data[:3] != MAGIC:
        raise Refusal("malformed")
    suite, content, id_size = data[SUITE_AT], data[CONTENT_AT], data[ID_SIZE_AT]
    if suite not in (HMAC_SUITE, AEAD_SUITE) or content & ~DEFLATE not in (RAW, JSON, MSGPACK):
        raise Refusal("unsupported")
    if suite == AEAD_SUITE and content & DEFLATE:
        raise Refusal("malformed")
    issued = int.from_bytes(data[ISSUED_AT:EXPIRES_AT], "big")
    expires = int.from_bytes(data[EXPIRES_AT:ID_AT], "big")
    size = FIXED_SIZE + id_size
    header = Header(suite, content, issued, expires, data[FIXED_SIZE:size], size)
    check_ranges(header, id_size)
    sealed_size = MAC_SIZE if suite == HMAC_SUITE else NONCE_SIZE + TAG_SIZE + MAC_SIZE
    if len(data) < size + sealed_size:
        raise Refusal("malformed")
    return header


def check_ranges(header: Header, id_size: int) -> None:
    if not 1 <= id_size <= MAX_ID_SIZE or not ID_PATTERN.fullmatch(header.key_id):
        raise Refusal("malformed")
    if header.issued > MAX_TIME or header.expires > MAX_TIME:
        raise Refusal("malformed")
    if header.expires != NEVER and header.expires <= header.issued:
        raise Refusal("malformed")


def find_secret(case: Case, key_id: str) -> bytes:
    for key in case["keys"]:
        closed = "open_until_ms" in key and case["now_ms"] >= key["open_until_ms"]
        if key["id"] == key_id and not closed and not key.get("disabled", False):
            return decode_text(key["secret"].removeprefix(SECRET_PREFIX))
    raise Refusal("unknown_key")


def open_signed(data: bytes, header: Header, secret: bytes, purpose: str, bind: bytes) -> bytes:
    signed, mac = data[:-MAC_SIZE], data[-MAC_SIZE:]
    if not hmac.compare_digest(hmac_sha256(mac_key(secret, purpose), signed + framed(bind)), mac):
        raise Refusal("bad_signature")
    return signed[header.size :]


def open_encrypted(data: bytes, header: Header, secret: bytes, purpose: str, bind: bytes) -> bytes:
    commitment_key, encryption_key = aead_keys(secret, purpose)
    head = data[: header.size]
    nonce = data[header.size : header.size + NONCE_SIZE]
    sealed, commitment = data[header.size + NONCE_SIZE : -MAC_SIZE], data[-MAC_SIZE:]
    committed = head + nonce + sealed[-TAG_SIZE:] + framed(bind)
    if not hmac.compare_digest(hmac_sha256(commitment_key, committed), commitment):
        raise Refusal("bad_signature")
    try:
        return crypto_aead_xchacha20poly1305_ietf_decrypt(sealed, head + framed(bind), nonce, encryption_key)
    except CryptoError:
        raise Refusal("bad_signature") from None


def check_time(case: Case, header: Header) -> None:
    now = case["now_ms"]
    if header.issued > now + case.get("leeway_ms", 0):
        raise Refusal("not_yet_valid")
    if header.expires != NEVER and now >= header.expires:
        raise Refusal("expired")
    if "max_age_ms" in case and now - header.issued > case["max_age_ms"]:
        raise Refusal("expired")


def inflate(stream: bytes) -> bytes:
    decoder = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
    try:
        data = decoder.decompress(stream, MAX_DECODED + 1)
    except zlib.error:
        raise Refusal("bad_payload") from None
    if len(data) > MAX_DECODED or not decoder.eof or decoder.unused_data:
        raise Refusal("bad_payload")
    return data


def open_token(case: Case) -> Case:
    """Open the token of a case in the specified order of checks; return what `expect` holds."""
    if len(case["token"].encode()) > MAX_TEXT:  # bytes: what arrives has not been decoded to characters
        raise Refusal("too_large")
    data = decode_text(case["token"])
    header = parse_header(data)
    if header.suite not in case["suites"]:
        raise Refusal("refused")
    key_id = header.key_id.decode("ascii")
    secret = find_secret(case, key_id)
    open_suite = open_signed if header.suite == HMAC_SUITE else open_encrypted
    body = open_suite(data, header, secret, case["purpose"], bytes.fromhex(case["bind"]))
    check_time(case, header)
    content = header.content & ~DEFLATE
    if header.content & DEFLATE:
        body = inflate(body)
    check_payload(content, body)
    return {
        "key_id": key_id,
        "suite": header.suite,
        "content": content,
        "issued_ms": header.issued,
        "expires_ms": header.expires,
        "body": body.hex(),
    }


def check_payload(content: int, body: bytes) -> None:
    if content == JSON:
        JsonChecker(body).check()
    elif content == MSGPACK:
        MessagePackChecker(body).check()


# --- reader: JSON ----------------------------------------------------------------------------------


class JsonChecker:
    """A recursive descent over one document; MAX_DEPTH bounds the recursion."""

    NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
    SPACE = re.compile(r"[ \t\r\n]*")
    PLAIN = re.compile(r'[^"\\\x00-\x1f]*')
    HEX = re.compile(r"[0-9A-Fa-f]{4}")
    ESCAPES: ClassVar = dict(zip('"\\/bfnrt', '"\\/\b\f\n\r\t', strict=True))

    def __init__(self, body: bytes) -> None:
        try:
            self.text = body.decode("utf-8")
        except UnicodeDecodeError:
            raise Refusal("bad_payload") from None
        self.at = 0

    def check(self) -> None:
        self.space()
        self.value(0)
        self.space()
        if self.at != len(self.text):
            raise Refusal("bad_payload")

    def space(self) -> None:
        self.match(self.SPACE)

    def match(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.at)
        if not found:
            raise Refusal("bad_payload")
        self.at = found.end()
        return found[0]

    def skip(self, literal: str) -> bool:
        found = self.text.startswith(literal, self.at)
        if found:
            self.at += len(literal)
        return found

    def need(self, literal: str) -> None:
        if not self.skip(literal):
            raise Refusal("bad_payload")

    def value(self, depth: int) -> None:
        if self.skip("{"):
            self.object(depth + 1)
        elif self.skip("["):
            self.array(depth + 1)
        elif self.skip('"'):
            self.string()
        elif not any(self.skip(word) for word in ("true", "false", "null")):
            self.number()

    def number(self) -> None:
        number = self.match(self.NUMBER)
        if len(number) > MAX_NUMBER or not math.isfinite(float(number)):
            raise Refusal("bad_payload")

    def array(self, depth: int) -> None:
        self.enter(depth)
        if self.skip("]"):
            return
        while True:
            self.item(depth)
            if self.skip("]"):
                return
            self.need(",")

    def object(self, depth: int) -> None:
        self.enter(depth)
        seen: set[str] = set()
        if self.skip("}"):
            return
        while True:
            self.space()
            self.need('"')
            name = self.string()
            if name in seen:
                raise Refusal("bad_payload")
            seen.add(name)
            self.space()
            self.need(":")
            self.item(depth)
            if self.skip("}"):
                return
            self.need(",")

    def enter(self, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise Refusal("bad_payload")
        self.space()

    def item(self, depth: int) -> None:
        self.space()
        self.value(depth)
        self.space()

    def string(self) -> str:
        """Read what follows the opening quote; return the string unescaped."""
        parts = []
        while True:
            parts.append(self.match(self.PLAIN))
            if self.skip('"'):
                return "".join(parts)
            self.need("\\")
            parts.append(self.escape())

    def escape(self) -> str:
        letter = self.text[self.at : self.at + 1]
        self.at += 1
        if letter != "u":
            if letter not in self.ESCAPES:
                raise Refusal("bad_payload")
            return self.ESCAPES[letter]
        unit = int(self.match(self.HEX), 16)
        if not 0xD800 <= unit <= 0xDFFF:
            return chr(unit)
        # A surrogate is good only as the first half of a pair.
        self.need("\\u")
        low = int(self.match(self.HEX), 16)
        if unit > 0xDBFF or not 0xDC00 <= low <= 0xDFFF:
            raise Refusal("bad_payload")
        return chr(0x10000 + (unit - 0xD800 << 10) + low - 0xDC00)


# --- reader: MessagePack ---------------------------------------------------------------------------


class MessagePackChecker:
    """A walk over one object; MAX_DEPTH bounds the recursion."""

    TIMESTAMP = -1
    # The first and last second of the years 1 to 9999.
    FIRST_SECOND, LAST_SECOND = -62135596800, 253402300799

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.at = 0
        self.nodes = 0

    def check(self) -> None:
        self.value(0)
        if self.at != len(self.body):
            raise Refusal("bad_payload")

    def remaining(self) -> int:
        return len(self.body) - self.at

    def take(self, size: int) -> bytes:
        if size > self.remaining():
            raise Refusal("bad_payload")
        self.at += size
        return self.body[self.at - size : self.at]

    def unsigned(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def node(self) -> int:
        """Count one node and return its first byte."""
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise Refusal("bad_payload")
        return self.unsigned(1)

    def value(self, depth: int) -> None:
        self.dispatch(self.node(), depth)

    def dispatch(self, first: int, depth: int) -> None:
        if first <= 0x7F or first >= 0xE0 or first in (0xC0, 0xC2, 0xC3):
            return
        if 0xCC <= first <= 0xD3:
            self.take(1 << (first & 3))
        elif first in (0xCA, 0xCB):
            self.float(first)
        elif 0xC4 <= first <= 0xC6:
            self.take(self.unsigned(1 << first - 0xC4))
        elif 0xC7 <= first <= 0xC9:
            self.extension(self.unsigned(1 << first - 0xC7))
        elif 0xD4 <= first <= 0xD8:
            self.extension(1 << first - 0xD4)
        elif 0x80 <= first <= 0x8F or first in (0xDE, 0xDF):
            self.map(self.count(first, 0x80, 0xDE), depth + 1)
        elif 0x90 <= first <= 0x9F or first in (0xDC, 0xDD):
            self.array(self.count(first, 0x90, 0xDC), depth + 1)
        else:
            self.string(first)

    def count(self, first: int, fixed: int, wide: int) -> int:
        if first < wide:
            return first - fixed
        return self.unsigned(2 << first - wide)

    def float(self, first: int) -> None:
        layout, size = (">f", 4) if first == 0xCA else (">d", 8)
        if not math.isfinite(struct.unpack(layout, self.take(size))[0]):
            raise Refusal("bad_payload")

    def string(self, first: int) -> bytes:
        if 0xA0 <= first <= 0xBF:
            text = self.take(first - 0xA0)
        elif 0xD9 <= first <= 0xDB:
            text = self.take(self.unsigned(1 << first - 0xD9))
        else:
            raise Refusal("bad_payload")
        try:
            text.decode("utf-8")
        except UnicodeDecodeError:
            raise Refusal("bad_payload") from None
        return text

    def array(self, count: int, depth: int) -> None:
        self.enter(count, depth)
        for _ in range(count):
            self.value(depth)

    def map(self, count: int, depth: int) -> None:
        self.enter(2 * count, depth)
        seen: set[bytes] = set()
        for _ in range(count):
            name = self.string(self.node())
            if name in seen:
                raise Refusal("bad_payload")
            seen.add(name)
            self.value(depth)

    def enter(self, children: int, depth: int) -> None:
        # Every child takes a byte at least.
        if depth > MAX_DEPTH or children > self.remaining():
            raise Refusal("bad_payload")

    def extension(self, size: int) -> None:
        kind = int.from_bytes(self.take(1), "big", signed=True)
        data = self.take(size)
        if kind != self.TIMESTAMP or size not in (4, 8, 12):
            raise Refusal("bad_payload")
        nanoseconds, seconds = 0, int.from_bytes(data, "big")
        if size == 8:
            nanoseconds, seconds = seconds >> 34, seconds & (1 << 34) - 1
        elif size == 12:
            nanoseconds = int.from_bytes(data[:4], "big")
            seconds = int.from_bytes(data[4:], "big", signed=True)
        if nanoseconds >= 10**9 or not self.FIRST_SECOND <= seconds <= self.LAST_SECOND:
            raise Refusal("bad_payload")


# --- reader: ring documents ------------------------------------------------------------------------

PUBLISHED_SECRETS = {KNOWN_KEY.secret}
RING_FIELDS = {"version": int, "generation": int, "keys": list}
KEY_FIELDS = {"id": str, "secret": str, "created": str}
OPTIONAL_KEY_FIELDS = {"seal_from": str, "open_until": str, "disabled": bool, "comment": str}


def read_ring(document: str) -> list[Key]:
    """Read a ring document, or raise a Refusal that holds the reason in one word."""
    data = document.encode("utf-8")
    if len(data) > MAX_RING_SIZE:
        raise Refusal("too-large")
    try:
        JsonChecker(data).check()
    except Refusal:
        raise Refusal("json") from None
    ring = read_fields(json.loads(document), RING_FIELDS, {})
    if ring["version"] != 1:
        raise Refusal("version")
    if not 1 <= ring["generation"] <= MAX_GENERATION:
        raise Refusal("generation")
    if not 1 <= len(ring["keys"]) <= MAX_RING_KEYS:
        raise Refusal("too-many-keys" if ring["keys"] else "no-keys")
    keys = [read_key(entry) for entry in ring["keys"]]
    check_keys(keys)
    return keys


def read_fields(value: Any, required: Mapping[str, type], optional: Mapping[str, type]) -> dict[str, Any]:
    if type(value) is not dict:
        raise Refusal("type")
    known = {**required, **optional}
    for name, field in value.items():
        if name not in known:
            raise Refusal("unknown-field")
        # Not isinstance: true is no number.
        if type(field) is not known[name]:
            raise Refusal("type")
    if required.keys() - value.keys():
        raise Refusal("missing-field")
    return value


def read_key(value: Any) -> Key:
    entry = read_fields(value, KEY_FIELDS, OPTIONAL_KEY_FIELDS)
    key_id = entry["id"].encode("utf-8")
    if len(key_id) > MAX_ID_SIZE or not ID_PATTERN.fullmatch(key_id):
        raise Refusal("id")
    read_time(entry["created"])
    seal_from = read_time(entry["seal_from"]) if "seal_from" in entry else None
    open_until = read_time(entry["open_until"]) if "open_until" in entry else None
    if seal_from is not None and open_until is not None and open_until <= seal_from:
        raise Refusal("window")
    return Key(entry["id"], read_secret(entry["secret"]), seal_from, open_until, entry.get("disabled", False))


def read_secret(text: str) -> bytes:
    if not re.fullmatch(SECRET_PREFIX + "[A-Za-z0-9_-]{43}", text):
        raise Refusal("secret")
    try:
        secret = decode_text(text.removeprefix(SECRET_PREFIX))
    except Refusal:
        raise Refusal("secret") from None
    if len(set(secret)) == 1:
        raise Refusal("weak-secret")
    if secret in PUBLISHED_SECRETS:
        raise Refusal("published-secret")
    return secret


def read_time(text: str) -> int:
    found = TIME_PATTERN.fullmatch(text)
    if not found:
        raise Refusal("time")
    year, month, day, hour, minute, second, milliseconds = (int(group) for group in found.groups())
    try:
        moment = datetime.datetime(year, month, day, hour, minute, second)
    except ValueError:
        raise Refusal("time") from None
    if moment < EPOCH:
        raise Refusal("time")
    return (moment - EPOCH) // datetime.timedelta(seconds=1) * 1000 + milliseconds


def check_keys(keys: Sequence[Key]) -> None:
    if len({key.id for key in keys}) != len(keys):
        raise Refusal("duplicate-id")
    if len({key.secret for key in keys}) != len(keys):
        raise Refusal("duplicate-secret")
    enabled = [key.seal_from for key in keys if not key.disabled]
    if len(set(enabled)) != len(enabled):
        raise Refusal("equal-seal-from")


def primary_at(keys: Sequence[Key], moment: int) -> str | None:
    newest: Key | None = None
    for key in keys:
        if key.disabled or (key.seal_from is not None and key.seal_from > moment):
            continue
        if newest is None or seal_order(key) > seal_order(newest):
            newest = key
    # A closed primary means no primary: the one before it does not come back.
    if newest is None or (newest.open_until is not None and moment >= newest.open_until):
        return None
    return newest.id


def seal_order(key: Key) -> int:
    return -1 if key.seal_from is None else key.seal_from


# --- envelope cases: what opens --------------------------------------------------------------------

KNOWN_ANSWERS = {
    "known-answer-suite-01": (
        "sr1_AQEIAZt22qgAAZt3EZaAejdkYm92NHp7InVzZXJfaWQiOjEyMywidXNlcm5hbWUiOiJhZG1pbiIsInJvbGVzIjpbImVk"
        "aXRvciIsInZpZXdlciJdfVQqdWq3oqkRynpTaMWykuzO-jWcNFmcOeID5tdEZOka"
    ),
    "known-answer-suite-01-bound": (
        "sr1_AQEIAZt22qgAAZt3EZaAejdkYm92NHp7InVzZXJfaWQiOjEyMywidXNlcm5hbWUiOiJhZG1pbiIsInJvbGVzIjpbImVk"
        "aXRvciIsInZpZXdlciJdfaP1-s1DkBRHtelKbw2WNxFW6Ez1Z_LR-Ojp3HTIC40g"
    ),
    "known-answer-suite-02": (
        "sr1_AgEIAZt22qgAAZt3EZaAejdkYm92NHoAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhez3VdtdqCqwFfnplKa2O9chchFACSi"
        "AZ1ddSlloZFIjTVwCQvfnSbmaRsa4U3G3idHeqb94kW4HAxqhK6v-PFESSmKTzUQfVfqG4dverQmD8JuHDwrEBu4TU0NyH0A"
        "Oc4DTzInSidDa_OqfhdHoA"
    ),
    "known-answer-suite-02-messagepack-bound": (
        "sr1_AgIHAZt22qgAAAAAAAAAMjAyNi0wMQABAgMEBQYHCAkKCwwNDg8QERITFBUWF0tYV212oKrAV740FtuOsRCR1kXXK6cB"
        "kRHqeWupmVJxsTlPEMSeMTM9SCS0TdCAmt3rkmYGMD9AYl5A8r5HVedwiC0e4mP-BlrBDOQHMfeWibwCEMOc8VLXJ_lguzA"
    ),
}
KNOWN_SUBKEYS = (
    "d3b8f4bcced8ed7410cccd254b27a147b5de888073220a18e49071f70db90329",
    "26a63a31ff0875b6ea49092fe8b422db88dea049ffc0270af98af3ea4db13e79",
    "fec802478684da55d373b00c2ea78b0d55bec9495ec1878eb5922f0c8178e8eb",
)


def known_answer_cases() -> Iterator[Case]:
    if default_id(KNOWN_KEY.secret) != KNOWN_KEY.id:
        fail("the key ID of the known answers does not reproduce")
    subkeys = (mac_key(KNOWN_KEY.secret, "session"), *aead_keys(KNOWN_KEY.secret, "session"))
    for known, made in zip(KNOWN_SUBKEYS, subkeys, strict=True):
        if made.hex() != known:
            fail(f"the subkey {known} does not reproduce")
    signed = Envelope(KNOWN_KEY, content=JSON, body=USER_JSON, nonce=bytes(range(NONCE_SIZE)))
    encrypted = signed.but(suite=AEAD_SUITE)
    packed = encrypted.but(
        key=Key("2026-01", KNOWN_KEY.secret),
        content=MSGPACK,
        body=USER_MSGPACK,
        expires=NEVER,
        bind=b"sid-42",
    )
    envelopes = (signed, signed.but(bind=b"sid-42"), encrypted, packed)
    for (name, text), env in zip(KNOWN_ANSWERS.items(), envelopes, strict=True):
        if env.text() != text:
            fail(f"{name} does not reproduce")
        yield accept(name, env)


def body_of(content: int, size: int) -> bytes:
    """Return a valid body of exactly this size."""
    if content == RAW:
        return bytes(index * 7 & 0xFF for index in range(size))
    if size == 1:
        return b"7" if content == JSON else b"\x07"
    if content == JSON:
        return b'"' + (string.ascii_letters.encode() * size)[: size - 2] + b'"'
    head = 2 if size <= 257 else 3
    packed: bytes = msgpack.packb(body_of(RAW, size - head))
    return packed


CONTENTS = {RAW: "raw", JSON: "json", MSGPACK: "messagepack"}
SUITES = {HMAC_SUITE: "suite-01", AEAD_SUITE: "suite-02"}
BODY_SIZES = (0, 1, 255, 1024, 3000)
ID_SIZES = {1: new_key("id-1", "7"), 8: KEY_A, 32: new_key("id-32", "Key-2026.01_abcdefghijklmnopqrst")}
BINDS = {
    "unbound": b"",
    "one-part": b"sid-42",
    "two-parts": bind_parts(b"sid-42", b"user-7"),
    "three-parts": bind_parts(b"sid-42", b"\x00\xff", b"user-7"),
}


def matrix_cases() -> Iterator[Case]:
    keys = tuple(ID_SIZES.values())
    turn = 0
    for suite, suite_name in SUITES.items():
        for content, content_name in CONTENTS.items():
            for bind_name, bind in BINDS.items():
                for expires, expiry_name in ((NEVER, "never"), (EXPIRES, "expiring")):
                    name = f"{suite_name}-{content_name}-{bind_name}-{expiry_name}"
                    # Key-ID lengths and body sizes take turns, or there would be 500 cases.
                    key, size = keys[turn % 3], (2, 64, 200)[turn // 3 % 3]
                    turn += 1
                    body = body_of(content, size)
                    yield accept(
                        name,
                        Envelope(
                            key, "session", bind, suite, content, ISSUED, expires, body, nonce_for(name)
                        ),
                    )


def size_cases() -> Iterator[Case]:
    for suite, suite_name in SUITES.items():
        for content, content_name in CONTENTS.items():
            for size in BODY_SIZES[0 if content == RAW else 1 :]:
                name = f"body-{size}-bytes-{content_name}-{suite_name}"
                body = body_of(content, size)
                yield accept(name, Envelope(suite=suite, content=content, body=body, nonce=nonce_for(name)))
        for size, key in ID_SIZES.items():
            name = f"key-id-{size}-characters-{suite_name}"
            yield accept(name, Envelope(key, suite=suite, nonce=nonce_for(name)))
        name = f"key-id-32-characters-empty-body-{suite_name}"
        yield accept(name, Envelope(ID_SIZES[32], suite=suite, body=b"", nonce=nonce_for(name)))


def purpose_cases() -> Iterator[Case]:
    purposes = {
        "one-character": "s",
        "255-characters": ("password-reset " * 17)[:255],
        "with-spaces": " two words ",
        "all-printable": "".join(chr(code) for code in range(0x20, 0x7F)),
    }
    for suite, suite_name in SUITES.items():
        for purpose_name, purpose in purposes.items():
            name = f"purpose-{purpose_name}-{suite_name}"
            yield accept(name, Envelope(suite=suite, purpose=purpose, nonce=nonce_for(name)))


def ring_of_several_cases() -> Iterator[Case]:
    ring = (KEY_A, KEY_B, KEY_C)
    for place, key in zip(("first", "second", "third"), ring, strict=True):
        yield accept(f"three-keys-sealed-by-{place}", SIGNED.but(key=key), keys=ring)
    yield accept("three-keys-sealed-by-second-suite-02", ENCRYPTED.but(key=KEY_B), keys=ring)
    prefixed = (new_key("prefix-1", "k1"), new_key("prefix-12", "k12"))
    for key in prefixed:
        yield accept(f"one-id-prefix-of-other-{key.id}", SIGNED.but(key=key), keys=prefixed)
    cased = (new_key("case-lower", "key"), new_key("case-upper", "KEY"))
    for key, form in zip(cased, ("lower", "upper"), strict=True):
        yield accept(f"ids-differ-by-case-{form}", SIGNED.but(key=key), keys=cased)
    for key_id in ("0", "constructor", "a.._--"):
        name = f"key-id-{'dots-and-dashes' if '.' in key_id else key_id}"
        yield accept(name, SIGNED.but(key=new_key(name, key_id)))


def suites_cases() -> Iterator[Case]:
    yield accept("only-suite-01-accepted", SIGNED, suites=(1,))
    yield accept("only-suite-02-accepted", ENCRYPTED, suites=(2,))
    yield reject("suite-01-not-accepted", "refused", SIGNED, suites=(2,))
    yield reject("suite-02-not-accepted", "refused", ENCRYPTED, suites=(1,))
    yield reject("refused-before-unknown-key-suite-01", "refused", SIGNED, suites=(2,), keys=(KEY_B,))
    yield reject("refused-before-unknown-key-suite-02", "refused", ENCRYPTED, suites=(1,), keys=(KEY_B,))
    forged = flip(SIGNED.seal(), -1)
    yield reject("refused-before-bad-signature", "refused", SIGNED, forged, suites=(2,))
    yield reject("refused-before-expired", "refused", SIGNED, suites=(2,), now=EXPIRES)
    yield reject("unknown-suite-before-refused", "unsupported", SIGNED.but(suite=3), suites=(2,))
    short = splice(ENCRYPTED.seal(), 30, 120)
    yield reject("short-before-refused", "malformed", ENCRYPTED, short, suites=(1,))


# --- envelope cases: time and key windows ----------------------------------------------------------


def time_cases() -> Iterator[Case]:
    ever = SIGNED.but(expires=NEVER)
    yield accept("expires-1-ms-after-issue", SIGNED.but(expires=ISSUED + 1), now=ISSUED)
    yield accept("issued-0", SIGNED.but(issued=0))
    yield accept("issued-0-never-now-0", ever.but(issued=0), now=0)
    yield accept("issued-0-expires-1", SIGNED.but(issued=0, expires=1), now=0)
    yield accept("issued-at-maximum-never", ever.but(issued=MAX_TIME), now=MAX_TIME)
    yield accept(
        "issued-at-maximum-never-suite-02", ENCRYPTED.but(issued=MAX_TIME, expires=NEVER), now=MAX_TIME
    )
    yield accept("expires-at-maximum", SIGNED.but(expires=MAX_TIME))
    yield accept("expires-at-maximum-now-1-ms-before", SIGNED.but(expires=MAX_TIME), now=MAX_TIME - 1)
    yield reject("expires-at-maximum-now-at-maximum", "expired", SIGNED.but(expires=MAX_TIME), now=MAX_TIME)
    yield accept("never-expires-now-at-maximum", ever, now=MAX_TIME)
    yield accept("now-is-issued", SIGNED, now=ISSUED)
    yield reject("issued-1-ms-from-now", "not_yet_valid", SIGNED, now=ISSUED - 1)
    yield reject("issued-1-ms-from-now-suite-02", "not_yet_valid", ENCRYPTED, now=ISSUED - 1)
    yield reject("issued-1-ms-from-now-leeway-0", "not_yet_valid", SIGNED, now=ISSUED - 1, leeway=0)
    yield reject("issued-10-s-from-now-no-leeway", "not_yet_valid", SIGNED, now=ISSUED - 10_000)
    yield reject("issued-at-maximum-now-today", "not_yet_valid", ever.but(issued=MAX_TIME))
    yield accept("leeway-just-enough", SIGNED, now=ISSUED - 10_000, leeway=10_000)
    yield reject("leeway-1-ms-short", "not_yet_valid", SIGNED, now=ISSUED - 10_001, leeway=10_000)
    yield accept("leeway-1-ms", SIGNED, now=ISSUED - 1, leeway=1)
    yield accept("now-1-ms-before-expiry", SIGNED, now=EXPIRES - 1)
    yield reject("now-is-expiry", "expired", SIGNED, now=EXPIRES)
    yield reject("now-is-expiry-suite-02", "expired", ENCRYPTED, now=EXPIRES)
    yield reject("now-long-after-expiry", "expired", SIGNED, now=MAX_TIME)
    yield reject("leeway-does-not-extend-expiry", "expired", SIGNED, now=EXPIRES, leeway=10_000)
    yield from max_age_cases(ever)
    yield from time_order_cases()


def max_age_cases(ever: Envelope) -> Iterator[Case]:
    minute = 60_000
    yield accept("max-age-reached", SIGNED, now=ISSUED + minute, max_age=minute)
    yield reject("max-age-1-ms-exceeded", "expired", SIGNED, now=ISSUED + minute + 1, max_age=minute)
    yield accept("max-age-0-at-age-0", SIGNED, now=ISSUED, max_age=0)
    yield reject("max-age-0-at-age-1-ms", "expired", SIGNED, now=ISSUED + 1, max_age=0)
    yield accept("max-age-reached-never-expires", ever, now=ISSUED + minute, max_age=minute)
    yield reject("max-age-exceeded-never-expires", "expired", ever, now=ISSUED + minute + 1, max_age=minute)
    yield reject("max-age-0-never-expires", "expired", ever, now=ISSUED + 1, max_age=0)
    yield reject(
        "max-age-longer-than-expiry", "expired", SIGNED, now=EXPIRES, max_age=10 * (EXPIRES - ISSUED)
    )
    yield reject(
        "leeway-does-not-extend-max-age", "expired", SIGNED, now=ISSUED + 1, max_age=0, leeway=10_000
    )
    yield accept(
        "max-age-0-issued-in-leeway",
        SIGNED,
        now=ISSUED - 5_000,
        max_age=0,
        leeway=10_000,
        comment="the age is negative, which is no excess",
    )
    yield reject("max-age-does-not-excuse-future", "not_yet_valid", SIGNED, now=ISSUED - 1, max_age=minute)
    yield reject("max-age-exceeded-suite-02", "expired", ENCRYPTED, now=ISSUED + 1001, max_age=1000)
    yield reject("max-age-999-ms-is-not-0-s", "expired", SIGNED, now=ISSUED + 1000, max_age=999)
    yield accept("max-age-1500-ms-is-not-1-s", SIGNED, now=ISSUED + 1500, max_age=1500)


def time_order_cases() -> Iterator[Case]:
    """Pairs of faults: the earlier step answers."""
    for env, suite_name in ((SIGNED, "suite-01"), (ENCRYPTED, "suite-02")):
        forged = flip(env.seal(), -1)
        yield reject(f"expired-and-forged-{suite_name}", "bad_signature", env, forged, now=EXPIRES)
        yield reject(f"future-and-forged-{suite_name}", "bad_signature", env, forged, now=ISSUED - 1)
    yield reject("expired-and-unknown-key", "unknown_key", keys=(KEY_B,), now=EXPIRES)
    broken = SIGNED.but(content=JSON, body=b"{")
    yield reject("expired-and-bad-payload", "expired", broken, now=EXPIRES)
    yield reject("future-and-bad-payload", "not_yet_valid", broken, now=ISSUED - 1)
    yield reject("max-age-exceeded-and-bad-payload", "expired", broken, now=ISSUED + 2, max_age=1)
    yield reject("forged-and-bad-payload", "bad_signature", broken, flip(broken.seal(), -1))
    broken_stream = SIGNED.but(content=JSON | DEFLATE, body=b"\x07")
    yield reject("expired-and-bad-deflate", "expired", broken_stream, now=EXPIRES)
    bomb = SIGNED.but(content=RAW | DEFLATE, body=deflate_run(b"", 0, MAX_DECODED + 1))
    yield reject("forged-and-bomb", "bad_signature", bomb, flip(bomb.seal(), -1))


def window_cases() -> Iterator[Case]:
    changed = dataclasses.replace
    first = changed(KEY_A, seal_from=1)
    other = changed(KEY_B, seal_from=2)
    closing = changed(first, open_until=EXPIRES)
    later = SIGNED.but(expires=EXPIRES + 3_600_000)
    yield accept("key-closes-in-1-ms", SIGNED.but(key=closing), now=EXPIRES - 1, keys=(closing, other))
    yield reject(
        "key-closed",
        "unknown_key",
        later,
        now=EXPIRES,
        keys=(closing, other),
        comment="the key was closed earlier than planned when the token was sealed",
    )
    yield reject("key-closed-suite-02", "unknown_key", later.but(suite=2), now=EXPIRES, keys=(closing, other))
    yield reject("key-closed-only-key", "unknown_key", later, now=EXPIRES, keys=(closing,))
    yield reject("key-closed-before-expired", "unknown_key", now=EXPIRES, keys=(closing, other))
    yield reject(
        "leeway-does-not-reopen-key", "unknown_key", later, now=EXPIRES, keys=(closing, other), leeway=10_000
    )
    yield reject(
        "closed-before-bad-signature",
        "unknown_key",
        later,
        flip(later.seal(), -1),
        now=EXPIRES,
        keys=(closing, other),
    )
    yield accept("other-key-closed", SIGNED, now=EXPIRES - 1, keys=(first, changed(other, open_until=ISSUED)))
    disabled = changed(first, disabled=True)
    yield reject("key-disabled", "unknown_key", keys=(disabled, other))
    yield reject("key-disabled-suite-02", "unknown_key", ENCRYPTED, keys=(disabled, other))
    yield reject("newest-key-disabled", "unknown_key", keys=(other, changed(disabled, seal_from=3)))
    yield accept("other-key-disabled", SIGNED, keys=(first, changed(other, disabled=True)))
    yield reject(
        "disabled-before-bad-signature", "unknown_key", token=flip(SIGNED.seal(), -1), keys=(disabled, other)
    )
    staged = changed(KEY_A, seal_from=NOW + 3_600_000)
    yield accept("key-staged", SIGNED.but(key=staged), keys=(other, staged))
    yield accept("key-staged-suite-02", ENCRYPTED.but(key=staged), keys=(other, staged))
    yield accept("key-staged-1-ms-ahead", SIGNED, keys=(other, changed(KEY_A, seal_from=NOW + 1)))
    yield accept("older-key-still-open", SIGNED, keys=(first, changed(other, seal_from=ISSUED + 1)))


# --- envelope cases: text --------------------------------------------------------------------------

ALPHABET = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"


def with_remainder(size: int) -> Envelope:
    """Return an envelope whose size leaves this remainder modulo 3."""
    env = SIGNED.but(body=b"abc")
    while len(env.seal()) % 3 != size:
        env = env.but(body=env.body + b"x")
    return env


def text_cases() -> Iterator[Case]:
    whole, one_over, two_over = with_remainder(0), with_remainder(1), with_remainder(2)
    text = whole.text()
    for env, remainder in ((whole, 0), (one_over, 1), (two_over, 2)):
        yield accept(f"text-remainder-{remainder}", env)
    yield reject("text-padded-once", "malformed", two_over, two_over.text() + "=")
    yield reject("text-padded-twice", "malformed", one_over, one_over.text() + "==")
    yield reject("text-half-padded", "malformed", one_over, one_over.text() + "=")
    yield reject("text-padded-without-need", "malformed", whole, text + "=")
    yield reject("text-padding-group", "malformed", whole, text + "====")
    yield reject("text-length-1-modulo-4", "malformed", whole, text + "A")
    yield from foreign_character_cases(whole, text)
    yield from wrapped_text_cases(whole, text)
    yield from trailing_bit_cases(one_over, two_over)
    yield from short_text_cases()


FOREIGN_CHARACTERS = {
    "lf": "\n",
    "cr": "\r",
    "crlf": "\r\n",
    "space": " ",
    "tab": "\t",
    "nul": "\0",
    "bom": "\ufeff",
    "zero-width-space": "\u200b",
    "line-separator": "\u2028",
    "no-break-space": "\u00a0",
}


def foreign_character_cases(env: Envelope, text: str) -> Iterator[Case]:
    middle = len(text) // 2
    for name, mark in FOREIGN_CHARACTERS.items():
        yield reject(f"text-{name}-at-start", "malformed", env, mark + text)
        yield reject(f"text-{name}-inside", "malformed", env, text[:middle] + mark + text[middle:])
        yield reject(f"text-{name}-at-end", "malformed", env, text + mark)
    yield reject("text-lf-every-76-characters", "malformed", env, "\n".join((text[:76], text[76:])))
    replacements = {
        "exclamation-mark": "!",
        "dot": ".",
        "tilde": "~",
        "plus": "+",
        "slash": "/",
        "equals-sign": "=",
        "cyrillic-a": "\u0430",
        "fullwidth-a": "\uff21",
        "latin-1-letter": "\u00e9",
        "emoji": "\U0001f600",
    }
    for name, mark in replacements.items():
        yield reject(f"text-{name}-in-place", "malformed", env, text[:middle] + mark + text[middle + 1 :])
    yield reject("text-junk-at-end", "malformed", env, text + "!!!!")
    # Bytes 1 to 6 of this body are two base64 groups of the two letters that the alphabets differ in.
    letters = SIGNED.but(body=b"." + bytes.fromhex("fbefbeffffff"))
    if "----____" not in letters.text():
        fail("the token for the standard alphabet lacks its letters")
    yield accept("text-minus-and-underscore", letters)
    yield reject("text-standard-alphabet-plus", "malformed", letters, letters.text().replace("----", "++++"))
    yield reject("text-standard-alphabet-slash", "malformed", letters, letters.text().replace("____", "////"))
    yield reject("text-standard-alphabet-prefix", "malformed", env, "sr1/" + text[4:])


def wrapped_text_cases(env: Envelope, text: str) -> Iterator[Case]:
    yield reject("text-percent-encoded-underscore", "malformed", env, "sr1%5F" + text[4:])
    yield reject("text-percent-encoded-padding", "malformed", env, text + "%3D")
    yield reject("text-cyrillic-prefix", "malformed", env, "\u0455" + text[1:])
    yield reject("text-fullwidth-digit-in-prefix", "malformed", env, "sr\uff11_" + text[4:])
    yield reject("text-upper-case-prefix", "malformed", env, "SR1_" + text[4:])
    yield reject("text-prefix-missing", "malformed", env, text[4:])
    yield reject(
        "text-prefix-doubled",
        "unsupported",
        env,
        "sr1_" + text,
        comment="the second prefix stands where suite and content belong: suite b2",
    )
    yield reject("text-bearer", "malformed", env, "Bearer " + text)
    yield reject("text-double-quoted", "malformed", env, f'"{text}"')
    yield reject("text-single-quoted", "malformed", env, f"'{text}'")
    yield reject("text-two-tokens-with-dot", "malformed", env, f"{text}.{text}")
    yield reject("text-two-tokens-joined", "bad_signature", env, text + text)
    yield reject("text-hex", "malformed", env, env.seal().hex())
    yield reject("text-encoded-twice", "malformed", env, b64(text.encode()))


def trailing_bit_cases(one_over: Envelope, two_over: Envelope) -> Iterator[Case]:
    """Every other last character that decodes to the same bytes."""
    for env, bits in ((one_over, 4), (two_over, 2)):
        text = env.text()
        last = ALPHABET.index(text[-1])
        for extra in range(1, 1 << bits):
            name = f"text-trailing-bits-{extra}-of-{bits}-bits"
            yield reject(name, "malformed", env, text[:-1] + ALPHABET[last + extra])


def short_text_cases() -> Iterator[Case]:
    sealed = SIGNED.seal()
    yield reject("text-empty", "malformed", token="")
    yield reject("text-one-character", "malformed", token="s")
    yield reject("text-only-sr1", "malformed", token="sr1")
    yield reject("text-only-prefix", "malformed", token="sr1_")
    yield reject("text-prefix-and-suite", "malformed", token=sealed[:4])
    yield reject("bytes-17", "malformed", token=sealed[:17])
    yield reject("bytes-18", "malformed", token=sealed[:18])


def size_limit_cases() -> Iterator[Case]:
    room = MAX_ENVELOPE - len(SIGNED.but(body=b"").seal())
    largest = SIGNED.but(body=body_of(RAW, room))
    larger = SIGNED.but(body=body_of(RAW, room + 1))
    huge = SIGNED.but(body=body_of(RAW, room + 75_000 - MAX_ENVELOPE))
    yield accept("size-65536-bytes", largest)
    for env, length in ((largest, MAX_TEXT), (larger, MAX_TEXT + 1), (huge, 100_000)):
        if len(env.text()) != length:
            fail(f"a token for the size limit has not {length} characters")
    yield reject("size-65537-bytes", "too_large", larger)
    yield reject("size-100000-characters", "too_large", huge)
    yield reject("size-87383-junk-characters", "too_large", token="!" * (MAX_TEXT + 1))
    yield reject("size-87381-junk-characters", "malformed", token="!" * (MAX_TEXT - 1))
    yield reject(
        "size-87383-bytes-of-fewer-characters",
        "too_large",
        token="!" + "\u00e9" * (MAX_TEXT // 2),
        comment="43,692 characters; the limit counts the bytes of the text's UTF-8",
    )


# --- envelope cases: magic, suite, content, field ranges --------------------------------------------


def magic_cases() -> Iterator[Case]:
    sealed, text = SIGNED.seal(), SIGNED.text()
    for magic, digit in OTHER_VERSIONS.items():
        yield reject(f"version-sr{digit}", "unsupported_version", SIGNED.but(magic=magic))
    two = base64.urlsafe_b64decode("sr2_")
    yield reject("version-sr2-suite-02", "unsupported_version", ENCRYPTED.but(magic=two))
    yield reject("version-sr2-18-bytes", "unsupported_version", token=two + sealed[3:18])
    yield reject("version-sr2-17-bytes", "malformed", token=two + sealed[3:17])
    yield reject("version-sr2-only-prefix", "malformed", token="sr2_")
    yield reject("version-sr2-bad-character-at-end", "malformed", token="sr2_" + text[4:-1] + "!")
    yield reject("version-sr2-lf-at-end", "malformed", token="sr2_" + text[4:] + "\n")
    yield reject("version-sr2-unknown-suite", "unsupported_version", SIGNED.but(magic=two, suite=9))
    yield reject("version-sr2-unknown-content", "unsupported_version", SIGNED.but(magic=two, content=0x33))
    yield reject("version-sr2-key-id-empty", "unsupported_version", SIGNED.but(magic=two, raw_id=b""))
    yield reject("version-sr2-unknown-key", "unsupported_version", SIGNED.but(magic=two), keys=(KEY_B,))
    yield reject(
        "version-sr2-nothing-accepted-but-suite-02", "unsupported_version", SIGNED.but(magic=two), suites=(2,)
    )
    starts = ("srA_", "sra_", "sr1-", "sr1A", "sr10", "sr-_", "sr__", "sR1_", "tr1_", "ss1_", "AAAA", "____")
    names = (
        "letter-version",
        "lower-letter-version",
        "minus",
        "no-underscore",
        "two-digits",
        "minus-version",
        "underscore-version",
        "upper-case-r",
        "other-first-letter",
        "other-second-letter",
        "zeros",
        "ones",
    )
    for name, start in zip(names, starts, strict=True):
        yield reject(f"magic-{name}", "malformed", token=start + text[4:])
    yield reject("magic-secret-text", "malformed", token=SECRET_PREFIX + b64(KEY_B.secret))
    jwt = ".".join((b64(b'{"alg":"none"}'), b64(USER_JSON), ""))
    yield reject("magic-jwt", "malformed", token=jwt)
    yield reject("magic-fernet", "malformed", token=bytes([0x80]) + bytes(4) + u32(ISSUED // 1000) + sealed)
    yield reject("magic-byte-in-front", "malformed", token=b"\0" + sealed)


def suite_and_content_cases() -> Iterator[Case]:
    for suite in (0, 3, 0x7F, 0x80, 0x81, 0xFF):
        yield reject(f"suite-{suite:02x}", "unsupported", SIGNED.but(suite=suite))
    for content in (3, 0x7F, 0x83, 0xFF):
        yield reject(f"content-{content:02x}", "unsupported", SIGNED.but(content=content))
    for content in (3, 0x7F):
        yield reject(f"content-{content:02x}-suite-02", "unsupported", ENCRYPTED.but(content=content))
    for content, name in CONTENTS.items():
        env = ENCRYPTED.but(content=content | DEFLATE, body=stored(body_of(content, 64)))
        yield reject(f"deflate-{name}-suite-02", "malformed", env)
    yield reject("suite-00-mac-of-zeros", "unsupported", token=SIGNED.but(suite=0).seal()[:-32] + bytes(32))
    yield reject("suite-00-no-mac", "unsupported", token=SIGNED.but(suite=0).seal()[:-32])
    yield reject("unknown-suite-before-unknown-key", "unsupported", SIGNED.but(suite=3), keys=(KEY_B,))
    yield reject("unknown-suite-before-key-id-range", "unsupported", SIGNED.but(suite=3, raw_id=b""))
    yield reject("unknown-content-before-time-range", "unsupported", SIGNED.but(content=3, expires=ISSUED))
    yield reject("unknown-content-before-expired", "unsupported", SIGNED.but(content=3), now=EXPIRES)
    signed, encrypted = SIGNED.seal(), ENCRYPTED.seal()
    swapped = splice(signed, SUITE_AT, SUITE_AT + 1, b"\x02")
    yield reject("suite-01-relabelled-02", "bad_signature", token=swapped)
    yield reject(
        "suite-02-relabelled-01", "bad_signature", token=splice(encrypted, SUITE_AT, SUITE_AT + 1, b"\x01")
    )
    short = SIGNED.but(body=b"x" * (NONCE_SIZE + TAG_SIZE - 1)).seal()
    yield reject(
        "suite-01-relabelled-02-too-short", "malformed", token=splice(short, SUITE_AT, SUITE_AT + 1, b"\x02")
    )
    just = SIGNED.but(body=b"x" * (NONCE_SIZE + TAG_SIZE)).seal()
    yield reject(
        "suite-01-relabelled-02-just-long-enough",
        "bad_signature",
        token=splice(just, SUITE_AT, SUITE_AT + 1, b"\x02"),
    )


BAD_IDS = {
    "first-dot": ".hidden",
    "first-minus": "-rf",
    "first-underscore": "_key",
    "slash": "keys/a",
    "space": "key a",
    "nul": "key\0a",
    "single-quote": "key'a",
    "double-quote": 'key"a',
    "newline": "key\na",
    "newline-at-end": "key\n",
    "colon": "key:a",
    "percent": "key%2e",
    "backslash": "key\\a",
    "plus": "key+a",
    "at-sign": "key@a",
    "backquote": "key`a",
    "bracket": "key[a",
    "brace": "key{a",
    "del": "key\x7fa",
    "path": "../../dev/null",
    "sql": "' OR 1=1",
    "proto": "__proto__",
    "utf-8": "cl\u00e9",
    "empty": "",
    "33-characters": "a" * 33,
    "255-characters": "a" * 255,
}


def key_id_cases() -> Iterator[Case]:
    for name, key_id in BAD_IDS.items():
        key = Key(key_id, sha256_label("secret", f"bad id {name}"))
        yield reject(f"key-id-{name}", "malformed", SIGNED.but(key=key), keys=(KEY_A, key))
    yield reject("key-id-byte-80", "malformed", SIGNED.but(raw_id=b"key\x80"))
    yield reject("key-id-byte-ff-first", "malformed", SIGNED.but(raw_id=b"\xffkey"))
    path = new_key("bad id path suite 02", BAD_IDS["path"])
    yield reject("key-id-path-suite-02", "malformed", ENCRYPTED.but(key=path), keys=(KEY_A, path))
    # The length field alone is wrong: the bytes behind it are another field's.
    sealed = SIGNED.seal()
    for size in (0, 33, 255):
        wrong = splice(sealed, ID_SIZE_AT, ID_SIZE_AT + 1, bytes([size]))
        yield reject(f"key-id-size-{size}", "malformed", token=wrong)
    yield from key_id_border_cases()


def key_id_border_cases() -> Iterator[Case]:
    """The key ID and the body share a border; moving it must not go unnoticed."""
    letters = SIGNED.but(body=b"xyz" * 20)
    longer = new_key("border longer", KEY_A.id + "x")
    shorter = new_key("border shorter", KEY_A.id[:-1])
    size = len(KEY_A.id)
    plus = splice(letters.seal(), ID_SIZE_AT, ID_SIZE_AT + 1, bytes([size + 1]))
    minus = splice(letters.seal(), ID_SIZE_AT, ID_SIZE_AT + 1, bytes([size - 1]))
    yield reject("key-id-size-plus-1", "unknown_key", letters, plus)
    yield reject("key-id-size-plus-1-known", "bad_signature", letters, plus, keys=(KEY_A, longer))
    yield reject("key-id-size-minus-1", "unknown_key", letters, minus)
    yield reject("key-id-size-minus-1-known", "bad_signature", letters, minus, keys=(KEY_A, shorter))
    brace = SIGNED.but(content=JSON, body=USER_JSON)
    yield reject(
        "key-id-size-plus-1-into-json",
        "malformed",
        brace,
        splice(brace.seal(), ID_SIZE_AT, ID_SIZE_AT + 1, bytes([size + 1])),
    )
    moved = dataclasses.replace(longer, secret=KEY_A.secret)
    yield reject("key-id-size-plus-1-same-secret", "bad_signature", letters, plus, keys=(moved,))


def time_range_cases() -> Iterator[Case]:
    for env, suite_name in ((SIGNED, "suite-01"), (ENCRYPTED, "suite-02")):
        faults = {
            "issued-above-maximum": env.but(issued=MAX_TIME + 1, expires=NEVER),
            "issued-2-to-48": env.but(issued=2**48 - 1, expires=NEVER),
            "expires-above-maximum": env.but(expires=MAX_TIME + 1),
            "expires-2-to-48": env.but(expires=2**48 - 1),
            "expires-is-issued": env.but(expires=ISSUED),
            "expires-1-ms-before-issued": env.but(expires=ISSUED - 1),
            "expires-1-ms-after-epoch": env.but(expires=1),
        }
        for name, fault in faults.items():
            yield reject(f"{name}-{suite_name}", "malformed", fault, now=ISSUED)
    yield reject(
        "issued-above-maximum-now-too", "malformed", SIGNED.but(issued=MAX_TIME + 1, expires=NEVER), now=2**48
    )
    yield reject(
        "expires-is-issued-at-maximum",
        "malformed",
        SIGNED.but(issued=MAX_TIME, expires=MAX_TIME),
        now=MAX_TIME,
    )


def length_cases() -> Iterator[Case]:
    signed, encrypted = SIGNED.seal(), ENCRYPTED.seal()
    head = len(SIGNED.header())
    bare1, bare2 = SIGNED.but(body=b"").seal(), ENCRYPTED.but(body=b"").seal()
    cuts = {
        "inside-key-id": signed[: head - 4],
        "header-only": signed[:head],
        "half-mac": bare1[:-16],
        "mac-lacks-1-byte": bare1[:-1],
        "suite-02-header-only": encrypted[:head],
        "suite-02-half-nonce": encrypted[: head + 12],
        "suite-02-nothing-after-nonce": encrypted[: head + NONCE_SIZE],
        "suite-02-no-commitment": bare2[:-MAC_SIZE],
        "suite-02-half-commitment": bare2[:-16],
        "suite-02-commitment-lacks-1-byte": bare2[:-1],
        "suite-02-no-tag": splice(bare2, head + NONCE_SIZE, head + NONCE_SIZE + TAG_SIZE),
        "suite-02-no-nonce": splice(bare2, head, head + NONCE_SIZE),
    }
    for name, cut in cuts.items():
        yield reject(f"cut-{name}", "malformed", token=cut)
    forged = {
        "cut-mac-off-body-left": signed[:-MAC_SIZE],
        "cut-commitment-off-body-left": encrypted[:-MAC_SIZE],
        "cut-tag-out-body-left": splice(encrypted, -MAC_SIZE - TAG_SIZE, -MAC_SIZE),
        "cut-nonce-out-body-left": splice(encrypted, head, head + NONCE_SIZE),
        "byte-appended": signed + b"\0",
        "byte-appended-suite-02": encrypted + b"\0",
        "mac-appended-twice": signed + signed[-MAC_SIZE:],
        "byte-inserted-in-body": splice(signed, head + 5, head + 5, b"x"),
        "last-byte-removed": signed[:-1],
        "last-byte-removed-suite-02": encrypted[:-1],
        "body-byte-removed": splice(signed, head + 5, head + 6),
        "body-byte-removed-suite-02": splice(encrypted, head + NONCE_SIZE + 5, head + NONCE_SIZE + 6),
        "body-removed": splice(signed, head, len(signed) - MAC_SIZE),
    }
    for name, token in forged.items():
        yield reject(name, "bad_signature", token=token)
    yield reject("first-byte-removed", "malformed", token=signed[1:])


# --- envelope cases: keys and authentication --------------------------------------------------------


def unknown_key_cases() -> Iterator[Case]:
    named = SIGNED.but(key=new_key("unknown key", "Session-2026"))
    yield reject("key-not-in-ring", "unknown_key", keys=(KEY_B,))
    yield reject("key-not-in-ring-suite-02", "unknown_key", ENCRYPTED, keys=(KEY_B, KEY_C))
    near = {
        "differs-by-case": "session-2026",
        "is-prefix-of-known": "Session-20261",
        "has-known-as-prefix": "Session-202",
        "differs-in-last": "Session-2027",
    }
    for name, known in near.items():
        key = dataclasses.replace(named.key, id=known)
        yield reject(f"key-id-{name}", "unknown_key", named, keys=(key,), comment=f"the ring knows {known}")
    forged = flip(SIGNED.seal(), -1)
    yield reject("unknown-key-before-bad-signature", "unknown_key", token=forged, keys=(KEY_B,))
    for env, suite_name in ((SIGNED, "suite-01"), (ENCRYPTED, "suite-02")):
        retagged = splice(env.seal(), ID_AT, ID_AT + 8, KEY_B.id.encode())
        yield reject(f"key-id-retagged-{suite_name}", "bad_signature", env, retagged, keys=(KEY_A, KEY_B))
        yield reject(f"key-id-retagged-unknown-{suite_name}", "unknown_key", env, retagged)
        same = dataclasses.replace(KEY_A, id=KEY_B.id)
        yield reject(
            f"key-id-retagged-same-secret-{suite_name}", "bad_signature", env, retagged, keys=(same,)
        )
        other = dataclasses.replace(KEY_B, id=KEY_A.id)
        yield reject(f"same-id-other-secret-{suite_name}", "bad_signature", env, keys=(other,))


def flipped_bit_cases() -> Iterator[Case]:
    env = SIGNED.but(content=JSON, body=USER_JSON)
    for base, suite_name in ((env, "suite-01"), (env.but(suite=AEAD_SUITE), "suite-02")):
        sealed = base.seal()
        head = len(base.header())
        start = head + (NONCE_SIZE if base.suite == AEAD_SUITE else 0)
        places = {
            "content": CONTENT_AT,
            "issued-last-byte": EXPIRES_AT - 1,
            "issued-middle": ISSUED_AT + 3,
            "expires-last-byte": ID_AT - 1,
            "expires-middle": EXPIRES_AT + 3,
            "body-first-byte": start,
            "body-middle": start + len(USER_JSON) // 2,
            "body-last-byte": start + len(USER_JSON) - 1,
            "mac-first-byte": -MAC_SIZE,
            "mac-middle": -MAC_SIZE // 2,
            "mac-last-byte": -1,
        }
        if base.suite == AEAD_SUITE:
            places |= {"nonce-first-byte": head, "nonce-last-byte": start - 1}
            places |= {"tag-first-byte": -MAC_SIZE - TAG_SIZE, "tag-last-byte": -MAC_SIZE - 1}
        for name, index in places.items():
            yield reject(f"bit-flipped-{name}-{suite_name}", "bad_signature", base, flip(sealed, index))
        yield reject(f"mac-top-bit-flipped-{suite_name}", "bad_signature", base, flip(sealed, -1, 7))
    yield reject("deflate-bit-set", "bad_signature", env, flip(env.seal(), CONTENT_AT, 7))
    sealed = env.seal()
    never = splice(sealed, EXPIRES_AT, ID_AT, bytes(6))
    yield reject("expiry-removed", "bad_signature", env, never)
    yield reject("expiry-removed-after-expiry", "bad_signature", env, never, now=EXPIRES)
    key = new_key("bit flip", "key1")
    flipped = flip(SIGNED.but(key=key).seal(), ID_AT + 3)
    neighbour = new_key("bit flip neighbour", "key0")
    yield reject("bit-flipped-key-id-known", "bad_signature", token=flipped, keys=(key, neighbour))
    yield reject("bit-flipped-key-id-unknown", "unknown_key", token=flipped, keys=(key,))


def wrong_mac_cases() -> Iterator[Case]:
    """Suite 01: a MAC over the right bytes, made with a key that is not the MAC key."""
    signed = SIGNED.seal()[:-MAC_SIZE]
    commitment_key, encryption_key = aead_keys(KEY_A.secret, "session")
    message = signed + framed(b"")
    right = mac_key(KEY_A.secret, "session")
    wrong = {
        "mac-of-zeros": bytes(MAC_SIZE),
        "mac-of-ones": b"\xff" * MAC_SIZE,
        "mac-by-raw-secret": hmac_sha256(KEY_A.secret, message),
        "mac-by-empty-key": hmac_sha256(b"", message),
        "mac-by-key-id": hmac_sha256(KEY_A.id.encode(), message),
        "mac-by-other-key": hmac_sha256(mac_key(KEY_B.secret, "session"), message),
        "mac-by-commitment-key": hmac_sha256(commitment_key, message),
        "mac-by-encryption-key": hmac_sha256(encryption_key, message),
        "mac-without-purpose": hmac_sha256(hkdf(KEY_A.secret, HMAC_LABEL, 32), message),
        "mac-without-bind-length": hmac_sha256(right, signed),
        "mac-over-body-only": hmac_sha256(right, TEXT + framed(b"")),
        "mac-over-text-form": hmac_sha256(right, b64(signed).encode() + framed(b"")),
        "mac-truncated-and-filled": hmac_sha256(right, message)[:16] + bytes(16),
        "mac-reversed": hmac_sha256(right, message)[::-1],
        "mac-is-plain-hash": hashlib.sha256(message).digest(),
        "mac-sha512": hmac.new(right, message, hashlib.sha512).digest()[:MAC_SIZE],
    }
    for name, mac in wrong.items():
        yield reject(name, "bad_signature", token=signed + mac, keys=(KEY_A, KEY_B))


def purpose_mismatch_cases() -> Iterator[Case]:
    mismatches = {
        "other": "password-reset",
        "upper-case": "Session",
        "trailing-space": "session ",
        "prefix": "sessio",
        "longer": "sessions",
    }
    for env, suite_name in ((SIGNED, "suite-01"), (ENCRYPTED, "suite-02")):
        for name, purpose in mismatches.items():
            yield reject(f"purpose-{name}-{suite_name}", "bad_signature", env, purpose=purpose)


def bind_mismatch_cases() -> Iterator[Case]:
    mismatches = {
        "other": (b"sid-42", b"sid-43"),
        "absent": (b"sid-42", b""),
        "unasked": (b"", b"sid-42"),
        "longer": (b"sid-42", b"sid-420"),
        "shorter": (b"sid-42", b"sid-4"),
        "nul-appended": (b"sid-42", b"sid-42\0"),
        "case-differs": (b"sid-42", b"SID-42"),
        "nul-for-empty": (b"", b"\0"),
        "parts-split-elsewhere": (bind_parts(b"ab", b"c"), bind_parts(b"a", b"bc")),
        "parts-in-other-order": (bind_parts(b"ab", b"c"), bind_parts(b"c", b"ab")),
        "two-parts-as-one": (bind_parts(b"ab", b"c"), b"abc"),
        "one-part-as-two": (b"abc", bind_parts(b"ab", b"c")),
        "part-missing": (bind_parts(b"ab", b"c", b"d"), bind_parts(b"ab", b"c")),
        "nfd-for-nfc": ("\u00e9".encode(), "e\u0301".encode()),
    }
    for base, suite_name in ((SIGNED, "suite-01"), (ENCRYPTED, "suite-02")):
        for name, (sealed, opened) in mismatches.items():
            yield reject(f"bind-{name}-{suite_name}", "bad_signature", base.but(bind=sealed), bind=opened)
    yield from bind_collision_cases()


def bind_collision_cases() -> Iterator[Case]:
    """The end of the body becomes the bind, or the reverse: without a length the MAC would agree."""
    together = SIGNED.but(body=TEXT + b"sid-42")
    apart = SIGNED.but(bind=b"sid-42")
    yield accept("body-ends-like-a-bind", together)
    yield reject(
        "end-of-body-moved-into-bind",
        "bad_signature",
        apart,
        apart.seal()[:-MAC_SIZE] + together.seal()[-MAC_SIZE:],
    )
    yield reject(
        "bind-moved-into-end-of-body",
        "bad_signature",
        together,
        together.seal()[:-MAC_SIZE] + apart.seal()[-MAC_SIZE:],
    )
    framed_body = SIGNED.but(body=TEXT + framed(b"sid-42"))
    yield reject(
        "framed-bind-moved-into-end-of-body",
        "bad_signature",
        framed_body,
        framed_body.seal()[:-MAC_SIZE] + apart.seal()[-MAC_SIZE:],
    )
    encrypted = ENCRYPTED.but(bind=b"sid-42")
    unbound_commitment = ENCRYPTED.seal()[-MAC_SIZE:]
    yield reject(
        "bound-but-commitment-unbound",
        "bad_signature",
        encrypted,
        encrypted.seal()[:-MAC_SIZE] + unbound_commitment,
    )


def commitment_cases() -> Iterator[Case]:
    """Suite 02: the commitment and the AEAD each right alone, made by a holder of the keys."""
    sealed = ENCRYPTED.seal()
    head, nonce = ENCRYPTED.header(), ENCRYPTED.nonce
    commitment_key, encryption_key = aead_keys(KEY_A.secret, "session")
    ciphertext = sealed[len(head) + NONCE_SIZE : -MAC_SIZE - TAG_SIZE]

    def committed(tag: bytes, key: bytes = commitment_key) -> bytes:
        return tag + hmac_sha256(key, head + nonce + tag + framed(b""))

    tag = sealed[-MAC_SIZE - TAG_SIZE : -MAC_SIZE]
    front = head + nonce + ciphertext
    wrong = {
        "commitment-right-tag-of-zeros": front + committed(bytes(TAG_SIZE)),
        "commitment-right-tag-wrong": front + committed(flip(tag, 0)),
        "commitment-of-zeros": front + tag + bytes(MAC_SIZE),
        "commitment-by-encryption-key": front + committed(tag, encryption_key),
        "commitment-by-raw-secret": front + committed(tag, KEY_A.secret),
        "commitment-by-mac-key": front + committed(tag, mac_key(KEY_A.secret, "session")),
        "commitment-by-other-key": front + committed(tag, aead_keys(KEY_B.secret, "session")[0]),
        "commitment-by-other-purpose": front + committed(tag, aead_keys(KEY_A.secret, "reset")[0]),
        "commitment-is-signature-of-suite-01": front
        + tag
        + hmac_sha256(mac_key(KEY_A.secret, "session"), front + tag + framed(b"")),
        "commitment-of-other-envelope": front
        + tag
        + ENCRYPTED.but(nonce=nonce_for("other")).seal()[-MAC_SIZE:],
    }
    for name, token in wrong.items():
        yield reject(name, "bad_signature", ENCRYPTED, token, keys=(KEY_A, KEY_B))
    other = crypto_aead_xchacha20poly1305_ietf_encrypt(TEXT, head + framed(b""), nonce, commitment_key)
    yield reject(
        "encrypted-with-commitment-key",
        "bad_signature",
        ENCRYPTED,
        head + nonce + other[:-TAG_SIZE] + committed(other[-TAG_SIZE:]),
    )
    unbound = crypto_aead_xchacha20poly1305_ietf_encrypt(TEXT, head, nonce, encryption_key)
    yield reject(
        "aead-without-bind-length",
        "bad_signature",
        ENCRYPTED,
        head + nonce + unbound[:-TAG_SIZE] + committed(unbound[-TAG_SIZE:]),
    )


# --- envelope cases: one ciphertext, two keys -------------------------------------------------------
#
# Poly1305 evaluates a polynomial at a secret point: tag = (sum of block * r^power mod p) + s mod 2^128.
# Whoever knows r and s of two keys can solve for one block that makes both tags equal.

POLY_PRIME = (1 << 130) - 5
BLOCK = 16


def rotate(word: int, count: int) -> int:
    return (word << count | word >> 32 - count) & 0xFFFFFFFF


def quarter_round(state: list[int], a: int, b: int, c: int, d: int) -> None:
    for x, y, z, count in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        state[x] = (state[x] + state[y]) & 0xFFFFFFFF
        state[z] = rotate(state[z] ^ state[x], count)


def chacha20_rounds(key: bytes, tail: bytes) -> tuple[list[int], list[int]]:
    """Return the state before and after 20 rounds; tail is the last row (RFC 8439, Section 2.3)."""
    before = list(struct.unpack("<16I", b"expand 32-byte k" + key + tail))
    after = before.copy()
    for _ in range(10):
        for column in range(4):
            quarter_round(after, column, column + 4, column + 8, column + 12)
        for column in range(4):
            places = (column, (column + 1) % 4 + 4, (column + 2) % 4 + 8, (column + 3) % 4 + 12)
            quarter_round(after, *places)
    return before, after


def poly1305_key(key: bytes, nonce: bytes) -> tuple[int, int]:
    """Return r and s of XChaCha20-Poly1305 for a key and a nonce."""
    _, mixed = chacha20_rounds(key, nonce[:16])
    subkey = struct.pack("<8I", *mixed[:4], *mixed[12:])
    before, after = chacha20_rounds(subkey, bytes(8) + nonce[16:])
    words = [(x + y) & 0xFFFFFFFF for x, y in zip(before, after, strict=True)][:8]
    block = struct.pack("<8I", *words)
    clamp = 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    return int.from_bytes(block[:16], "little") & clamp, int.from_bytes(block[16:], "little")


def poly1305_blocks(ad: bytes, ciphertext: bytes) -> list[int]:
    padded = b"".join(part + bytes(-len(part) % BLOCK) for part in (ad, ciphertext))
    data = padded + struct.pack("<QQ", len(ad), len(ciphertext))
    return [int.from_bytes(data[at : at + BLOCK] + b"\1", "little") for at in range(0, len(data), BLOCK)]


def poly1305_sum(blocks: Sequence[int], r: int) -> int:
    total = 0
    for block in blocks:
        total = (total + block) * r % POLY_PRIME
    return total


def solve_block(ads: Sequence[bytes], keys: Sequence[tuple[int, int]], fixed: bytes) -> bytes | None:
    """Return the first block in front of fixed with which both tags agree, if there is one."""
    # Its power is its distance from the end, which is the same under both keys.
    power = len(fixed) // BLOCK + 2
    rests = []
    for ad, (r, _) in zip(ads, keys, strict=True):
        blocks = poly1305_blocks(ad, bytes(BLOCK) + fixed)
        blocks[-power] = 0
        rests.append(poly1305_sum(blocks, r))
    (r1, s1), (r2, s2) = keys
    factor = pow(pow(r1, power, POLY_PRIME) - pow(r2, power, POLY_PRIME), -1, POLY_PRIME)
    # The tags are equal modulo 2^128 only, hence the few multiples.
    for multiple in range(-4, 5):
        block = (rests[1] - rests[0] + s2 - s1 + (multiple << 128)) * factor % POLY_PRIME
        if block >> 128 != 1:
            continue
        solved = (block - (1 << 128)).to_bytes(BLOCK, "little")
        if len({poly1305_tag(ad, key, solved + fixed) for ad, key in zip(ads, keys, strict=True)}) == 1:
            return solved
    return None


def poly1305_tag(ad: bytes, key: tuple[int, int], ciphertext: bytes) -> bytes:
    total = poly1305_sum(poly1305_blocks(ad, ciphertext), key[0])
    return (total + key[1] & (1 << 128) - 1).to_bytes(BLOCK, "little")


def salamander(env: Envelope, other: Key) -> Envelope:
    """Return env with a body that makes ciphertext and tag open under the other key as well."""
    ads = [env.header() + framed(b""), env.but(key=other).header() + framed(b"")]
    secrets = [aead_keys(key.secret, env.purpose)[1] for key in (env.key, other)]
    keys = [poly1305_key(secret, env.nonce) for secret in secrets]
    for attempt in range(256):
        fixed = b"one ciphertext, " + bytes([attempt]) + b" and two keys .".rjust(BLOCK - 1)
        block = solve_block(ads, keys, fixed)
        if block is None:
            continue
        sealed = block + fixed + poly1305_tag(ads[0], keys[0], block + fixed)
        bodies = [
            crypto_aead_xchacha20poly1305_ietf_decrypt(sealed, ad, env.nonce, secret)
            for ad, secret in zip(ads, secrets, strict=True)
        ]
        return env.but(body=bodies[0])
    fail("no ciphertext found that opens under two keys")


def two_key_cases() -> Iterator[Case]:
    twin = dataclasses.replace(KEY_B, id=KEY_A.id)
    env = salamander(ENCRYPTED.but(nonce=nonce_for("same id")), twin)
    comment = "ciphertext and tag are valid under both secrets, the commitment under the first only"
    yield accept("two-secrets-one-id-first", env, comment=comment)
    yield reject("two-secrets-one-id-second", "bad_signature", env, keys=(twin,), comment=comment)
    env = salamander(ENCRYPTED.but(nonce=nonce_for("other id")), KEY_B)
    ring = (KEY_A, KEY_B)
    yield accept("two-secrets-two-ids-first", env, keys=ring, comment=comment)
    retagged = splice(env.seal(), ID_AT, ID_AT + 8, KEY_B.id.encode())
    yield reject("two-secrets-two-ids-second", "bad_signature", env, retagged, keys=ring, comment=comment)


# --- envelope cases: DEFLATE ------------------------------------------------------------------------
#
# Streams are written bit by bit or stand here as constants, because compressors differ.


class BitWriter:
    """Bits in the order of RFC 1951, Section 3.1.1: the lowest bit of a byte first."""

    def __init__(self) -> None:
        self.bits = 0
        self.size = 0

    def put(self, value: int, width: int) -> BitWriter:
        self.bits |= value << self.size
        self.size += width
        return self

    def code(self, value: int, width: int) -> BitWriter:
        """Write a Huffman code, whose highest bit comes first."""
        for shift in reversed(range(width)):
            self.put(value >> shift & 1, 1)
        return self

    def data(self) -> bytes:
        return self.bits.to_bytes((self.size + 7) // 8, "little")


STORED, FIXED, DYNAMIC, RESERVED = 0, 1, 2, 3


def block_start(kind: int, final: bool = True) -> BitWriter:
    return BitWriter().put(int(final), 1).put(kind, 2)


def stored(data: bytes, final: bool = True) -> bytes:
    return block_start(STORED, final).data() + struct.pack("<HH", len(data), len(data) ^ 0xFFFF) + data


def fixed_literals(writer: BitWriter, data: bytes) -> BitWriter:
    for byte in data:
        if byte < 144:
            writer.code(0x30 + byte, 8)
        else:
            writer.code(0x190 + byte - 144, 9)
    return writer


def fixed(data: bytes) -> bytes:
    return fixed_literals(block_start(FIXED), data).code(0, 7).data()


def deflate_run(head: bytes, byte: int, count: int) -> bytes:
    """Return a short stream of head and count times one byte.

    A stored block holds head and the odd bytes; a dynamic block repeats the last byte by matches of
    258, with one bit for the length and one for the distance.
    """
    matches, odd = divmod(count - 1, 258)
    writer = block_start(DYNAMIC).put(286 - 257, 5).put(0, 5).put(18 - 4, 4)
    # Lengths of the code-length code, in its own order: 1 bit for "length 1" and for "run of zeros".
    for symbol in (16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1):
        writer.put(int(symbol in (1, 18)), 3)
    for zeros in (138, 118, 0, 28, 0, 0):  # symbols 256 (end), 285 (length 258) and distance 1 are used
        if zeros:
            writer.code(1, 1).put(zeros - 11, 7)
        else:
            writer.code(0, 1)
    for _ in range(matches):
        writer.code(1, 1).code(0, 1)
    return stored(head + bytes([byte]) * (odd + 1), final=False) + writer.code(0, 1).data()


DEFLATE_JSON = b'{"users":[' + b",".join(b'{"id":%d,"name":"user %d"}' % (n, n) for n in range(40)) + b"]}"
DEFLATE_MSGPACK: bytes = msgpack.packb([{"id": n, "name": f"user {n}", "ok": n % 3 == 0} for n in range(40)])
DEFLATE_RAW = b"".join(b"line %d of a raw body\n" % (n * n) for n in range(40))
DYNAMIC_STREAMS = {
    RAW: bytes.fromhex(
        "7592410ac3300c04ef7d859e60c9926c3f27a109044203bd94febef49cf17559891dadcee3b549916b9745decb47d6eb"
        "f97d9c7f51497412078e27a916a456f43aee4d8cd031ad16263376bb3308f30d0664420b7677dc5dcdf94cdc0953bab3"
        "bbe3ee304c120d73275326bb1bef6e9ca473eec1942327cdf309b5f0c555b9209df4a9c6f56b9d7c8b4f9e2b6ebff803"
    ),
    JSON: bytes.fromhex(
        "5dd3bb0a02411483e15791a92d3689d77d15b110dcc2420bc54a7c774561b227edfc553ecebcdaf331dd1f6d3cbcdae5"
        "dcc661d96ea7ebd4c6dffb6268efe53fa006f4c01ad8836a500fab1a563dac6b58f7b0a961d3c3b6866d0fbb1a763dec"
        "6bd87b604cc76c7b8ef77ac47c783f0200164010c00608045801c1003b2020600904056c81c08035181ab4064383b35b"
        "c863b0064383d66068d01a0c0d5a83a1416b3034680d8606adc1d0a035141ab2864243d6506868f637f2735843a1216b"
        "2834640d8586aca1d09035141ab28642435f8de3fb03"
    ),
    MSGPACK: bytes.fromhex(
        "4dd2494e425114846104451a4145c186be1118c27b348fe590c8c01035d1b00276428cee03b7c162144855fee997732b"
        "b772ce2ed65f6f5e9e635f6ff3d7c5f7ea73f1d1186cde97bf7b3c010eff71bbc73830102680a19e9f02479a3c038e85"
        "49e044cfcf81534da68091300d9ce979e6803fc7cf0f349aa5bad3053550428e1a6a364f75ad4bea580957d48966afa9"
        "6e56a0464ab8a1ce347b0b0ddcad481d2aa144f5c2eea8ee764f1d29e181ea9d3d52ddad4c9d2aa142f5daaa5477ab41"
        "439f629deabd35a8eed6a4fa1a5b54efad4d75b70ed507f944f5deba5477eb510f37f907"
    ),
}


def deflate_cases() -> Iterator[Case]:
    plain = {RAW: DEFLATE_RAW, JSON: DEFLATE_JSON, MSGPACK: DEFLATE_MSGPACK}
    for content, name in CONTENTS.items():
        data = plain[content]
        streams = {
            "stored": stored(data),
            "fixed": fixed(data),
            "dynamic": DYNAMIC_STREAMS[content],
            "three-stored-blocks": stored(data[:10], False) + stored(data[10:20], False) + stored(data[20:]),
            "stored-then-fixed": stored(data[:10], False) + fixed(data[10:]),
            "empty-last-block": stored(data, False) + fixed(b""),
        }
        for kind, stream in streams.items():
            yield inflating(f"deflate-{kind}-{name}", content, stream, data)
    yield inflating("deflate-empty-stored", RAW, stored(b""), b"")
    yield inflating("deflate-empty-fixed", RAW, fixed(b""), b"")
    yield inflating("deflate-run-of-8192", RAW, deflate_run(b"x", 0xFF, 8192), b"x" + b"\xff" * 8192)
    yield from broken_deflate_cases()


def inflating(name: str, content: int, stream: bytes, data: bytes) -> Case:
    if zlib.decompress(stream, -zlib.MAX_WBITS) != data:
        fail(f"{name}: the stream does not inflate to its body")
    return accept(name, SIGNED.but(content=content | DEFLATE, body=stream), inflated=data)


def broken_deflate_cases() -> Iterator[Case]:
    data, dynamic = DEFLATE_JSON, DYNAMIC_STREAMS[JSON]
    length_3 = (1, 7)  # the code of a match of length 3 in the fixed block
    far = fixed_literals(block_start(FIXED), b"12").code(*length_3).code(2, 5).code(0, 7)
    no_such_distance = fixed_literals(block_start(FIXED), b"12").code(*length_3).code(30, 5).code(0, 7)
    no_such_length = block_start(FIXED).code(0xC6, 8).code(0, 5).code(0, 7)
    oversubscribed = block_start(DYNAMIC).put(0, 5).put(0, 5).put(15, 4)
    for _ in range(19):
        oversubscribed.put(1, 3)
    wrong = {
        "empty-body": b"",
        "not-a-stream": data,
        "stored-cut": stored(data)[:-1],
        "stored-header-cut": stored(data)[:4],
        "stored-length-complement-wrong": flip(stored(data), 3),
        "fixed-cut": fixed(data)[:-2],
        "dynamic-cut": dynamic[:-1],
        "dynamic-cut-in-code-table": dynamic[:10],
        "dynamic-code-table-oversubscribed": oversubscribed.data(),
        "no-final-block": stored(data, final=False),
        "byte-after-stream": stored(data) + b"\0",
        "byte-after-fixed-stream": fixed(data) + b"\0",
        "line-feed-after-stream": dynamic + b"\n",
        "two-streams": stored(data) + stored(data),
        "empty-stream-after-stream": dynamic + fixed(b""),
        "zlib-wrapped": b"\x78\x01" + stored(data) + u32(zlib.adler32(data)),
        "gzip-wrapped": gzip_wrapped(data),
        "reserved-block-type": block_start(RESERVED).data() + bytes(8),
        "distance-too-far-back": far.data(),
        "distance-symbol-30": no_such_distance.data(),
        "length-symbol-286": no_such_length.data(),
    }
    for name, stream in wrong.items():
        yield reject(f"deflate-{name}", "bad_payload", SIGNED.but(content=JSON | DEFLATE, body=stream))
    bombs = {"1-mib-and-1-byte": MAX_DECODED + 1, "8-mib": 8 << 20}
    for name, size in bombs.items():
        env = SIGNED.but(content=RAW | DEFLATE, body=deflate_run(b"", 0, size))
        yield reject(f"deflate-bomb-{name}", "bad_payload", env)
    yield reject(
        "deflate-bomb-json",
        "bad_payload",
        SIGNED.but(content=JSON | DEFLATE, body=deflate_run(b"1", 0x20, MAX_DECODED)),
    )
    inside = {
        "json-broken-inside": (JSON, b'{"a":1'),
        "json-duplicate-key-inside": (JSON, b'{"a":1,"a":2}'),
        "json-empty-inside": (JSON, b""),
        "json-trailing-data-inside": (JSON, b"{} {}"),
        "messagepack-broken-inside": (MSGPACK, b"\x92\xc0"),
        "messagepack-trailing-byte-inside": (MSGPACK, b"\xc0\xc0"),
        "messagepack-empty-inside": (MSGPACK, b""),
    }
    for name, (content, body) in inside.items():
        yield reject(
            f"deflate-{name}", "bad_payload", SIGNED.but(content=content | DEFLATE, body=stored(body))
        )


def gzip_wrapped(data: bytes) -> bytes:
    head = bytes.fromhex("1f8b08000000000000ff")
    return head + stored(data) + struct.pack("<II", zlib.crc32(data), len(data))


# --- envelope cases: payloads -----------------------------------------------------------------------


def payload_cases(prefix: str, content: int, good: dict[str, Any], bad: dict[str, Any]) -> Iterator[Case]:
    """Return a case for every named body; a body is bytes or text."""
    for bodies, opens in ((good, True), (bad, False)):
        for name, body in bodies.items():
            data = body.encode("utf-8") if isinstance(body, str) else body
            env = SIGNED.but(content=content, body=data)
            if opens:
                yield accept(f"{prefix}-{name}", env)
            else:
                yield reject(f"{prefix}-{name}", "bad_payload", env)


def nested(depth: int, *pairs: str, inner: str = "") -> str:
    """Return depth containers in each other, taking turns between the pairs of opening and closing."""
    turns = [pairs[level % len(pairs)].split("|") for level in range(depth)]
    return "".join(start for start, _ in turns) + inner + "".join(end for _, end in reversed(turns))


def json_cases() -> Iterator[Case]:
    yield from payload_cases("json", JSON, JSON_GOOD, JSON_BAD)
    yield from payload_cases("json-number", JSON, JSON_NUMBERS_GOOD, JSON_NUMBERS_BAD)
    yield from payload_cases("json-text", JSON, JSON_TEXT_GOOD, JSON_TEXT_BAD)
    yield from payload_cases("json-key", JSON, JSON_KEYS_GOOD, JSON_KEYS_BAD)
    for name in ("trailing-comma-in-array", "two-values", "empty-body"):
        env = ENCRYPTED.but(content=JSON, body=JSON_BAD[name].encode())
        yield reject(f"json-{name}-suite-02", "bad_payload", env)
    duplicate = ENCRYPTED.but(content=JSON, body=JSON_KEYS_BAD["duplicate"].encode())
    yield reject("json-key-duplicate-suite-02", "bad_payload", duplicate)


JSON_GOOD = {
    "scalar-true": "true",
    "scalar-false": "false",
    "scalar-null": "null",
    "scalar-number": "-12.5e-1",
    "scalar-string": '"text"',
    "scalar-empty-string": '""',
    "empty-object": "{}",
    "empty-array": "[]",
    "white-space-around": " \t\r\n{}\n\r\t ",
    "white-space-inside": '{ "a"\t:\r[ 1\n, 2 ] ,"b" : { } }',
    "depth-100-arrays": nested(100, "[|]"),
    "depth-100-arrays-around-number": nested(100, "[|]", inner="1"),
    "depth-100-objects": nested(99, '{"a":|}', inner="{}"),
    "depth-100-mixed": nested(100, "[|]", '{"a":|}', inner="1"),
    "101-containers-side-by-side": "[" + ",".join(["[]"] * 101) + "]",
}
JSON_BAD = {
    "empty-body": "",
    "only-white-space": " \t\r\n",
    "two-values": "{} {}",
    "two-values-joined": "[][]",
    "two-lines": "{}\n{}\n",
    "trailing-brace": "{}}",
    "trailing-text": "{}x",
    "trailing-nul": "{}\0",
    "leading-nul": "\0{}",
    "form-feed-around": "\f{}",
    "vertical-tab-around": "{}\v",
    "no-break-space-around": "\u00a0{}",
    "line-separator-around": "{}\u2028",
    "next-line-around": "{}\u0085",
    "form-feed-inside": '{"a":\f1}',
    "bom": "\ufeff{}",
    "bom-at-end": "{}\ufeff",
    "only-bom": "\ufeff",
    "trailing-comma-in-array": "[1,]",
    "trailing-comma-in-object": '{"a":1,}',
    "leading-comma-in-array": "[,1]",
    "double-comma": "[1,,2]",
    "missing-comma-in-array": "[1 2]",
    "missing-comma-in-object": '{"a":1 "b":2}',
    "missing-colon": '{"a" 1}',
    "double-colon": '{"a"::1}',
    "missing-value": '{"a":}',
    "equals-sign-for-colon": '{"a"=1}',
    "line-comment": "{} // end",
    "block-comment": "[1,/* two */2]",
    "hash-comment": "# start\n{}",
    "single-quotes": "{'a':1}",
    "single-quoted-value": "['a']",
    "unquoted-key": "{a:1}",
    "number-key": "{1:2}",
    "null-key": "{null:1}",
    "bare-word": "yes",
    "upper-case-true": "True",
    "python-none": "None",
    "undefined": "undefined",
    "cut-true": "tru",
    "true-and-more": "truee",
    "unterminated-array": "[1,2",
    "unterminated-array-after-comma": "[1,",
    "unterminated-object": '{"a":1',
    "unterminated-object-after-key": '{"a"',
    "unterminated-object-after-colon": '{"a":',
    "unterminated-string": '"abc',
    "unterminated-string-after-escape": '"abc\\',
    "unterminated-key": '{"abc',
    "lone-opening-bracket": "[",
    "lone-closing-bracket": "]",
    "mismatched-brackets": "[}",
    "mismatched-nesting": '[{"a":1]}',
    "depth-101-arrays": nested(101, "[|]"),
    "depth-101-arrays-around-number": nested(101, "[|]", inner="1"),
    "depth-101-objects": nested(100, '{"a":|}', inner="{}"),
    "depth-101-mixed": nested(101, "[|]", '{"a":|}', inner="1"),
    "6000-opening-brackets": "[" * 6000,
}

JSON_NUMBERS_GOOD = {
    "zero": "0",
    "minus-zero": "-0",
    "minus-zero-fraction": "-0.0",
    "upper-case-exponent": "1E+2",
    "exponent-with-leading-zeros": "1e-007",
    "400-characters": "0." + "1" * 398,
    "400-characters-with-minus": "-0." + "1" * 397,
    "400-characters-exponent": "1e" + "0" * 397 + "1",
    "1e308": "1e308",
    "minus-1e308": "-1e308",
    "1e308-in-digits": "1" + "0" * 308,
    "largest-binary64": "1.7976931348623157e308",
    "rounds-down-to-largest-binary64": "1.7976931348623158e308",
    "smallest-binary64": "5e-324",
    "underflow": "1e-400",
    "underflow-far": "1e-99999999999999999999",
    "zero-with-large-exponent": "0e999",
    "2-to-53-plus-1": "9007199254740993",
    "minus-2-to-53-minus-1": "-9007199254740993",
    "2-to-63": "9223372036854775808",
    "2-to-64": "18446744073709551616",
    "integer-of-100-digits": "1234567890" * 10,
}
JSON_NUMBERS_BAD = {
    "401-characters": "0." + "1" * 399,
    "401-characters-with-minus": "-0." + "1" * 398,
    "401-characters-in-array": "[0." + "1" * 399 + "]",
    "1e309": "1e309",
    "1e400": "1e400",
    "minus-1e400": "-1e400",
    "1e309-in-array": "[1,1e309]",
    "1e309-as-value": '{"a":1e309}',
    "1e309-in-digits": "1" + "0" * 309,
    "400-digits": "9" * 400,
    "rounds-up-to-infinity": "1.7976931348623159e308",
    "exponent-far-too-large": "1e99999999999999999999",
    "leading-zero": "01",
    "two-zeros": "00",
    "minus-leading-zero": "-01",
    "plus-sign": "+1",
    "no-integer-part": ".5",
    "minus-no-integer-part": "-.5",
    "no-fraction-digits": "1.",
    "no-fraction-digits-before-exponent": "1.e5",
    "no-exponent-digits": "1e",
    "no-exponent-digits-after-sign": "1e+",
    "fraction-in-exponent": "1e1.5",
    "lone-minus": "-",
    "double-minus": "--1",
    "space-after-minus": "- 1",
    "hexadecimal": "0x10",
    "octal": "0o17",
    "underscore": "1_000",
    "comma": "1,5",
    "two-points": "1.2.3",
    "suffix": "1n",
    "fullwidth-digit": "\uff11",
    "arabic-digit": "1\u0662",
    "nan": "NaN",
    "nan-lower-case": "nan",
    "nan-in-array": "[NaN]",
    "nan-in-object": '{"a":NaN}',
    "infinity": "Infinity",
    "minus-infinity": "-Infinity",
    "inf": "inf",
    "infinity-in-array": "[Infinity]",
}

JSON_TEXT_GOOD = {
    "every-short-escape": r'"\"\\\/\b\f\n\r\t"',
    "escape-letters-of-both-cases": r'"\u00e9\u00E9\uABCD"',
    "escaped-nul": r'"\u0000"',
    "escaped-controls": r'"\u0001\u001f\u007f"',
    "surrogate-pair": r'"\ud83d\ude00"',
    "two-surrogate-pairs": r'"\ud83d\ude00\uD83D\uDE00"',
    "first-surrogate-pair": r'"\ud800\udc00"',
    "last-surrogate-pair": r'"\udbff\udfff"',
    "escaped-neighbours-of-surrogates": r'"\ud7ff\ue000"',
    "raw-emoji": '"\U0001f600"',
    "raw-last-code-point": '"\U0010ffff"',
    "raw-del": '"\x7f"',
    "raw-line-separator": '"\u2028\u2029"',
    "raw-no-break-space": '"\u00a0"',
    "raw-bom-inside": '"a\ufeffb"',
    "raw-noncharacter": '"\uffff\ufffe"',
    "raw-replacement-character": '"\ufffd"',
    "raw-neighbours-of-surrogates": '"\ud7ff\ue000"',
    "escaped-backslash-before-u": r'"\\ud83d"',
    "html-unescaped": '"<script>&\'</script>"',
}
JSON_TEXT_BAD = {
    "lone-high-surrogate": r'"\ud83d"',
    "lone-low-surrogate": r'"\ude00"',
    "swapped-surrogates": r'"\ude00\ud83d"',
    "high-surrogate-before-text": r'"\ud83dx"',
    "high-surrogate-before-other-escape": r'"\ud83d\n"',
    "high-surrogate-before-letter-escape": r'"\ud83d\u0041"',
    "high-surrogate-before-pair": r'"\ud83d\ud83d\ude00"',
    "low-surrogate-after-pair": r'"\ud83d\ude00\ude00"',
    "two-high-surrogates": r'"\ud800\udbff"',
    "two-low-surrogates": r'"\udc00\udc00"',
    "high-surrogate-before-escape-above-low": r'"\ud800\ue000"',
    "first-high-surrogate": r'"\ud800"',
    "last-low-surrogate": r'"\udfff"',
    "lone-surrogate-as-key": r'{"\ud83d":1}',
    "lone-surrogate-in-array": r'["\udc00"]',
    "surrogate-pair-with-cut-escape": r'"\ud83d\ude0"',
    "escape-x": r'"\x41"',
    "escape-a": r'"\a"',
    "escape-zero": r'"\0"',
    "escape-single-quote": '"\\\'"',
    "escape-upper-case-u": r'"\U0041"',
    "escape-upper-case-n": r'"\N"',
    "escape-line-end": '"\\\n"',
    "escape-of-two-hex-digits": r'"\u12"',
    "escape-of-three-hex-digits-before-letter": r'"\u123g"',
    "escape-without-digits": r'"\u"',
    "escape-with-sign": r'"\u+041"',
    "escape-with-space": r'"\u 041"',
    "escape-with-underscore": r'"\u0_41"',
    "escape-with-braces": r'"\u{41}"',
    "raw-line-feed": '"a\nb"',
    "raw-carriage-return": '"a\rb"',
    "raw-tab": '"a\tb"',
    "raw-nul": '"a\0b"',
    "raw-control-1f": '"a\x1fb"',
    "raw-line-feed-in-key": '{"a\nb":1}',
    "utf-16-le": '{"a":1}'.encode("utf-16-le"),
    "utf-16-be": '{"a":1}'.encode("utf-16-be"),
    "utf-16-with-bom": b"\xff\xfe" + '{"a":1}'.encode("utf-16-le"),
    "utf-32-le": '{"a":1}'.encode("utf-32-le"),
    "utf-32-be": '{"a":1}'.encode("utf-32-be"),
    "latin-1": '"\u00e9"'.encode("latin-1"),
    "utf-8-overlong-slash": b'"\xc0\xaf"',
    "utf-8-overlong-nul": b'"\xc0\x80"',
    "utf-8-overlong-three-bytes": b'"\xe0\x80\xaf"',
    "utf-8-overlong-four-bytes": b'"\xf0\x80\x80\xaf"',
    "utf-8-high-surrogate": b'"\xed\xa0\xbd"',
    "utf-8-surrogate-pair": b'"\xed\xa0\xbd\xed\xb8\x80"',
    "utf-8-above-10ffff": b'"\xf4\x90\x80\x80"',
    "utf-8-five-bytes": b'"\xf8\x88\x80\x80\x80"',
    "utf-8-cut-before-quote": b'"\xe2\x82"',
    "utf-8-lone-continuation": b'"\x80"',
    "utf-8-byte-ff": b'"\xff"',
    "utf-8-invalid-in-key": b'{"\xff":1}',
    "utf-8-invalid-outside-string": b"{}\xff",
}

JSON_KEYS_GOOD = {
    "same-in-siblings": '[{"a":1},{"a":2}]',
    "same-in-nested": '{"a":{"a":{"a":1}}}',
    "differs-by-case": '{"admin":false,"ADMIN":true}',
    "nfc-and-nfd": '{"\u00e9":1,"e\u0301":2}',
    "kelvin-sign-and-k": '{"\u212a":1,"k":2,"K":3}',
    "empty": '{"":1}',
    "escaped-nul-and-empty": r'{"\u0000":1,"":2}',
    "prefix-of-other": '{"a":1,"ab":2,"a ":3}',
    "proto": '{"__proto__":{"admin":true},"constructor":1}',
    "not-sorted": '{"b":1,"a":2,"c":3}',
    "raw-and-escaped-differ": r'{"\\u0061":1,"a":2}',
}
JSON_KEYS_BAD = {
    "duplicate": '{"a":1,"a":2}',
    "duplicate-same-value": '{"a":1,"a":1}',
    "duplicate-not-adjacent": '{"a":1,"b":2,"c":3,"a":4}',
    "duplicate-nested": '{"x":{"a":1,"a":2}}',
    "duplicate-in-array": '[1,{"a":1,"a":2}]',
    "duplicate-after-nested-object": '{"a":{"b":1},"a":2}',
    "duplicate-empty": '{"":1,"":2}',
    "duplicate-after-unescaping": r'{"a":1,"\u0061":2}',
    "duplicate-both-escaped": r'{"\u00e9":1,"\u00E9":2}',
    "duplicate-escaped-slash": r'{"/":1,"\/":2}',
    "duplicate-escaped-pair": '{"\U0001f600":1,"\\ud83d\\ude00":2}',
    "duplicate-escaped-nul": r'{"\u0000":1,"\u0000":2}',
    "duplicate-of-null-value": '{"a":null,"a":null}',
}


def packed(head: str, tail: bytes = b"") -> bytes:
    return bytes.fromhex(head) + tail


def timestamp32(seconds: int) -> bytes:
    return packed("d6ff", u32(seconds))


def timestamp64(nanoseconds: int, seconds: int) -> bytes:
    return packed("d7ff", u64(nanoseconds << 34 | seconds))


def timestamp96(nanoseconds: int, seconds: int) -> bytes:
    return packed("c70cff", struct.pack(">Iq", nanoseconds, seconds))


def messagepack_cases() -> Iterator[Case]:
    yield from payload_cases("messagepack", MSGPACK, MSGPACK_GOOD, MSGPACK_BAD)
    yield from payload_cases("messagepack-timestamp", MSGPACK, TIMESTAMPS_GOOD, TIMESTAMPS_BAD)
    yield from payload_cases("messagepack-length", MSGPACK, {}, MSGPACK_LENGTHS_BAD)
    yield from payload_cases(
        "messagepack-cut", MSGPACK, {}, {name: packed(cut) for name, cut in MSGPACK_CUTS.items()}
    )
    for name in ("byte-c1", "empty-body", "trailing-byte"):
        env = ENCRYPTED.but(content=MSGPACK, body=MSGPACK_BAD[name])
        yield reject(f"messagepack-{name}-suite-02", "bad_payload", env)
    yield from node_cases()


def node_cases() -> Iterator[Case]:
    """The node limit is near the size limit: only DEFLATE makes these tokens short."""
    nil = 0xC0
    most = packed("dcffff")
    env = SIGNED.but(content=MSGPACK | DEFLATE)
    yield accept(
        "messagepack-65536-nodes",
        env.but(body=deflate_run(most, nil, MAX_NODES - 1)),
        inflated=most + bytes([nil]) * (MAX_NODES - 1),
    )
    too_many = {
        "65537-nodes": deflate_run(packed("dd00010000"), nil, MAX_NODES),
        "65537-nodes-with-map-key": deflate_run(packed("dcfffe81a161"), nil, MAX_NODES - 2),
        "65537-nodes-in-two-arrays": deflate_run(packed("92c0dcfffe"), nil, MAX_NODES - 2),
        "1000000-nodes": deflate_run(packed("dd000f4240"), nil, 1_000_000),
    }
    comments = {"65537-nodes-with-map-key": "the array, a map, its key and 65,534 nils"}
    for name, stream in too_many.items():
        comment = comments.get(name, "")
        yield reject(f"messagepack-{name}", "bad_payload", env.but(body=stream), comment=comment)


MSGPACK_GOOD = {
    "positive-fixint-0": packed("00"),
    "positive-fixint-127": packed("7f"),
    "negative-fixint-minus-1": packed("ff"),
    "negative-fixint-minus-32": packed("e0"),
    "uint8-255": packed("ccff"),
    "uint16-65535": packed("cdffff"),
    "uint32-maximum": packed("ceffffffff"),
    "uint64-maximum": packed("cfffffffffffffffff"),
    "uint64-2-to-53-plus-1": packed("cf0020000000000001"),
    "int8-minimum": packed("d080"),
    "int16-minimum": packed("d18000"),
    "int32-minimum": packed("d280000000"),
    "int64-minimum": packed("d38000000000000000"),
    "uint8-not-minimal": packed("cc05"),
    "uint16-not-minimal": packed("cd0005"),
    "uint32-not-minimal": packed("ce00000005"),
    "uint64-not-minimal": packed("cf0000000000000005"),
    "int8-not-minimal": packed("d005"),
    "int16-not-minimal": packed("d1ffff"),
    "int32-not-minimal": packed("d2ffffffff"),
    "int64-not-minimal": packed("d30000000000000005"),
    "float32": packed("ca3fc00000"),
    "float32-largest": packed("ca7f7fffff"),
    "float32-smallest": packed("ca00000001"),
    "float32-minus-zero": packed("ca80000000"),
    "float64": packed("cb3ff8000000000000"),
    "float64-largest": packed("cb7fefffffffffffff"),
    "float64-smallest": packed("cb0000000000000001"),
    "float64-minus-zero": packed("cb8000000000000000"),
    "nil": packed("c0"),
    "false": packed("c2"),
    "true": packed("c3"),
    "fixstr-empty": packed("a0"),
    "fixstr-31-bytes": packed("bf", b"s" * 31),
    "str8-32-bytes": packed("d920", b"s" * 32),
    "str16-256-bytes": packed("da0100", b"s" * 256),
    "str8-not-minimal": packed("d90161"),
    "str16-not-minimal": packed("da000161"),
    "str32-not-minimal": packed("db0000000161"),
    "str32-empty": packed("db00000000"),
    "str-with-nul": packed("a3610062"),
    "str-with-emoji": packed("a4f09f9880"),
    "str-with-noncharacter": packed("a3efbfbf"),
    "str-with-bom": packed("a3efbbbf"),
    "bin8-empty": packed("c400"),
    "bin8-every-byte": packed("c4ff", bytes(range(1, 256))),
    "bin16-256-bytes": packed("c50100", bytes(range(256))),
    "bin16-not-minimal": packed("c50001ff"),
    "bin32-not-minimal": packed("c600000002c1ff"),
    "fixarray-empty": packed("90"),
    "fixarray-15": packed("9f", b"\xc0" * 15),
    "array16-16": packed("dc0010", b"\xc0" * 16),
    "array16-not-minimal": packed("dc0000"),
    "array32-not-minimal": packed("dd00000001c0"),
    "fixmap-empty": packed("80"),
    "fixmap-15": packed("8f", b"".join(bytes([0xA1, 0x61 + n, n]) for n in range(15))),
    "map16-16": packed("de0010", b"".join(bytes([0xA1, 0x61 + n, n]) for n in range(16))),
    "map16-not-minimal": packed("de0000"),
    "map32-not-minimal": packed("df00000001a161c0"),
    "keys-not-sorted": packed("83a16201a16102a16303"),
    "key-empty": packed("81a0c0"),
    "key-as-str32": packed("81db0000000161c0"),
    "key-with-nul": packed("82a0c0a100c0"),
    "keys-nfc-and-nfd": packed("82a2c3a9c0a365cc81c0"),
    "keys-differ-by-case": packed("82a161c0a141c0"),
    "key-same-in-siblings": packed("9281a161c081a161c0"),
    "key-same-in-nested": packed("81a16181a161c0"),
    "depth-100-arrays": b"\x91" * 100 + b"\xc0",
    "depth-100-arrays-empty": b"\x91" * 99 + b"\x90",
    "depth-100-maps": packed("81a161") * 100 + b"\xc0",
    "depth-100-mixed": packed("9181a161") * 50 + b"\xc0",
    "101-containers-side-by-side": packed("dc0065", b"\x90" * 101),
}

MSGPACK_BAD = {
    "empty-body": b"",
    "trailing-byte": packed("c000"),
    "trailing-line-feed": packed("800a"),
    "two-objects": packed("8080"),
    "byte-c1": packed("c1"),
    "byte-c1-in-array": packed("91c1"),
    "byte-c1-as-value": packed("81a161c1"),
    "byte-c1-after-object": packed("90c1"),
    "float32-nan": packed("ca7fc00000"),
    "float32-signalling-nan": packed("ca7f800001"),
    "float32-infinity": packed("ca7f800000"),
    "float32-minus-infinity": packed("caff800000"),
    "float64-nan": packed("cb7ff8000000000000"),
    "float64-minus-nan": packed("cbfff8000000000000"),
    "float64-signalling-nan": packed("cb7ff0000000000001"),
    "float64-infinity": packed("cb7ff0000000000000"),
    "float64-minus-infinity": packed("cbfff0000000000000"),
    "float64-nan-in-map": packed("81a161cb7ff8000000000000"),
    "str-invalid-utf-8": packed("a1ff"),
    "str-overlong-utf-8": packed("a2c0af"),
    "str-surrogate-in-utf-8": packed("a3eda0bd"),
    "str-above-10ffff": packed("a4f4908080"),
    "str-cut-utf-8": packed("a2e282"),
    "str8-invalid-utf-8": packed("d90180"),
    "str16-invalid-utf-8": packed("da000180"),
    "str32-invalid-utf-8": packed("db0000000180"),
    "key-invalid-utf-8": packed("81a1ffc0"),
    "key-cut-utf-8": packed("81a1c3c0"),
    "key-is-positive-int": packed("8101c0"),
    "key-is-negative-int": packed("81ffc0"),
    "key-is-uint8": packed("81cc80c0"),
    "key-is-bin": packed("81c40161c0"),
    "key-is-nil": packed("81c0c0"),
    "key-is-bool": packed("81c3c0"),
    "key-is-float": packed("81ca3fc00000c0"),
    "key-is-array": packed("8190c0"),
    "key-is-map": packed("8180c0"),
    "key-is-timestamp": packed("81d6ff00000000c0"),
    "key-is-c1": packed("81c1c0"),
    "second-key-is-int": packed("82a161c001c0"),
    "key-duplicate": packed("82a16101a16102"),
    "key-duplicate-same-value": packed("82a161c0a161c0"),
    "key-duplicate-not-adjacent": packed("83a16101a16202a16103"),
    "key-duplicate-as-str8": packed("82a161c0d90161c0"),
    "key-duplicate-as-str16": packed("82a161c0da000161c0"),
    "key-duplicate-as-str32": packed("82db0000000161c0a161c0"),
    "key-duplicate-empty": packed("82a0c0a0c0"),
    "key-duplicate-empty-as-str8": packed("82a0c0d900c0"),
    "key-duplicate-nested": packed("81a16282a161c0a161c0"),
    "key-duplicate-in-array": packed("9182a161c0a161c0"),
    "key-duplicate-in-map16": packed("de0002a161c0a161c0"),
    "key-duplicate-in-map32": packed("df00000002a161c0a161c0"),
    "depth-101-arrays": b"\x91" * 101 + b"\xc0",
    "depth-101-arrays-empty": b"\x91" * 100 + b"\x90",
    "depth-101-maps": packed("81a161") * 101 + b"\xc0",
    "depth-101-mixed": packed("9181a161") * 50 + packed("91c0"),
    "depth-101-array16": packed("dc0001") * 101 + b"\xc0",
    "depth-101-array32": packed("dd00000001") * 101 + b"\xc0",
    "depth-101-map32": packed("df00000001a161") * 101 + b"\xc0",
    "6000-times-91": b"\x91" * 6000,
    "extension-0": packed("d40000"),
    "extension-1": packed("d60100000000"),
    "extension-5": packed("d5050000"),
    "extension-127": packed("c7017f00"),
    "extension-minus-2": packed("d6fe00000000"),
    "extension-minus-128": packed("d78000000000", bytes(4)),
    "extension-1-empty": packed("c70001"),
    "extension-1-ext16": packed("c800010100"),
    "extension-1-ext32": packed("c9000000010100"),
    "extension-1-fixext16": packed("d801", bytes(16)),
    "extension-1-in-map": packed("81a161d40100"),
}

FIRST, LAST = MessagePackChecker.FIRST_SECOND, MessagePackChecker.LAST_SECOND
SECONDS = ISSUED // 1000
TIMESTAMPS_GOOD = {
    "4-bytes": timestamp32(SECONDS),
    "4-bytes-epoch": timestamp32(0),
    "4-bytes-maximum": timestamp32(2**32 - 1),
    "8-bytes": timestamp64(123_000_000, SECONDS),
    "8-bytes-nanoseconds-999999999": timestamp64(999_999_999, SECONDS),
    "8-bytes-without-nanoseconds": timestamp64(0, SECONDS),
    "8-bytes-seconds-maximum": timestamp64(0, 2**34 - 1),
    "12-bytes": timestamp96(123_456_789, SECONDS),
    "12-bytes-nanoseconds-999999999": timestamp96(999_999_999, SECONDS),
    "12-bytes-before-epoch": timestamp96(0, -1),
    "12-bytes-year-1": timestamp96(0, FIRST),
    "12-bytes-year-9999": timestamp96(999_999_999, LAST),
    "4-bytes-ext8": packed("c704ff", u32(SECONDS)),
    "4-bytes-ext16": packed("c80004ff", u32(SECONDS)),
    "4-bytes-ext32": packed("c900000004ff", u32(SECONDS)),
    "8-bytes-ext8": packed("c708ff", u64(SECONDS)),
    "8-bytes-ext16": packed("c80008ff", u64(SECONDS)),
    "8-bytes-ext32": packed("c900000008ff", u64(SECONDS)),
    "12-bytes-ext16": packed("c8000cff", bytes(4) + u64(SECONDS)),
    "12-bytes-ext32": packed("c90000000cff", bytes(4) + u64(SECONDS)),
    "in-map": packed("81a161", timestamp32(SECONDS)),
}
TIMESTAMPS_BAD = {
    "8-bytes-nanoseconds-1000000000": timestamp64(10**9, SECONDS),
    "8-bytes-nanoseconds-maximum": timestamp64(2**30 - 1, SECONDS),
    "12-bytes-nanoseconds-1000000000": timestamp96(10**9, SECONDS),
    "12-bytes-nanoseconds-maximum": timestamp96(2**32 - 1, SECONDS),
    "12-bytes-year-0": timestamp96(0, FIRST - 1),
    "12-bytes-last-nanosecond-of-year-0": timestamp96(999_999_999, FIRST - 1),
    "12-bytes-year-10000": timestamp96(0, LAST + 1),
    "12-bytes-seconds-minimum": timestamp96(0, -(2**63)),
    "12-bytes-seconds-maximum": timestamp96(0, 2**63 - 1),
    "12-bytes-year-0-ext32": packed("c90000000cff", struct.pack(">Iq", 0, FIRST - 1)),
    "empty": packed("c700ff"),
    "1-byte": packed("d4ff00"),
    "2-bytes": packed("d5ff0000"),
    "5-bytes": packed("c705ff", bytes(5)),
    "16-bytes": packed("d8ff", bytes(16)),
    "16-bytes-ext8": packed("c710ff", bytes(16)),
    "3-bytes-ext16": packed("c80003ff", bytes(3)),
    "13-bytes-ext32": packed("c90000000dff", bytes(13)),
    "year-10000-in-array": b"\x91" + timestamp96(0, LAST + 1),
}

# Lengths and counts beyond the bytes that remain.
MSGPACK_LENGTHS_BAD = {
    "fixstr-1-too-long": packed("a261"),
    "fixstr-31": packed("bf616263"),
    "str8": packed("d9ff61"),
    "str16": packed("daffff61"),
    "str32": packed("dbffffffff61"),
    "str32-2-to-31": packed("db8000000061"),
    "bin8": packed("c4ff61"),
    "bin8-1-too-long": packed("c4026f"),
    "bin16": packed("c5ffff61"),
    "bin32-2-to-31-minus-1": packed("c67fffffff"),
    "bin32-maximum": packed("c6ffffffff"),
    "fixarray-15": packed("9fc0"),
    "fixarray-1-too-many": packed("93c0c0"),
    "array16": packed("dcffffc0"),
    "array16-1-too-many": packed("dc0003c0c0"),
    "array32-50-million": packed("dd02ffffff"),
    "array32-2-to-31": packed("dd80000000c0"),
    "array32-maximum": packed("ddffffffff"),
    "fixmap-15": packed("8fa161c0"),
    "fixmap-1-too-many": packed("82a161c0"),
    "map16": packed("deffffa161c0"),
    "map32-maximum": packed("dfffffffff"),
    "map32-2-to-31": packed("df80000000a161c0"),
    "map32-50-million": packed("df02ffffff"),
    "ext8": packed("c7ffff00"),
    "ext16": packed("c8ffffff00"),
    "ext32": packed("c9ffffffffff00"),
    "nested-array32": packed("9291c0dd7fffffff"),
    "key-str32": packed("81dbffffffff61c0"),
    "value-array32": packed("81a161ddffffffff"),
}

MSGPACK_CUTS = {
    "uint8": "cc",
    "uint16": "cd00",
    "uint32": "ce000000",
    "uint64": "cf00000000000000",
    "int8": "d0",
    "int16": "d100",
    "int32": "d2000000",
    "int64": "d300000000000000",
    "float32": "ca000000",
    "float64": "cb00000000000000",
    "fixstr": "a1",
    "str8-header": "d9",
    "str16-header": "da00",
    "str32-header": "db000000",
    "bin8-header": "c4",
    "bin16-header": "c500",
    "bin32-header": "c6000000",
    "fixarray": "91",
    "fixarray-second": "92c0",
    "array16-header": "dc00",
    "array32-header": "dd000000",
    "fixmap": "81",
    "fixmap-value": "81a161",
    "map16-header": "de00",
    "map32-header": "df000000",
    "ext8-header": "c7",
    "ext8-type": "c704",
    "ext16-header": "c800",
    "ext32-header": "c9000000",
    "fixext1-type": "d4",
    "fixext1": "d4ff",
    "fixext2": "d5ff00",
    "fixext4": "d6ff000000",
    "fixext8": "d7ff00000000000000",
    "fixext16": "d8ff00",
    "ext8-12-bytes": "c70cff0000000000000000000000",
}


# --- ring cases -------------------------------------------------------------------------------------

CREATED = "2026-01-01T00:00:00.000Z"
RING_A, RING_B, RING_C = (new_key(f"ring {letter}") for letter in "abc")


def key_entry(key: Key = RING_A, /, **fields: Any) -> dict[str, Any]:
    return {"id": key.id, "secret": SECRET_PREFIX + b64(key.secret), "created": CREATED, **fields}


def ring_of(*entries: Any, **fields: Any) -> dict[str, Any]:
    return {"version": 1, "generation": 7, "keys": list(entries or (key_entry(),)), **fields}


def ring_text(ring: Any) -> str:
    return json.dumps(ring, ensure_ascii=False, separators=(",", ":"))


def loads(
    name: str, ring: Any, ids: Sequence[str], primary: Mapping[int, str | None], comment: str = ""
) -> Case:
    expect = {"ids": list(ids), "primary_at": {str(at): key_id for at, key_id in primary.items()}}
    return {**ring_question(name, ring, comment), "expect": expect}


def refuses(name: str, why: str, ring: Any, comment: str = "") -> Case:
    return {**ring_question(name, ring, comment), "error": "refused", "why": why}


def ring_question(name: str, ring: Any, comment: str) -> Case:
    case: Case = {"name": name}
    if comment:
        case["comment"] = comment
    case["document"] = ring if isinstance(ring, str) else ring_text(ring)
    return case


def without(fields: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if key != name}


def good_ring_cases() -> Iterator[Case]:
    a, b = RING_A.id, RING_B.id
    at = read_time(CREATED)
    always = {0: a, at: a, MAX_TIME: a}
    only = [a]
    yield loads("minimal", ring_of(), only, always)
    full = key_entry(
        seal_from="2026-01-02T00:00:00.000Z",
        open_until="2026-05-01T00:00:00.000Z",
        disabled=False,
        comment="first key",
    )
    start, end = read_time(full["seal_from"]), read_time(full["open_until"])
    yield loads("every-field", ring_of(full), only, {start - 1: None, start: a, end - 1: a, end: None})
    backwards = dict(reversed(ring_of(dict(reversed(full.items()))).items()))
    yield loads("fields-in-other-order", backwards, only, {start: a})
    indented = "\r\n\t " + json.dumps(ring_of(), indent=4) + "\n"
    yield loads("white-space", indented, only, always)
    yield loads("escapes", ring_text(ring_of()).replace('"id"', r'"\u0069\u0064"'), only, always)
    for name, comment in (
        ("unicode", "cl\u00e9 \u6f22\u5b57 \U0001f511 \u2028 e\u0301"),
        ("empty", ""),
        ("escaped-controls", "two\nlines\t\0"),
        ("1000-characters", "x" * 1000),
    ):
        yield loads(f"comment-{name}", ring_of(key_entry(comment=comment)), only, always)
    surrogates = ring_text(ring_of(key_entry(comment="PAIR"))).replace("PAIR", r"\ud83d\udd11")
    yield loads("comment-surrogate-pair", surrogates, only, always)
    for generation in (1, 2**32, MAX_GENERATION):
        yield loads(f"generation-{generation}", ring_of(generation=generation), only, always)
    for name, key_id in GOOD_RING_IDS.items():
        yield loads(f"id-{name}", ring_of(key_entry(id=key_id)), [key_id], {at: key_id})
    letters = bytes.fromhex("fbefbeffffff") + sha256_label("secret", "ring letters")[:26]
    yield loads(
        "secret-with-minus-and-underscore",
        ring_of(key_entry(secret=SECRET_PREFIX + b64(letters))),
        only,
        always,
    )
    for name, text in GOOD_TIMES.items():
        yield loads(f"created-{name}", ring_of(key_entry(created=text)), only, always)
    yield loads(
        "ids-in-order-of-document",
        ring_of(key_entry(RING_B, seal_from=CREATED), key_entry()),
        [b, a],
        {at: b},
    )
    cased = [key_entry(id="key"), key_entry(RING_B, id="KEY", seal_from=CREATED)]
    yield loads("ids-differ-by-case", ring_of(*cased), ["key", "KEY"], {at - 1: "key", at: "KEY"})


GOOD_RING_IDS = {
    "1-character": "0",
    "32-characters": "Key-2026.01_abcdefghijklmnopqrst",
    "date": "2026-01",
    "punctuation": "a._-",
    "constructor": "constructor",
    "null-as-text": "null",
    "path-like-dots": "a..b",
}
GOOD_TIMES = {
    "epoch": "1970-01-01T00:00:00.000Z",
    "last-millisecond": "9999-12-31T23:59:59.999Z",
    "leap-day": "2024-02-29T12:30:45.678Z",
    "leap-day-2000": "2000-02-29T00:00:00.001Z",
}


def window_ring_cases() -> Iterator[Case]:
    a, b, c = RING_A.id, RING_B.id, RING_C.id
    one, two, three = (f"2026-0{month}-01T00:00:00.000Z" for month in (1, 2, 3))
    t1, t2, t3 = read_time(one), read_time(two), read_time(three)
    staged = [key_entry(), key_entry(RING_B, seal_from=two)]
    yield loads("staged-key", ring_of(*staged), [a, b], {0: a, t2 - 1: a, t2: b, MAX_TIME: b})
    yield loads("staged-key-first", ring_of(*reversed(staged)), [b, a], {t2 - 1: a, t2: b})
    yield loads("only-key-staged", ring_of(key_entry(seal_from=two)), [a], {0: None, t2 - 1: None, t2: a})
    row = [key_entry(seal_from=one), key_entry(RING_B, seal_from=two), key_entry(RING_C, seal_from=three)]
    moments = {t1 - 1: None, t1: a, t2 - 1: a, t2: b, t3 - 1: b, t3: c}
    yield loads("three-keys", ring_of(*row), [a, b, c], moments)
    yield loads("three-keys-newest-first", ring_of(*reversed(row)), [c, b, a], moments)
    yield loads("three-keys-shuffled", ring_of(row[1], row[2], row[0]), [b, c, a], moments)
    closing = [key_entry(), key_entry(RING_B, seal_from=two, open_until=three)]
    moments = {t2 - 1: a, t2: b, t3 - 1: b, t3: None, MAX_TIME: None}
    comment = "no primary from here on: sealing never falls back to the older key"
    yield loads("newest-key-closes", ring_of(*closing), [a, b], moments, comment)
    handover = [key_entry(open_until=two), key_entry(RING_B, seal_from=two)]
    yield loads("older-key-closes-at-handover", ring_of(*handover), [a, b], {t2 - 1: a, t2: b, t3: b})
    gap = [key_entry(open_until=two), key_entry(RING_B, seal_from=three)]
    yield loads("gap-between-keys", ring_of(*gap), [a, b], {t2 - 1: a, t2: None, t3 - 1: None, t3: b})
    yield loads(
        "open-until-without-seal-from", ring_of(key_entry(open_until=two)), [a], {0: a, t2 - 1: a, t2: None}
    )
    brief = key_entry(seal_from=one, open_until="2026-01-01T00:00:00.001Z")
    yield loads("window-of-1-ms", ring_of(brief), [a], {t1 - 1: None, t1: a, t1 + 1: None})
    near = [key_entry(seal_from=one), key_entry(RING_B, seal_from="2026-01-01T00:00:00.001Z")]
    yield loads("seal-from-1-ms-apart", ring_of(*near), [a, b], {t1: a, t1 + 1: b})
    first = key_entry(seal_from=one)
    disabled = key_entry(RING_B, seal_from=two, disabled=True)
    yield loads("newest-key-disabled", ring_of(first, disabled), [a, b], {t2 - 1: a, t2: a, t3: a})
    middle = [first, disabled, key_entry(RING_C, seal_from=three)]
    yield loads("middle-key-disabled", ring_of(*middle), [a, b, c], {t1: a, t2: a, t3: c})
    oldest = [key_entry(seal_from=one, disabled=True), key_entry(RING_B, seal_from=two)]
    yield loads("oldest-key-disabled", ring_of(*oldest), [a, b], {t1: None, t2 - 1: None, t2: b})
    same = [first, key_entry(RING_B, seal_from=one, disabled=True)]
    yield loads("equal-seal-from-one-disabled", ring_of(*same), [a, b], {t1 - 1: None, t1: a})
    absent = [key_entry(disabled=True), key_entry(RING_B)]
    yield loads("no-seal-from-one-disabled", ring_of(*absent), [a, b], {0: b, t1: b})
    both = [key_entry(seal_from=one, disabled=True), key_entry(RING_B, seal_from=one, disabled=True)]
    yield loads("equal-seal-from-both-disabled", ring_of(*both, key_entry(RING_C)), [a, b, c], {t1: c})


def bad_field_cases() -> Iterator[Case]:
    entry, ring = key_entry(), ring_of()
    for name in RING_FIELDS:
        yield refuses(f"missing-{name}", "missing-field", without(ring, name))
    for name in KEY_FIELDS:
        yield refuses(f"missing-key-{name}", "missing-field", ring_of(without(entry, name)))
    yield refuses("empty-object", "missing-field", {})
    yield refuses("empty-key", "missing-field", ring_of({}))
    yield refuses(
        "second-key-without-secret", "missing-field", ring_of(entry, without(key_entry(RING_B), "secret"))
    )
    unknown_top = {
        "note": "note",
        "version-in-upper-case": "VERSION",
        "keys-capitalized": "Keys",
        "empty-name": "",
        "comment": "comment",
    }
    for name, field in unknown_top.items():
        yield refuses(f"unknown-field-{name}", "unknown-field", ring_of(**{field: "x"}))
    unknown_key = {
        "kid": "kid",
        "id-in-upper-case": "ID",
        "secret-capitalized": "Secret",
        "camel-case": "sealFrom",
        "with-hyphen": "seal-from",
        "with-space": "comment ",
        "expires": "expires",
        "proto": "__proto__",
    }
    for name, field in unknown_key.items():
        yield refuses(f"unknown-key-field-{name}", "unknown-field", ring_of(key_entry(**{field: "x"})))
    yield from wrong_type_cases()
    yield from duplicate_field_cases()


TYPES = {
    "string": (str, "1"),
    "number": (int, 1),
    "bool": (bool, True),
    "null": (type(None), None),
    "array": (list, []),
    "object": (dict, {}),
}


def wrong_type_cases() -> Iterator[Case]:
    for type_name, (kind, value) in TYPES.items():
        if kind is not dict:
            yield refuses(f"document-is-{type_name}", "type", ring_text(value))
            yield refuses(f"key-is-{type_name}", "type", ring_of(value))
        for name, right in RING_FIELDS.items():
            if kind is not right:
                yield refuses(f"{name}-is-{type_name}", "type", ring_of(**{name: value}))
        for name, right in (KEY_FIELDS | OPTIONAL_KEY_FIELDS).items():
            if kind is not right:
                dashed = name.replace("_", "-")
                yield refuses(f"key-{dashed}-is-{type_name}", "type", ring_of(key_entry(**{name: value})))
    text = ring_text(ring_of())
    for number, name in (("1.0", "with-fraction"), ("1e0", "with-exponent"), ("1.5", "not-whole")):
        yield refuses(f"version-{name}", "type", text.replace('"version":1', f'"version":{number}'))
        yield refuses(f"generation-{name}", "type", text.replace('"generation":7', f'"generation":{number}'))
    yield refuses("keys-is-object-of-keys", "type", ring_of(keys={RING_A.id: key_entry()}))
    yield refuses("keys-is-array-of-secrets", "type", ring_of(SECRET_PREFIX + b64(RING_A.secret)))
    yield refuses("created-is-milliseconds", "type", ring_of(key_entry(created=ISSUED)))
    yield refuses("disabled-is-text-false", "type", ring_of(key_entry(disabled="false")))


def duplicate_field_cases() -> Iterator[Case]:
    text = ring_text(ring_of(key_entry(disabled=False)))
    repeats = {
        "version": '"version":1',
        "generation": '"generation":7',
        "key-id": f'"id":"{RING_A.id}"',
        "key-created": f'"created":"{CREATED}"',
        "key-disabled": '"disabled":false',
    }
    for name, field in repeats.items():
        yield refuses(f"duplicate-field-{name}", "json", text.replace(field, f"{field},{field}"))
    yield refuses("duplicate-field-keys", "json", text[:-1] + ',"keys":[]}')
    later = text.replace('"disabled":false', f'"secret":"{SECRET_PREFIX}{b64(RING_B.secret)}"')
    yield refuses("duplicate-field-key-secret", "json", later)
    escaped = text.replace('"disabled":false', rf'"\u0069d":"{RING_B.id}"')
    yield refuses("duplicate-field-key-id-escaped", "json", escaped)


def bad_json_cases() -> Iterator[Case]:
    text = ring_text(ring_of())
    wrong = {
        "empty-text": "",
        "only-white-space": " \n",
        "bom": "\ufeff" + text,
        "two-documents": text + text,
        "two-documents-by-line": f"{text}\n{text}\n",
        "trailing-text": text + "x",
        "trailing-nul": text + "\0",
        "trailing-comma": text[:-1] + ",}",
        "trailing-comma-in-keys": text[:-2] + ",]}",
        "line-comment": "// ring\n" + text,
        "single-quotes": text.replace('"', "'"),
        "no-break-space": "\u00a0" + text,
        "generation-nan": text.replace('"generation":7', '"generation":NaN'),
        "generation-with-leading-zero": text.replace('"generation":7', '"generation":07'),
        "generation-1e400": text.replace('"generation":7', '"generation":1e400'),
        "comment-with-lone-surrogate": text.replace('"id"', r'"comment":"\ud83d","id"'),
        "comment-with-raw-line-feed": text.replace('"id"', '"comment":"a\nb","id"'),
        "comment-too-deep": text.replace('"id"', f'"comment":{nested(101, "[|]")},"id"'),
    }
    for name, document in wrong.items():
        yield refuses(name, "json", document)
    for name, size in (("last-byte", len(text) - 1), ("middle", len(text) // 2), ("first-byte", 1)):
        yield refuses(f"cut-{name}", "json", text[:size])


def bad_value_cases() -> Iterator[Case]:
    for version in (0, 2, -1, 10**20):
        yield refuses(f"version-{named_number(version)}", "version", ring_of(version=version))
    for generation in (0, -1, MAX_GENERATION + 1, MAX_GENERATION + 2, 2**63, 2**64 + 1):
        name = f"generation-{named_number(generation)}"
        yield refuses(name, "generation", ring_of(generation=generation))
    yield refuses("no-keys", "no-keys", ring_of(keys=[]))
    yield refuses("1001-keys", "too-many-keys", many_keys(MAX_RING_KEYS + 1))
    for name, key_id in BAD_IDS.items():
        yield refuses(f"id-{name}", "id", ring_of(key_entry(id=key_id)))
    for name, secret in BAD_SECRETS.items():
        yield refuses(f"secret-{name}", "secret", ring_of(key_entry(secret=secret)))
    for byte in (0x00, 0xFF, 0x61):
        secret = SECRET_PREFIX + b64(bytes([byte]) * 32)
        yield refuses(f"secret-all-{byte:02x}", "weak-secret", ring_of(key_entry(secret=secret)))
    known = key_entry(KNOWN_KEY)
    yield refuses("secret-published", "published-secret", ring_of(known))
    yield refuses("secret-published-other-id", "published-secret", ring_of(known | {"id": "2026-01"}))
    second = known | {"seal_from": CREATED}
    yield refuses("secret-published-in-second-key", "published-secret", ring_of(key_entry(), second))
    yield refuses(
        "secret-published-but-disabled", "published-secret", ring_of(key_entry(), known | {"disabled": True})
    )
    for name, text in BAD_TIMES.items():
        yield refuses(f"created-{name}", "time", ring_of(key_entry(created=text)))
    for field in ("seal_from", "open_until"):
        for name in ("empty", "without-z", "offset-zero", "without-fraction", "february-30", "year-1969"):
            dashed = field.replace("_", "-")
            yield refuses(f"{dashed}-{name}", "time", ring_of(key_entry(**{field: BAD_TIMES[name]})))


def named_number(number: int) -> str:
    return f"minus-{-number}" if number < 0 else str(number)


def many_keys(count: int) -> dict[str, Any]:
    """Return a ring of so many keys, of which all but the first are disabled."""
    keys = [new_key(f"many {index}", f"k{index}") for index in range(count)]
    return ring_of(key_entry(keys[0]), *(key_entry(key, disabled=True) for key in keys[1:]))


SECRET_TEXT = b64(RING_A.secret)
LETTERS_TEXT = b64(bytes.fromhex("fbefbeffffff") + bytes(range(26)))
BAD_SECRETS = {
    "empty": "",
    "only-prefix": SECRET_PREFIX,
    "without-prefix": SECRET_TEXT,
    "hex": RING_A.secret.hex(),
    "hex-with-prefix": SECRET_PREFIX + RING_A.secret.hex(),
    "padded": SECRET_PREFIX + SECRET_TEXT + "=",
    "42-characters": SECRET_PREFIX + b64(RING_A.secret[:31]),
    "44-characters": SECRET_PREFIX + b64(RING_A.secret + b"\0"),
    "16-bytes": SECRET_PREFIX + b64(RING_A.secret[:16]),
    "64-bytes": SECRET_PREFIX + b64(RING_A.secret + RING_B.secret),
    "prefix-srk2": "srk2_" + SECRET_TEXT,
    "prefix-upper-case": "SRK1_" + SECRET_TEXT,
    "prefix-of-token": "sr1_" + SECRET_TEXT,
    "prefix-doubled": SECRET_PREFIX * 2 + SECRET_TEXT,
    "leading-space": " " + SECRET_PREFIX + SECRET_TEXT,
    "trailing-space": SECRET_PREFIX + SECRET_TEXT + " ",
    "trailing-line-feed": SECRET_PREFIX + SECRET_TEXT + "\n",
    "line-feed-in-place": SECRET_PREFIX + SECRET_TEXT[:20] + "\n" + SECRET_TEXT[21:],
    "space-after-prefix": SECRET_PREFIX + " " + SECRET_TEXT,
    "standard-alphabet-plus": SECRET_PREFIX + LETTERS_TEXT.replace("-", "+"),
    "standard-alphabet-slash": SECRET_PREFIX + LETTERS_TEXT.replace("_", "/"),
    "not-ascii": SECRET_PREFIX + SECRET_TEXT[:-1] + "\u0430",
    "password": "correct horse battery staple",
    "trailing-bits-1": SECRET_PREFIX + SECRET_TEXT[:-1] + ALPHABET[ALPHABET.index(SECRET_TEXT[-1]) + 1],
    "trailing-bits-2": SECRET_PREFIX + SECRET_TEXT[:-1] + ALPHABET[ALPHABET.index(SECRET_TEXT[-1]) + 2],
    "trailing-bits-3": SECRET_PREFIX + SECRET_TEXT[:-1] + ALPHABET[ALPHABET.index(SECRET_TEXT[-1]) + 3],
}
BAD_TIMES = {
    "empty": "",
    "without-z": "2026-01-01T00:00:00.000",
    "offset-zero": "2026-01-01T00:00:00.000+00:00",
    "offset-minus-zero": "2026-01-01T00:00:00.000-00:00",
    "offset-one-hour": "2026-01-01T01:00:00.000+01:00",
    "without-fraction": "2026-01-01T00:00:00Z",
    "two-fraction-digits": "2026-01-01T00:00:00.00Z",
    "microseconds": "2026-01-01T00:00:00.000000Z",
    "nanoseconds": "2026-01-01T00:00:00.000000000Z",
    "comma-fraction": "2026-01-01T00:00:00,000Z",
    "lower-case-t": "2026-01-01t00:00:00.000Z",
    "lower-case-z": "2026-01-01T00:00:00.000z",
    "space-for-t": "2026-01-01 00:00:00.000Z",
    "leading-space": " 2026-01-01T00:00:00.000Z",
    "trailing-space": "2026-01-01T00:00:00.000Z ",
    "trailing-line-feed": "2026-01-01T00:00:00.000Z\n",
    "february-30": "2026-02-30T00:00:00.000Z",
    "february-29-in-common-year": "2026-02-29T00:00:00.000Z",
    "february-29-2100": "2100-02-29T00:00:00.000Z",
    "april-31": "2026-04-31T00:00:00.000Z",
    "month-0": "2026-00-01T00:00:00.000Z",
    "month-13": "2026-13-01T00:00:00.000Z",
    "day-0": "2026-01-00T00:00:00.000Z",
    "day-32": "2026-01-32T00:00:00.000Z",
    "hour-24": "2026-01-01T24:00:00.000Z",
    "minute-60": "2026-01-01T00:60:00.000Z",
    "second-60": "2026-01-01T00:00:60.000Z",
    "leap-second": "2016-12-31T23:59:60.000Z",
    "date-only": "2026-01-01",
    "basic-format": "20260101T000000.000Z",
    "one-digit-month": "2026-1-01T00:00:00.000Z",
    "two-digit-year": "26-01-01T00:00:00.000Z",
    "five-digit-year": "10000-01-01T00:00:00.000Z",
    "year-0": "0000-01-01T00:00:00.000Z",
    "year-1969": "1969-12-31T23:59:59.999Z",
    "fullwidth-digit": "202\uff16-01-01T00:00:00.000Z",
    "milliseconds-as-text": "1767225600000",
    "word": "now",
}


def bad_rule_cases() -> Iterator[Case]:
    later = {"seal_from": "2026-02-01T00:00:00.000Z"}
    yield refuses(
        "duplicate-id", "duplicate-id", ring_of(key_entry(), key_entry(RING_B, id=RING_A.id, **later))
    )
    same = key_entry(RING_B, id=RING_A.id, disabled=True)
    yield refuses("duplicate-id-one-disabled", "duplicate-id", ring_of(key_entry(), same))
    again = key_entry(id="other", **later)
    yield refuses("duplicate-secret", "duplicate-secret", ring_of(key_entry(), again))
    again = key_entry(id="other", disabled=True)
    yield refuses("duplicate-secret-one-disabled", "duplicate-secret", ring_of(key_entry(), again))
    three = ring_of(key_entry(), key_entry(RING_B, **later), key_entry(id="other", disabled=True))
    yield refuses("duplicate-secret-not-adjacent", "duplicate-secret", three)
    equal = [key_entry(**later), key_entry(RING_B, **later)]
    yield refuses("equal-seal-from", "equal-seal-from", ring_of(*equal))
    yield refuses(
        "equal-seal-from-not-adjacent", "equal-seal-from", ring_of(equal[0], key_entry(RING_C), equal[1])
    )
    yield refuses("equal-seal-from-both-absent", "equal-seal-from", ring_of(key_entry(), key_entry(RING_B)))
    explicit = [key_entry(**later, disabled=False), key_entry(RING_B, **later, disabled=False)]
    yield refuses("equal-seal-from-disabled-false", "equal-seal-from", ring_of(*explicit))
    closed = [key_entry(**later, open_until="2026-03-01T00:00:00.000Z"), key_entry(RING_B, **later)]
    yield refuses("equal-seal-from-one-closes", "equal-seal-from", ring_of(*closed))
    for name, end in (("is", "2026-02-01T00:00:00.000Z"), ("1-ms-before", "2026-01-31T23:59:59.999Z")):
        entry = key_entry(**later, open_until=end)
        yield refuses(f"open-until-{name}-seal-from", "window", ring_of(entry))
    entry = key_entry(RING_B, **later, open_until=later["seal_from"], disabled=True)
    yield refuses("open-until-is-seal-from-disabled", "window", ring_of(key_entry(), entry))


# --- checking and writing ---------------------------------------------------------------------------

ENVELOPE_GROUPS = (
    known_answer_cases,
    matrix_cases,
    size_cases,
    purpose_cases,
    ring_of_several_cases,
    suites_cases,
    time_cases,
    window_cases,
    text_cases,
    size_limit_cases,
    magic_cases,
    suite_and_content_cases,
    key_id_cases,
    time_range_cases,
    length_cases,
    unknown_key_cases,
    flipped_bit_cases,
    wrong_mac_cases,
    purpose_mismatch_cases,
    bind_mismatch_cases,
    commitment_cases,
    two_key_cases,
    deflate_cases,
    json_cases,
    messagepack_cases,
)
RING_GROUPS = (
    good_ring_cases,
    window_ring_cases,
    bad_field_cases,
    bad_json_cases,
    bad_value_cases,
    bad_rule_cases,
)


def check_names(cases: Sequence[Case]) -> None:
    """Require well-formed, unique names and no question that is asked twice."""
    names: set[str] = set()
    questions: dict[str, str] = {}
    for case in cases:
        name = case["name"]
        if not NAME_PATTERN.fullmatch(name) or name in names:
            fail(f"{name}: not a new kebab-case name")
        names.add(name)
        asked = json.dumps({key: case[key] for key in case if key not in ("name", "comment")}, sort_keys=True)
        if asked in questions:
            fail(f"{name}: the same case as {questions[asked]}")
        questions[asked] = name


def check_envelope(case: Case) -> None:
    """Require that the reader answers as the author said, and that reproducing gives the token."""
    try:
        answer: Case = {"expect": open_token(case)}
    except Refusal as refusal:
        answer = {"error": str(refusal)}
    stated = {key: case[key] for key in ("expect", "error") if key in case}
    if answer != stated:
        fail(f"{case['name']}: the author says {str(stated)[:200]}, the reader {str(answer)[:200]}")
    if case.get("reproduce") and reproduced(case) != case["token"]:
        fail(f"{case['name']}: sealing again does not give the token")
    if (case.get("reproduce") or "nonce" in case) and "error" in case:
        fail(f"{case['name']}: nothing to reproduce")


def reproduced(case: Case) -> str:
    expect = case["expect"]
    env = Envelope(
        key=Key(expect["key_id"], find_secret(case, expect["key_id"])),
        purpose=case["purpose"],
        bind=bytes.fromhex(case["bind"]),
        suite=expect["suite"],
        content=expect["content"],
        issued=expect["issued_ms"],
        expires=expect["expires_ms"],
        body=bytes.fromhex(expect["body"]),
        nonce=bytes.fromhex(case.get("nonce", "")),
    )
    return env.text()


def check_ring(case: Case) -> None:
    try:
        keys = read_ring(case["document"])
    except Refusal as refusal:
        answer: Case = {"error": "refused", "why": str(refusal)}
    else:
        moments = case.get("expect", {}).get("primary_at", {})
        primary = {at: primary_at(keys, int(at)) for at in moments}
        answer = {"expect": {"ids": [key.id for key in keys], "primary_at": primary}}
    stated = {key: case[key] for key in ("expect", "error", "why") if key in case}
    if answer != stated:
        fail(f"{case['name']}: the author says {stated}, the reader {answer}")


def file_text(kind: str, cases: Sequence[Case]) -> str:
    """Return the file: JSON with one field of a case per line, so that a diff shows what changed."""
    blocks = []
    for case in cases:
        fields = (f"   {json.dumps(key)}: {json.dumps(value)}" for key, value in case.items())
        blocks.append("  {\n" + ",\n".join(fields) + "\n  }")
    head = {"schema": "sealring/vectors/1", "kind": kind, "made_with": "vectors/generate.py"}
    lines = "".join(f" {json.dumps(key)}: {json.dumps(value)},\n" for key, value in head.items())
    return "{\n" + lines + ' "cases": [\n' + ",\n".join(blocks) + "\n ]\n}\n"


def main(arguments: Sequence[str]) -> None:
    if len(arguments) > 1:
        fail("usage: generate.py [OUTDIR]")
    folder = Path(arguments[0]) if arguments else Path(__file__).parent
    envelope = [case for group in ENVELOPE_GROUPS for case in group()]
    ring = [case for group in RING_GROUPS for case in group()]
    if len(envelope) < MIN_ENVELOPE_CASES or len(ring) < MIN_RING_CASES:
        fail("fewer cases than there have to be")
    for case in envelope:
        check_envelope(case)
    for case in ring:
        check_ring(case)
    for kind, cases in (("envelope", envelope), ("ring", ring)):
        check_names(cases)
        (folder / f"{kind}.json").write_text(file_text(kind, cases), encoding="ascii", newline="\n")
        print(f"{kind}.json: {len(cases)} cases")


if __name__ == "__main__":
    main(sys.argv[1:])
