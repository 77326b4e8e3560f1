"""The command: options, exit codes, output; and what holds of the whole package in a process of its own."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import ISSUED, OTHER, ROOT, VECTORS

from sealring import _cli, _terminal, _transcode

RING = f'{{"version":1,"generation":1,"keys":[{{"id":"a","secret":"{OTHER}","created":"2026-01-01T00:00:00.000Z"}}]}}'
HEX = "1f32a1eca667c0469f01197fbd320df0968be372dd5b04d52fc15db975f937c7"
BODY = b'{"user_id":123}\n'


class Ran:
    """What came of a command line."""

    def __init__(self, code: int, out: bytes, err: bytes) -> None:
        self.code, self.out, self.err = code, out, err.decode()


def run(*args: str, stdin: bytes = b"", ring: str | None = RING, now: int = ISSUED) -> Ran:
    out, err = io.BytesIO(), io.BytesIO()
    variables = {} if ring is None else {"SEALRING_RING": ring}
    env = _terminal.Environment(io.BytesIO(stdin), out, err, variables, lambda: now)
    code = _cli.run(env, args)
    ran = Ran(code, out.getvalue(), err.getvalue())
    if code:
        assert ran.err.count("\n") <= 1
        if "vectors" not in args:
            assert ran.out == b""
    for text in (ran.err, ran.out.decode("latin-1")):
        assert "HzKh7KZn" not in text
        assert HEX[:16] not in text
    return ran


def seal(*args: str, body: bytes = BODY, now: int = ISSUED) -> bytes:
    lifetime = [] if "--ttl" in args else ["--never-expires"]
    ran = run("seal", "--purpose", "session", *lifetime, *args, stdin=body, now=now)
    assert (ran.code, ran.err) == (0, "")
    return ran.out


def opened(token: bytes, *args: str, **options: Any) -> Ran:
    return run("open", "--purpose", "session", *args, stdin=token, **options)


def test_forms() -> None:
    token = seal()
    assert re.fullmatch(rb"sr1_[\w-]+\n", token)
    assert opened(token).out == BODY
    assert opened(token.replace(b"\n", b"\r\n")).out == BODY
    assert opened(token + b"\n").code == 11
    assert seal(body=b" \n" + BODY + b"\t") == token
    binary = seal("--binary")
    assert len(binary) == 66
    assert opened(binary, "--binary").out == BODY
    assert (opened(binary).code, opened(token, "--binary").code) == (11, 11)
    assert opened(seal("--raw", body=b" \n"), "--info").out == b" \n"
    assert opened(seal("--encrypt", "--bind", " clé ", "--bind=--x"), "--bind", " clé ", "--bind=--x").out == BODY


def test_messagepack_is_json_outside() -> None:
    numbers = (
        '{"z": 1.0, "i": 9007199254740993, "u": 18446744073709551615, "é": "<&>\u2028", "a": [-0.0, 1e21, null, true]}'
    )
    got = opened(seal("--msgpack", body=numbers.encode()), "--info")
    sorted_ = '{"a":[-0.0,1e+21,null,true],"i":9007199254740993,"u":18446744073709551615,"z":1.0,"é":"<&>\\u2028"}\n'
    assert got.out.decode() == sorted_
    assert got.err == (
        '{"key_id":"a","suite":"signed","content":"messagepack","deflated":false,'
        '"issued":"2026-01-01T00:00:00.000Z","expires":null,"stale":false}\n'
    )
    ran = run("seal", "--purpose", "session", "--never-expires", "--msgpack", stdin=b"[18446744073709551616]")
    assert ran.code == 19
    assert "MessagePack has no integer" in ran.err
    with_time = b"sr1_AQIBAZt22qgAAAAAAAAAYYKhegeiYXTW_2lVuQDB7xuGa3mifO4mDD6uEr0DwDwHA2K9Y9zxPdxKFLym_w"
    assert opened(with_time).out == b'{"z":7,"at":"2026-01-01T00:00:00Z"}\n'
    with_bytes = b"sr1_AQIBAZt22qgAAAAAAAAAYYKiaWTEAmhpomF01v9pVbkApYs2LaAsir9HEjmsbVNDGnaTem-avjh1Na4KwjZooi4"
    assert opened(with_bytes).code == 1
    assert "write it as it is with --raw" in opened(with_bytes).err
    assert len(opened(with_bytes, "--raw").out) == 17


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.0"), (-0.0, "-0.0"), (1.0, "1.0"), (1.5, "1.5"), (1e20, "100000000000000000000.0"), (1e21, "1e+21"),
        (1.25e100, "1.25e+100"), (1e-6, "0.000001"), (1e-7, "1e-7"), (1.5e-9, "1.5e-9"), (5e-324, "5e-324"),
        (123456789.125, "123456789.125"), (1e16, "10000000000000000.0"), (-0.001, "-0.001"), (1e-10, "1e-10"),
    ],
)  # fmt: skip
def test_floats_are_written_as_go_does(value: float, text: str) -> None:
    assert _transcode._float(value) == text
    assert float(text) == value


def test_exit_codes(tmp_path: Path) -> None:
    token = seal("--ttl", "1h")
    twice = b"sr1_AQEBAZt22qgAAAAAAAAAYXsiYSI6MSwiYSI6Mn1QTVArLxXYUkaH8NFBQ_yBrzcUgaB9MXYmKEla7gN4OQ"
    for code, name, ran in (
        (10, "too_large", opened(b"A" * 87385)),
        (11, "malformed", opened(BODY)),
        (12, "unsupported_version", opened(b"sr2" + twice[3:])),
        (13, "unsupported", opened(b"sr1_BwEB" + twice[8:])),
        (14, "refused", opened(token, "--suite", "encrypted")),
        (15, "unknown_key", opened(token, ring=RING.replace('"id":"a"', '"id":"b"'))),
        (16, "bad_signature", opened(token, "--bind", "x")),
        (17, "not_yet_valid", opened(token, now=ISSUED - 10001)),
        (18, "expired", opened(token, now=ISSUED + 3600000)),
        (19, "bad_payload", opened(twice)),
        (1, "failure", opened(b"", str(tmp_path / "no-such-file"))),
        (2, "usage", opened(token, "--bind=")),
        (2, "usage", opened(token, "--no-such-flag")),
        (2, "usage", opened(token, ring=None)),
    ):
        assert (name, ran.code) == (name, code)
        assert ran.err.startswith("sealring: ")
    ran = run("--json", "open", "--purpose", "session", stdin=twice)
    assert json.loads(ran.err)["exit"] == 19
    assert json.loads(run("open", "--json").err) == {
        "error": "the following arguments are required: --purpose", "class": "usage", "exit": 2,
    }  # fmt: skip


@pytest.mark.parametrize(
    "args",
    [
        [], ["nonsense"], ["keys"], ["keys", "new"], ["keys", "new", "-"], ["keys", "new", "r", "--force"], ["vectors"],
        ["keys", "new", "r", "--id", "a/b"], ["keys", "import", "r"], ["keys", "import", "r", "--from", "pem"],
        ["keys", "new", HEX], ["keys", "import", "r", "--from", "hex", HEX], ["--" + HEX], ["version", OTHER],
        ["seal", "--ttl", "1h"], ["seal", "--purpose", "s"], ["seal", "--purpose", "s", "--ttl", "1h", "--never-expires"],
        ["seal", "--purpose", "s", "--ttl", OTHER], ["seal", "--purpose", "é", "--ttl", "1h"], ["inspect", "a", "b"],
        ["seal", "--purpose", "s", "--ttl", "1h", "--deflate", "--encrypt"], ["seal", "--purp", "s", "--ttl", "1h"],
        ["seal", "--purpose", "s", "--ttl", "1h", "--raw", "--msgpack"], ["open", "--purpose", "s", "--suite", OTHER],
        ["open", "--purpose", "s", "--suite="], ["open", "--purpose", "s", "--ring", "-"], ["vectors", "check"],
        ["open", "--purpose", "s", "--ring="], ["open", "--purpose", "s", "sr1_AQEIAZt22qgAAZt3EZaAejdkYm92NHo"],
        ["open", "--purpose", "s", "--ring", "sr1_AQEI"], ["open", "--purpose", "s", "--bind", "\udcff"],
        ["seal", "--purpose", "s", "--ttl", "0s"],
    ],
)  # fmt: skip
def test_usage(args: list[str]) -> None:
    ran = run(*args, stdin=BODY)
    assert ran.code == 2
    assert ran.err.startswith("sealring: ")
    assert "sr1_" not in ran.err
    assert json.loads(run("--json", *args, stdin=BODY).err)["class"] == "usage"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("1h30m", 5400),
        ("30d", 2592000),
        ("1d12h", 129600),
        ("1ms", 0.001),
        ("1.5h", 5400),
        (".5s", 0.5),
        ("2d0", 172800),
    ],
)
def test_durations(text: str, seconds: float) -> None:
    assert _transcode.duration(text).total_seconds() == seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1x",
        "60",
        "12h1d",
        "-1h",
        "1500us",
        "1h1ns",
        "200000d",
        "d",
        ".s",
        "1 h",
        "s",
        "+",
        "9" * 30 + "h",
        "1d-1h",
        "١h",
    ],
)
def test_what_is_no_duration(text: str) -> None:
    assert run("seal", "--purpose", "s", f"--ttl={text}", stdin=BODY).code == 2


def test_rings(tmp_path: Path) -> None:
    file = tmp_path / "ring.json"
    token = tmp_path / "token"
    token.write_bytes(seal())
    ran = run(
        "keys", "import", str(file), "--from", "hex", "--comment", "the <first> one", "--id", "a", stdin=HEX.encode()
    )
    assert (ran.code, ran.err) == (0, "")
    assert b"ID a, generation 1." in ran.out
    assert '"comment": "the <first> one"' in file.read_text()
    assert opened(token.read_bytes(), "--ring", str(file), ring=None).out == BODY
    assert opened(file.read_bytes(), "--ring", "-", str(token), ring=None).out == BODY
    before = file.read_bytes()
    assert run("keys", "new", str(file)).code == 1
    assert file.read_bytes() == before
    file.chmod(0o640)
    assert "mode 0640 lets others" in opened(b"", "--ring", str(file)).err
    for ring, why in (
        ("ring.json", "SEALRING_RING holds the document itself, not a path"),
        ('  {"version": 1', "SEALRING_RING: keyring refused: line 1"),
        (OTHER, "not a path"),
        (RING.replace(OTHER, HEX), "a secret's text begins with srk1_"),
    ):
        ran = opened(b"", ring=ring)
        assert ran.code == 1
        assert why in ran.err
    assert "not a path" in opened(b"", "--ring", OTHER).err
    assert "make it with `python -m sealring keys new`" in opened(b"", "--ring", str(tmp_path / "x")).err


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("srk1", OTHER),
        ("hex", HEX),
        ("hex", HEX.upper()),
        ("base64", "HzKh7KZnwEafARl/vTIN8JaL43LdWwTVL8FduXX5N8c="),
        ("base64", OTHER[5:]),
    ],
)
def test_one_secret_is_one_key_however_it_is_written(tmp_path: Path, form: str, text: str) -> None:
    ran = run("--json", "keys", "import", str(tmp_path / "r"), "--from", form, stdin=text.encode() + b"\n")
    assert json.loads(ran.out)["key_id"] == "vlh7vn3l"


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("srk1", HEX), ("srk1", OTHER + "\n"), ("hex", OTHER), ("hex", "secret: " + HEX), ("hex", "42" * 32), ("hex", HEX + "00"),
        ("hex", HEX[:2] + " " + HEX[2:]), ("base64", HEX), ("base64", OTHER[5:] + "=="), ("base64", OTHER[5:-1] + "9"), ("hex", ""),
        ("base64", "HzKh7KZnwEafARl/vTIN8JaL43LdWwTVL8FduXX5N-_"),
    ],
)  # fmt: skip
def test_what_is_no_secret_makes_no_file(tmp_path: Path, form: str, text: str) -> None:
    assert run("keys", "import", str(tmp_path / "r"), "--from", form, stdin=text.encode() + b"\n").code == 1
    assert not (tmp_path / "r").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")
@pytest.mark.parametrize("name", ["$(touch pwned) it's.json", "-x.json", "a\nb\x01é.json", "plain.json"])
def test_what_keys_new_says_to_do_next_works(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    told = run("keys", "new", "--", name).out.decode()
    line = next(line for line in told.splitlines() if line.startswith("  echo"))
    line = line.replace("python -m", f"'{sys.executable}' -m")
    done = subprocess.run(["bash", "-c", line], capture_output=True, check=False, env=environment())
    assert done.stdout.startswith(b"sr1_"), done.stderr
    assert not (tmp_path / "pwned").exists()


def test_inspect() -> None:
    token = seal("--ttl", "1h")
    ran = run("inspect", stdin=token, ring=None, now=ISSUED + 1800000)
    assert ran.out.decode() == (
        "NOTHING IS VERIFIED: anybody can write all of this. Only python -m sealring open tells whether it is genuine.\n\n"
        "version     1\nsuite       signed (everybody can read the body)\ncontent     json\ncompressed  no\n"
        "key ID      a\nissued      2026-01-01T00:00:00.000Z (30 minutes ago)\n"
        "expires     2026-01-01T01:00:00.000Z (in 30 minutes)\nbody        15 bytes\n"
        "total       66 bytes, 88 characters as text\nform        text\n"
    )
    told = run("--json", "inspect", token.decode().strip(), ring=None).out
    assert told == (
        b'{"verified":false,"version":1,"suite":"signed","content":"json","deflated":false,"key_id":"a",'
        b'"issued":"2026-01-01T00:00:00.000Z","expires":"2026-01-01T01:00:00.000Z","body_bytes":15,"total_bytes":66,'
        b'"text_characters":88,"form":"text"}\n'
    )
    assert run("inspect", stdin=seal("--binary")).out.endswith(b"form        binary\n")
    assert run("inspect", stdin=b"").code == 11
    assert run("inspect", "token").err == (
        "sealring: malformed: not a sealring token, which begins with sr1_; inspect takes the token itself, "
        "for a file say `python -m sealring inspect < FILE`\n"
    )


def test_messages_are_those_of_the_command() -> None:
    """What the Go command says, and Python's own way to call it."""
    lifetime = "let --ttl be more than 0, or say --never-expires where tokens are to last as long as their key"
    for ttl in ("0", "0s"):
        ran = run("seal", "--purpose", "session", "--ttl", ttl, stdin=BODY)
        assert ran.err == f"sealring: configuration refused: {lifetime}\n"
    assert opened(seal(), "--max-age", "1s", now=ISSUED + 1001).err == "sealring: expired\n"
    for text in (b"", b"eyJhIjoxfQ.Zm9v.YmFy\n", BODY, b"\xe9"):
        for ran in (opened(text), run("inspect", stdin=text)):
            assert ran.err == "sealring: malformed: not a sealring token, which begins with sr1_\n"
    for file in (ROOT / "python" / "src").rglob("*.py"):
        assert not re.search("(?<!python -m )sealring (keys|seal|open|inspect|vectors)", file.read_text()), file


