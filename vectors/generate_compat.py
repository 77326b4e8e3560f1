"""Write the vectors of the kinds itsdangerous, django, flask and starlette.

    python vectors/generate_compat.py [OUTDIR]
    python vectors/generate_compat.py --record

The libraries themselves, at the versions of requirements-compat.txt, sign every token and open it
again, with the clock standing still: no value and no time in a case is written by hand, and a case
whose author expects another outcome than the library has is not written, the script stops. Where we
answer otherwise than the library does, the case says so.

The output is the same on every machine. What zlib.compress makes is not, because there is more than
one zlib: the streams stand in zlib_streams.txt, and --record writes that file anew.
"""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import datetime
import hashlib
import http.cookies
import importlib
import importlib.metadata
import json
import math
import sys
import time
import unicodedata
import uuid
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import django.conf
import flask
import itsdangerous
import itsdangerous.encoding
import markupsafe
import starlette.middleware.sessions
from django.core import signing
from django.http import HttpRequest, HttpResponse
from flask.sessions import SecureCookieSessionInterface

Case = dict[str, Any]

# Fewer cases than this mean that a group was lost.
MIN_CASES = {"itsdangerous": 900, "django": 150, "flask": 150, "starlette": 120}

SIGNED_AT = 1767225600  # 2026-01-01T00:00:00Z
LAST_SECOND = 253402300799  # of the year 9999
MAX_DECODED = 1 << 20  # bytes that we decompress


def fail(message: str) -> NoReturn:
    """Stop without writing. Not an assert: the checks must also hold under python -O."""
    sys.exit(f"generate_compat.py: {message}")


# --- clock and compressor --------------------------------------------------------------------------


class Clock:
    """What time.time is while the script runs."""

    def __init__(self) -> None:
        self.now: float = SIGNED_AT

    def __call__(self) -> float:
        return self.now


CLOCK = Clock()
STREAMS_FILE = Path(__file__).parent / "zlib_streams.txt"


class Compressor:
    """zlib.compress, from the file wherever a stream is shorter than what it holds."""

    def __init__(self, recording: bool) -> None:
        self.real = zlib.compress
        self.recording = recording
        self.streams: dict[str, str] = {}
        self.used: set[str] = set()
        if not recording:
            lines = STREAMS_FILE.read_text(encoding="ascii").splitlines()
            self.streams = dict(line.split(" ") for line in lines if not line.startswith("#"))

    def __call__(self, data: bytes) -> bytes:
        name = hashlib.sha256(data).hexdigest()[:16]
        if name not in self.streams:
            stream = self.real(data)
            # Far from the border every compressor decides alike, and then no token holds its stream.
            if self.recording and len(stream) >= len(data) + 4:
                return stream
            if not self.recording:
                if len(stream) < len(data) - 1:
                    fail(f"no stream is recorded for the payload of {len(data)} bytes: run with --record")
                return stream
            self.streams[name] = base64.b64encode(stream).decode("ascii")
        self.used.add(name)
        stream = base64.b64decode(self.streams[name])
        if zlib.decompress(stream) != data:
            fail(f"the recorded stream {name} holds something else")
        return stream

    def write(self) -> None:
        version = zlib.ZLIB_RUNTIME_VERSION
        head = f"# What zlib {version} makes of the payloads in the vectors, by the start of their SHA-256.\n"
        body = "".join(f"{name} {self.streams[name]}\n" for name in sorted(self.used))
        STREAMS_FILE.write_text(head + body, encoding="ascii", newline="\n")


# --- cases -----------------------------------------------------------------------------------------

Opened = tuple[Any, "int | None"]  # value and Unix second


class Author:
    """Makes the cases of one kind: it asks the library, and holds its answer against the author's."""

    def __init__(self, kind: str, opener: Callable[[Case], Opened], plain: Callable[[Any], Any]) -> None:
        self.kind = kind
        self.opener = opener
        self.plain = plain  # a value as JSON has it

    def ask(self, case: Case) -> Opened | Exception:
        CLOCK.now = case["now"]
        try:
            return self.opener(case)
        except Exception as error:  # the library's own and whatever it lets through
            return error
        finally:
            CLOCK.now = SIGNED_AT

    def accept(self, name: str, question: Case, value: Any, comment: str = "") -> Case:
        """Return a case that opens, to the value given."""
        answer = self.ask(question)
        if isinstance(answer, Exception):
            fail(f"{self.kind}: {name}: refused: {answer!r}")
        opened, timestamp = answer
        if not same(opened, value):
            fail(f"{self.kind}: {name}: opened to {opened!r}, want {value!r}")
        expect: Case = {"value": self.plain(opened)}
        if timestamp is not None:
            expect["timestamp"] = timestamp
        return {**head(name, comment), **question, "expect": expect}

    def refuse(
        self,
        name: str,
        error: str,
        question: Case,
        *,
        mutated: str = "",
        lax: str = "",
        python: str = "",
        comment: str = "",
    ) -> Case:
        """Return a case that does not open: error is our answer, and the library's too, unless lax
        says why it opens what we refuse, or python what else it raises."""
        answer = self.ask(question)
        if lax and isinstance(answer, Exception):
            fail(f"{self.kind}: {name}: the library refuses it: {answer!r}")
        if not lax and not isinstance(answer, Exception):
            fail(f"{self.kind}: {name}: the library opens it: {answer!r}")
        if isinstance(answer, Exception):
            raised = class_name(answer)
            if raised != (python or error) and not {raised, python} <= RANGE_ERRORS:
                fail(f"{self.kind}: {name}: the library raises {raised}: {answer!r}")
        case = {**head(name, comment), **question, "error": error}
        notes = {"mutated": mutated, "noncanonical": lax, "python_error": python}
        return case | {key: note for key, note in notes.items() if note}


# What datetime raises for a time that it has not: which of them is the platform's choice.
RANGE_ERRORS = {"ValueError", "OverflowError", "OSError"}


def head(name: str, comment: str) -> Case:
    return {"name": name, "comment": comment} if comment else {"name": name}


def class_name(error: Exception) -> str:
    """Name an exception: the classes of the vectors as they are, others with their module."""
    cls = type(error)
    if cls.__module__.split(".")[0] in ("itsdangerous", "django", "builtins"):
        return cls.__name__
    return f"{cls.__module__}.{cls.__name__}"


def same(a: Any, b: Any) -> bool:
    """Compare exactly: 1 is not 1.0 and not True, and a tuple is no list."""
    if type(a) is not type(b):
        return False
    if isinstance(a, Mapping):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float):
        return a == b and math.copysign(1, a) == math.copysign(1, b)
    return bool(a == b)


def same_as_is(value: Any) -> Any:
    return value


# --- texts to damage -------------------------------------------------------------------------------

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def other(character: str) -> str:
    """Return another character, of the alphabet where this one is."""
    if character in ALPHABET:
        return ALPHABET[(ALPHABET.index(character) + 20) % 64]
    return "Y" if character != "Y" else "Z"


def change(text: str, index: int) -> str:
    index %= len(text)
    return text[:index] + other(text[index]) + text[index + 1 :]


def trailing_bit(text: str) -> str:
    """Set the lowest bit of the last character, which says no byte unless the length is 0 modulo 4."""
    return text[:-1] + ALPHABET[ALPHABET.index(text[-1]) | 1]


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def nfd(text: str) -> str:
    return unicodedata.normalize("NFD", text)


def nested(depth: int, inner: Any = "x") -> Any:
    """Return depth containers in each other, lists and dicts by turns."""
    value = inner
    for level in range(depth):
        value = [value] if level % 2 else {"d": value}
    return value


