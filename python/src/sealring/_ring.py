"""Ring documents, the JSON text in which keys travel between programs and languages: format.md, Section 15.

A document holds secrets in the clear. Errors say the place of what they refuse and nothing of what stands there, for a
secret may have come to stand anywhere.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import stat
import sys
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from . import _json
from ._errors import KeyringError, WrongType, expect, outermost, outermost_init
from ._json import Node, Number
from ._keyring import Keyring, Snapshot
from ._keys import Key, Secret, parse_secret, valid_key_id
from ._payload import Fault, is_unicode
from ._time import MAX_TIME, format_ms, to_ms

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_SIZE = 1 << 20
"""Bytes of a document: a thousand keys with comments need half of it."""
_MAX_KEYS = 1000
"""Keys of a document: daily rotation takes three years to get there."""
_MAX_GENERATION = 2**53 - 1
"""The last integer up to which every JSON reader is exact, those with binary64 alone included."""
_MODE = 0o600

# The secrets of format.md, Section 12, and of the documentation: good for tests and examples, where a program hands
# them over itself; in a document one is an example that somebody put to use.
_PUBLISHED = frozenset(("srk1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",))

_TIME = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})\.([0-9]{3})Z")
_INTEGER = re.compile(r"-?[0-9]+")


@outermost_init
@dataclass(frozen=True)
class RingEntry:
    """One key of a document.

    - key: the key itself.
    - created: when the key was made, 1970 to 9999; it is for people and decides nothing.
    - comment: for people too; empty means none.
    """

    key: Key
    created: datetime
    comment: str = ""

    def __post_init__(self) -> None:
        expect(self.key, Key, "RingEntry.key")
        expect(self.created, datetime, f"created of key {self.key.id}")
        expect(self.comment, str, f"the comment of key {self.key.id}")


@outermost_init
@dataclass(frozen=True)
class RingDocument:
    """The content of a ring document; it prints without secrets.

    - generation: 1 to 2^53 - 1, higher with every change.
    - entries: 1 to 1,000 keys, in any order.
    """

    generation: int
    entries: tuple[RingEntry, ...]

    def __post_init__(self) -> None:
        if isinstance(self.generation, bool):
            raise WrongType("a generation is int, not bool")  # JSON has another word for it
        expect(self.generation, int, "a generation")
        expect(self.entries, tuple, "RingDocument.entries")
        for entry in self.entries:
            expect(entry, RingEntry, "an entry of a document")

    @property
    def keys(self) -> tuple[Key, ...]:
        """The keys, as a Keyring and its replace take them, in the order of the document."""
        return tuple(entry.key for entry in self.entries)

    @outermost
    def keyring(self) -> Keyring:
        """Return a new ring of the keys."""
        return Keyring(*self.keys)


@outermost
def parse_ring(text: bytes | str) -> RingDocument:
    """Return the content of a ring document, or raise KeyringError.

    An error about the text says line and column, both from 1 on; the column counts bytes. One about the keys as a set,
    or about a published secret, says IDs instead.
    """
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    expect(data, bytes, "a ring document")
    if len(data) > MAX_SIZE:
        raise KeyringError("a document has at most 1 MiB; shorten comments, leave out keys that are closed")
    try:
        return _Reader().document(_json.scan(data))
    except _Refusal as refusal:
        at, why = refusal.at, refusal.rule
    except Fault as fault:
        at = fault.at
        why = f"{fault.rule}; a document is one JSON object in UTF-8 without byte order mark, no name in it twice"
    line, column = data.count(b"\n", 0, at) + 1, at - data.rfind(b"\n", 0, at)
    raise KeyringError(f"line {line}, column {column}: {why}")


class _Refusal(Fault):
    """A part of a document that is JSON and no part of one."""


class _Reader:
    """Reads the nodes of a document. No error says a name or a value from the text."""

    def document(self, node: Node) -> RingDocument:
        version, generation, keys = self.object(
            node,
            "a document",
            {"version": self.version, "generation": self.generation, "keys": self.keys},
            required=("version", "generation", "keys"),
        )
        del version
        document = RingDocument(generation, keys)
        _check(document)
        return document

    def object(
        self, node: Node, what: str, fields: dict[str, Callable[[Node], Any]], required: tuple[str, ...]
    ) -> list[Any]:
        """Return the values of an object's fields in the order given, None for those that are absent."""
        if not isinstance(node.value, tuple):
            raise _Refusal(node.at, f"{what} is an object")
        found: dict[str, Any] = {}
        for name, at, value in node.value:
            if name not in fields:
                raise _Refusal(at, f"unknown field; {what} has {', '.join(fields)}, in lower case")
            found[name] = fields[name](value)
        for name in required:
            if name not in found:
                raise _Refusal(node.at, f"{what} needs the field {name}")
        return [found.get(name) for name in fields]

    def version(self, node: Node) -> None:
        version = _integer(node)
        if version is None:
            raise _Refusal(node.at, "version is the integer 1")
        if version != 1:
            raise _Refusal(
                node.at,
                "version is 1 in all documents that this program knows; update the program if a newer one wrote this",
            )

    def generation(self, node: Node) -> int:
        generation = _integer(node)
        if generation is None or not 1 <= generation <= _MAX_GENERATION:
            raise _Refusal(node.at, f"generation is an integer from 1 to {_MAX_GENERATION}, in digits alone")
        return generation

    def keys(self, node: Node) -> tuple[RingEntry, ...]:
        if not isinstance(node.value, list):
            raise _Refusal(node.at, "keys is an array")
        if not node.value:
            raise _Refusal(node.at, "a document has at least one key; make one with `python -m sealring keys new`")
        if len(node.value) > _MAX_KEYS:
            raise _Refusal(node.value[_MAX_KEYS].at, _TOO_MANY)
        return tuple(map(self.entry, node.value))

    def entry(self, node: Node) -> RingEntry:
        key_id, secret, created, seal_from, open_until, disabled, comment = self.object(
            node,
            "a key",
            {
                "id": self.id,
                "secret": self.secret,
                "created": self.time("created"),
                "seal_from": self.time("seal_from"),
                "open_until": self.time("open_until"),
                "disabled": self.disabled,
                "comment": self.text("comment"),
            },
            required=("id", "secret", "created"),
        )
        key = Key(secret, id=key_id, seal_from=seal_from, open_until=open_until, disabled=disabled or False)
        return RingEntry(key, created, comment or "")

    def id(self, node: Node) -> str:
        text = self.text("id")(node)
        if not valid_key_id(text):
            raise _Refusal(node.at, "id is 1 to 32 of A-Z a-z 0-9 . _ - with a letter or digit in front")
        return text

    def secret(self, node: Node) -> Secret:
        text = self.text("secret")(node)
        try:
            return parse_secret(text)
        except KeyringError as error:
            why = str(error.args[0])
        raise _Refusal(node.at, why)

    def disabled(self, node: Node) -> bool:
        if not isinstance(node.value, bool):
            raise _Refusal(node.at, "disabled is true or false, or left out")
        return node.value

    def time(self, name: str) -> Callable[[Node], datetime]:
        def read(node: Node) -> datetime:
            found = _TIME.fullmatch(node.value) if isinstance(node.value, str) else None
            if found is not None:
                year, month, day, hour, minute, second, ms = map(int, found.groups())
                with contextlib.suppress(ValueError):  # no such day, hour, minute or second
                    time = datetime(year, month, day, hour, minute, second, ms * 1000, tzinfo=timezone.utc)
                    if year >= 1970:
                        return time
            raise _Refusal(
                node.at, f'{name} is a time in UTC in the years 1970 to 9999, as in "2026-01-31T23:59:59.999Z"'
            )

        return read

    def text(self, name: str) -> Callable[[Node], str]:
        def read(node: Node) -> str:
            if not isinstance(node.value, str) or isinstance(node.value, Number):
                raise _Refusal(node.at, f"{name} is a string")
            return node.value

        return read


