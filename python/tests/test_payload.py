"""The payload rules of format.md, Section 9, on opening and on sealing."""

from __future__ import annotations

import enum
import math
import sys
import tracemalloc
from collections import OrderedDict
from datetime import datetime, timedelta, timezone
from importlib import import_module
from typing import Any, NamedTuple

import pytest
from conftest import ISSUED, SECRET, codec, sealer
from werkzeug.local import LocalProxy

from sealring import BadPayload, Codec, _envelope, _json, _msgpack, parse_secret
from sealring._payload import Fault

NAIVE = datetime(2026, 1, 1)  # noqa: DTZ001


def nested(depth: int, kind: type = list) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = {"a": value} if kind is dict else [value]
    return value


def in_itself() -> list[Any]:
    value: list[Any] = []
    value.append(value)
    return value


def shared() -> list[Any]:
    value: list[Any] = ["x"]
    for _ in range(60):
        value = [value, value]
    return value


# JSON.

GOOD_JSON = [
    b"1", b' \t\r\n{"a" : [1 , -0, 0.5e-7, true,false,null]}\n', b'""', b'"\\ud83d\\ude00\\u0000\\/"', b'{"a":1,"A":2}',
    b"1e308", b"1e-999", b"0." + b"0" * 398, b"1" * 308, b"[" * 100 + b"]" * 100, b'"\xef\xbb\xbf"', b'"\\\\ud800"',
    b'{"":{"":0}}', b"9007199254740993", b'"' + b"[" * 200 + b'"', b'"\\"' + b"{" * 101 + b'"', b'"\xc2\x85\xe2\x80\xa8"',
]  # fmt: skip
BAD_JSON = [
    b"", b" ", b"\xef\xbb\xbf1", "1".encode("utf-16"), "1".encode("utf-16-be"), "1".encode("utf-32"), b"NaN", b"Infinity",
    b"-Infinity", b"[NaN]", b"01", b"+1", b"1.", b".5", b"1e", b"- 1", b"1 2", b"1,", b"[1,]", b'{"a":1,}', b"{a:1}",
    b"'a'", b"tru", b"True", b"nul", b"//1", b"1\0", b"\xa01", b"\x0b1", b'"\t"', b'"\n"', b'"\x00"', b'"\\x"', b'"\\u12"',
    b'"\\u 123"', b'"\\u1_23"', b'"\\ud800"', b'"\\udc00"', b'"\\udc00\\ud800"', b'"\\ud83d\\ud83d\\ude00"', b'"\\ud83d x"',
    b'"\\ud83d\\n"', b'{"\\ud800":1}', b'"\xed\xa0\x80"', b'"\xff"', b'"\xc0\x80"', b'{"a":1,"a":2}', b'{"a":1,"\\u0061":2}',
    b'[{"b":{"a":1,"a":1}}]', b"1e309", b"-1e309", b"1" * 310, b"[" * 101 + b"]" * 101, b"1" * 401, b"0." + b"0" * 399,
    b"[" * 100000, b'{"a":' * 100000, b'{"a"', b'{"a":', b'{"a" 1}', b"[1", b'"', b'"\\', b'"\\"', b'["a', b"{,}", b"[,]", b"]",
    "１".encode(), b"-", b"--1", b"1e+", b"1.e1", b"0x1", b"1_0", b'{"a":1 "b":2}', b"[1 2]", b'"a" "b"', b"\\",
    b'"' + b'\\"' * 50000, b"9" * 300000,
]  # fmt: skip


@pytest.mark.parametrize("body", GOOD_JSON)
def test_good_json(body: bytes) -> None:
    assert sealer().open(sealer().seal(body))[0] == body
    _json.scan(body)


