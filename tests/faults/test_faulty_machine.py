"""What goes wrong around a run: killed, no room, no permission, a model that goes away. Real processes, made by fork.

Each leaves the published warehouse as it was, or whole and with everything that was known, and says what it was. dbt's
part is left out; `benchmarks/kill_runs.py` kills runs with it.
"""

from __future__ import annotations

import json
import os
import random
import re
import resource
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp  # noqa: F401 - imported once, before the processes part
import duckdb
import pytest
from fake_openai import FakeReply, FakeRequest, FakeServer, failed, records
from fake_provider import NORWAY, NORWAY_PLEDGE, FakeProvider

from extract import pipeline
from extract.config import Settings
from extract.errors import PledgebookError
from extract.providers.llm import LLMProvider
from extract.status import read_status

pytestmark = pytest.mark.usefixtures("without_dbt")

KILLS = 4


def forked(work: Callable[[Callable[[str], None]], None], *, kill_at: int | None = None) -> list[str]:
    """What a process of its own said; killed with its `kill_at`th word, if it says so many."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:  # pragma: no cover
        os.close(reading)

        def say(words: str) -> None:
            os.write(writing, (" ".join(words.split()) + "\n").encode())

        try:
            work(say)
        except PledgebookError as error:
            say(f"error: {error}")
        except BaseException as error:
            say(f"bug: {type(error).__name__}: {error}")
        os._exit(0)
    os.close(writing)
    said: list[str] = []
    with os.fdopen(reading, "r") as words:
        for line in words:
            said.append(line.strip())
            if len(said) == kill_at:
                os.kill(pid, signal.SIGKILL)
                break
    os.waitpid(pid, 0)
    assert not any(line.startswith("bug: ") for line in said), said
    return said


def spoken(summary: pipeline.RunSummary) -> str:
    return json.dumps({"failures": summary.failures, "published": summary.published, "asked": summary.asked_n})


def rows(warehouse: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.execute(sql).fetchall()


@pytest.fixture
def model() -> Iterator[FakeServer]:
    """A model that reads how many millions Norway pledged."""

    def answer(request: FakeRequest) -> FakeReply:
        found = re.search(r"pledged (\d+) million", request.messages[-1]["content"])
        assert found
        return records(json.loads(json.dumps(NORWAY_PLEDGE).replace("900", found.group(1))))

    with FakeServer(answer) as server:
        yield server


def write(folder: Path, numbers: range) -> None:
    folder.mkdir(exist_ok=True)
    for number in numbers:
        (folder / f"{number}.txt").write_text(NORWAY.replace("900", str(number)), encoding="utf-8")


def test_runs_killed_at_random_moments_lose_and_double_nothing(model, tmp_path, warehouse, monkeypatch):
    """Killed between any two steps: listing, each answer, building, publishing, remembering."""
    monkeypatch.setenv("OPENAI_BASE_URL", model.url)
    folder = tmp_path / "articles"
    chance = random.Random(6)
    # What every process would load for itself is loaded before they part.
    write(tmp_path / "other", range(1, 2))
    pipeline.run(Settings(warehouse=tmp_path / "other.duckdb"), [tmp_path / "other"], FakeProvider())

    def run(say: Callable[[str], None]) -> None:
        for name in ("publish", "_stamp", "_extract_into", "_plan"):
            real = getattr(pipeline, name)

            def told(*given: Any, _real: Any = real, _name: str = name, **more: Any) -> Any:
                say(_name)
                made = _real(*given, **more)
                say(f"{_name} done")
                return made

            setattr(pipeline, name, told)
        provider = LLMProvider("openai/m", api_key="k", concurrency=2)
        settings = Settings(warehouse=warehouse)
        summary = pipeline.run(settings, [folder], provider, progress=lambda result, done, total: say(result.name),
                               stage=say)  # fmt: skip
        say(spoken(summary))

    for kill in range(KILLS):
        first = 100 + 10 * kill
        write(folder, range(first, first + 3))
        said = forked(run, kill_at=chance.randint(1, 16))
        if warehouse.exists():
            assert rows(warehouse, "select count(*) from raw.records")[0][0] % 3 == 0, said
        said = forked(run)
        assert json.loads(said[-1])["failures"] == []
        total = 3 * (kill + 1)
        for table in ("documents", "records", "sightings"):
            assert rows(warehouse, f"select count(*) from raw.{table}") == [(total,)], (table, said)
    amounts = rows(warehouse, "select (record ->> '$.money.amount')::bigint // 1000000 from raw.records order by 1")
    assert [one for (one,) in amounts] == [100 + 10 * kill + n for kill in range(KILLS) for n in range(3)]
    assert rows(warehouse, "select count(*), count(distinct (document_id, fingerprint)) from raw.extractions "
                           "where status = 'ok'") == [(3 * KILLS, 3 * KILLS)]  # fmt: skip
    assert {run["outcome"] for run in read_status(warehouse, 100)["runs"]} >= {"published", "died"}


@pytest.mark.parametrize("where", ["the copy", "the tables"])
def test_a_full_disk_leaves_the_published_file_as_it_was(where, articles, warehouse, provider):
    """No file may grow beyond a limit, at which the copy of the warehouse fails, or what DuckDB writes into it."""
    pipeline.run(Settings(warehouse=warehouse), [articles], provider)
    before = warehouse.read_bytes()
    limit = 1_000 if where == "the copy" else len(before) + 1_000
    chance = random.Random(6)
    for number in range(4):
        words = " ".join(f"{chance.getrandbits(64):x}" for _ in range(12_000))
        (articles / f"new-{number}.txt").write_text(f"No word of this is worth anything. {words}")

    def run(say: Callable[[str], None]) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        say(spoken(pipeline.run(Settings(warehouse=warehouse), [articles], FakeProvider())))

    (said,) = forked(run)
    assert said.startswith("error: "), said
    assert "Make room" in said, said
    assert warehouse.read_bytes() == before
    assert pipeline.run(Settings(warehouse=warehouse), [articles], provider).published


def test_a_full_disk_while_texts_wait_is_said_and_the_next_run_goes_on(articles, warehouse):
    """Only what waits on disk passes the limit, in two steps: what was written of it fits, and is not enough."""
    chance = random.Random(7)
    for number in range(8):
        words = " ".join(f"{chance.getrandbits(64):x}" for _ in range(4_000))
        (articles / f"new-{number}.txt").write_text(f"No word of this is worth anything. {words}")

    def run(say: Callable[[str], None]) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
        say(spoken(pipeline.run(Settings(warehouse=warehouse), [articles], FakeProvider())))

    (said,) = forked(run)
    assert said.startswith("error: Texts that wait to be asked about cannot be kept"), said
    assert "Make room" in said, said
    assert pipeline.run(Settings(warehouse=warehouse), [articles], FakeProvider()).published


def test_without_permission_the_file_is_named_and_nothing_is_lost(provider):
    base = Path(tempfile.mkdtemp(prefix="pledgebook-test-"))
    try:
        base.chmod(0o755)
        articles, warehouse = base / "articles", base / "out" / "warehouse.duckdb"
        write(articles, range(100, 102))
        pipeline.run(Settings(warehouse=warehouse), [articles], provider)
        before = warehouse.read_bytes()
        (articles / "100.txt").chmod(0)

        def run(say: Callable[[str], None]) -> None:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setegid(65534)
                os.seteuid(65534)
            say(spoken(pipeline.run(Settings(warehouse=warehouse), [articles], FakeProvider(version="2"))))

        # Nothing beside the warehouse may be written.
        for path in (base / "out").iterdir():
            path.chmod(0o444)
        (base / "out").chmod(0o555)
        (said,) = forked(run)
        assert said.startswith("error: ") and "cannot be written (Permission denied)" in said
        assert warehouse.read_bytes() == before
        # The warehouse may be written, one document not be read.
        for path in (base / "out", *(base / "out").iterdir()):
            path.chmod(0o777)
        (said,) = forked(run)
        told = json.loads(said)
        assert "100.txt' cannot be read: Permission denied" in told["failures"][0]
        assert told["published"]
        assert rows(warehouse, "select count(*) from raw.sightings where status = 'failed'") == [(0,)]
    finally:
        shutil.rmtree(base, ignore_errors=True)


def test_a_model_that_goes_away_half_way_costs_nothing_that_came(tmp_path, warehouse, monkeypatch):
    folder = tmp_path / "articles"
    write(folder, range(100, 103))
    answered: list[str] = []

    def answer(request: FakeRequest) -> FakeReply:
        found = re.search(r"pledged (\d+) million", request.messages[-1]["content"])
        assert found
        if len(answered) >= 5:
            return failed(401, "the key was taken back", code="invalid_api_key")
        answered.append(found.group(1))
        return records(json.loads(json.dumps(NORWAY_PLEDGE).replace("900", found.group(1))))

    with FakeServer(answer) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        settings = Settings(warehouse=warehouse, concurrency=1)
        first = pipeline.run(settings, [folder], LLMProvider("openai/m", api_key="k", concurrency=1))
        assert first.records_n == 3
        write(folder, range(200, 204))
        half = pipeline.run(settings, [folder], LLMProvider("openai/m", api_key="k", concurrency=1))
        assert (half.extracted_n, half.published) == (2, True)
        assert "2 documents were not asked about; call again" in half.failures[-1]
        assert rows(warehouse, "select count(*) from raw.records") == [(5,)]
        asked = list(answered)
        answered.clear()
        last = pipeline.run(settings, [folder], LLMProvider("openai/m", api_key="k", concurrency=1))
        assert (last.extracted_n, last.failures) == (2, [])
        assert not set(asked) & set(answered)
