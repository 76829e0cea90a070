"""What asking a model costs beside the model: wall time, processor time, memory, tokens.

    python benchmarks/llm_speed.py [--documents 200] [--in-flight 32] [--latency-ms 400] [--repeats 3]

A mock of OpenAI's protocol answers every request rightly after a fixed latency, in a process of its
own. Each contestant runs in a fresh process against it, one after the other, in turns:

* `ours`: the `llm` provider as it is, prompt, validation, throttle and a row per attempt included;
* `ours_free`: the same with no bound on requests under way but the number of documents;
* `run`, `run_free`: a whole run as well: files are read, answers grounded and loaded, the DuckDB file
  published; only dbt's build, which no peer has, is left out;
* `ours_instructor`: `ours` through instructor (mode tools), which is what wrapping an answer costs;
* `openai`: the bare openai client with the same prompt and response format, validated with Pydantic;
* `instructor`: instructor's async client with the typed schema, as its documentation shows it;
* `instructor_short`: the same with a schema of five fields, which is the least it can be asked with;
* `langextract` (with --peer-python PATH, an interpreter that has langextract and openai): one passage a
  document, as many workers as requests in flight, one example in the prompt, its alignment included.

Wall time starts before the clients are imported; all are compiled, as after a first call. Tokens are characters / 4
of messages and response format or tools, as the mock receives them; this understates Arabic and Russian, equally
for all.
Grounding and loading are left out but for `run` and `run_free`: the peers stop when they have their answers.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CONTESTANTS = (
    "run", "run_free", "ours", "ours_free", "ours_instructor", "openai", "instructor", "instructor_short",
    "langextract",
)  # fmt: skip
LANGUAGES = ("en", "fr", "es", "ru", "ar")
DOCUMENT_CHARS = 2_000
_FACTS = {
    "en": "{who} pledged {sum} million dollars to the fund.",
    "fr": "{who} a promis {sum} millions de dollars au fonds.",
    "es": "{who} prometió {sum} millones de dólares al fondo.",
    "ru": "{who} обещала фонду {sum} млн долларов.",
    "ar": "تعهدت {who} بتقديم {sum} مليون دولار للصندوق.",
}
_FILLERS = {
    "en": "Delegates met for a second day and spoke of roads, schools and the weather of the season.",
    "fr": "Les délégués se sont réunis un deuxième jour et ont parlé des routes et des écoles.",
    "es": "Los delegados se reunieron por segundo día y hablaron de caminos y de escuelas.",
    "ru": "Делегаты собрались на второй день и говорили о дорогах, школах и погоде.",
    "ar": "اجتمع المندوبون لليوم الثاني وتحدثوا عن الطرق والمدارس والطقس في هذا الموسم.",
}
_GIVERS = ("Norway", "Japan", "Brazil", "Kenya", "Canada", "Chile")


def article(number: int) -> str:
    """One invented article of about 2,000 characters with one to four facts."""
    language = LANGUAGES[number % len(LANGUAGES)]
    facts = [
        _FACTS[language].format(who=_GIVERS[(number + index) % len(_GIVERS)], sum=10 + number + index)
        for index in range(1 + number % 4)
    ]
    sentences: list[str] = []
    while sum(map(len, sentences)) + len(sentences) < DOCUMENT_CHARS:
        sentences.append(facts.pop() if facts and len(sentences) % 3 == 1 else _FILLERS[language])
    return " ".join(sentences)[:DOCUMENT_CHARS]


_FACT = re.compile(
    "|".join("(?:" + re.escape(one).replace(r"\{who\}", r"\w+").replace(r"\{sum\}", r"\d+") + ")"
             for one in _FACTS.values())
)  # fmt: skip


def answer_to(text: str) -> str:
    """The right answer about a text, as JSON."""
    drafts = []
    for quote in _FACT.findall(text):
        giver = next(name for name in _GIVERS if name in quote)
        drafts.append(
            {
                "type": "pledge", "quotes": [quote], "stage": "pledged", "money": re.findall(r"\d+", quote)[0],
                "contributors": [{"name": giver, "type": "country"}],
            }
        )  # fmt: skip
    return json.dumps({"records": drafts}, ensure_ascii=False)


def langextract_answer(text: str) -> str:
    """The same facts in langextract's form."""
    found = [
        {"pledge": quote, "pledge_attributes": {"money": re.findall(r"\d+", quote)[0]}}
        for quote in _FACT.findall(text[text.rfind("Q: ") :])
    ]
    return json.dumps({"extractions": found}, ensure_ascii=False)


