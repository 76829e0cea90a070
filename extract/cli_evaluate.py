"""The command `pledgebook evaluate`: parse, extract or read records, measure, print.

It stands apart from `cli` because it alone has options of its own.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from extract.config import Settings, chosen_model
from extract.documents import Source
from extract.errors import ConfigError
from extract.gold import (
    GoldDocument,
    Prediction,
    documents_folder,
    find_documents,
    gold_name,
    is_test_part,
    predict,
    read_gold,
    read_predictions,
)

if TYPE_CHECKING:
    from extract.evaluate import Measure


class Show(StrEnum):
    """What can be listed beside the measures."""

    errors = "errors"


def evaluate(
    gold: Annotated[Path, typer.Option("--gold", help="Folder of gold, one JSON file per document.", readable=False)],
    documents: Annotated[
        Path | None,
        typer.Option(
            "--documents", help="Folder of the documents. Default: FOLDER/documents, else ../../documents.",
            readable=False,
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option("--model", "--provider", help="provider/model to ask, or 'embedded'; the default is that of run."),
    ] = None,
    predictions: Annotated[
        Path | None,
        typer.Option(
            "--predictions", help="Measure this file of 'pledgebook extract --output'; ask nobody.", readable=False
        ),
    ] = None,
    compare: Annotated[
        str | None,
        typer.Option("--compare", help="Another model, or a file of 'pledgebook extract --output', to compare with."),
    ] = None,
    replay: Annotated[
        Path | None, typer.Option("--replay", help="Take answers from this folder; ask nobody.", readable=False)
    ] = None,
    min_confidence: Annotated[
        float | None, typer.Option("--min-confidence", min=0, max=1, help="Least confidence of a record, 0 to 1.")
    ] = None,
    warehouse: Annotated[
        Path | None, typer.Option("--warehouse", help="Also keep the measures in this DuckDB file.", readable=False)
    ] = None,
    show: Annotated[
        Show | None, typer.Option("--show", help="List every missed and every false record; never for the test part.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of the table.")] = False,
    concurrency: Annotated[
        int | None, typer.Option("--concurrency", min=1, max=1000, help="Most requests in flight. Default: 64.")
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option("--timeout", min=0.1, help="Longest wait for one answer, in seconds. Default: 120."),
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> int:
    """Measure extracted records against gold.

    Example: pledgebook evaluate --gold seeds/gold/development --show errors
    """
    from extract import evaluate as evaluation_of
    from extract.warehouse import refuse_place

    settings = Settings(
        model=None if predictions else chosen_model(model, replay), replay_dir=replay, min_confidence=min_confidence,
        concurrency=concurrency, timeout_seconds=timeout,
    )  # fmt: skip
    if warehouse is not None:
        refuse_place(warehouse)  # before anything is asked and paid for
    held = read_gold(gold)
    sources = find_documents(held, documents_folder(gold, documents))
    if compare is not None:
        _refuse_other(settings, compare)  # before anything is asked and paid for
    name, predicted = _predictions(settings, predictions, sources)
    evaluation = evaluation_of.evaluate(
        held, predicted, provider=name, gold_name=gold_name(gold), keep_errors=not is_test_part(gold)
    )
    if compare is not None:
        measures = _compared(settings, held, sources, predicted, compare)
        evaluation = replace(evaluation, measures=[*evaluation.measures, *measures])
    if as_json:
        print(evaluation_of.to_json(evaluation))
    else:
        print(evaluation_of.table(evaluation))
        if show is not None:
            print("\n".join(["", *evaluation_of.error_lines(evaluation.errors)]))
    if show is not None and is_test_part(gold):
        _say("the records of the test part are never listed")
    failures = list(evaluation.failures)
    if warehouse is not None:
        failures += evaluation_of.store(warehouse, evaluation_of.evaluation_rows(evaluation, datetime.now(UTC)))
    for failure in failures:
        _say(f"failed: {failure}")
    return 1 if failures else 0


def _predictions(
    settings: Settings, file: Path | None, sources: Sequence[Source]
) -> tuple[str, Mapping[str, Prediction]]:
    """Who extracted, and what."""
    if file is not None:
        return file.name, read_predictions(file, sources)
    from extract.providers import open_provider

    provider = open_provider(settings)
    _say(f"provider: {provider.name}, {len(sources)} documents")
    return provider.name, predict(settings, sources, provider, progress=_progress)


def _compared(
    settings: Settings,
    gold: Sequence[GoldDocument],
    sources: Sequence[Source],
    predicted: Mapping[str, Prediction],
    other: str,
) -> list[Measure]:
    from extract.evaluate import compare

    file = Path(other)
    if file.is_file():
        name, others = _predictions(settings, file, sources)
    else:
        name, others = _predictions(_of_other(settings, other), None, sources)
    for one in others.values():
        if one.error:
            _say(f"failed with {name}: {one.error}")
    return compare(gold, predicted, others, other=name)


def _of_other(settings: Settings, other: str) -> Settings:
    model = chosen_model(other)
    # The embedded extractor has no recordings.
    return replace(settings, model=model, replay_dir=settings.replay_dir if model else None)


def _refuse_other(settings: Settings, other: str) -> None:
    """Say that there is no such file or model to compare with."""
    from extract.providers import open_provider

    file = Path(other)
    if file.is_dir() or (file.suffix in {".jsonl", ".json"} and not file.is_file()):
        raise ConfigError(f"There is no file {other!r} to compare with. Make it with: pledgebook extract --output FILE")
    if not file.is_file() and chosen_model(other) is not None:
        open_provider(_of_other(settings, other))


def _progress(done: int, total: int) -> None:
    # No names: the test part is not to be seen document by document either.
    if done == total or done % 10 == 0:
        _say(f"[{done}/{total}]")


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)
