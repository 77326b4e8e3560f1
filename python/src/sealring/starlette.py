"""Starlette's and FastAPI's session in a sealring cookie, which a service in Go or of another framework opens too.

    app.add_middleware(SealedSessionMiddleware, ring=ring)

Needs the extra "starlette", and "encryption" unless encrypt=False.
"""

from __future__ import annotations

import copy
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

try:
    from starlette.datastructures import MutableHeaders
    from starlette.requests import HTTPConnection
except ImportError:
    raise ImportError('sealring.starlette needs Starlette: pip install "sealring[starlette]"') from None

from ._codec import Clock, Codec
from ._cookie import SessionContent, check_content, check_name, check_size, opened, same
from ._errors import ConfigError, outermost

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from ._keyring import Keyring


_VALUE = re.compile(r"[ -:<-~]*")
"""An attribute's value: RFC 6265, Section 4.1.1."""


class SealedSessionMiddleware:
    """Keeps request.session in a cookie that is sealed for one purpose and bound to the cookie's name.

    In Go, codec.For(cookieName) of the same ring and purpose opens it. What the session holds must be what a Codec
    takes: with content="json" no bytes and no datetime, and tuples come back as lists. A session that changed, or whose
    key no longer seals, is sealed with the response; one that was emptied has its cookie deleted. Cookies that do not
    open are an empty session, whatever is wrong with them, and are left alone: another node may have the key. Every
    response says Vary: Cookie, also where the session was not looked at.

    https_only is True unless told otherwise, unlike Starlette's: over plain http, and so in tests, browsers and clients
    send no such cookie back; say https_only=False there.
    """

    @outermost
    def __init__(
        self,
        app: ASGIApp,
        ring: Keyring,
        *,
        session_cookie: str = "session",
        purpose: str = "session",
        ttl: timedelta = timedelta(days=14),
        encrypt: bool = True,
        content: SessionContent = "json",
        path: str = "/",
        same_site: Literal["lax", "strict", "none"] = "lax",
        https_only: bool = True,
        domain: str | None = None,
        now: Clock | None = None,
    ) -> None:
        """Take what a Codec takes, and the cookie's attributes by Starlette's names; raise ConfigError as a Codec does.

        ttl is how long a session is good for since it last changed.
        """
        check_content(content)
        check_name(session_cookie, "session_cookie")
        self._app, self._cookie = app, session_cookie
        self._codec = Codec(ring, purpose, ttl=ttl, encrypt=encrypt, content=content, now=now)
        self._max_age = -(-ttl // timedelta(seconds=1))  # rounded up: 0 would delete the cookie
        for what, value in (("path", path), ("domain", "" if domain is None else domain)):
            _check_value(value, what)
        if same_site not in ("lax", "strict", "none"):
            raise ConfigError('same_site is "lax", "strict" or "none"')
        if not isinstance(https_only, bool):
            raise ConfigError(f"https_only is True or False, not of type {type(https_only).__name__}")
        if same_site == "none" and not https_only:
            raise ConfigError('same_site="none" needs https_only: browsers drop the cookie otherwise')
        self._attributes = f"; Path={path}"
        if domain is not None:
            self._attributes += f"; Domain={domain}"
        self._attributes += f"; HttpOnly; SameSite={same_site}"
        if https_only:
            self._attributes += "; Secure"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application with a session in its scope."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        session, stale = opened(self._codec, self._cookie, HTTPConnection(scope).cookies.get(self._cookie))
        before = copy.deepcopy(session)
        scope["session"] = session

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                message.setdefault("headers", [])
                self._write(MutableHeaders(scope=message), scope["session"], before, stale=stale)
            await send(message)

        await self._app(scope, receive, send_with_cookie)

    @outermost
    def _write(self, headers: MutableHeaders, session: dict[str, Any], before: dict[str, Any], *, stale: bool) -> None:
        headers.add_vary_header("Cookie")
        if session and (stale or not same(dict(session), before)):
            token = check_size(self._cookie, self._codec.seal(dict(session), self._cookie.encode()))
            headers.append("Set-Cookie", f"{self._cookie}={token}; Max-Age={self._max_age}{self._attributes}")
        elif before and not session:
            headers.append("Set-Cookie", f"{self._cookie}=; Max-Age=0{self._attributes}")


def _check_value(value: object, what: str) -> None:
    if not isinstance(value, str) or not _VALUE.fullmatch(value):
        raise ConfigError(f"{what} is printable ASCII without semicolon")
