"""MessagePack by the payload rules: format.md, Section 9.4.

walk reads a body before the library msgpack does, which allocates what lengths ask for and takes more than the rules.
"""

from __future__ import annotations

import math
import struct
from datetime import datetime, timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._envelope import missing_extra
from ._errors import BadPayload
from ._payload import MAX_DEPTH, Fault, Unsealable, is_dict, is_list, is_tuple, is_unicode, kind
from ._time import EPOCH

if TYPE_CHECKING:
    from collections.abc import Callable

_MAX_NODES = 65536
"""Values, containers and map keys of a body: one byte can become a hundred in memory."""
_MIN_SECONDS, _MAX_SECONDS = -62135596800, 253402300799
"""The years 1 to 9999 in Unix seconds."""

# Format bytes C0 to DF: the family, and how many bytes of length or value follow.
_FAMILIES = (
    ("nil", 0), ("never", 0), ("bool", 0), ("bool", 0),
    ("bin", 1), ("bin", 2), ("bin", 4), ("ext", 1), ("ext", 2), ("ext", 4),
    ("float", 4), ("float", 8),
    ("int", 1), ("int", 2), ("int", 4), ("int", 8), ("int", 1), ("int", 2), ("int", 4), ("int", 8),
    ("fixext", 0), ("fixext", 0), ("fixext", 0), ("fixext", 0), ("fixext", 0),
    ("str", 1), ("str", 2), ("str", 4), ("array", 2), ("array", 4), ("map", 2), ("map", 4),
)  # fmt: skip


def _head(body: bytes, at: int) -> tuple[str, int, int]:
    """Return the family of the value at a place, its length or count, and where its contents begin."""
    if at >= len(body):
        raise Fault(at, "truncated")
    byte = body[at]
    if byte <= 0x7F or byte >= 0xE0:
        return "int", 0, at + 1
    if byte <= 0x8F:
        return "map", byte & 0x0F, at + 1
    if byte <= 0x9F:
        return "array", byte & 0x0F, at + 1
    if byte <= 0xBF:
        return "str", byte & 0x1F, at + 1
    family, width = _FAMILIES[byte - 0xC0]
    if family == "fixext":
        return "ext", 1 << (byte - 0xD4), at + 1
    end = at + 1 + width
    if end > len(body):
        raise Fault(at, "truncated")
    if family in ("int", "float"):
        return family, width, end
    return family, int.from_bytes(body[at + 1 : end], "big"), end


class _Open:
    """A container whose end is ahead: how many values it still has, and the keys of a map so far."""

    __slots__ = ("keys", "left")

    def __init__(self, left: int, keys: set[bytes] | None) -> None:
        self.left, self.keys = left, keys


