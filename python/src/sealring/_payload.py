"""What the two contents with rules have in common: limits, and errors that name a value. format.md, Section 9."""

from __future__ import annotations

from typing import Any, TypeGuard

from ._errors import BadPayload

MAX_DEPTH = 100
"""Containers in one another: decoders recurse, and stacks end."""
_MAX_PATH = 200
"""Characters of a path: an error stays readable, whatever the keys."""


class Unsealable(Exception):
    """A value that opening would refuse, with the keys and indexes that lead to it, gathered on the way out."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule, self.path = rule, ""

    def under(self, step: str | int) -> Unsealable:
        """Put a key or an index in front of the path."""
        if isinstance(step, int):
            text = f"[{step}]"
        elif step.isprintable() and not set(step) & {".", "["}:
            text = f".{step}"
        else:
            text = ".?"
        if len(self.path) + len(text) <= _MAX_PATH:
            self.path = text + self.path
        return self

    def error(self) -> BadPayload:
        """Return the error that sealing fails with."""
        path = self.path.removeprefix(".")
        return BadPayload(f"the value at {path}: {self.rule}" if path else f"the value: {self.rule}")


class Fault(Exception):
    """The rule that a body breaks, and the byte at which."""

    def __init__(self, at: int, rule: str) -> None:
        super().__init__(at, rule)
        self.at, self.rule = at, rule


def kind(value: object) -> str:
    """Return the name of a value's type for an error."""
    return type(value).__qualname__


def is_dict(value: object) -> TypeGuard[dict[Any, Any]]:
    """Report whether a value is a dict, of types that nobody knows yet."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Report whether a value is a list, of types that nobody knows yet."""
    return isinstance(value, list)


def is_tuple(value: object) -> TypeGuard[tuple[Any, ...]]:
    """Report whether a value is a tuple, of types that nobody knows yet."""
    return isinstance(value, tuple)


def is_unicode(text: str) -> bool:
    """Report whether a text has a UTF-8: one with half of a surrogate pair has none."""
    if text.isascii():
        return True
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
