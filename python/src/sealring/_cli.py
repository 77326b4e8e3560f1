"""The command: the same options, exit codes and output as the Go command `sealring`.

No secret is ever an argument or in an output.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn, TextIO

from . import _commands
from ._commands import RING_VARIABLE
from ._errors import SealringError
from ._payload import is_unicode
from ._terminal import OK, STDOUT, Environment, Failure, UsageError, report
from ._transcode import duration

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_DESCRIPTION = """\
Signed and encrypted tokens that carry a key ID, so that keys rotate without logging anybody out.

Exit codes: 0 ok, 1 failure, 2 usage, and as a token fails to open: 10 too_large, 11 malformed, 12 unsupported_version,
13 unsupported, 14 refused, 15 unknown_key, 16 bad_signature, 17 not_yet_valid, 18 expired, 19 bad_payload."""


class _Parser(argparse.ArgumentParser):
    """Raises in place of exiting."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, parsed=False)


def main(args: Sequence[str]) -> int:
    """Execute a command line in the process as it is and return the exit code."""
    env = Environment(_bytes(sys.stdin), _bytes(sys.stdout), _bytes(sys.stderr), os.environ)
    code = run(env, args)
    try:
        (sys.stdout or env.stdout).flush()  # the former too: --help is written as text
    except OSError as error:
        error.filename = STDOUT
        if code == OK:
            code = report(env, error)
        # What is left would be tried again when the interpreter ends, and its failure told in its own way.
        os.dup2(os.open(os.devnull, os.O_WRONLY), env.stdout.fileno())
    return code


def _bytes(stream: TextIO | None) -> BinaryIO:
    """Return a standard stream, an empty one where it is closed."""
    return io.BytesIO() if stream is None else stream.buffer


def run(env: Environment, args: Sequence[str]) -> int:
    """Execute one command line and return the exit code."""
    env.json = "--json" in args  # where parsing fails the flag may not have been reached
    try:
        # Python puts surrogates for bytes that are not UTF-8; two bindings must not become one.
        if not all(map(is_unicode, args)):
            raise UsageError("an argument is not UTF-8")
        options = _parser().parse_args(list(args))
        env.json = getattr(options, "json", False)
        options.run(env, options)
    except SystemExit:
        return OK  # --help
    except (SealringError, UsageError, Failure, OSError) as error:
        return report(env, error)
    return OK


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
        prog="python -m sealring",
        description=_DESCRIPTION,
        allow_abbrev=False,
        parents=[common],
        formatter_class=formatter,
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
    new = command(keys, "new", _commands.keys_new_command, "write a new ring document with one fresh key")
    imported = command(
        keys, "import", _commands.keys_import_command, "write a new ring document with the secret that is on stdin"
    )
    imported.add_argument("--from", dest="form", required=True, choices=["srk1", "hex", "base64"])
    for made in (new, imported):
        made.add_argument("file", metavar="FILE", help="the file to write; it must not exist")
        made.add_argument("--id", help="a name for the key in place of the one that follows from its secret")
        made.add_argument("--comment", default="", help="a comment for people, kept beside the key")

    seal = command(commands, "seal", _commands.seal_command, "seal what is on stdin or in FILE")
    _add_keys(seal)
    lifetime = seal.add_mutually_exclusive_group(required=True)
    lifetime.add_argument("--ttl", type=duration, help="how long the token is good for, such as 1h or 30d")
    lifetime.add_argument("--never-expires", action="store_true", help="the token is good as long as its key")
    protection = seal.add_mutually_exclusive_group()
    protection.add_argument("--encrypt", action="store_true", help="encrypt; otherwise everybody can read the body")
    protection.add_argument("--deflate", action="store_true", help="compress where that makes it shorter")
    content = seal.add_mutually_exclusive_group()
    content.add_argument("--msgpack", action="store_true", help="read JSON and seal it as MessagePack")
    content.add_argument("--raw", action="store_true", help="seal the bytes as they are; otherwise they are JSON")
    seal.add_argument("--binary", action="store_true", help="write the binary form, without a line feed")
    seal.add_argument("file", metavar="FILE", nargs="?", help="the body, in place of stdin")

    opens = command(commands, "open", _commands.open_command, "open a token and write its body")
    _add_keys(opens)
    opens.add_argument("--max-age", type=duration, help="how old the token may be, whatever its expiry")
    opens.add_argument("--leeway", type=duration, help="how far in the future it may have been issued; 10s unless set")
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

    looks = command(
        commands,
        "inspect",
        _commands.inspect_command,
        "show what a token says about itself, without a key and unverified",
    )
    looks.add_argument("token", metavar="TOKEN", nargs="?", help="the token, in place of stdin")

    vectors = command(commands, "vectors", None, "hold this implementation against vector files").add_subparsers(
        title="commands", required=True, dest="vectors_command", metavar="COMMAND"
    )
    check = command(vectors, "check", _commands.check_command, "check vector files and print each case that differs")
    check.add_argument("files", metavar="FILE", nargs="+", help="vector files, of the schema sealring/vectors/1")
    command(commands, "version", _commands.version_command, "say which version this is")
    return parser


def _add_keys(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--ring",
        metavar="FILE",
        help=f"the ring document; - for stdin. Without it, the variable {RING_VARIABLE} holds one",
    )
    parser.add_argument("--purpose", required=True, help="what the token is for, such as session")
    parser.add_argument(
        "--bind",
        metavar="PART",
        action="append",
        help="bind to a part that is not in the token, such as a session ID; repeatable",
    )
