"""Sealing and opening: every way to change a token, times, windows, bindings, options, threads."""

from __future__ import annotations

import inspect
import os
import pydoc
import random
import re
import threading
import tracemalloc
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from conftest import HOUR, ISSUED, OTHER, SECRET, THIRD, VALUE, Clock, codec, keyring, sealer

import sealring
from sealring import (
    BadPayload,
    BadSignature,
    BindError,
    Codec,
    ConfigError,
    Expired,
    Key,
    Keyring,
    KeyringError,
    Malformed,
    NoPrimaryKey,
    NoRandomness,
    NotYetValid,
    Refused,
    SealringError,
    Secret,
    TooLarge,
    UnknownKey,
    Unsupported,
    UnsupportedVersion,
    WrongType,
    _text,
    bind_parts,
    generate_key,
    parse_secret,
)

if TYPE_CHECKING:
    from collections.abc import Callable

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def at(ms: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(milliseconds=ms)


# Mangling.


@pytest.mark.parametrize("content", ["json", "msgpack"])
def test_no_change_opens(encrypt: bool, content: Any) -> None:
    c = codec(encrypt=encrypt, content=content)
    sealed = c.seal_binary(VALUE)
    assert c.open_binary(sealed)[0] == VALUE
    changed = [sealed[:i] for i in range(len(sealed))]
    changed += [
        sealed[:i] + bytes((sealed[i] ^ 1 << bit,)) + sealed[i + 1 :] for i in range(len(sealed)) for bit in range(8)
    ]
    changed += [sealed[:i] + sealed[i + 1 :] for i in range(len(sealed))]
    changed += [sealed + bytes((byte,)) for byte in range(256)]
    changed += [bytes((byte,)) + sealed for byte in range(256)]
    for other in changed:
        with pytest.raises(SealringError) as raised:
            c.open_binary(other)
        assert type(raised.value) in (Malformed, UnsupportedVersion, Unsupported, Refused, UnknownKey, BadSignature)


def test_no_other_text_opens(encrypt: bool) -> None:
    c = codec(encrypt=encrypt)
    token = c.seal(VALUE)
    changed = [token[:i] for i in range(len(token))]
    changed += [token[:i] + a + token[i + 1 :] for i in range(len(token)) for a in ALPHABET if a != token[i]]
    changed += [
        token[:i] + extra + token[i:]
        for i in (0, 4, len(token) // 2, len(token))
        for extra in (
            "=",
            "==",
            "\n",
            "\r\n",
            " ",
            "+",
            "/",
            "%",
            "\ufeff",
            "\u0430",
            "\0",
            "A",
            "AA",
            "AAAA",
            "\ud800",
        )
    ]
    for other in changed:
        with pytest.raises(SealringError) as raised:
            c.open(other)
        assert type(raised.value) in (Malformed, UnsupportedVersion, Unsupported, Refused, UnknownKey, BadSignature)


def test_suites_do_not_open_each_other() -> None:
    both: Any = {"suites": ["signed", "encrypted"]}
    signed, encrypted = codec(**both), codec(encrypt=True, **both)
    for one in (signed, encrypted):
        sealed = bytearray(one.seal_binary(VALUE))
        sealed[3] ^= 3
        with pytest.raises(BadSignature):
            signed.open_binary(bytes(sealed))
    assert signed.open(encrypted.seal(VALUE)) == VALUE
    with pytest.raises(Refused):
        codec().open(encrypted.seal(VALUE))
    with pytest.raises(BadSignature):
        codec(purpose="reset").open(signed.seal(VALUE))


def test_limits_count_bytes() -> None:
    c = codec(content="raw", max_envelope=100, never_expires=True)
    sealed = c.seal_binary(bytes(100 - 58))
    assert len(sealed) == 100
    assert c.open(_text.encode(sealed)) == bytes(42)
    with pytest.raises(TooLarge):
        c.seal(bytes(43))
    with pytest.raises(TooLarge):
        c.open_binary(sealed + b"x")
    with pytest.raises(Malformed):
        c.open("é" * 67)
    with pytest.raises(TooLarge):
        c.open("é" * 68)
    with pytest.raises(TooLarge):
        codec().open("." * (8 << 20))


def peak(call: Callable[[], object], failure: type[SealringError]) -> int:
    """Return how many bytes a call that fails has allocated at most."""
    tracemalloc.start()
    try:
        with pytest.raises(failure):
            call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("text", [".", "A", "=", "é", "\ud800"])
def test_what_is_too_long_costs_nothing(text: str) -> None:
    """8 MiB of separators, as split before the size was checked in CVE-2025-30204."""
    c, token = codec(), text * (8 << 20)
    assert peak(lambda: c.open(token), TooLarge) < 100_000
    assert peak(lambda: sealring.inspect(token), TooLarge) < 100_000
    assert peak(lambda: c.open_binary(bytes(8 << 20)), TooLarge) < 100_000 + (8 << 20)


def test_a_genuine_bomb_does_not_expand() -> None:
    """What a holder of the key compressed stops at max_decoded too."""
    bomb = codec(content="raw", deflate=True, max_decoded=1 << 30).seal_binary(bytes(48 << 20))
    assert len(bomb) < 65536
    c = codec(content="raw", max_decoded=100_000)
    assert peak(lambda: c.open_binary(bomb), BadPayload) < 1_000_000


def test_compression() -> None:
    c = codec(content="raw", deflate=True, max_decoded=1000)
    assert c.open_info(c.seal(bytes(1000)))[1].deflated
    assert c.open(c.seal(bytes(1000))) == bytes(1000)
    assert not c.open_info(c.seal(b"short"))[1].deflated
    with pytest.raises(BadPayload):
        c.seal(bytes(1001))
    with pytest.raises(BadPayload):
        codec(content="raw", max_decoded=999).open(c.seal(bytes(1000)))
    with pytest.raises(Refused):
        codec(content="raw", refuse_deflated=True).open(c.seal(bytes(1000)))


# Time.


def test_times() -> None:
    clock = Clock()
    c = codec(now=clock, leeway=timedelta(0))
    token = c.seal(VALUE)
    clock.now = ISSUED + HOUR - 1
    assert c.open(token) == VALUE
    clock.now = ISSUED + HOUR
    with pytest.raises(Expired):
        c.open(token)
    with pytest.raises(Expired):
        codec(now=clock, leeway=timedelta(hours=1)).open(token)
    clock.now = ISSUED - 1
    with pytest.raises(NotYetValid):
        c.open(token)
    clock.now = ISSUED - 10000
    assert codec(now=clock).open(token) == VALUE
    clock.now = ISSUED - 10001
    with pytest.raises(NotYetValid):
        codec(now=clock).open(token)


def test_maximum_age_of_zero_is_an_age() -> None:
    clock = Clock()
    c = codec(now=clock, never_expires=True, max_age=timedelta(0))
    token = c.seal(VALUE)
    assert c.open(token) == VALUE
    assert c.open_info(token)[1].expires is None
    clock.now += 1
    with pytest.raises(Expired):
        c.open(token)


def test_forged_comes_before_expired() -> None:
    clock = Clock()
    c = codec(now=clock)
    token = c.seal(VALUE)
    clock.now += 2 * HOUR
    with pytest.raises(BadSignature):
        c.open(token[:-1] + ("A" if token[-1] != "A" else "E"))


def test_clocks() -> None:
    zone = timezone(timedelta(hours=5))
    assert codec(now=lambda: at(ISSUED).astimezone(zone) + timedelta(microseconds=999)).seal(VALUE) == codec().seal(
        VALUE
    )
    naive = datetime(2026, 1, 1)  # noqa: DTZ001
    with pytest.raises(ValueError, match="time zone") as raised:
        codec(now=lambda: naive).seal(VALUE)
    assert isinstance(raised.value, ConfigError)
    for wrong in (1.5, "now", None, True):
        with pytest.raises(WrongType):
            codec(now=lambda wrong=wrong: wrong).seal(VALUE)
    for now in (-1, 253402300800000):
        with pytest.raises(ConfigError):
            codec(now=Clock(now)).seal(VALUE)
    with pytest.raises(ConfigError):
        codec(now=Clock(253402300799999)).seal(VALUE)
    assert codec(now=Clock(0), never_expires=True).seal(VALUE)
    assert codec(now=Clock(253402300799999), never_expires=True).seal(VALUE)
    c = Codec(keyring(), "session", ttl=timedelta(hours=1))
    issued = c.open_info(c.seal(VALUE))[1].issued
    assert abs(datetime.now(timezone.utc) - issued) < timedelta(minutes=1)


# Keys.


def test_rotation() -> None:
    """Seal with a, add b staged, both open, b takes over, a is dropped and unknown."""
    clock = Clock()
    a, b = Key(parse_secret(SECRET), id="a"), Key(parse_secret(OTHER), id="b", seal_from=at(ISSUED + HOUR))
    ring = Keyring(a)
    c = codec(ring, now=clock, ttl=timedelta(days=1))
    old = c.seal(VALUE)
    ring.replace(a, b)
    assert ring.primary(at(ISSUED)) == "a"
    ahead = codec(ring, now=Clock(ISSUED + HOUR), ttl=timedelta(days=1)).seal(VALUE)
    clock.now = ISSUED + HOUR - 1
    assert c.open_info(ahead)[1][:1] == ("b",)
    assert not c.open_info(ahead)[1].stale
    assert not c.open_info(old)[1].stale
    clock.now = ISSUED + HOUR
    assert c.open_info(c.seal(VALUE))[1].key_id == "b"
    assert c.open_info(old)[1].stale
    ring.replace(Key(a.secret, id="a", open_until=at(ISSUED + 2 * HOUR)), b)
    assert c.open(old) == VALUE
    clock.now = ISSUED + 2 * HOUR
    with pytest.raises(UnknownKey):
        c.open(old)
    ring.replace(b)
    assert ring.ids == ("b",)
    with pytest.raises(UnknownKey):
        c.open(old)


def test_no_envelope_outlives_its_key() -> None:
    closing = keyring(open_until=at(ISSUED + 1000))
    assert codec(closing).open_info(codec(closing).seal(VALUE))[1].expires == at(ISSUED + 1000)
    c = codec(closing, never_expires=True)
    assert c.open_info(c.seal(VALUE))[1].expires == at(ISSUED + 1000)


def test_primary_never_falls_back() -> None:
    newer = Key(parse_secret(OTHER), seal_from=at(ISSUED - 10), open_until=at(ISSUED))
    ring = Keyring(Key(parse_secret(SECRET)), newer)
    assert ring.primary(ISSUED - 11) == "z7dbov4z"
    assert ring.primary(ISSUED - 1) == newer.id
    assert ring.primary(ISSUED) is None
    with pytest.raises(NoPrimaryKey):
        codec(ring).seal(VALUE)
    with pytest.raises(NoPrimaryKey):
        codec(keyring(disabled=True)).seal(VALUE)
    with pytest.raises(NoPrimaryKey):
        codec(keyring(seal_from=at(ISSUED + 1))).seal(VALUE)
    with pytest.raises(UnknownKey):
        codec(keyring(disabled=True)).open(codec().seal(VALUE))


def test_an_unknown_key_is_not_named() -> None:
    """Before authentication an ID is the attacker's text, and logs are read by programs."""
    ring = keyring(id="b")
    token = codec().seal(VALUE)
    with pytest.raises(UnknownKey) as raised:
        codec(ring).open(token)
    assert (str(raised.value), raised.value.args) == ("unknown key", ())


def test_derived_keys_go_with_the_ring() -> None:
    ring = keyring(id="a")
    c = codec(ring, encrypt=True)
    c.seal(VALUE)
    (old,) = c._sealer._subkeys[1].values()
    ring.replace(Key(parse_secret(OTHER), id="b"))
    c.seal(VALUE)
    assert list(c._sealer._subkeys[1]) == [("b", 2)]
    assert old not in c._sealer._subkeys[1].values()


def test_a_ring_keeps_its_keys_where_a_replacement_is_refused() -> None:
    ring = keyring(id="a")
    c = codec(ring)
    token = c.seal(VALUE)
    same = Key(parse_secret(SECRET), id="b")
    for keys in ((), (Key(parse_secret(OTHER), id="a"),), (same, Key(parse_secret(SECRET), id="c")),
                 (same, Key(parse_secret(OTHER))), (SECRET,), ([same],)):  # fmt: skip
        with pytest.raises((KeyringError, WrongType)):
            ring.replace(*keys)
        assert ring.ids == ("a",)
        assert c.open(token) == VALUE
    ring.replace(same)  # no ID of a refused one is remembered
    ring.replace(Key(parse_secret(OTHER), id="c"))


@pytest.mark.parametrize("broken", [b"", b"short", OSError(), NotImplementedError()])
def test_a_failing_source_of_randomness_fails_the_sealing(broken: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    c, signed = codec(encrypt=True), codec()

    def urandom(size: int) -> bytes:
        if isinstance(broken, bytes):
            return broken
        raise broken

    monkeypatch.setattr(os, "urandom", urandom)
    for call in (lambda: c.seal(VALUE), lambda: c.seal_binary(VALUE), generate_key):
        with pytest.raises(NoRandomness):
            call()
    assert signed.seal(VALUE)  # which needs none


def test_every_nonce_is_another() -> None:
    c = codec(encrypt=True)
    assert len({c.seal_binary(VALUE)[26:50] for _ in range(1000)}) == 1000


def test_rings_that_are_refused() -> None:
    a, b = Key(parse_secret(SECRET), id="a"), Key(parse_secret(OTHER), id="b", seal_from=at(1))
    for keys, why in (
        ((), "no keys"),
        ((a, Key(b.secret, id="a")), "there twice"),
        ((a, Key(a.secret, id="b", seal_from=at(1))), "one secret"),
        ((a, Key(a.secret, id="b", disabled=True)), "one secret"),
        ((a, Key(b.secret)), "same time"),
        ((b, Key(a.secret, seal_from=at(1))), "same time"),
    ):
        with pytest.raises(KeyringError, match=why):
            Keyring(*keys)
    assert Keyring(a, Key(b.secret, disabled=True)).ids == ("a", "vlh7vn3l")
    for list_of_keys in ([a], "ab", None):
        with pytest.raises(WrongType):
            Keyring(list_of_keys)  # type: ignore[arg-type]


def test_an_id_names_one_secret_for_ever() -> None:
    ring = Keyring(Key(parse_secret(SECRET), id="a"))
    ring.replace(Key(parse_secret(OTHER), id="b"))
    with pytest.raises(KeyringError, match="another secret"):
        ring.replace(Key(parse_secret(THIRD), id="a"))
    assert ring.ids == ("b",)
    ring.replace(Key(parse_secret(SECRET), id="a"))


def test_keys_that_are_refused() -> None:
    secret = parse_secret(SECRET)
    naive = datetime(2026, 1, 1)  # noqa: DTZ001
    for options, why in (
        ({"id": "-a"}, "ID"),
        ({"id": "a\n"}, "ID"),
        ({"id": "a" * 33}, "ID"),
        ({"id": "é"}, "ID"),
        ({"seal_from": naive}, "seal_from of key z7dbov4z is a datetime without a time zone"),
        ({"open_until": naive}, "time zone"),
        ({"seal_from": at(5), "open_until": at(5)}, "closes before"),
        ({"open_until": datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-2)))}, "9999"),
    ):
        with pytest.raises(ValueError, match=why) as raised:
            Key(secret, **options)
        assert isinstance(raised.value, KeyringError)
    with pytest.raises(WrongType):
        Key(SECRET)  # type: ignore[arg-type]
    with pytest.raises(WrongType):
        Key(secret, disabled="no")  # type: ignore[arg-type]


