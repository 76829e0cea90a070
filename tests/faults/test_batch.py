"""`--batch` against a loopback server: half the price, the same rows, and a batch that is away is found again."""

from __future__ import annotations

import asyncio
import errno
import json
import re
import tracemalloc
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

import duckdb
import pytest
from fake_batches import FakeBatches, completion
from fake_provider import NORWAY, NORWAY_PLEDGE, PERU, PERU_TROOPS
from typer.testing import CliRunner

from extract.cli import app
from extract.config import Settings
from extract.errors import ConfigError, WarehouseError
from extract.pipeline import run as run_pipeline
from extract.providers import batch
from extract.providers.expected import Expectation
from extract.providers.llm import LLMProvider
from extract.providers.transports import Reply

DRAFTS = {NORWAY: NORWAY_PLEDGE, PERU: PERU_TROOPS}


class Killed(BaseException):
    """The run is killed here."""


def right(body: dict[str, Any]) -> dict[str, Any]:
    asked = body["messages"][1]["content"]
    return completion(json.dumps({"records": [draft for text, draft in DRAFTS.items() if text in asked]}))


def provider_at(url: str, warehouse: Path, **given: Any) -> LLMProvider:
    given.setdefault("sleep", lambda _: asyncio.sleep(0))
    return LLMProvider(
        "openai/gpt-5-mini", environment={"OPENAI_BASE_URL": url}, is_batch=True,
        batch_state_path=warehouse.with_name("warehouse.duckdb.batches"), timeout_seconds=10, **given,
    )  # fmt: skip


@pytest.fixture
def place(warehouse: Path) -> Path:
    warehouse.parent.mkdir()
    return warehouse


def rows(warehouse: Path, sql: str) -> list[Any]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_first_answers_come_through_a_batch_at_half_the_price(
    articles: Path, place: Path, without_dbt: list[str]
) -> None:
    with FakeBatches(right, polls_until_done=2) as server:
        summary = run_pipeline(Settings(warehouse=place), [articles], provider_at(server.url, place))
        assert server.direct == [] and len(server.batches) == 1
        (batch,) = server.batches.values()
        bodies = [request["body"] for request in server.requests_of(batch["input_file_id"])]
        assert len(bodies) == 3 and all(body["model"] == "gpt-5-mini" and body["response_format"] for body in bodies)
        # Nobody is asked again, neither directly nor by batch.
        again = run_pipeline(Settings(warehouse=place), [articles], provider_at(server.url, place))
        assert len(server.batches) == 1 and again.run_id is None
    assert (summary.extracted_n, summary.records_n, summary.failures) == (3, 2, [])
    assert summary.cost_usd == 3 * Decimal("0.00045") / 2
    assert rows(place, "select distinct cost_usd from raw.extractions") == [(Decimal("0.00022500"),)]


def test_a_batch_that_is_away_is_not_sent_twice(articles: Path, place: Path, without_dbt: list[str]) -> None:
    def killed(_: float) -> Any:
        raise Killed

    with FakeBatches(right, polls_until_done=1) as server:
        with pytest.raises(Killed):
            run_pipeline(Settings(warehouse=place), [articles], provider_at(server.url, place, sleep=killed))
        assert not place.exists()
        # A new document meanwhile goes into a batch of its own.
        (articles / "more.txt").write_text(NORWAY.replace("900", "800"), encoding="utf-8")
        summary = run_pipeline(Settings(warehouse=place), [articles], provider_at(server.url, place))
        sent = [len(server.requests_of(batch["input_file_id"])) for batch in server.batches.values()]
        assert sent == [3, 1] and server.direct == []
    assert (summary.extracted_n, summary.asked_n) == (4, 4)