def test_usage_says_how_the_command_is_called() -> None:
    for args in ([], ["keys"], ["keys", "new"], ["seal"]):
        usage = " ".join(["usage: python -m sealring", *args])
        assert python("-m", "sealring", *args, "--help").startswith(usage)


def test_help_is_no_failure() -> None:
    for args in (["--help"], ["seal", "--help"], ["version"], ["--json", "version"]):
        out = subprocess.run(
            [sys.executable, "-m", "sealring", *args], capture_output=True, check=True, env=environment()
        )
        assert out.stdout
        assert not out.stderr


def test_vectors(tmp_path: Path) -> None:
    cases = [{"name": "b", "document": "{}", "error": "refused", "why": "x"}]
    wrong = {"name": "<a>", "document": "{}", "expect": {"ids": [], "primary_at": {}}}
    files: dict[str, Any] = {
        "right": {"schema": "sealring/vectors/1", "kind": "ring", "made_with": "hand", "cases": cases},
        "differs": {"schema": "sealring/vectors/1", "kind": "ring", "cases": [wrong, *cases]},
        "flask": {"schema": "sealring/vectors/1", "kind": "flask", "cases": [{}]},
        "none": {"schema": "sealring/vectors/1", "kind": "ring", "cases": []},
        "kind": {"schema": "sealring/vectors/1", "kind": "pickle", "cases": []},
        "key": {"schema": "sealring/vectors/1", "kind": "ring", "cases": [{**cases[0], "tokn": 1}]},
    }
    at = {name: str(tmp_path / f"{name}.json") for name in [*files, "missing"]}
    for name, file in files.items():
        Path(at[name]).write_text(json.dumps(file))

    def check(*names: str, json: bool = False) -> Ran:
        return run(*["--json"] * json, "vectors", "check", *(at[name] for name in names), ring=None)

    ran = check("differs", "flask")
    assert ran.code == 1
    assert ran.out.decode() == (
        "<a>: refused: sealring: keyring refused: line 1, column 1: a document needs the field version\n"
        f"{at['flask']}: skipped, vectors of kind flask are not checked here\n1 passed, 1 failed\n"
    )
    assert json.loads(check("differs", json=True).out.splitlines()[-1]) == {"passed": 1, "failed": 1}
    assert (check("right").code, check("right", "flask").code) == (0, 0)
    assert (check("none").code, check("flask").code) == (1, 1)
    for name, why in (
        ("missing", "missing.json: No such file"),
        ("kind", 'unknown kind "pickle"'),
        ("key", 'case 0 "b": unknown'),
    ):
        assert check("right", name).code == 1
        assert why in check(name).err