def test_secrets_that_are_refused() -> None:
    for text in ("", "srk1_", SECRET[:-1], SECRET + "A", SECRET + "\n", SECRET + "=", SECRET[:-1] + "9", "00" * 32,
                 "srk2" + SECRET[4:], SECRET.replace("A", "+", 1), "srk1_" + "A" * 43, SECRET[:-1] + "é"):  # fmt: skip
        with pytest.raises(KeyringError) as raised:
            parse_secret(text)
        assert "AECAwQFBgcICQoL" not in str(raised.value)
    for raw in (b"", bytes(31), bytes(33), bytes(32), b"\xff" * 32):
        with pytest.raises(KeyringError):
            Secret(raw)
    with pytest.raises(WrongType):
        parse_secret(SECRET.encode())  # type: ignore[arg-type]
    assert generate_key().secret != generate_key().secret


def test_generated_keys_have_what_they_are_told() -> None:
    key = generate_key(id="a", seal_from=at(5), open_until=at(6))
    assert (key.id, key.seal_from, key.open_until) == ("a", at(5), at(6))
    plain = generate_key()
    assert (plain.id, plain.seal_from, plain.open_until) == (plain.secret.key_id, None, None)
    with pytest.raises(KeyringError):
        generate_key(id="-")


def test_help_tells_of_everything() -> None:
    text = pydoc.plain(pydoc.render_doc(sealring))
    for name in sealring.__all__:
        assert re.search(rf"^    (class )?{name}\b", text, re.MULTILINE), name
    public = {
        name for name, thing in vars(sealring).items() if not name.startswith("_") and not inspect.ismodule(thing)
    }
    assert set(sealring.__all__) == public
    for kind in (Key, sealring.RingEntry, sealring.RingDocument, sealring.Info):
        for field in kind.__annotations__:
            assert field == "_" or f"- {field}: " in (kind.__doc__ or "")