# --- the mock, in a process of its own ---------------------------------------------------------------


def serve(latency_seconds: float) -> None:
    """Answer on a free port of loopback; the first line of stdout is its number."""
    from aiohttp import web

    seen = {"requests": 0, "chars": 0}

    async def complete(request: web.Request) -> web.Response:
        body = await request.json()
        seen["requests"] += 1
        seen["chars"] += sum(len(message["content"]) for message in body["messages"])
        asked = body.get("tools") or body.get("response_format")
        seen["chars"] += len(json.dumps(asked, ensure_ascii=False, separators=(",", ":")))
        asked_for = body["messages"][-1]["content"]
        content = langextract_answer(asked_for) if "extractions" in asked_for else answer_to(asked_for)
        message: dict[str, Any] = {"role": "assistant", "content": content}
        if body.get("tools"):
            function = {"name": body["tools"][0]["function"]["name"], "arguments": content}
            message = {"role": "assistant", "content": None}
            message["tool_calls"] = [{"id": "c", "type": "function", "function": function}]
        await asyncio.sleep(latency_seconds)
        return web.json_response(
            {
                "id": "c", "object": "chat.completion", "created": 1, "model": body["model"],
                "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 900, "completion_tokens": 100, "total_tokens": 1000},
            }
        )  # fmt: skip

    async def report(_: web.Request) -> web.Response:
        said = dict(seen)
        seen.update(requests=0, chars=0)
        return web.json_response(said)

    async def main() -> None:
        application = web.Application()
        application.router.add_post("/v1/chat/completions", complete)
        application.router.add_get("/seen", report)
        runner = web.AppRunner(application)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
        await site.start()
        print(runner.addresses[0][1], flush=True)
        await asyncio.Event().wait()

    asyncio.run(main())


# --- contestants, each in a process of its own -------------------------------------------------------