def walk(body: bytes) -> bool:
    """Raise Fault unless a body is one object by the rules; report whether it has timestamps.

    It allocates nothing that the body could ask for, and does not recurse.
    """
    at = nodes = 0
    timestamps = False
    stack: list[_Open] = [_Open(1, None)]
    while stack:
        container = stack[-1]
        if not container.left:
            stack.pop()
            continue
        container.left -= 1
        nodes += 1
        if nodes > _MAX_NODES:
            raise Fault(at, "too many values")
        family, size, end = _head(body, at)
        # Keys and values of a map take turns, and the key comes first.
        is_key = container.keys is not None and container.left % 2 == 1
        if is_key and family != "str":
            raise Fault(at, "map key that is not text")

        if family in ("array", "map"):
            # Every element takes a byte at least, every entry of a map two.
            values = 2 * size if family == "map" else size
            if values > len(body) - end:
                raise Fault(at, "truncated")
            if len(stack) > MAX_DEPTH:
                raise Fault(at, "nested too deep")
            stack.append(_Open(values, set() if family == "map" else None))
        elif family in ("str", "bin", "ext"):
            start, end = end, end + size + (family == "ext")
            if end > len(body):
                raise Fault(at, "truncated")
            if family == "ext":
                _check_timestamp(at, body[start:end])
                timestamps = True
            elif family == "str":
                text = body[start:end]
                if not _is_utf8(text):
                    raise Fault(at, "text that is not UTF-8")
                if is_key and container.keys is not None:
                    if text in container.keys:
                        raise Fault(at, "a map has a key twice")
                    container.keys.add(text)
        elif family == "float":
            if not math.isfinite(struct.unpack(">f" if size == 4 else ">d", body[at + 1 : end])[0]):
                raise Fault(at, "float that is not finite")
        elif family == "never":
            raise Fault(at, "the byte C1")
        at = end
    if at != len(body):
        raise Fault(at, "something follows the value")
    return timestamps


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _check_timestamp(at: int, extension: bytes) -> None:
    """Refuse an extension, type and data, that is not a timestamp of the years 1 to 9999."""
    of, data = extension[0], extension[1:]
    if of != 0xFF:
        raise Fault(at, "extension other than a timestamp")
    nanoseconds = seconds = 0
    if len(data) == 8:
        nanoseconds = int.from_bytes(data, "big") >> 34  # the seconds, 34 bits, are all in range
    elif len(data) == 12:
        nanoseconds, seconds = struct.unpack(">Iq", data)
    elif len(data) != 4:
        raise Fault(at, "timestamp of another size than 4, 8 or 12 bytes")
    if nanoseconds >= 10**9 or not _MIN_SECONDS <= seconds <= _MAX_SECONDS:
        raise Fault(at, "timestamp out of range")


def check(body: bytes) -> None:
    """Raise BadPayload, which says the byte and the rule, unless a body follows the rules."""
    _checked(body)


def _checked(body: bytes) -> bool:
    try:
        return walk(body)
    except Fault as fault:
        text = f"MessagePack, byte {fault.at}: {fault.rule}"
    raise BadPayload(text)


class MsgPack:
    """Values as MessagePack, by the library msgpack."""

    def __init__(self) -> None:
        """Load the library, or raise ConfigError where the extra is missing."""
        try:
            library = import_module("msgpack")
            if library.version < (1, 0):
                raise ImportError
        except ImportError:
            missing_extra("msgpack", "MessagePack needs msgpack 1.0 or later")
        self._pack: Callable[..., bytes] = library.packb
        self._unpack: Callable[..., Any] = library.unpackb
        self._timestamp: Callable[[int, int], Any] = library.Timestamp
        self._extension: type = library.ExtType

    def decode(self, body: bytes, time: Callable[[int, int], Any] | None = None) -> Any:
        """Return the value of a body, or raise BadPayload.

        A timestamp is what time makes of its seconds and nanoseconds: unless told otherwise an aware datetime in UTC,
        which holds microseconds: what is below is cut off.
        """
        timestamps = _checked(body)
        # timestamp=0: in some versions of the library the other choices go through binary64.
        value = self._unpack(body, raw=False, use_list=True, strict_map_key=True, timestamp=0)
        return _with_times(value, time or to_datetime) if timestamps else value

    def encode(self, value: Any, limit: int) -> bytes:
        """Return the MessagePack of a value: what JSON has, and bytes, bytearray and aware datetimes.

        Integers are in their shortest form and the keys of maps sorted; a tuple is a list when it comes back, and a
        bytearray bytes. Raises BadPayload, with the path to the value, for what opening would refuse.
        """
        failure: BadPayload | None = None
        try:
            plain = _Plain(self._timestamp, self._extension, limit).copy(value, 0)
            body = self._pack(plain, use_bin_type=True, strict_types=True, datetime=False)
        except Unsealable as unsealable:
            failure, body = unsealable.error(), b""
        except (TypeError, ValueError, OverflowError):
            # A proxy, or a type of somebody else's that says of itself what it likes.
            failure, body = BadPayload("the value does not marshal"), b""
        if failure is not None:
            raise failure
        return body


