"""The command: the same options, exit codes and output as the Go command.

No secret is ever an argument or in an output.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import sys
from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn

from . import __version__, _envelope, _json, _msgpack, _text, _time, _vectors
from ._codec import CONTENTS, MAX_DECODED, MAX_ENVELOPE, Info, Sealer, _now, inspect
from ._errors import OPENING, BindError, ConfigError, KeyringError, Malformed, Refused, SealringError, TooLarge
from ._keys import Key, Secret, generate_key, parse_secret, valid_key_id
from ._payload import is_dict, is_list
from ._ring import MAX_SIZE, RingDocument, RingEntry, create_ring, load_ring, parse_ring

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ._keyring import Keyring

_OK, _FAILURE, _USAGE, _TOO_LARGE = 0, 1, 2, 10
_RING_VARIABLE = "SEALRING_RING"
_MAX_TOKEN = _text.text_size(MAX_ENVELOPE) + 2
"""Characters of the longest text with its line feed."""
_MAX_SECRET_TEXT = 256
_MAX_VECTORS = 32 << 20

_DESCRIPTION = """\
Signed and encrypted tokens that carry a key ID, so that keys rotate without logging anybody out.

Exit codes: 0 ok, 1 failure, 2 usage, and as a token fails to open: 10 too_large, 11 malformed, 12 unsupported_version,
13 unsupported, 14 refused, 15 unknown_key, 16 bad_signature, 17 not_yet_valid, 18 expired, 19 bad_payload."""


class _UsageError(Exception):
    """A command line that cannot be meant; parsed is false where the parser says so, which quotes arguments."""

    def __init__(self, text: str, *, parsed: bool = True) -> None:
        super().__init__(text)
        self.parsed = parsed


class _Failure(Exception):
    """A failure without a class."""


class _Shown(_Failure):
    """A failure of which stdout has already told."""


class _Parser(argparse.ArgumentParser):
    """Raises in place of exiting."""

    def error(self, message: str) -> NoReturn:
        raise _UsageError(message, parsed=False)


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

    def line(self, text: str) -> None:
        """Write a line for people."""
        self.stdout.write(f"{text}\n".encode("utf-8", "surrogateescape"))

    def tell(self, value: Mapping[str, Any]) -> None:
        """Write a value as one line of JSON."""
        self.line(_compact(value))

    def input(self, file: str | None, limit: int, too_large: str) -> bytes:
        """Return what is in a file or on stdin."""
        if _is_stdin(file):
            data = self.stdin.read(limit + 1)
        elif _envelope.is_text(str(file)):  # which the error of the file system would show
            raise _UsageError(
                "FILE is a token; give the token on stdin or in a file, whose name is ./NAME if it begins so"
            )
        else:
            data = _read(str(file), limit)
        if len(data) > limit:
            raise TooLarge(too_large)
        return data


def _read(file: str, limit: int) -> bytes:
    try:
        with open(file, "rb") as opened:
            return opened.read(limit + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "no path"
    raise _Failure(f"{file}: {why}")


def _is_stdin(file: str | None) -> bool:
    return file in (None, "", "-")


def _compact(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    # As the Go command writes them: these two end a line in JavaScript.
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def main(args: Sequence[str]) -> int:
    """Execute a command line in the process as it is and return the exit code."""
    env = Environment(sys.stdin.buffer, sys.stdout.buffer, sys.stderr.buffer, os.environ)
    code = run(env, args)
    env.stdout.flush()
    return code


def run(env: Environment, args: Sequence[str]) -> int:
    """Execute one command line and return the exit code."""
    env.json = "--json" in args  # where parsing fails the flag may not have been reached
    try:
        # Python puts surrogates for bytes that are not UTF-8; two bindings must not become one.
        if any(not arg.isascii() and max(arg) >= "\udc80" and not _is_text(arg) for arg in args):
            raise _UsageError("an argument is not UTF-8")
        options = _parser().parse_args(list(args))
        env.json = getattr(options, "json", False)
        options.run(env, options)
    except SystemExit:
        return _OK  # --help
    except (SealringError, _UsageError, _Failure, OSError) as error:
        return _report(env, error)
    return _OK


def _is_text(arg: str) -> bool:
    try:
        arg.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _report(env: Environment, error: Exception) -> int:
    """Write an error as one line and return the exit code."""
    name, code = "failure", _FAILURE
    if type(error) in OPENING:
        index = OPENING.index(type(error))
        name, code = OPENING[index].name, _TOO_LARGE + index
    elif isinstance(error, (_UsageError, BindError, ConfigError)):
        name, code = "usage", _USAGE  # purpose and binding are arguments here
    text = _message(error)
    if env.json:
        line = _compact({"error": text, "class": name, "exit": code})
    elif isinstance(error, _Shown):
        return code
    else:
        line = f"sealring: {text}"
    env.stderr.write(f"{line}\n".encode("utf-8", "backslashreplace"))
    return code


# What the library says of its own calls and options, in the terms of the command.
_TERMS = (
    ("make one with generate_key", "make one with `sealring keys new`"),
    ("which suites does", "which --suite does"),
    ("say ttl, or never_expires where envelopes", "say --ttl, or --never-expires where tokens"),
    ("ttl is not a timedelta of whole, positive milliseconds", "let --ttl be more than 0"),
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
    text = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) else str(error)
    for library, command in _TERMS:
        text = text.replace(library, command)
    text = "".join(c if c.isprintable() else " " for c in text)
    quoted = isinstance(error, _UsageError) and not error.parsed

    def redact(word: re.Match[str]) -> str:
        # Elsewhere such words are quoted as paths, which may be as long.
        return "REDACTED" if quoted or _looks_secret(word[0]) else word[0]

    return _SECRET.sub("REDACTED", _WORD.sub(redact, text))


# The command line.


def _parser() -> _Parser:
    common = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    common.add_argument(
        "--json",
        action="store_true",
        default=argparse.SUPPRESS,
        help="write JSON in place of text that is for people, errors included",
    )
    formatter = argparse.RawDescriptionHelpFormatter
    parser = _Parser(
        prog="sealring", description=_DESCRIPTION, allow_abbrev=False, parents=[common], formatter_class=formatter
    )

    def command(of: Any, name: str, run: Callable[[Environment, Any], None] | None, text: str) -> _Parser:
        added: _Parser = of.add_parser(name, help=text, description=text, allow_abbrev=False, parents=[common])
        if run is not None:
            added.set_defaults(run=run)
        return added

    commands = parser.add_subparsers(title="commands", required=True, dest="command", metavar="COMMAND")
    keys = command(commands, "keys", None, "make ring documents, the files that hold keys").add_subparsers(
        title="commands", required=True, dest="keys_command", metavar="COMMAND"
    )
    new = command(keys, "new", _keys_new, "write a new ring document with one fresh key")
    imported = command(keys, "import", _keys_import, "write a new ring document with the secret that is on stdin")
    imported.add_argument("--from", dest="form", required=True, choices=["srk1", "hex", "base64"])
    for made in (new, imported):
        made.add_argument("file", metavar="FILE", help="the file to write; it must not exist")
        made.add_argument("--id", help="a name for the key in place of the one that follows from its secret")
        made.add_argument("--comment", default="", help="a comment for people, kept beside the key")

    seal = command(commands, "seal", _seal, "seal what is on stdin or in FILE")
    _add_keys(seal)
    lifetime = seal.add_mutually_exclusive_group(required=True)
    lifetime.add_argument("--ttl", type=_duration, help="how long the token is good for, such as 1h or 30d")
    lifetime.add_argument("--never-expires", action="store_true", help="the token is good as long as its key")
    protection = seal.add_mutually_exclusive_group()
    protection.add_argument("--encrypt", action="store_true", help="encrypt; otherwise everybody can read the body")
    protection.add_argument("--deflate", action="store_true", help="compress where that makes it shorter")
    content = seal.add_mutually_exclusive_group()
    content.add_argument("--msgpack", action="store_true", help="read JSON and seal it as MessagePack")
    content.add_argument("--raw", action="store_true", help="seal the bytes as they are; otherwise they are JSON")
    seal.add_argument("--binary", action="store_true", help="write the binary form, without a line feed")
    seal.add_argument("file", metavar="FILE", nargs="?", help="the body, in place of stdin")

    opens = command(commands, "open", _open, "open a token and write its body")
    _add_keys(opens)
    opens.add_argument("--max-age", type=_duration, help="how old the token may be, whatever its expiry")
    opens.add_argument("--leeway", type=_duration, help="how far in the future it may have been issued; 10s unless set")
    opens.add_argument(
        "--suite",
        action="append",
        choices=["signed", "encrypted", "1", "2"],
        help="accept this suite only: signed (1) or encrypted (2); repeatable; without it, both",
    )
    opens.add_argument("--binary", action="store_true", help="the input is the binary form")
    opens.add_argument("--raw", action="store_true", help="write the body as it is, without conversion and line feed")
    opens.add_argument("--info", action="store_true", help="write a line of JSON about the token to stderr")
    opens.add_argument("file", metavar="FILE", nargs="?", help="the token, in place of stdin")

    looks = command(commands, "inspect", _inspect, "show what a token says about itself, without a key and unverified")
    looks.add_argument("token", metavar="TOKEN", nargs="?", help="the token, in place of stdin")

    vectors = command(commands, "vectors", None, "hold this implementation against vector files").add_subparsers(
        title="commands", required=True, dest="vectors_command", metavar="COMMAND"
    )
    check = command(vectors, "check", _check, "check vector files and print each case that differs")
    check.add_argument("files", metavar="FILE", nargs="+", help="vector files, of the schema sealring/vectors/1")
    command(commands, "version", _version, "say which version this is")
    return parser


def _add_keys(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--ring",
        metavar="FILE",
        help=f"the ring document; - for stdin. Without it, the variable {_RING_VARIABLE} holds one",
    )
    parser.add_argument("--purpose", required=True, help="what the token is for, such as session")
    parser.add_argument(
        "--bind",
        metavar="PART",
        action="append",
        help="bind to a part that is not in the token, such as a session ID; repeatable",
    )


_NANOSECONDS = {
    "ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9,
}  # fmt: skip
_PART = re.compile(r"([0-9]*)(?:\.([0-9]*))?(ns|us|µs|μs|ms|s|m|h)")
_MAX_DAYS, _MAX_NANOSECONDS = 106751, 2**63 - 1


def _duration(text: str) -> timedelta:
    """Return a span from 0 on in whole milliseconds, whose text may begin with days: 30d, 1d12h, 90m, 1.5h."""
    days, found, rest = text.partition("d")
    total = Fraction(0)
    if found:
        if not re.fullmatch("[0-9]{1,10}", days) or int(days) > _MAX_DAYS:
            raise argparse.ArgumentTypeError(_NO_DURATION)
        total = Fraction(int(days) * 86400 * 10**9)
    else:
        rest = text
    if rest.startswith("+"):
        rest = rest[1:] or "+"
    if rest != "0" and (rest or not found):
        at = 0
        while at < len(rest) or not at:
            part = _PART.match(rest, at)
            if part is None or not (part[1] or part[2]) or len(part[0]) > 40:
                raise argparse.ArgumentTypeError(_NO_DURATION)
            total += Fraction(f"{part[1] or 0}.{part[2] or 0}") * _NANOSECONDS[part[3]]
            at = part.end()
    if total > _MAX_NANOSECONDS or total % 10**6:
        raise argparse.ArgumentTypeError(_NO_DURATION)
    return timedelta(milliseconds=int(total / 10**6))


_NO_DURATION = "not a duration such as 90s, 1h30m or 30d, in whole milliseconds"


def _ring(env: Environment, options: Any) -> Keyring:
    """Load the keys; where the input is on stdin, they cannot be there too."""
    if options.ring is None:
        text = env.variables.get(_RING_VARIABLE, "")
        if not text:
            raise _UsageError(f"no ring: say --ring FILE, or put a document into the variable {_RING_VARIABLE}")
        hint = ""
        if not text.lstrip(" \t\r\n").startswith("{"):
            hint = f"; {_RING_VARIABLE} holds the document itself, not a path; name a file with --ring FILE"
        return _parse(text.encode("utf-8", "surrogateescape"), _RING_VARIABLE, hint)
    if not options.ring:
        raise _UsageError("--ring: no file name")
    if _envelope.is_text(options.ring):
        raise _UsageError("--ring: this is a token")
    if options.ring != "-":
        return load_ring(options.ring).keyring()
    if _is_stdin(options.file):
        raise _UsageError("--ring - takes stdin; name the file of the input too")
    return _parse(env.stdin.read(MAX_SIZE + 1), "the ring on stdin")


def _parse(text: bytes, where: str, hint: str = "") -> Keyring:
    try:
        return parse_ring(text).keyring()
    except KeyringError as error:
        why = f"{where}: {error}{hint}"
    raise _Failure(why)


def _binding(options: Any) -> bytes | None:
    if options.bind is None:
        return None
    return _envelope.bind_parts(*(part.encode("utf-8") for part in options.bind))


# The commands.


def _seal(env: Environment, options: Any) -> None:
    bind, ring = _binding(options), _ring(env, options)
    sealer = Sealer(
        ring,
        options.purpose,
        ttl=options.ttl,
        never_expires=options.never_expires,
        encrypt=options.encrypt,
        content="msgpack" if options.msgpack else "raw" if options.raw else "json",
        deflate=options.deflate,
        now=env.now,
    )
    body = env.input(options.file, MAX_DECODED, f"the input has more than {MAX_DECODED} bytes")
    if not options.raw:
        body = body.strip(b" \t\r\n")  # JSON's white space, of which none need be sealed
    if options.msgpack:
        body = _msgpack.MsgPack().encode(_json.decode(body), MAX_DECODED)
    if options.binary:
        env.stdout.write(sealer.seal_binary(body, bind))
    else:
        env.line(sealer.seal(body, bind))


def _open(env: Environment, options: Any) -> None:
    bind, ring = _binding(options), _ring(env, options)
    if options.binary:
        sealed = env.input(options.file, MAX_ENVELOPE, "the input has more than 65,536 bytes")
    else:
        sealed = _trim_line(env.input(options.file, _MAX_TOKEN, "the input has more than 87,382 characters"))
    sealer = _opener(env, options, ring, sealed)
    try:
        body, info = sealer.open_binary(sealed, bind) if options.binary else sealer.open(_token(sealed), bind)
    except Refused:
        if options.suite:
            raise
        # Nothing else is ruled out.
        raise Refused(
            "the token is encrypted, and opening it needs the extra: pip install sealring[encryption]"
        ) from None
    env.stdout.write(_output(body, info, raw=options.raw))
    env.stdout.flush()
    if options.info:
        env.stderr.write(f"{_compact(_info_line(info))}\n".encode())


def _opener(env: Environment, options: Any, ring: Keyring, sealed: bytes) -> Sealer:
    """Return what accepts everything that was not ruled out.

    What it would seal is made the same as what the envelope says it is, so that stale is about the key alone: the
    command has no suite and content of its own.
    """
    names = {"1": "signed", "2": "encrypted"}
    asked = {names.get(suite, suite) for suite in options.suite or names.values()}
    if not options.suite and not _can_encrypt():
        asked.remove("encrypted")
    encrypt, content = "signed" not in asked, "json"
    try:
        unverified = inspect(sealed if options.binary else _token(sealed))
    except SealringError:
        pass
    else:
        content = unverified.content
        if len(asked) > 1:
            encrypt = unverified.suite == "encrypted"
    return Sealer(
        ring,
        options.purpose,
        never_expires=True,
        encrypt=encrypt,
        content=content,  # type: ignore[arg-type]  # a Content, or the default
        suites=sorted(asked),  # type: ignore[arg-type]  # Suites
        contents=list(CONTENTS),
        max_age=options.max_age,
        now=env.now,
        **({} if options.leeway is None else {"leeway": options.leeway}),
    )


def _can_encrypt() -> bool:
    try:
        _envelope.require_encryption()
    except ConfigError:
        return False
    return True


def _token(sealed: bytes) -> str:
    """Return a token of stdin or a file as text; what is not ASCII stays no token, and as long as it is."""
    return sealed.decode("ascii") if sealed.isascii() else sealed.decode("latin-1")


def _trim_line(text: bytes) -> bytes:
    """Cut off the one line feed, LF or CRLF, that a shell or an editor leaves behind a text."""
    if text.endswith(b"\r\n"):
        return text[:-2]
    return text.removesuffix(b"\n")


def _output(body: bytes, info: Info, *, raw: bool) -> bytes:
    """Return what stdout is to have of a body: text ends in a line feed, bytes stay as they are."""
    if raw or info.content == "raw":
        return body
    if info.content == "msgpack":
        body = _to_json(_msgpack.MsgPack().decode(body, _rfc3339)).encode("utf-8")
    return body + b"\n"


def _to_json(value: Any) -> str:
    """Return the JSON of a MessagePack value: keys keep their order, integers are exact, floats stay floats."""
    if is_dict(value):
        return "{" + ",".join(f"{_compact(key)}:{_to_json(member)}" for key, member in value.items()) + "}"
    if is_list(value):
        return "[" + ",".join(map(_to_json, value)) + "]"
    if isinstance(value, bytes):
        raise _Failure("the body holds MessagePack bin, bytes that JSON has no form for; write it as it is with --raw")
    return _float(value) if isinstance(value, float) else _compact(value)


def _float(value: float) -> str:
    """Return a number as the Go command writes it, which reads as a float again: with a point or an exponent."""
    sign, digits, exponent = "-" if repr(value).startswith("-") else "", *_digits(value)
    point = len(digits) + exponent  # where it stands, counted from the first digit
    if value and not -6 < point <= 21:
        mantissa = digits[0] + ("." + digits[1:] if digits[1:] else "")
        return f"{sign}{mantissa}e{point - 1:+03d}" if point > 0 else f"{sign}{mantissa}e{point - 1}"
    if exponent >= 0:
        return f"{sign}{digits}{'0' * exponent}.0"
    if point > 0:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    return f"{sign}0.{'0' * -point}{digits}"


def _digits(value: float) -> tuple[str, int]:
    """Return the shortest digits that tell a float from others, and the power of ten that they count."""
    mantissa, _, power = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    exponent = int(power or 0) - len(fraction)
    short = digits.rstrip("0") or "0"
    return short, 0 if short == "0" else exponent + len(digits) - len(short)


def _rfc3339(seconds: int, nanoseconds: int) -> str:
    fraction = f".{nanoseconds:09d}".rstrip("0") if nanoseconds else ""
    return _msgpack.to_datetime(seconds, 0).isoformat()[:19] + fraction + "Z"


def _info_line(info: Info) -> dict[str, Any]:
    return {
        "key_id": info.key_id,
        "suite": info.suite,
        "content": "messagepack" if info.content == "msgpack" else info.content,
        "deflated": info.deflated,
        "issued": _time.format_ms(_time.to_ms(info.issued)),
        "expires": None if info.expires is None else _time.format_ms(_time.to_ms(info.expires)),
        "stale": info.stale,
    }


def _inspect(env: Environment, options: Any) -> None:
    argument = not _is_stdin(options.token)
    if argument:
        sealed = options.token.encode("utf-8")
    else:
        sealed = env.input(None, _MAX_TOKEN, "the input has more than 87,382 characters")
    binary = sealed.startswith(b"\xb2")
    if not binary:
        sealed = _trim_line(sealed)
    try:
        info = inspect(sealed if binary else _token(sealed))
    except Malformed:
        if argument and not _envelope.is_text(options.token):
            raise Malformed("inspect takes the token itself; for a file say `sealring inspect < FILE`") from None
        raise
    size = len(sealed) if binary else len(sealed) * 3 // 4
    told = _info_line(info)
    del told["stale"]
    empty = _envelope.Header(1 if info.suite == "signed" else 2, 0, False, 0, 0, info.key_id)
    told = {
        "verified": False,
        "version": 1,
        "suite": told["suite"],
        "content": told["content"],
        "deflated": told["deflated"],
        "key_id": told["key_id"],
        "issued": told["issued"],
        "expires": told["expires"],
        "body_bytes": size - empty.size(0),
        "total_bytes": size,
        "text_characters": _text.text_size(size),
        "form": "binary" if binary else "text",
    }
    if env.json:
        env.tell(told)
    else:
        env.line(_inspection(env.now(), info, told))


def _inspection(now: int, info: Info, told: dict[str, Any]) -> str:
    whom = "everybody" if info.suite == "signed" else "only holders of the key"
    expires = "never, as far as the key lasts"
    if info.expires is not None:
        expires = f"{told['expires']} ({_relative(now, _time.to_ms(info.expires))})"
    return f"""\
