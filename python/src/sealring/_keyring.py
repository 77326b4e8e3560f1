"""The ring of keys: format.md, Sections 3.5 and 3.6."""

from __future__ import annotations

import hashlib
import threading
from datetime import datetime
from typing import NoReturn

from ._errors import ConfigError, KeyringError, WrongType, expect, outermost
from ._keys import Key
from ._time import to_ms


class RingKey:
    """A key in the terms of the format: Unix milliseconds, None for an absent end."""

    __slots__ = ("id", "key", "open_until", "seal_from")

    def __init__(self, key: Key) -> None:
        self.key, self.id = key, key.id
        self.seal_from, self.open_until = key.window()

    def opens(self, now: int) -> bool:
        """Report whether the key opens at a time, which it does before its seal_from too."""
        return not self.key.disabled and (self.open_until is None or now < self.open_until)

    def older(self, other: RingKey) -> bool:
        """Report whether the key seals from earlier than another."""
        return other.seal_from is not None and (self.seal_from is None or self.seal_from < other.seal_from)


class Snapshot:
    """The content of a ring between two replacements. It never changes."""

    __slots__ = ("index", "order")

    def __init__(self, keys: tuple[Key, ...]) -> None:
        """Take the keys, or raise KeyringError by the rules of Section 3.6."""
        self.index: dict[str, RingKey] = {}
        """By ID, in the order in which they were given."""
        secrets: dict[str, Key] = {}
        for key in keys:
            if key.id in self.index:
                raise KeyringError(f"key {key.id} is there twice; leave one out")
            # Looking a secret up by itself would compare it in a time that depends on it.
            other = secrets.setdefault(fingerprint(key), key)
            if other is not key:
                raise KeyringError(f"keys {other.id} and {key.id} have one secret; leave one out")
            self.index[key.id] = RingKey(key)

        enabled = [k for k in self.index.values() if not k.key.disabled]
        enabled.sort(key=lambda k: -1 << 64 if k.seal_from is None else k.seal_from, reverse=True)
        self.order: tuple[RingKey, ...] = tuple(enabled)
        """The enabled ones, latest seal_from first."""
        for a, b in zip(enabled, enabled[1:]):  # noqa: B905, RUF007 - of different lengths by design; Python 3.10
            if a.seal_from == b.seal_from:
                first, second = sorted((a.id, b.id))
                raise KeyringError(f"keys {first} and {second} seal from the same time; set seal_from of the newer one")

    def primary(self, now: int) -> RingKey | None:
        """Return the key that seals at a time.

        It never falls back to an older key: that one was retired for a reason.
        """
        for key in self.order:
            if key.seal_from is None or key.seal_from <= now:
                return key if key.opens(now) else None
        return None


def fingerprint(key: Key) -> str:
    """Return what tells the secret of a key from another, and nothing else about it."""
    return hashlib.sha256(key.secret.derive(b"sealring/keyring", 32)).hexdigest()


class Keyring:
    """The set of keys that codecs seal and open with; it is safe for concurrent use.

    One key at a time is primary and seals: among the enabled ones whose seal_from has come, the one with the latest.
    The others open what they once sealed, and what they will have sealed on nodes whose clock is ahead. It prints as
    the IDs of its keys.
    """

    @outermost
    def __init__(self, *keys: Key) -> None:
        """Take at least one key.

        Raises KeyringError for IDs or secrets that are there twice, and for two enabled keys that seal from the same
        time: then the ring could not tell which one seals.
        """
        self._lock = threading.Lock()
        self._known: dict[str, str] = {}
        self._snapshot = Snapshot(())
        self.replace(*keys)

    @classmethod
    def _empty(cls) -> Keyring:
        """Return a ring that seals and opens nothing, for vectors."""
        ring = cls.__new__(cls)
        ring._lock, ring._known, ring._snapshot = threading.Lock(), {}, Snapshot(())  # noqa: SLF001 - its own class
        return ring

    @outermost
    def replace(self, *keys: Key) -> None:
        """Put keys in the place of all that the ring has; every codec of the ring follows at once.

        Raises KeyringError as the constructor does, and where an ID that the ring has ever had comes with another
        secret; then the ring stays as it is. Whoever reloads a ring document has more to check before: Section 15.4.
        """
        for key in keys:
            expect(key, Key, "each argument of a Keyring")
        if not keys:
            raise KeyringError("no keys; make one with generate_key")
        snapshot = Snapshot(keys)
        new = {key.id: fingerprint(key) for key in keys}
        with self._lock:
            for key_id, secret in new.items():
                if self._known.get(key_id, secret) != secret:
                    raise KeyringError(f"key {key_id} has had another secret; a new secret needs a new ID")
            self._known |= new
            self._snapshot = snapshot

    @property
    def ids(self) -> tuple[str, ...]:
        """The IDs of the keys, in the order in which they were given."""
        return tuple(self._snapshot.index)

    @outermost
    def primary(self, at: datetime | int) -> str | None:
        """Return the ID of the key that seals at a time: an aware datetime, or Unix milliseconds."""
        key = self._snapshot.primary(clock_ms(at))
        return None if key is None else key.id

    @outermost
    def __reduce__(self) -> NoReturn:
        raise WrongType("a keyring is neither pickled nor copied: codecs share one; make another of the same keys")

    def __repr__(self) -> str:
        return f"Keyring({' '.join(self.ids) if hasattr(self, '_snapshot') else 'unfinished'})"


def clock_ms(time: object) -> int:
    """Return a time that a program gave, an aware datetime or Unix milliseconds, in Unix milliseconds."""
    if isinstance(time, datetime):
        try:
            return to_ms(time)
        except ValueError as error:
            raise ConfigError(str(error)) from None
    if isinstance(time, bool) or not isinstance(time, int):
        raise WrongType("a time is an aware datetime, or Unix milliseconds as int")
    return time
