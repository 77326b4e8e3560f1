"""No secret, body or token in what prints, and none on an error or in the frames that its traceback leads to."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
import pprint
import traceback
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import flask
import pytest
from conftest import ISSUED, SECRET, VALUE, Clock, codec, keyring, sealer

import sealring
from sealring import (
    Codec,
    ConfigError,
    Key,
    Keyring,
    RingDocument,
    RingEntry,
    Sealer,
    SealringError,
    Secret,
    WrongType,
    _envelope,
    bind_parts,
    parse_ring,
    parse_secret,
)
from sealring._time import from_ms
from sealring.flask import SealedSessionInterface
from sealring.starlette import SealedSessionMiddleware

if TYPE_CHECKING:
    from types import FrameType

TESTS = Path(__file__).parent
PACKAGE = Path(sealring.__file__).parent
RAW = bytes(range(32))
MARK = "s3cr3t-payload"


def leaks(text: str) -> bool:
    return any(part in text for part in (SECRET[5:], RAW.hex(), repr(RAW)[2:-1], str(list(RAW))[1:-1], MARK))


def test_what_prints() -> None:
    secret, key, ring = parse_secret(SECRET), Key(parse_secret(SECRET)), keyring()
    c, s = codec(ring, encrypt=True), sealer(ring)
    c.seal(VALUE)
    s.seal(b"{}")
    entry = RingEntry(key, from_ms(ISSUED))
    document = RingDocument(1, (entry,))
    things: list[Any] = [secret, key, ring, c, s, c._sealer, entry, document, [key], {"k": secret}]
    things += [ring._snapshot, *ring._snapshot.order, *s._subkeys[1].values(), dataclasses.asdict(key)]
    things += [copy.copy(secret), copy.deepcopy(secret), copy.copy(key), copy.deepcopy(key), copy.deepcopy(document)]
    things += [copy.copy(c), dataclasses.replace(key, id="other")]
    for thing in things:
        for text in (
            repr(thing),
            str(thing),
            f"{thing}",
            f"{thing!a}",
            pprint.pformat(thing),
            f"{thing} {thing!r}",
        ):
            assert not leaks(text)
    assert (repr(secret), repr(key), repr(ring)) == ("REDACTED", "Key('z7dbov4z')", "Keyring(z7dbov4z)")
    assert repr(c) == "Codec('session', Keyring(z7dbov4z))"
    assert copy.deepcopy(secret) == secret
    assert secret != parse_secret(SECRET[:-1] + "4")
    assert secret != SECRET
    assert len({secret, copy.copy(secret)}) == 1


def test_what_is_half_made_prints() -> None:
    """A debugger or an error tracker may come upon one in a constructor that failed, where a repr that raises hides all."""
    halves: list[Any] = [kind.__new__(kind) for kind in (Codec, Sealer, Keyring, Key)]
    for half in halves:
        assert repr(half) == f"{type(half).__name__}(unfinished)"

    class Mine(Codec):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            try:
                super().__init__(*args, **kwargs)
            finally:
                halves.append(self)

    with pytest.raises(ConfigError):
        Mine(keyring(), "session", ttl=timedelta(0))
    assert repr(halves[-1]) == "Codec(unfinished)"


def test_nothing_with_a_secret_pickles() -> None:
    for thing in (parse_secret(SECRET), Key(parse_secret(SECRET)), keyring(), codec(), sealer()):
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            with pytest.raises(TypeError) as raised:
                pickle.dumps(thing, protocol)
            assert not leaks(str(raised.value))
    # Serializers that do without __reduce__, as jsonpickle does where it raises, ask for the state, of each slot.
    for holder in (parse_secret(SECRET), _envelope.Subkeys(parse_secret(SECRET), "session", 2)):
        with pytest.raises(WrongType):
            holder.__getstate__()
        with pytest.raises(WrongType):
            pickle.dumps(holder)
    with pytest.raises(TypeError) as not_json:
        json.dumps(parse_secret(SECRET))
    assert not leaks(str(not_json.value))
    error = pickle.loads(pickle.dumps(WrongType("x")))
    assert str(error) == "wrong type: x"


def chain(error: BaseException | None) -> list[BaseException]:
    """Return an error and all that hang on it."""
    found: list[BaseException] = []
    waiting = [error]
    while waiting:
        next_one = waiting.pop()
        if next_one is not None and next_one not in found:
            found.append(next_one)
            waiting += [next_one.__cause__, next_one.__context__]
    return found


def frames(error: BaseException) -> list[FrameType]:
    return [frame for frame, _ in traceback.walk_tb(error.__traceback__)]


def as_json(body: bytes) -> str:
    """Return a token that says of a body that it is JSON, as no sealing does."""
    from sealring import _envelope, _text

    header = _envelope.Header(1, _envelope.JSON, False, ISSUED, 0, "z7dbov4z")
    return _text.encode(_envelope.Subkeys(parse_secret(SECRET), "session", 1).seal(header, body, b""))


def test_errors_hold_nothing() -> None:
    packed = codec(content="msgpack", contents=["json", "msgpack", "raw"])
    hidden = f'"{MARK}"'.encode()
    clock = Clock(ISSUED + 10**9)
    late = codec(now=clock)
    forged = codec(purpose="other").seal(MARK)
    ring, ring_key = keyring(), Key(parse_secret(SECRET))
    calls: list[Any] = [
        lambda: codec().open(as_json(b'{"a":' + hidden + b"}}")),
        lambda: codec().open(as_json(hidden + b"\xff")),
        lambda: codec().open(as_json(b'{"a":1,"a":' + hidden + b"}")),
        lambda: sealer().open(as_json(b"[" + hidden + b",NaN]")),
        lambda: late.open(codec().seal(MARK)),
        lambda: codec().open(forged),
        lambda: codec(encrypt=True).open(codec(encrypt=True, purpose="other").seal(MARK)),
        lambda: codec().seal([MARK, float("nan")]),
        lambda: codec().seal([MARK, "\ud800"]),
        lambda: packed.seal({"a": [MARK, 2**65]}),
        lambda: sealer().seal(hidden + b","),
        lambda: sealer(content="msgpack").seal(b"\xa1" + hidden),
        lambda: parse_secret(SECRET + MARK),
        lambda: parse_ring(f'{{"version":1,"generation":1,"keys":[{{"id":"{MARK} ","secret":"{SECRET}"}}]}}'),
        lambda: parse_ring(f'{{"version":1,"generation":1,"keys":[{{"{SECRET}":1}}]}}'),
        lambda: parse_ring(f'{{"version":1,"generation":1,"keys":[{{"secret":"{SECRET}{MARK}"}}]}}'),
        lambda: parse_ring(SECRET),
        lambda: Secret(RAW[1:]),
        lambda: Secret(SECRET),  # type: ignore[arg-type]
        lambda: Key(SECRET),  # type: ignore[arg-type]
        lambda: Keyring(SECRET),  # type: ignore[arg-type]
        lambda: ring.replace(SECRET),  # type: ignore[arg-type]
        lambda: bind_parts(SECRET),  # type: ignore[arg-type]
        lambda: codec(purpose="\n"),
        lambda: sealer(purpose="\n"),
        lambda: RingEntry(SECRET, from_ms(ISSUED)),  # type: ignore[arg-type]
        lambda: RingDocument(1, SECRET),  # type: ignore[arg-type]
        lambda: RingDocument(1, (RingEntry(ring_key, from_ms(ISSUED)),) * 2).keyring(),
        lambda: ring.primary(SECRET),  # type: ignore[arg-type]
        lambda: pickle.dumps(parse_secret(SECRET)),
        lambda: SealedSessionInterface(SECRET),  # type: ignore[arg-type]
        lambda: SealedSessionInterface(ring).get_signing_serializer(flask.Flask("x")).dumps({"a": [MARK, {1}]}),
        lambda: SealedSessionMiddleware(None, SECRET),  # type: ignore[arg-type]
    ]
    for call in calls:
        try:
            try:
                raise KeyError(MARK)  # what the program was handling is its own, and yet stays off the error
            except KeyError:
                call()
        except SealringError as caught:
            error = caught
        else:
            pytest.fail("opened")
        assert chain(error) == [error]
        assert not leaks(f"{error} {error!r} {error.args} {vars(error)}")
        # The frames of the package, and those of methods that dataclasses write: one that has nothing of the call.
        inner = [frame for frame in frames(error) if Path(frame.f_code.co_filename).parent != TESTS]
        assert [frame.f_code.co_name for frame in inner] == ["call"]
        for frame in inner:
            assert Path(frame.f_code.co_filename).parent == PACKAGE
            assert list(frame.f_locals) == ["function"]