_TOO_MANY = f"a document has at most {_MAX_KEYS} keys; leave out those that are closed"


def _integer(node: Node) -> int | None:
    """Return a number that is written as an integer: 1.0 and 1e0 are not."""
    if isinstance(node.value, Number) and _INTEGER.fullmatch(node.value):
        return int(node.value)
    return None


def _check(document: RingDocument) -> None:
    """Refuse what no document may have, however it came about: Sections 15.1 and 15.3."""
    expect(document, RingDocument, "a ring document")
    if not 1 <= document.generation <= _MAX_GENERATION:
        raise KeyringError(f"a generation is from 1 to {_MAX_GENERATION}; begin with 1 and add 1 at every change")
    if not document.entries:
        raise KeyringError("no keys; make one with generate_key")
    if len(document.entries) > _MAX_KEYS:
        raise KeyringError(_TOO_MANY)
    Snapshot(document.keys)
    for entry in document.entries:
        key = entry.key
        if key.secret.reveal() in _PUBLISHED:
            raise KeyringError(
                f"key {key.id} has a secret that documentation publishes, so everybody has it; "
                "make one with `python -m sealring keys new`"
            )
        for what, time in (("created", entry.created), ("seal_from", key.seal_from), ("open_until", key.open_until)):
            if time is not None and not 0 <= _ms(time, f"{what} of key {key.id}") <= MAX_TIME:
                raise KeyringError(f"{what} of key {key.id} is in the years 1970 to 9999")
        if not is_unicode(entry.comment):
            raise KeyringError(f"the comment of key {key.id} is not UTF-8")


def _ms(time: datetime, what: str) -> int:
    try:
        return to_ms(time)
    except ValueError as error:
        raise KeyringError(f"{what} is {error}") from None