def test_a_run_that_died_before_it_knew_its_batch_finds_it_by_its_file(
    articles: Path, place: Path, without_dbt: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def killed(self: Any, file_id: str) -> str:
        await create(self, file_id)
        raise Killed

    create = batch._Service.create
    with FakeBatches(right) as server:
        monkeypatch.setattr(batch._Service, "create", killed)
        with pytest.raises(Killed):
            run_pipeline(Settings(warehouse=place), [articles], provider_at(server.url, place))
        monkeypatch.setattr(batch._Service, "create", create)
        summary = run_pipeline(Settings(warehouse=place), [articles], provider_at(server.url, place))
        assert len(server.batches) == 1 and len([file for file in server.files if "out" not in file]) == 1
    assert summary.extracted_n == 3


def test_what_a_batch_leaves_out_is_asked_directly(articles: Path, place: Path, without_dbt: list[str]) -> None:
    seen: list[str] = []

    def forgetful(body: dict[str, Any]) -> dict[str, Any] | None:
        asked = body["messages"][1]["content"]
        seen.append(asked)
        return None if PERU in asked and seen.count(asked) == 1 else right(body)

    with FakeBatches(forgetful) as server:
        summary = run_pipeline(Settings(warehouse=place), [articles], provider_at(server.url, place))
        assert len(server.direct) == 1 and PERU in server.direct[0]["messages"][1]["content"]
    assert (summary.extracted_n, summary.records_n) == (3, 2)
    assert len(rows(place, "select distinct cost_usd from raw.extractions")) == 2


def test_a_record_of_a_batch_that_cannot_be_used_is_asked_about_directly(
    articles: Path, place: Path, without_dbt: list[str]
) -> None:
    def careless(body: dict[str, Any]) -> dict[str, Any]:
        if len(body["messages"]) > 2 or NORWAY not in body["messages"][1]["content"]:
            return right({"messages": body["messages"][:2]})
        wrong = {**NORWAY_PLEDGE, "money": "950 million dollars", "quotes": ["Norway pledged 950 million dollars"]}
        return completion(json.dumps({"records": [wrong]}))

    with FakeBatches(careless) as server:
        summary = run_pipeline(Settings(warehouse=place), [articles], provider_at(server.url, place))
        assert len(server.direct) == 1
    assert (summary.extracted_n, summary.records_n, summary.rejected_n) == (3, 2, 0)


def test_a_file_of_answers_that_breaks_off_is_read_again(articles: Path, place: Path, without_dbt: list[str]) -> None:
    with FakeBatches(right) as server:
        server.breaks_after = 500
        summary = run_pipeline(Settings(warehouse=place), [articles], provider_at(server.url, place))
        assert server.direct == [] and sum("content" in call for call in server.calls) == 2
    assert (summary.extracted_n, summary.records_n, summary.asked_n) == (3, 2, 3)


def test_questions_beyond_the_limits_of_a_batch_go_into_another(
    articles: Path, place: Path, without_dbt: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "_MAX_REQUESTS", 2)
    with FakeBatches(right) as server:
        summary = run_pipeline(Settings(warehouse=place), [articles], provider_at(server.url, place))
        sent = [server.requests_of(one["input_file_id"]) for one in server.batches.values()]
        assert [len(requests) for requests in sent] == [2, 1] and server.direct == []
        assert len({request["custom_id"] for requests in sent for request in requests}) == 3
    assert (summary.extracted_n, summary.records_n) == (3, 2)


def test_a_document_that_was_cut_off_is_not_put_into_a_batch_again(
    articles: Path, place: Path, without_dbt: list[str]
) -> None:
    """Its first answer breaks off, and there is no money to ask for the rest."""

    def breaks_off(body: dict[str, Any]) -> dict[str, Any]:
        answer = right(body)
        if PERU in body["messages"][1]["content"] and len(body["messages"]) == 2:
            answer["choices"][0] |= {"finish_reason": "length", "message": {"content": '{"records": [{"typ'}}
        return answer

    with FakeBatches(breaks_off) as server:
        first = run_pipeline(
            Settings(warehouse=place, concurrency=1), [articles],
            provider_at(server.url, place, budget_usd=Decimal("0.0005")),
        )  # fmt: skip
        assert len(server.batches) == 1 and server.direct == [] and first.failures
        last = run_pipeline(Settings(warehouse=place), [articles], provider_at(server.url, place))
        assert len(server.batches) == 1 and len(server.direct) == 1 and len(server.direct[0]["messages"]) == 4
    assert (first.records_n + last.records_n, last.failures) == (2, [])


def budget_for(documents_n: float, url: str, warehouse: Path) -> Decimal:
    """What so many of the articles are expected to cost in a batch."""
    expectation = Expectation(provider_at(url, warehouse).settings)
    costs = [expectation.cost_usd(expectation.of(text)) for text in (NORWAY, PERU)]
    return max(cost for cost in costs if cost is not None) * Decimal(documents_n)


def test_a_budget_fills_a_batch_no_further_and_the_rest_goes_into_the_next(
    articles: Path, place: Path, without_dbt: list[str]
) -> None:
    runs = []
    with FakeBatches(right) as server:
        budget = budget_for(2.2, server.url, place)
        for _ in range(3):
            provider = provider_at(server.url, place, budget_usd=budget)
            runs.append(run_pipeline(Settings(warehouse=place), [articles], provider))
        sent = [len(server.requests_of(batch["input_file_id"])) for batch in server.batches.values()]
        assert sent == [2, 1] and server.direct == []
    assert [(one.extracted_n, one.not_asked_n) for one in runs] == [(2, 1), (1, 0), (0, 0)]
    assert runs[0].published and [one.failures for one in runs[1:]] == [[], []]
    (said,) = runs[0].failures
    assert "pays for a batch of 2 documents, no more" in said and "1 documents were not asked about" in said


def test_a_budget_that_pays_for_nothing_is_said_and_sends_nothing(
    articles: Path, place: Path, without_dbt: list[str]
) -> None:
    with FakeBatches(right) as server:
        provider = provider_at(server.url, place, budget_usd=budget_for(0.5, server.url, place))
        with pytest.raises(ConfigError, match="pays for a batch of 0 documents"):
            run_pipeline(Settings(warehouse=place), [articles], provider)
        assert server.calls == [] and not place.exists()


def test_what_is_away_counts_within_the_budget(articles: Path, place: Path, without_dbt: list[str]) -> None:
    def killed(_: float) -> Any:
        raise Killed

    with FakeBatches(right, polls_until_done=1) as server:
        budget = budget_for(2.2, server.url, place)
        provider = provider_at(server.url, place, sleep=killed, budget_usd=budget)
        with pytest.raises(Killed):
            run_pipeline(Settings(warehouse=place), [articles], provider)
        # What comes first now was in no batch; two are paid for.
        (articles / "a.txt").write_text(NORWAY.replace("900", "800"), encoding="utf-8")
        (articles / "zz.txt").write_text(NORWAY.replace("900", "700"), encoding="utf-8")
        provider = provider_at(server.url, place, budget_usd=budget_for(3.2, server.url, place))
        summary = run_pipeline(Settings(warehouse=place), [articles], provider)
        sent = [len(server.requests_of(batch["input_file_id"])) for batch in server.batches.values()]
        assert sent == [2, 1] and server.direct == []
    assert (summary.extracted_n, summary.not_asked_n) == (3, 2)


@pytest.mark.parametrize("in_flight", [1, 8])
def test_where_no_money_is_left_to_ask_again_the_other_answers_of_the_batch_are_loaded(
    articles: Path, place: Path, without_dbt: list[str], in_flight: int
) -> None:
    def careless(body: dict[str, Any]) -> dict[str, Any]:
        answer = right({"messages": body["messages"][:2]})
        is_first = len(body["messages"]) == 2 and NORWAY in body["messages"][1]["content"]
        # What comes costs what was expected.
        answer["usage"] = {"prompt_tokens": 700 if is_first else 500, "completion_tokens": 20}
        if is_first:
            wrong = {**NORWAY_PLEDGE, "money": "950 million dollars", "quotes": ["Norway pledged 950 million dollars"]}
            answer["choices"][0]["message"]["content"] = json.dumps({"records": [wrong]})
        return answer

    (articles / "last.txt").write_text(PERU.replace("40", "50"), encoding="utf-8")
    with FakeBatches(careless) as server:
        budget = budget_for(4, server.url, place)
        settings = Settings(warehouse=place, concurrency=in_flight)
        first = run_pipeline(settings, [articles], provider_at(server.url, place, budget_usd=budget))
        assert len(server.batches) == 1 and server.direct == []
        assert (first.extracted_n, first.not_asked_n, first.asked_n) == (4, 0, 4) and first.failures
        again = run_pipeline(settings, [articles], provider_at(server.url, place))
        assert len(server.batches) == 1 and len(server.direct) == 1
    assert again.failures == [] and rows(place, "select count(distinct document_id) from raw.records") == [(2,)]


def test_questions_and_answers_of_a_batch_are_not_in_memory_together(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty megabytes of each pass through."""
    keys: list[str] = []
    text = "x" * 10_000

    async def upload(self: Any, file: IO[bytes]) -> str:
        file.seek(0)
        keys.extend(json.loads(line)["custom_id"] for line in file)
        return "file-0"

    async def get(self: Any, path: str) -> dict[str, Any]:
        return {"status": "completed", "output_file_id": "out"}

    async def create(self: Any, file_id: str) -> str:
        return "batch-0"

    async def read_lines(self: Any, file_id: str, take: Any) -> None:
        for key in keys:
            body = completion(text)
            take(json.dumps({"custom_id": key, "response": {"status_code": 200, "body": body}}).encode())

    for made in (upload, get, create, read_lines):
        monkeypatch.setattr(batch._Service, made.__name__, made)
    conversations = ([{"role": "user", "content": f"{number} {text}"}] for number in range(2_000))

    async def main() -> int:
        nonlocal keys
        settings = provider_at("http://127.0.0.1:1", place).settings
        tracemalloc.start()
        try:
            came = await batch.answers_of(conversations, settings, lambda _: asyncio.sleep(0), lambda line: None)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        answers = [came.take(key) for key in keys]
        assert len(answers) == 2_000 and all(isinstance(one, Reply) and one.text == text for one in answers)
        assert came.take(keys[0]) is None
        came.close()
        return peak

    assert asyncio.run(main()) < 4_000_000


def test_a_full_disk_ends_a_batch_with_words(articles: Path, place: Path, without_dbt: list[str],
                                             monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    def full(**_: Any) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    with FakeBatches(right) as server:
        monkeypatch.setattr("extract.providers.batch.tempfile.TemporaryFile", full)
        with pytest.raises(WarehouseError, match="Make room and call again"):
            run_pipeline(Settings(warehouse=place), [articles], provider_at(server.url, place))
        assert server.calls == []


def test_a_batch_needs_openai_and_a_place(place: Path) -> None:
    with pytest.raises(ConfigError, match="Batch API"):
        LLMProvider("anthropic/claude-haiku-4-5", environment={"ANTHROPIC_API_KEY": "x"}, is_batch=True)


def test_the_command_line_sends_a_batch_and_says_that_it_waits(
    articles: Path, place: Path, without_dbt: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with FakeBatches(right) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        arguments = ["run", str(articles), "--warehouse", str(place), "--model", "openai/gpt-5-mini"]
        result = CliRunner().invoke(app, [*arguments, "--batch", "--json"])
    assert result.exit_code == 0, result.stderr
    assert re.search(r"batch batch-0: completed, 3 of 3 came", result.stderr)
    printed = json.loads(result.stdout)
    assert (printed["extracted_n"], printed["prompt_tokens"], printed["cost_usd"]) == (3, 3000, 0.000675)
