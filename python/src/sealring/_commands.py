"""What each command does, from parsed options on."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from . import __version__, _envelope, _json, _msgpack, _text, _time, _vectors
from ._codec import CONTENTS, MAX_DECODED, MAX_ENVELOPE, Info, Sealer, inspect
from ._errors import ConfigError, KeyringError, Malformed, Refused, SealringError
from ._keys import Key, Secret, generate_key, valid_key_id
from ._ring import MAX_SIZE, RingDocument, RingEntry, create_ring, load_ring, parse_ring
from ._terminal import (
    Environment,
    Failure,
    Shown,
    UsageError,
    compact,
    is_stdin,
    looks_secret,
    read_file,
    read_secret,
    shell_word,
)
from ._transcode import relative, rfc3339, to_json

if TYPE_CHECKING:
    from ._keyring import Keyring

RING_VARIABLE = "SEALRING_RING"
"""The environment variable that holds a ring document, where no file is named."""
_MAX_TOKEN = _text.text_size(MAX_ENVELOPE) + 2
"""Characters of the longest text with its line feed."""
_MAX_SECRET_TEXT = 256
"""More characters than a secret has in any form; what is longer need not be read to be refused."""
_MAX_VECTORS = 32 << 20
"""Bytes of a vector file: twenty times what the largest has."""


def _ring(env: Environment, options: Any) -> Keyring:
    """Load the keys; where the input is on stdin, they cannot be there too."""
    if options.ring is None:
        text = env.variables.get(RING_VARIABLE, "")
        if not text:
            raise UsageError(f"no ring: say --ring FILE, or put a document into the variable {RING_VARIABLE}")
        hint = ""
        if not text.lstrip(" \t\r\n").startswith("{"):
            hint = f"; {RING_VARIABLE} holds the document itself, not a path; name a file with --ring FILE"
        return _parse(text.encode("utf-8", "surrogateescape"), RING_VARIABLE, hint)
    if not options.ring:
        raise UsageError("--ring: no file name")
    if _envelope.is_text(options.ring):
        raise UsageError("--ring: this is a token")
    if options.ring != "-":
        return load_ring(options.ring).keyring()
    if is_stdin(options.file):
        raise UsageError("--ring - takes stdin; name the file of the input too")
    return _parse(env.read(MAX_SIZE), "the ring on stdin")


def _parse(text: bytes, where: str, hint: str = "") -> Keyring:
    try:
        return parse_ring(text).keyring()
    except KeyringError as error:
        why = f"{where}: {error}{hint}"
    raise Failure(why)


def _binding(options: Any) -> bytes | None:
    if options.bind is None:
        return None
    return _envelope.bind_parts(*(part.encode("utf-8") for part in options.bind))


def seal_command(env: Environment, options: Any) -> None:
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
        env.write(sealer.seal_binary(body, bind))
    else:
        env.line(sealer.seal(body, bind))


def open_command(env: Environment, options: Any) -> None:
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
            'the token is encrypted, and opening it needs the extra: pip install "sealring[encryption]"'
        ) from None
    env.write(_output(body, info, raw=options.raw))
    env.flush()
    if options.info:
        env.stderr.write(f"{compact(_info_line(info))}\n".encode())


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
        body = to_json(_msgpack.MsgPack().decode(body, rfc3339)).encode("utf-8")
    return body + b"\n"


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


def inspect_command(env: Environment, options: Any) -> None:
    argument = not is_stdin(options.token)
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
            raise Malformed(
                "not a sealring token, which begins with sr1_; inspect takes the token itself, "
                "for a file say `python -m sealring inspect < FILE`"
            ) from None
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
        expires = f"{told['expires']} ({relative(now, _time.to_ms(info.expires))})"
    return f"""\
NOTHING IS VERIFIED: anybody can write all of this. Only python -m sealring open tells whether it is genuine.

version     1
suite       {info.suite} ({whom} can read the body)
content     {told["content"]}
compressed  {"yes" if info.deflated else "no"}
key ID      {info.key_id}
issued      {told["issued"]} ({relative(now, _time.to_ms(info.issued))})
expires     {expires}
body        {told["body_bytes"]} bytes
total       {told["total_bytes"]} bytes, {told["text_characters"]} characters as text
form        {told["form"]}"""


def keys_new_command(env: Environment, options: Any) -> None:
    _write_ring(env, options, generate_key().secret)


def keys_import_command(env: Environment, options: Any) -> None:
    # On stdin because arguments are seen by every user of a machine and kept by shells.
    text = env.read(_MAX_SECRET_TEXT).decode("latin-1").removesuffix("\n")
    _write_ring(env, options, read_secret(options.form, text))


def _write_ring(env: Environment, options: Any, secret: Secret) -> None:
    """Make the file of a document with one key and tell of it."""
    if options.file == "-":
        raise UsageError("a new ring goes to a file, never to stdout")
    if looks_secret(options.file):
        raise UsageError("this is not a path but a secret itself; a secret comes on stdin")
    if options.id is not None and not valid_key_id(options.id):
        raise UsageError("--id: a key ID is 1 to 32 of A-Z a-z 0-9 . _ - with a letter or digit in front")
    key = Key(secret, id=options.id or "")
    create_ring(options.file, RingDocument(1, (RingEntry(key, _time.from_ms(env.now()), options.comment),)))
    if env.json:
        env.tell({"file": options.file, "key_id": key.id, "generation": 1})
        return
    word = shell_word(options.file)
    env.line(f"""\
Wrote {word}: a ring of one key, ID {key.id}, generation 1.
Whoever can read the file can make and open tokens: keep it as you keep a password. Next, for example:

  echo '{{"user_id":123}}' | python -m sealring seal --ring {word} --purpose session --ttl 1h
""")


def check_command(env: Environment, options: Any) -> None:
    """Check vector files; the last line of stdout is the count, alone, whatever failed."""
    passed = failed = 0
    for file in options.files:
        data = read_file(file, _MAX_VECTORS)
        if len(data) > _MAX_VECTORS:
            raise Failure(f"{file}: more than {_MAX_VECTORS} bytes, so no vector file")

        def tell(name: str, differs: str, file: str = file) -> None:
            if env.json:
                env.tell({"file": file, "name": name, "differs": differs})
            else:
                env.line(f"{name}: {differs}")

        try:
            report = _vectors.check(data, tell)
        except _vectors.NotVectors as error:
            raise Failure(f"{file}: {error}") from None
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
        raise Shown("see the output")


def version_command(env: Environment, options: Any) -> None:
    del options
    python = ".".join(map(str, sys.version_info[:3]))
    if env.json:
        env.tell({"version": __version__, "format": 1, "python": python})
    else:
        env.line(f"sealring {__version__}, envelope format 1, Python {python}")