NOTHING IS VERIFIED: anybody can write all of this. Only sealring open tells whether it is genuine.

version     1
suite       {info.suite} ({whom} can read the body)
content     {told["content"]}
compressed  {"yes" if info.deflated else "no"}
key ID      {info.key_id}
issued      {told["issued"]} ({_relative(now, _time.to_ms(info.issued))})
expires     {expires}
body        {told["body_bytes"]} bytes
total       {told["total_bytes"]} bytes, {told["text_characters"]} characters as text
form        {told["form"]}"""


_UNITS = (("year", 31556952), ("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))
"""What a span of time is told in, in seconds: the largest of which it has two."""


def _relative(now: int, then: int) -> str:
    span = then // 1000 - now // 1000
    for unit, seconds in _UNITS:
        if abs(span) >= 2 * seconds:
            count = f"{abs(span) // seconds} {unit}s"
            return f"in {count}" if span > 0 else f"{count} ago"
    return "just now"


def _keys_new(env: Environment, options: Any) -> None:
    _write_ring(env, options, generate_key().secret)


def _keys_import(env: Environment, options: Any) -> None:
    # On stdin because arguments are seen by every user of a machine and kept by shells.
    text = env.stdin.read(_MAX_SECRET_TEXT + 1).decode("latin-1").removesuffix("\n")
    _write_ring(env, options, _parse_secret(options.form, text))


def _parse_secret(form: str, text: str) -> Secret:
    """Read a secret in one of three forms; no error holds a character of the text."""
    if form == "srk1":
        if not text.startswith("srk1_"):
            raise _Failure(
                "a secret's text begins with srk1_; say --from hex or --from base64 for one that is written so"
            )
        return parse_secret(text)
    if form == "hex":
        if not re.fullmatch("[0-9a-fA-F]{64}", text):
            raise _Failure("the secret on stdin is not 64 hexadecimal digits, or something is around them")
        return Secret(bytes.fromhex(text))
    # Both alphabets of RFC 4648, one at a time, with padding where it belongs or none.
    if not {"-", "_"} & set(text):
        text = text.replace("+", "-").replace("/", "_")
    raw = b""
    with contextlib.suppress(Malformed):
        raw = _text.decode(text.removesuffix("="))
    if len(raw) != 32:
        raise _Failure("the secret on stdin is not 32 bytes in base64, or something is around it")
    return Secret(raw)


def _looks_secret(word: str) -> bool:
    for form in ("hex", "base64"):
        try:
            _parse_secret(form, word)
        except (_Failure, KeyringError):
            continue
        return True
    return False


def _write_ring(env: Environment, options: Any, secret: Secret) -> None:
    """Make the file of a document with one key and tell of it."""
    if options.file == "-":
        raise _UsageError("a new ring goes to a file, never to stdout")
    if _looks_secret(options.file):
        raise _UsageError("this is not a path but a secret itself; a secret comes on stdin")
    if options.id is not None and not valid_key_id(options.id):
        raise _UsageError("--id: a key ID is 1 to 32 of A-Z a-z 0-9 . _ - with a letter or digit in front")
    key = Key(secret, id=options.id or "")
    create_ring(options.file, RingDocument(1, (RingEntry(key, _time.from_ms(env.now()), options.comment),)))
    if env.json:
        env.tell({"file": options.file, "key_id": key.id, "generation": 1})
        return
    word = _shell_word(options.file)
    env.line(f"""\
