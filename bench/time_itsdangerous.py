"""Times itsdangerous: JSON of what to sign on standard input, JSON of nanoseconds per call on standard output."""

import importlib.metadata
import json
import platform
import sys
import timeit

import itsdangerous

asked = json.load(sys.stdin)
key = b"a secret key of thirty-two bytes"
signer = itsdangerous.TimestampSigner(key)
serializer = itsdangerous.URLSafeTimedSerializer(key)
body, session, max_age = asked["body"].encode(), asked["session"], asked["max_age"]
signed, token = signer.sign(body), serializer.dumps(session)


def check(seal, open_, value):
    sealed = seal(value)
    if open_(sealed, max_age=max_age) != value:
        sys.exit("it opens to something else")
    middle = len(sealed) // 2
    other = "B" if sealed[middle : middle + 1] in ("A", b"A") else "A"
    other = other if isinstance(sealed, str) else other.encode()
    try:
        open_(sealed[:middle] + other + sealed[middle + 1 :], max_age=max_age)
    except itsdangerous.BadSignature:
        return
    sys.exit("it opens with a byte changed")


check(signer.sign, signer.unsign, body)
check(serializer.dumps, serializer.loads, session)


def ns(call):
    """The best of five loops, each of at least 20 ms."""
    timer = timeit.Timer(call)
    calls = 64
    while timer.timeit(calls) < 0.02:
        calls *= 2
    return min(timer.repeat(5, calls)) / calls * 1e9


json.dump(
    {
        "version": f"Python {platform.python_version()}, itsdangerous {importlib.metadata.version('itsdangerous')}",
        "sign": ns(lambda: signer.sign(body)),
        "unsign": ns(lambda: signer.unsign(signed, max_age=max_age)),
        "dumps": ns(lambda: serializer.dumps(session)),
        "loads": ns(lambda: serializer.loads(token, max_age=max_age)),
        "signed": len(signed),
        "token": len(token),
    },
    sys.stdout,
)
