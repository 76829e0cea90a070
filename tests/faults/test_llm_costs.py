"""What a model is asked beyond once: passages, passes, a second model; and where money ends."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from fake_openai import FakeReply, FakeRequest, FakeServer, Script, failed, records
from fake_provider import NORWAY, NORWAY_PLEDGE, PERU, PERU_TROOPS
from typer.testing import CliRunner

from extract.cli import app
from extract.config import Settings
from extract.documents import Document
from extract.errors import ConfigError
from extract.pipeline import RunSummary
from extract.pipeline import run as run_pipeline
from extract.providers import Attempt
from extract.providers.llm import LLMProvider
from extract.records import build_records, check_answer
from extract.sources.state import SourceState

FILLER = "Delegates met for another day and spoke of roads and schools. " * 40
LONG = f"{NORWAY}\n\n{FILLER}\n\n{PERU}\n\n{FILLER}\n\nNorway pledged 900 million dollars to Sudan, it said again."


def document(text: str) -> Document:
    return Document("id", "source", "name", text, "en", None, None, None, "name.txt")


def provider_at(url: str, model: str = "openai/gpt-5-mini", **given: Any) -> LLMProvider:
    async def nap(_: float) -> None:
        await asyncio.sleep(0)

    given.setdefault("sleep", nap)
    return LLMProvider(model, environment={"OPENAI_BASE_URL": url}, timeout_seconds=10, **given)


def ask(script: Script, text: str, **given: Any) -> tuple[list[Attempt], list[FakeRequest]]:
    one = document(text)

    async def main(url: str) -> list[Attempt]:
        provider = provider_at(url, **given)
        try:
            return await provider.extract(one, lambda answer: check_answer(one, answer))
        finally:
            await provider.close()

    with FakeServer(script) as server:
        return asyncio.run(main(server.url)), server.requests


def what_it_says(request: FakeRequest) -> FakeReply:
    """A reader who finds every fact of the passage that it is shown."""
    passage = request.messages[1]["content"]
    found = []
    if NORWAY_PLEDGE["quotes"][0] in passage:
        found.append(NORWAY_PLEDGE)
    if "it said again" in passage:
        found.append({**NORWAY_PLEDGE, "quotes": ["Norway pledged 900 million dollars to Sudan, it said again."]})
    if PERU in passage:
        found.append(PERU_TROOPS)
    return records(*found)


# --- passages ----------------------------------------------------------------------------------------


def test_a_long_document_is_asked_in_passages_and_its_records_are_merged() -> None:
    attempts, requests = ask(what_it_says, LONG, passage_chars=2_000)
    assert len(requests) == len(attempts) - 1 >= 3
    built = build_records(document(LONG), attempts[-1].raw_answer or "")
    assert [record.record_type for record in built.records] == ["pledge", "troop_commitment"]
    assert len(built.records[0].evidence) == 2
    for one in built.records:
        assert all(LONG[part.start : part.end] == part.quote for part in one.evidence)
    assert attempts[-1].status == "ok" and sum(attempt.cost_usd or 0 for attempt in attempts) > 0


def test_a_passage_without_an_answer_leaves_the_document_pending_and_keeps_the_others() -> None:
    def script(request: FakeRequest) -> FakeReply:
        return failed(500, "down") if PERU in request.messages[1]["content"] else what_it_says(request)

    attempts, _ = ask(script, LONG, passage_chars=2_000)
    assert attempts[-1].status == "truncated"
    assert "passages have no whole answer" in (attempts[-1].error_message or "")
    assert json.loads(attempts[-1].raw_answer or "")["records"][0]["type"] == "pledge"


def test_a_document_of_which_a_passage_failed_is_asked_about_again_and_keeps_its_records(
    tmp_path: Path, warehouse: Path, without_dbt: list[str]
) -> None:
    folder = tmp_path / "long"
    folder.mkdir()
    (folder / "long.txt").write_text(LONG, encoding="utf-8")
    is_down = True

    def script(request: FakeRequest) -> FakeReply:
        is_failing = is_down and PERU in request.messages[1]["content"]
        return failed(500, "down") if is_failing else what_it_says(request)

    with FakeServer(script) as server:
        first = run_pipeline(Settings(warehouse=warehouse), [folder], provider_at(server.url, passage_chars=2_000))
        assert (first.records_n, len(first.failures)) == (1, 1)
        is_down = False
        second = run_pipeline(Settings(warehouse=warehouse), [folder], provider_at(server.url, passage_chars=2_000))
    assert (second.records_n, second.failures, second.unchanged_n) == (2, [], 0)


def test_a_short_document_has_one_fingerprint_whatever_the_length_of_passages() -> None:
    one, other = (provider_at("http://127.0.0.1:1", passage_chars=length) for length in (2_000, 3_000))
    assert one.fingerprint(document(NORWAY)) == other.fingerprint(document(NORWAY))
    assert one.fingerprint(document(LONG)) != other.fingerprint(document(LONG))


# --- passes --------------------------------------------------------------------------------------------


def test_a_second_pass_sees_what_was_found_and_adds_what_was_missing() -> None:
    text = f"{NORWAY} {PERU}"
    attempts, requests = ask([records(NORWAY_PLEDGE), records(PERU_TROOPS)], text, passes=3)
    # The third pass asks; it brings nothing new, since the script says the same again.
    assert len(requests) == 3
    assert "900 million" in requests[1].messages[2]["content"] and "1 records" in requests[1].messages[3]["content"]
    assert requests[1].messages[:2] == requests[0].messages
    found = json.loads(attempts[-1].raw_answer or "")["records"]
    assert [one["type"] for one in found] == ["pledge", "troop_commitment"]


def test_a_second_pass_that_fails_takes_nothing_away() -> None:
    attempts, _ = ask([records(NORWAY_PLEDGE), failed(400, "too long")], NORWAY, passes=2)
    assert attempts[-1].status == "ok" and len(json.loads(attempts[-1].raw_answer or "")["records"]) == 1
    truncated = FakeReply('{"records": [{"type"', finish_reason="length")
    attempts, _ = ask([records(NORWAY_PLEDGE), truncated], NORWAY, passes=2, max_attempts=1)
    assert attempts[-1].status == "ok" and len(json.loads(attempts[-1].raw_answer or "")["records"]) == 1


def test_one_pass_is_one_request() -> None:
    attempts, requests = ask([records(NORWAY_PLEDGE)], NORWAY)
    assert (len(attempts), len(requests)) == (1, 1)


# --- a second model ------------------------------------------------------------------------------------


def test_what_the_other_model_does_not_find_is_a_rejected_row_with_its_reason() -> None:
    def script(request: FakeRequest) -> FakeReply:
        if request.body["model"] == "checker":
            assert "Peru will send" in request.messages[1]["content"] and "2. {" in request.messages[1]["content"]
            return FakeReply('{"records": [{"record": 2, "reason": "only considered"}]}')
        return records(NORWAY_PLEDGE, PERU_TROOPS)

    text = f"{NORWAY} {PERU}"
    attempts, requests = ask(script, text, verify="openai/checker")
    assert [request.body["model"] for request in requests] == ["gpt-5-mini", "checker"]
    assert [attempt.provider for attempt in attempts] == ["openai/gpt-5-mini", "openai/checker", "openai/gpt-5-mini"]
    built = build_records(document(text), attempts[-1].raw_answer or "")
    assert [record.record_type for record in built.records] == ["pledge"]
    (rejected,) = built.rejections
    assert (rejected.reason_code, rejected.reason) == (
        "not_a_record", "openai/checker does not find it in the document: only considered",
    )  # fmt: skip


@pytest.mark.parametrize("reply", [failed(400, "no"), FakeReply("I think they are fine."), FakeReply("", refusal="no")])
def test_without_an_answer_of_the_other_model_the_records_stay_and_the_row_says_so(reply: FakeReply) -> None:
    def script(request: FakeRequest) -> FakeReply:
        return reply if request.body["model"] == "checker" else records(NORWAY_PLEDGE)

    attempts, _ = ask(script, NORWAY, verify="openai/checker")
    assert attempts[-1].status == "ok" and len(json.loads(attempts[-1].raw_answer or "")["records"]) == 1
    assert "not verified by openai/checker" in (attempts[-1].error_message or "")


# --- money ---------------------------------------------------------------------------------------------


def many(folder: Path, number_of: int) -> Path:
    folder.mkdir()
    for number in range(number_of):
        (folder / f"{number:02}.txt").write_text(NORWAY.replace("900", str(100 + number)), encoding="utf-8")
    return folder


def test_a_budget_ends_a_run_cleanly_and_the_next_one_goes_on(
    tmp_path: Path, warehouse: Path, without_dbt: list[str]
) -> None:
    folder = many(tmp_path / "many", 12)
    # A thousandth of a dollar each, within the estimate of what is set aside.
    reply = FakeReply('{"records": []}', prompt_tokens=400, completion_tokens=450)
    with FakeServer([reply]) as server:
        asked: list[int] = []
        for _ in range(2):
            provider = provider_at(server.url, budget_usd=Decimal("0.0085"), concurrency=4)
            summary = run_pipeline(Settings(warehouse=warehouse, concurrency=4), [folder], provider)
            assert provider.spent_usd <= Decimal("0.0085")
            assert summary.published and summary.cost_usd == provider.spent_usd
            state = SourceState(warehouse, read_only=True)
            assert state.runs(1)[0].summary["cost_usd"] == float(provider.spent_usd)
            state.close()
            asked.append(summary.asked_n)
        assert sum(asked) == len(server.requests) == 12 and asked[0] == 8
    assert not summary.failures


def test_a_run_that_its_budget_ended_says_so_and_exits_with_1(
    tmp_path: Path, warehouse: Path, without_dbt: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = many(tmp_path / "many", 12)
    with FakeServer([FakeReply('{"records": []}', prompt_tokens=400, completion_tokens=450)]) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        command = ["run", str(folder), "--warehouse", str(warehouse), "--model", "openai/gpt-5-mini", "--json",
                   "--budget-usd", "0.005", "--concurrency", "2"]  # fmt: skip
        result = CliRunner().invoke(app, command)
    assert result.exit_code == 1
    assert "The budget of $0.005 does not reach further" in result.stderr and "call again to go on" in result.stderr
    printed = json.loads(result.stdout)
    assert printed["published"] and 0 < printed["cost_usd"] <= 0.005 and printed["extracted_n"] < 12


def test_what_was_paid_for_before_the_budget_ended_within_a_document_is_kept_and_counted(
    tmp_path: Path, warehouse: Path, without_dbt: list[str]
) -> None:
    """The second document is answered with no JSON, and there is no money to ask it again."""
    folder = many(tmp_path / "many", 3)

    def script(request: FakeRequest) -> FakeReply:
        text = '{"records": []}' if "pledged 100 million" in request.messages[1]["content"] else "Let me see."
        return FakeReply(text, prompt_tokens=400, completion_tokens=450)

    with FakeServer(script) as server:
        provider = provider_at(server.url, budget_usd=Decimal("0.0025"), concurrency=1)
        summary = run_pipeline(Settings(warehouse=warehouse, concurrency=1), [folder], provider)
        assert len(server.requests) == 2
    assert (summary.extracted_n, summary.asked_n, summary.prompt_tokens) == (1, 2, 800)
    assert summary.cost_usd == provider.spent_usd > 0
    assert "2 documents were not asked about" in summary.failures[-1]
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = connection.execute(
            "select status, error_type, raw_answer, cost_usd > 0 from raw.extractions order by asked_at, attempt_n"
        ).fetchall()
    assert found == [
        ("ok", None, '{"records": []}', True), ("invalid", "not_json", "Let me see.", True),
        ("error", "budget", None, None),
    ]  # fmt: skip


def test_what_was_paid_for_is_kept_when_the_budget_ends_before_anything_is_whole(
    tmp_path: Path, warehouse: Path, without_dbt: list[str]
) -> None:
    folder = many(tmp_path / "many", 1)
    with FakeServer([FakeReply("Let me see.", prompt_tokens=400, completion_tokens=450)]) as server:
        provider = provider_at(server.url, budget_usd=Decimal("0.0015"))
        with pytest.raises(ConfigError, match="budget"):
            run_pipeline(Settings(warehouse=warehouse), [folder], provider)
    assert not warehouse.exists()
    (line,) = warehouse.with_name("warehouse.duckdb.journal").read_text().splitlines()
    kept = [(one["status"], one["error_type"], one["prompt_tokens"]) for one in json.loads(line)["attempts"]]
    assert kept == [("invalid", "not_json", 400), ("error", "budget", None)]
    with FakeServer([FakeReply('{"records": []}', prompt_tokens=400, completion_tokens=450)]) as server:
        summary = run_pipeline(Settings(warehouse=warehouse), [folder], provider_at(server.url))
        # It goes on where it was: the answer that was paid for is shown, with what was wrong with it.
        assert [message["content"] for message in server.requests[0].messages[2:3]] == ["Let me see."]
    assert (summary.extracted_n, summary.asked_n, summary.prompt_tokens) == (1, 1, 400)
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        assert connection.execute("select count(*), sum(prompt_tokens) from raw.extractions").fetchall() == [(3, 800)]


# --- a document within which the budget ended ------------------------------------------------------------

BROKEN_OFF = FakeReply(json.dumps({"records": [NORWAY_PLEDGE]})[:-2] + ', {"type"', finish_reason="length",
                       prompt_tokens=400, completion_tokens=450)  # fmt: skip
THE_REST = FakeReply(json.dumps({"records": [PERU_TROOPS]}), prompt_tokens=400, completion_tokens=450)
SCHEDULED: dict[str, Any] = {"retry_after": timedelta(hours=6), "give_up_after": 1}
"""Settings under which a document that failed once is not asked about again."""


def norway_and_peru(folder: Path) -> Path:
    """A folder with one document of two records."""
    folder.mkdir()
    (folder / "one.txt").write_text(f"{NORWAY} {PERU}", encoding="utf-8")
    return folder


def test_a_document_within_which_the_budget_ended_is_pending_and_goes_on_from_its_answers(
    tmp_path: Path, warehouse: Path, without_dbt: list[str]
) -> None:
    """The first answer breaks off after a whole record, and there is no money to ask for the rest."""
    folder = norway_and_peru(tmp_path / "one")
    settings = Settings(warehouse=warehouse, concurrency=1, **SCHEDULED)
    with FakeServer([BROKEN_OFF, THE_REST]) as server:
        seen = []
        provider = provider_at(server.url, budget_usd=Decimal("0.0015"))
        first = run_pipeline(settings, [folder], provider, progress=lambda result, *_: seen.append(result.status))
        assert (first.published, first.records_n, first.asked_n, seen) == (True, 1, 1, ["cut off"])
        assert "does not reach further" in first.failures[0] and first.failures[0].count("call again") == 1
        # No money at all brings nothing, and takes nothing away: no request, no row.
        with pytest.raises(ConfigError, match="does not reach further"):
            run_pipeline(settings, [folder], provider_at(server.url, budget_usd=Decimal("0.0000001")))
        assert count(warehouse, "raw.extractions where error_type = 'budget'") == 2
        last = run_pipeline(settings, [folder], provider_at(server.url))
        assert (last.asked_n, last.records_n, last.put_off_n, last.failures) == (1, 2, 0, [])
        assert len(server.requests) == 2 and "900 million" in server.requests[1].messages[2]["content"]
        again = run_pipeline(settings, [folder], provider_at(server.url))
        assert (again.run_id, len(server.requests)) == (None, 2)
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = connection.execute(
            "select attempt_n, status, error_type, prompt_tokens from raw.extractions order by attempt_n"
        ).fetchall()
        failed_n = connection.execute("select failed_n from raw.runs order by run_id").fetchall()
    assert found == [
        (1, "truncated", "length", 400), (2, "error", "budget", None), (3, "truncated", "budget", None),
        (4, "ok", None, 400), (5, "ok", None, None),
    ]  # fmt: skip
    assert failed_n == [(0,), (0,)]


def test_a_question_that_is_put_twice_within_a_document_is_paid_twice_and_no_more(
    tmp_path: Path, warehouse: Path, without_dbt: list[str]
) -> None:
    """A model that answers alike is asked alike again: the second and the third conversation are one."""
    folder = many(tmp_path / "many", 1)
    with FakeServer([FakeReply("Let me see.", prompt_tokens=400, completion_tokens=450)]) as server:
        for _ in range(3):
            provider = provider_at(server.url, budget_usd=Decimal("0.0015"))
            with suppress(ConfigError):  # nothing whole came
                run_pipeline(Settings(warehouse=warehouse), [folder], provider)
        assert len(server.requests) == 3
        assert server.requests[1].messages == server.requests[2].messages
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = connection.execute("select count(*), sum(prompt_tokens) from raw.extractions").fetchall()
    assert found == [(5, 1200)]


def test_half_an_answer_does_not_replace_a_whole_one(
    tmp_path: Path, warehouse: Path, without_dbt: list[str]
) -> None:
    """The question changes; its answer is cut off, once and again; the old one stands until the new one is whole."""
    folder = norway_and_peru(tmp_path / "one")
    stands_for = (
        "select count(*) from raw.records where extraction_id in (select extraction_id from raw.sightings"
        " qualify row_number() over (partition by source_id order by seen_at desc) = 1)"
    )
    both = records(NORWAY_PLEDGE, PERU_TROOPS, prompt_tokens=400, completion_tokens=450)

    def now(server: FakeServer, **given: Any) -> int:
        run_pipeline(Settings(warehouse=warehouse), [folder], provider_at(server.url, **given))
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            (found,) = connection.execute(stands_for).fetchall()
        return int(found[0])

    with FakeServer([both, BROKEN_OFF, BROKEN_OFF, THE_REST]) as server:
        assert now(server) == 2
        assert now(server, passes=2, budget_usd=Decimal("0.0015")) == 2
        assert now(server, passes=2, budget_usd=Decimal("0.0015")) == 2
        assert len(server.requests) == 3
        assert now(server, passes=2) == 2 and len(server.requests) > 3
        assert count(warehouse, "raw.sightings where error is not null") == 1
    # Where nothing stood, it is taken.
    other = tmp_path / "other.duckdb"
    with FakeServer([BROKEN_OFF]) as server:
        provider = provider_at(server.url, budget_usd=Decimal("0.0015"))
        assert run_pipeline(Settings(warehouse=other), [folder], provider).records_n == 1


def count(warehouse: Path, what: str) -> int:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        (found,) = connection.execute(f"select count(*) from {what}").fetchall()
    return int(found[0])


def test_of_a_long_document_only_the_passages_without_an_answer_are_asked_later(
    tmp_path: Path, warehouse: Path, without_dbt: list[str]
) -> None:
    folder = tmp_path / "long"
    folder.mkdir()
    (folder / "long.txt").write_text(LONG, encoding="utf-8")

    def script(request: FakeRequest) -> FakeReply:
        return replace(what_it_says(request), prompt_tokens=900, completion_tokens=500)

    with FakeServer(script) as server:
        for budget in ("0.0018", "0.0018", None):
            money = {} if budget is None else {"budget_usd": Decimal(budget)}
            provider = provider_at(server.url, passage_chars=2_000, concurrency=1, **money)
            summary = run_pipeline(Settings(warehouse=warehouse, **SCHEDULED), [folder], provider)
            assert summary.asked_n > 0 and summary.published
        whole = {json.dumps(request.messages) for request in server.requests}
        assert len(whole) == len(server.requests) >= 3
    assert (summary.failures, summary.records_n) == ([], 2)


class Failing:
    """A server that fails passages with certain words, or answers them badly, until it is mended."""

    def __init__(self, folder: Path, **words: str) -> None:
        self.words = words
        self.asked: list[str] = []
        folder.mkdir()
        (folder / "long.txt").write_text(LONG, encoding="utf-8")

    def __call__(self, request: FakeRequest) -> FakeReply:
        self.asked.append(json.dumps(request.messages))
        said = request.messages[1]["content"]
        if "lost" in self.words and self.words["lost"] in said:
            return failed(500, "down")
        return FakeReply("Let me see.") if "bad" in self.words and self.words["bad"] in said else what_it_says(request)

    def mended(self) -> set[str]:
        """What was asked until now, each once; from here on it answers rightly."""
        asked, self.asked, self.words = set(self.asked), [], {}
        return asked


def test_of_a_long_document_only_passages_that_the_server_lost_are_asked_again(
    tmp_path: Path, warehouse: Path, without_dbt: list[str]
) -> None:
    script = Failing(tmp_path / "long", lost=PERU)
    with FakeServer(script) as server:

        def now(**given: Any) -> RunSummary:
            provider = provider_at(server.url, passage_chars=2_000)
            return run_pipeline(Settings(warehouse=warehouse, **given), [tmp_path / "long"], provider)

        first = now(**SCHEDULED)
        assert (first.records_n, len(first.failures)) == (1, 1) and "call again for the rest" in first.failures[0]
        # It is a failure: a schedule waits, and then asks.
        assert now(**SCHEDULED).put_off_n == 1
        before = script.mended()
        lost = {one for one in before if PERU in one}
        second = now()
        assert set(script.asked) == lost < before and len(script.asked) == len(lost) == second.asked_n
        assert (second.records_n, second.failures) == (2, [])
        assert now().run_id is None


def test_a_passage_that_was_answered_badly_is_asked_again_beside_those_that_were_lost(
    tmp_path: Path, warehouse: Path, without_dbt: list[str]
) -> None:
    script = Failing(tmp_path / "long", lost=PERU, bad="it said again")
    with FakeServer(script) as server:

        def now() -> RunSummary:
            provider = provider_at(server.url, passage_chars=2_000)
            return run_pipeline(Settings(warehouse=warehouse), [tmp_path / "long"], provider)

        assert now().records_n == 1
        before = {one for one in script.mended() if len(json.loads(one)) == 2}
        missing = {one for one in before if PERU in one or "it said again" in one}
        assert now().records_n == 2 and set(script.asked) == missing < before


def test_lost_passages_are_asked_again_from_the_journal_of_a_run_that_did_not_publish(
    tmp_path: Path, warehouse: Path, without_dbt: list[str]
) -> None:
    script = Failing(tmp_path / "long", lost=PERU)
    without_dbt.append("a test failed")
    with FakeServer(script) as server:

        def now() -> RunSummary:
            provider = provider_at(server.url, passage_chars=2_000)
            return run_pipeline(Settings(warehouse=warehouse), [tmp_path / "long"], provider)

        for _ in range(2):
            assert not now().published
        before = script.asked.copy()
        lost = {one for one in script.mended() if PERU in one}
        assert all(before.count(one) == (6 if one in lost else 1) for one in before)
        without_dbt.clear()
        last = now()
        assert (last.records_n, last.failures, sorted(script.asked)) == (2, [], sorted(lost))


def test_an_answer_without_lost_passages_does_not_replace_a_whole_one(
    tmp_path: Path, warehouse: Path, without_dbt: list[str]
) -> None:
    """The question changes, and a passage is lost: the old records stand until it has come."""
    script = Failing(tmp_path / "long")
    stands = "raw.sightings where status = 'ok' and extraction_id in (select extraction_id from raw.records)"
    with FakeServer(script) as server:

        def now(**given: Any) -> RunSummary:
            provider = provider_at(server.url, passage_chars=2_000, **given)
            return run_pipeline(Settings(warehouse=warehouse), [tmp_path / "long"], provider)

        assert now().records_n == 2
        script.words = {"lost": PERU}
        assert now(temperature=0.5).records_n == 0 and count(warehouse, "raw.records") == 2
        lost = {one for one in script.mended() if PERU in one}
        assert now(temperature=0.5).records_n == 2 and set(script.asked) == lost
    assert count(warehouse, stands) == 3 and count(warehouse, "raw.records") == 4


def test_what_was_cut_off_in_a_run_that_did_not_publish_goes_on_from_the_journal(
    tmp_path: Path, warehouse: Path, without_dbt: list[str]
) -> None:
    folder = norway_and_peru(tmp_path / "one")
    without_dbt.append("a test failed")
    with FakeServer([BROKEN_OFF, THE_REST]) as server:
        first = run_pipeline(
            Settings(warehouse=warehouse), [folder], provider_at(server.url, budget_usd=Decimal("0.0015"))
        )
        assert not first.published
        without_dbt.clear()
        # Without money what the journal has is loaded, and nobody asked.
        broke = run_pipeline(
            Settings(warehouse=warehouse), [folder], provider_at(server.url, budget_usd=Decimal("0.0000001"))
        )
        assert (broke.published, broke.records_n, broke.asked_n, len(server.requests)) == (True, 1, 0, 1)
        last = run_pipeline(Settings(warehouse=warehouse), [folder], provider_at(server.url))
        assert (last.records_n, last.failures, len(server.requests)) == (2, [], 2)
    assert not warehouse.with_name("warehouse.duckdb.journal").exists()


def test_what_failed_is_asked_anew_and_not_taken_for_cut_off(
    tmp_path: Path, warehouse: Path, without_dbt: list[str]
) -> None:
    folder = many(tmp_path / "many", 1)
    with FakeServer([FakeReply("Let me see.")]) as server:
        settings = Settings(warehouse=warehouse, **SCHEDULED)
        failed_once = run_pipeline(settings, [folder], provider_at(server.url))
        assert (len(failed_once.failures), len(server.requests)) == (1, 3)
        assert run_pipeline(settings, [folder], provider_at(server.url)).put_off_n == 1
        again = run_pipeline(Settings(warehouse=warehouse), [folder], provider_at(server.url))
        assert (again.asked_n, len(server.requests[3].messages)) == (3, 2)


@pytest.mark.parametrize("passes", [1, 2])
def test_a_second_pass_or_model_for_which_there_is_no_money_comes_later(
    tmp_path: Path, warehouse: Path, without_dbt: list[str], passes: int
) -> None:
    folder = norway_and_peru(tmp_path / "one")
    more: dict[str, Any] = {"passes": 2} if passes == 2 else {"verify": "openai/gpt-5"}

    def script(request: FakeRequest) -> FakeReply:
        if request.body["model"] == "gpt-5":
            return FakeReply('{"records": [{"record": 2, "reason": "only considered"}]}')
        found = [PERU_TROOPS] if len(request.messages) > 2 else [NORWAY_PLEDGE, PERU_TROOPS][: 3 - passes]
        return records(*found, prompt_tokens=400, completion_tokens=450)

    with FakeServer(script) as server:
        first = run_pipeline(
            Settings(warehouse=warehouse), [folder], provider_at(server.url, budget_usd=Decimal("0.0015"), **more)
        )
        assert (first.asked_n, len(first.failures), first.records_n) == (1, 1, 3 - passes)
        last = run_pipeline(Settings(warehouse=warehouse), [folder], provider_at(server.url, **more))
        assert (last.asked_n, last.failures) == (1, [])
    assert (last.records_n, last.rejected_n) == ((2, 0) if passes == 2 else (1, 1))


def test_the_model_that_verifies_is_paid_from_the_same_budget() -> None:
    def script(request: FakeRequest) -> FakeReply:
        return records(*([] if request.body["model"] == "gpt-5" else [NORWAY_PLEDGE]), prompt_tokens=10_000)

    one = document(NORWAY)

    async def main(url: str) -> Decimal:
        provider = provider_at(url, verify="openai/gpt-5", budget_usd=Decimal(1))
        attempts = await provider.extract(one, lambda answer: check_answer(one, answer))
        await provider.close()
        assert sum((attempt.cost_usd or Decimal(0) for attempt in attempts), Decimal(0)) == provider.spent_usd
        return provider.spent_usd

    with FakeServer(script) as server:
        assert asyncio.run(main(server.url)) > Decimal("0.0125")
    with pytest.raises(ConfigError, match="no price for 'openai/unheard-of'"):
        provider_at("http://127.0.0.1:1", verify="openai/unheard-of", budget_usd=Decimal(1))


def test_a_budget_without_a_price_is_misuse() -> None:
    with pytest.raises(ConfigError, match="no price for 'openai/unheard-of'"):
        provider_at("http://127.0.0.1:1", "openai/unheard-of", budget_usd=Decimal(1))


def test_a_dry_run_asks_nobody_and_writes_nothing(
    articles: Path, warehouse: Path, monkeypatch: pytest.MonkeyPatch, without_dbt: list[str]
) -> None:
    with FakeServer([records()]) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        command = ["run", str(articles), "--warehouse", str(warehouse), "--model", "openai/gpt-5-mini"]
        result = CliRunner().invoke(app, [*command, "--dry-run", "--json"])
        assert (result.exit_code, server.requests, warehouse.parent.exists()) == (0, [], False)
        told = json.loads(result.stdout)
        assert (told["documents_n"], told["pending_n"], told["requests_n"]) == (3, 3, 3)
        assert told["prompt_tokens"] > 900 and 0 < told["cost_usd"] < 0.01 and told["seconds"] > 0
        assert CliRunner().invoke(app, command).exit_code == 0
        again = CliRunner().invoke(app, [*command, "--dry-run"])
    assert "to ask about: 0" in again.stdout
    unknown = CliRunner().invoke(app, ["run", str(articles), "--model", "ollama/x", "--dry-run"])
    assert "cost unknown" not in unknown.stdout
