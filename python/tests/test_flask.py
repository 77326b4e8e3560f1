from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from uuid import uuid4

import flask
import pytest
from markupsafe import Markup

from sealring import BadPayload, Codec, ConfigError, Key, Keyring, TooLarge, WrongType, generate_key
from sealring.flask import SealedSessionInterface


def make_app(ring: Keyring, **options: object) -> flask.Flask:
    app = flask.Flask("test")
    app.testing = True
    app.session_interface = SealedSessionInterface(ring, **options)  # type: ignore[arg-type]

    @app.post("/set")
    def set_() -> str:
        flask.session.update(flask.request.args)
        return ""

    @app.post("/nest")
    def nest() -> str:
        flask.session["list"] = [1, {"a": None}]
        return ""

    @app.get("/session")
    def session() -> flask.Response:
        return flask.jsonify(dict(flask.session))

    @app.post("/clear")
    def clear() -> str:
        flask.session.clear()
        return ""

    @app.get("/untouched")
    def untouched() -> str:
        return ""

    return app


def test_session() -> None:
    ring = Keyring(generate_key())
    client = make_app(ring).test_client()
    assert client.get("/session").json == {}
    response = client.post("/set?user=Zo%C3%AB")
    (cookie,) = response.headers.getlist("Set-Cookie")
    assert cookie.startswith("session=sr1_Ag")  # suite 02
    assert "HttpOnly" in cookie
    assert response.headers["Vary"] == "Cookie"
    assert client.get("/session").json == {"user": "Zoë"}
    client.post("/nest")
    assert client.get("/session").json == {"user": "Zoë", "list": [1, {"a": None}]}
    assert "Set-Cookie" not in client.get("/session").headers
    client.post("/clear")
    assert client.get_cookie("session") is None


def test_others_open_it() -> None:
    ring = Keyring(generate_key())
    client = make_app(ring).test_client()
    client.post("/set?user=admin")
    cookie = client.get_cookie("session")
    assert cookie is not None
    codec = Codec(ring, "session", ttl=timedelta(days=31), encrypt=True)
    assert codec.open(cookie.value, b"session") == {"user": "admin"}

    client.set_cookie("session", codec.seal({"user": "from elsewhere"}, b"session"))
    assert client.get("/session").json == {"user": "from elsewhere"}


@pytest.mark.parametrize("bind", [None, b"another cookie"])
def test_bound_to_its_cookie(bind: bytes | None) -> None:
    ring = Keyring(generate_key())
    client = make_app(ring).test_client()
    codec = Codec(ring, "session", ttl=timedelta(days=31), encrypt=True)
    client.set_cookie("session", codec.seal({"user": "admin"}, bind))
    assert client.get("/session").json == {}


@pytest.mark.parametrize("value", [[], "text", None, 1])
def test_what_is_no_session(value: object) -> None:
    ring = Keyring(generate_key())
    client = make_app(ring).test_client()
    codec = Codec(ring, "session", ttl=timedelta(days=31), encrypt=True)
    client.set_cookie("session", codec.seal(value, b"session"))
    assert client.get("/session").json == {}


def test_tampered_and_expired() -> None:
    now = [1767225600000]
    ring = Keyring(generate_key())
    client = make_app(ring, ttl=timedelta(hours=1), now=lambda: now[0]).test_client()
    client.post("/set?user=admin")
    cookie = client.get_cookie("session")
    assert cookie is not None
    now[0] += 3599999
    assert client.get("/session").json == {"user": "admin"}
    now[0] += 1
    assert client.get("/session").json == {}
    for token in ("", "x", cookie.value[:-1], cookie.value + "A", cookie.value.replace("sr1_", "sr2_")):
        client.set_cookie("session", token)
        assert client.get("/session").json == {}


def test_rotation() -> None:
    old = generate_key()
    ring = Keyring(old)
    client = make_app(ring).test_client()
    client.post("/set?user=admin")
    first = client.get_cookie("session")
    assert first is not None

    fresh = generate_key()
    ring.replace(old, Key(fresh.secret, seal_from=datetime(2026, 1, 1, tzinfo=timezone.utc)))
    assert "Set-Cookie" in client.get("/session").headers  # sealed again, since it was stale
    ring.replace(Key(fresh.secret, seal_from=datetime(2026, 1, 1, tzinfo=timezone.utc)))
    assert client.get("/session").json == {"user": "admin"}
    client.set_cookie("session", first.value)
    assert client.get("/session").json == {}


def test_too_large() -> None:
    client = make_app(Keyring(generate_key())).test_client()
    with pytest.raises(TooLarge, match="browsers keep 4096"):
        client.post("/set?x=" + "x" * 4096)


def test_a_wrong_clock_is_no_empty_session() -> None:
    ring = Keyring(generate_key())
    client = make_app(ring, now=time.time).test_client()
    codec = Codec(ring, "session", ttl=timedelta(days=31), encrypt=True)
    client.set_cookie("session", codec.seal({"user": "admin"}, b"session"))
    with pytest.raises(WrongType):
        client.get("/session")


def test_what_a_session_may_hold() -> None:
    """What the docstring says of Flask's own types, and that no SECRET_KEY is needed."""
    app = make_app(Keyring(generate_key()))
    held: list[object] = [Markup("<b>"), uuid4()]

    @app.post("/hold")
    def hold() -> str:
        flask.session["x"] = held.pop(0)
        return ""

    client = app.test_client()
    client.post("/hold")
    assert client.get("/session").json == {"x": "<b>"}
    with pytest.raises(BadPayload, match="at x: a value of type UUID"):
        client.post("/hold")
    assert app.secret_key is None


@pytest.mark.parametrize("name", ["", "a b", "a;b", "a=b", "a\r\n", "é"])
def test_a_name_that_no_cookie_has(name: str) -> None:
    app = make_app(Keyring(generate_key()))
    app.config["SESSION_COOKIE_NAME"] = name
    with pytest.raises(ConfigError, match="SESSION_COOKIE_NAME"):
        app.test_client().get("/session")


def test_refuses() -> None:
    with pytest.raises(ConfigError, match="not raw"):
        SealedSessionInterface(Keyring(generate_key()), content="raw")  # type: ignore[arg-type]
    with pytest.raises(ConfigError):
        SealedSessionInterface(Keyring(generate_key()), purpose="")
    with pytest.raises(ConfigError):
        SealedSessionInterface(Keyring(generate_key()), ttl=timedelta(0))
