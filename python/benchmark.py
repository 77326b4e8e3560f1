"""Time sealing and opening beside itsdangerous, in one run: python benchmark.py [ROUNDS].

Suite 01 with JSON and URLSafeTimedSerializer with SHA-256, which compresses: the same session, one key each, derived
keys kept where the library keeps them. Each round times both, in random order; a ratio is taken within a round, and the
median of them is what counts. Below 1 sealring is faster. A session that opens to anything else than itself is an
error.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
import random
import statistics
import sys
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sealring import Codec, Keyring, __version__, generate_key

try:
    import itsdangerous
except ImportError:
    sys.exit("benchmark.py needs itsdangerous: pip install itsdangerous, or make bench-python in the root")

if TYPE_CHECKING:
    from collections.abc import Callable

SESSION: dict[str, Any] = {
    "user_id": 123,
    "username": "admin",
    "roles": ["editor", "viewer"],
    "csrf": "kq3v9XbT2mZc8LwR",
    "theme": "dark",
    "lang": "en-GB",
}
LONG = {**SESSION, "cart": [{"sku": f"A-{n}", "qty": n, "price": n * 1.5} for n in range(20)]}
CALLS = 200

codec = Codec(Keyring(generate_key()), "session", ttl=timedelta(hours=1))
serializer = itsdangerous.URLSafeTimedSerializer("a secret key", signer_kwargs={"digest_method": hashlib.sha256})


def nanoseconds(call: Callable[[], object]) -> float:
    """Return how long a call takes, the mean of some."""
    start = time.perf_counter_ns()
    for _ in range(CALLS):
        call()
    return (time.perf_counter_ns() - start) / CALLS


def compare(name: str, rounds: int, *calls: Callable[[], object]) -> None:
    """Print how long ours and theirs take, the ratio, and between what the middle eight tenths of the ratios lie."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for i in random.sample((0, 1), 2):
            times[i].append(nanoseconds(calls[i]))
    ours, theirs = (statistics.median(each) / 1e3 for each in times)
    ratios = [a / b for a, b in zip(*times, strict=True)]
    low, *_, high = statistics.quantiles(ratios, n=10, method="inclusive")
    print(
        f"{name:12} sealring {ours:6.1f} µs  itsdangerous {theirs:6.1f} µs  "
        f"ratio {statistics.median(ratios):.2f}  10th to 90th percentile {low:.2f}-{high:.2f}"
    )


def run(name: str, session: dict[str, Any], rounds: int) -> None:
    """Compare both on one session."""
    token, signed = codec.seal(session), serializer.dumps(session)
    if codec.open(token) != session or serializer.loads(signed, max_age=3600) != session:
        sys.exit("a session does not come back")
    print(f"{name}: sealring {len(token)} characters, itsdangerous {len(signed)}")
    compare(f"{name}, seal", rounds, lambda: codec.seal(session), lambda: serializer.dumps(session))
    compare(f"{name}, open", rounds, lambda: codec.open(token), lambda: serializer.loads(signed, max_age=3600))


if __name__ == "__main__":
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    if rounds < 2:
        sys.exit("a spread needs 2 rounds or more")
    print(
        f"sealring {__version__}, itsdangerous {importlib.metadata.version('itsdangerous')}, "
        f"Python {platform.python_version()}: suite 01 with JSON against URLSafeTimedSerializer with SHA-256, which\n"
        f"compresses; the median of {rounds} rounds, below 1 sealring is faster"
    )
    run("short", SESSION, rounds)
    run("long", LONG, rounds)