@pytest.mark.parametrize("body", BAD_JSON, ids=range(len(BAD_JSON)))
def test_bad_json(body: bytes) -> None:
    """Both readers refuse it, and sealing does as opening does."""
    with pytest.raises(Fault):
        _json.scan(body)
    with pytest.raises(BadPayload, match=r"JSON, byte [0-9]+: "):
        _json.decode(body)
    with pytest.raises(BadPayload):
        sealer().seal(body)
    raw: dict[str, Any] = {"max_envelope": 1 << 20, "contents": ["json", "raw"], "max_decoded": 1 << 20}
    with pytest.raises(BadPayload):
        codec(**raw).open_binary(_saying(_envelope.JSON, body))


def _saying(content: int, body: bytes) -> bytes:
    """Return an envelope of a body that is not what it says, as no sealing does."""
    header = _envelope.Header(1, content, False, ISSUED, 0, "z7dbov4z")
    return _envelope.Subkeys(parse_secret(SECRET), "session", 1).seal(header, body, b"")


def test_json_numbers_are_exact() -> None:
    for value in (2**53 + 1, -(2**64) - 1, 10**307, 0.1, -0.0, 5e-324, 1.7976931348623157e308):
        got = codec().open(codec().seal([value]))
        assert got == [value]
        assert math.copysign(1, got[0]) == math.copysign(1, value)
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(640)
    try:
        assert _json.decode(b"-" + b"9" * 308) == -(10**308) + 1
        with pytest.raises(BadPayload):
            _json.decode(b"9" * 5000)
        with pytest.raises(BadPayload, match=r"at a\[0\]: number beyond binary64"):
            codec().seal({"a": [10**5000]})
    finally:
        sys.set_int_max_str_digits(limit)


class Color(enum.IntEnum):
    RED = 1


class Point(NamedTuple):
    x: int
    y: int


class Text(str):
    __slots__ = ()


