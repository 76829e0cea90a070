"""The command `pledgebook`: parse, call one function, print, exit.

Results go to stdout, progress to stderr. Exit 0: done; 1: finished, and something failed; 2:
misuse or configuration.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import replace
from errno import ENOSPC
from functools import cache, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from extract import __version__
from extract.cli_evaluate import evaluate
from extract.cli_export import export, unresolved
from extract.cli_report import report
from extract.cli_runs import SourcesOption, WarehouseOption, diff, drop, forget, narrowed, rollback, sources, status
from extract.cli_schedule import schedule
from extract.config import DEFAULT_WAREHOUSE, Settings, chosen_model
from extract.errors import ConfigError, PledgebookError
from extract.outputs import refuse_overwriting, unwritable
from extract.progress import Progress
from extract.sources.settings import DEFAULT_FILE, SourcesFile, read_sources

if TYPE_CHECKING:
    from extract.pipeline import DocumentResult, RunSummary
    from extract.providers import Provider

app = typer.Typer(
    name="pledgebook",
    help="From news articles to grounded, typed records of who promised what to whom.\n\n"
    "Example: pledgebook run articles/",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

_READABLE = "Files and folders of articles: text, HTML, PDF, Word, e-mail, also compressed."


def _given(text: str) -> Path:
    # An empty name would be the folder that one is in: what `run "$FOLDER"` reads where FOLDER is not set. That a file
    # cannot be read is said by who reads it, of each for itself, so that the others go on.
    if not text:
        raise typer.BadParameter("the name of a file or folder is empty.")
    return Path(text)


Inputs = Annotated[
    list[Path], typer.Argument(help=_READABLE, show_default=False, parser=_given, metavar="inputs")
]
RunInputs = Annotated[
    list[Path] | None,
    typer.Argument(
        help=f"{_READABLE} Without any: what sources.toml names.", show_default=False, parser=_given,
        metavar="inputs",
    ),
]
ModelOption = Annotated[
    str | None,
    typer.Option(
        help="provider/model to ask, as in openai/gpt-5-mini; 'embedded' for none. "
        "Default: PLEDGEBOOK_MODEL, else OpenAI's if OPENAI_API_KEY or OPENAI_BASE_URL is set, else embedded."
    ),
]
ModeOption = Annotated[
    str | None,
    typer.Option(
        help="How the model is held to the schema: json_schema, tools, json or md_json. Default: the provider's."
    ),
]
RecordOption = Annotated[Path | None, typer.Option("--record", help="Keep answers in this folder.")]
# readable=False, here and elsewhere: typer would refuse a file that cannot be read before whoever reads it can say so.
ReplayOption = Annotated[
    Path | None, typer.Option("--replay", help="Take answers from this folder; ask nobody.", readable=False)
]
ConfidenceOption = Annotated[
    float | None, typer.Option("--min-confidence", min=0, max=1, help="Least confidence of a record, 0 to 1.")
]
BytesOption = Annotated[int, typer.Option("--max-bytes", min=1, help="Largest file to read, in bytes.")]
ConcurrencyOption = Annotated[
    int | None, typer.Option("--concurrency", min=1, max=1000, help="Most requests in flight. Default: 64.")
]
TimeoutOption = Annotated[
    float | None, typer.Option("--timeout", min=0.1, help="Longest wait for one answer, in seconds. Default: 120.")
]
AttemptsOption = Annotated[
    int | None,
    typer.Option("--max-attempts", min=1, help="Most answers to ask for about one document. Default: 3."),
]
RequestsOption = Annotated[
    int | None, typer.Option("--requests-per-minute", min=1, help="The server's limit, if you know it.")
]
TokensOption = Annotated[
    int | None, typer.Option("--tokens-per-minute", min=1, help="The server's limit, if you know it.")
]
SchemaOption = Annotated[
    str | None,
    typer.Option("--schema", help="Response schema to send: short, full or typed. Default: the provider's."),
]
PassesOption = Annotated[
    int | None, typer.Option("--passes", min=1, max=5, help="How often a model reads a document. Default: 1.")
]
VerifyOption = Annotated[
    str | None, typer.Option("--verify", help="provider/model that strikes out what the document does not state.")
]
ReaskOption = Annotated[
    int | None,
    typer.Option("--reask-tokens", min=0, help="Most tokens a document may use to be asked about again."),
]
PricesOption = Annotated[
    Path | None, typer.Option("--prices", help="Table of prices, as extract/providers/prices.csv.", readable=False)
]
DebugOption = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]


def reported(command: Callable[..., int]) -> Callable[..., None]:
    """Print a PledgebookError as one line, and turn the command's result into the exit code."""

    @wraps(command)
    def call(*args: Any, **kwargs: Any) -> None:
        try:
            code = command(*args, **kwargs)
        except PledgebookError as error:
            if kwargs.get("debug"):
                raise
            _say(f"error: {error}")
            code = 2 if isinstance(error, ConfigError) else 1
        except KeyboardInterrupt:
            _say("stopped; answers received so far are kept: call again to go on")
            code = 130
        except BrokenPipeError:
            # Whoever read our output has stopped, as `head` does; Python would complain once more at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = 1
        except PermissionError as error:
            # To ask whether something is there is refused below a folder that may not be entered, whoever asks.
            if error.filename is None or kwargs.get("debug"):
                raise
            above = "Check the permissions of it and of the folders above it, or name another."
            _say(f"error: {str(error.filename)!r} cannot be reached ({error.strerror}). {above}")
            code = 2
        except OSError as error:
            if error.errno != ENOSPC or kwargs.get("debug"):
                raise
            # What a command cannot write to a file it says itself; here it is our own output that nothing more fits in.
            _say(f"error: the output cannot be written ({error.strerror}). Make room and call again.")
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = 1
        raise typer.Exit(code)

    return call


