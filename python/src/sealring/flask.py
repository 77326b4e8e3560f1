"""Flask's session in a sealring cookie, which a service in Go or of another framework opens too.

    app.session_interface = SealedSessionInterface(ring)

Needs the extra "flask", and "encryption" unless encrypt=False. Session cookies that Flask signed are another format:
move over by another cookie name, or in Go, whose codecs open both.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

try:
    from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
except ImportError:
    raise ImportError('sealring.flask needs Flask: pip install "sealring[flask]"') from None

from ._codec import Clock, Codec
from ._cookie import SessionContent, check_content, check_name, check_size, opened
from ._errors import outermost

if TYPE_CHECKING:
    from flask import Flask
    from flask.wrappers import Request

    from ._keyring import Keyring


class SealedSessionInterface(SecureCookieSessionInterface):
    """Keeps the session in a cookie that is sealed for one purpose and bound to the cookie's name.

    In Go, codec.For(cookieName) of the same ring and purpose opens it. What the session holds must be what a Codec
    takes, which is less than Flask's: with content="json" no bytes and no datetime, tuples come back as lists and
    Markup as str, and a UUID is refused. A session under a key that no longer seals is sealed again with the next
    response. Cookies that do not open are an empty session, whatever is wrong with them. The cookie's attributes are
    those of Flask's configuration, where SESSION_COOKIE_SECURE is to be set. SECRET_KEY is not needed.
    """

    @outermost
    def __init__(
        self,
        ring: Keyring,
        *,
        purpose: str = "session",
        ttl: timedelta = timedelta(days=31),
        encrypt: bool = True,
        content: SessionContent = "json",
        now: Clock | None = None,
    ) -> None:
        """Take what a Codec takes; raise ConfigError as it does.

        ttl is how long a session is good for since it last changed, a permanent one since its last response, unless
        SESSION_REFRESH_EACH_REQUEST is off. PERMANENT_SESSION_LIFETIME only says how long a browser keeps that one.
        """
        check_content(content)
        self._codec = Codec(ring, purpose, ttl=ttl, encrypt=encrypt, content=content, now=now)

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession:
        """Return the session in the request's cookie, an empty one if there is none that opens."""
        name = self.get_cookie_name(app)
        check_name(name, "SESSION_COOKIE_NAME")
        value, stale = opened(self._codec, name, request.cookies.get(name))
        session = self.session_class(value)
        session.modified = stale  # so that it is sealed again
        return session

    def get_signing_serializer(self, app: Flask) -> Any:
        """Return what Flask writes the session with; it asks for nothing but dumps."""
        return _Sealing(self._codec, self.get_cookie_name(app))


class _Sealing:
    def __init__(self, codec: Codec, cookie: str) -> None:
        self._codec, self._cookie = codec, cookie

    @outermost
    def dumps(self, session: dict[str, Any]) -> str:
        return check_size(self._cookie, self._codec.seal(session, self._cookie.encode()))