# Bindings and types.


def test_bindings(encrypt: bool) -> None:
    c = codec(encrypt=encrypt)
    token = c.seal(VALUE, bind=b"sid-42")
    assert c.open(token, bind=b"sid-42") == VALUE
    two = bind_parts(b"sid-42", b"user-7")
    for other in (None, b"sid-43", two, bind_parts(b"sid-42", b"sid-42")):
        with pytest.raises(BadSignature):
            c.open(token, bind=other)
    assert bind_parts(b"sid-42") == b"sid-42"
    assert bind_parts(b"a", b"bc") != bind_parts(b"ab", b"c")
    for empty in ((), (b"",), (b"a", b"")):
        with pytest.raises(BindError):
            bind_parts(*empty)


def test_an_empty_binding_fails_before_anything_else() -> None:
    c, s = codec(), sealer()
    texts: list[Any] = [c.open, c.open_info, s.open]
    for call in texts:
        with pytest.raises(BindError):
            call("", bind=b"")
    for binary in (c.open_binary, s.open_binary):
        with pytest.raises(ValueError, match="empty binding"):
            binary(b"", bind=b"")
    with pytest.raises(BindError):
        c.seal(object(), bind=b"")
    with pytest.raises(BindError):
        s.seal(b"{", bind=b"")


