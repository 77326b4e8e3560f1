"""What holds of all values: they come back, no mangled token opens, and the readers agree with simple models."""

from __future__ import annotations

import json
import math
from datetime import datetime, timezone
from typing import Any

import pytest
from conftest import codec
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sealring import BadPayload, SealringError, _json, _msgpack, _text
from sealring._payload import Fault

settings.register_profile("sealring", deadline=None, max_examples=150, derandomize=True, database=None)
settings.load_profile("sealring")

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4))
TIMES = st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.just(timezone.utc))  # noqa: DTZ001
MSGPACK = st.recursive(
    SCALARS | st.binary(max_size=20) | TIMES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
)
BIND = st.none() | st.binary(min_size=1, max_size=20)


def same(a: Any, b: Any) -> bool:
    """Equal, and of one type all the way down: 1, 1.0 and True are three."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    return bool(a == b)


@given(value=JSON, bind=BIND, encrypt=st.booleans(), deflate=st.booleans())
def test_json_values_come_back(value: Any, bind: bytes | None, encrypt: bool, deflate: bool) -> None:
    c = codec(encrypt=encrypt, deflate=deflate and not encrypt)
    assert same(c.open(c.seal(value, bind=bind), bind=bind), value)
    assert same(c.open_binary(c.seal_binary(value, bind=bind), bind=bind)[0], value)


@given(value=MSGPACK, bind=BIND, encrypt=st.booleans())
def test_msgpack_values_come_back(value: Any, bind: bytes | None, encrypt: bool) -> None:
    c = codec(encrypt=encrypt, content="msgpack")
    assert same(c.open(c.seal(value, bind=bind), bind=bind), value)


@given(value=JSON, encrypt=st.booleans(), data=st.data())
def test_nothing_mangled_opens(value: Any, encrypt: bool, data: st.DataObject) -> None:
    c = codec(encrypt=encrypt)
    token = c.seal(value)
    start = data.draw(st.integers(0, len(token)))
    end = data.draw(st.integers(start, len(token)))
    other = token[:start] + data.draw(st.text(max_size=5)) + token[end:]
    assume(other != token)
    with pytest.raises(SealringError):
        c.open(other)


@given(value=JSON, other=JSON, data=st.data())
def test_no_splice_of_two_tokens_opens(value: Any, other: Any, data: st.DataObject) -> None:
    c = codec()
    a, b = c.seal_binary(value), c.seal_binary(other)
    spliced = a[: data.draw(st.integers(0, len(a)))] + b[data.draw(st.integers(0, len(b))) :]
    assume(spliced not in (a, b))
    with pytest.raises(SealringError):
        c.open_binary(spliced)


@given(st.binary(max_size=100))
def test_every_bytes_have_one_text(data: bytes) -> None:
    text = _text.encode(data)
    assert len(text) == _text.text_size(len(data))
    assert _text.decode(text) == data


@given(st.text(st.sampled_from("AQg_-9=+\n é"), max_size=12))
def test_a_text_that_is_taken_is_the_one(text: str) -> None:
    try:
        data = _text.decode(text)
    except SealringError:
        return
    assert _text.encode(data) == text


# JSON: the fast reader and the one with places are models of each other.

FRAGMENTS = st.lists(
    st.sampled_from(
        [
            "{", "}", "[", "]", ",", ":", '"', '"a"', '"b"', '"\\u0061"', "1", "-", "0", "1.5", "e9", "e309", "true", "null",
            " ", "\n", "\\", "\\u", "\\ud83d", "\\ude00", "\\n", "é", "\ufeff", "\0", "NaN", "[[[[[[[[[[" * 6, "]" * 60,
            '{"a":' * 51, "}" * 51, "9" * 110, "0" * 100, ".", "\U0001f600", "'",
        ]
    ),
    max_size=12,
)  # fmt: skip


def read(node: _json.Node) -> Any:
    """Return the value of a node as the fast reader gives it."""
    value = node.value
    if isinstance(value, _json.Number):
        return int(value) if value.lstrip("-").isdigit() else float(value)
    if isinstance(value, tuple):
        return {member.name: read(member.node) for member in value}
    return [read(element) for element in value] if isinstance(value, list) else value


def agree(body: bytes) -> None:
    try:
        model = read(_json.scan(body))
    except Fault:
        with pytest.raises(BadPayload):
            _json.decode(body)
    else:
        assert same(_json.decode(body), model)


@settings(max_examples=1500)
@given(FRAGMENTS)
def test_json_readers_agree_on_fragments(fragments: list[str]) -> None:
    agree("".join(fragments).encode())


@given(value=JSON, ascii=st.booleans(), cut=st.integers(0, 50), junk=st.binary(max_size=3))
def test_json_readers_agree_on_damage(value: Any, ascii: bool, cut: int, junk: bytes) -> None:
    body = json.dumps(value, ensure_ascii=ascii, indent=cut % 3).encode()
    assert same(_json.decode(body), value)
    agree(body)
    agree(body[:cut] + junk + body[cut:])
    agree(body[:cut] + body[cut + 1 :])


# MessagePack: a model that decodes as it reads, by the text of the rules.


class Model:
    """Reads one object, or raises ValueError."""

    def __init__(self, body: bytes) -> None:
        self.body, self.at, self.nodes = body, 0, 0

    def take(self, n: int) -> bytes:
        if n > len(self.body) - self.at:
            raise ValueError
        self.at += n
        return self.body[self.at - n : self.at]

    def number(self, n: int, signed: bool = False) -> int:
        return int.from_bytes(self.take(n), "big", signed=signed)

    def value(self, depth: int = 0, key: bool = False) -> Any:
        self.nodes += 1
        b = self.number(1)
        if 0xA0 <= b <= 0xBF or b in (0xD9, 0xDA, 0xDB):
            return self.take(b & 31 if b < 0xC0 else self.number(1 << (b - 0xD9))).decode()
        if key or b == 0xC1:
            raise ValueError
        if b <= 0x7F:
            return b
        if b >= 0xE0:
            return b - 256
        if b in (0xC0, 0xC2, 0xC3):
            return {0xC0: None, 0xC2: False, 0xC3: True}[b]
        if b in (0xC4, 0xC5, 0xC6):
            return self.take(self.number(1 << (b - 0xC4)))
        if 0xCC <= b <= 0xD3:
            return self.number(1 << (b & 3), signed=b >= 0xD0)
        if b in (0xCA, 0xCB):
            return self.real(b)
        if 0xC7 <= b <= 0xC9 or 0xD4 <= b <= 0xD8:
            return self.time(self.number(1 << (b - 0xC7)) if b <= 0xC9 else 1 << (b - 0xD4))
        mapping = 0x80 <= b <= 0x8F or b >= 0xDE
        n = b & 15 if b <= 0x9F else self.number(2 if b in (0xDC, 0xDE) else 4)
        if depth == 100 or n * (1 + mapping) > len(self.body) - self.at:
            raise ValueError
        if not mapping:
            return [self.value(depth + 1) for _ in range(n)]
        pairs = [(self.value(key=True), self.value(depth + 1)) for _ in range(n)]
        if len(dict(pairs)) != n:
            raise ValueError
        return dict(pairs)

    def real(self, b: int) -> float:
        import struct

        got: float = struct.unpack(">f" if b == 0xCA else ">d", self.take(4 if b == 0xCA else 8))[0]
        if not math.isfinite(got):
            raise ValueError
        return got

    def time(self, n: int) -> datetime:
        if self.number(1) != 255 or n not in (4, 8, 12):
            raise ValueError
        if n == 4:
            nanoseconds, seconds = 0, self.number(4)
        elif n == 8:
            nanoseconds, seconds = divmod(self.number(8), 1 << 34)
        else:
            nanoseconds, seconds = self.number(4), self.number(8, signed=True)
        if nanoseconds > 999999999 or not -62135596800 <= seconds <= 253402300799:
            raise ValueError
        return _msgpack.to_datetime(seconds, nanoseconds)


@settings(max_examples=1500)
@given(
    st.lists(
        st.sampled_from(
            [bytes((b,)) for b in range(256)]
            + [
                b"\xa1a",
                b"\xa1b",
                b"\x81\xa1a",
                b"\x92",
                b"\xd6\xff",
                bytes(4),
                b"\xc7\x0c\xff",
                bytes(12),
                b"\xff" * 8,
            ]
            + [b"\x91" * 50, b"\xc4\x02", b"\xd9\x01", b"\xdc\x00\x02", b"\x82\xa1a\x01"]
        ),
        max_size=10,
    )
)
def test_the_msgpack_walker_agrees_with_a_model(parts: list[bytes]) -> None:
    agree_msgpack(b"".join(parts))


def agree_msgpack(body: bytes) -> None:
    try:
        reader = Model(body)
        model = reader.value()
        if reader.at != len(body):
            raise ValueError
    except ValueError:
        with pytest.raises(BadPayload):
            _msgpack.check(body)
    else:
        assert same(_msgpack.MsgPack().decode(body), model)


@given(value=MSGPACK, cut=st.integers(0, 50), junk=st.binary(max_size=3))
def test_the_msgpack_walker_agrees_on_damage(value: Any, cut: int, junk: bytes) -> None:
    body = _msgpack.MsgPack().encode(value, 1 << 20)
    agree_msgpack(body)
    agree_msgpack(body[:cut] + junk + body[cut:])