@app.command()
@reported
def run(
    inputs: RunInputs = None,
    warehouse: WarehouseOption = DEFAULT_WAREHOUSE,
    sources: SourcesOption = DEFAULT_FILE,
    model: ModelOption = None,
    mode: ModeOption = None,
    record: RecordOption = None,
    replay: ReplayOption = None,
    min_confidence: ConfidenceOption = None,
    max_bytes: BytesOption = Settings.max_bytes,
    concurrency: ConcurrencyOption = None,
    timeout: TimeoutOption = None,
    max_attempts: AttemptsOption = None,
    requests_per_minute: RequestsOption = None,
    tokens_per_minute: TokensOption = None,
    older_than: Annotated[
        str | None, typer.Option("--older-than", help="Ask only about what was last answered longer ago, as in 30d.")
    ] = None,
    only_type: Annotated[
        list[str] | None, typer.Option("--only-type", help="Ask only about documents that have records of this type.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", help="Ask only about what was published on this day or later (YYYY-MM-DD).")
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Ask about at most so many documents.")] = None,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Try again at once what failed before, also what was given up.")
    ] = False,
    take_over: Annotated[
        bool, typer.Option("--take-over", help="End a run on this machine that holds the warehouse, and go on.")
    ] = False,
    keep: Annotated[
        int | None, typer.Option("--keep", min=0, help="Earlier published files to keep for a rollback. Default: 3.")
    ] = None,
    schema: SchemaOption = None,
    passes: PassesOption = None,
    verify: VerifyOption = None,
    reask_tokens: ReaskOption = None,
    prices: PricesOption = None,
    budget_usd: Annotated[
        float | None, typer.Option("--budget-usd", min=0, help="Stop before the run costs more; call again to go on.")
    ] = None,
    batch: Annotated[
        bool, typer.Option("--batch", help="Ask through OpenAI's Batch API: half the price, within a day.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Estimate requests, tokens, cost and time; ask nobody, write nothing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of the table.")] = False,
    debug: DebugOption = False,
) -> int:
    """Extract, load and build: articles in, contributions per country out.

    Without files it reads what sources.toml names: this is what a schedule calls.

    Example: pledgebook run articles/ --warehouse warehouse.duckdb
    """
    from extract import pipeline
    from extract.providers import open_provider
    from extract.run_report import report_run

    started = time.monotonic()
    given, settings = _what_to_run(inputs, sources, warehouse, model)
    narrowing = narrowed(older_than, only_type, since, limit)
    settings = replace(
        settings, narrowing=narrowing, is_retrying=retry_failed, is_taking_over=take_over,
        keep_published=settings.keep_published if keep is None else keep,
        model=chosen_model(model or settings.model, replay), mode=mode, record_dir=record, replay_dir=replay,
        max_bytes=max_bytes, min_confidence=min_confidence, concurrency=concurrency, timeout_seconds=timeout,
        max_attempts=max_attempts, requests_per_minute=requests_per_minute, tokens_per_minute=tokens_per_minute,
        schema=schema, passes=passes, verify=verify, reask_tokens=reask_tokens, prices_path=prices,
        budget_usd=budget_usd, is_batch=batch,
    )  # fmt: skip
    provider = open_provider(settings)
    if dry_run:
        return _estimate(settings, given, provider, as_json)
    _say(f"pledgebook {__version__}, provider: {_provider_line(provider.name)}")
    told: set[str] = set()
    state = Progress()
    if hasattr(provider, "say"):
        provider.say = _say

    def progress(result: DocumentResult, done: int, total: int) -> None:
        told.update([result.error] if result.error else [])
        for line in state.lines(result, done, total):
            _say(line)

    try:
        summary = pipeline.run(settings, given, provider, progress=progress, stage=_say)
    except PledgebookError as error:
        if isinstance(given, SourcesFile):
            report_run(given, settings.warehouse, None, str(error), time.monotonic() - started, _say)
        raise
    if isinstance(given, SourcesFile):
        report_run(given, settings.warehouse, summary, None, time.monotonic() - started, _say)
    if summary.run_id is None:
        _say("nothing changed: nobody was asked, nothing was written")
    for failure in summary.failures:
        if failure not in told:
            _say(f"failed: {failure}")
    seconds = time.monotonic() - started
    if as_json:
        print(json.dumps({**summary.as_json(), "seconds": round(seconds, 3)}, ensure_ascii=False))
    else:
        _print_summary(summary, settings.warehouse, seconds)
    return 1 if summary.failures else 0


