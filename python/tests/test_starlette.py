from __future__ import annotations

import asyncio
import time
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from sealring import Codec, ConfigError, Key, Keyring, TooLarge, WrongType, generate_key
from sealring.starlette import SealedSessionMiddleware

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Message, Receive, Scope, Send


class Browser:
    """Calls the middleware as a server does, and keeps its cookie."""

    def __init__(self, ring: Keyring, **options: Any) -> None:
        self._middleware = SealedSessionMiddleware(self._app, ring, **options)
        self._handle: Callable[[dict[str, Any]], None] = lambda _: None
        self.cookie: str | None = None
        self.headers: dict[str, str] = {}
        self.extra: dict[str, Any] = {"headers": []}

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            self._handle(scope["session"])
        await send({"type": "http.response.start", "status": 200, **self.extra})
        await send({"type": "http.response.body", "body": b""})

    def call(self, handle: Callable[[dict[str, Any]], None], kind: str = "http") -> None:
        self._handle = handle
        headers = [] if self.cookie is None else [(b"cookie", f"session={self.cookie}".encode())]

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.headers = {name.decode(): value.decode() for name, value in message["headers"]}

        async def receive() -> Message:
            return {"type": "http.request"}

        asyncio.run(self._middleware({"type": kind, "headers": headers}, receive, send))
        if (header := self.headers.get("set-cookie")) is not None:
            value = header.split(";")[0].removeprefix("session=")
            self.cookie = value or None

    def session(self) -> dict[str, Any]:
        seen: dict[str, Any] = {}
        self.call(seen.update)
        return seen


def test_session() -> None:
    browser = Browser(Keyring(generate_key()))
    assert browser.session() == {}
    assert browser.cookie is None
    browser.call(lambda s: s.update(user="Zoë", roles=[1]))
    header = browser.headers["set-cookie"]
    assert header.startswith("session=sr1_Ag")  # suite 02
    assert header.endswith("; Max-Age=1209600; Path=/; HttpOnly; SameSite=lax; Secure")
    assert browser.headers["vary"] == "Cookie"
    assert browser.session() == {"user": "Zoë", "roles": [1]}
    assert "set-cookie" not in browser.headers
    browser.call(lambda s: s["roles"].append(2))  # deep within
    assert browser.session() == {"user": "Zoë", "roles": [1, 2]}
    browser.call(lambda s: s.clear())
    assert browser.cookie is None
    assert "Max-Age=0" in browser.headers["set-cookie"]


def test_attributes() -> None:
    browser = Browser(
        Keyring(generate_key()), https_only=False, domain="example.org", path="/app", same_site="strict", encrypt=False
    )
    browser.call(lambda s: s.update(a=1))
    assert browser.headers["set-cookie"].endswith("; Path=/app; Domain=example.org; HttpOnly; SameSite=strict")
    assert browser.cookie is not None
    assert browser.cookie.startswith("sr1_AQ")  # suite 01


def test_others_open_it() -> None:
    ring = Keyring(generate_key())
    browser = Browser(ring)
    codec = Codec(ring, "session", ttl=timedelta(days=14), encrypt=True)
    browser.call(lambda s: s.update(user="admin"))
    assert browser.cookie is not None
    assert codec.open(browser.cookie, b"session") == {"user": "admin"}
    browser.cookie = codec.seal({"user": "from elsewhere"}, b"session")
    assert browser.session() == {"user": "from elsewhere"}
    for other in (
        codec.seal({"user": "x"}),
        codec.seal({"user": "x"}, b"another"),
        codec.seal([1], b"session"),
        "x",
        "",
    ):
        browser.cookie = other
        assert browser.session() == {}
        assert "set-cookie" not in browser.headers  # another node may know it


