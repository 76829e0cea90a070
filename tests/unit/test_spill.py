"""Texts that wait on disk come back as they were, or the run says why not."""

from __future__ import annotations

import os
import struct
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.documents import Document, Source
from extract.errors import WarehouseError
from extract.spill import Spill

SOURCE = Source("source", "name", "name.txt")


def document(text: str, **changed: Any) -> Document:
    given: dict[str, Any] = {"language": "en", "title": None, "publication_date": None, "outlet": None, **changed}
    return Document("d1", "source", "name", text, source="name.txt", **given)


@settings(max_examples=25)
@given(st.lists(st.tuples(st.text(max_size=50), st.dates(), st.none() | st.text(max_size=9)), max_size=5))
def test_documents_come_back_as_they_were_in_any_order(tmp_path_factory, given):
    spill = Spill(tmp_path_factory.getbasetemp())
    kept = [document(text, publication_date=day, title=title, outlet=title) for text, day, title in given]
    offsets = [(spill.put_document(one), one) for one in kept]
    assert all(spill.get_document(offset, SOURCE) == one for offset, one in reversed(offsets))
    spill.close()


def test_half_a_surrogate_pair_and_no_date_come_back(tmp_path):
    spill = Spill(tmp_path)
    one = document("half \ud83d a pair\n\nand\x00more", language=None)
    assert spill.get_document(spill.put_document(one), SOURCE) == one
    # Written after it was read.
    two = document("second", publication_date=date(2027, 3, 4))
    assert spill.get_document(spill.put_document(two), SOURCE) == two
    spill.close()


def test_nothing_is_left_behind_by_whoever_is_killed(tmp_path):
    spill = Spill(tmp_path)
    assert spill.get(spill.put(b"x" * 1_000_000)) == b"x" * 1_000_000
    assert list(tmp_path.iterdir()) == []
    spill.close()


def test_what_was_damaged_is_not_taken_for_what_was_kept(tmp_path):
    spill = Spill(tmp_path)
    offset = spill.put(b"a text that waits")
    assert spill.get(offset)
    assert spill._file is not None
    spill._file.seek(offset + 20)
    spill._file.write(b"?")
    spill._file.flush()
    with pytest.raises(WarehouseError, match="damaged"):
        spill.get(offset)
    spill._file.truncate(offset + 3)
    with pytest.raises(WarehouseError, match="damaged"):
        spill.get(offset)
    spill.close()


@pytest.mark.parametrize(
    "head", [bytes(12), b"\xff" * 12, struct.pack("<QI", 2**62, 0), struct.pack("<QI", 5, 0)],
    ids=["zeros", "ones", "longer than memory", "shorter"],
)  # fmt: skip
def test_a_damaged_head_is_said_to_be_damaged(tmp_path, head):
    spill = Spill(tmp_path)
    offset = spill.put_document(document("a text that waits"))
    spill.put_document(document("another"))
    assert spill._file is not None
    os.pwrite(spill._file.fileno(), head, offset)
    with pytest.raises(WarehouseError, match="damaged"):
        spill.get_document(offset, SOURCE)
    spill.close()


def test_what_cannot_be_read_is_not_said_to_want_room(tmp_path, monkeypatch):
    spill = Spill(tmp_path)
    offset = spill.put(b"a text that waits")
    assert spill.get(spill.put(b"")) == b""

    def broken(*_: Any) -> bytes:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(os, "pread", broken)
        with pytest.raises(WarehouseError, match=r"cannot be read .*Input/output error.*Check the disk"):
            spill.get(offset)
    spill.close()


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path):
    with pytest.raises(WarehouseError, match="Make room"):
        Spill(tmp_path / "missing").put(b"x")
