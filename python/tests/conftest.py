"""What the tests share: the secret of format.md, Section 12, and a clock that stands."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sealring import Codec, Key, Keyring, Sealer, parse_secret

ROOT = Path(__file__).resolve().parents[2]
VECTORS = ROOT / "vectors"

SECRET = "srk1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
OTHER = "srk1_HzKh7KZnwEafARl_vTIN8JaL43LdWwTVL8FduXX5N8c"
THIRD = "srk1_xX-LBPqqVNuO3QqjvIDNEkOPvAVvPJOmapQLOlL1P5M"
ISSUED = 1767225600000
HOUR = 3600000
VALUE = {"user_id": 123, "username": "admin", "roles": ["editor", "viewer"]}


class Clock:
    """A clock that tests set, in Unix milliseconds."""

    def __init__(self, now: int = ISSUED) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


def keyring(**options: Any) -> Keyring:
    return Keyring(Key(parse_secret(SECRET), **options))


def codec(ring: Keyring | None = None, purpose: str = "session", **options: Any) -> Codec:
    return Codec(ring or keyring(), purpose, **_with_defaults(options))


def sealer(ring: Keyring | None = None, purpose: str = "session", **options: Any) -> Sealer:
    return Sealer(ring or keyring(), purpose, **_with_defaults(options))


def _with_defaults(options: dict[str, Any]) -> dict[str, Any]:
    if not options.get("never_expires"):
        options.setdefault("ttl", timedelta(hours=1))
    options.setdefault("now", Clock())
    return options


@pytest.fixture(params=[False, True], ids=["signed", "encrypted"])
def encrypt(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)