Wrote {word}: a ring of one key, ID {key.id}, generation 1.
Whoever can read the file can make and open tokens: keep it as you keep a password. Next, for example:

  echo '{{"user_id":123}}' | python -m sealring seal --ring {word} --purpose session --ttl 1h
""")


def _shell_word(path: str) -> str:
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


def _check(env: Environment, options: Any) -> None:
    """Check vector files; the last line of stdout is the count, alone, whatever failed."""
    passed = failed = 0
    for file in options.files:
        data = _read(file, _MAX_VECTORS)
        if len(data) > _MAX_VECTORS:
            raise _Failure(f"{file}: more than {_MAX_VECTORS} bytes, so no vector file")

        def tell(name: str, differs: str, file: str = file) -> None:
            if env.json:
                env.tell({"file": file, "name": name, "differs": differs})
            else:
                env.line(f"{name}: {differs}")

        try:
            report = _vectors.check(data, tell)
        except _vectors.NotVectors as error:
            raise _Failure(f"{file}: {error}") from None
        if report.skipped and env.json:
            env.tell({"file": file, "kind": report.kind, "skipped": True})
        elif report.skipped:
            env.line(f"{file}: skipped, vectors of kind {report.kind} are not checked here")
        if report.suite_02 and env.json:
            env.tell({"file": file, "kind": report.kind, "skipped_cases": report.suite_02})
        elif report.suite_02:
            env.line(f"{file}: skipped {report.suite_02} cases of suite 02, for which the extra encryption is missing")
        passed += report.passed
        failed += report.failed
    if env.json:
        env.tell({"passed": passed, "failed": failed})
    else:
        env.line(f"{passed} passed, {failed} failed")
    if failed or not passed:
        raise _Shown("see the output")


def _version(env: Environment, options: Any) -> None:
    del options
    python = ".".join(map(str, sys.version_info[:3]))
    if env.json:
        env.tell({"version": __version__, "format": 1, "python": python})
    else:
        env.line(f"sealring {__version__}, envelope format 1, Python {python}")