# Processes of their own.


def environment(**variables: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT / "python" / "src"), "PYTHONWARNINGS": "error", **variables}


def python(*args: str, code: int = 0) -> str:
    done = subprocess.run([sys.executable, *args], capture_output=True, text=True, check=False, env=environment())
    assert (done.returncode, done.stderr) == (code, "")
    return done.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_output_that_cannot_be_written(unbuffered: str) -> None:
    """One line, and the code of a failure: not a traceback, nor the 120 of an interpreter that cannot flush."""
    token = seal()
    for args in (["version"], ["--json", "version"], ["seal", "--purpose", "s", "--never-expires"],
                 ["open", "--purpose", "session"]):  # fmt: skip
        with open("/dev/full", "wb") as full:
            done = subprocess.run(
                [sys.executable, "-m", "sealring", *args], input=token if "open" in args else BODY, stdout=full,
                stderr=subprocess.PIPE, check=False, env=environment(SEALRING_RING=RING, PYTHONUNBUFFERED=unbuffered),
            )  # fmt: skip
        error = "stdout: No space left on device"
        line = f'{{"error":"{error}","class":"failure","exit":1}}' if "--json" in args else f"sealring: {error}"
        assert (done.returncode, done.stderr.decode()) == (1, f"{line}\n")


@pytest.mark.parametrize(
    ("args", "unbuffered"),
    [(["version"], ""), (["version"], "1"), (["--json", "version"], ""), (["--help"], ""), (["seal", "--help"], "")],
)
def test_nobody_reads_on(args: list[str], unbuffered: str) -> None:
    """It ends without a word, as other commands in front of head do."""
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "sealring", *args], stdout=write, stderr=subprocess.PIPE, check=False,
        env=environment(PYTHONUNBUFFERED=unbuffered),
    )  # fmt: skip
    os.close(write)
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")
@pytest.mark.parametrize(
    ("command", "code"),
    [("version >&-", 0), ("version 2>&-", 0), ("inspect <&-", 11), ("inspect <&- 2>&-", 11), ("nonsense 2>&- >&-", 2)],
)
def test_streams_that_are_closed(command: str, code: int) -> None:
    done = subprocess.run(
        ["bash", "-c", f"exec '{sys.executable}' -m sealring {command}"], capture_output=True, check=False,
        env=environment(),
    )  # fmt: skip
    assert done.returncode == code
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("optimize", [[], ["-O"], ["-OO"]])
def test_verdicts_do_not_depend_on_assert(optimize: list[str]) -> None:
    files = [str(VECTORS / f"{kind}.json") for kind in ("envelope", "ring")]
    out = python(*optimize, "-m", "sealring", "vectors", "check", *files)
    passed = re.fullmatch(r"(\d+) passed, 0 failed\n", out)
    assert passed is not None
    assert int(passed[1]) >= 1300