def test_text_is_not_bytes() -> None:
    c, s, token = codec(), sealer(), codec().seal(VALUE)
    calls: list[Any] = [
        lambda: c.seal(VALUE, bind="sid"),  # type: ignore[arg-type]
        lambda: c.open(token, bind="sid"),  # type: ignore[arg-type]
        lambda: c.open(token.encode()),  # type: ignore[arg-type]
        lambda: c.open_binary(token),  # type: ignore[arg-type]
        lambda: c.open(None),  # type: ignore[arg-type]
        lambda: s.seal("{}"),  # type: ignore[arg-type]
        lambda: bind_parts("a", b"b"),  # type: ignore[arg-type]
        lambda: codec(content="raw").seal("text"),
        lambda: sealring.inspect(None),  # type: ignore[arg-type]
    ]
    for call in calls:
        with pytest.raises(TypeError) as raised:
            call()
        assert isinstance(raised.value, SealringError)


@pytest.mark.parametrize(
    ("call", "hint"),
    [
        (lambda: Key(SECRET), "Key.secret is Secret, not str; parse_secret makes one of its text"),  # type: ignore[arg-type]
        (lambda: Key(bytes(32)), "Key.secret is Secret, not bytes$"),  # type: ignore[arg-type]
        (lambda: Secret(SECRET), "it is 32 random bytes, and parse_secret reads the text"),  # type: ignore[arg-type]
        (lambda: Keyring(SECRET), "is Key, not str$"),  # type: ignore[arg-type]
        (lambda: parse_secret(SECRET.encode()), "is str, not bytes; decode it"),  # type: ignore[arg-type]
        (lambda: codec().open_binary("sr1_"), "is bytes, not str; open takes the text form"),  # type: ignore[arg-type]
        (lambda: sealer().open_binary("sr1_"), "is bytes, not str; open takes the text form"),  # type: ignore[arg-type]
        (lambda: codec().open(b"sr1_"), "is str, not bytes; decode it, or open_binary"),  # type: ignore[arg-type]
        (lambda: codec().seal(1, bind="a"), "a binding is bytes, not str; encode it"),  # type: ignore[arg-type]
        (lambda: sealring.inspect(None), "a token is str, or bytes in binary form, not NoneType"),  # type: ignore[arg-type]
    ],
    ids=range(10),
)
def test_a_wrong_type_says_what_to_do(call: Callable[[], object], hint: str) -> None:
    with pytest.raises(WrongType, match=hint):
        call()


