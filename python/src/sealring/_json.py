"""JSON by the payload rules: format.md, Section 9.3.

The module json is fast and lax. decode surrounds it with checks that run at its speed; scan is a reader of its own,
slower, that knows where each value stands: for ring documents, and to say what is wrong with a body.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, NamedTuple, NoReturn

from ._errors import BadPayload
from ._payload import MAX_DEPTH, Fault, Unsealable, is_unicode, kind

_MAX_NUMBER = 400
"""Characters of a number: parsing time is bounded, and a binary64 up to its greatest fits."""


class _Lax(Exception):
    """Something that json takes and the rules refuse."""


# A string, complete or not, or a bracket that is in none. Without the question mark a text of quotes that never close
# would be tried from each of them to its end.
_BRACKET = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[\]{}]', re.DOTALL)
# An escape: two halves of a surrogate pair in their order, a half alone (in the group), or any other.
_ESCAPE = re.compile(r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[dD]([89a-fA-F])|.)", re.DOTALL)
_HALF = re.compile(r"\\u[dD][89a-fA-F]")
# Without a run of 20 digits, and without an exponent, no number leaves binary64 or has too many characters. Mapping all
# bytes to a digit, an e or a blank and looking for two strings is far faster than a regular expression.
_SHAPE = bytes(0x30 if 0x30 <= b <= 0x39 else 0x65 if b in b"eE" else 0x20 for b in range(256))
_LONG, _EXPONENT = b"0" * 20, b"0e"


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _Lax
    return members


def _real(literal: str) -> float:
    number = float(literal) if len(literal) <= _MAX_NUMBER else math.inf
    if not math.isfinite(number):
        raise _Lax
    return number


def _integer(literal: str) -> int:
    _real(literal)  # first: int takes time that grows faster than the length
    return int(literal)


def _constant(_: str) -> NoReturn:
    raise _Lax  # NaN or an infinity


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_constant)
_CAREFUL_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_float=_real, parse_int=_integer, parse_constant=_constant
)


def decode(body: bytes) -> Any:
    """Return the value of a body, integers exact, or raise BadPayload, which says the byte and the rule."""
    try:
        return _decode(body)
    except (ValueError, _Lax):
        pass  # what says why holds the body
    raise BadPayload(_explain(body))


def _decode(body: bytes) -> Any:
    text = body.decode("utf-8")
    # Before json recurses. Few brackets cannot be nested deep, wherever they stand.
    if text.count("[") + text.count("{") > MAX_DEPTH:
        depth = 0
        for token in _BRACKET.finditer(text):
            bracket = token[0]
            if bracket in "[{":
                depth += 1
                if depth > MAX_DEPTH:
                    raise _Lax
            elif bracket in "]}":
                depth -= 1
    if _HALF.search(text) and any(escape[1] for escape in _ESCAPE.finditer(text)):
        raise _Lax
    shape = body.translate(_SHAPE)
    decoder = _CAREFUL_DECODER if _LONG in shape or _EXPONENT in shape else _DECODER
    return decoder.decode(text)


def _explain(body: bytes) -> str:
    try:
        scan(body)
    except Fault as fault:
        return f"JSON, byte {fault.at}: {fault.rule}"
    return "not JSON by the payload rules"  # unreachable: both readers have the same rules


# Writing.

_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":"))


def encode(value: Any, limit: int) -> bytes:
    """Return the JSON of a value: dict with str keys, list, tuple, str, int, float, bool and None.

    A tuple is a list when it comes back, and the order of keys is kept. Raises BadPayload, with the path to the value,
    for what opening would refuse; limit is how many bytes a body may have.
    """
    plain = _Plain(limit)
    failure: BadPayload | None = None
    try:
        plain.check(value, 0)
        body = _ENCODER.encode(value).encode("utf-8")
    except Unsealable as unsealable:
        failure, body = unsealable.error(), b""
    except (TypeError, ValueError):
        failure, body = BadPayload("the value does not marshal"), b""
    if failure is not None:
        raise failure
    if not plain.exact:
        decode(body)  # a type of somebody else's may write of itself what it likes
    return body


class _Plain:
    """Looks at a value ahead of json, which turns keys into text and follows what is nested in itself.

    A value that shares its parts is as large as all the ways to them: left counts the bytes that it takes at least.
    """

    def __init__(self, limit: int) -> None:
        self.left = limit
        self.exact = True
        """Whether all types are those of Python itself."""

    def check(self, value: Any, depth: int) -> None:
        of = type(value)  # pyright: ignore[reportUnknownVariableType]
        self.left -= len(value) if of is str else 1
        if self.left < 0:
            raise Unsealable("larger than max_decoded, all in all")
        if of is str:
            if not is_unicode(value):
                raise Unsealable("text with half of a surrogate pair")
        elif of is int:
            if value.bit_length() > 1023 and not _fits(value):
                raise Unsealable("number beyond binary64")
        elif of is dict:
            self.members(value, depth + 1)
        elif of is list or of is tuple:
            self.elements(value, depth + 1)
        elif of is float:
            if not math.isfinite(value):
                raise Unsealable("NaN or an infinity")
        elif of is not bool and value is not None:
            self.other(value, depth)

    def members(self, value: Any, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise Unsealable("nested too deep, or in itself")
        for key, member in value.items():
            if not isinstance(key, str):
                raise Unsealable(f"a key of type {kind(key)}; keys are str")
            if type(key) is not str:
                self.exact = False
            self.left -= len(key)
            try:
                if not is_unicode(key):
                    raise Unsealable("a key with half of a surrogate pair")
                self.check(member, depth)
            except Unsealable as unsealable:
                raise unsealable.under(key) from None

    def elements(self, value: Any, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise Unsealable("nested too deep, or in itself")
        for i, element in enumerate(value):
            try:
                self.check(element, depth)
            except Unsealable as unsealable:
                raise unsealable.under(i) from None

    def other(self, value: Any, depth: int) -> None:
        self.exact = False
        for of in (str, int, float, dict, list, tuple):
            if isinstance(value, of):
                self.left += 1
                return self.check(_AS[of](value), depth)
        raise Unsealable(f"a value of type {kind(value)}, which JSON does not have")


_AS: dict[type, Any] = {
    str: str.__str__,
    int: int.__int__,
    float: float.__float__,
    dict: dict,
    list: list,
    tuple: tuple,
}


def _fits(value: int) -> bool:
    try:
        float(value)
    except OverflowError:
        return False
    return True


# Reading with places.


class Number(str):
    """A number as it is written."""

    __slots__ = ()


class Member(NamedTuple):
    """A name of an object with its value."""

    name: str
    at: int
    node: Node


class Node(NamedTuple):
    """A value and the byte at which it begins: str, Number, bool, None, a list of Nodes, or a tuple of Members."""

    at: int
    value: str | bool | list[Node] | tuple[Member, ...] | None


_SPACE = re.compile(rb"[ \t\n\r]*")
_NUMBER = re.compile(rb"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_NUMBER_LIKE = re.compile(rb"[-+.0-9eE]*")
_PLAIN = re.compile(rb'[^"\\\x00-\x1f]*')
_WORDS = ((b"true", True), (b"false", False), (b"null", None))
_SHORT = {0x22: '"', 0x5C: "\\", 0x2F: "/", 0x62: "\b", 0x66: "\f", 0x6E: "\n", 0x72: "\r", 0x74: "\t"}
_UNIT = re.compile(rb"u([0-9a-fA-F]{4})")


def scan(text: bytes) -> Node:
    """Return the value of a text with the place of each part, or raise Fault."""
    try:
        text.decode("utf-8")
    except UnicodeDecodeError as error:
        at = error.start
    else:
        at = -1
    if at >= 0:
        raise Fault(at, "not UTF-8")
    return _Scanner(text).whole()


class _Scanner:
    """Reads a text once, front to back."""

    def __init__(self, text: bytes) -> None:
        self.text, self.at = text, 0

    def whole(self) -> Node:
        self.space()
        node = self.value(0)
        self.space()
        if self.at != len(self.text):
            raise Fault(self.at, "something follows the value")
        return node

    def space(self) -> None:
        self.at = self.match(_SPACE).end()

    def match(self, pattern: re.Pattern[bytes]) -> re.Match[bytes]:
        found = pattern.match(self.text, self.at)
        if found is None:
            raise Fault(self.at, "not a number")  # the one pattern that need not match
        return found

    def take(self, token: bytes) -> bool:
        """Step over a token if it is next."""
        found = self.text.startswith(token, self.at)
        if found:
            self.at += len(token)
        return found

    def value(self, depth: int) -> Node:
        start, first = self.at, self.text[self.at : self.at + 1]
        if first == b"{":
            return Node(start, self.members(depth + 1))
        if first == b"[":
            return Node(start, self.elements(depth + 1))
        if first == b'"':
            return Node(start, self.string())
        if first.isdigit() or first == b"-":
            return Node(start, self.number())
        for word, value in _WORDS:
            if self.take(word):
                return Node(start, value)
        raise Fault(start, "no value")

    def elements(self, depth: int) -> list[Node]:
        if depth > MAX_DEPTH:
            raise Fault(self.at, "nested too deep")
        self.at += 1
        self.space()
        nodes: list[Node] = []
        if self.take(b"]"):
            return nodes
        while True:
            self.space()
            nodes.append(self.value(depth))
            self.space()
            if self.take(b"]"):
                return nodes
            if not self.take(b","):
                raise Fault(self.at, "array not closed")

    def members(self, depth: int) -> tuple[Member, ...]:
        if depth > MAX_DEPTH:
            raise Fault(self.at, "nested too deep")
        self.at += 1
        self.space()
        members: list[Member] = []
        if self.take(b"}"):
            return ()
        while True:
            self.space()
            at = self.at
            name = self.string()
            self.space()
            if not self.take(b":"):
                raise Fault(self.at, "key without a value")
            self.space()
            members.append(Member(name, at, self.value(depth)))
            self.space()
            if self.take(b"}"):
                break
            if not self.take(b","):
                raise Fault(self.at, "object not closed")
        if len({member.name for member in members}) != len(members):
            raise Fault(self.at, "an object has a key twice")
        return tuple(members)

    def string(self) -> str:
        if not self.take(b'"'):
            raise Fault(self.at, "no string")
        parts: list[str] = []
        while True:
            plain = self.match(_PLAIN)
            parts.append(plain[0].decode("utf-8"))
            self.at = plain.end()
            if self.take(b'"'):
                return "".join(parts)
            if self.take(b"\\"):
                parts.append(self.escape())
            elif self.at == len(self.text):
                raise Fault(self.at, "string not closed")
            else:
                raise Fault(self.at, "control character in a string")

    def escape(self) -> str:
        short = _SHORT.get(self.text[self.at]) if self.at < len(self.text) else None
        if short is not None:
            self.at += 1
            return short
        unit = self.unit()
        if 0xD800 <= unit < 0xDC00 and self.take(b"\\"):
            low = self.unit()
            if 0xDC00 <= low < 0xE000:
                return chr(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00))
        if 0xD800 <= unit < 0xE000:
            raise Fault(self.at, "half of a surrogate pair")
        return chr(unit)

    def unit(self) -> int:
        found = _UNIT.match(self.text, self.at)
        if found is None:
            raise Fault(self.at, "no such escape")
        self.at = found.end()
        return int(found[1], 16)

    def number(self) -> Number:
        found = self.match(_NUMBER)
        literal = found[0].decode("ascii")
        if self.match(_NUMBER_LIKE).end() != found.end():
            raise Fault(self.at, "not a number")
        if len(literal) > _MAX_NUMBER:
            raise Fault(found.end(), "number of too many characters")
        if not math.isfinite(float(literal)):
            raise Fault(found.end(), "number beyond binary64")
        self.at = found.end()
        return Number(literal)