@app.command()
@reported
def extract(
    inputs: Inputs,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="JSON Lines file; stdout when left out.")
    ] = None,
    model: ModelOption = None,
    mode: ModeOption = None,
    record: RecordOption = None,
    replay: ReplayOption = None,
    min_confidence: ConfidenceOption = None,
    max_bytes: BytesOption = Settings.max_bytes,
    concurrency: ConcurrencyOption = None,
    timeout: TimeoutOption = None,
    max_attempts: AttemptsOption = None,
    requests_per_minute: RequestsOption = None,
    tokens_per_minute: TokensOption = None,
    schema: SchemaOption = None,
    passes: PassesOption = None,
    verify: VerifyOption = None,
    reask_tokens: ReaskOption = None,
    prices: PricesOption = None,
    debug: DebugOption = False,
) -> int:
    """Give the records of documents as JSON Lines, one line a document, without a warehouse.

    Example: pledgebook extract articles/ --output records.jsonl
    """
    from extract import pipeline
    from extract.providers import open_provider

    settings = Settings(
        model=chosen_model(model, replay), mode=mode, record_dir=record, replay_dir=replay, max_bytes=max_bytes,
        min_confidence=min_confidence, concurrency=concurrency, timeout_seconds=timeout, max_attempts=max_attempts,
        requests_per_minute=requests_per_minute, tokens_per_minute=tokens_per_minute,
        schema=schema, passes=passes, verify=verify, reask_tokens=reask_tokens, prices_path=prices,
    )  # fmt: skip
    provider = open_provider(settings)
    if output is not None:
        refuse_overwriting(output, inputs, "Name another --output.")
    with ExitStack() as stack:
        # Opened before anything is asked and paid for; what stands in a file goes when there is something to write.
        opened = stack.enter_context(_open_output(output)) if output else sys.stdout

        @cache
        def lines() -> TextIO:
            if output is not None and output.is_file():
                opened.truncate(0)
            return opened

        def emit(line: dict[str, Any]) -> None:
            # Half a surrogate pair, which a model's JSON may hold, cannot be written.
            text = json.dumps(line, ensure_ascii=False).encode("utf-8", "replace").decode("utf-8")
            if output is None:
                print(text, flush=True)
            else:
                try:
                    print(text, file=lines(), flush=True)
                except OSError as error:
                    with suppress(OSError):  # it would try to write the same once more
                        opened.close()
                    raise unwritable(output, error, "Name another --output.") from error
            # In the words in which a run says it.
            said = [f"{len(line['records'])} records"] if line["records"] or not line["error"] else []
            said += [f"{'then ' if said else ''}failed: {line['error']}"] if line["error"] else []
            _say(f"{line['document']}: {', '.join(said)}")

        failed = pipeline.extract_documents(settings, inputs, provider, emit=emit)
        lines()
    return 1 if failed else 0


