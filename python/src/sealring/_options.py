"""What a codec may be told: each option is checked when one is made, so that later calls cannot fail for it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from ._errors import ConfigError
from ._time import whole_ms

_MAX_LIMIT = 1 << 30
"""Bytes: the text of an envelope of that size has a length of 32 bits too."""
_MAX_PURPOSE = 255
"""Characters: the input of key derivation stays small."""


def purpose_text(purpose: object) -> str:
    if not isinstance(purpose, str):
        raise ConfigError(f"a purpose is a str, such as 'session', not {type(purpose).__name__}")
    if not 0 < len(purpose) <= _MAX_PURPOSE:
        raise ConfigError("a purpose has 1 to 255 characters, such as session or password-reset")
    if not purpose.isascii() or not purpose.isprintable():
        raise ConfigError("a purpose is printable ASCII")
    return purpose


def lifetime(ttl: object, *, never_expires: bool) -> int | None:
    if ttl is None:
        if not never_expires:
            raise ConfigError("say ttl, or never_expires where envelopes are to last as long as their key")
        return None
    if never_expires:
        raise ConfigError("ttl and never_expires exclude each other")
    ms = whole_ms(ttl) if isinstance(ttl, timedelta) else None
    if not ms:
        raise ConfigError("ttl is not a timedelta of whole, positive milliseconds")
    return ms


def span(span: object, what: str) -> int:
    ms = whole_ms(span) if isinstance(span, timedelta) else None
    if ms is None:
        raise ConfigError(f"{what} is not a timedelta of whole milliseconds from 0 on")
    return ms


def limit(limit: object, what: str) -> int:
    if isinstance(limit, bool) or not isinstance(limit, int) or not 0 < limit <= _MAX_LIMIT:
        raise ConfigError(f"{what} is not an int from 1 to 1 GiB")
    return limit


def switch(value: object, what: str) -> None:
    # Any text, "false" included, would be true.
    if not isinstance(value, bool):
        raise ConfigError(f"{what} is True or False, not of type {type(value).__name__}")


def known(names: dict[Any, int], name: object, what: str) -> int:
    if not isinstance(name, str) or name not in names:
        raise ConfigError(f"{what} is none of {', '.join(names)}")
    return names[name]


def accepted(names: dict[Any, int], accepted: Iterable[str] | None, what: str, sealed: int) -> frozenset[int]:
    """Return the numbers of what is accepted."""
    if accepted is None:
        return frozenset((sealed,))
    # A string would be taken for its letters.
    if isinstance(accepted, (str, bytes)) or not isinstance(accepted, Iterable):
        raise ConfigError(f"{what} is a list, such as {what}=[{next(iter(names))!r}]")
    numbers = frozenset(known(names, name, f"a member of {what}") for name in accepted)
    if sealed not in numbers:
        raise ConfigError(f"{what} leaves out what seal writes; open would refuse it")
    return numbers
