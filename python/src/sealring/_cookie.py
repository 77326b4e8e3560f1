"""What the sessions of all frameworks have in common: a dict in a cookie, bound to its name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal, cast

from ._errors import OPENING, ConfigError, TooLarge, outermost
from ._payload import is_dict, is_list

if TYPE_CHECKING:
    from ._codec import Codec

SessionContent = Literal["json", "msgpack"]
"""What a session may be written in: bytes of which nobody knows anything are none."""
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A cookie's name, a token: RFC 6265, Section 4.1.1."""
_MAX_COOKIE = 4096
"""The most bytes of name and value that browsers keep: RFC 6265bis, Section 5.6."""


def check_name(cookie: object, what: str) -> None:
    """Raise ConfigError unless a cookie may have a name."""
    if not isinstance(cookie, str) or not _NAME.fullmatch(cookie):
        raise ConfigError(f"{what} is letters, digits and some of the signs, such as session")


def check_content(content: object) -> None:
    """Raise ConfigError for a content that is none of sessions'."""
    if content == "raw":
        raise ConfigError("a session is a dict: content is json or msgpack, not raw")


@outermost
def opened(codec: Codec, cookie: str, token: str | None) -> tuple[dict[str, Any], bool]:
    """Return the session in a cookie, and whether to seal it again; an empty one where there is none that opens."""
    if token is None:
        return {}, False
    try:
        value, info = codec.open_info(token, cookie.encode())
    except OPENING:
        return {}, False  # others are of the service, not of the cookie
    if not isinstance(value, dict):
        return {}, False
    return cast("dict[str, Any]", value), info.stale


def same(a: Any, b: Any) -> bool:
    """Report whether values are equal and of one type all the way down: True, 1 and 1.0 are three, sealed."""
    if type(a) is not type(b):
        return False
    if is_dict(a):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if is_list(a):
        return len(a) == len(b) and all(map(same, a, b))
    return bool(a == b)


def check_size(cookie: str, token: str) -> str:
    """Return the token if a browser keeps it; raise TooLarge otherwise: a dropped cookie would be a lost session."""
    size = len(cookie) + len(token)
    if size > _MAX_COOKIE:
        raise TooLarge(
            f"the cookie {cookie} would have {size} bytes, of which browsers keep {_MAX_COOKIE}; hold less in it"
        )
    return token