class Twin(str):
    """Is nobody's equal, so that a dict has it beside itself."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return False

    def __hash__(self) -> int:
        return str.__hash__(self)


@pytest.mark.parametrize("content", ["json", "msgpack"])
def test_values_that_come_back(content: Any) -> None:
    c = codec(content=content)
    for value, back in (
        ((1, (2,)), [1, [2]]),
        ({"a": Color.RED, "b": Point(1, 2), "c": Text("x")}, {"a": 1, "b": [1, 2], "c": "x"}),
        (OrderedDict(a=1), {"a": 1}),
        ({"": "é\0\U0001f600\u2028"}, {"": "é\0\U0001f600\u2028"}),
        (nested(100), nested(100)),
        (nested(100, dict), nested(100, dict)),
        (None, None),
        (True, True),
    ):
        assert c.open(c.seal(value)) == back
    assert type(c.open(c.seal(True))) is bool
    assert type(c.open(c.seal(1.0))) is float


@pytest.mark.parametrize("content", ["json", "msgpack"])
@pytest.mark.parametrize(
    ("value", "why"),
    [
        ({"a": {"b": [0, {1, 2}]}}, r"the value at a\.b\[1\]: a value of type set"),
        ({"a": {1: 2}}, "the value at a: a key of type int; keys are str"),
        ({None: 1}, "the value: a key of type NoneType"),
        ({True: 1}, "a key of type bool"),
        ({b"a": 1}, "a key of type bytes"),
        ([math.nan], r"at \[0\]: NaN"),
        ([-math.inf], "infinity"),
        ({"x": "\ud800"}, "at x: text with half of a surrogate pair"),
        ({"\udfff": 1}, r"at \?: a key with half"),
        ({"a.b": {"c[": object()}}, r"at \?\.\?: a value of type object"),
        (nested(101), "nested too deep, or in itself"),
        (nested(101, dict), "nested too deep"),
        (in_itself(), "in itself"),
        (shared(), "larger than max_decoded|too many values"),
        (["x" * 2**19] * 3, "larger than max_decoded"),
        (1j, "type complex"),
        (range(3), "type range"),
        (NAIVE, "time zone|type datetime"),
    ],
)
def test_what_would_not_open_is_not_sealed(content: Any, value: Any, why: str) -> None:
    with pytest.raises(BadPayload, match=why):
        codec(content=content, max_envelope=1 << 21).seal(value)


class Liar(int):
    """Says that it is small."""

    def __lt__(self, other: object) -> bool:
        return True

    __le__ = __gt__ = __ge__ = __lt__


class Ascii(str):
    """Says that it is ASCII."""

    __slots__ = ()

    def isascii(self) -> bool:
        return True


@pytest.mark.parametrize("content", ["json", "msgpack"])
@pytest.mark.parametrize(
    "value",
    [
        LocalProxy(lambda: "x"),
        LocalProxy(lambda: 1),
        LocalProxy(lambda: 1.5),
        LocalProxy(lambda: True),
        Liar(2**2000),
        Ascii("\ud800"),
        {Ascii("\ud800"): 1},
    ],
    ids=range(7),
)
def test_what_is_not_what_it_says_it_is_is_not_sealed(content: Any, value: Any) -> None:
    with pytest.raises(BadPayload):
        codec(content=content).seal([value])


def test_an_extension_type_is_no_list(packed: Codec) -> None:
    """It is a tuple by its class, and came back as a list of a number and bytes."""
    library = import_module("msgpack")
    mine = type("Mine", (library.ExtType,), {})
    for value in (library.ExtType(5, b"x"), mine(5, b"x"), library.Timestamp(1)):
        with pytest.raises(BadPayload, match=r"at a\[0\]: a value of type (ExtType|Mine|Timestamp)"):
            packed.seal({"a": [value]})
        with pytest.raises(BadPayload):
            codec().seal({"a": [value]})


def test_what_only_json_refuses() -> None:
    for value in (b"x", bytearray(b"x"), datetime.now(timezone.utc)):
        with pytest.raises(BadPayload, match=r"at \[0\]: a value of type .*, which JSON does not have"):
            codec().seal([value])
    with pytest.raises(BadPayload, match="twice"):
        codec().seal({Twin("a"): 1, "a": 2})


# MessagePack.


@pytest.fixture(scope="module")
def packed() -> Codec:
    return codec(content="msgpack")


def test_msgpack_is_written_in_one_way(packed: Codec) -> None:
    library = _msgpack.MsgPack()
    for value, body in (
        ({"b": 1, "a": -1, "é": 127, "B": 128}, "84a14201" + "a161" + "ff" + "a162" + "01"),
        ([0, -32, -33, 255, 256, 65535, 65536, 2**32, 2**64 - 1, -(2**63)], "9a00e0d0dfccff"),
    ):
        got = library.encode(value, 1 << 20)
        if isinstance(value, list):
            assert got.hex().startswith(body)
        else:
            assert list(library.decode(got)) == ["B", "a", "b", "é"]
    for seconds, size in ((0, 6), (2**32, 10), (2**34, 15), (-1, 15)):
        moment = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=seconds)
        assert len(library.encode(moment, 100)) == size


def test_msgpack_times(packed: Codec) -> None:
    for moment in (
        datetime(1, 1, 1, tzinfo=timezone.utc),
        datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=timezone.utc),
        datetime(1969, 12, 31, 23, 59, 59, 1, tzinfo=timezone.utc),
        datetime(2026, 1, 1, 5, tzinfo=timezone(timedelta(hours=5))),
    ):
        got = packed.open(packed.seal({"at": [moment]}))["at"][0]
        assert got == moment
        assert got.utcoffset() == timedelta(0)
    with pytest.raises(BadPayload, match="years 1 to 9999"):
        packed.seal(datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5))))
    # Nanoseconds are cut off, before 1970 too.
    assert _msgpack.MsgPack().decode(
        bytes.fromhex("d7ff" + (999_999_999 << 34 | 7).to_bytes(8, "big").hex())
    ) == datetime(1970, 1, 1, 0, 0, 7, 999999, tzinfo=timezone.utc)
    assert _msgpack.MsgPack().decode(bytes.fromhex("c70cff" + "3b9ac9ff" + "ff" * 8)) == datetime(
        1969, 12, 31, 23, 59, 59, 999999, tzinfo=timezone.utc
    )


def test_msgpack_bytes_and_integers(packed: Codec) -> None:
    assert packed.open(packed.seal([b"\xff", bytearray(b"x")])) == [b"\xff", b"x"]
    assert packed.open(packed.seal([2**64 - 1, -(2**63)])) == [2**64 - 1, -(2**63)]
    for beyond in (2**64, -(2**63) - 1):
        with pytest.raises(BadPayload, match="at n: MessagePack has no integer"):
            packed.seal({"n": beyond})
    with pytest.raises(BadPayload, match="twice"):
        packed.seal({Twin("a"): 1, "a": 2})


def test_msgpack_nodes(packed: Codec) -> None:
    big = codec(content="msgpack", max_envelope=1 << 20)
    assert big.open(big.seal([0] * 65535)) == [0] * 65535
    with pytest.raises(BadPayload, match="too many values"):
        big.seal([0] * 65536)
    with pytest.raises(BadPayload, match="too many values"):
        sealer(content="msgpack", max_envelope=1 << 20).seal(b"\xdd\x00\x01\x00\x00" + bytes(65536))


BAD_MSGPACK = [
    "", "c1", "91c1", "c0c0", "ca7fc00000", "ca7f800000", "cb7ff8000000000000", "cbfff0000000000000", "a1ff", "a3eda080",
    "8101c0", "81c4016101", "82a16101a16102", "81d90161", "81a161", "91", "dd02ffffff", "c67fffffff", "db7fffffff",
    "df7fffffff", "de0001a161", "dc000201", "d901", "d9", "c4", "cc", "cd00", "ce000000", "cf", "d0", "ca000000", "cb",
    "d4ff00", "d50000", "d60000000000", "d6010000000000", "d5ff0000", "d8ff" + "00" * 16, "c705ff" + "00" * 5, "c700ff",
    "c7", "c704", "c704ff000000", "d7ff" + "ee6b280000000000", "c70cff3b9aca00" + "00" * 8,
    "c70cff00000000" + (253402300800).to_bytes(8, "big").hex(), "c70cff00000000" + (-62135596801).to_bytes(8, "big", signed=True).hex(),
    "c70cff" + "ff" * 12, "91" * 101 + "c0", "81a161" * 101 + "c0", "a2c328",
]  # fmt: skip


@pytest.mark.parametrize("body", [*map(bytes.fromhex, BAD_MSGPACK), b"\x91" * 1000000], ids=range(len(BAD_MSGPACK) + 1))
def test_bad_msgpack(body: bytes) -> None:
    with pytest.raises(BadPayload, match=r"MessagePack, byte [0-9]+: "):
        sealer(content="msgpack").seal(body)
    with pytest.raises(BadPayload):
        _msgpack.MsgPack().decode(body)


@pytest.mark.parametrize("body", ["dd02ffffff", "c67fffffff", "db7fffffff", "df7fffffff", "c97fffffff", "91" * 60000])
def test_no_length_allocates(body: str, packed: Codec) -> None:
    """Other decoders make 1.5 GiB of the first, 2 GiB of the second, and end the process with the last."""
    token = _saying(_envelope.MSGPACK, bytes.fromhex(body))
    tracemalloc.start()
    try:
        with pytest.raises(BadPayload):
            packed.open_binary(token)
        assert tracemalloc.get_traced_memory()[1] < 500_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ("d90161", "a"), ("db0000000161", "a"), ("ce00000001", 1), ("d3ffffffffffffffff", -1), ("ca3f800000", 1.0),
        ("df00000001a16101", {"a": 1}), ("dd0000000101", [1]), ("c500017f", b"\x7f"), ("82a16201a16102", {"b": 1, "a": 2}),
        ("c90000000dff", None), ("91" * 100 + "c0", None), ("c904", None),
    ],
)  # fmt: skip
def test_good_msgpack(body: str, value: Any) -> None:
    data = bytes.fromhex(body)
    if body.startswith("c9"):
        with pytest.raises(BadPayload):
            _msgpack.check(data)
    elif value is None:
        _msgpack.check(data)
    else:
        assert _msgpack.MsgPack().decode(data) == value
