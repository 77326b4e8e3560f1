"""Sealed envelopes, signed or encrypted and tagged with a key ID, as specified in format.md of the project.

Codec(ring, purpose, ttl=…) makes a codec of a keyring and a purpose; its seal makes a token of a value, and its open
gives the value back only if a holder of the key sealed it for this purpose, not too long ago.

A Keyring holds many keys and is replaced as a whole. Add the next key with a seal_from in the future, let every node
load it, and when that time comes each seals with it; what the old key sealed still opens until its open_until.

Opening fails in one of ten classes, from TooLarge to BadPayload; all errors are SealringError. Expired is said of
authentic tokens only. Tell a remote party the same for all classes up to BadSignature.
"""

from ._codec import Clock as Clock
from ._codec import Codec as Codec
from ._codec import Content as Content
from ._codec import Info as Info
from ._codec import Sealer as Sealer
from ._codec import Suite as Suite
from ._codec import inspect as inspect
from ._envelope import bind_parts as bind_parts
from ._errors import BadPayload as BadPayload
from ._errors import BadSignature as BadSignature
from ._errors import BindError as BindError
from ._errors import ConfigError as ConfigError
from ._errors import Expired as Expired
from ._errors import KeyringError as KeyringError
from ._errors import Malformed as Malformed
from ._errors import NoPrimaryKey as NoPrimaryKey
from ._errors import NoRandomness as NoRandomness
from ._errors import NotYetValid as NotYetValid
from ._errors import Refused as Refused
from ._errors import SealringError as SealringError
from ._errors import TooLarge as TooLarge
from ._errors import UnknownKey as UnknownKey
from ._errors import Unsupported as Unsupported
from ._errors import UnsupportedVersion as UnsupportedVersion
from ._errors import WrongType as WrongType
from ._keyring import Keyring as Keyring
from ._keys import Key as Key
from ._keys import Secret as Secret
from ._keys import generate_key as generate_key
from ._keys import parse_secret as parse_secret
from ._ring import RingDocument as RingDocument
from ._ring import RingEntry as RingEntry
from ._ring import create_ring as create_ring
from ._ring import encode_ring as encode_ring
from ._ring import load_ring as load_ring
from ._ring import parse_ring as parse_ring

__version__ = "0.1.0"
