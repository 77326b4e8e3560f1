"""Times: the format counts Unix milliseconds, Python has datetimes. format.md, Section 1."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

MAX_TIME = 253402300799999
"""The last millisecond of the year 9999."""

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MILLISECOND = timedelta(milliseconds=1)


def to_ms(time: datetime) -> int:
    """Return an aware datetime in Unix milliseconds, rounded down. A naive one is a plain ValueError."""
    if time.utcoffset() is None:
        raise ValueError("a datetime without a time zone; say tzinfo=timezone.utc")
    return (time - EPOCH) // _MILLISECOND


def from_ms(ms: int) -> datetime:
    """Return the datetime, in UTC, of Unix milliseconds from 0 to MAX_TIME."""
    return EPOCH + timedelta(milliseconds=ms)


def whole_ms(span: timedelta) -> int | None:
    """Return a span in milliseconds, None if it is not whole milliseconds from 0 on."""
    ms, rest = divmod(span, _MILLISECOND)
    return None if rest or ms < 0 else ms


def format_ms(ms: int) -> str:
    """Return Unix milliseconds from 0 to MAX_TIME as the one form that ring documents and the command have."""
    return from_ms(ms).isoformat(timespec="milliseconds")[:23] + "Z"
