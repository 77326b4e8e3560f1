"""The classes of failure: format.md, Section 11."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, ClassVar, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


class SealringError(Exception):
    """The umbrella: every failure of this package is one, beside the class that it is of.

    No error holds a byte of a token, a payload or a secret; one of sealing may say by which keys the refused value is
    reached. The traceback of one begins at the call that a program made: the frames below it, whose variables are
    secrets and unverified bytes, are left out, since error trackers collect what stands in frames.
    """

    name: ClassVar[str] = "invalid"
    """What vectors, logs and the command call the class."""
    _text: ClassVar[str] = "invalid"

    def __str__(self) -> str:
        return ": ".join((self._text, *map(str, self.args)))

    def _bare(self) -> SealringError:
        self.__cause__ = self.__context__ = None
        return self.with_traceback(None)


class TooLarge(SealringError):
    """Longer than the envelope limit; nothing else was looked at. On sealing, the envelope would be."""

    name = "too_large"
    _text = "too large"


class Malformed(SealringError):
    """Not an envelope, or not exactly the one text of it."""

    name = "malformed"
    _text = "malformed"


class UnsupportedVersion(SealringError):
    """An envelope of a version that this package does not know."""

    name = "unsupported_version"
    _text = "unsupported version"


class Unsupported(SealringError):
    """A suite or content that version 1 does not have."""

    name = "unsupported"
    _text = "unsupported suite or content"


class Refused(SealringError):
    """A suite, content or compression that this codec does not accept."""

    name = "refused"
    _text = "suite or content refused"


class UnknownKey(SealringError):
    """The key ID is not in the keyring, or its key is closed or disabled."""

    name = "unknown_key"
    _text = "unknown key"


class BadSignature(SealringError):
    """Forged, damaged, for another purpose, or bound to something else."""

    name = "bad_signature"
    _text = "bad signature"


class NotYetValid(SealringError):
    """Authentic, and issued later than now by more than the leeway."""

    name = "not_yet_valid"
    _text = "not yet valid"


class Expired(SealringError):
    """Authentic, and past its expiry or the maximum age."""

    name = "expired"
    _text = "expired"


class BadPayload(SealringError):
    """Authentic, and the body breaks the payload rules. On sealing: opening would refuse the value for that."""

    name = "bad_payload"
    _text = "bad payload"


class NoPrimaryKey(SealringError):
    """Sealing, and no key of the ring is to seal at this time."""

    name = "no_primary_key"
    _text = "no primary key"


class NoRandomness(SealringError):
    """Sealing, and the system gave no random bytes for a nonce."""

    name = "no_randomness"
    _text = "no randomness"


class BindError(SealringError, ValueError):
    """A binding was asked for and is empty."""

    name = "bind"
    _text = "empty binding"


class KeyringError(SealringError, ValueError):
    """A secret, a key, a set of keys or a ring document that is refused."""

    name = "keyring"
    _text = "keyring refused"


class ConfigError(SealringError, ValueError):
    """A purpose or options that no codec can be made of, a missing extra, or a clock outside 1970 to 9999."""

    name = "config"
    _text = "configuration refused"


class WrongType(SealringError, TypeError):
    """An argument of another type, such as str where bytes are meant."""

    name = "type"
    _text = "wrong type"


OPENING: tuple[type[SealringError], ...] = (
    TooLarge,
    Malformed,
    UnsupportedVersion,
    Unsupported,
    Refused,
    UnknownKey,
    BadSignature,
    NotYetValid,
    Expired,
    BadPayload,
)
"""The ten classes in which opening fails, in the order in which it checks."""


def outermost(function: Callable[P, R]) -> Callable[P, R]:
    """Make errors of a public function leave without what stood below it, causes, contexts and frames, or in it."""

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except SealringError as error:
            # An inner JSONDecodeError or UnicodeDecodeError has the whole body on it, and "from None" alone would
            # only hide it. This frame stays, and what it was called with may be a secret.
            del args, kwargs
            raise error._bare() from None  # noqa: SLF001

    return call


def outermost_init(made: type[T]) -> type[T]:
    """Do the same for a class whose constructor is written by dataclass."""
    made.__init__ = outermost(made.__init__)  # type: ignore[method-assign]
    return made


def expect(value: object, kind: type, what: str, text: str = "", binary: str = "") -> None:
    """Raise WrongType unless a value is of a type; it says what to do where it is text, or bytes."""
    if isinstance(value, kind):
        return
    hint = ""
    if isinstance(value, str):
        hint = text or ("encode it" if kind is bytes else "")
    elif isinstance(value, bytes):
        hint = binary or ("decode it" if kind is str else "")
    raise WrongType(f"{what} is {kind.__name__}, not {type(value).__name__}{hint and '; '}{hint}")
