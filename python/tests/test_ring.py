"""Ring documents and their files."""

from __future__ import annotations

import os
import stat
import sys
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest
from conftest import OTHER, SECRET, THIRD

from sealring import (
    Key,
    KeyringError,
    RingDocument,
    RingEntry,
    WrongType,
    create_ring,
    encode_ring,
    generate_key,
    load_ring,
    parse_ring,
    parse_secret,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CREATED = datetime(2026, 1, 1, tzinfo=timezone.utc)
LATER = datetime(2026, 5, 1, tzinfo=timezone.utc)
NAIVE = datetime(2026, 1, 1)  # noqa: DTZ001
TEXT = f"""{{
  "version": 1,
  "generation": 7,
  "keys": [
    {{
      "id": "a",
      "secret": "{OTHER}",
      "created": "2026-01-01T00:00:00.000Z",
      "open_until": "2026-05-01T00:00:00.000Z"
    }},
    {{
      "id": "b",
      "secret": "{THIRD}",
      "created": "2026-01-01T00:00:00.000Z",
      "seal_from": "2026-05-01T00:00:00.000Z",
      "disabled": true,
      "comment": "é <&>"
    }}
  ]
}}
"""
DOCUMENT = RingDocument(
    7,
    (
        RingEntry(Key(parse_secret(OTHER), id="a", open_until=LATER), CREATED),
        RingEntry(Key(parse_secret(THIRD), id="b", seal_from=LATER, disabled=True), CREATED, "é <&>"),
    ),
)


def test_a_document_is_written_as_it_is_read() -> None:
    assert encode_ring(DOCUMENT) == TEXT.encode()
    assert parse_ring(TEXT) == parse_ring(TEXT.encode()) == DOCUMENT
    lines = RingDocument(1, (RingEntry(generate_key(), CREATED, "\u2028\u2029"),))
    assert b'"\\u2028\\u2029"' in encode_ring(lines)
    assert parse_ring(encode_ring(lines)) == lines
    ring = parse_ring(TEXT).keyring()
    assert ring.ids == ("a", "b")
    assert ring.primary(CREATED) == "a"
    assert ring.primary(LATER) is None


def one(**fields: Any) -> RingDocument:
    key = {name: fields.pop(name) for name in ("seal_from", "open_until") if name in fields}
    entry: dict[str, Any] = {"created": CREATED, "comment": "", **fields}
    return RingDocument(1, (RingEntry(Key(parse_secret(OTHER), **key), **entry),))


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (RingDocument(0, DOCUMENT.entries), "generation"),
        (RingDocument(2**53, DOCUMENT.entries), "generation"),
        (RingDocument(1, ()), "no keys"),
        (RingDocument(1, DOCUMENT.entries * 501), "at most 1000"),
        (RingDocument(1, DOCUMENT.entries[:1] * 2), "twice"),
        (RingDocument(1, (RingEntry(Key(parse_secret(SECRET)), CREATED),)), "documentation publishes"),
        (RingDocument(1, (RingEntry(Key(parse_secret(SECRET), disabled=True), CREATED),)), "documentation publishes"),
        (one(created=NAIVE), "time zone"),
        (one(created=datetime(1969, 12, 31, tzinfo=timezone.utc)), "created .* 1970 to 9999"),
        (one(seal_from=datetime(1, 1, 1, tzinfo=timezone.utc)), "seal_from .* 1970 to 9999"),
        (one(comment="\ud800"), "UTF-8"),
        (one(comment="x" * (1 << 20)), "1 MiB"),
    ],
)
def test_what_is_not_written(document: RingDocument, why: str) -> None:
    with pytest.raises(KeyringError, match=why):
        encode_ring(document)


