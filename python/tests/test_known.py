"""The known answers of format.md, Section 12, and the vector files."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from conftest import ISSUED, SECRET, VALUE, VECTORS, codec, keyring, sealer

from sealring import _envelope, _text, _vectors, bind_parts, inspect, parse_secret
from sealring._envelope import Header, Subkeys

BODY = b'{"user_id":123,"username":"admin","roles":["editor","viewer"]}'
TOKENS = {
    "suite 01": "sr1_AQEIAZt22qgAAZt3EZaAejdkYm92NHp7InVzZXJfaWQiOjEyMywidXNlcm5hbWUiOiJhZG1pbiIsInJvbGVzIjpbImVkaXRvciIsIn"
    "ZpZXdlciJdfVQqdWq3oqkRynpTaMWykuzO-jWcNFmcOeID5tdEZOka",
    "suite 01, sid-42": "sr1_AQEIAZt22qgAAZt3EZaAejdkYm92NHp7InVzZXJfaWQiOjEyMywidXNlcm5hbWUiOiJhZG1pbiIsInJvbGVzIjpbImVkaX"
    "RvciIsInZpZXdlciJdfaP1-s1DkBRHtelKbw2WNxFW6Ez1Z_LR-Ojp3HTIC40g",
    "suite 01, two parts": "sr1_AQEIAZt22qgAAZt3EZaAejdkYm92NHp7InVzZXJfaWQiOjEyMywidXNlcm5hbWUiOiJhZG1pbiIsInJvbGVzIjpbImV"
    "kaXRvciIsInZpZXdlciJdfYFxo4fFSa9kILSC8YTQxq8ZyHASa5rw9qFv8-KLBnZq",
    "suite 02": "sr1_AgEIAZt22qgAAZt3EZaAejdkYm92NHoAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhez3VdtdqCqwFfnplKa2O9chchFACSiAZ1ddSlloZ"
    "FIjTVwCQvfnSbmaRsa4U3G3idHeqb94kW4HAxqhK6v-PFESSmKTzUQfVfqG4dverQmD8JuHDwrEBu4TU0NyH0AOc4DTzInSidDa_OqfhdHoA",
    "suite 02, MessagePack": "sr1_AgIHAZt22qgAAAAAAAAAMjAyNi0wMQABAgMEBQYHCAkKCwwNDg8QERITFBUWF0tYV212oKrAV740FtuOsRCR1kXXK"
    "6cBkRHqeWupmVJxsTlPEMSeMTM9SCS0TdCAmt3rkmYGMD9AYl5A8r5HVedwiC0e4mP-BlrBDOQHMfeWibwCEMOc8VLXJ_lguzA",
}
NONCE = bytes(range(24))


def test_keys() -> None:
    secret = parse_secret(SECRET)
    assert secret.reveal() == SECRET
    assert secret.key_id == "z7dbov4z"
    assert (
        secret.derive(b"sealring/v1/hmac-sha256\0session", 32).hex()
        == "d3b8f4bcced8ed7410cccd254b27a147b5de888073220a18e49071f70db90329"
    )
    assert (
        secret.derive(b"sealring/v1/xchacha20-poly1305\0session", 64).hex()
        == "26a63a31ff0875b6ea49092fe8b422db88dea049ffc0270af98af3ea4db13e79"
        "fec802478684da55d373b00c2ea78b0d55bec9495ec1878eb5922f0c8178e8eb"
    )


def test_sealing_signed() -> None:
    assert codec().seal(VALUE) == TOKENS["suite 01"]
    assert codec().seal(VALUE, bind=b"sid-42") == TOKENS["suite 01, sid-42"]
    assert codec().seal(VALUE, bind=bind_parts(b"sid-42", b"user-7")) == TOKENS["suite 01, two parts"]
    assert sealer().seal(BODY) == TOKENS["suite 01"]


def test_sealing_encrypted() -> None:
    keys = Subkeys(parse_secret(SECRET), "session", _envelope.ENCRYPTED)
    header = Header(2, _envelope.JSON, False, ISSUED, ISSUED + 3600000, "z7dbov4z")
    assert _text.encode(keys.seal(header, BODY, b"", NONCE)) == TOKENS["suite 02"]
    packed = bytes.fromhex(
        "83a7757365725f69647ba8757365726e616d65a561646d696ea5726f6c657392a6656469746f72a6766965776572"
    )
    header = Header(2, _envelope.MSGPACK, False, ISSUED, 0, "2026-01")
    assert _text.encode(keys.seal(header, packed, b"sid-42", NONCE)) == TOKENS["suite 02, MessagePack"]


def test_opening() -> None:
    assert codec().open(TOKENS["suite 01"]) == VALUE
    assert codec().open(TOKENS["suite 01, sid-42"], bind=b"sid-42") == VALUE
    assert codec(encrypt=True).open(TOKENS["suite 02"]) == VALUE
    ring = keyring(id="2026-01")
    packed = codec(ring, encrypt=True, content="msgpack")
    assert packed.open(TOKENS["suite 02, MessagePack"], bind=b"sid-42") == VALUE
    assert inspect(TOKENS["suite 02, MessagePack"]).key_id == "2026-01"
    assert inspect(_text.decode(TOKENS["suite 01"])) == inspect(TOKENS["suite 01"])


@pytest.mark.parametrize(("file", "least"), [("envelope", 1000), ("ring", 300)])
def test_vectors(file: str, least: int) -> None:
    differs: list[str] = []
    report = _vectors.check((VECTORS / f"{file}.json").read_bytes(), lambda name, how: differs.append(f"{name}: {how}"))
    assert differs == []
    assert (report.kind, report.failed, report.skipped, report.suite_02) == (file, 0, False, 0)
    assert report.passed >= least, "fewer cases than there were"


def check(file: Any) -> tuple[_vectors.Report, list[str]]:
    told: list[str] = []
    return _vectors.check(json.dumps(file).encode(), lambda name, how: told.append(f"{name}: {how}")), told


def test_a_checker_that_passes_everything_would_be_worth_nothing() -> None:
    file = json.loads((VECTORS / "envelope.json").read_bytes())
    known = file["cases"][0]
    for change, how in (
        ({"token": "junk"}, "refused as malformed, want opened"),
        ({"expect": {**known["expect"], "body": "00"}}, "opened to another body"),
        ({"expect": {**known["expect"], "issued_ms": 1}}, "opened with another header"),
        ({"expect": None, "error": "expired"}, "opened, want expired"),
    ):
        case = {k: v for k, v in {**known, **change}.items() if v is not None}
        if "error" in case:
            del case["reproduce"]
        report, told = check({**file, "cases": [case]})
        assert (report.passed, report.failed) == (0, 1)
        assert told == [f"{known['name']}: {how}"]


@pytest.mark.parametrize("kind", ["itsdangerous", "django", "flask", "starlette"])
def test_other_kinds_are_skipped(kind: str) -> None:
    assert check({"schema": "sealring/vectors/1", "kind": kind, "cases": [{}]})[0].skipped
    path = VECTORS / f"{kind}.json"
    if path.exists():
        assert _vectors.check(path.read_bytes(), print).skipped


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "sealring/vectors/2"},
        {"kind": "pickle"},
        {"kind": None},
        {"cases": {}},
        {"cases": [1]},
        {"case": {"tokn": "x"}},
        {"case": {"purpose": 1}},
        {"case": {"suites": [3]}},
        {"case": {"suites": []}},
        {"case": {"error": "malformed"}},
        {"case": {"bind": "zz"}},
        {"case": {"now_ms": True}},
        {"case": {"suites": [True]}},
        {"case": {"suites": [[1]]}},
        {"case": {"max_age_ms": 10**30}},
        {"case": {"leeway_ms": 10**18}},
        {"case": {"keys": [{"id": "a", "secret": SECRET, "seal_from_ms": -(10**18)}]}},
        {"case": {"keys": [{"id": "a", "secret": SECRET, "open_until_ms": 10**30}]}},
        {"expect": {"extra": 1}},
    ],
)
def test_what_is_no_vector_file_is_refused(change: dict[str, Any]) -> None:
    file = json.loads((VECTORS / "envelope.json").read_bytes())
    case = copy.deepcopy(file["cases"][0])
    case |= change.pop("case", {})
    case["expect"] |= change.pop("expect", {})
    with pytest.raises(_vectors.NotVectors):
        check({**file, "cases": [case], **change})


@pytest.mark.parametrize("at", ["", "-", "--1", "1.0", "9" * 5000])
def test_what_is_no_time_of_a_ring_is_refused(at: str) -> None:
    file = json.loads((VECTORS / "ring.json").read_bytes())
    case = file["cases"][0]
    case["expect"]["primary_at"] = {at: case["expect"]["ids"][0]}
    with pytest.raises(_vectors.NotVectors):
        check({**file, "cases": [case]})


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"junk",
        b"\xff",
        b"[]",
        b"[" * 100000,
        b'{"schema":"sealring/vectors/1","kind":"ring","cases":[{"name":"a","name":"b","document":"{}","error":"refused"}]}',
        b'{"schema":"sealring/vectors/1","kind":"ring","cases":[NaN]}',
    ],
)
def test_what_is_no_json_is_no_vector_file(data: bytes) -> None:
    with pytest.raises(_vectors.NotVectors):
        _vectors.check(data, print)