@outermost
def encode_ring(document: RingDocument) -> bytes:
    """Return the text of a document, secrets in the clear: keep it as you would keep a password.

    parse_ring reads the same content back from it; times lose what is below a millisecond. Raises KeyringError for
    what parse_ring would refuse, published secrets included.
    """
    _check(document)
    keys: list[dict[str, object]] = []
    for entry in document.entries:
        key = entry.key
        seal_from, open_until = key.window()
        fields = {
            "id": key.id,
            "secret": key.secret.reveal(),
            "created": format_ms(to_ms(entry.created)),
            "seal_from": None if seal_from is None else format_ms(seal_from),
            "open_until": None if open_until is None else format_ms(open_until),
            "disabled": key.disabled or None,
            "comment": entry.comment or None,
        }
        keys.append({name: value for name, value in fields.items() if value is not None})
    text = {"version": 1, "generation": document.generation, "keys": keys}
    written = json.dumps(text, indent=2, ensure_ascii=False) + "\n"
    # As the Go package writes them, so that equal content is equal bytes: these two end a line in JavaScript.
    data = written.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029").encode("utf-8")
    if len(data) > MAX_SIZE:
        raise KeyringError("a document has at most 1 MiB; shorten comments, leave out keys that are closed")
    return data


@outermost
def load_ring(path: str | os.PathLike[str]) -> RingDocument:
    """Return the document in a file, as parse_ring does; it follows symbolic links.

    Raises KeyringError, also for a file that its group or others may read, write or execute, before it is read: chmod
    600 is the cure, and new secrets if somebody may have looked. Windows has no such modes, and nothing is checked.
    """
    name = _path(path)
    try:
        with open(name, "rb") as file:
            # The mode of the file that is open, not of the path, which may have become another file's.
            _check_mode(name, os.fstat(file.fileno()).st_mode)
            # Its size need not be true: pipes and devices have none, and files grow.
            data = file.read(MAX_SIZE + 1)
    except IsADirectoryError:
        raise KeyringError(f"{name} is a folder; name the file in it") from None
    except FileNotFoundError:
        raise KeyringError(f"{name}: no such file or directory; make it with `python -m sealring keys new`") from None
    except OSError as error:
        raise KeyringError(f"{name}: {error.strerror}") from None
    try:
        return parse_ring(data)
    except KeyringError as error:
        why = str(error.args[0])
    raise KeyringError(f"{name}: {why}")


@outermost
def create_ring(path: str | os.PathLike[str], document: RingDocument) -> None:
    """Write a document to a new file of mode 0600, whatever the umask, and return when it is on the disk.

    Raises KeyringError. It never writes over what is at the path, be it a symbolic link to nowhere, and leaves no file
    behind when it fails.
    """
    name, data = _path(path), encode_ring(document)
    try:
        # O_EXCL also means that a symbolic link is not followed.
        handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE)
    except FileExistsError:
        raise KeyringError(
            f"{name}: file exists; a new document never takes the place of anything, choose another path"
        ) from None
    except OSError as error:
        raise KeyringError(f"{name}: {error.strerror}") from None
    try:
        _fill(name, handle, data)
    except BaseException as error:
        os.unlink(name)
        if isinstance(error, OSError):
            raise KeyringError(f"{name}: {error.strerror}") from None
        raise


def _fill(name: str, handle: int, data: bytes) -> None:
    with os.fdopen(handle, "wb") as file:
        if sys.platform != "win32":
            # A umask can only have narrowed the mode, and some file systems widen it: seen before a secret is in it.
            os.fchmod(file.fileno(), _MODE)
        _check_mode(name, os.fstat(file.fileno()).st_mode)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    if sys.platform != "win32":
        folder = os.open(os.path.dirname(name) or ".", os.O_RDONLY)
        try:
            with contextlib.suppress(OSError):  # some file systems cannot; the file itself is on the disk
                os.fsync(folder)
        finally:
            os.close(folder)


def _check_mode(name: str, mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise KeyringError(f"{name} is a folder; name the file in it")
    if sys.platform != "win32" and mode & 0o077:
        raise KeyringError(
            f"{name}: mode {stat.S_IMODE(mode):04o} lets others than the owner at the secrets; chmod 600 the file"
        )


def _path(path: str | os.PathLike[str]) -> str:
    """Return a path as text; refuse a document or secret that was handed over for one: errors say the path."""
    name = os.fspath(path) if isinstance(path, os.PathLike) else path
    expect(name, str, "a path")
    if "srk1_" in name or name.lstrip().startswith("{"):
        raise KeyringError("this is not a path but a document or a secret itself; parse_ring reads documents")
    if "\0" in name:
        raise KeyringError("a path with a zero byte")
    try:
        os.fsencode(name)
    except UnicodeEncodeError:
        raise KeyringError("a path that no file can have") from None
    return name