@pytest.mark.parametrize(
    "make",
    [
        lambda: RingDocument(True, DOCUMENT.entries),
        lambda: RingDocument(1.5, DOCUMENT.entries),  # type: ignore[arg-type]
        lambda: RingDocument("1", DOCUMENT.entries),  # type: ignore[arg-type]
        lambda: RingDocument(1, DOCUMENT.keys),  # type: ignore[arg-type]
        lambda: RingDocument(1, list(DOCUMENT.entries)),  # type: ignore[arg-type]
        lambda: RingDocument(1, None),  # type: ignore[arg-type]
        lambda: RingEntry(OTHER, CREATED),  # type: ignore[arg-type]
        lambda: one(created=None),
        lambda: one(created="2026-01-01T00:00:00.000Z"),
        lambda: one(comment=None),
        lambda: one(comment=b"x"),
        lambda: encode_ring(None),  # type: ignore[arg-type]
        lambda: load_ring(None),  # type: ignore[arg-type]
        lambda: load_ring(3),  # type: ignore[arg-type]
        lambda: load_ring(b"ring.json"),  # type: ignore[arg-type]
        lambda: create_ring(None, DOCUMENT),  # type: ignore[arg-type]
        lambda: parse_ring(None),  # type: ignore[arg-type]
    ],
    ids=range(17),
)
def test_what_is_of_another_type_is_refused(make: Callable[[], object]) -> None:
    with pytest.raises(WrongType):
        make()


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (('"version": 1,', '"version": 2,'), "line 2, column 14: version is 1 in all"),
        (('"version": 1,', '"version": 1.0,'), "line 2, column 14: version is the integer 1"),
        (('"version": 1,', '"version": "1",'), "line 2, column 14: version is the integer 1"),
        (('"version": 1,', ""), "line 1, column 1: a document needs the field version"),
        (('"generation": 7', '"generation": 0'), "line 3, column 17: generation is an integer"),
        (('"generation": 7', '"generation": 7e0'), "line 3, column 17: generation"),
        (('"id": "a"', '"ID": "a"'), "line 6, column 7: unknown field; a key has id, secret"),
        (('"id": "a"', '"id": null'), "line 6, column 13: id is a string"),
        (('"id": "a"', '"id": 5'), "line 6, column 13: id is a string"),
        (('"id": "a"', '"id": ""'), "line 6, column 13: id is 1 to 32"),
        ((OTHER, "srk1_é"), "line 7, column 17: 43 characters"),
        ((OTHER, OTHER[:-1] + "9"), "line 7, column 17: a secret's text is base64url"),
        (("true", "1"), "line 16, column 19: disabled is true or false"),
        (("2026-05-01T00:00:00.000Z", "2026-02-30T00:00:00.000Z"), "line 9, column 21: open_until is a time"),
        (("2026-05-01T00:00:00.000Z", "1969-05-01T00:00:00.000Z"), "line 9, column 21"),
        (("2026-05-01T00:00:00.000Z", "2026-05-01T00:00:00.000Z\\n"), "line 9, column 21"),
        (('"é <&>"', "null"), "line 17, column 18: comment is a string"),
        (('"é <&>"', '"é" "'), "line 17, column 23: object not closed; a document is one JSON object"),
        (('"id": "b"', '"id": "a"'), "keyring refused: key a is there twice"),
        (('"comment"', '"id": "c", "comment"'), "line 18, column 6: an object has a key twice"),
        (("}\n", "} x\n"), "line 20, column 3: something follows"),
    ],
)
def test_errors_say_the_place(change: tuple[str, str], place: str) -> None:
    head, _, tail = TEXT.rpartition(change[0]) if change[0] == "}\n" else TEXT.partition(change[0])
    text = head + change[1] + tail
    with pytest.raises(KeyringError) as raised:
        parse_ring(text)
    assert place in str(raised.value)
    assert OTHER[5:12] not in str(raised.value)


def test_types_of_documents() -> None:
    with pytest.raises(WrongType):
        parse_ring(None)  # type: ignore[arg-type]
    with pytest.raises(KeyringError, match="1 MiB"):
        parse_ring(" " * ((1 << 20) + 1))
    with pytest.raises(KeyringError, match="not UTF-8"):
        parse_ring('"\ud800"')


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "ring.json"
    mask = os.umask(0o277)
    try:
        create_ring(path, DOCUMENT)
    finally:
        os.umask(mask)
    assert load_ring(path) == load_ring(str(path)) == DOCUMENT
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(KeyringError, match="never takes the place"):
        create_ring(path, DOCUMENT)
    link = tmp_path / "link.json"
    link.symlink_to(tmp_path / "nowhere")
    with pytest.raises(KeyringError, match="never takes the place"):
        create_ring(link, DOCUMENT)
    assert not (tmp_path / "nowhere").exists()
    with pytest.raises(KeyringError, match="make it with"):
        load_ring(tmp_path / "nowhere")
    with pytest.raises(KeyringError, match="is a folder"):
        load_ring(tmp_path)
    with pytest.raises(KeyringError):
        create_ring(tmp_path / "no" / "ring.json", DOCUMENT)
    with pytest.raises(KeyringError):
        create_ring(tmp_path / "bad.json", RingDocument(0, DOCUMENT.entries))
    assert not (tmp_path / "bad.json").exists()
    for not_a_path in (OTHER, TEXT, "a\0b", "\ud800"):
        with pytest.raises(KeyringError) as raised:
            load_ring(not_a_path)
        assert "HzKh7" not in str(raised.value)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601, 0o777])
def test_files_that_others_may_read(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "ring.json"
    create_ring(path, RingDocument(1, (RingEntry(generate_key(), CREATED),)))
    path.chmod(mode)
    with pytest.raises(KeyringError, match=f"mode {mode:04o} lets others"):
        load_ring(path)
    path.chmod(0o400)
    load_ring(path)