@app.command()
@reported
def build(warehouse: WarehouseOption = DEFAULT_WAREHOUSE, debug: DebugOption = False) -> int:
    """Make records and marts anew from the stored answers, test and publish them, asking nobody.

    Example: pledgebook build --warehouse warehouse.duckdb
    """
    from extract import pipeline

    started = time.monotonic()
    summary = pipeline.rebuild(Settings(warehouse=warehouse))
    for failure in summary.failures:
        _say(f"failed: {failure}")
    _print_summary(summary, warehouse, time.monotonic() - started)
    return 1 if summary.failures else 0


@app.command()
@reported
def docs(
    warehouse: WarehouseOption = DEFAULT_WAREHOUSE,
    output: Annotated[Path, typer.Option("--output", "-o", help="The HTML file to write.")] = Path("docs.html"),
    debug: DebugOption = False,
) -> int:
    """Write the dbt docs site as one HTML file that opens from disk.

    Example: pledgebook docs --output docs.html
    """
    from extract.transform import build_docs
    from extract.warehouse import require_warehouse

    require_warehouse(warehouse)
    page = build_docs(warehouse, output)
    print(page)
    return 0


for command in (evaluate, export, unresolved, report, status, diff, rollback, drop, forget, sources):
    app.command()(reported(command))
app.command()(reported(schedule))


def _what_to_run(
    inputs: list[Path] | None, sources: Path, warehouse: Path, model: str | None
) -> tuple[list[Path] | SourcesFile, Settings]:
    """What to read and the settings that it brings: those of sources.toml, where no file is named."""
    if inputs:
        return inputs, Settings(warehouse=warehouse)
    file = read_sources(sources)
    if file.run.warehouse is not None and warehouse == DEFAULT_WAREHOUSE:
        warehouse = file.path(file.run.warehouse)
    return file, Settings(
        warehouse=warehouse, model=model or file.run.model, keep_published=file.run.keep_published,
        retry_after=file.run.retry_after, give_up_after=file.run.give_up_after,
    )  # fmt: skip


@app.command()
@reported
def version() -> int:
    """Print the version.

    Example: pledgebook version
    """
    print(__version__)
    return 0


def _open_output(path: Path) -> TextIO:
    try:
        return path.open("a", encoding="utf-8")
    except OSError as error:
        raise unwritable(path, error, "Name another --output.") from error