async def _ours(url: str, texts: list[str], in_flight: int, mode: str = "json_schema") -> int:
    from extract.documents import Document
    from extract.providers.llm import LLMProvider

    environment = {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": "none"}
    # What OpenAI's own address would be sent.
    provider = LLMProvider(
        "openai/mock", environment=environment, concurrency=in_flight, schema_length="short", mode=mode
    )

    async def one(number: int, text: str) -> int:
        document = Document(str(number), str(number), str(number), text, None, None, None, None, "")
        attempts = await provider.extract(document, lambda _: [])
        return len(json.loads(attempts[-1].raw_answer or "{}")["records"])

    found = await asyncio.gather(*(one(number, text) for number, text in enumerate(texts)))
    await provider.close()
    return sum(found)


async def _ours_instructor(url: str, texts: list[str], in_flight: int) -> int:
    return await _ours(url, texts, in_flight, "tools")


def _run(url: str, texts: list[str], in_flight: int) -> int:
    os.environ.update(OPENAI_BASE_URL=url, OPENAI_API_KEY="none")
    with tempfile.TemporaryDirectory() as folder:
        articles = Path(folder, "articles")
        articles.mkdir()
        for number, text in enumerate(texts):
            (articles / f"{number:05}.txt").write_text(text, encoding="utf-8")
        from extract import pipeline, transform
        from extract.config import Settings
        from extract.providers import open_provider

        transform.prepare = lambda kept: None
        transform.build = lambda copy, **_: transform.BuildResult(0, 0, [])
        settings = Settings(warehouse=Path(folder, "w.duckdb"), model="openai/gpt-5-mini", concurrency=in_flight)
        summary = pipeline.run(settings, [articles], open_provider(settings))
        assert summary.published
        return summary.records_n


async def _bounded(in_flight: int, calls: list[Callable[[], Awaitable[int]]]) -> int:
    places = asyncio.Semaphore(in_flight)

    async def one(call: Callable[[], Awaitable[int]]) -> int:
        async with places:
            return await call()

    return sum(await asyncio.gather(*(one(call) for call in calls)))


def _messages(text: str) -> list[Any]:
    from extract import prompt

    return [{"role": "system", "content": prompt.instructions()}, {"role": "user", "content": text}]


async def _openai(url: str, texts: list[str], in_flight: int) -> int:
    import openai

    from extract import prompt
    from extract.schema import Answer

    client = openai.AsyncOpenAI(base_url=url, api_key="none", max_retries=0)
    schema: Any = {"name": "answer", "schema": prompt.response_schema("short")}

    async def one(text: str) -> int:
        completion = await client.chat.completions.create(
            model="mock", messages=_messages(text), response_format={"type": "json_schema", "json_schema": schema}
        )
        return len(Answer.model_validate_json(completion.choices[0].message.content or "").records)

    return await _bounded(in_flight, [lambda text=text: one(text) for text in texts])  # type: ignore[misc]


async def _instructor(url: str, texts: list[str], in_flight: int) -> int:
    import instructor
    import openai

    from extract.schema import Answer

    client = instructor.from_openai(
        openai.AsyncOpenAI(base_url=url, api_key="none", max_retries=0), mode=instructor.Mode.TOOLS
    )

    async def one(text: str) -> int:
        # The typed schema describes every field itself, so the guide is left out.
        messages: list[Any] = [
            {"role": "system", "content": "Extract the facts of the document. Quote verbatim."},
            {"role": "user", "content": text},
        ]
        answer = await client.chat.completions.create(model="mock", messages=messages, response_model=Answer)
        return len(answer.records)

    return await _bounded(in_flight, [lambda text=text: one(text) for text in texts])  # type: ignore[misc]


async def _instructor_short(url: str, texts: list[str], in_flight: int) -> int:
    import instructor
    import openai
    from pydantic import BaseModel

    class Fact(BaseModel):
        type: str
        quotes: list[str]
        stage: str
        contributors: list[dict[str, str]]
        money: str | None = None

    class Facts(BaseModel):
        records: list[Fact]

    client = instructor.from_openai(
        openai.AsyncOpenAI(base_url=url, api_key="none", max_retries=0), mode=instructor.Mode.TOOLS
    )

    async def one(text: str) -> int:
        messages: list[Any] = [
            {"role": "system", "content": "Extract the facts of the document. Quote verbatim."},
            {"role": "user", "content": text},
        ]
        answer = await client.chat.completions.create(model="mock", messages=messages, response_model=Facts)
        return len(answer.records)

    return await _bounded(in_flight, [lambda text=text: one(text) for text in texts])  # type: ignore[misc]


async def _langextract(url: str, texts: list[str], in_flight: int) -> int:
    import langextract as lx
    from langextract.providers.openai import OpenAILanguageModel

    example = lx.data.ExampleData(
        text="Peru gave ships to the navy.",
        extractions=[lx.data.Extraction("pledge", "Peru gave ships to the navy.", attributes={"money": "none"})],
    )
    documents = [lx.data.Document(text, document_id=str(number)) for number, text in enumerate(texts)]
    found = lx.extract(
        documents,
        prompt_description="Extract pledges, troop commitments, memberships and sums, verbatim, in order.",
        examples=[example],
        model=OpenAILanguageModel(model_id="mock", api_key="none", base_url=url, max_workers=in_flight),
        max_char_buffer=4_000, batch_length=in_flight, max_workers=in_flight, show_progress=False,
    )  # fmt: skip
    return sum(len(one.extractions or []) for one in found)


def contest(contestant: str, url: str, documents_n: int, in_flight: int) -> None:
    """Run one contestant and print its figures as JSON."""
    texts = [article(number) for number in range(documents_n)]
    started, processor = time.perf_counter(), time.process_time()
    runs: dict[str, Callable[[str, list[str], int], Coroutine[Any, Any, int]]] = {
        "ours": _ours, "ours_free": _ours, "ours_instructor": _ours_instructor, "openai": _openai,
        "instructor": _instructor, "instructor_short": _instructor_short, "langextract": _langextract,
    }  # fmt: skip
    bound = documents_n if contestant.endswith("_free") else in_flight
    if contestant in ("run", "run_free"):
        records_n = _run(url, texts, bound)
    else:
        records_n = asyncio.run(runs[contestant](url, texts, bound))
    print(
        json.dumps(
            {
                "wall_seconds": time.perf_counter() - started,
                "cpu_ms_per_document": (time.process_time() - processor) / documents_n * 1000,
                "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                "records_n": records_n,
            }
        )
    )


# --- the run -----------------------------------------------------------------------------------------


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--documents", type=int, default=200)
    parser.add_argument("--in-flight", type=int, default=32)
    parser.add_argument("--latency-ms", type=float, default=400.0)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", choices=CONTESTANTS, action="append")
    parser.add_argument("--peer-python", help="interpreter that has langextract and openai")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--contest", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        return serve(given.latency_ms / 1000)
    if given.contest:
        return contest(given.contest[0], given.contest[1], given.documents, given.in_flight)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    compiled = tempfile.TemporaryDirectory()
    use_compiled(environment, compiled.name)
    me = [sys.executable, str(Path(__file__).resolve())]
    mock = subprocess.Popen(
        [*me, "--serve", "--latency-ms", str(given.latency_ms)], stdout=subprocess.PIPE, text=True, env=environment
    )
    try:
        assert mock.stdout is not None
        address = f"http://127.0.0.1:{int(mock.stdout.readline())}"
        expected = sum(len(json.loads(answer_to(article(number)))["records"]) for number in range(given.documents))
        chosen = [name for name in given.only or CONTESTANTS if name != "langextract" or given.peer_python]
        rows: dict[str, list[dict[str, float]]] = {name: [] for name in chosen}
        for turn in range(given.repeats + 1):
            for name, found in rows.items():
                figures = _measured(name, address, me, environment, given)
                found.extend([figures] if turn else [])  # the first compiles
    finally:
        mock.terminate()
        mock.wait(10)
        compiled.cleanup()
    floor = -(-given.documents // given.in_flight) * given.latency_ms / 1000
    print(
        f"{given.documents} documents of {DOCUMENT_CHARS} characters, {given.in_flight} in flight, "
        f"{given.latency_ms:g} ms an answer, {os.cpu_count()} cores, median of {given.repeats}; "
        f"floor by latency alone {floor:.1f} s\n"
    )
    names = ("wall_seconds", "cpu_ms_per_document", "peak_memory_mb", "tokens_per_document", "requests_n")
    print("| contestant | " + " | ".join(names) + " | records |")
    print("|---|" + "---|" * (len(names) + 1))
    for name, found in rows.items():
        values = [statistics.median(one[key] for one in found) for key in names]
        share = found[-1]["records_n"] / expected
        print(f"| {name} | " + " | ".join(f"{value:,.1f}" for value in values) + f" | {share:.0%} |")
    return None


def use_compiled(environment: dict[str, str], folder: str) -> None:
    """Have processes keep what they compile in a folder, whatever this machine's environment says of that."""
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    environment["PYTHONPYCACHEPREFIX"] = folder


def _measured(
    name: str, address: str, me: list[str], environment: dict[str, str], given: argparse.Namespace
) -> dict[str, float]:  # fmt: skip
    from urllib.request import urlopen

    urlopen(f"{address}/seen").close()
    size = ["--documents", str(given.documents), "--in-flight", str(given.in_flight)]
    if name == "langextract":
        me = [given.peer_python, *me[1:]]
    done = subprocess.run(
        [*me, "--contest", name, f"{address}/v1", *size], capture_output=True, text=True, env=environment, check=False
    )
    if done.returncode:
        raise SystemExit(f"{name} failed:\n{done.stderr[-2000:]}")
    with urlopen(f"{address}/seen") as answer:
        seen = json.load(answer)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    figures["requests_n"] = seen["requests"]
    figures["tokens_per_document"] = seen["chars"] / 4 / given.documents
    return figures


if __name__ == "__main__":
    main()
