"""What a run asks, writes, keeps and says; dbt's part is left out here."""

from __future__ import annotations

import asyncio
import gc
import json
import random
from array import array
from pathlib import Path
from typing import Any

import duckdb
import pytest
from fake_provider import NORWAY, NORWAY_PLEDGE, NOTHING, PERU, PERU_TROOPS, FakeProvider

from extract import pipeline
from extract.config import Narrowing, Settings
from extract.documents import Document, Source
from extract.errors import ConfigError, WarehouseError
from extract.providers import Attempt, Check
from extract.retention import drop_documents
from extract.warehouse import Journal, insert_json

pytestmark = pytest.mark.usefixtures("without_dbt")


def query(warehouse: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.execute(sql).fetchall()


LATEST = """
    with latest as (
        select * from raw.sightings
        qualify row_number() over (partition by source_id order by seen_at desc, sighting_id desc) = 1
    )
"""


def current_claims(warehouse: Path) -> list[tuple[str, str]]:
    """Names of sources and types of the records they stand for now."""
    return query(
        warehouse,
        LATEST + "select name, record_type from latest join raw.records using (extraction_id)"
        " where status in ('ok', 'vanished') order by all",
    )


def test_a_run_keeps_documents_attempts_records_and_the_run_itself(warehouse, articles, provider):
    seen = []
    summary = pipeline.run(
        Settings(warehouse=warehouse), [articles], provider, progress=lambda *result: seen.append(result)
    )
    assert (summary.documents_n, summary.extracted_n, summary.records_n, summary.rejected_n) == (3, 3, 2, 0)
    assert (summary.asked_n, summary.published, summary.failures) == (3, True, [])
    assert [(result.name, done, total) for result, done, total in seen] == [
        ("norway", 1, 3), ("peru", 2, 3), ("rain", 3, 3)
    ]  # fmt: skip
    assert current_claims(warehouse) == [("norway", "pledge"), ("peru", "troop_commitment")]
    assert query(warehouse, "select language, char_count from raw.documents where text like 'Norway%'") == [
        ("en", len(NORWAY))
    ]
    assert query(warehouse, "select status, attempt_n, prompt_tokens from raw.extractions") == [("ok", 1, 10)] * 3
    assert query(warehouse, "select status, documents_n, asked_n, records_n from raw.runs") == [("done", 3, 3, 2)]
    amounts = "select (record ->> '$.money.amount')::decimal from raw.records where record_type = 'pledge'"
    assert query(warehouse, amounts) == [(900_000_000,)]
    assert provider.is_closed


def test_a_second_run_on_the_same_documents_asks_and_writes_nothing(warehouse, articles, provider):
    pipeline.run(Settings(warehouse=warehouse), [articles], provider)
    before = warehouse.read_bytes()
    again = FakeProvider()
    summary = pipeline.run(Settings(warehouse=warehouse), [articles], again)
    assert (summary.run_id, summary.asked_n, summary.unchanged_n, again.asked) == (None, 0, 3, [])
    assert warehouse.read_bytes() == before


def test_an_unchanged_file_is_not_even_read_as_a_text(warehouse, articles, provider, monkeypatch):
    pipeline.run(Settings(warehouse=warehouse), [articles], provider)
    monkeypatch.setattr("extract.documents.detect_language", lambda text: pytest.fail("language was detected"))
    assert pipeline.run(Settings(warehouse=warehouse), [articles], provider).unchanged_n == 3


def test_only_what_changed_is_asked_about(warehouse, articles, provider):
    pipeline.run(Settings(warehouse=warehouse), [articles], provider)
    provider.asked.clear()
    (articles / "rain.txt").write_text(PERU.replace("40", "60"), encoding="utf-8")
    (articles / "new.txt").write_text("A new text about something else altogether.", encoding="utf-8")
    summary = pipeline.run(Settings(warehouse=warehouse), [articles], provider)
    assert sorted(provider.asked) == ["new", "rain"]
    assert (summary.extracted_n, summary.unchanged_n) == (2, 2)
    assert query(warehouse, "select count(*) from raw.documents") == [(5,)]


def test_another_prompt_or_model_asks_about_everything_and_the_latest_answer_counts(warehouse, articles, provider):
    pipeline.run(Settings(warehouse=warehouse), [articles], provider)
    other = FakeProvider(version="2")
    other.answers["norway"] = [other.attempt([])]
    pipeline.run(Settings(warehouse=warehouse), [articles], other)
    assert sorted(other.asked) == ["norway", "peru", "rain"]
    assert current_claims(warehouse) == [("peru", "troop_commitment")]


def test_the_same_text_in_two_files_is_asked_about_once(warehouse, articles, provider):
    (articles / "copy.txt").write_text(NORWAY, encoding="utf-8")
    summary = pipeline.run(Settings(warehouse=warehouse), [articles], provider)
    assert len(provider.asked) == 3
    assert summary.extracted_n == 4
    assert query(warehouse, "select count(*) from raw.extractions") == [(3,)]
    assert query(warehouse, "select count(*) from raw.sightings") == [(4,)]


def test_one_document_that_fails_costs_no_other_and_is_asked_about_again(warehouse, articles, provider):
    provider.answers["peru"] = [provider.failure("no connection"), provider.failure("still none")]
    summary = pipeline.run(Settings(warehouse=warehouse), [articles], provider)
    assert (summary.extracted_n, summary.asked_n) == (2, 4)
    assert summary.failures == ["'peru': still none"]
    failed = "select attempt_n, error_message from raw.extractions where status = 'error' order by 1"
    assert query(warehouse, failed) == [(1, "no connection"), (2, "still none")]
    provider.asked.clear()
    del provider.answers["peru"]
    summary = pipeline.run(Settings(warehouse=warehouse), [articles], provider)
    assert (provider.asked, summary.failures) == (["peru"], [])
    assert current_claims(warehouse) == [("norway", "pledge"), ("peru", "troop_commitment")]
    assert query(warehouse, "select max(attempt_n) from raw.extractions where document_id in "
                 "(select document_id from raw.documents where text like 'Peru%')") == [(3,)]  # fmt: skip


def test_a_provider_that_raises_fails_that_document_only(warehouse, articles):
    class Raising(FakeProvider):
        async def extract(self, document: Document, check: Check) -> list[Attempt]:
            if document.name == "peru":
                raise RuntimeError("a mistake of ours")
            return await super().extract(document, check)

    summary = pipeline.run(Settings(warehouse=warehouse), [articles], Raising())
    assert summary.extracted_n == 2
    assert "RuntimeError: a mistake of ours" in summary.failures[0]


def test_a_failure_takes_nothing_away_that_was_known(warehouse, articles, provider):
    pipeline.run(Settings(warehouse=warehouse), [articles], provider)
    known = current_claims(warehouse)
    # One document is to be asked about again and cannot be, one cannot be read any more.
    other = FakeProvider(version="2")
    other.answers["norway"] = [other.failure("no connection")]
    (articles / "peru.txt").write_bytes(b"\x00\x01\x02" * 100)
    summary = pipeline.run(Settings(warehouse=warehouse), [articles], other)
    assert len(summary.failures) == 2
    assert current_claims(warehouse) == known


def test_a_document_that_is_gone_is_marked_and_its_claims_stay_until_it_is_dropped(warehouse, articles, provider):
    pipeline.run(Settings(warehouse=warehouse), [articles], provider)
    norway = (articles / "norway.txt").read_text(encoding="utf-8")
    (articles / "norway.txt").unlink()
    summary = pipeline.run(Settings(warehouse=warehouse), [articles], provider)
    assert (summary.vanished_n, summary.published) == (1, True)
    assert current_claims(warehouse) == [("norway", "pledge"), ("peru", "troop_commitment")]
    assert query(warehouse, LATEST + "select status from latest where name = 'norway'") == [("vanished",)]
    assert pipeline.run(Settings(warehouse=warehouse), [articles], provider).run_id is None
    # A person says otherwise: exactly its claims are gone.
    places, failures = drop_documents(warehouse, ["norway"])
    assert (len(places), failures) == (1, [])
    assert current_claims(warehouse) == [("peru", "troop_commitment")]
    assert pipeline.run(Settings(warehouse=warehouse), [articles], provider).run_id is None
    # And it comes back with the document, for which nobody is asked again.
    provider.asked.clear()
    (articles / "norway.txt").write_text(norway, encoding="utf-8")
    pipeline.run(Settings(warehouse=warehouse), [articles], provider)
    assert (current_claims(warehouse), provider.asked) == (
        [("norway", "pledge"), ("peru", "troop_commitment")], [],
    )  # fmt: skip


def test_what_still_stands_at_its_source_is_not_dropped(warehouse, articles, provider):
    pipeline.run(Settings(warehouse=warehouse), [articles], provider)
    for reference, reason in (("norway", "still stands"), ("nobody", "no document")):
        with pytest.raises(ConfigError, match=reason):
            drop_documents(warehouse, [reference])
    assert len(current_claims(warehouse)) == 2


def test_a_clock_that_was_set_back_hides_nothing_new(warehouse, articles, provider):
    pipeline.run(Settings(warehouse=warehouse), [articles], provider)
    with duckdb.connect(str(warehouse)) as connection:  # as if the clock had been ahead
        for table, column in (("sightings", "seen_at"), ("runs", "started_at"), ("extractions", "asked_at")):
            connection.execute(f"update raw.{table} set {column} = {column} + interval 40 days")
    (articles / "norway.txt").write_text(PERU, encoding="utf-8")
    pipeline.run(Settings(warehouse=warehouse), [articles], provider)
    assert current_claims(warehouse) == [("norway", "troop_commitment"), ("peru", "troop_commitment")]
    assert query(warehouse, "select count(*) from raw.runs where run_id = (select arg_max(run_id, started_at) "
                 "from raw.runs) and asked_n = 0") == [(1,)]  # fmt: skip


def test_a_run_on_another_folder_takes_nothing_away(warehouse, articles, provider, tmp_path):
    pipeline.run(Settings(warehouse=warehouse), [articles], provider)
    other = tmp_path / "other"
    other.mkdir()
    (other / "one.txt").write_text("Nothing of note was said by anybody there.", encoding="utf-8")
    pipeline.run(Settings(warehouse=warehouse), [other], provider)
    assert len(current_claims(warehouse)) == 2


def test_an_answer_that_broke_off_is_kept_reported_and_asked_for_again(warehouse, articles, provider):
    provider.answers["norway"] = [provider.attempt([NORWAY_PLEDGE], "truncated", "The answer broke off.")]
    summary = pipeline.run(Settings(warehouse=warehouse), [articles], provider)
    assert summary.extracted_n == 3
    assert "broke off" in summary.failures[0] and "norway" in summary.failures[0]
    assert ("norway", "pledge") in current_claims(warehouse)
    provider.asked.clear()
    pipeline.run(Settings(warehouse=warehouse), [articles], provider)
    assert provider.asked == ["norway"]


def test_a_provider_that_can_answer_nothing_stops_the_run_before_anything_is_written(warehouse, articles):
    class Fatal(FakeProvider):
        async def extract(self, document: Document, check: Check) -> list[Attempt]:
            self.fatal = "unknown model"
            self.asked.append(document.name)
            return [self.failure("The model 'x' is unknown.")]

    fatal = Fatal()
    with pytest.raises(ConfigError, match="The model 'x' is unknown"):
        pipeline.run(Settings(warehouse=warehouse, concurrency=1), [articles], fatal)
    assert not warehouse.exists()
    assert fatal.asked == ["norway"]
    lines: list[dict[str, Any]] = []
    with pytest.raises(ConfigError, match="The model 'x' is unknown"):
        pipeline.extract_documents(Settings(concurrency=1), [articles], Fatal(), emit=lines.append)
    assert lines == []


def test_a_provider_that_stops_in_the_middle_keeps_what_it_answered(warehouse, articles):
    class Spent(FakeProvider):
        async def extract(self, document: Document, check: Check) -> list[Attempt]:
            if self.asked:
                self.fatal = "quota"
                return [self.failure("The quota is used up.")]
            return await super().extract(document, check)

    summary = pipeline.run(Settings(warehouse=warehouse, concurrency=1), [articles], Spent())
    assert (summary.extracted_n, summary.published) == (1, True)
    assert summary.failures == ["The quota is used up. (2 documents were not asked about; call again to go on.)"]
    assert current_claims(warehouse) == [("norway", "pledge")]


def test_when_the_marts_fail_nothing_is_published_and_nobody_is_asked_again(
    warehouse, articles, provider, without_dbt
):
    pipeline.run(Settings(warehouse=warehouse), [articles / "rain.txt"], provider)
    before = warehouse.read_bytes()
    without_dbt.append("test every_quote_stands: 1 row")
    summary = pipeline.run(Settings(warehouse=warehouse), [articles], provider)
    assert (summary.published, summary.failures) == (False, ["test every_quote_stands: 1 row"])
    assert warehouse.read_bytes() == before
    without_dbt.clear()
    provider.asked.clear()
    summary = pipeline.run(Settings(warehouse=warehouse), [articles], provider)
    assert (provider.asked, summary.asked_n, summary.published) == ([], 0, True)
    assert current_claims(warehouse) == [("norway", "pledge"), ("peru", "troop_commitment")]
    left = sorted(path.name.removeprefix("warehouse.duckdb") for path in warehouse.parent.iterdir())
    assert left == ["", ".kept", ".lock", ".state"]


def test_answers_of_a_run_that_did_not_publish_outlive_a_run_on_other_documents(
    warehouse, articles, provider, without_dbt
):
    without_dbt.append("a test failed")
    pipeline.run(Settings(warehouse=warehouse), [articles / "norway.txt"], provider)
    without_dbt.clear()
    pipeline.run(Settings(warehouse=warehouse), [articles / "peru.txt"], provider)
    provider.asked.clear()
    pipeline.run(Settings(warehouse=warehouse), [articles], provider)
    assert provider.asked == ["rain"]


def test_answers_of_a_run_that_did_not_publish_outlive_a_narrowed_run(tmp_path, warehouse, provider, without_dbt):
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(10):
        (folder / f"{number}.txt").write_text(NORWAY.replace("900", str(100 + number)), encoding="utf-8")
    without_dbt.append("a test failed")
    pipeline.run(Settings(warehouse=warehouse), [folder], provider)
    without_dbt.clear()
    provider.asked.clear()
    pipeline.run(Settings(warehouse=warehouse, narrowing=Narrowing(limit=2)), [folder], provider)
    summary = pipeline.run(Settings(warehouse=warehouse), [folder], provider)
    assert (provider.asked, summary.unchanged_n, summary.extracted_n) == ([], 2, 8)
    assert query(warehouse, "select count(*), count(distinct document_id) from raw.extractions") == [(10, 10)]
    assert not warehouse.with_name("warehouse.duckdb.journal").exists()


def test_failed_attempts_of_a_run_that_did_not_publish_are_rows_of_the_next(warehouse, articles, provider, without_dbt):
    provider.answers["peru"] = [provider.failure("no connection")]
    without_dbt.append("a test failed")
    pipeline.run(Settings(warehouse=warehouse), [articles / "peru.txt"], provider)
    without_dbt.clear()
    del provider.answers["peru"]
    pipeline.run(Settings(warehouse=warehouse), [articles / "peru.txt"], provider)
    assert query(warehouse, "select attempt_n, status from raw.extractions order by 1") == [(1, "error"), (2, "ok")]


def test_changed_code_makes_the_records_anew_and_asks_nobody(warehouse, articles, provider, monkeypatch):
    provider.answers["norway"] = [provider.attempt([{"type": "pledge"}], "invalid"), provider.attempt([NORWAY_PLEDGE])]
    pipeline.run(Settings(warehouse=warehouse), [articles], provider)
    records = "select * exclude (grounding_version) from raw.records order by record_id"
    before, rejected = query(warehouse, records), query(warehouse, "select count(*) from raw.rejected_records")
    monkeypatch.setattr(pipeline, "grounding_version", lambda: "another")
    provider.asked.clear()
    summary = pipeline.run(Settings(warehouse=warehouse), [articles], provider)
    assert (provider.asked, summary.published) == ([], True)
    assert query(warehouse, records) == before
    assert query(warehouse, "select distinct grounding_version from raw.records") == [("another",)]
    assert query(warehouse, "select count(*) from raw.rejected_records") == rejected


def test_a_rebuild_gives_the_same_records(warehouse, articles, provider):
    pipeline.run(Settings(warehouse=warehouse), [articles], provider)
    before = query(warehouse, "select * from raw.records order by record_id")
    summary = pipeline.rebuild(Settings(warehouse=warehouse))
    assert summary.published and summary.records_n == 2
    assert query(warehouse, "select * from raw.records order by record_id") == before
    assert pipeline.run(Settings(warehouse=warehouse), [articles], provider).run_id is None
    with pytest.raises(ConfigError, match="no warehouse"):
        pipeline.rebuild(Settings(warehouse=warehouse.with_name("none.duckdb")))


def test_the_order_of_documents_changes_nothing(tmp_path, articles):
    files = sorted(articles.iterdir())
    tables = []
    for number, order in enumerate((files, files[::-1])):
        warehouse = tmp_path / f"{number}.duckdb"
        pipeline.run(Settings(warehouse=warehouse), order, FakeProvider())
        tables.append(query(warehouse, "select record_id, record::varchar from raw.records order by 1"))
    assert tables[0] == tables[1]


def test_an_answer_that_is_no_object_is_a_rejected_row(warehouse, articles, provider):
    provider.answers["norway"] = [Attempt("ok", "", "fake", "[1, 2]", seconds=0.1)]
    pipeline.run(Settings(warehouse=warehouse), [articles], provider)
    assert query(warehouse, "select reason_code, reason from raw.rejected_records") == [
        ("invalid_draft", "the answer is no JSON object")
    ]


def test_hostile_texts_and_answers_are_data(warehouse, articles, provider):
    text = "Norway'); drop table raw.records; -- pledged 5 dollars to Sudan\u2028 {{ 7 * 7 }} \U0001f600 today."
    (articles / "norway.txt").write_text(text, encoding="utf-8")
    draft = {"type": "pledge", "stage": "pledged", "quotes": [text], "contributors": [{"name": "\ud83d'); --"}]}
    provider.answers["norway"] = [provider.attempt([draft, {**NORWAY_PLEDGE, "quotes": [text], "money": "5 dollars"}])]
    summary = pipeline.run(Settings(warehouse=warehouse), [articles], provider)
    assert summary.failures == []
    assert query(warehouse, "select text from raw.documents where text like 'Norway%'") == [(text,)]
    assert ("norway", "pledge") in current_claims(warehouse)
    assert query(warehouse, "select reason_code from raw.rejected_records") == [("invalid_draft",)]


def test_extract_gives_a_line_a_document_in_order_failures_among_them(articles, provider):
    (articles / "broken.txt").write_bytes(b"\x00\x01\x02" * 100)
    provider.answers["peru"] = [provider.attempt([PERU_TROOPS, {"type": "pledge"}], "truncated", "it broke off")]
    lines: list[dict[str, Any]] = []
    failed = pipeline.extract_documents(Settings(), [articles], provider, emit=lines.append)
    assert failed == 2
    assert [(line["document"], len(line["records"]), line["error"] is None) for line in lines] == [
        ("broken", 0, False), ("norway", 1, True), ("peru", 1, False), ("rain", 0, True)
    ]  # fmt: skip
    assert lines[1]["records"][0]["actor_code"] == "NOR"
    assert lines[2]["rejected"][0]["reason"]
    assert json.dumps(lines)


@pytest.mark.parametrize("fate", ["changed", "gone", "a folder"])
def test_what_becomes_of_a_file_after_the_plan_is_the_next_run_s_affair(warehouse, articles, fate):
    """It is asked about as it was planned, and recorded under the hash of what was asked."""
    norway, later = articles / "norway.txt", NORWAY.replace("900", "600")

    class Meddling(FakeProvider):
        async def extract(self, document: Document, check: Check) -> list[Attempt]:
            if not self.asked:
                for name in ("norway.txt", "peru.txt", "rain.txt"):
                    path = articles / name
                    path.unlink()
                    if fate == "a folder":
                        path.mkdir()
                    elif fate == "changed":
                        path.write_text(later if path == norway else f"Another text: {name}.", encoding="utf-8")
            return await super().extract(document, check)

    provider = Meddling()
    summary = pipeline.run(Settings(warehouse=warehouse, concurrency=1), [articles], provider)
    assert (summary.extracted_n, summary.records_n, summary.failures) == (3, 2, [])
    assert query(warehouse, "select text from raw.documents order by all") == [(NOTHING,), (NORWAY,), (PERU,)]
    assert query(warehouse, "select count(*) from raw.documents where document_id != left(sha256(text), 16)") == [(0,)]
    assert query(warehouse, "select distinct bytes_hash = document_id from raw.sightings") == [(True,)]
    if fate == "changed":
        again = FakeProvider()
        assert pipeline.run(Settings(warehouse=warehouse), [articles], again).extracted_n == 3
        assert sorted(again.asked) == ["norway", "peru", "rain"]


def test_as_many_texts_are_in_memory_as_questions_are_under_way(warehouse, tmp_path):
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(60):
        (folder / f"{number:02}.txt").write_text(NORWAY.replace("900", str(100 + number)), encoding="utf-8")

    class Counting(FakeProvider):
        held: list[int] = []  # noqa: RUF012

        async def extract(self, document: Document, check: Check) -> list[Attempt]:
            await asyncio.sleep(0)
            self.held.append(sum(type(one) is Document for one in gc.get_objects()))
            return await super().extract(document, check)

    def asked(provider: FakeProvider) -> FakeProvider:
        before = sum(type(one) is Document for one in gc.get_objects())
        summary = pipeline.run(Settings(warehouse=warehouse, concurrency=3), [folder], provider)
        assert (summary.extracted_n, len(Counting.held)) == (60, 60)
        assert max(Counting.held) - before <= 4
        Counting.held.clear()
        return provider

    asked(Counting())
    # Those that the warehouse has wait no differently.
    asked(Counting(version="2"))


def test_an_index_of_sketches_holds_what_two_documents_share():
    chance = random.Random(4)
    sketches = [[chance.getrandbits(64) for _ in range(16)] for _ in range(200)]
    sketches += [[sketches[0][3], 0, 2**64 - 1], [sketches[7][0], 2**64 - 1], [0]]
    source = Source("s", "s", "s.txt")
    items = [
        pipeline._Item(source, None, held=pipeline._Held(0, None, array("Q", one).tobytes())) for one in sketches
    ]  # fmt: skip
    assert pipeline._shared_hashes(items) == {sketches[0][3], sketches[7][0], 0, 2**64 - 1}


def test_rows_are_the_same_however_many_are_written_together(tmp_path, articles, provider, monkeypatch):
    def loaded(name: str) -> list[list[tuple[Any, ...]]]:
        place = tmp_path / name / "warehouse.duckdb"
        pipeline.run(Settings(warehouse=place), [articles], provider)
        tables = {"documents": "text", "records": "record", "sightings": "name, status", "extractions": "raw_answer"}
        return [query(place, f"select {columns} from raw.{table} order by all") for table, columns in tables.items()]

    together = loaded("together")
    monkeypatch.setattr(pipeline, "_BATCH_DOCUMENTS", 1)
    assert loaded("one by one") == together
    monkeypatch.setattr(pipeline, "_BATCH_DOCUMENTS", 1000)
    monkeypatch.setattr(pipeline, "_BATCH_BYTES", 100)
    assert loaded("by length") == together


def test_long_answers_about_known_documents_are_not_gathered_without_end(warehouse, articles, provider, monkeypatch):
    """No more rows wait than `_BATCH_BYTES` and those of one document, in a run and in a rebuild."""
    pipeline.run(Settings(warehouse=warehouse), [articles], provider)
    other = FakeProvider(version="2")
    for name in ("norway", "peru", "rain"):
        other.answers[name] = [other.attempt([{"type": "pledge", "quotes": ["x" * 5_000]}])]
    written: list[int] = []

    def counted(connection: Any, table: str, lines: list[bytes]) -> None:
        written.append(sum(map(len, lines)))
        insert_json(connection, table, lines)

    monkeypatch.setattr(pipeline, "insert_json", counted)
    monkeypatch.setattr(pipeline, "_BATCH_BYTES", 1_000)
    assert pipeline.run(Settings(warehouse=warehouse, concurrency=1), [articles], other).rejected_n == 3
    assert max(written) < 10_000
    written.clear()
    pipeline.rebuild(Settings(warehouse=warehouse))
    assert len(written) >= 3 and max(written) < 10_000


def test_a_rebuild_loads_rates_apart_and_only_other_ones(warehouse, articles, provider, monkeypatch):
    loaded: list[duckdb.DuckDBPyConnection] = []

    def load(connection: duckdb.DuckDBPyConnection) -> None:
        loaded.append(connection)

    def rebuilt(connection: duckdb.DuckDBPyConnection) -> None:
        assert not any(connection is one for one in loaded)

    monkeypatch.setattr(pipeline, "_load_rates", load)
    monkeypatch.setattr(pipeline, "_rebuild_records", rebuilt)
    pipeline.run(Settings(warehouse=warehouse), [articles], provider)
    assert len(loaded) == 1
    pipeline.rebuild(Settings(warehouse=warehouse))
    assert len(loaded) == 1
    monkeypatch.setattr("extract.rates.rates_version", lambda: "another")
    pipeline.rebuild(Settings(warehouse=warehouse))
    assert len(loaded) == 2


def test_the_journal_is_written_before_an_answer_counts(warehouse, articles):
    class Watching(FakeProvider):
        lines: list[int] = []  # noqa: RUF012

        async def extract(self, document: Document, check: Check) -> list[Attempt]:
            journal = warehouse.with_name("warehouse.duckdb.journal")
            self.lines.append(len(journal.read_bytes().splitlines()))
            await asyncio.sleep(0)
            return await super().extract(document, check)

    watching = Watching()
    pipeline.run(Settings(warehouse=warehouse, concurrency=1), [articles], watching)
    assert watching.lines == [0, 1, 2]
    assert not Journal(warehouse).entries


@pytest.mark.parametrize("batch", [1, 500], ids=["while asking", "at the end"])
def test_what_fails_first_is_what_is_said_and_the_provider_is_closed(
    warehouse, articles, provider, monkeypatch, batch
):
    said = iter(["IO Error: the disk is broken", *["FATAL Error: database has been invalidated"] * 9])

    def broken(*_: Any) -> None:
        raise duckdb.Error(next(said))

    monkeypatch.setattr(pipeline, "insert_json", broken)
    monkeypatch.setattr(pipeline, "_BATCH_DOCUMENTS", batch)
    with pytest.raises(WarehouseError, match="the disk is broken"):
        pipeline.run(Settings(warehouse=warehouse), [articles], provider)
    assert provider.is_closed


def test_tables_that_cannot_be_made_are_said_and_the_answers_are_kept(warehouse, articles, provider, monkeypatch):
    real = pipeline._complete_tables

    def broken(*_: Any) -> None:
        raise WarehouseError("no room for rates")

    monkeypatch.setattr(pipeline, "_complete_tables", broken)
    with pytest.raises(WarehouseError, match="no room for rates"):
        pipeline.run(Settings(warehouse=warehouse), [articles], provider)
    assert provider.is_closed and not warehouse.exists()
    monkeypatch.setattr(pipeline, "_complete_tables", real)
    again = FakeProvider()
    assert pipeline.run(Settings(warehouse=warehouse), [articles], again).extracted_n == 3
    assert again.asked == []


def test_a_worker_has_come_to_its_end_before_the_provider_is_closed(warehouse, articles, monkeypatch):
    """One answer cannot be written while another is under way."""

    class Waiting(FakeProvider):
        ended: list[bool] = []  # noqa: RUF012

        async def extract(self, document: Document, check: Check) -> list[Attempt]:
            if document.name == "norway":
                return await super().extract(document, check)
            try:
                await asyncio.Event().wait()
            finally:
                self.ended.append(self.is_closed)
            return []

    def broken(*_: Any) -> None:
        raise duckdb.Error("IO Error: the disk is broken")

    monkeypatch.setattr(pipeline, "insert_json", broken)
    monkeypatch.setattr(pipeline, "_BATCH_DOCUMENTS", 1)
    waiting = Waiting()
    with pytest.raises(WarehouseError, match="the disk is broken"):
        pipeline.run(Settings(warehouse=warehouse, concurrency=3), [articles], waiting)
    assert (waiting.ended, waiting.is_closed) == ([False, False], True)
