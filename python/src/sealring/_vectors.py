"""Holds this implementation against vector files: format.md, Section 12.10."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from . import _envelope, _json, _text
from ._codec import CONTENTS, SUITES, Sealer, inspect
from ._envelope import ENCRYPTED, Header, Subkeys
from ._errors import OPENING, BadPayload, ConfigError, Refused, SealringError
from ._keyring import Keyring
from ._keys import Key, parse_secret, valid_key_id
from ._payload import is_dict, is_list
from ._ring import parse_ring
from ._time import from_ms, to_ms

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

_SCHEMA = "sealring/vectors/1"
_SKIPPED_KINDS = ("itsdangerous", "django", "flask", "starlette")
_NOTES = {"comment", "mutated", "noncanonical", "python_error"}
"""What a case may carry for people, or for other implementations; it changes nothing here."""
_CLASSES = {failure.name for failure in OPENING}
_SUITE_NAMES: dict[int, Any] = {number: name for name, number in SUITES.items()}


class NotVectors(Exception):
    """A file is none of vectors: another schema, an unknown kind or key, a case that expects nothing."""


class Report(NamedTuple):
    """The cases of a file."""

    kind: str
    passed: int
    failed: int
    skipped: bool
    """The kind is known and not checked here."""
    suite_02: int
    """How many cases reach suite 02, for which the extra is missing."""


class _Differs(Exception):
    """What came of a case is not what it expects."""


class _Skip(Exception):
    """A case is about suite 02, which this process cannot run."""


def check(data: bytes, tell: Callable[[str, str], None]) -> Report:
    """Hold the implementation against one file and tell the name of each case that differs, and how.

    Raises NotVectors.
    """
    file = _file(data)
    if not is_dict(file):
        raise NotVectors("not a vector file: no object")
    schema = file.get("schema")
    if schema != _SCHEMA:
        raise NotVectors(f'not a vector file: schema "{schema or ""}", want "{_SCHEMA}"')
    kind, cases = file.get("kind"), file.get("cases")
    if kind in _SKIPPED_KINDS:
        return Report(kind, 0, 0, skipped=True, suite_02=0)
    checks: dict[Any, Callable[[dict[str, Any]], None]] = {"envelope": _check_envelope, "ring": _check_ring}
    if not isinstance(kind, str) or kind not in checks:
        raise NotVectors(f'unknown kind "{kind}"')
    try:
        _json.decode(data)  # no key is there twice, in no case
    except BadPayload as error:
        raise NotVectors(f"not a vector file: {error}") from None
    if not is_list(cases):
        raise NotVectors("not a vector file: cases is no array")

    passed = failed = without = 0
    for i, case in enumerate(cases):
        name = case.get("name") if is_dict(case) else None
        try:
            checks[kind](case)
            passed += 1
        except _Differs as differs:
            failed += 1
            tell(str(name), str(differs))
        except _Skip:
            without += 1
        except NotVectors as error:
            raise NotVectors(f'case {i} "{name}": {error}') from None
    return Report(kind, passed, failed, skipped=False, suite_02=without)


def _file(data: bytes) -> Any:
    """Return what a file holds, as lax as module json: vectors of other kinds may be nested deep."""
    try:
        return json.loads(data)
    except ValueError as error:
        raise NotVectors(f"not a vector file: {error}") from None
    except RecursionError:
        raise NotVectors("not a vector file: nested too deep") from None


_MISSING: Any = object()


class _Fields:
    """Takes the fields of an object one by one, each of a type, and refuses those that are left."""

    def __init__(self, value: Any) -> None:
        if not is_dict(value):
            raise NotVectors("not an object")
        self.left: dict[str, Any] = dict(value)

    def take(self, name: str, of: type, default: Any = _MISSING) -> Any:
        value = self.left.pop(name, default)
        if value is _MISSING:
            raise NotVectors(f"needs {name}")
        if value is not default and (not isinstance(value, of) or (isinstance(value, bool) and of is not bool)):
            raise NotVectors(f"{name} is of another type than {of.__name__}")
        return value

    def hex(self, name: str, default: Any = _MISSING) -> bytes:
        text = self.take(name, str, default)
        if not text.isascii() or (not text.isalnum() and text):
            raise NotVectors(f"{name} is not hexadecimal")
        try:
            return bytes.fromhex(text)
        except ValueError:
            raise NotVectors(f"{name} is not hexadecimal") from None

    def end(self) -> None:
        for name in self.left.keys() - _NOTES:
            raise NotVectors(f'unknown field "{name}"')


class _Expected(NamedTuple):
    key_id: str
    suite: int
    content: int
    issued_ms: int
    expires_ms: int
    body: bytes


class _Envelope:
    """A case of the kind envelope."""

    def __init__(self, case: Any) -> None:
        fields = _Fields(case)
        fields.take("name", str)
        self.purpose: str = fields.take("purpose", str)
        self.bind = fields.hex("bind", "") or None
        self.now: int = fields.take("now_ms", int)
        self.token: str = fields.take("token", str)
        self.suites: list[Any] = fields.take("suites", list)
        self.max_age: int | None = fields.take("max_age_ms", int, None)
        self.leeway: int = fields.take("leeway_ms", int, 0)
        self.reproduce: bool = fields.take("reproduce", bool, default=False)
        self.nonce = fields.hex("nonce", "")
        self.error: str | None = fields.take("error", str, None)
        expect = fields.take("expect", dict, None)
        self.keys: list[Any] = fields.take("keys", list, [])
        fields.end()

        if not self.suites or not all(type(suite) is int and suite in _SUITE_NAMES for suite in self.suites):
            raise NotVectors("suites is none of 1 and 2")
        if (expect is None) == (self.error is None):
            raise NotVectors("needs either expect or error")
        if self.error is not None and self.error not in _CLASSES:
            raise NotVectors(f'unknown error class "{self.error}"')
        if self.reproduce and expect is None:
            raise NotVectors("reproduce needs expect")
        self.expect = None if expect is None else _expected(expect)

    def ring(self) -> Keyring:
        timed = any(isinstance(key, dict) and "seal_from_ms" in key for key in self.keys)
        keys: list[Key] = []
        for i, key in enumerate(self.keys):
            fields = _Fields(key)
            key_id, secret = fields.take("id", str), parse_secret(fields.take("secret", str))
            seal_from, open_until = fields.take("seal_from_ms", int, None), fields.take("open_until_ms", int, None)
            disabled = fields.take("disabled", bool, default=False)
            fields.end()
            if not timed:
                seal_from = i
            if valid_key_id(key_id):  # no ring would have another
                keys.append(
                    Key(
                        secret,
                        id=key_id,
                        seal_from=None if seal_from is None else _time(seal_from),
                        open_until=None if open_until is None else _time(open_until),
                        disabled=disabled,
                    )
                )
        return Keyring(*keys) if keys else Keyring._empty()  # noqa: SLF001

    def sealer(self, ring: Keyring) -> Sealer:
        suites = [_SUITE_NAMES[suite] for suite in self.suites]
        return Sealer(
            ring,
            self.purpose,
            never_expires=True,
            encrypt=suites[0] == "encrypted",
            suites=suites,
            contents=list(CONTENTS),
            max_age=None if self.max_age is None else _milliseconds(self.max_age),
            leeway=_milliseconds(self.leeway),
            now=lambda: self.now,
        )


def _time(ms: int) -> datetime:
    try:
        return from_ms(ms)
    except OverflowError:
        raise NotVectors("a time outside the years 1 to 9999") from None


def _milliseconds(n: int) -> timedelta:
    return _time(n) - _time(0)


def _expected(value: Any) -> _Expected:
    fields = _Fields(value)
    expected = _Expected(
        fields.take("key_id", str),
        fields.take("suite", int),
        fields.take("content", int),
        fields.take("issued_ms", int),
        fields.take("expires_ms", int),
        fields.hex("body"),
    )
    fields.end()
    return expected


def _check_envelope(value: Any) -> None:
    case = _Envelope(value)
    _without_encryption(case)
    try:
        ring = case.ring()
        if not case.suites:
            inspect(case.token)
            raise Refused  # what passes step 2
        body, info = case.sealer(ring).open(case.token, case.bind)
    except SealringError as error:
        if error.name != case.error:
            want = case.error or "opened"
            raise _Differs(f"refused as {error.name}, want {want}") from None
        return
    if case.expect is None:
        raise _Differs(f"opened, want {case.error}")
    expires = 0 if info.expires is None else to_ms(info.expires)
    got = _Expected(info.key_id, SUITES[info.suite], CONTENTS[info.content], to_ms(info.issued), expires, body)
    if got.body != case.expect.body:
        raise _Differs("opened to another body")
    if got != case.expect:
        raise _Differs("opened with another header")
    if case.reproduce:
        _reproduce(case, case.expect, ring)


def _without_encryption(case: _Envelope) -> None:
    """Skip or trim a case about suite 02 where this process cannot run it."""
    if ENCRYPTED not in case.suites:
        return
    try:
        _envelope.require_encryption()
    except ConfigError:
        if _suite(case.token) == "encrypted":
            raise _Skip from None
        case.suites = [suite for suite in case.suites if suite != ENCRYPTED]


def _suite(token: str) -> str:
    """Return the suite of a token that passes step 2, nothing of another."""
    try:
        return inspect(token).suite
    except SealringError:
        return ""


def _reproduce(case: _Envelope, expect: _Expected, ring: Keyring) -> None:
    """Seal what the token holds, and compare."""
    key = ring._snapshot.index[expect.key_id].key  # noqa: SLF001
    header = Header(expect.suite, expect.content, False, expect.issued_ms, expect.expires_ms, expect.key_id)
    if expect.suite == ENCRYPTED and len(case.nonce) != _envelope.NONCE_SIZE:
        raise _Differs("a nonce of another size than 24 bytes")
    nonce = case.nonce if expect.suite == ENCRYPTED else b""
    subkeys = Subkeys(key.secret, case.purpose, expect.suite)
    if _text.encode(subkeys.seal(header, expect.body, case.bind or b"", nonce)) != case.token:
        raise _Differs("sealed to another token")


def _check_ring(value: Any) -> None:
    fields = _Fields(value)
    fields.take("name", str)
    document = fields.take("document", str)
    error, why = fields.take("error", str, None), fields.take("why", str, "")
    expect = fields.take("expect", dict, None)
    fields.end()
    if (expect is None) == (error is None):
        raise NotVectors("needs either expect or error")
    if error not in (None, "refused"):
        raise NotVectors(f'unknown error class "{error}"')

    try:
        ring = parse_ring(document).keyring()
    except SealringError as refusal:
        if error is None:
            raise _Differs(f"refused: sealring: {refusal}") from None
        return
    if error is not None:
        raise _Differs(f"accepted, want refused for {why}")
    expected = _Fields(expect)
    ids, primary_at = expected.take("ids", list), expected.take("primary_at", dict)
    expected.end()
    if list(ring.ids) != ids:
        raise _Differs(f"keys {list(ring.ids)}, want {ids}")
    for at, want in primary_at.items():
        if not re.fullmatch("-?[0-9]{1,18}", at):
            raise NotVectors(f'primary_at "{at}" is not milliseconds')
        got = ring.primary(int(at))
        if got != want:
            raise _Differs(f"primary at {at} is {got}, want {want}")
