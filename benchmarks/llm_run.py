"""A whole run with a model that misbehaves: what is asked, what is lost, how long it takes, what it costs.

    python benchmarks/llm_run.py [--documents 200] [--latency-ms 400] [--only CASE ...]

A mock of OpenAI's protocol in a process of its own answers rightly after a fixed latency, and misbehaves
as a case says. Each case is `pipeline.run` in a fresh process, from files on disk through asking,
grounding and loading to the published DuckDB file; dbt's build is left out, since no peer has one (a
`pledgebook run` adds it once, 15-25 s on two cores, whatever the number of new documents).
Marginal processor time is that of 1,000 documents less that of 200, over 800.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))

from llm_speed import answer_to, article, use_compiled  # noqa: E402

RETRY_AFTER_SECONDS = 1.0
GRACE_SECONDS = 0.3
SLOW_SECONDS = 4.0
CASES = (
    "32 in flight", "free", "unchanged", "10 new", "5 % truncated", "2 % always 500", "2 % slow", "429 storms",
    "killed half way", "marginal", "10,000 documents",
    "10,000 documents, 32 in flight",
)  # fmt: skip


def serve(latency_seconds: float) -> None:
    """Answer on a free port of loopback; the first line of stdout is its number."""
    from aiohttp import web

    state: dict[str, Any] = {"case": "", "requests": 0, "hammered": 0, "storms": 0, "until": 0.0, "tokens": 0.0}
    numbers: dict[str, int] = {}

    def number_of(content: str) -> int:
        text = content.split("\n", 1)[1].rsplit("\n", 1)[0]
        while text not in numbers:
            # Articles are made as they are asked about, in blocks.
            for number in range(len(numbers), len(numbers) + 500):
                numbers[article(number)] = number
        return numbers[text]

    async def complete(request: web.Request) -> web.Response:
        body = await request.json()
        case, now = state["case"], time.monotonic()
        state["requests"] += 1
        sent = sum(len(message["content"]) for message in body["messages"])
        state["tokens"] += (sent + len(json.dumps(body["response_format"], separators=(",", ":")))) / 4
        number = number_of(body["messages"][1]["content"])
        if case == "429 storms":
            if now < state["until"]:
                # What is under way when the first refusal is sent cannot know of it.
                state["hammered"] += now > state["until"] - RETRY_AFTER_SECONDS + GRACE_SECONDS
                return _limited()
            if state["requests"] in (40, 160):
                state["storms"] += 1
                state["until"] = now + RETRY_AFTER_SECONDS
                return _limited()
        if case == "2 % always 500" and number % 50 == 7:
            return web.json_response({"error": {"message": "broken"}}, status=500)
        await asyncio.sleep(latency_seconds + (SLOW_SECONDS if case == "2 % slow" and number % 50 == 7 else 0))
        content, finish = answer_to(body["messages"][1]["content"]), "stop"
        if case == "5 % truncated" and number % 20 == 7 and len(body["messages"]) == 2:
            content, finish = content[: len(content) * 2 // 3], "length"
        return web.json_response(
            {
                "id": "c", "object": "chat.completion", "created": 1, "model": body["model"],
                "choices": [
                    {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": finish}
                ],
                "usage": {"prompt_tokens": 820, "completion_tokens": 100, "total_tokens": 920},
            }
        )  # fmt: skip

    def _limited() -> web.Response:
        headers = {"Retry-After": str(int(RETRY_AFTER_SECONDS))}
        return web.json_response({"error": {"message": "slow down"}}, status=429, headers=headers)

    async def behave(request: web.Request) -> web.Response:
        said = dict(state)
        state.update(case=(await request.json())["case"], requests=0, hammered=0, storms=0, until=0.0, tokens=0.0)
        return web.json_response(said)

    async def main() -> None:
        application = web.Application()
        application.router.add_post("/v1/chat/completions", complete)
        application.router.add_post("/behave", behave)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, backlog=2048).start()
        print(runner.addresses[0][1], flush=True)
        await asyncio.Event().wait()

    asyncio.run(main())


def one(folder: str, warehouse: str, in_flight: int) -> None:
    """One run, with its figures as JSON; what the interpreter and imports (compiled before) take is in them."""
    started = time.perf_counter()
    from extract import pipeline, transform
    from extract.config import Settings
    from extract.providers import open_provider

    transform.prepare = lambda kept: None
    transform.build = lambda copy, **_: transform.BuildResult(0, 0, [])
    settings = Settings(warehouse=Path(warehouse), model="openai/gpt-5-mini", concurrency=in_flight)
    summary = pipeline.run(
        settings, [Path(folder)], open_provider(settings), progress=lambda result, done, total: print(".", flush=True)
    )
    print(
        json.dumps(
            {
                "seconds": time.perf_counter() - started, "cpu_seconds": time.process_time(),
                "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                "extracted_n": summary.extracted_n, "records_n": summary.records_n, "asked_n": summary.asked_n,
                "failures_n": len(summary.failures), "unchanged_n": summary.unchanged_n,
            }
        )
    )  # fmt: skip


class Bench:
    """The mock, and runs against it."""

    def __init__(self, given: argparse.Namespace, folder: Path) -> None:
        self.documents_n = given.documents
        self.folder = folder
        self.environment = {**os.environ, "PYTHONPATH": str(ROOT), "OPENAI_API_KEY": "none"}
        self.environment["OPENBLAS_NUM_THREADS"] = "1"
        use_compiled(self.environment, str(folder / "compiled"))
        me = [sys.executable, str(Path(__file__).resolve())]
        self.me = me
        self.mock = subprocess.Popen(
            [*me, "--serve", "--latency-ms", str(given.latency_ms)], stdout=subprocess.PIPE, text=True,
            env=self.environment,
        )  # fmt: skip
        assert self.mock.stdout is not None
        self.address = f"http://127.0.0.1:{int(self.mock.stdout.readline())}"
        self.environment["OPENAI_BASE_URL"] = f"{self.address}/v1"

    def behave(self, case: str) -> dict[str, Any]:
        """Begin a case; returns what the mock saw until now."""
        body = json.dumps({"case": case}).encode()
        with urlopen(Request(f"{self.address}/behave", body, {"Content-Type": "application/json"})) as answer:
            return dict(json.load(answer))

    def articles(self, number_of: int) -> Path:
        place = self.folder / f"articles-{number_of}"
        if not place.exists():
            place.mkdir()
            for number in range(number_of):
                (place / f"{number:05}.txt").write_text(article(number), encoding="utf-8")
        return place

    def run(self, case: str, warehouse: str, number_of: int, in_flight: int) -> dict[str, Any]:
        self.behave(case)
        command = [*self.me, "--one", str(self.articles(number_of)), str(self.folder / warehouse), str(in_flight)]
        done = subprocess.run(command, capture_output=True, text=True, env=self.environment, check=False)
        if done.returncode:
            raise SystemExit(f"{case} failed:\n{done.stderr[-2000:]}")
        figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return {**figures, **{f"server_{name}": value for name, value in self.behave("").items()}}

    def killed(self) -> tuple[int, dict[str, Any]]:
        """Kill a run when half of its documents are told; then run again. Requests of both."""
        self.behave("killed half way")
        command = [*self.me, "--one", str(self.articles(self.documents_n)), str(self.folder / "killed.duckdb"), "32"]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=self.environment)
        assert child.stdout is not None
        for _ in range(self.documents_n // 2):
            child.stdout.readline()
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        before = int(self.behave("")["requests"])
        return before, self.run("killed half way", "killed.duckdb", self.documents_n, 32)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--documents", type=int, default=200)
    parser.add_argument("--latency-ms", type=float, default=400.0)
    parser.add_argument("--only", choices=CASES, action="append")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        return serve(given.latency_ms / 1000)
    if given.one:
        return one(given.one[0], given.one[1], int(given.one[2]))
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(given, Path(folder))
        try:
            print(f"{given.documents} documents, {given.latency_ms:g} ms an answer, {os.cpu_count()} cores, "
                  f"load {os.getloadavg()[0]:.1f}\n")  # fmt: skip
            print("| case | seconds | CPU ms a document | MB | requests | documents loaded | records | said |")
            print("|---|---|---|---|---|---|---|---|")
            bench.run("", "first.duckdb", 10, 32)  # compiles what the others use
            for case in given.only or CASES:
                for line in _case(case, bench):
                    print(line, flush=True)
        finally:
            bench.mock.terminate()
            bench.mock.wait(10)
    return None


def _case(case: str, bench: Bench) -> list[str]:
    number_of = bench.documents_n
    if case == "32 in flight":
        found = bench.run(case, "plain.duckdb", number_of, 32)
        said = f"{found['server_tokens'] / max(found['server_requests'], 1):.0f} input tokens a document"
        return [_row(case, found, number_of, said)]
    if case == "free":
        return [_row("as many in flight as documents", bench.run(case, "free.duckdb", number_of, number_of), number_of)]
    if case in ("unchanged", "10 new"):
        if not (bench.folder / "plain.duckdb").exists():
            bench.run("", "plain.duckdb", number_of, 32)
        size = number_of + 10 if case == "10 new" else number_of
        if case == "10 new":
            # The folder that the warehouse knows grows by ten.
            for number in range(number_of, size):
                text = article(number)
                (bench.articles(number_of) / f"{number:05}.txt").write_text(text, encoding="utf-8")
        found = bench.run(case, "plain.duckdb", number_of, 32)
        for number in range(number_of, size):
            (bench.articles(number_of) / f"{number:05}.txt").unlink()
        return [_row(case, found, size, f"{found['unchanged_n']} unchanged")]
    if case == "429 storms":
        found = bench.run(case, "storms.duckdb", number_of, 32)
        said = f"{found['server_storms']} storms; {found['server_hammered']} requests while told to wait"
        return [_row(case, found, number_of, said)]
    if case == "killed half way":
        before, found = bench.killed()
        said = f"{before} before the kill, {before + found['server_requests'] - number_of} asked twice"
        return [_row(case, found, number_of, said)]
    if case == "marginal":
        few = bench.run("", "few.duckdb", 200, 32)
        many = bench.run("", "many.duckdb", 1_000, 32)
        marginal = (many["cpu_seconds"] - few["cpu_seconds"]) / 800 * 1000
        return [_row("1,000 documents", many, 1_000, f"marginal: {marginal:.1f} ms a document")]
    if case == "10,000 documents":
        return [_row(case, bench.run("", "large.duckdb", 10_000, 1_000), 10_000, "1,000 in flight")]
    if case == "10,000 documents, 32 in flight":
        return [_row(case, bench.run("", "narrow.duckdb", 10_000, 32), 10_000)]
    found = bench.run(case, f"{case.replace(' ', '')}.duckdb", number_of, 32)
    return [_row(case, found, number_of, f"{found['failures_n']} failures reported")]


def _row(case: str, found: dict[str, Any], number_of: int, said: str = "") -> str:
    cells = [
        f"{found['seconds']:.1f}", f"{found['cpu_seconds'] / number_of * 1000:.1f}", f"{found['memory_mb']:.0f}",
        str(found["server_requests"]), str(found["extracted_n"]), str(found["records_n"]), said,
    ]  # fmt: skip
    return f"| {case} | {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