def _provider_line(name: str) -> str:
    if name.startswith("embedded"):
        return f"{name} (no key and no network; set OPENAI_API_KEY or --model for a language model)"
    return name


def _estimate(settings: Settings, inputs: list[Path] | SourcesFile, provider: Provider, as_json: bool) -> int:
    from extract import pipeline
    from extract.estimate import estimate
    from extract.providers.llm import LLMProvider

    inner = getattr(provider, "inner", provider)
    with pipeline.pending_documents(settings, inputs, provider) as (documents_n, pending_n, pending, failures):
        for failure in failures:
            _say(f"failed: {failure}")
        if not isinstance(inner, LLMProvider):
            line = f"documents: {documents_n}, to ask about: {pending_n}; {provider.name} costs nothing"
            counts = {"documents_n": documents_n, "pending_n": pending_n, "cost_usd": 0.0}
            print(json.dumps(counts) if as_json else line)
            return 1 if failures else 0
        found = estimate(inner.settings, documents_n, pending, settings.warehouse)
    print(found.to_json() if as_json else found.line())
    return 1 if failures else 0


def _print_summary(summary: RunSummary, warehouse: Path, seconds: float) -> None:
    is_published = summary.run_id is None or summary.published
    if is_published and warehouse.exists():
        from extract.report import contributions_table

        print(contributions_table(warehouse))
        print()
    accounted_n = summary.extracted_n + summary.unchanged_n + summary.reprints_n + summary.put_off_n
    failed_n = summary.places_n - accounted_n - summary.not_asked_n
    documents = [f"{summary.extracted_n} extracted", f"{summary.unchanged_n} unchanged"]
    documents += [f"{summary.reprints_n} reprints"] if summary.reprints_n else []
    documents += [f"{summary.put_off_n} put off"] if summary.put_off_n else []
    documents += [f"{summary.not_asked_n} left for the next run"] if summary.not_asked_n else []
    documents += [f"{failed_n} failed"] if failed_n > 0 else []
    documents += [f"{summary.vanished_n} gone, their claims stay"] if summary.vanished_n else []
    places = f" in {summary.places_n} places" if summary.places_n != summary.documents_n else ""
    records = f"records: {summary.records_n} kept, {summary.rejected_n} rejected"
    cost = f"tokens: {summary.prompt_tokens:,} prompt" if summary.prompt_tokens else ""
    if cost:
        cost += f" ({summary.cached_tokens:,} cached), {summary.completion_tokens:,} completion; "
        cost += f"cost: ${summary.cost_usd:.4f}; " if summary.cost_usd is not None else "cost: unknown; "
    if summary.extracted_n == 0 and summary.unchanged_n and not summary.records_n:
        records = "records: as before"
    print(
        f"documents: {summary.documents_n}{places} ({', '.join(documents)}); "
        f"{records}; requests: {summary.asked_n}; {cost}dbt tests: {summary.tests_n}; {seconds:.1f} s"
    )
    if summary.given_up:
        print(f"given up: {len(summary.given_up)}, listed by: pledgebook status (--retry-failed tries them again)")
    if not is_published:
        print(f"not published: {str(warehouse)!r} is as it was; the answers are kept for the next run")
    elif warehouse.exists():
        option = "" if warehouse == DEFAULT_WAREHOUSE else f" --warehouse {warehouse}"
        print(f"warehouse: {warehouse}")
        print("next, with any DuckDB client:  select * from contributions_by_country;  select * from evidence;")
        print(f"                               duckdb {warehouse} 'from commitments'")
        print(f"the documentation site:        pledgebook docs{option}")
        print(f"your own articles:             pledgebook run FOLDER{option}")


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def main() -> None:
    """Entry point."""
    # Several threads make texts of this size slower, eight times on two busy cores; it is read when numpy is
    # first imported, which some commands do before they open the embedded extractor.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    app()


if __name__ == "__main__":
    main()
