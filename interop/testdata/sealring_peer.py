"""The Python package's side of the differential test: seals and opens what it is told, one JSON object a line.

The answer is {"ok": token} or {"ok": value, "info": [...]}, or {"error": the class's name in vectors}. Values travel as in
peer.py: {"!": type, "v": text or list} for what JSON does not have, floats by their bits and times in microseconds.
"""

import base64
import datetime
import json
import struct
import sys

import sealring

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def moment(ms):
    return None if ms is None else EPOCH + datetime.timedelta(milliseconds=ms)


def milliseconds(t):
    return None if t is None else (t - EPOCH) // datetime.timedelta(milliseconds=1)


def to_wire(value):
    if isinstance(value, dict):
        return {"!": "dict", "v": [[k, to_wire(v)] for k, v in sorted(value.items(), key=lambda pair: pair[0].encode())]}
    if isinstance(value, list):
        return [to_wire(v) for v in value]
    if isinstance(value, bytes):
        return {"!": "bytes", "v": base64.b64encode(value).decode()}
    if isinstance(value, datetime.datetime):
        return {"!": "datetime", "v": str((value - EPOCH) // datetime.timedelta(microseconds=1))}
    if isinstance(value, float):
        return {"!": "float", "v": struct.pack(">d", value).hex()}
    if isinstance(value, int) and not isinstance(value, bool):
        return {"!": "int", "v": str(value)}
    return value


def from_wire(value):
    if isinstance(value, list):
        return [from_wire(v) for v in value]
    if not isinstance(value, dict):
        return value
    kind, v = value["!"], value["v"]
    if kind == "dict":
        return {k: from_wire(member) for k, member in v}
    if kind == "bytes":
        return base64.b64decode(v)
    if kind == "datetime":
        return EPOCH + datetime.timedelta(microseconds=int(v))
    return int(v) if kind == "int" else struct.unpack(">d", bytes.fromhex(v))[0]


def codec(r):
    ring = sealring.Keyring(
        *[
            sealring.Key(
                secret=sealring.parse_secret(key["secret"]),
                id=key["id"],
                seal_from=moment(key["seal_from"]),
                open_until=moment(key["open_until"]),
                disabled=key["disabled"],
            )
            for key in r["keys"]
        ]
    )
    return sealring.Codec(
        ring,
        r["purpose"],
        ttl=datetime.timedelta(milliseconds=r["ttl"]) if r["ttl"] else None,
        never_expires=not r["ttl"],
        encrypt=r["encrypt"],
        content=r["content"],
        deflate=r["deflate"],
        suites=r["suites"],
        contents=r["contents"],
        refuse_deflated=r["refuse_deflated"],
        max_age=None if r["max_age"] is None else datetime.timedelta(milliseconds=r["max_age"]),
        leeway=datetime.timedelta(milliseconds=r["leeway"]),
        max_envelope=r["max_envelope"],
        max_decoded=r["max_decoded"],
        now=lambda: r["now"],
    )


def answer(r):
    bind = None if r["bind"] is None else base64.b64decode(r["bind"])
    try:
        if r["op"] == "seal":
            return {"ok": codec(r).seal(from_wire(r["value"]), bind)}
        value, info = codec(r).open_info(r["token"], bind)
    except sealring.SealringError as e:
        return {"error": e.name}
    issued, expires = milliseconds(info.issued), milliseconds(info.expires)
    return {
        "ok": to_wire(value),
        "info": [info.key_id, info.suite, info.content, info.deflated, issued, expires, info.stale],
    }


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