def test_what_is_no_token_says_so() -> None:
    """What else a decoder says of another library's cookie would send people looking for a fault in it."""
    for text in ("", "eyJhIjoxfQ.Zm9v.YmFy", "sr1", "é", "Sr1_" + "A" * 80, "A" * 80):
        for call in (codec().open, sealer().open, sealring.inspect):
            with pytest.raises(Malformed, match="not a sealring token, which begins with sr1_"):
                call(text)
    with pytest.raises(Malformed, match="text form as bytes; decode it first"):
        sealring.inspect(codec().seal(1).encode())


@pytest.mark.parametrize("option", ["encrypt", "deflate", "refuse_deflated", "never_expires"])
@pytest.mark.parametrize("value", ["no", 1, 0, None, []])
def test_switches_are_bool(option: str, value: Any) -> None:
    """A text such as "false", from a file of settings, would be true."""
    with pytest.raises(ConfigError, match=f"{option} is True or False"):
        codec(**{option: value})


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"ttl": None}, "say ttl"),
        ({"never_expires": True, "ttl": timedelta(1)}, "exclude"),
        ({"ttl": timedelta(0)}, "ttl"),
        ({"ttl": timedelta(seconds=-1)}, "ttl"),
        ({"ttl": timedelta(microseconds=1500)}, "ttl"),
        ({"ttl": 3600}, "ttl"),
        ({"max_age": timedelta(microseconds=1)}, "max_age"),
        ({"max_age": 60}, "max_age"),
        ({"leeway": timedelta(seconds=-1)}, "leeway"),
        ({"leeway": None}, "leeway"),
        ({"purpose": ""}, "purpose"),
        ({"purpose": "a" * 256}, "purpose"),
        ({"purpose": "é"}, "purpose"),
        ({"purpose": "a\n"}, "purpose"),
        ({"purpose": b"session"}, "a purpose is a str, such as 'session', not bytes"),
        ({"purpose": None}, "a purpose is a str, such as 'session', not NoneType"),
        ({"content": "pickle"}, "content"),
        ({"content": 1}, "content"),
        ({"deflate": True, "encrypt": True}, "lengths"),
        ({"deflate": True, "refuse_deflated": True}, "exclude"),
        ({"suites": []}, "suites"),
        ({"suites": "signed"}, "suites is a list"),
        ({"suites": ["rot13"]}, "suites"),
        ({"suites": ["encrypted"]}, "suites"),
        ({"suites": 1}, "suites"),
        ({"contents": ["raw"]}, "contents"),
        ({"max_envelope": 0}, "max_envelope"),
        ({"max_envelope": True}, "max_envelope"),
        ({"max_decoded": (1 << 30) + 1}, "max_decoded"),
        ({"max_decoded": 1.5}, "max_decoded"),
        ({"now": 5}, "now"),
        ({"ring": "ring"}, "keyring"),
    ],
)
def test_configurations_that_are_refused(options: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why) as raised:
        codec(**options)
    assert isinstance(raised.value, ConfigError)