def test_the_source_has_no_assert() -> None:
    for file in (ROOT / "python" / "src").rglob("*.py"):
        assert not re.search(r"^\s*assert\b", file.read_text(), re.MULTILINE), file


WITHOUT = """
import sys
sys.modules["nacl"] = sys.modules["nacl.bindings"] = sys.modules["msgpack"] = None
"""


def test_missing_extras_are_named_where_a_codec_is_made() -> None:
    out = python(
        "-c",
        WITHOUT
        + """
from datetime import timedelta
import sealring
ring = sealring.Keyring(sealring.generate_key())
for options in ({"encrypt": True}, {"suites": ["signed", "encrypted"]}, {"content": "msgpack"}, {"contents": ["json", "msgpack"]}):
    try:
        sealring.Codec(ring, "session", ttl=timedelta(hours=1), **options)
    except sealring.ConfigError as error:
        print(error)
codec = sealring.Codec(ring, "session", ttl=timedelta(hours=1))
print(codec.open(codec.seal({"a": 1})))
sealer = sealring.Sealer(ring, "session", ttl=timedelta(hours=1), content="msgpack")
print(sealer.open(sealer.seal(b"\\x01"))[0])
""",
    )
    encryption = 'configuration refused: suite 02 needs PyNaCl 1.5 or later: pip install "sealring[encryption]"\n'
    msgpack = 'configuration refused: MessagePack needs msgpack 1.0 or later: pip install "sealring[msgpack]"\n'
    assert out == encryption * 2 + msgpack * 2 + "{'a': 1}\nb'\\x01'\n"


