"""The command `pledgebook`: parse, call one function, print, exit.

Results go to stdout, progress to stderr. Exit 0: done; 1: finished, and something failed; 2:
misuse or configuration.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from extract import __version__
from extract.config import DEFAULT_WAREHOUSE, Settings, chosen_model
from extract.errors import ConfigError, PledgebookError

app = typer.Typer(
    name="pledgebook",
    help="From news articles to grounded, typed records of who promised what to whom.\n\n"
    "Example: pledgebook run articles/",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Inputs = Annotated[list[Path], typer.Argument(help="Files and folders of .txt, .md and .html articles.", show_default=False)]
WarehouseOption = Annotated[Path, typer.Option("--warehouse", help="The DuckDB file.", envvar="PLEDGEBOOK_DB")]
ModelOption = Annotated[
    str | None,
    typer.Option(
        help="provider/model to ask, as in openai/gpt-5-mini; 'embedded' for none. "
        "Default: PLEDGEBOOK_MODEL, else OpenAI's if OPENAI_API_KEY or OPENAI_BASE_URL is set, else embedded."
    ),
]
RecordOption = Annotated[Path | None, typer.Option("--record", help="Keep answers in this folder.")]
ReplayOption = Annotated[Path | None, typer.Option("--replay", help="Take answers from this folder; ask nobody.")]
ConfidenceOption = Annotated[
    float | None, typer.Option("--min-confidence", min=0, max=1, help="Least confidence of a record, 0 to 1.")
]
BytesOption = Annotated[int, typer.Option("--max-bytes", min=1, help="Largest file to read, in bytes.")]
ConcurrencyOption = Annotated[int, typer.Option("--concurrency", min=1, max=1000, help="Most requests in flight.")]
TimeoutOption = Annotated[float, typer.Option("--timeout", min=0.1, help="Longest wait for one answer, in seconds.")]
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
        raise typer.Exit(code)

    return call


@app.command()
@reported
def run(
    inputs: Inputs,
    warehouse: WarehouseOption = DEFAULT_WAREHOUSE,
    model: ModelOption = None,
    record: RecordOption = None,
    replay: ReplayOption = None,
    min_confidence: ConfidenceOption = None,
    max_bytes: BytesOption = Settings.max_bytes,
    concurrency: ConcurrencyOption = Settings.concurrency,
    timeout: TimeoutOption = Settings.timeout_seconds,
    debug: DebugOption = False,
) -> int:
    """Extract, load and build: articles in, contributions per country out.

    Example: pledgebook run articles/ --warehouse warehouse.duckdb
    """
    from extract import pipeline
    from extract.providers import open_provider

    started = time.monotonic()
    settings = Settings(
        warehouse=warehouse, model=chosen_model(model), record_dir=record, replay_dir=replay, max_bytes=max_bytes,
        min_confidence=min_confidence, concurrency=concurrency, timeout_seconds=timeout,
    )  # fmt: skip
    provider = open_provider(settings)
    _say(f"pledgebook {__version__}, provider: {_provider_line(provider.name)}")
    summary = pipeline.run(settings, inputs, provider, progress=_progress, stage=_say)
    if summary.run_id is None:
        _say(f"nothing changed: {summary.unchanged_n} documents as before, nobody asked, nothing written")
    _print_summary(summary, settings.warehouse, time.monotonic() - started)
    return 1 if summary.failures else 0


@app.command()
@reported
def extract(
    inputs: Inputs,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="JSON Lines file; stdout when left out.")] = None,
    model: ModelOption = None,
    record: RecordOption = None,
    replay: ReplayOption = None,
    min_confidence: ConfidenceOption = None,
    max_bytes: BytesOption = Settings.max_bytes,
    concurrency: ConcurrencyOption = Settings.concurrency,
    timeout: TimeoutOption = Settings.timeout_seconds,
    debug: DebugOption = False,
) -> int:
    """Give the records of documents as JSON Lines, one line a document, without a warehouse.

    Example: pledgebook extract articles/ --output records.jsonl
    """
    from extract import pipeline
    from extract.providers import open_provider

    settings = Settings(
        model=chosen_model(model), record_dir=record, replay_dir=replay, max_bytes=max_bytes,
        min_confidence=min_confidence, concurrency=concurrency, timeout_seconds=timeout,
    )  # fmt: skip
    provider = open_provider(settings)
    lines: list[str] = []

    def emit(line: dict[str, Any]) -> None:
        text = json.dumps(line, ensure_ascii=False)
        if output is None:
            print(text, flush=True)
        else:
            lines.append(text)
        note = f"error: {line['error']}" if line["error"] else f"{len(line['records'])} records"
        _say(f"{line['document']}: {note}")

    failed = pipeline.extract_documents(settings, inputs, provider, emit=emit)
    if output is not None:
        try:
            output.write_text("".join(text + "\n" for text in lines), encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"{str(output)!r} cannot be written: {error.strerror}. Name another --output.") from error
    return 1 if failed else 0


@app.command()
@reported
def build(warehouse: WarehouseOption = DEFAULT_WAREHOUSE, debug: DebugOption = False) -> int:
    """Build and test the marts anew from the raw tables, asking nobody.

    Example: pledgebook build --warehouse warehouse.duckdb
    """
    from extract import pipeline

    summary = pipeline.rebuild(Settings(warehouse=warehouse))
    _print_summary(summary, warehouse, None)
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

    if not warehouse.exists():
        raise ConfigError(f"There is no warehouse {str(warehouse)!r}. Make one with: pledgebook run FOLDER")
    page = build_docs(warehouse, output)
    print(page)
    return 0


@app.command()
@reported
def version() -> int:
    """Print the version."""
    print(__version__)
    return 0


def _provider_line(name: str) -> str:
    if name.startswith("embedded"):
        return f"{name} (no key and no network; set OPENAI_API_KEY or --model for a language model)"
    return name


def _progress(result: Any, done: int, total: int) -> None:
    width = len(str(total))
    if result.status == "failed":
        note = f"failed: {result.error}"
    elif result.status == "unchanged":
        note = "unchanged"
    else:
        note = f"{result.records_n} records, {result.rejected_n} rejected, {result.seconds:.1f} s"
    if result.status != "unchanged" or done == total or done % 1000 == 0:
        _say(f"[{done:>{width}}/{total}] {result.name}: {note}")


def _print_summary(summary: Any, warehouse: Path, seconds: float | None) -> None:
    if warehouse.exists():
        from extract.report import contributions_table

        print(contributions_table(warehouse))
    for failure in summary.failures:
        _say(f"failed: {failure}")
    counts = asdict(summary)
    took = f" in {seconds:.1f} s" if seconds is not None else ""
    print(
        "documents: {documents_n} ({extracted_n} extracted, {unchanged_n} unchanged); "
        "records: {records_n} kept, {rejected_n} rejected; requests: {asked_n}; dbt tests: {tests_n}".format(**counts)
        + took
    )
    if summary.run_id is not None and not summary.published:
        print(f"not published: {str(warehouse)!r} is as it was")
    elif warehouse.exists():
        print(f"warehouse: {warehouse}")
        print("next:")
        print(f"  duckdb {warehouse} \"select * from contributions_by_country\"   (or any DuckDB client)")
        print(f"  pledgebook docs --warehouse {warehouse}                        (the documentation site)")
        print("  pledgebook run FOLDER                                          (your own articles)")


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def main() -> None:
    """Entry point."""
    app()


if __name__ == "__main__":
    main()
