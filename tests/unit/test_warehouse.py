"""The file: hostile values, the lock, publishing, and a journal that was cut off."""

from __future__ import annotations

import json
import os
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract import warehouse as warehouse_module
from extract.errors import ConfigError, WarehouseError
from extract.warehouse import (
    RAW_TABLES,
    Journal,
    create_tables,
    hold_lock,
    insert_json,
    insert_rows,
    open_warehouse,
    publish,
    read_state,
    row_json,
    working_copy,
    write_out,
)

NOW = datetime(2027, 3, 4, 12, 30, tzinfo=UTC)


def document_row(**changed: Any) -> dict[str, Any]:
    return {
        "document_id": "d1", "language": "en", "title": None, "publication_date": date(2027, 3, 4), "outlet": None,
        "text": "text", "char_count": 4, "first_loaded_at": NOW, "first_run_id": "r1", **changed,
    }  # fmt: skip


def make(path: Path, *documents: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with open_warehouse(path) as connection:
        create_tables(connection)
        insert_rows(connection, "documents", list(documents))


@pytest.fixture(scope="module")
def connection() -> Any:
    with duckdb.connect() as opened:
        create_tables(opened)
        yield opened


@pytest.mark.parametrize(
    "text",
    ["'); drop table raw.documents; --", '"quoted" \\ back\\u0000slash', "line\nbreak\ttab\r", "{'a': [1, 2}", "\x00",
     "\U0001f600 \u202e right to left \u2028", "null", "", " ", "$1 ? ?", "\\ud83d", "\ufeff"],
)  # fmt: skip
def test_hostile_strings_come_back_as_they_were(connection, text):
    connection.execute("begin")
    insert_rows(connection, "documents", [document_row(text=text, title=text)])
    assert connection.execute("select text, title from raw.documents").fetchall() == [(text, text)]
    connection.execute("rollback")


@settings(max_examples=40)
@given(text=st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_comes_back_as_it_was(connection, text):
    connection.execute("begin")
    insert_rows(connection, "documents", [document_row(text=text)])
    assert connection.execute("select text from raw.documents").fetchone() == (text,)
    connection.execute("rollback")


def test_half_a_surrogate_pair_is_replaced_and_stops_nothing(connection):
    connection.execute("begin")
    insert_rows(connection, "documents", [document_row(text="a \ud83d b")])
    assert connection.execute("select text from raw.documents").fetchone() == ("a ? b",)
    connection.execute("rollback")


def test_what_is_nested_deeply_is_kept(connection):
    draft: dict[str, Any] = {}
    for _ in range(300):
        draft = {"a": draft}
    row = {"rejected_id": "r", "extraction_id": "e", "document_id": "d", "ordinal": 0, "draft": draft,
           "reason_code": "c", "reason": "why", "grounding_version": "1"}  # fmt: skip
    connection.execute("begin")
    insert_rows(connection, "rejected_records", [row])
    assert json.loads(connection.execute("select draft from raw.rejected_records").fetchone()[0]) == draft
    connection.execute("rollback")


def test_half_a_surrogate_pair_comes_back_from_the_journal(tmp_path):
    for kept in ("whole é", "half \ud83d"):
        journal = Journal(tmp_path / "w.duckdb")
        journal.add("d", kept, [{"raw_answer": kept, "asked_at": NOW, "cost_usd": Decimal("0.00012")}])
        journal.close()
    journal = Journal(tmp_path / "w.duckdb")
    for kept in ("whole é", "half \ud83d"):
        (attempt,) = journal.attempts(("d", kept))
        assert (attempt["raw_answer"], attempt["cost_usd"]) == (kept, "0.00012")
        assert datetime.fromisoformat(attempt["asked_at"]) == NOW
    journal.close()


def test_values_keep_their_types(connection):
    connection.execute("begin")
    row = {
        "extraction_id": "e", "run_id": "r", "document_id": "d", "fingerprint": "f", "provider": "p", "attempt_n": 1,
        "status": "ok", "cost_usd": Decimal("0.00012345"), "seconds": 0.25, "asked_at": NOW, "prompt_tokens": 2**40,
    }  # fmt: skip
    insert_rows(connection, "extractions", [row])
    found = connection.execute(
        "select cost_usd, seconds, asked_at at time zone 'UTC', prompt_tokens, raw_answer from raw.extractions"
    ).fetchone()
    assert found == (Decimal("0.00012345"), 0.25, NOW.replace(tzinfo=None), 2**40, None)
    connection.execute("rollback")


def test_a_file_of_an_earlier_version_gets_the_columns_it_lacks(tmp_path):
    path = tmp_path / "old.duckdb"
    make(path, document_row())
    with open_warehouse(path) as connection:
        connection.execute("alter table raw.sightings drop column bytes_hash")
        connection.execute("insert into raw.versions values ('dbt', '1')")
        connection.execute("insert into raw.extractions by name select 'e' as extraction_id, 'r' as run_id, "
                           "'d1' as document_id, 'f' as fingerprint, 'p' as provider, 1 as attempt_n, "
                           "'ok' as status, now() as asked_at")  # fmt: skip
    with open_warehouse(path, read_only=True) as connection:
        state = read_state(connection)
    assert (state.versions, state.answered) == ({"dbt": "1"}, {("d1", "f"): "e"})
    with open_warehouse(path) as connection:
        create_tables(connection)
        columns = [row[0] for row in connection.execute("describe raw.sightings").fetchall()]
    assert columns == list(RAW_TABLES["sightings"])


# --- lock ------------------------------------------------------------------------------------------------


def test_one_run_at_a_time(warehouse):
    with hold_lock(warehouse):
        told = rf"another run \(process {os.getpid()} on "
        with pytest.raises(WarehouseError, match=told), hold_lock(warehouse):
            pytest.fail("two runs at once")
    with hold_lock(warehouse):
        pass


def test_a_lock_is_let_go_when_a_run_fails(warehouse):
    with pytest.raises(ValueError, match="broken"), hold_lock(warehouse):
        raise ValueError("broken")
    with hold_lock(warehouse):
        pass


@pytest.mark.parametrize("name", ["raw.duckdb", "Staging.db", "main.duckdb"])
def test_a_file_is_not_called_like_a_schema(tmp_path, name):
    with pytest.raises(ConfigError, match="cannot be called"), hold_lock(tmp_path / name):
        pytest.fail("it was locked")


# --- publishing --------------------------------------------------------------------------------------------


def test_a_copy_is_published_whole_or_not_at_all(warehouse, monkeypatch):
    make(warehouse, document_row())
    warehouse.chmod(0o640)
    before = warehouse.read_bytes()
    with working_copy(warehouse) as copy:
        with open_warehouse(copy) as connection:
            insert_rows(connection, "documents", [document_row(document_id="d2")])
        assert warehouse.read_bytes() == before
        with monkeypatch.context() as patched:
            patched.setattr(warehouse_module.os, "fsync", lambda handle: (_ for _ in ()).throw(OSError(5, "I/O error")))
            with pytest.raises(WarehouseError, match="could not be replaced"):
                publish(copy, warehouse)
        assert warehouse.read_bytes() == before
        publish(copy, warehouse)
    with open_warehouse(warehouse, read_only=True) as connection:
        assert connection.execute("select count(*) from raw.documents").fetchone() == (2,)
    assert warehouse.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in warehouse.parent.iterdir()] == [warehouse.name]


def test_a_copy_that_is_not_published_leaves_nothing_behind(warehouse):
    make(warehouse)
    with pytest.raises(ValueError, match="broken"), working_copy(warehouse) as copy:
        raise ValueError(f"broken {copy.stat().st_size}")
    assert [path.name for path in warehouse.parent.iterdir()] == [warehouse.name]


def test_what_a_killed_run_left_behind_is_cleared(warehouse):
    make(warehouse)
    left = warehouse.with_name(f".{warehouse.name}.work")
    left.mkdir()
    (left / "warehouse.duckdb").write_bytes(b"half a copy")
    with working_copy(warehouse) as copy, open_warehouse(copy) as connection:
        assert connection.execute("select count(*) from raw.documents").fetchone() == (0,)


def test_what_another_program_wrote_and_did_not_fold_in_is_copied_too(warehouse):
    make(warehouse)
    writer = duckdb.connect(str(warehouse))
    writer.execute("create table mine as select 42 as answer")
    # As after a crash: the file and its log as they are now, without the checkpoint of a clean end.
    copies = {path.name: path.read_bytes() for path in warehouse.parent.iterdir()}
    writer.close()
    assert f"{warehouse.name}.wal" in copies
    for name, data in copies.items():
        (warehouse.parent / name).write_bytes(data)
    with working_copy(warehouse) as copy, open_warehouse(copy) as connection:
        assert connection.execute("select answer from mine").fetchone() == (42,)


# --- loading ----------------------------------------------------------------------------------------------------


def rows_of(numbers: range, text: str = "text") -> list[bytes]:
    rows = (document_row(document_id=f"d{number}", text=f"{text} {number}") for number in numbers)
    return [row_json("documents", row) for row in rows]


@pytest.mark.parametrize("stored_n", [0, 2047, 2500])
def test_rows_stand_in_small_groups_behind_those_of_any_file(warehouse, stored_n):
    """A file that was made with DuckDB's own row groups is gone on with; then it is opened as usual again."""
    make(warehouse)
    with open_warehouse(warehouse) as connection:
        insert_json(connection, "documents", rows_of(range(stored_n)))
    for first in (stored_n, stored_n + 2100):
        with open_warehouse(warehouse, is_loading=True) as connection:
            assert connection.execute("select current_database()").fetchone() == ("warehouse",)
            insert_json(connection, "documents", rows_of(range(first, first + 2100)))
            write_out(connection)
    total = stored_n + 4200
    groups = (
        "select max(count) from pragma_storage_info('raw.documents') where column_name = 'text'"
        " and segment_type = 'VARCHAR'"
    )
    with open_warehouse(warehouse, read_only=True) as connection:
        counts = "select count(*), count(distinct document_id), count(distinct text) from raw.documents"
        assert connection.execute(counts).fetchone() == (total, total, total)
        assert connection.execute(groups).fetchone() == (max(stored_n, 2048),)
    with open_warehouse(warehouse) as connection:
        connection.execute("delete from raw.documents where document_id in ('d0', 'd4199')")
        insert_json(connection, "documents", rows_of(range(total, total + 10)))
        assert connection.execute("select count(*) from raw.documents").fetchone() == (total + 8,)
        with pytest.raises(duckdb.ConstraintException):
            insert_json(connection, "documents", rows_of(range(total, total + 1)))


def test_what_is_written_out_is_not_kept_in_memory_and_no_row_is_too_long(warehouse):
    make(warehouse)
    long = "a text that is longer than what DuckDB may keep " * 200_000
    with open_warehouse(warehouse, is_loading=True) as connection:
        limits = []
        for first in (0, 1000):
            insert_json(connection, "documents", rows_of(range(first, first + 1000), "words " * 300))
            write_out(connection)
            used = connection.execute("select sum(memory_usage_bytes) from duckdb_memory()").fetchone()
            assert used is not None and used[0] < 5_000_000
            limits.append(connection.execute("select current_setting('memory_limit')").fetchone())
        insert_json(connection, "documents", rows_of(range(5000, 5001), long))
        write_out(connection)
        limits.append(connection.execute("select current_setting('memory_limit')").fetchone())
        assert len(set(limits)) == 1
        # Nor does the lower limit stay in force.
        assert connection.execute("select count(distinct repeat(text, 2)) from raw.documents").fetchone() == (2001,)
    with open_warehouse(warehouse, read_only=True) as connection:
        assert connection.execute("select max(length(text)) from raw.documents").fetchone() == (len(long) + 5,)


# --- journal -------------------------------------------------------------------------------------------------


def test_a_line_that_was_cut_off_costs_no_other(warehouse):
    warehouse.parent.mkdir()
    journal = Journal(warehouse)
    journal.add("d1", "f", [{"status": "ok", "raw_answer": "half \ud83d a pair\n"}])
    journal.add("d2", "f", [{"status": "error"}])
    journal.close()
    whole = journal.path.read_bytes()
    for length in range(len(whole.splitlines()[0]) + 1, len(whole)):
        journal.path.write_bytes(whole[:length])
        again = Journal(warehouse)
        assert ("d1", "f") in again.entries
        again.add("d3", "f", [{"status": "ok"}])
        again.close()
        assert ("d3", "f") in Journal(warehouse).entries


@pytest.mark.parametrize(
    "line", ["[]", '"text"', "{}", '{"document_id": 1, "fingerprint": 2, "attempts": 3}', "\x00\xff"]
)
def test_a_line_that_is_no_entry_is_passed_over(warehouse, line):
    warehouse.parent.mkdir()
    warehouse.with_name("warehouse.duckdb.journal").write_text(line + "\n", encoding="latin-1")
    assert Journal(warehouse).entries == {}


def test_attempts_at_one_document_add_up_and_what_was_published_is_forgotten(warehouse):
    warehouse.parent.mkdir()
    for status in ("error", "ok"):
        journal = Journal(warehouse)
        journal.add("d1", "f", [{"status": status}])
        journal.add("d2", status, [{"status": status}])
        journal.close()
    journal = Journal(warehouse)
    assert [one["status"] for one in journal.attempts(("d1", "f"))] == ["error", "ok"]
    journal.discard([("d1", "f"), ("d2", "ok")])
    assert list(Journal(warehouse).entries) == [("d2", "error")]
    assert json.loads(journal.path.read_text())["document_id"] == "d2"
    Journal(warehouse).discard([("d2", "error")])
    assert not journal.path.exists()


def test_a_reprint_that_an_earlier_version_linked_twice_is_linked_once(tmp_path):
    with open_warehouse(tmp_path / "w.duckdb") as connection:
        create_tables(connection)
        link = {"document_id": "copy", "similarity": 1.0, "run_id": "r", "linked_at": datetime(2027, 1, 1, tzinfo=UTC)}
        insert_rows(connection, "document_links", [
            {**link, "original_id": "first"}, {**link, "original_id": "second"},
            {**link, "document_id": "other", "original_id": "first"},
        ])  # fmt: skip
        create_tables(connection)
        left = connection.execute("select document_id, original_id from raw.document_links order by all").fetchall()
    assert left == [("copy", "second"), ("other", "first")]
