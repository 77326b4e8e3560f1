"""What the command has around it: input, output, errors, and no secret in either of the last two."""

from __future__ import annotations

import contextlib
import json
import os
import re
from typing import TYPE_CHECKING, Any, BinaryIO

from . import _envelope, _text
from ._codec import _now
from ._errors import OPENING, BindError, ConfigError, KeyringError, Malformed, TooLarge
from ._keys import Secret, parse_secret

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

OK, _FAILURE, _USAGE, _TOO_LARGE = 0, 1, 2, 10
"""Exit codes; from 10 on they are the classes in which opening fails, in their order."""


STDOUT = "stdout"
"""What errors call it."""


class UsageError(Exception):
    """A command line that cannot be meant; parsed is false where the parser says so, which quotes arguments."""

    def __init__(self, text: str, *, parsed: bool = True) -> None:
        super().__init__(text)
        self.parsed = parsed


class Failure(Exception):
    """A failure without a class."""


class Shown(Failure):
    """A failure of which stdout has already told."""


class Environment:
    """What a run of the command has around it."""

    def __init__(
        self,
        stdin: BinaryIO,
        stdout: BinaryIO,
        stderr: BinaryIO,
        variables: Mapping[str, str],
        now: Callable[[], int] = _now,
    ) -> None:
        self.stdin, self.stdout, self.stderr, self.variables, self.now = stdin, stdout, stderr, variables, now
        self.json = False
        """Whether what is for people, and errors, are to be JSON."""

    def write(self, data: bytes) -> None:
        """Write bytes to stdout; what fails there has its name."""
        try:
            self.stdout.write(data)
        except OSError as error:
            error.filename = STDOUT
            raise

    def flush(self) -> None:
        """Write out what write has kept back."""
        try:
            self.stdout.flush()
        except OSError as error:
            error.filename = STDOUT
            raise

    def read(self, limit: int) -> bytes:
        """Return what is on stdin, at most limit bytes and one, by which the caller tells that there was more."""
        try:
            return self.stdin.read(limit + 1)
        except OSError as error:
            error.filename = "stdin"
            raise

    def line(self, text: str) -> None:
        """Write a line for people."""
        self.write(f"{text}\n".encode("utf-8", "surrogateescape"))

    def tell(self, value: Mapping[str, Any]) -> None:
        """Write a value as one line of JSON."""
        self.line(compact(value))

    def input(self, file: str | None, limit: int, too_large: str) -> bytes:
        """Return what is in a file or on stdin."""
        if is_stdin(file):
            data = self.read(limit)
        elif _envelope.is_text(str(file)):  # which the error of the file system would show
            raise UsageError(
                "FILE is a token; give the token on stdin or in a file, whose name is ./NAME if it begins so"
            )
        else:
            data = read_file(str(file), limit)
        if len(data) > limit:
            raise TooLarge(too_large)
        return data


def read_file(file: str, limit: int) -> bytes:
    try:
        with open(file, "rb") as opened:
            return opened.read(limit + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "no path"
    raise Failure(f"{file}: {why}")


def is_stdin(file: str | None) -> bool:
    return file in (None, "", "-")


def compact(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    # As the Go command writes them: these two end a line in JavaScript.
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def report(env: Environment, error: Exception) -> int:
    """Write an error as one line and return the exit code."""
    if isinstance(error, BrokenPipeError):
        return _FAILURE  # who reads stdout has seen enough, as head has
    name, code = "failure", _FAILURE
    if type(error) in OPENING:
        index = OPENING.index(type(error))
        name, code = OPENING[index].name, _TOO_LARGE + index
    elif isinstance(error, (UsageError, BindError, ConfigError)):
        name, code = "usage", _USAGE  # purpose and binding are arguments here
    text = _message(error)
    if env.json:
        line = compact({"error": text, "class": name, "exit": code})
    elif isinstance(error, Shown):
        return code
    else:
        line = f"sealring: {text}"
    env.stderr.write(f"{line}\n".encode("utf-8", "backslashreplace"))
    return code


# What the library says of its own calls and options, in the terms of the command.
_TERMS = (
    ("make one with generate_key", "make one with `python -m sealring keys new`"),
    ("which suites does", "which --suite does"),
    (
        "ttl is not a timedelta of whole, positive milliseconds",
        "let --ttl be more than 0, or say --never-expires where tokens are to last as long as their key",
    ),
    (": older than max_age", ""),
    ("the envelope would be larger than max_envelope", "the token would be larger than 65,536 bytes"),
    ("body larger than max_decoded", "the body has more than 1048576 bytes"),
    ("larger than max_decoded, all in all", "the body has more than 1048576 bytes"),
    ("; parse_ring reads documents", ""),
)
# What secrets and tokens look like, should one have come to stand where it does not belong and be quoted for it.
_SECRET = re.compile(r"srk1_[0-9A-Za-z_-]+|sr1_[0-9A-Za-z_-]{64,}")
_WORD = re.compile(r"[0-9A-Za-z+/_=-]{40,}")


def _message(error: Exception) -> str:
    """Return the text of an error for one line of a terminal."""
    text = str(error)
    if isinstance(error, OSError):
        text = str(error.strerror) if error.filename is None else f"{error.filename}: {error.strerror}"
    for library, command in _TERMS:
        text = text.replace(library, command)
    text = "".join(c if c.isprintable() else " " for c in text)
    quoted = isinstance(error, UsageError) and not error.parsed

    def redact(word: re.Match[str]) -> str:
        # Elsewhere such words are quoted as paths, which may be as long.
        return "REDACTED" if quoted or looks_secret(word[0]) else word[0]

    return _SECRET.sub("REDACTED", _WORD.sub(redact, text))


def read_secret(form: str, text: str) -> Secret:
    """Read a secret in one of three forms; no error holds a character of the text."""
    if form == "srk1":
        if not text.startswith("srk1_"):
            raise Failure(
                "a secret's text begins with srk1_; say --from hex or --from base64 for one that is written so"
            )
        return parse_secret(text)
    if form == "hex":
        if not re.fullmatch("[0-9a-fA-F]{64}", text):
            raise Failure("the secret on stdin is not 64 hexadecimal digits, or something is around them")
        return Secret(bytes.fromhex(text))
    # Both alphabets of RFC 4648, one at a time, with padding where it belongs or none.
    if not {"-", "_"} & set(text):
        text = text.replace("+", "-").replace("/", "_")
    raw = b""
    with contextlib.suppress(Malformed):
        raw = _text.decode(text.removesuffix("="))
    if len(raw) != 32:
        raise Failure("the secret on stdin is not 32 bytes in base64, or something is around it")
    return Secret(raw)


def looks_secret(word: str) -> bool:
    for form in ("hex", "base64"):
        try:
            read_secret(form, word)
        except (Failure, KeyringError):
            continue
        return True
    return False


def shell_word(path: str) -> str:
    """Quote a path that a shell would not take as one word, or the command as an option."""
    if path.startswith("-"):
        path = f"./{path}"
    if re.fullmatch("[0-9A-Za-z/._-]+", path):
        return path
    if path.isprintable():
        return "'" + path.replace("'", "'\\''") + "'"
    escaped = "".join(
        c if c.isprintable() and c.isascii() and c not in "'\\" else "".join(f"\\x{b:02x}" for b in os.fsencode(c))
        for c in path
    )
    return f"$'{escaped}'"