def to_datetime(seconds: int, nanoseconds: int) -> datetime:
    """Return the datetime of a timestamp, cut off at the microsecond."""
    return EPOCH + timedelta(seconds=seconds, microseconds=nanoseconds // 1000)


def _with_times(value: Any, time: Callable[[int, int], Any]) -> Any:
    """Return a value as msgpack gives it with each Timestamp replaced; it is nested at most MAX_DEPTH."""
    if is_dict(value):
        return {key: _with_times(member, time) for key, member in value.items()}
    if is_list(value):
        return [_with_times(element, time) for element in value]
    if isinstance(value, (str, bytes, int, float)) or value is None:
        return value
    return time(value.seconds, value.nanoseconds)


class _Plain:
    """Copies a value to what the library packs as it should, and refuses what opening would refuse."""

    def __init__(self, timestamp: Callable[[int, int], Any], extension: type, limit: int) -> None:
        self.timestamp, self.extension, self.left, self.room = timestamp, extension, _MAX_NODES, limit

    def node(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Unsealable("too many values")

    def spend(self, value: str | bytes | bytearray) -> None:
        self.room -= len(value)
        if self.room < 0:
            raise Unsealable("larger than max_decoded, all in all")

    def copy(self, value: Any, depth: int) -> Any:
        self.node()
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return self.text(value, "text")
        if isinstance(value, int):
            if not -(1 << 63) <= value < 1 << 64:
                raise Unsealable(
                    "MessagePack has no integer below -9223372036854775808 or above 18446744073709551615; "
                    "make it text or a float"
                )
            return int.__int__(value)
        if isinstance(value, float):
            if not math.isfinite(value):
                raise Unsealable("NaN or an infinity")
            return float.__float__(value)
        if isinstance(value, (bytes, bytearray)):
            self.spend(value)
            return bytes(value)
        if isinstance(value, datetime):
            return self.time(value)
        if is_dict(value):
            return self.members(value, depth + 1)
        # The library's extension type is a tuple of a number and bytes.
        if is_list(value) or (is_tuple(value) and not isinstance(value, self.extension)):
            return self.elements(value, depth + 1)
        raise Unsealable(f"a value of type {kind(value)}, which MessagePack does not have here")

    def text(self, value: str, what: str) -> str:
        self.spend(value)
        if not is_unicode(value):
            raise Unsealable(f"{what} with half of a surrogate pair")
        return str.__str__(value)

    def time(self, value: datetime) -> Any:
        if value.utcoffset() is None:
            raise Unsealable("a datetime without a time zone; say tzinfo=timezone.utc")
        since = value - EPOCH
        seconds = since.days * 86400 + since.seconds
        if not _MIN_SECONDS <= seconds <= _MAX_SECONDS:
            raise Unsealable("a datetime that is outside the years 1 to 9999 in UTC")
        return self.timestamp(seconds, since.microseconds * 1000)

    def members(self, value: dict[Any, Any], depth: int) -> dict[str, Any]:
        if depth > MAX_DEPTH:
            raise Unsealable("nested too deep, or in itself")
        members: dict[str, Any] = {}
        for key, member in value.items():
            if not isinstance(key, str):
                raise Unsealable(f"a key of type {kind(key)}; keys are str")
            self.node()
            try:
                name = self.text(key, "a key")
                if name in members:
                    raise Unsealable("a key that is there twice")
                members[name] = self.copy(member, depth)
            except Unsealable as unsealable:
                raise unsealable.under(key) from None
        return dict(sorted(members.items()))

    def elements(self, value: list[Any] | tuple[Any, ...], depth: int) -> list[Any]:
        if depth > MAX_DEPTH:
            raise Unsealable("nested too deep, or in itself")
        elements: list[Any] = []
        for i, element in enumerate(value):
            try:
                elements.append(self.copy(element, depth))
            except Unsealable as unsealable:
                raise unsealable.under(i) from None
        return elements
