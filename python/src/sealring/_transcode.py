"""MessagePack as JSON, and times and spans as text: what the command reads and writes beside tokens."""

from __future__ import annotations

import argparse
import re
from datetime import timedelta
from fractions import Fraction
from typing import Any

from . import _msgpack
from ._payload import is_dict, is_list
from ._terminal import Failure, compact


def to_json(value: Any) -> str:
    """Return the JSON of a MessagePack value: keys keep their order, integers are exact, floats stay floats."""
    if is_dict(value):
        return "{" + ",".join(f"{compact(key)}:{to_json(member)}" for key, member in value.items()) + "}"
    if is_list(value):
        return "[" + ",".join(map(to_json, value)) + "]"
    if isinstance(value, bytes):
        raise Failure("the body holds MessagePack bin, bytes that JSON has no form for; write it as it is with --raw")
    return _float(value) if isinstance(value, float) else compact(value)


def _float(value: float) -> str:
    """Return a number as the Go command writes it, which reads as a float again: with a point or an exponent."""
    sign, digits, exponent = "-" if repr(value).startswith("-") else "", *_digits(value)
    point = len(digits) + exponent  # where it stands, counted from the first digit
    if value and not -6 < point <= 21:
        mantissa = digits[0] + ("." + digits[1:] if digits[1:] else "")
        return f"{sign}{mantissa}e{point - 1:+03d}" if point > 0 else f"{sign}{mantissa}e{point - 1}"
    if exponent >= 0:
        return f"{sign}{digits}{'0' * exponent}.0"
    if point > 0:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    return f"{sign}0.{'0' * -point}{digits}"


def _digits(value: float) -> tuple[str, int]:
    """Return the shortest digits that tell a float from others, and the power of ten that they count."""
    mantissa, _, power = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    exponent = int(power or 0) - len(fraction)
    short = digits.rstrip("0") or "0"
    return short, 0 if short == "0" else exponent + len(digits) - len(short)


def rfc3339(seconds: int, nanoseconds: int) -> str:
    fraction = f".{nanoseconds:09d}".rstrip("0") if nanoseconds else ""
    return _msgpack.to_datetime(seconds, 0).isoformat()[:19] + fraction + "Z"


_NANOSECONDS = {
    "ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9,
}  # fmt: skip
_PART = re.compile(r"([0-9]*)(?:\.([0-9]*))?(ns|us|µs|μs|ms|s|m|h)")
_MAX_DAYS, _MAX_NANOSECONDS = 106751, 2**63 - 1


def duration(text: str) -> timedelta:
    """Return a span from 0 on in whole milliseconds, whose text may begin with days: 30d, 1d12h, 90m, 1.5h."""
    days, found, rest = text.partition("d")
    total = Fraction(0)
    if found:
        if not re.fullmatch("[0-9]{1,10}", days) or int(days) > _MAX_DAYS:
            raise argparse.ArgumentTypeError(_NO_DURATION)
        total = Fraction(int(days) * 86400 * 10**9)
    else:
        rest = text
    if rest.startswith("+"):
        rest = rest[1:] or "+"
    if rest != "0" and (rest or not found):
        at = 0
        while at < len(rest) or not at:
            part = _PART.match(rest, at)
            if part is None or not (part[1] or part[2]) or len(part[0]) > 40:
                raise argparse.ArgumentTypeError(_NO_DURATION)
            total += Fraction(f"{part[1] or 0}.{part[2] or 0}") * _NANOSECONDS[part[3]]
            at = part.end()
    if total > _MAX_NANOSECONDS or total % 10**6:
        raise argparse.ArgumentTypeError(_NO_DURATION)
    return timedelta(milliseconds=int(total / 10**6))


_NO_DURATION = "not a duration such as 90s, 1h30m or 30d, in whole milliseconds"


_UNITS = (("year", 31556952), ("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))
"""What a span of time is told in, in seconds: the largest of which it has two."""


def relative(now: int, then: int) -> str:
    span = then // 1000 - now // 1000
    for unit, seconds in _UNITS:
        if abs(span) >= 2 * seconds:
            count = f"{abs(span) // seconds} {unit}s"
            return f"in {count}" if span > 0 else f"{count} ago"
    return "just now"