def test_stale_is_about_what_seal_would_write() -> None:
    both: Any = {"suites": ["signed", "encrypted"], "contents": ["json", "msgpack", "raw"]}
    assert codec(encrypt=True, **both).open_info(codec().seal(VALUE))[1].stale
    assert codec(content="msgpack", **both).open_info(codec().seal(VALUE))[1].stale
    assert not codec(**both).open_info(codec().seal(VALUE))[1].stale


def test_threads_follow_a_ring_that_is_replaced() -> None:
    """While keys come and go every token that is sealed opens, and no error is of another class than it may be."""
    keys = [Key(parse_secret(secret), seal_from=at(i)) for i, secret in enumerate((SECRET, OTHER, THIRD))]
    ring = Keyring(*keys[:2])
    c = codec(ring, encrypt=True)
    stop = threading.Event()
    failures: list[BaseException] = []

    def work() -> None:
        while not stop.is_set():
            try:
                assert c.open(c.seal(VALUE, bind=b"x"), bind=b"x") == VALUE
            except UnknownKey:
                pass  # its key went in between
            except BaseException as error:  # noqa: BLE001 - told below
                failures.append(error)
                return

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    order = random.Random(1)
    for _ in range(500):
        ring.replace(*order.sample(keys, order.randint(1, 3)))
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []
