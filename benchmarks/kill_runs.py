"""Runs killed with SIGKILL at random moments, dbt and all, each followed by one that has to complete.

    python benchmarks/kill_runs.py 200 [--seed 6]

A loopback model answers. Before each kill two documents are new and one has changed, so that there is always something
to do; the moment is drawn evenly from the time that a run takes. After each kill and after each completed run the
published file is opened. After each completed run dbt's tests have passed (a run publishes only then) and claims are
counted against the truth: none lost, none twice. Runs are forked from one process that has read the dbt project, which
makes 200 of them bearable; they are processes all the same.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "faults"))
sys.path.insert(0, str(ROOT / "tests"))

from fake_openai import FakeReply, FakeRequest, FakeServer, records  # noqa: E402
from fake_provider import NORWAY, NORWAY_PLEDGE  # noqa: E402

from extract import pipeline, transform  # noqa: E402
from extract.config import Settings  # noqa: E402
from extract.providers.llm import LLMProvider  # noqa: E402


def start(folder: Path, warehouse: Path) -> tuple[int, int]:
    """A run in a process of its own: its number, and where its result can be read."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        return pid, reading
    os.close(reading)
    try:
        provider = LLMProvider("openai/m", api_key="k", concurrency=2)
        summary = pipeline.run(Settings(warehouse=warehouse, keep_published=1), [folder], provider)
        told = {"failures": summary.failures, "published": summary.published, "tests": summary.tests_n}
    except BaseException as error:
        told = {"failures": [f"{type(error).__name__}: {error}"], "published": False, "tests": 0}
    os.write(writing, json.dumps(told).encode())
    os._exit(0)


def finish(pid: int, reading: int) -> dict[str, object]:
    """Wait for a run; what it said, or nothing if it was killed."""
    with os.fdopen(reading, "rb") as words:
        said = words.read()
    os.waitpid(pid, 0)
    return dict(json.loads(said)) if said else {}


def amounts(warehouse: Path) -> Counter[int]:
    """Millions that the current claims are about."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        rows = connection.execute(
            "select (record ->> '$.money.amount')::bigint // 1000000 from raw.records"
            " where record_id in (select record_id from evidence)"
        ).fetchall()
    return Counter(one for (one,) in rows)


def main() -> None:
    """Kill and complete, so many times."""
    parser = argparse.ArgumentParser()
    parser.add_argument("kills", type=int, nargs="?", default=200)
    parser.add_argument("--seed", type=int, default=6)
    given = parser.parse_args()
    chance = random.Random(given.seed)
    asked: Counter[str] = Counter()

    def answer(request: FakeRequest) -> FakeReply:
        found = re.search(r"pledged (\d+) million", request.messages[-1]["content"])
        assert found
        asked[found.group(1)] += 1
        time.sleep(0.05)
        return records(json.loads(json.dumps(NORWAY_PLEDGE).replace("900", found.group(1))))

    trouble: list[str] = []
    moments: Counter[str] = Counter()
    truth: dict[str, int] = {}
    number = 1000
    with tempfile.TemporaryDirectory() as scratch, FakeServer(answer) as server:
        os.environ["OPENAI_BASE_URL"] = server.url
        folder, warehouse = Path(scratch) / "articles", Path(scratch) / "warehouse.duckdb"
        folder.mkdir()

        def write(name: str) -> None:
            nonlocal number
            number += 1
            truth[name] = number
            (folder / f"{name}.txt").write_text(NORWAY.replace("900", str(number)), encoding="utf-8")

        write("first")
        with transform._dbt(warehouse) as (invoke, _):
            transform._manifest(invoke)  # read once, here: every run would read the same
        warehouse.unlink(missing_ok=True)
        typical = 0.0
        for kill in range(given.kills + 1):
            started = time.monotonic()
            pid, reading = start(folder, warehouse)
            if kill:
                time.sleep(chance.uniform(0, typical))
                os.kill(pid, signal.SIGKILL)
            told = finish(pid, reading)
            if kill:
                moments["finished before" if told else "killed"] += 1
                if warehouse.exists():
                    amounts(warehouse)
                started = time.monotonic()
                told = finish(*start(folder, warehouse))
            seconds = time.monotonic() - started
            # The next kill falls somewhere in a run that takes as long as these do.
            typical = seconds if not typical else 0.8 * typical + 0.2 * max(seconds, 0.5 * typical)
            found = amounts(warehouse)
            if told.get("failures"):
                trouble.append(f"after kill {kill}: {told['failures']}")
            if found != Counter(truth.values()):
                trouble.append(f"after kill {kill}: {found - Counter(truth.values())} too many, "
                               f"{Counter(truth.values()) - found} lost")  # fmt: skip
            for name in (f"{kill}-a", f"{kill}-b", chance.choice(sorted(truth))):
                write(name)
            if kill % 20 == 0:
                print(f"{kill} kills, {len(trouble)} troubles, a run takes {typical:.1f} s", flush=True)
        twice = {one: count for one, count in asked.items() if count > 1}
    print(f"kills: {given.kills} ({dict(moments)}); documents at the end: {len(truth)}; troubles: {len(trouble)}")
    print(f"answers asked for more than once (on their way when the run was killed): {len(twice)} of {len(asked)}")
    for one in trouble[:20]:
        print(one)
    sys.exit(1 if trouble else 0)


if __name__ == "__main__":
    main()