@pytest.mark.parametrize("name", ["flask", "starlette"])
def test_missing_frameworks_are_named(name: str) -> None:
    code = f"import sys\nsys.modules[{name!r}] = None\ntry:\n import sealring.{name}\nexcept ImportError as e: print(e)"
    assert python("-c", code) == (f'sealring.{name} needs {name.capitalize()}: pip install "sealring[{name}]"\n')


def test_vectors_of_suite_02_are_skipped_without_it() -> None:
    file = str(VECTORS / "envelope.json")
    code = WITHOUT + f'from sealring._cli import main\nsys.exit(main(["vectors", "check", {file!r}]))'
    out = re.fullmatch(
        r".*: skipped (\d+) cases of suite 02, for which the extra encryption is missing\n(\d+) passed, 0 failed\n",
        python("-c", code),
    )
    assert out is not None
    assert int(out[1]) + int(out[2]) == len(json.loads((VECTORS / "envelope.json").read_bytes())["cases"])
    assert int(out[2]) > 700


def test_the_command_without_the_extra() -> None:
    """What is encrypted is refused and says why, what is signed opens."""
    for args, token, code in (
        ([], seal("--encrypt"), 14),
        (["--suite", "encrypted"], seal("--encrypt"), 2),
        ([], seal(), 0),
    ):
        command = ["open", "--purpose", "session", *args]
        done = subprocess.run(
            [sys.executable, "-c", WITHOUT + f"from sealring._cli import main\nsys.exit(main({command!r}))"],
            input=token, capture_output=True, check=False, env=environment(SEALRING_RING=RING),
        )  # fmt: skip
        assert done.returncode == code
        assert (done.stdout == BODY) == (code == 0)
        assert (b'pip install "sealring[encryption]"' in done.stderr) == (code != 0)


def test_the_readme_example(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """What the README says its example prints it prints, with the key and the time of the specification."""
    from conftest import SECRET

    import sealring
    from sealring import _codec

    text = (ROOT / "python" / "README.md").read_text()
    assert text.count("\n") <= 60
    example = text.split("```python\n")[1].split("```")[0]
    monkeypatch.setattr(sealring, "generate_key", lambda: sealring.Key(sealring.parse_secret(SECRET)))
    monkeypatch.setattr(_codec, "_now", lambda: ISSUED)
    exec(compile(example, "README.md", "exec"), {})
    printed = "".join(f"    {line}\n" for line in capsys.readouterr().out.splitlines())
    assert printed in text
