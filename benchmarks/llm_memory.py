"""Peak memory of a run with a model: asked directly, through a batch, and only estimated.

    python benchmarks/llm_memory.py [--documents 4000] [--articles 4]

A server in a process of its own answers rightly. Each way is a fresh process, from files on disk to the published file;
dbt's build is left out. `--articles` of 2,700 characters make a document.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks"), str(ROOT / "tests" / "faults")]

from llm_speed import answer_to, article  # noqa: E402

MODEL = "openai/gpt-5-mini"
WAYS = ("dry run", "directly", "batch")


def serve() -> None:
    """Answer on a free port of loopback until stdin ends; the first line of stdout is the address."""
    from fake_batches import FakeBatches, completion

    with FakeBatches(lambda body: completion(answer_to(body["messages"][1]["content"]))) as server:
        print(server.url, flush=True)
        sys.stdin.read()


def once(way: str, folder: Path, warehouse: Path) -> None:
    """One way in this process; prints documents, records and the peak."""
    from extract import pipeline, rates, transform
    from extract.config import Settings
    from extract.estimate import estimate
    from extract.providers import open_provider
    from extract.providers.llm import LLMProvider

    rates.load_rates = lambda connection: 0
    transform.prepare = lambda kept: None
    transform.build = lambda copy, kept=None: transform.BuildResult(0, 1, [])
    settings = Settings(warehouse=warehouse, model=MODEL, is_batch=way == "batch", concurrency=32)
    provider = open_provider(settings)
    assert isinstance(provider, LLMProvider)
    if way == "dry run":
        with pipeline.pending_documents(settings, [folder], provider) as (documents_n, _, documents, _):
            found = estimate(provider.settings, documents_n, documents, warehouse)
        done = f"{found.pending_n} documents to ask about"
    else:
        provider._sleep = lambda seconds: asyncio.sleep(0)
        summary = pipeline.run(settings, [folder], provider)
        assert not summary.failures, summary.failures[:3]
        done = f"{summary.extracted_n} documents, {summary.records_n} records"
    lines = Path("/proc/self/status").read_text().splitlines()
    peak_kb = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    print(f"{way}: {done}, {peak_kb / 1024:.0f} MB", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--documents", type=int, default=4000)
    parser.add_argument("--articles", type=int, default=4)
    parser.add_argument("--serve", action="store_true")
    parser.add_argument("--way", nargs=3)
    given = parser.parse_args()
    if given.serve:
        serve()
        return
    if given.way:
        once(given.way[0], Path(given.way[1]), Path(given.way[2]))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "articles"
        folder.mkdir()
        for number in range(given.documents):
            parts = (article(number * given.articles + part) for part in range(given.articles))
            (folder / f"{number:06}.txt").write_text("\n\n".join(parts), encoding="utf-8")
        for way in WAYS:
            command = [sys.executable, __file__]
            with subprocess.Popen(
                [*command, "--serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            ) as server:  # fmt: skip
                assert server.stdout is not None and server.stdin is not None
                environment = {**os.environ, "OPENAI_BASE_URL": server.stdout.readline().strip(), "OPENAI_API_KEY": "x"}
                warehouse = Path(name) / f"{way.replace(' ', '_')}.duckdb"
                subprocess.run([*command, "--way", way, str(folder), str(warehouse)], env=environment, check=True)
                server.stdin.close()


if __name__ == "__main__":
    main()