def noise(label: str, size: int) -> str:
    """Return text that does not compress, the same each time."""
    blocks = (hashlib.sha256(f"{label} {i}".encode("ascii")).digest() for i in range(size // 32 + 1))
    return base64.b64encode(b"".join(blocks)).decode("ascii")[:size]


USER = {"user_id": 123, "username": "admin", "roles": ["editor", "viewer"]}

# What sessions hold, and what JSON has at its edges. A case may be 100 containers deep, as payloads
# may, and has two or three around its value.
VALUES: dict[str, Any] = {
    "a user": USER,
    "the empty string": "",
    "the empty object": {},
    "the empty list": [],
    "null": None,
    "true": True,
    "false": False,
    "zero": 0,
    "one as an integer": 1,
    "one as a float": 1.0,
    "minus zero": -0.0,
    "a tenth": 0.1,
    "a third": 1 / 3,
    "1e300": 1e300,
    "1e16, where Python changes its form": 1e16,
    "1e-7": 1e-7,
    "the smallest float": 5e-324,
    "the largest float": sys.float_info.max,
    "2^53": 2**53,
    "2^53+1": 2**53 + 1,
    "-2^53-1": -(2**53) - 1,
    "2^63-1": 2**63 - 1,
    "-2^63": -(2**63),
    "2^64": 2**64,
    "10^30+1": 10**30 + 1,
    "an integer of 300 digits": int("1234567890" * 30),
    "numbers in a list": [0, -1, 1.5, 2**53 + 1, 1e22, 1e-300],
    "non-ASCII text": "naïve café, Привет, 日本語",
    "text beyond the basic plane": "😀 and 𝒳",
    "a composed letter": nfc("é"),
    "a decomposed letter": nfd("é"),
    "non-ASCII keys": {"ключ": "значение", "キー": ["値"]},
    "escapes": '" \\ / \b \f \n \r \t \x00 \x1f \x7f',
    "line separators": "\u2028\u2029\u0085",
    "HTML": "<script>alert('&amp;')</script>",
    "the replacement character": "\ufffd",
    "text that looks like an escape": "\\u0041 \\ud800 \\ufffd",
    "dots and colons": {"a.b": "c.d", "e:f": "g:h"},
    "keys that differ by case": {"admin": False, "Admin": 1, "ADMIN": None},
    "an empty key": {"": ""},
    "__proto__": {"__proto__": {"admin": True}},
    "nested 10 deep": nested(10),
    "nested 50 deep": nested(50),
    "nested 97 deep": nested(97),
    "empty containers in each other": [[], {}, [[]], {"a": []}],
    "an object of all types": {"n": None, "b": True, "i": 1, "f": 1.5, "s": "x", "l": [1], "d": {"a": 1}},
}

# Payloads behind a good signature: JSON text, and whether Python reads it.
BAD_JSON: dict[str, str] = {
    "nothing": "",
    "white space": "  ",
    "a word": "hello",
    "a quote that is not closed": '"abc',
    "a list that is not closed": "[1,2",
    "an object that is not closed": '{"a":1',
    "single quotes": "{'a':1}",
    "a comma too many": "[1,]",
    "a comma too many in an object": '{"a":1,}',
    "a key without quotes": "{a:1}",
    "a key that is a number": "{1:1}",
    "a second value": "1 2",
    "a second object": '{"a":1}{"b":2}',
    "a comment": "1 /* one */",
    "a leading zero": "01",
    "a plus sign": "+1",
    "a point without digits": "1.",
    "no digit before the point": ".5",
    "hexadecimal": "0x10",
    "True": "True",
    "undefined": "undefined",
    "a newline in a string": '"a\nb"',
    "a NUL in a string": '"a\x00b"',
    "an unknown escape": '"\\x41"',
    "an escape of three digits": '"\\u004"',
    "a byte order mark": "\ufeff1",
    "a no-break space": "\u00a01",
}
LAX_JSON: dict[str, str] = {
    "a key twice": '{"admin":false,"admin":true}',
    "a key twice, once escaped": '{"a":1,"\\u0061":2}',
    "a key twice, deep inside": '[{"a":{"b":1,"b":1}}]',
    "NaN": "NaN",
    "NaN in a list": "[1,NaN]",
    "Infinity": "Infinity",
    "-Infinity": '{"a":-Infinity}',
    "a number beyond binary64": "1e400",
    "an integer beyond binary64": "9" * 310,
    "a number of 401 characters": "0." + "3" * 399,
    "the first half of a pair": '"\\ud800"',
    "the second half of a pair": '"\\udc00"',
    "the halves of a pair in the wrong order": '"\\udc00\\ud800"',
    "half of a pair in a key": '{"\\ud83d":1}',
    "nested 101 deep": "[" * 101 + "]" * 101,
    "nested 200 deep": '{"a":' * 200 + "1" + "}" * 200,
}
GOOD_JSON: dict[str, tuple[str, Any]] = {
    "white space around": (' \t\r\n{ "a" : [ 1 , 2 ] }\n', {"a": [1, 2]}),
    "an escaped solidus": ('"\\/"', "/"),
    "a pair of escapes": ('"\\ud83d\\ude00"', "😀"),
    "an escape of a letter": ('{"\\u0061":"\\u00E9"}', {"a": "é"}),
    "an exponent": ("[1E2,1e+2,0e0,-0]", [100.0, 100.0, 0.0, 0]),
    "a number of 400 characters": ("1" + "." + "0" * 398, 1.0),
}


def bad_streams() -> dict[str, bytes]:
    good = zlib.compress(b'"' + b"a" * 100 + b'"')
    raw = good[2:-4]
    return {
        "nothing": b"",
        "no stream": b"hello, world",
        "one byte": good[:1],
        "a stream cut in the middle": good[: len(good) // 2],
        "a stream without its checksum": good[:-4],
        "a stream without its last byte": good[:-1],
        "another checksum": good[:-1] + bytes([good[-1] ^ 1]),
        "another header": b"\x79" + good[1:],
        "raw DEFLATE": raw,
        "gzip": bytes.fromhex("1f8b08000000000000ff") + raw + bytes(8),
        "a stream that needs a dictionary": bytes.fromhex("78bb") + bytes(4) + raw + good[-4:],
        "the JSON as it is": b'"aaaa"',
        "a block of the type that there is not": bytes.fromhex("789c07"),
        "a stored block whose lengths differ": bytes.fromhex("789c01050000fa") + b"hello",
    }


# --- itsdangerous ----------------------------------------------------------------------------------

DIGESTS = {"sha1": hashlib.sha1, "sha256": hashlib.sha256, "sha384": hashlib.sha384, "sha512": hashlib.sha512}
DERIVATIONS = ("django-concat", "concat", "hmac", "none")
SIGNERS = ("Signer", "TimestampSigner")
SERIALIZERS = ("Serializer", "TimedSerializer", "URLSafeSerializer", "URLSafeTimedSerializer")
CLASSES = SIGNERS + SERIALIZERS
TIMED = ("TimestampSigner", "TimedSerializer", "URLSafeTimedSerializer")
URL_SAFE = ("URLSafeSerializer", "URLSafeTimedSerializer")
OLD, MIDDLE, NEW = "the oldest key of this ring", "a key between the two", "the newest key, which signs"
TEXT = "value"
USUAL = object()  # what a class signs where a case is not about values


@dataclass(frozen=True)
class Way:
    """How a token is signed, and by whom."""

    cls: str = "URLSafeTimedSerializer"
    keys: tuple[str, ...] = (NEW,)
    salt: str = "session"
    sep: str = "."
    derivation: str = "django-concat"
    digest: str = "sha1"

    def but(self, **changes: Any) -> Way:
        return dataclasses.replace(self, **changes)

    @property
    def timed(self) -> bool:
        return self.cls in TIMED

    @property
    def value(self) -> Any:
        """What a token of the class holds, unless a case is about values."""
        return TEXT if self.cls in SIGNERS else USER

    def library(self) -> Any:
        kwargs = {"sep": self.sep, "key_derivation": self.derivation, "digest_method": DIGESTS[self.digest]}
        if self.cls in SIGNERS:
            return getattr(itsdangerous, self.cls)(list(self.keys), salt=self.salt, **kwargs)
        return getattr(itsdangerous, self.cls)(list(self.keys), salt=self.salt, signer_kwargs=kwargs)

    def token(self, value: Any = USUAL, at: int = SIGNED_AT) -> str:
        """Sign as the library does."""
        value = self.value if value is USUAL else value
        CLOCK.now = at
        library = self.library()
        signed = library.sign(value) if self.cls in SIGNERS else library.dumps(value)
        CLOCK.now = SIGNED_AT
        return signed.decode("utf-8") if isinstance(signed, bytes) else signed

    def seal(self, *parts: str) -> str:
        """Sign parts as they stand, with separators between them."""
        return self.but(cls="Signer").library().sign(self.sep.join(parts)).decode("utf-8")

    def text(self, json_text: str | bytes) -> str:
        """Return a payload's text, neither checked nor compressed."""
        if self.cls not in URL_SAFE:
            return json_text if isinstance(json_text, str) else json_text.decode("utf-8")
        return b64(json_text.encode("utf-8") if isinstance(json_text, str) else json_text)

    def stamped(self, text: str, at: int = SIGNED_AT) -> str:
        """Sign a payload's text, with the time where the class has one."""
        return self.seal(text, stamp(at)) if self.timed else self.seal(text)

    def ask(self, token: str, now: float = SIGNED_AT + 10, max_age: float | None = None) -> Case:
        case: Case = {"class": self.cls, "keys": list(self.keys), "salt": self.salt, "sep": self.sep}
        case |= {"key_derivation": self.derivation, "digest": self.digest, "now": now}
        if max_age is not None:
            case["max_age"] = max_age
        return {**case, "token": token}

    def mismatch(self, token: str) -> str:
        """Return the class of a signature that does not match: Python tells a time that it sees."""
        before = token.rpartition(self.sep)[0]
        return "BadTimeSignature" if self.timed and self.sep in before else "BadSignature"


def stamp(at: int) -> str:
    return itsdangerous.encoding.base64_encode(itsdangerous.encoding.int_to_bytes(at)).decode("ascii")


def open_itsdangerous(case: Case) -> Opened:
    way = Way(
        case["class"], tuple(case["keys"]), case["salt"], case["sep"], case["key_derivation"], case["digest"]
    )
    library, token = way.library(), case["token"]
    if way.cls in SIGNERS:
        if not way.timed:
            return library.unsign(token).decode("utf-8"), None
        value, at = library.unsign(token, max_age=case.get("max_age"), return_timestamp=True)
        return value.decode("utf-8"), int(at.timestamp())
    if not way.timed:
        return library.loads(token), None
    value, at = library.loads(token, max_age=case.get("max_age"), return_timestamp=True)
    return value, int(at.timestamp())


ITS = Author("itsdangerous", open_itsdangerous, same_as_is)


def matrix_cases() -> Iterator[Case]:
    """Every class with every derivation and digest."""
    values = list(VALUES.values())
    texts = ["value", "", "a.b.c", "naïve café 日本語 😀", "two\nlines", "id=42&role=admin"]
    rings = [(NEW,), (OLD, NEW), (OLD, MIDDLE, NEW)]
    salts = ["session", "itsdangerous", "itsdangerous.Signer", "password reset", "ünïcödé"]
    i = 0
    for cls in CLASSES:
        for derivation in DERIVATIONS:
            for digest in DIGESTS:
                way = Way(cls, rings[i % 3], salts[i % 5], ".", derivation, digest)
                value = texts[i % 6] if cls in SIGNERS else values[i % len(values)]
                max_age = (None, 10, 3600)[i % 3] if way.timed else None
                question = way.ask(way.token(value), max_age=max_age)
                yield ITS.accept(f"{cls}, {derivation}, {digest}", question, value)
                i += 1


def value_cases() -> Iterator[Case]:
    for cls in SERIALIZERS:
        way = Way(cls)
        for name, value in VALUES.items():
            yield ITS.accept(f"{cls}: {name}", way.ask(way.token(value)), value)
        for name, (text, value) in GOOD_JSON.items():
            yield ITS.accept(f"{cls}: JSON with {name}", way.ask(way.stamped(way.text(text))), value)
    texts = {
        "the empty text": "",
        "a separator": ".",
        "separators": "..a..b..",
        "what looks signed": Way("Signer").token(),
        "what looks signed and dated": Way("TimestampSigner").token(),
        "white space": " \t\r\n",
        "a NUL": "a\x00b",
        "a composed letter": nfc("é"),
        "a decomposed letter": nfd("é"),
        "beyond the basic plane": "😀",
        "HTML and quotes": "<a href=\"x\">'&'</a>",
        "JSON": '{"a":1}',
        "5000 characters": noise("long", 5000),
        "1023 characters": noise("long", 1023),
        "1024 characters": noise("long", 1024),
    }
    for cls in SIGNERS:
        way = Way(cls)
        for name, value in texts.items():
            yield ITS.accept(f"{cls}: {name}", way.ask(way.token(value)), value)


def border() -> tuple[str, str]:
    """Return two texts on either side of the rule: compressed is shorter by two bytes, and by one."""
    shorter, longer = noise("border", 12) * 2, noise("border", 11) * 2
    sizes = [
        len(json.dumps(text)) - len(zlib.compress(json.dumps(text).encode("ascii")))
        for text in (shorter, longer)
    ]
    if sizes != [2, 1]:
        fail(f"the texts at the border save {sizes} bytes")
    return shorter, longer


def compression_cases() -> Iterator[Case]:
    shorter, longer = border()
    large = {f"field {i}": [i, i * i, f"value {i % 7}"] for i in range(400)}
    values: dict[str, tuple[Any, bool]] = {
        "two bytes saved": (shorter, True),
        "one byte saved, which is not enough": (longer, False),
        "4 equal letters": ("a" * 4, False),
        "100 equal letters": ("a" * 100, True),
        "non-ASCII text": ("日本語" * 40, True),
        "a list of equal objects": ([USER] * 20, True),
        "400 fields": (large, True),
        "4000 zeros": ([0] * 4000, True),
        "20 random letters": (noise("random", 20), False),
        "2000 random letters": (noise("random", 2000), True),
        "20000 random hex digits": (hashlib.shake_256(b"vectors").hexdigest(10000), True),
    }
    for cls in URL_SAFE:
        way = Way(cls)
        for name, (value, compressed) in values.items():
            token = way.token(value)
            if token.startswith(".") != compressed:
                fail(f"{cls}: {name}: compressed or not as it should be")
            yield ITS.accept(f"{cls}, compression: {name}", way.ask(token), value)
        stream = zlib.compress(b'"a"' + b" " * 500)
        comment = "The library would not write it so, and reads it."
        for name, text, value in (
            ("longer than the JSON", "." + b64(STORED), "stored"),
            ("not compressed, though it would be shorter", way.text('"' + "a" * 200 + '"'), "a" * 200),
            ("white space that compresses", "." + b64(stream), "a"),
            ("just as much as we decompress", "." + b64(zlib.compress(b"1" + b" " * (MAX_DECODED - 1))), 1),
        ):
            yield ITS.accept(f"{cls}, compression: {name}", way.ask(way.stamped(text)), value, comment)

        for name, stream in bad_streams().items():
            question = way.ask(way.stamped("." + b64(stream)))
            yield ITS.refuse(f"{cls}, zlib: {name}", "BadPayload", question)
        good = zlib.compress(b'"' + b"a" * 100 + b'"')
        for name, text, why in (
            ("a byte after the stream", b64(good + b"x"), "zlib.decompress ignores what follows a stream"),
            ("a second stream", b64(good + good), "zlib.decompress ignores what follows a stream"),
            ("a bomb of 1 MiB and a byte", b64(zlib.compress(b"1" + b" " * MAX_DECODED)), "it has no limit"),
            ("a bomb of 4 MiB", b64(zlib.compress(b"1" + b" " * (4 << 20))), "it has no limit"),
            ("five dots", "...." + b64(good), "base64 skips dots"),
        ):
            question = way.ask(way.stamped("." + text))
            yield ITS.refuse(f"{cls}, zlib: {name}", "BadPayload", question, lax=why)


# A zlib stream that no compressor is needed for: one stored block, RFC 1950 and RFC 1951.
STORED_JSON = b'"stored"'
STORED = (
    bytes.fromhex("789c01")
    + len(STORED_JSON).to_bytes(2, "little")
    + (0xFFFF - len(STORED_JSON)).to_bytes(2, "little")
    + STORED_JSON
    + zlib.adler32(STORED_JSON).to_bytes(4, "big")
)


def key_cases() -> Iterator[Case]:
    """Keys are oldest first; all open, the last one signs."""
    ring = (OLD, MIDDLE, NEW)
    composed, decomposed = nfc("clé sécrète"), nfd("clé sécrète")
    for cls in CLASSES:
        way = Way(cls, ring)
        for name, key in (("oldest", OLD), ("middle", MIDDLE), ("newest", NEW)):
            token = way.but(keys=(key,)).token()
            yield ITS.accept(f"{cls}: signed with the {name} of three keys", way.ask(token), way.value)
            rest = way.but(keys=tuple(k for k in ring if k != key))
            yield ITS.refuse(
                f"{cls}: signed with the {name} of three keys, which is gone",
                rest.mismatch(token),
                rest.ask(token),
            )
        many = way.but(keys=tuple(f"key {i}" for i in range(12)))
        yield ITS.accept(
            f"{cls}: signed with the first of 12 keys",
            many.ask(many.but(keys=many.keys[:1]).token()),
            way.value,
        )
        yield ITS.accept(f"{cls}: signed with the last of 12 keys", many.ask(many.token()), way.value)

        unicode = way.but(keys=(composed,))
        token = unicode.token()
        yield ITS.accept(f"{cls}: a composed key", unicode.ask(token), way.value)
        wrong = way.but(keys=(decomposed,))
        yield ITS.accept(f"{cls}: a decomposed key", wrong.ask(wrong.token()), way.value)
        yield ITS.refuse(f"{cls}: the decomposed form of the key", wrong.mismatch(token), wrong.ask(token))
    for name, keys in {
        "one letter": ("k",),
        "64 bytes": ("k" * 64,),
        "65 bytes": ("k" * 65,),
        "129 bytes": ("k" * 129,),
        "1000 characters, not ASCII": ("ключ" * 250,),
        "white space": (" ",),
        "a NUL at the end": ("key\x00",),
        "the same twice": (NEW, NEW),
    }.items():
        for derivation in DERIVATIONS:
            way = Way("TimestampSigner", keys, derivation=derivation, digest="sha256")
            yield ITS.accept(f"key: {name}, {derivation}", way.ask(way.token()), way.value)
    way = Way("Signer", ("",))
    yield ITS.refuse(
        "key: empty",
        "any",
        way.ask(way.token()),
        lax="it signs with an empty key, as everybody can",
        comment="We refuse the key.",
    )
    way = Way("Signer", ("key\x00",), derivation="none")
    yield ITS.accept(
        "key: with and without NULs at its end, none",
        way.ask(way.but(keys=("key",)).token()),
        TEXT,
        "HMAC fills keys up with NULs, and none is the key itself.",
    )


def salt_cases() -> Iterator[Case]:
    composed, decomposed = nfc("Grüße"), nfd("Grüße")
    for cls in CLASSES:
        for derivation in DERIVATIONS:
            way = Way(cls, salt=composed, derivation=derivation, digest="sha256")
            token = way.token()
            yield ITS.accept(f"{cls}, {derivation}: a composed salt", way.ask(token), way.value)
            wrong = way.but(salt=decomposed)
            if derivation == "none":
                name = f"{cls}, none: the decomposed form of the salt"
                yield ITS.accept(name, wrong.ask(token), way.value, "This derivation has no salt.")
            else:
                name = f"{cls}, {derivation}: the decomposed form of the salt"
                yield ITS.refuse(name, wrong.mismatch(token), wrong.ask(token))
    for name, salt in {
        "empty": "",
        "the default of signers": "itsdangerous.Signer",
        "the default of serializers": "itsdangerous",
        "Flask's": "cookie-session",
        "200 characters": "s" * 200,
        "a NUL": "a\x00b",
        "white space": " ",
        "quotes": "'\"\\",
    }.items():
        for cls in ("Signer", "URLSafeTimedSerializer"):
            for derivation in DERIVATIONS[:3]:
                way = Way(cls, salt=salt, derivation=derivation)
                yield ITS.accept(f"{cls}, {derivation}, salt: {name}", way.ask(way.token()), way.value)
    for derivation, one, two in (
        ("django-concat", ("Bsignerkey", "A"), ("key", "AsignerB")),
        ("concat", ("BAkey", "A"), ("key", "ABA")),
    ):
        token = Way("Signer", one[:1], one[1], derivation=derivation).token()
        yield ITS.accept(
            f"Signer, {derivation}: another key and another salt that are one",
            Way("Signer", two[:1], two[1], derivation=derivation).ask(token),
            TEXT,
            "Salt and key stand side by side with nothing between them.",
        )


def separator_cases() -> Iterator[Case]:
    seps = {
        "a colon": ":",
        "a space": " ",
        "two dots": "..",
        "two colons": "::",
        "a dot among letters": "a.b",
        "a dash and a dot": "-.",
        "a dot and an equals sign": ".=",
        "a letter that is not ASCII": "é",
        "a symbol beyond the basic plane": "😀",
        "a newline": "\n",
        "a NUL": "\x00",
        "ten characters": "~~~~~~~~~~",
        "a quote": '"',
    }
    for cls in CLASSES:
        for name, sep in seps.items():
            way = Way(cls, sep=sep)
            yield ITS.accept(f"{cls}, separator: {name}", way.ask(way.token()), way.value)
    for cls in SIGNERS:
        for name, sep, value in (
            ("the value ends with a part of it", "..", "value."),
            ("the value begins with a part of it", "..", ".value"),
            ("the value holds it", "::", "a::b::c"),
            ("the value is it", "::", "::"),
            ("the value is half of it", "::", ":"),
        ):
            way = Way(cls, sep=sep)
            yield ITS.accept(f"{cls}, separator: {name}", way.ask(way.token(value)), value)
    for cls in CLASSES:
        right, wrong = Way(cls), Way(cls, sep=":")
        # The JSON of the serializers that are not URL-safe holds colons.
        short: Any = [1, 2] if cls in SERIALIZERS else TEXT
        token = right.token(short)
        yield ITS.refuse(f"{cls}: another separator", "BadSignature", wrong.ask(token))
        token = token.replace(".", ":")
        yield ITS.refuse(
            f"{cls}: separators replaced", "BadSignature", right.ask(token), mutated="every . to :"
        )
        name = f"{cls}: separators replaced, and asked for"
        if wrong.timed:
            yield ITS.refuse(name, wrong.mismatch(token), wrong.ask(token), mutated="every . to :")
        else:
            yield ITS.accept(
                name, wrong.ask(token), short, "The signature does not cover the separator before it."
            )
    for sep in ("A", "_", "=", "abc"):
        way = Way("Signer", sep=sep)
        token = Way("Signer").token().replace(".", sep)
        yield ITS.refuse(
            f"Signer: the separator {sep}",
            "any",
            way.ask(token),
            python="ValueError",
            comment="Both refuse the separator.",
        )
    way = Way("Signer", sep="ba")
    yield ITS.refuse(
        "Signer: the separator ba",
        "any",
        way.ask(way.token()),
        lax="it refuses only parts of its alphabet as it is written down",
        comment="We refuse the separator.",
    )


def time_cases() -> Iterator[Case]:
    for cls in TIMED:
        way = Way(cls)
        token = way.token()
        for name, now, max_age in (
            ("no maximum age, at once", SIGNED_AT, None),
            ("no maximum age, a century later", SIGNED_AT + 3_155_760_000, None),
            ("no maximum age, from the future", SIGNED_AT - 100_000, None),
            ("maximum age 0, in the same second", SIGNED_AT, 0),
            ("maximum age 0, at the end of the second", SIGNED_AT + 0.75, 0),
            ("just as old as may be", SIGNED_AT + 60, 60),
            ("just as old as may be, and a part of a second", SIGNED_AT + 60.5, 60),
            ("a second younger", SIGNED_AT + 59, 60),
            ("a maximum age of half a second, in the same second", SIGNED_AT + 0.25, 0.5),
            ("a maximum age of 60.5 s", SIGNED_AT + 60, 60.5),
            ("a year as the maximum age", SIGNED_AT + 31_536_000, 31_536_000),
        ):
            yield ITS.accept(f"{cls}, age: {name}", way.ask(token, now, max_age), way.value)
        for name, now, max_age in (
            ("a second too old", SIGNED_AT + 61, 60),
            ("a second too old for a year", SIGNED_AT + 31_536_001, 31_536_000),
            ("a second, where none may be", SIGNED_AT + 1, 0),
            ("a second, where half of one may be", SIGNED_AT + 1, 0.5),
            ("a second too old for 60.5 s", SIGNED_AT + 61, 60.5),
            ("a second from the future", SIGNED_AT - 1, 60),
            ("a part of a second from the future", SIGNED_AT - 0.25, 60),
            ("a century from the future", SIGNED_AT - 1_700_000_000, 60),
            ("a maximum age below 0", SIGNED_AT, -1),
            ("a maximum age below 0, and half of a second", SIGNED_AT, -0.5),
        ):
            yield ITS.refuse(f"{cls}, age: {name}", "SignatureExpired", way.ask(token, now, max_age))
        for name, at in (
            ("the first second after 1970", 1),
            ("one byte", 255),
            ("two bytes", 256),
            ("three bytes", 2**24 - 1),
            ("2^31-1", 2**31 - 1),
            ("2^31", 2**31),
            ("2^32", 2**32),
            ("the epoch of itsdangerous 0.24", 1293840000),
            ("the last second of 9999", LAST_SECOND),
        ):
            token = way.token(at=at)
            yield ITS.accept(f"{cls}, time: {name}", way.ask(token, now=at, max_age=0), way.value)
            yield ITS.accept(f"{cls}, time: {name}, asked for now", way.ask(token), way.value)
        seconds = 1_767_225_600 - 1293840000
        yield ITS.accept(
            f"{cls}, time: written by itsdangerous 0.24",
            way.ask(way.token(at=seconds)),
            way.value,
            "Read as 1985, as 2.2 does.",
        )
        yield from timestamp_cases(way)


def timestamp_cases(way: Way) -> Iterator[Case]:
    """Timestamps that the library does not write, behind a good signature."""
    text = way.text(json.dumps(USER)) if way.cls in SERIALIZERS else TEXT
    right = (SIGNED_AT).to_bytes(4, "big")

    def refuse(name: str, timestamp: str, **notes: Any) -> Case:
        max_age = notes.pop("max_age", None)
        question = way.ask(way.seal(text, timestamp), max_age=max_age)
        return ITS.refuse(f"{way.cls}, timestamp: {name}", "BadTimeSignature", question, **notes)

    for name, timestamp, why in (
        ("a leading zero byte", b64(b"\0" + right), "it fills up with zeros"),
        ("eight bytes", b64(right.rjust(8, b"\0")), "it fills up with zeros"),
        ("eight zero bytes", b64(bytes(8)), "it is 1970"),
        ("one zero byte", b64(bytes(1)), "it is 1970"),
        ("empty", "", "it is 1970"),
        ("padding", b64(right) + "==", "base64 takes padding"),
        ("more padding", b64(right) + "=====", "base64 takes any padding"),
        ("a trailing bit", trailing_bit(b64(right)), "base64 ignores trailing bits"),
        ("junk inside", b64(right)[:3] + "!!!!" + b64(right)[3:], "base64 skips junk"),
        ("a newline inside", b64(right)[:3] + "\n\r\n\n" + b64(right)[3:], "base64 skips white space"),
        ("the standard alphabet", "abc/", "base64 takes both alphabets"),
        ("a letter that is not ASCII", b64(right) + "éé", "base64 skips junk"),
        ("only junk", "!!!!", "base64 skips junk, and it is 1970"),
    ):
        yield refuse(name, timestamp, lax=why)
    for name, timestamp in (
        ("nine bytes", b64(bytes(range(1, 10)))),
        ("nine bytes, the first of which are zeros", b64(right.rjust(9, b"\0"))),
        ("20 bytes", b64(bytes(20))),
        ("a length that base64 has not", "abcde"),
        ("one character", "A"),
        ("decimal digits", "1767225600.5"[:9]),
    ):
        yield refuse(name, timestamp)
    for name, at, python in (
        ("a second after 9999", LAST_SECOND + 1, "ValueError"),
        ("milliseconds", SIGNED_AT * 1000, "ValueError"),
        ("microseconds", SIGNED_AT * 1_000_000, "ValueError"),
        ("2^63-1", 2**63 - 1, "OSError"),
        ("2^63", 2**63, "OverflowError"),
        ("2^64-1", 2**64 - 1, "OverflowError"),
    ):
        for max_age in (None, 60):
            age = "" if max_age is None else ", with a maximum age"
            yield refuse(name + age, stamp(at), python=python, max_age=max_age)
    yield refuse("empty, with a maximum age", "", max_age=60, python="SignatureExpired")
    yield refuse(
        "a leading zero byte, with a maximum age",
        b64(b"\0" + right),
        max_age=60,
        lax="it fills up with zeros",
    )
    # Without a separator before it, there is no timestamp.
    question = way.ask(way.seal(TEXT if way.cls in SIGNERS else way.text("[1]")))
    yield ITS.refuse(f"{way.cls}, timestamp: missing", "BadTimeSignature", question)
    yield ITS.refuse(
        f"{way.cls}, timestamp: missing, and the value too", "BadTimeSignature", way.ask(way.seal(""))
    )


def tampered(way: Way, token: str) -> Iterator[tuple[str, str]]:
    """Yield what a token becomes under attack, and a word for it."""
    parts = token.split(way.sep)
    signature = parts[-1]
    before = token[: -len(signature) - len(way.sep)]
    value = way.sep.join(parts[:-2]) if way.timed else before
    rest = token[len(value) :]
    yield "the first character of the value", change(token, 0)
    yield "a character in the middle of the value", change(token, len(value) // 2)
    yield "the last character of the value", change(token, len(value) - 1)
    yield "a character before the value", "x" + token
    yield "a character after the value", value + "x" + rest
    yield "the first character of the value cut off", token[1:]
    yield "no value", rest
    if way.timed:
        at = len(value) + len(way.sep)
        yield "the first character of the timestamp", change(token, at)
        yield "the third character of the timestamp", change(token, at + 2)
        yield "the timestamp of an hour later", way.sep.join([value, stamp(SIGNED_AT + 3600), signature])
        yield "no timestamp", way.sep.join([value, signature])
        yield "an empty timestamp", way.sep.join([value, "", signature])
        yield "a timestamp twice", way.sep.join([before, stamp(SIGNED_AT), signature])
        yield "a timestamp of nine bytes", way.sep.join([value, b64(bytes(range(1, 10))), signature])
        yield "a timestamp of milliseconds", way.sep.join([value, stamp(SIGNED_AT * 1000), signature])
    yield "the first character of the signature", change(token, len(before) + len(way.sep))
    yield "a character in the middle of the signature", change(token, -10)
    yield "the last character but one of the signature", change(token, -2)
    yield "the last character cut off", token[:-1]
    yield "the last four characters cut off", token[:-4]
    yield "half of it", token[: len(token) // 2]
    yield "no signature, but its separator", before + way.sep
    yield "neither signature nor separator", before
    yield "the signature alone", signature
    yield "the separator before the signature gone", before + signature
    yield "the separator before the signature twice", before + way.sep + way.sep + signature
    yield "nothing", ""
    yield "a separator alone", way.sep
    yield "many separators", way.sep * 1000
    yield "a signature of zeros", before + way.sep + "A" * len(signature)
    yield "a signature of another value", before + way.sep + way.seal(before + "x").split(way.sep)[-1]
    yield "a signature in upper case", before + way.sep + signature.upper()
    yield "a signature twice", before + way.sep + signature + signature
    yield "three characters more", token + "AAA"
    yield "white space before it", " " + token
    yield "a byte order mark before it", "\ufeff" + token
    yield "dots in percent-encoding", token.replace(way.sep, "%2E")
    yield "the signature in hex", before + way.sep + base64.urlsafe_b64decode(signature + "==").hex()
    yield "the standard alphabet, which is another signature", before + way.sep + "+/" + signature[2:]


def tampering_cases() -> Iterator[Case]:
    for i, cls in enumerate(CLASSES):
        way = Way(cls, derivation=DERIVATIONS[i % 4], digest=list(DIGESTS)[i % 4])
        token = way.token("some value" if cls in SIGNERS else USER)
        for name, text in tampered(way, token):
            yield ITS.refuse(f"{cls}, tampered: {name}", way.mismatch(text), way.ask(text), mutated=name)
            if name == "no signature, but its separator" and way.timed:
                question = way.ask(text, now=SIGNED_AT + 1000, max_age=10)
                name = f"{cls}, tampered: expired, and not signed"
                yield ITS.refuse(name, way.mismatch(text), question, mutated="no signature")
        expired = change(token, 0)
        if way.timed:
            question = way.ask(expired, now=SIGNED_AT + 1000, max_age=10)
            name = f"{cls}, tampered: expired, and changed"
            yield ITS.refuse(name, way.mismatch(expired), question, mutated="the first character")
        for name, wrong in (
            ("another key", way.but(keys=("another key",))),
            ("other keys", way.but(keys=("another key", "and another"))),
            ("the key's letters", way.but(keys=tuple(NEW))),
            ("the key in upper case", way.but(keys=(NEW.upper(),))),
            ("another salt", way.but(salt="another salt")),
            ("an empty salt", way.but(salt="")),
            *((f"digest {name}", way.but(digest=name)) for name in DIGESTS if name != way.digest),
            *(
                (f"derivation {name}", way.but(derivation=name))
                for name in DERIVATIONS
                if name != way.derivation
            ),
        ):
            if way.derivation == "none" and "salt" in name:
                continue
            error = wrong.mismatch(token)
            yield ITS.refuse(f"{cls}, signed otherwise: {name} asked for", error, wrong.ask(token))


def other_class_cases() -> Iterator[Case]:
    """A token of one class where another is expected, with the same key and salt."""

    def refuse(made: str, asked: str, error: str, value: Any, **notes: Any) -> Case:
        question = Way(asked).ask(Way(made).token(value))
        return ITS.refuse(f"a token of {made} for {asked}", error, question, **notes)

    def accept(made: str, asked: str, value: Any, opened: Any) -> Case:
        comment = "One signature for both: only the salt tells uses apart."
        return ITS.accept(
            f"a token of {made} for {asked}", Way(asked).ask(Way(made).token(value)), opened, comment
        )

    yield refuse("Signer", "TimestampSigner", "BadTimeSignature", TEXT)
    yield refuse("Signer", "Serializer", "BadPayload", TEXT)
    yield refuse("Signer", "TimedSerializer", "BadTimeSignature", TEXT)
    yield refuse("Signer", "URLSafeSerializer", "BadPayload", TEXT)
    yield refuse("Signer", "URLSafeTimedSerializer", "BadTimeSignature", TEXT)
    yield accept("TimestampSigner", "Signer", TEXT, f"{TEXT}.{stamp(SIGNED_AT)}")
    yield refuse("TimestampSigner", "Serializer", "BadPayload", TEXT)
    yield refuse("TimestampSigner", "TimedSerializer", "BadPayload", TEXT)
    yield refuse("TimestampSigner", "URLSafeSerializer", "BadPayload", TEXT)
    yield refuse("TimestampSigner", "URLSafeTimedSerializer", "BadPayload", TEXT)
    yield accept("Serializer", "Signer", [1], "[1]")
    yield refuse("Serializer", "TimestampSigner", "BadTimeSignature", [1])
    yield refuse("Serializer", "TimedSerializer", "BadTimeSignature", [1])
    yield refuse("Serializer", "URLSafeSerializer", "BadPayload", USER)
    yield refuse("Serializer", "URLSafeTimedSerializer", "BadTimeSignature", USER)
    yield accept("TimedSerializer", "Signer", [1], f"[1].{stamp(SIGNED_AT)}")
    yield accept("TimedSerializer", "TimestampSigner", [1], "[1]")
    yield refuse("TimedSerializer", "Serializer", "BadPayload", USER)
    yield refuse("TimedSerializer", "URLSafeSerializer", "BadPayload", USER)
    yield refuse("TimedSerializer", "URLSafeTimedSerializer", "BadPayload", USER)
    yield accept("URLSafeSerializer", "Signer", [1], "WzFd")
    yield refuse("URLSafeSerializer", "TimestampSigner", "BadTimeSignature", [1])
    yield refuse("URLSafeSerializer", "Serializer", "BadPayload", USER)
    yield refuse("URLSafeSerializer", "TimedSerializer", "BadTimeSignature", USER)
    yield refuse("URLSafeSerializer", "URLSafeTimedSerializer", "BadTimeSignature", [1])
    yield accept("URLSafeTimedSerializer", "Signer", [1], f"WzFd.{stamp(SIGNED_AT)}")
    yield accept("URLSafeTimedSerializer", "TimestampSigner", [1], "WzFd")
    yield refuse("URLSafeTimedSerializer", "Serializer", "BadPayload", USER)
    yield refuse("URLSafeTimedSerializer", "TimedSerializer", "BadPayload", USER)
    for asked in ("Serializer", "TimedSerializer"):
        # A float's point is a separator.
        question = Way(asked).ask(Way("Serializer").token(1.5))
        if asked == "Serializer":
            yield ITS.accept("a float for Serializer", question, 1.5)
        else:
            yield ITS.refuse("a float of Serializer for TimedSerializer", "BadTimeSignature", question)
    question = Way("TimedSerializer").ask(Way("Serializer").token({"a": "b.abcd"}))
    yield ITS.refuse(
        "a text with a point, of Serializer, for TimedSerializer",
        "BadTimeSignature",
        question,
        python="BadPayload",
        comment="Python takes what follows the point for a timestamp.",
    )
    question = Way("URLSafeSerializer").ask(Way("URLSafeTimedSerializer").token(USER))
    yield ITS.refuse("a token of URLSafeTimedSerializer for URLSafeSerializer", "BadPayload", question)


def signature_forms(signature: str) -> Iterator[tuple[str, str, str]]:
    """Yield other texts of a signature that the library takes for the same: name, text, why."""
    middle = len(signature) // 2
    first, last = signature[:middle], signature[middle:]
    yield "padding", signature + "=" * (-len(signature) % 4 or 4), "base64 takes padding"
    yield "more padding", signature + "=" * 8, "base64 takes any padding"
    for name, junk in (
        ("newlines", "\n\n\n\n"),
        ("CR and LF", "\r\n\r\n"),
        ("spaces", "    "),
        ("exclamation marks", "!!!!"),
        ("NULs", "\0\0\0\0"),
        ("letters that are not ASCII", "éé"),
    ):
        yield f"{name} inside", first + junk + last, "base64 skips junk"
        yield f"{name} at its end", signature + junk, "base64 skips junk"
        yield f"{name} at its beginning", junk + signature, "base64 skips junk"
    if len(signature) % 4:
        yield "a trailing bit", trailing_bit(signature), "base64 ignores trailing bits"
    standard = signature.replace("-", "+").replace("_", "/")
    if standard != signature:
        yield "the standard alphabet", standard, "base64 takes both alphabets"
    if len(signature) % 4 == 3:
        yield "one newline and padding", signature + "=\n", "base64 skips junk"


def noncanonical_cases() -> Iterator[Case]:
    """Signatures and payloads that the library opens and that nobody signed so."""
    for i, cls in enumerate(CLASSES):
        way = Way(cls, derivation=DERIVATIONS[(i + 2) % 4], digest=list(DIGESTS)[(i + 1) % 4])
        token = next(
            token
            for token in (way.token(f"value {n}" if cls in SIGNERS else [n]) for n in range(100))
            if {"-", "_"} & set(token.rpartition(".")[2])
        )
        before, _, signature = token.rpartition(".")
        for name, text, why in signature_forms(signature):
            text = f"{before}.{text}"
            error = way.mismatch(text)
            yield ITS.refuse(f"{cls}, signature: {name}", error, way.ask(text), mutated=name, lax=why)
    for cls in URL_SAFE:
        way = Way(cls)
        # Its text has padding to add, trailing bits to set, and characters that the alphabets differ in.
        value = '{"a":"?>~"}'
        text = way.text(value)
        if len(text) % 4 != 3 or not {"-", "_"} & set(text):
            fail("the payload for base64 is not of use")
        for name, bad, why in (
            ("padding", text + "=", "base64 takes padding"),
            ("more padding", text + "=====", "base64 takes any padding"),
            ("a trailing bit", trailing_bit(text), "base64 ignores trailing bits"),
            ("junk inside", text[:5] + "!!!!" + text[5:], "base64 skips junk"),
            ("junk at its end", text + "!!!!", "base64 skips junk"),
            ("junk at its beginning", "!!!!" + text, "base64 skips junk"),
            ("newlines inside", text[:5] + "\n\n\n\n" + text[5:], "base64 skips white space"),
            ("CR and LF at its end", text + "\r\n\r\n", "base64 skips white space"),
            ("spaces inside", text[:5] + "    " + text[5:], "base64 skips white space"),
            ("NULs inside", text[:5] + "\0\0\0\0" + text[5:], "base64 skips junk"),
            ("letters that are not ASCII", text[:5] + "éé" + text[5:], "base64 skips junk"),
            ("separators inside", text[:5] + "...." + text[5:], "base64 skips junk"),
            (
                "the standard alphabet",
                text.replace("-", "+").replace("_", "/"),
                "base64 takes both alphabets",
            ),
        ):
            yield ITS.refuse(f"{cls}, payload: {name}", "BadPayload", way.ask(way.stamped(bad)), lax=why)
        for name, bad in (
            ("a length that base64 has not", "abcde"),
            ("one character", "A"),
            ("one junk character, for which padding lacks", text[:5] + "!" + text[5:]),
            ("the JSON as it is", '{"a":1}'),
        ):
            yield ITS.refuse(f"{cls}, payload: {name}", "BadPayload", way.ask(way.stamped(bad)))


def payload_cases() -> Iterator[Case]:
    for cls in SERIALIZERS:
        way = Way(cls)
        for name, text in BAD_JSON.items():
            question = way.ask(way.stamped(way.text(text)))
            yield ITS.refuse(f"{cls}, JSON: {name}", "BadPayload", question)
        for name, text in LAX_JSON.items():
            question = way.ask(way.stamped(way.text(text)))
            yield ITS.refuse(f"{cls}, JSON: {name}", "BadPayload", question, lax="json.loads takes it")
        # A payload that is no JSON is only looked at once the signature is good.
        bad = change(way.stamped(way.text("hello")), -2)
        yield ITS.refuse(
            f"{cls}, JSON: a word, and a bad signature", way.mismatch(bad), way.ask(bad), mutated="signature"
        )
        if way.timed:
            question = way.ask(way.stamped(way.text("hello")), now=SIGNED_AT + 100, max_age=10)
            yield ITS.refuse(f"{cls}, JSON: a word, and expired", "SignatureExpired", question)
    for cls in URL_SAFE:
        way = Way(cls)
        for name, data in (
            ("a byte that is not UTF-8", b'"\xff"'),
            ("Latin-1", '"é"'.encode("latin-1")),
            ("half of a pair in UTF-8", b'"\xed\xa0\x80"'),
            ("an overlong NUL", b'"\xc0\x80"'),
            ("UTF-16", '"a"'.encode("utf-16")),
            ("UTF-16 without its mark", '"a"'.encode("utf-16-le")),
            ("UTF-32", '"a"'.encode("utf-32-be")),
            ("MessagePack", b"\x81\xa1a\x01"),
            ("a pickle", b"\x80\x04N."),
        ):
            question = way.ask(way.stamped(b64(data)))
            yield ITS.refuse(f"{cls}, JSON: {name}", "BadPayload", question)


ITSDANGEROUS_GROUPS = (
    matrix_cases,
    value_cases,
    compression_cases,
    key_cases,
    salt_cases,
    separator_cases,
    time_cases,
    tampering_cases,
    other_class_cases,
    noncanonical_cases,
    payload_cases,
)

# --- django ----------------------------------------------------------------------------------------

DUMPS_SALT = "django.core.signing"
COOKIE_SESSION_SALT = "django.contrib.sessions.backends.signed_cookies"
STORED_SESSION_SALT = "django.contrib.sessions.SessionStore"


class LegacySigner(signing.TimestampSigner):
    """The signer of Django before 3.1, as the setting SIGNING_BACKEND of a newer one."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs, algorithm="sha1")


def configure(keys: Sequence[str], algorithm: str) -> None:
    settings = django.conf.settings
    settings.SECRET_KEY = keys[-1]
    settings.SECRET_KEY_FALLBACKS = list(reversed(keys[:-1]))
    name = "django.core.signing.TimestampSigner" if algorithm == "sha256" else f"{__name__}.LegacySigner"
    settings.SIGNING_BACKEND = name


@dataclass(frozen=True)
class Django:
    """How Django signs."""

    cls: str = "dumps"
    keys: tuple[str, ...] = (NEW,)
    salt: str = DUMPS_SALT
    algorithm: str = "sha256"

    def but(self, **changes: Any) -> Django:
        return dataclasses.replace(self, **changes)

    def signer(self) -> signing.TimestampSigner:
        return signing.TimestampSigner(
            key=self.keys[-1],
            salt=self.salt,
            algorithm=self.algorithm,
            fallback_keys=list(reversed(self.keys[:-1])),
        )

    def token(self, value: Any, at: int = SIGNED_AT, compress: bool = False) -> str:
        CLOCK.now = at
        try:
            if self.cls == "dumps" and self.algorithm == "sha256":
                return signing.dumps(value, key=self.keys[-1], salt=self.salt, compress=compress)
            if self.cls == "dumps":
                return self.signer().sign_object(value, compress=compress)
            configure(self.keys, self.algorithm)
            response = HttpResponse()
            response.set_signed_cookie(self.salt, value)
            return response.cookies[self.salt].value
        finally:
            CLOCK.now = SIGNED_AT

    def legacy_cookie(self, value: str, cookie_salt: str) -> str:
        """Sign a cookie as Django did before it framed its salt."""
        configure(self.keys, self.algorithm)
        signed: str = signing.get_cookie_signer(salt=cookie_salt).sign(value)
        return signed

    def seal(self, *parts: str) -> str:
        """Sign parts as they stand."""
        text = ":".join(parts)
        if self.cls == "dumps":
            return f"{text}:{self.signer().signature(text)}"
        configure(self.keys, self.algorithm)
        signer = signing.get_cookie_signer(salt=signing._cookie_signer_salt(self.salt))
        return f"{text}:{signer.signature(text)}"

    def stamped(self, text: str) -> str:
        return self.seal(text, signing.b62_encode(SIGNED_AT))

    def ask(self, token: str, now: float = SIGNED_AT + 10, max_age: float | None = None) -> Case:
        case: Case = {"class": self.cls, **ring(self.keys), "salt": self.salt}
        if self.algorithm != "sha256":
            case["algorithm"] = self.algorithm
        case["now"] = now
        if max_age is not None:
            case["max_age"] = max_age
        return {**case, "token": token}


def ring(keys: Sequence[str]) -> Case:
    return {"key": keys[0]} if len(keys) == 1 else {"keys": list(keys)}


def keys_of(case: Case) -> list[str]:
    return case["keys"] if "keys" in case else [case["key"]]


def open_django(case: Case) -> Opened:
    keys, algorithm = keys_of(case), case.get("algorithm", "sha256")
    way = Django(case["class"], tuple(keys), case["salt"], algorithm)
    max_age = case.get("max_age")
    if way.cls == "signed_cookie":
        configure(keys, algorithm)
        request = HttpRequest()
        request.COOKIES[way.salt] = case["token"]
        value: Any = request.get_signed_cookie(way.salt, max_age=max_age)
    elif algorithm == "sha256":
        fallbacks = list(reversed(keys[:-1]))
        value = signing.loads(
            case["token"], key=keys[-1], salt=way.salt, max_age=max_age, fallback_keys=fallbacks
        )
    else:
        value = way.signer().unsign_object(case["token"], max_age=max_age)
    return value, signing.b62_decode(case["token"].rsplit(":", 2)[1])


DJANGO = Author("django", open_django, same_as_is)


def django_value_cases() -> Iterator[Case]:
    way = Django()
    for name, value in VALUES.items():
        yield DJANGO.accept(f"dumps: {name}", way.ask(way.token(value)), value)
    for name, (text, value) in GOOD_JSON.items():
        yield DJANGO.accept(
            f"dumps: JSON with {name}", way.ask(way.stamped(b64(text.encode("utf-8")))), value
        )
    for name, value in {
        "100 equal letters": "a" * 100,
        "20 users": [USER] * 20,
        "non-ASCII text": "日本語" * 40,
        "a user": USER,
        "nothing to save": noise("django", 40),
    }.items():
        for salt in (DUMPS_SALT, COOKIE_SESSION_SALT, STORED_SESSION_SALT):
            way = Django(salt=salt)
            yield DJANGO.accept(
                f"dumps, {salt}, compress: {name}", way.ask(way.token(value, compress=True)), value
            )
    for algorithm in ("sha256", "sha1"):
        for salt in (
            DUMPS_SALT,
            COOKIE_SESSION_SALT,
            STORED_SESSION_SALT,
            "own",
            "ünïcödé",
            nfd("ünïcödé"),
            "s" * 200,
        ):
            for compress in (False, True):
                way = Django(salt=salt, algorithm=algorithm)
                value = {
                    "_auth_user_id": "42",
                    "_auth_user_backend": "django.contrib.auth.backends.ModelBackend",
                }
                name = f"dumps, {algorithm}, salt {ascii(salt[:60])}{', compress' if compress else ''}"
                yield DJANGO.accept(name, way.ask(way.token(value, compress=compress)), value)
    way = Django(salt="")
    comment = "Django takes an empty salt for none, and has a default for that."
    yield DJANGO.accept("dumps, an empty salt", way.ask(way.token(USER)), USER, comment)
    yield DJANGO.accept(
        "dumps, an empty salt, signed with the default", way.ask(DEFAULT_SALT.token(USER)), USER, comment
    )
    for module, salt in (("signed_cookies", COOKIE_SESSION_SALT), ("cache", STORED_SESSION_SALT)):
        configure((NEW,), "sha256")
        store = importlib.import_module(f"django.contrib.sessions.backends.{module}").SessionStore()
        store.update(USER)
        if module == "cache":
            token = store.encode(store._session)
        else:
            store.save()
            token = store.session_key
        yield DJANGO.accept(f"a session of {module}.SessionStore", Django(salt=salt).ask(token), USER)


DEFAULT_SALT = Django(salt="django.core.signing.TimestampSigner")


def django_cookie_cases() -> Iterator[Case]:
    values = {
        "a word": "value",
        "the empty text": "",
        "separators": "a:b:c",
        "what looks signed": "value:1w0V0M:" + "A" * 43,
        "white space": " a b ",
        "non-ASCII text": "naïve café 日本語 😀",
        "a decomposed letter": nfd("é"),
        "JSON": '{"a": 1}',
        "1023 characters": noise("cookie", 1023),
    }
    for algorithm in ("sha256", "sha1"):
        for name, value in values.items():
            way = Django("signed_cookie", salt="sessionid", algorithm=algorithm)
            token = way.seal(value, signing.b62_encode(SIGNED_AT))
            yield DJANGO.accept(f"cookie, {algorithm}: {name}", way.ask(token), value)
            token = way.legacy_cookie(value, way.salt)
            comment = "Signed with the name as the salt, as before Django 5.2.15."
            yield DJANGO.accept(
                f"cookie, {algorithm}, the salt of before: {name}", way.ask(token), value, comment
            )
    comment = "Signed with the salt that has the length in it, as of Django 5.2.15."
    for cookie_name in ("sessionid", "csrftoken", "a", "__Host-id", "name.with.dots", "a" * 100):
        way = Django("signed_cookie", salt=cookie_name)
        yield DJANGO.accept(f"cookie named {cookie_name}", way.ask(way.token("value")), "value", comment)
    way = Django("signed_cookie", (OLD, MIDDLE, NEW), "sessionid")
    for name, key in (("oldest", OLD), ("middle", MIDDLE), ("newest", NEW)):
        signer = way.but(keys=(key,))
        rest = way.but(keys=tuple(k for k in way.keys if k != key))
        for form, token in (
            ("", signer.token("value")),
            (", the salt of before", signer.legacy_cookie("value", way.salt)),
        ):
            yield DJANGO.accept(
                f"cookie{form}: signed with the {name} of three keys", way.ask(token), "value"
            )
            name_gone = f"cookie{form}: signed with the {name} of three keys, which is gone"
            yield DJANGO.refuse(name_gone, "BadSignature", rest.ask(token))
    for form, token in (
        ("", way.token("value")),
        (", the salt of before", way.legacy_cookie("value", way.salt)),
    ):
        yield DJANGO.accept(
            f"cookie{form}: just as old as may be", way.ask(token, SIGNED_AT + 60, 60), "value"
        )
        yield DJANGO.refuse(f"cookie{form}: too old", "SignatureExpired", way.ask(token, SIGNED_AT + 61, 60))
        wrong = way.but(salt="othercookie")
        yield DJANGO.refuse(f"cookie{form}: of another name", "BadSignature", wrong.ask(token))
    other_salt = "django.http.cookies.v2:0:"
    yield DJANGO.refuse(
        "cookie: of another name with another salt",
        "BadSignature",
        way.ask(way.legacy_cookie("value", other_salt + "other")),
    )
    token = way.token("value")
    for name, text in django_tampered(token):
        yield DJANGO.refuse(f"cookie, tampered: {name}", "BadSignature", way.ask(text), mutated=name)
    yield DJANGO.refuse(
        "cookie: signed with the key of dumps",
        "BadSignature",
        way.ask(Django(salt="sessionid").signer().sign("value")),
    )
    yield DJANGO.refuse("cookie: no timestamp", "any", way.ask(way.seal("value")), python="ValueError")
    yield DJANGO.refuse(
        "cookie: a timestamp of letters beyond base 62",
        "any",
        way.ask(way.seal("value", "1-0")),
        python="ValueError",
    )


def django_key_cases() -> Iterator[Case]:
    for algorithm in ("sha256", "sha1"):
        for salt in (DUMPS_SALT, COOKIE_SESSION_SALT):
            way = Django(keys=(OLD, MIDDLE, NEW), salt=salt, algorithm=algorithm)
            for name, key in (("oldest", OLD), ("middle", MIDDLE), ("newest", NEW)):
                token = way.but(keys=(key,)).token(USER)
                start = f"dumps, {algorithm}, {salt}"
                yield DJANGO.accept(f"{start}: signed with the {name} of three keys", way.ask(token), USER)
                rest = way.but(keys=tuple(k for k in way.keys if k != key))
                gone = f"{start}: signed with the {name} of three keys, which is gone"
                yield DJANGO.refuse(gone, "BadSignature", rest.ask(token))
    composed, decomposed = nfc("clé sécrète"), nfd("clé sécrète")
    way = Django(keys=(composed,))
    yield DJANGO.accept("dumps: a composed key", way.ask(way.token(USER)), USER)
    yield DJANGO.accept(
        "dumps: a decomposed key",
        way.but(keys=(decomposed,)).ask(way.but(keys=(decomposed,)).token(USER)),
        USER,
    )
    yield DJANGO.refuse(
        "dumps: the decomposed form of the key",
        "BadSignature",
        way.but(keys=(decomposed,)).ask(way.token(USER)),
    )
    way = Django(salt=nfc("é"))
    yield DJANGO.refuse(
        "dumps: the decomposed form of the salt", "BadSignature", way.but(salt=nfd("é")).ask(way.token(USER))
    )
    for name, key in {
        "one letter": "k",
        "65 bytes": "k" * 65,
        "1000 characters, not ASCII": "ключ" * 250,
    }.items():
        way = Django(keys=(key,))
        yield DJANGO.accept(f"dumps: a key of {name}", way.ask(way.token(USER)), USER)
    way = Django(keys=("Bsignerkey",), salt="A")
    yield DJANGO.accept(
        "dumps: another key and another salt that are one",
        Django(keys=("key",), salt="AsignerB").ask(way.token(USER)),
        USER,
        "Salt and key stand side by side with nothing between them.",
    )


def django_time_cases() -> Iterator[Case]:
    way = Django()
    token = way.token(USER)
    for name, now, max_age in (
        ("no maximum age, a century later", SIGNED_AT + 3_155_760_000, None),
        ("no maximum age, from the future", SIGNED_AT - 100_000, None),
        ("maximum age 0, in the same second", SIGNED_AT, 0),
        ("just as old as may be", SIGNED_AT + 60, 60),
        ("a part of a second younger", SIGNED_AT + 59.75, 60),
        ("half a second, and half a second may be", SIGNED_AT + 0.5, 0.5),
        ("two weeks", SIGNED_AT + 1_209_600, 1_209_600),
    ):
        yield DJANGO.accept(f"dumps, age: {name}", way.ask(token, now, max_age), USER)
    for name, now, max_age in (
        ("a second too old", SIGNED_AT + 61, 60),
        ("a part of a second too old", SIGNED_AT + 60.25, 60),
        ("a part of a second, where none may be", SIGNED_AT + 0.25, 0),
        ("three quarters of a second, where half of one may be", SIGNED_AT + 0.75, 0.5),
        ("two weeks and a second", SIGNED_AT + 1_209_601, 1_209_600),
        ("a maximum age below 0", SIGNED_AT, -1),
    ):
        yield DJANGO.refuse(f"dumps, age: {name}", "SignatureExpired", way.ask(token, now, max_age))
    for name, now in (
        ("a second", SIGNED_AT - 1),
        ("a quarter of a second", SIGNED_AT - 0.25),
        ("a year", SIGNED_AT - 31_536_000),
    ):
        question = way.ask(token, now, 60)
        yield DJANGO.refuse(
            f"dumps, age: {name} from the future",
            "SignatureExpired",
            question,
            lax="it takes any time to come",
        )
    for name, at in (
        ("0", 0),
        ("1", 1),
        ("61", 61),
        ("62", 62),
        ("2^31", 2**31),
        ("2^32", 2**32),
        ("the last second of 9999", LAST_SECOND),
    ):
        yield DJANGO.accept(f"dumps, time: {name}", way.ask(way.token(USER, at=at), now=at, max_age=0), USER)
    text = b64(b'"x"')
    for name, timestamp, why in (
        ("a leading zero", "0" + signing.b62_encode(SIGNED_AT), "b62_decode takes leading zeros"),
        ("zeros", "00", "b62_decode takes leading zeros"),
        ("below 0", "-1", "it takes any time"),
        ("minus zero", "-0", "it takes any time"),
        ("a sign alone", "-", "it is 1970"),
        ("a second after 9999", signing.b62_encode(LAST_SECOND + 1), "it takes any time"),
        ("milliseconds", signing.b62_encode(SIGNED_AT * 1000), "it takes any time"),
        ("2^63", signing.b62_encode(2**63), "it takes any time"),
        ("2^64+1, which must not wrap", signing.b62_encode(2**64 + 1), "it takes any time"),
        ("20 digits", "z" * 20, "it takes any time"),
    ):
        yield DJANGO.refuse(f"dumps, timestamp: {name}", "any", way.ask(way.seal(text, timestamp)), lax=why)
    for name, timestamp, python in (
        ("empty", "", "IndexError"),
        ("white space", " ", "ValueError"),
        ("a plus sign", "+1", "ValueError"),
        ("an underscore", "1_0", "ValueError"),
        ("a point", "1767225600.5", "ValueError"),
        ("a newline", "1w0V0M\n", "ValueError"),
        ("a digit that is not ASCII", "١", "ValueError"),
    ):
        yield DJANGO.refuse(
            f"dumps, timestamp: {name}", "any", way.ask(way.seal(text, timestamp)), python=python
        )
    yield DJANGO.refuse("dumps, timestamp: missing", "any", way.ask(way.seal(text)), python="ValueError")


def django_tampered(token: str) -> Iterator[tuple[str, str]]:
    value, timestamp, signature = token.rsplit(":", 2)
    before = f"{value}:{timestamp}"
    yield "the first character of the value", change(token, 0)
    yield "the last character of the value", change(token, len(value) - 1)
    yield "a character before the value", "x" + token
    yield "no value", f":{timestamp}:{signature}"
    yield "the first digit of the timestamp", change(token, len(value) + 1)
    yield "a later timestamp", f"{value}:{signing.b62_encode(SIGNED_AT + 3600)}:{signature}"
    yield "no timestamp", f"{value}:{signature}"
    yield "an empty timestamp", f"{value}::{signature}"
    yield "the first character of the signature", change(token, len(before) + 1)
    yield "the last character but one of the signature", change(token, -2)
    yield "a trailing bit of the signature", f"{before}:{trailing_bit(signature)}"
    yield "the last character cut off", token[:-1]
    yield "half of it", token[: len(token) // 2]
    yield "no signature, but its separator", before + ":"
    yield "neither signature nor separator", before
    yield "the signature alone", signature
    yield "nothing", ""
    yield "a separator alone", ":"
    yield "many separators", ":" * 1000
    yield "padding of the signature", token + "="
    yield "a newline after it", token + "\n"
    yield "CR and LF after it", token + "\r\n"
    yield "a newline in the signature", token[:-5] + "\n" + token[-5:]
    yield "a space before it", " " + token
    yield "junk after it", token + "!!!!"
    yield "a NUL after it", token + "\0"
    yield "letters after it that are not ASCII", token + "é"
    yield "the signature in upper case", f"{before}:{signature.upper()}"
    yield "the standard alphabet", f"{before}:+/{signature[2:]}"
    yield "dots for separators", token.replace(":", ".")


def django_bad_cases() -> Iterator[Case]:
    for compress in (False, True):
        way = Django(salt=COOKIE_SESSION_SALT)
        token = way.token([USER] * 5, compress=compress)
        start = f"dumps{', compressed' if compress else ''}"
        for name, text in django_tampered(token):
            yield DJANGO.refuse(f"{start}, tampered: {name}", "BadSignature", way.ask(text), mutated=name)
        if compress:
            yield DJANGO.refuse(
                f"{start}, tampered: the dot gone", "BadSignature", way.ask(token[1:]), mutated="no dot"
            )
        else:
            yield DJANGO.refuse(
                f"{start}, tampered: a dot before it", "BadSignature", way.ask("." + token), mutated="a dot"
            )
    way = Django()
    token = way.token(USER)
    for name, wrong in (
        ("another key", way.but(keys=("another key",))),
        ("the key's letters", way.but(keys=tuple(NEW))),
        ("another salt", way.but(salt="another salt")),
        ("the salt of sessions", way.but(salt=COOKIE_SESSION_SALT)),
        ("a cookie", way.but(cls="signed_cookie", salt="sessionid")),
    ):
        yield DJANGO.refuse(f"dumps, signed otherwise: {name} asked for", "BadSignature", wrong.ask(token))
    legacy = way.but(algorithm="sha1")
    yield DJANGO.refuse("dumps: signed with sha1", "BadSignature", way.ask(legacy.token(USER)))
    token = Way(salt=DUMPS_SALT, sep=":", digest="sha256").token(USER)
    comment = "Separator, derivation and digest can be the same, and this timestamp reads as one in base 62."
    yield DJANGO.accept("dumps: a token of itsdangerous", way.ask(token), USER, comment)
    yield DJANGO.refuse(
        "dumps: a token of itsdangerous, with a maximum age",
        "SignatureExpired",
        way.ask(token, max_age=60),
        lax="it takes any time to come",
        comment=comment,
    )
    for name, text in BAD_JSON.items():
        python = "json.decoder.JSONDecodeError"
        yield DJANGO.refuse(
            f"dumps, JSON: {name}", "any", way.ask(way.stamped(b64(text.encode("utf-8")))), python=python
        )
    for name, text in LAX_JSON.items():
        question = way.ask(way.stamped(b64(text.encode("utf-8"))))
        yield DJANGO.refuse(f"dumps, JSON: {name}", "any", question, lax="json.loads takes it")
    for name, data in (("UTF-8", '"é"'.encode()), ("Latin-1", '"é"'.encode("latin-1"))):
        question = way.ask(way.stamped(b64(data)))
        yield DJANGO.refuse(
            f"dumps, JSON: {name} that is not ASCII",
            "any",
            question,
            lax="it reads Latin-1, and writes ASCII",
        )
    yield DJANGO.refuse(
        "dumps, JSON: a pickle",
        "any",
        way.ask(way.stamped(b64(b"\x80\x04N."))),
        python="json.decoder.JSONDecodeError",
    )
    for name, stream in bad_streams().items():
        yield DJANGO.refuse(
            f"dumps, zlib: {name}", "any", way.ask(way.stamped("." + b64(stream))), python="zlib.error"
        )
    good = zlib.compress(b'"' + b"a" * 100 + b'"')
    for name, text, why in (
        ("a byte after the stream", b64(good + b"x"), "zlib.decompress ignores what follows a stream"),
        ("a bomb of 1 MiB and a byte", b64(zlib.compress(b"1" + b" " * MAX_DECODED)), "it has no limit"),
        ("a bomb of 4 MiB", b64(zlib.compress(b"1" + b" " * (4 << 20))), "it has no limit"),
    ):
        yield DJANGO.refuse(f"dumps, zlib: {name}", "any", way.ask(way.stamped("." + text)), lax=why)
    text = "." + b64(zlib.compress(b"1" + b" " * (MAX_DECODED - 1)))
    yield DJANGO.accept("dumps, zlib: just as much as we decompress", way.ask(way.stamped(text)), 1)
    text = b64(b'{"a":"?>~"}')
    for name, bad, why in (
        ("padding", text + "=", "base64 takes padding"),
        ("a trailing bit", trailing_bit(text), "base64 ignores trailing bits"),
        ("junk inside", text[:5] + "!!!!" + text[5:], "base64 skips junk"),
        ("newlines inside", text[:5] + "\n\n\n\n" + text[5:], "base64 skips white space"),
        ("CR and LF at its end", text + "\r\n\r\n", "base64 skips white space"),
        ("separators inside", text[:5] + "::::" + text[5:], "base64 skips junk"),
        ("the standard alphabet", text.replace("-", "+").replace("_", "/"), "base64 takes both alphabets"),
    ):
        yield DJANGO.refuse(f"dumps, payload: {name}", "any", way.ask(way.stamped(bad)), lax=why)
    yield DJANGO.refuse(
        "dumps, payload: a length that base64 has not",
        "any",
        way.ask(way.stamped("abcde")),
        python="binascii.Error",
    )


DJANGO_GROUPS = (
    django_value_cases,
    django_cookie_cases,
    django_key_cases,
    django_time_cases,
    django_bad_cases,
)

# --- flask -----------------------------------------------------------------------------------------

FLASK_APP = flask.Flask("vectors")
FLASK_AGE = 2_678_400  # 31 days, Flask's default
FLASK_WAY = Way(salt="cookie-session", derivation="hmac")


def flask_serializer(keys: Sequence[str]) -> Any:
    FLASK_APP.secret_key = keys[-1]
    FLASK_APP.config["SECRET_KEY_FALLBACKS"] = list(keys[:-1])
    return SecureCookieSessionInterface().get_signing_serializer(FLASK_APP)


def flask_token(session: Any, keys: Sequence[str] = (NEW,), at: int = SIGNED_AT) -> str:
    CLOCK.now = at
    with FLASK_APP.app_context():
        token: str = flask_serializer(keys).dumps(session)
    CLOCK.now = SIGNED_AT
    return token


def open_flask(case: Case) -> Opened:
    """Open a session as SecureCookieSessionInterface does, and compare with what that does."""
    interface, max_age = SecureCookieSessionInterface(), case["max_age"]
    with FLASK_APP.app_context():
        serializer = flask_serializer(keys_of(case))
        FLASK_APP.permanent_session_lifetime = datetime.timedelta(seconds=max_age)
        request = flask.Request({"HTTP_COOKIE": "", "wsgi.url_scheme": "http"})
        request.cookies = {interface.get_cookie_name(FLASK_APP): case["token"]}  # type: ignore[assignment]
        try:
            session: Any = interface.open_session(FLASK_APP, request)
        except Exception as error:
            session = error
        try:
            value, at = serializer.loads(case["token"], max_age=max_age, return_timestamp=True)
        except itsdangerous.BadSignature:
            if case["token"] and dict(session) != {}:
                fail("Flask opens a session that its serializer refuses")
            raise
        if isinstance(session, Exception):
            raise session
        if dict(session) != dict(value):
            fail("Flask opens another session than its serializer")
        return value, int(at.timestamp())


def flask_plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: flask_plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [flask_plain(item) for item in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, datetime.datetime):
        return int(value.timestamp())
    if isinstance(value, (uuid.UUID, markupsafe.Markup)):
        return str(value)
    return value


FLASK = Author("flask", open_flask, flask_plain)


def flask_ask(
    token: str, now: float = SIGNED_AT + 10, max_age: float = FLASK_AGE, keys: Sequence[str] = (NEW,)
) -> Case:
    return {"class": "session", **ring(keys), "now": now, "max_age": max_age, "token": token}


def tag_of(value: Any) -> str | None:
    """Return the name that `tagged` has for a value's type."""
    for cls, name in (
        (tuple, "tuple"),
        (bytes, "bytes"),
        (datetime.datetime, "datetime"),
        (uuid.UUID, "uuid"),
        (markupsafe.Markup, "markup"),
    ):
        if isinstance(value, cls):
            return name
    tags = flask.sessions.session_json_serializer.tags
    return "dict" if isinstance(value, dict) and len(value) == 1 and next(iter(value)) in tags else None


def flask_accept(name: str, session: dict[str, Any], question: Case | None = None, comment: str = "") -> Case:
    if question is None:
        question = flask_ask(flask_token(session))
    tagged = {key: tag for key, value in session.items() if (tag := tag_of(value))}
    return FLASK.accept(name, {**question, "tagged": tagged} if tagged else question, session, comment)


UTC = datetime.UTC
MOMENT = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
UUID = uuid.UUID("12345678-9abc-4def-8123-456789abcdef")


def flask_value_cases() -> Iterator[Case]:
    for name, value in VALUES.items():
        yield flask_accept(f"value: {name}", {"v": value})
    yield flask_accept("session: empty", {})
    yield flask_accept(
        "session: of Flask-Login",
        {"_fresh": True, "_id": "0" * 128, "_user_id": "42", "csrf_token": "f" * 40},
    )
    yield flask_accept("session: of flashes", {"_flashes": [("message", "Saved."), ("error", "<b>no</b>")]})
    yield flask_accept("session: permanent", {"_permanent": True, "user_id": 1})
    yield flask_accept("session: keys in another order", {"b": 1, "a": 2, "é": 3, "Z": 4, "": 5})
    yield flask_accept("session: compressed", {"items": [USER] * 20})
    yield flask_accept("session: not compressed", {"noise": noise("flask", 500)})
    for name, session in {
        "a tuple": {"t": (1, "two", None)},
        "an empty tuple": {"t": ()},
        "a tuple of tuples": {"t": ((1, 2), (3, (4,)))},
        "a tuple in a list": {"l": [(1,), [2], (3,)]},
        "a list in a tuple": {"t": ([1, 2], {"a": (3,)})},
        "bytes": {"b": b"\x00\x01\xfe\xff"},
        "empty bytes": {"b": b""},
        "300 bytes": {"b": bytes(range(256)) + bytes(44)},
        "bytes in a list": {"l": [b"a", b"ab", b"abc"]},
        "markup": {"m": markupsafe.Markup("<b>bold &amp; safe</b>")},
        "empty markup": {"m": markupsafe.Markup("")},
        "markup that is not ASCII": {"m": markupsafe.Markup("<i>日本語 😀</i>")},
        "a UUID": {"u": UUID},
        "the nil UUID": {"u": uuid.UUID(int=0)},
        "the last UUID": {"u": uuid.UUID(int=2**128 - 1)},
        "UUIDs in a dict": {"d": {"a": UUID, "b": [UUID]}},
        "a datetime": {"d": MOMENT},
        "1970": {"d": datetime.datetime(1970, 1, 1, tzinfo=UTC)},
        "before 1970": {"d": datetime.datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)},
        "1900": {"d": datetime.datetime(1900, 3, 1, tzinfo=UTC)},
        "a leap day": {"d": datetime.datetime(2024, 2, 29, 12, tzinfo=UTC)},
        "the last second of 9999": {"d": datetime.datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)},
        "the first second of 1000": {"d": datetime.datetime(1000, 1, 1, tzinfo=UTC)},
        "datetimes in a tuple": {"t": (MOMENT, [MOMENT])},
        "all of them": {
            "t": (1,),
            "b": b"x",
            "m": markupsafe.Markup("x"),
            "u": UUID,
            "d": MOMENT,
            "n": {"t": (b"x", UUID)},
        },
        "a dict like a tuple": {"x": {" t": [1, 2]}},
        "a dict like bytes": {"x": {" b": "AAE="}},
        "a dict like markup": {"x": {" m": "<b>"}},
        "a dict like a UUID": {"x": {" u": "no UUID"}},
        "a dict like a datetime": {"x": {" d": "no date"}},
        "a dict like an escaped dict": {"x": {" di": {"a": 1}}},
        "a dict like an escaped dict like a tuple": {"x": {" di": {" t__": 1}}},
        "a dict like a tuple, of a tuple": {"x": {" t": (1, 2)}},
        "dicts like tags in each other": {"x": {" t": {" b": {" u": {" d": {" m": {" di": 1}}}}}}},
        "a dict like a tag in a list": {"l": [{" t": 1}, {" b": 2}]},
        "a dict like a tag in a tuple": {"t": ({" t": 1},)},
        "a dict with a tag among other keys": {"x": {" t": [1], "a": 2}},
        "a dict with two tags": {"x": {" t": [1], " b": "AA=="}},
        "a dict with an escaped tag": {"x": {" t__": [1]}},
        "a dict with a tag in upper case": {"x": {" T": [1]}},
        "a dict with a tag without its space": {"x": {"t": [1]}},
        "a dict with a tag and two spaces": {"x": {"  t": [1]}},
        "a session that is like a tuple": {" t": [1]},
        "a session that is like a UUID": {" u": "x"},
        "a session that is like an escaped dict": {" di": {" di": {}}},
        "tuples nested 20 deep": {"t": in_tuples(20)},
        "tuples nested 49 deep": {"t": in_tuples(49)},
    }.items():
        yield flask_accept(f"tag: {name}", session)
    naive = {"d": datetime.datetime(2026, 1, 2, 3, 4, 5)}
    yield flask_accept(
        "tag: a datetime without a zone",
        {"d": MOMENT},
        flask_ask(flask_token(naive)),
        "Flask takes it for UTC.",
    )
    fraction = {"d": MOMENT.replace(microsecond=999999)}
    comment = "Flask cuts its fraction off."
    yield flask_accept(
        "tag: a datetime with a fraction", {"d": MOMENT}, flask_ask(flask_token(fraction)), comment
    )
    zone = {"d": MOMENT.astimezone(datetime.timezone(datetime.timedelta(hours=5, minutes=30)))}
    yield flask_accept(
        "tag: a datetime of another zone", {"d": MOMENT}, flask_ask(flask_token(zone)), "Flask writes UTC."
    )


def in_tuples(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = (value,)
    return value


def flask_key_cases() -> Iterator[Case]:
    session = {"user_id": 1}
    keys = (OLD, MIDDLE, NEW)
    for name, key in (("oldest", OLD), ("middle", MIDDLE), ("newest", NEW)):
        token = flask_token(session, (key,))
        yield flask_accept(f"keys: signed with the {name} of three", session, flask_ask(token, keys=keys))
        rest = [k for k in keys if k != key]
        question = flask_ask(token, keys=rest)
        yield FLASK.refuse(
            f"keys: signed with the {name} of three, which is gone", "BadTimeSignature", question
        )
    yield flask_accept(
        "keys: signed with fallbacks", session, flask_ask(flask_token(session, keys), keys=keys)
    )
    yield flask_accept(
        "keys: signed with fallbacks that are gone", session, flask_ask(flask_token(session, keys))
    )
    composed, decomposed = nfc("clé sécrète"), nfd("clé sécrète")
    token = flask_token(session, (composed,))
    yield flask_accept("keys: composed", session, flask_ask(token, keys=(composed,)))
    yield FLASK.refuse("keys: the decomposed form", "BadTimeSignature", flask_ask(token, keys=(decomposed,)))
    yield FLASK.refuse(
        "keys: the letters of the key", "BadTimeSignature", flask_ask(flask_token(session), keys=tuple(NEW))
    )
    for name, key in {
        "one letter": "k",
        "65 bytes": "k" * 65,
        "1000 characters, not ASCII": "ключ" * 250,
    }.items():
        yield flask_accept(f"keys: {name}", session, flask_ask(flask_token(session, (key,)), keys=(key,)))


def flask_time_cases() -> Iterator[Case]:
    session = {"user_id": 1}
    token = flask_token(session)
    for name, now, max_age in (
        ("at once", SIGNED_AT, FLASK_AGE),
        ("just as old as may be", SIGNED_AT + FLASK_AGE, FLASK_AGE),
        ("just as old as may be, and a part of a second", SIGNED_AT + 60.5, 60),
        ("a second may be", SIGNED_AT + 1, 1),
    ):
        yield flask_accept(f"age: {name}", session, flask_ask(token, now, max_age))
    for name, now, max_age in (
        ("a second too old", SIGNED_AT + FLASK_AGE + 1, FLASK_AGE),
        ("a second too old for a minute", SIGNED_AT + 61, 60),
        ("a second from the future", SIGNED_AT - 1, FLASK_AGE),
        ("a century from the future", SIGNED_AT - 1_700_000_000, FLASK_AGE),
    ):
        yield FLASK.refuse(f"age: {name}", "SignatureExpired", flask_ask(token, now, max_age))
    for name, at in (
        ("the first second after 1970", 1),
        ("2^32", 2**32),
        ("the last second of 9999", LAST_SECOND),
    ):
        yield flask_accept(f"time: {name}", session, flask_ask(flask_token(session, at=at), now=at))
    text = FLASK_WAY.text('{"user_id":1}')
    for name, timestamp, python in (
        ("milliseconds", stamp(SIGNED_AT * 1000), "ValueError"),
        ("a second after 9999", stamp(LAST_SECOND + 1), "ValueError"),
        ("2^63", stamp(2**63), "OverflowError"),
        ("2^64-1", stamp(2**64 - 1), "OverflowError"),
        ("empty", "", "SignatureExpired"),
        ("nine bytes", b64(bytes(range(1, 10))), ""),
        ("a length that base64 has not", "abcde", ""),
    ):
        question = flask_ask(FLASK_WAY.seal(text, timestamp))
        yield FLASK.refuse(f"timestamp: {name}", "BadTimeSignature", question, python=python)
    right = SIGNED_AT.to_bytes(4, "big")
    for name, timestamp, why in (
        ("a leading zero byte", b64(b"\0" + right), "it fills up with zeros"),
        ("padding", b64(right) + "==", "base64 takes padding"),
        ("a trailing bit", trailing_bit(b64(right)), "base64 ignores trailing bits"),
        ("junk inside", b64(right)[:3] + "!!!!" + b64(right)[3:], "base64 skips junk"),
    ):
        question = flask_ask(FLASK_WAY.seal(text, timestamp))
        yield FLASK.refuse(f"timestamp: {name}", "BadTimeSignature", question, lax=why)
    yield FLASK.refuse("timestamp: missing", "BadTimeSignature", flask_ask(FLASK_WAY.seal(text)))


def flask_bad_cases() -> Iterator[Case]:
    session = {"user_id": 1, "name": "admin"}
    token = flask_token(session)
    for name, text in tampered(FLASK_WAY, token):
        if text == "":
            continue  # Flask takes that for no cookie
        yield FLASK.refuse(f"tampered: {name}", FLASK_WAY.mismatch(text), flask_ask(text), mutated=name)
    before, _, signature = token.rpartition(".")
    for name, form, why in signature_forms(signature):
        question = flask_ask(f"{before}.{form}")
        yield FLASK.refuse(f"signature: {name}", "BadTimeSignature", question, mutated=name, lax=why)
    for name, way in (
        ("another salt", FLASK_WAY.but(salt="another salt")),
        ("another derivation", FLASK_WAY.but(derivation="django-concat")),
        ("another digest", FLASK_WAY.but(digest="sha256")),
        ("another separator", FLASK_WAY.but(sep=":")),
        ("no timestamp, by URLSafeSerializer", FLASK_WAY.but(cls="URLSafeSerializer")),
    ):
        question = flask_ask(way.token(session))
        error = FLASK_WAY.mismatch(question["token"])
        yield FLASK.refuse(
            f"signed otherwise: {name}", "BadTimeSignature" if "URLSafe" in name else error, question
        )

    def refuse(name: str, text: str, **notes: Any) -> Case:
        return FLASK.refuse(name, "BadPayload", flask_ask(FLASK_WAY.stamped(text)), **notes)

    for name, text in BAD_JSON.items():
        yield refuse(f"JSON: {name}", FLASK_WAY.text(text))
    for name, text in LAX_JSON.items():
        text = '{"v":' + text + "}"
        yield refuse(f"JSON: {name}", FLASK_WAY.text(text), lax="json.loads takes it")
    for name, stream in bad_streams().items():
        yield refuse(f"zlib: {name}", "." + b64(stream))
    bomb = b64(zlib.compress(b"{}" + b" " * MAX_DECODED))
    yield refuse("zlib: a bomb of 1 MiB and two bytes", "." + bomb, lax="it has no limit")
    good = zlib.compress(b'{"a":"' + b"a" * 100 + b'"}')
    yield refuse(
        "zlib: a byte after the stream",
        "." + b64(good + b"x"),
        lax="zlib.decompress ignores what follows a stream",
    )
    text = FLASK_WAY.text('{"a":"?>~"}')
    for name, bad, why in (
        ("padding", text + "=", "base64 takes padding"),
        ("a trailing bit", trailing_bit(text), "base64 ignores trailing bits"),
        ("junk inside", text[:5] + "!!!!" + text[5:], "base64 skips junk"),
        ("newlines inside", text[:5] + "\n\n\n\n" + text[5:], "base64 skips white space"),
    ):
        yield refuse(f"payload: {name}", bad, lax=why)
    for name, json_text, python in (
        ("a list", "[1]", "TypeError"),
        ("a text", '"ab"', "ValueError"),
        ("a number", "1", "TypeError"),
        ("null", "null", "TypeError"),
        ("a tuple", '{" t":[1]}', "TypeError"),
        ("bytes", '{" b":"AAE="}', "TypeError"),
        ("a UUID", '{" u":"' + UUID.hex + '"}', "TypeError"),
    ):
        yield refuse(f"a session that is {name}", FLASK_WAY.text(json_text), python=python)
    for name, json_text in (
        ("an empty list", "[]"),
        ("an empty text", '""'),
        ("a list of pairs", '[["a",1]]'),
    ):
        yield refuse(f"a session that is {name}", FLASK_WAY.text(json_text), lax="dict() takes it")
    for name, json_text in (
        ("a tuple of a number", '{" t":5}'),
        ("a tuple of null", '{" t":null}'),
        ("bytes of a number", '{" b":5}'),
        ("bytes that are not base64", '{" b":"A"}'),
        ("bytes that are not ASCII", '{" b":"é"}'),
        ("a UUID of a number", '{" u":5}'),
        ("a UUID that is none", '{" u":"x"}'),
        ("a UUID that is short", '{" u":"' + UUID.hex[:31] + '"}'),
        ("a datetime of a number", '{" d":5}'),
        ("an escaped dict of a number", '{" di":5}'),
        ("an escaped dict of an empty one", '{" di":{}}'),
    ):
        yield refuse(f"tag: {name}", FLASK_WAY.text('{"v":' + json_text + "}"))
    for name, json_text, why in (
        ("a tuple of a text", '{" t":"ab"}', "tuple() takes it"),
        ("a tuple of a dict", '{" t":{"a":1,"b":2}}', "tuple() takes it"),
        ("bytes with junk", '{" b":"AA!E="}', "base64 skips junk"),
        ("bytes with a trailing bit", '{" b":"AAF="}', "base64 ignores trailing bits"),
        ("a UUID with dashes", '{" u":"' + str(UUID) + '"}', "uuid.UUID takes it"),
        ("a UUID in upper case", '{" u":"' + UUID.hex.upper() + '"}', "uuid.UUID takes it"),
        ("a UUID as a URN", '{" u":"urn:uuid:' + str(UUID) + '"}', "uuid.UUID takes it"),
        ("a datetime that is none", '{" d":"yesterday"}', "it is None"),
        ("a datetime of null", '{" d":null}', "it is None"),
        (
            "a datetime with an offset",
            '{" d":"Fri, 02 Jan 2026 03:04:05 +0100"}',
            "it takes any form of RFC 2822",
        ),
        ("a datetime on another weekday", '{" d":"Mon, 02 Jan 2026 03:04:05 GMT"}', "it takes any weekday"),
        ("a datetime on the 30th of February", '{" d":"Mon, 30 Feb 2026 03:04:05 GMT"}', "it is None"),
        ("an escaped dict that is not one", '{" di":{"a":1}}', "it cuts off two characters"),
    ):
        yield refuse(f"tag: {name}", FLASK_WAY.text('{"v":' + json_text + "}"), lax=why)


FLASK_GROUPS = (flask_value_cases, flask_key_cases, flask_time_cases, flask_bad_cases)

# --- starlette -------------------------------------------------------------------------------------

STARLETTE_AGE = 1_209_600  # 14 days, Starlette's default
STARLETTE_WAY = Way("TimestampSigner", salt="itsdangerous.Signer")


class Connection:
    """What the middleware asks for cookies: no header stands between the case and its code."""

    def __init__(self, scope: Any) -> None:
        self.cookies = {"session": scope["token"]}


class TellingSigner(itsdangerous.TimestampSigner):
    """Keeps the error that the middleware swallows, and the time that it does not ask for."""

    error: Exception | None = None

    def unsign(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().unsign(*args, **kwargs)
        except itsdangerous.BadSignature as error:
            self.error = error
            raise


def middleware(keys: Sequence[str], max_age: float | None, application: Any) -> Any:
    """Return Starlette's middleware, whose signer knows several keys: by itself it takes one."""
    made = starlette.middleware.sessions.SessionMiddleware(application, keys[-1], max_age=max_age)  # type: ignore[arg-type]
    made.signer = TellingSigner(list(keys))
    return made


def run(application: Any, scope: dict[str, Any]) -> list[Any]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(application(scope, None, send))
    return sent


def starlette_token(session: dict[str, Any], keys: Sequence[str] = (NEW,), at: int = SIGNED_AT) -> str:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        scope["session"].update(session)
        await send({"type": "http.response.start", "status": 200, "headers": []})

    CLOCK.now = at
    sent = run(middleware(keys, STARLETTE_AGE, application), {"type": "http", "token": ""})
    CLOCK.now = SIGNED_AT
    header = dict(sent[0]["headers"])[b"set-cookie"].decode("latin-1")
    token: str = header.split(";")[0].removeprefix("session=")
    if http.cookies.SimpleCookie(header)["session"].value != token:
        fail("a cookie that does not come back")
    return token


def open_starlette(case: Case) -> Opened:
    found: list[Any] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        found.append(dict(scope["session"]))

    made = middleware(keys_of(case), case.get("max_age"), application)
    run(made, {"type": "http", "token": case["token"]})
    if made.signer.error is not None:
        if found != [{}]:
            fail("Starlette opens a session that its signer refuses")
        raise made.signer.error
    timestamp = made.signer.unsign(case["token"], return_timestamp=True)[1]
    return found[0], int(timestamp.timestamp())


STARLETTE = Author("starlette", open_starlette, same_as_is)


def starlette_ask(
    token: str,
    now: float = SIGNED_AT + 10,
    max_age: float | None = STARLETTE_AGE,
    keys: Sequence[str] = (NEW,),
) -> Case:
    case: Case = {"class": "session", **ring(keys), "now": now}
    if max_age is not None:
        case["max_age"] = max_age
    return {**case, "token": token}


def starlette_good_cases() -> Iterator[Case]:
    for name, value in VALUES.items():
        yield STARLETTE.accept(f"value: {name}", starlette_ask(starlette_token({"v": value})), {"v": value})
    session: dict[str, Any]
    for size in range(4):
        session = {"a": "?>~" + "x" * size}
        yield STARLETTE.accept(
            f"padding: {size} more characters", starlette_ask(starlette_token(session)), session
        )
    for name, (text, value) in GOOD_JSON.items():
        token = starlette_sealed('{"v":' + text + "}")
        yield STARLETTE.accept(f"JSON with {name}", starlette_ask(token), {"v": value})
    yield STARLETTE.accept("session: empty", starlette_ask(starlette_sealed("{}")), {})
    session = {
        "user": {"name": "admin", "groups": ["a", "b"]},
        "_state_google_x": {"data": {}, "exp": 1.5},
    }
    yield STARLETTE.accept("session: of Authlib", starlette_ask(starlette_token(session)), session)
    session = {"noise": noise("starlette", 3000)}
    yield STARLETTE.accept("session: 3000 characters", starlette_ask(starlette_token(session)), session)

    session = {"user_id": 1}
    keys = (OLD, MIDDLE, NEW)
    for name, key in (("oldest", OLD), ("middle", MIDDLE), ("newest", NEW)):
        token = starlette_token(session, (key,))
        comment = "The middleware has one key; its signer takes more."
        yield STARLETTE.accept(
            f"keys: signed with the {name} of three", starlette_ask(token, keys=keys), session, comment
        )
        question = starlette_ask(token, keys=[k for k in keys if k != key])
        yield STARLETTE.refuse(
            f"keys: signed with the {name} of three, which is gone", "BadTimeSignature", question
        )
    composed, decomposed = nfc("clé sécrète"), nfd("clé sécrète")
    token = starlette_token(session, (composed,))
    yield STARLETTE.accept("keys: composed", starlette_ask(token, keys=(composed,)), session)
    yield STARLETTE.refuse(
        "keys: the decomposed form", "BadTimeSignature", starlette_ask(token, keys=(decomposed,))
    )
    for name, key in {
        "one letter": "k",
        "65 bytes": "k" * 65,
        "1000 characters, not ASCII": "ключ" * 250,
    }.items():
        yield STARLETTE.accept(
            f"keys: {name}", starlette_ask(starlette_token(session, (key,)), keys=(key,)), session
        )

    token = starlette_token(session)
    for name, now, max_age in (
        ("at once", SIGNED_AT, STARLETTE_AGE),
        ("no maximum age", SIGNED_AT + 3_155_760_000, None),
        ("no maximum age, from the future", SIGNED_AT - 100_000, None),
        ("just as old as may be", SIGNED_AT + STARLETTE_AGE, STARLETTE_AGE),
        ("just as old as may be, and a part of a second", SIGNED_AT + 60.5, 60),
        ("a second may be", SIGNED_AT + 1, 1),
    ):
        yield STARLETTE.accept(f"age: {name}", starlette_ask(token, now, max_age), session)
    for name, now, max_age in (
        ("a second too old", SIGNED_AT + STARLETTE_AGE + 1, STARLETTE_AGE),
        ("a second too old for a minute", SIGNED_AT + 61, 60),
        ("a second from the future", SIGNED_AT - 1, STARLETTE_AGE),
        ("a century from the future", SIGNED_AT - 1_700_000_000, STARLETTE_AGE),
    ):
        yield STARLETTE.refuse(f"age: {name}", "SignatureExpired", starlette_ask(token, now, max_age))
    for name, at in (
        ("the first second after 1970", 1),
        ("2^32", 2**32),
        ("the last second of 9999", LAST_SECOND),
    ):
        yield STARLETTE.accept(
            f"time: {name}", starlette_ask(starlette_token(session, at=at), now=at), session
        )


def starlette_sealed(json_text: str | bytes, timestamp: str = stamp(SIGNED_AT)) -> str:
    data = json_text.encode("utf-8") if isinstance(json_text, str) else json_text
    return STARLETTE_WAY.seal(base64.b64encode(data).decode("ascii"), timestamp)


def starlette_bad_cases() -> Iterator[Case]:
    token = starlette_token({"user_id": 1, "name": "admin"})
    for name, text in tampered(STARLETTE_WAY, token):
        error = STARLETTE_WAY.mismatch(text)
        yield STARLETTE.refuse(f"tampered: {name}", error, starlette_ask(text), mutated=name)
    before, _, signature = token.rpartition(".")
    for name, form, why in signature_forms(signature):
        question = starlette_ask(f"{before}.{form}")
        yield STARLETTE.refuse(f"signature: {name}", "BadTimeSignature", question, mutated=name, lax=why)
    for name, way in (
        ("another salt", STARLETTE_WAY.but(salt="another salt")),
        ("another derivation", STARLETTE_WAY.but(derivation="hmac")),
        ("another digest", STARLETTE_WAY.but(digest="sha256")),
        ("another separator", STARLETTE_WAY.but(sep=":")),
    ):
        text = way.token(before.split(".")[0])
        yield STARLETTE.refuse(f"signed otherwise: {name}", STARLETTE_WAY.mismatch(text), starlette_ask(text))
    text = before.split(".")[0]
    yield STARLETTE.refuse("timestamp: missing", "BadTimeSignature", starlette_ask(STARLETTE_WAY.seal(text)))
    for name, timestamp, notes in (
        ("milliseconds", stamp(SIGNED_AT * 1000), {"python": "ValueError"}),
        ("a second after 9999", stamp(LAST_SECOND + 1), {"python": "ValueError"}),
        ("2^64-1", stamp(2**64 - 1), {"python": "OverflowError"}),
        ("empty", "", {"python": "SignatureExpired"}),
        ("nine bytes", b64(bytes(range(1, 10))), {}),
        ("a leading zero byte", b64(b"\0" + SIGNED_AT.to_bytes(4, "big")), {"lax": "it fills up with zeros"}),
        ("padding", stamp(SIGNED_AT) + "==", {"lax": "base64 takes padding"}),
    ):
        question = starlette_ask(STARLETTE_WAY.seal(text, timestamp))
        yield STARLETTE.refuse(f"timestamp: {name}", "BadTimeSignature", question, **notes)

    def refuse(name: str, text: str, **notes: Any) -> Case:
        return STARLETTE.refuse(
            name, "any", starlette_ask(STARLETTE_WAY.seal(text, stamp(SIGNED_AT))), **notes
        )

    payload = base64.b64encode(b'{"a":"?>~"}').decode("ascii")
    for name, bad, why in (
        ("more padding", payload + "====", "base64 takes any padding"),
        (
            "a trailing bit",
            payload[:-2] + ALPHABET[ALPHABET.index(payload[-2]) | 1] + "=",
            "base64 ignores trailing bits",
        ),
        ("junk inside", payload[:5] + "!!!!" + payload[5:], "base64 skips junk"),
        ("dashes inside", payload[:5] + "----" + payload[5:], "base64 skips what is not of its alphabet"),
        ("newlines inside", payload[:5] + "\n\n" + payload[5:], "base64 skips white space"),
        ("CR and LF at its end", payload + "\r\n", "base64 skips white space"),
        ("junk at its beginning", "!" + payload, "base64 skips junk"),
    ):
        yield refuse(f"payload: {name}", bad, lax=why)
    for name, bad, python in (
        ("no padding", payload.rstrip("="), "binascii.Error"),
        ("one character", "A", "binascii.Error"),
        ("empty", "", "json.decoder.JSONDecodeError"),
        ("the JSON as it is", '{"a":1}', "binascii.Error"),
    ):
        yield refuse(f"payload: {name}", bad, python=python)
    urlsafe = base64.urlsafe_b64encode(b'{"a":"?>~"}').decode("ascii")
    if urlsafe == payload:
        fail("the payload for base64 is not of use")
    yield refuse("payload: the URL-safe alphabet", urlsafe, python="binascii.Error")

    def refuse_json(name: str, text: str | bytes, **notes: Any) -> Case:
        return STARLETTE.refuse(f"JSON: {name}", "any", starlette_ask(starlette_sealed(text)), **notes)

    for name, text in BAD_JSON.items():
        if name != "a byte order mark":
            yield refuse_json(name, '{"v":' + text + "}", python="json.decoder.JSONDecodeError")
    for name, text in LAX_JSON.items():
        yield refuse_json(name, '{"v":' + text + "}", lax="json.loads takes it")
    for name, data, why in (
        ("a byte order mark", b"\xef\xbb\xbf{}", "json.loads takes bytes with one"),
        ("UTF-16", "{}".encode("utf-16"), "json.loads takes bytes in UTF-16"),
        ("UTF-16 without its mark", "{}".encode("utf-16-be"), "json.loads takes bytes in UTF-16"),
        ("UTF-32", "{}".encode("utf-32-le"), "json.loads takes bytes in UTF-32"),
        ("half of a pair in UTF-8", b'{"a":"\xed\xa0\x80"}', "json.loads takes them"),
    ):
        yield refuse_json(name, data, lax=why)
    yield refuse_json("a byte that is not UTF-8", b'{"a":"\xff"}', python="UnicodeDecodeError")
    yield refuse_json("Latin-1", '{"a":"é"}'.encode("latin-1"), python="UnicodeDecodeError")
    for name, text, python in (
        ("a list", "[1]", "TypeError"),
        ("a text", '"ab"', "ValueError"),
        ("a number", "1", "TypeError"),
        ("null", "null", "TypeError"),
        ("true", "true", "TypeError"),
    ):
        yield refuse_json(f"a session that is {name}", text, python=python)
    for name, text in (("an empty list", "[]"), ("an empty text", '""'), ("a list of pairs", '[["a",1]]')):
        yield refuse_json(f"a session that is {name}", text, lax="dict() takes it")


STARLETTE_GROUPS = (starlette_good_cases, starlette_bad_cases)

# --- files -----------------------------------------------------------------------------------------

VERSIONS = {
    "itsdangerous": "itsdangerous 2.2.0",
    "django": "Django 5.2.19",
    "flask": "Flask 3.1.3, itsdangerous 2.2.0",
    "starlette": "starlette 1.10.0, itsdangerous 2.2.0",
}
GROUPS: dict[str, Iterable[Callable[[], Iterator[Case]]]] = {
    "itsdangerous": ITSDANGEROUS_GROUPS,
    "django": DJANGO_GROUPS,
    "flask": FLASK_GROUPS,
    "starlette": STARLETTE_GROUPS,
}


def check_versions() -> None:
    for name, version in (line.split(" ") for versions in VERSIONS.values() for line in versions.split(", ")):
        if importlib.metadata.version(name) != version:
            fail(f"{name} is not {version}: see requirements-compat.txt")


def check_clock() -> None:
    """Every library signs with the time that stands still, and reads it there."""
    CLOCK.now = SIGNED_AT
    for name, timestamp in (
        ("itsdangerous", Way().token().split(".")[1]),
        ("flask", flask_token({}).split(".")[1]),
        ("starlette", starlette_token({"a": 1}).split(".")[1]),
    ):
        if timestamp != stamp(SIGNED_AT):
            fail(f"{name} has another clock")
    for cls in ("dumps", "signed_cookie"):
        if Django(cls).token("x").split(":")[1] != signing.b62_encode(SIGNED_AT):
            fail("django has another clock")


def check_names(kind: str, cases: Sequence[Case]) -> None:
    names: set[str] = set()
    for case in cases:
        if case["name"] in names or not case["name"].isascii():
            fail(f"{kind}: the name {case['name']!r} is there twice, or not ASCII")
        names.add(case["name"])


def file_text(kind: str, cases: Sequence[Case]) -> str:
    """Return the file: JSON with one field of a case per line, so that a diff shows what changed."""
    blocks = []
    for case in cases:
        fields = (
            f"   {json.dumps(key)}: {json.dumps(value, allow_nan=False)}" for key, value in case.items()
        )
        blocks.append("  {\n" + ",\n".join(fields) + "\n  }")
    made_with = f"vectors/generate_compat.py, {VERSIONS[kind]}"
    head = {"schema": "sealring/vectors/1", "kind": kind, "made_with": made_with}
    lines = "".join(f" {json.dumps(key)}: {json.dumps(value)},\n" for key, value in head.items())
    return "{\n" + lines + ' "cases": [\n' + ",\n".join(blocks) + "\n ]\n}\n"


def main(arguments: Sequence[str]) -> None:
    recording = list(arguments) == ["--record"]
    if len(arguments) > 1:
        fail("usage: generate_compat.py [OUTDIR | --record]")
    folder = Path(arguments[0]) if arguments and not recording else Path(__file__).parent
    check_versions()

    compressor = Compressor(recording)
    zlib.compress = compressor  # type: ignore[assignment]
    time.time = CLOCK
    starlette.middleware.sessions.HTTPConnection = Connection  # type: ignore[attr-defined,assignment]
    django.conf.settings.configure(SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies")
    check_clock()

    texts = {}
    for kind, groups in GROUPS.items():
        cases = [case for group in groups for case in group()]
        check_names(kind, cases)
        if len(cases) < MIN_CASES[kind]:
            fail(f"{kind}: {len(cases)} cases, fewer than there have to be")
        texts[kind] = file_text(kind, cases)
        opened = sum("expect" in case for case in cases)
        print(f"{kind}.json: {len(cases)} cases, {opened} of them open")
    if recording:
        compressor.write()
    elif compressor.used != compressor.streams.keys():
        fail("streams are recorded that no case has: run with --record")
    for kind, text in texts.items():
        (folder / f"{kind}.json").write_text(text, encoding="ascii", newline="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