def test_expiry_and_rotation() -> None:
    now = [1767225600000]
    old, fresh = generate_key(), generate_key()
    ring = Keyring(old)
    browser = Browser(ring, ttl=timedelta(hours=1), now=lambda: now[0])
    browser.call(lambda s: s.update(user="admin"))
    first = browser.cookie
    ring.replace(old, Key(fresh.secret, seal_from=datetime(2026, 1, 1, tzinfo=timezone.utc)))
    assert browser.session() == {"user": "admin"}
    assert browser.cookie != first  # sealed again, since it was stale
    ring.replace(Key(fresh.secret, seal_from=datetime(2026, 1, 1, tzinfo=timezone.utc)))
    assert browser.session() == {"user": "admin"}
    now[0] += 3600000
    assert browser.session() == {}


def test_websocket_and_lifespan() -> None:
    ring = Keyring(generate_key())
    browser = Browser(ring)
    browser.call(lambda s: s.update(user="admin"))
    seen: dict[str, Any] = {}
    browser.call(seen.update, kind="websocket")
    assert seen == {"user": "admin"}
    browser.headers = {}
    browser.call(lambda _: None, kind="lifespan")
    assert browser.headers == {}


def test_too_large() -> None:
    browser = Browser(Keyring(generate_key()))
    with pytest.raises(TooLarge, match="browsers keep 4096"):
        browser.call(lambda s: s.update(x="x" * 4096))


def test_a_response_need_not_have_headers() -> None:
    """ASGI lets an application leave them out."""
    browser = Browser(Keyring(generate_key()))
    browser.extra = {}
    browser.call(lambda s: s.update(user="admin"))
    assert browser.session() == {"user": "admin"}


@pytest.mark.parametrize(("ms", "seconds"), [(1, 1), (500, 1), (1000, 1), (1001, 2)])
def test_no_cookie_goes_before_its_session(ms: int, seconds: int) -> None:
    browser = Browser(Keyring(generate_key()), ttl=timedelta(milliseconds=ms), now=lambda: 1767225600000)
    browser.call(lambda s: s.update(user="admin"))
    assert f"; Max-Age={seconds};" in browser.headers["set-cookie"]


@pytest.mark.parametrize(
    ("before", "after"), [(1, True), (False, 0), (1, 1.0), ([1, {"a": 0}], [1, {"a": False}]), ({"a": 1}, {"a": True})]
)
def test_equal_values_of_other_types_are_a_change(before: Any, after: Any) -> None:
    """A service in Go that shares the session tells true from 1."""
    browser = Browser(Keyring(generate_key()))
    browser.call(lambda s: s.update(x=before))
    browser.call(lambda s: s.update(x=before))
    assert "set-cookie" not in browser.headers
    browser.call(lambda s: s.update(x=after))
    assert repr(browser.session()) == repr({"x": after})


def test_a_wrong_clock_is_no_empty_session() -> None:
    browser = Browser(Keyring(generate_key()), now=time.time)
    browser.cookie = "sr1_AQEIAZt22qgAAZt3EZaAejdkYm92NHo"
    assert browser.session() == {}
    ring = Keyring(generate_key())
    browser = Browser(ring)
    browser.call(lambda s: s.update(user="admin"))
    cookie, browser = browser.cookie, Browser(ring, now=time.time)
    browser.cookie = cookie
    with pytest.raises(WrongType):
        browser.session()


@pytest.mark.parametrize(
    "options",
    [
        {"ttl": timedelta(0)},
        {"session_cookie": ""},
        {"session_cookie": "a;b"},
        {"session_cookie": "a=b"},
        {"session_cookie": "a b"},
        {"session_cookie": "a\r\nX: y"},
        {"session_cookie": "é"},
        {"session_cookie": None},
        {"path": "/\r\nX: y"},
        {"path": "/; Domain=example.org"},
        {"path": "/é"},
        {"path": None},
        {"domain": "example.org; Path=/x"},
        {"domain": "example.org\n"},
        {"domain": b"example.org"},
        {"same_site": "Lax; x"},
        {"same_site": ""},
        {"same_site": "Lax"},
        {"same_site": None},
        {"same_site": "none", "https_only": False},
        {"https_only": "no"},
        {"content": "raw"},
    ],
)
def test_refuses(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        Browser(Keyring(generate_key()), **options)
