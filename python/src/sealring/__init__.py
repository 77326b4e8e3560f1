"""Sealed envelopes, signed or encrypted and tagged with a key ID, as specified in format.md of the project.

Codec(ring, purpose, ttl=…) makes a codec of a keyring and a purpose; its seal makes a token of a value, and its open
gives the value back only if a holder of the key sealed it for this purpose, not too long ago.

A Keyring holds many keys and is replaced as a whole. Add the next key with a seal_from in the future, let every node
load it, and when that time comes each seals with it; what the old key sealed still opens until its open_until.

Opening fails in one of ten classes, from TooLarge to BadPayload; all errors are SealringError. Expired is said of
authentic tokens only. Tell a remote party the same for all classes up to BadSignature; name, such as "bad_signature",
is for logs. Sections that are named are those of format.md.
"""

from ._codec import Clock, Codec, Content, Info, Sealer, Suite, inspect
from ._envelope import bind_parts
from ._errors import (
    BadPayload,
    BadSignature,
    BindError,
    ConfigError,
    Expired,
    KeyringError,
    Malformed,
    NoPrimaryKey,
    NoRandomness,
    NotYetValid,
    Refused,
    SealringError,
    TooLarge,
    UnknownKey,
    Unsupported,
    UnsupportedVersion,
    WrongType,
)
from ._keyring import Keyring
from ._keys import Key, Secret, generate_key, parse_secret
from ._ring import RingDocument, RingEntry, create_ring, encode_ring, load_ring, parse_ring

__all__ = [
    "BadPayload",
    "BadSignature",
    "BindError",
    "Clock",
    "Codec",
    "ConfigError",
    "Content",
    "Expired",
    "Info",
    "Key",
    "Keyring",
    "KeyringError",
    "Malformed",
    "NoPrimaryKey",
    "NoRandomness",
    "NotYetValid",
    "Refused",
    "RingDocument",
    "RingEntry",
    "Sealer",
    "SealringError",
    "Secret",
    "Suite",
    "TooLarge",
    "UnknownKey",
    "Unsupported",
    "UnsupportedVersion",
    "WrongType",
    "bind_parts",
    "create_ring",
    "encode_ring",
    "generate_key",
    "inspect",
    "load_ring",
    "parse_ring",
    "parse_secret",
]

__version__ = "0.1.0"
