"""Records against gold: precision, recall and F1, fields, quotes, calibration, and what went wrong.

In: gold and predictions. Out: measures with bootstrap intervals, which are the rows of
raw.evaluations, and every error with its quote. Who extracted the records, and how, does not matter
here.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from extract.gold import Claim, GoldDocument, GoldRecord, PredictedRecord, Prediction, gold_spans
from extract.matching import (
    LEVELS,
    REPORTED,
    Level,
    actors_agree,
    counterpart_found,
    currencies_agree,
    figures_agree,
    joint_overlap,
    match,
    quotes_overlap,
    stages_agree,
    types_agree,
)
from extract.schema import RecordType

BOOTSTRAP_ROUNDS = 1000
BOOTSTRAP_SEED = 20261122
CONFIDENCE_BINS = 5


@dataclass(frozen=True)
class Measure:
    """One figure, and one row of raw.evaluations.

    Attributes:
        slice: What was selected by: all, record_type, language, field, quote, document_kind,
            confidence or compare.
        slice_value: What was selected.
        measure: Name of the measure.
        value: None when there was nothing to measure on.
        low: Lower end of the 95 % bootstrap interval over documents; None below two documents.
        high: Its upper end.
        n: What the measure is a share of.
    """

    slice: str
    slice_value: str
    measure: str
    value: float | None
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True)
class ErrorCase:
    """A gold record that was missed, or a record that is in no gold.

    Attributes:
        kind: `missed` or `false`.
        differs: What keeps it from the record it comes nearest to; empty when there is none.
        claim: The record in short.
    """

    kind: Literal["missed", "false"]
    document: str
    language: str
    claim: dict[str, Any]
    differs: list[str]
    quote: str | None


@dataclass(frozen=True)
class Evaluation:
    """Everything measured of one provider on one gold folder; `errors` is empty for the test part."""

    provider: str
    gold: str
    documents_n: int
    required_n: int
    optional_n: int
    predicted_n: int
    measures: list[Measure]
    errors: list[ErrorCase] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def value(self, slice_: str, slice_value: str, measure: str) -> float | None:
        """One measure's value; None when it was not measured."""
        for one in self.measures:
            if (one.slice, one.slice_value, one.measure) == (slice_, slice_value, measure):
                return one.value
        return None


def evaluate(
    gold: Sequence[GoldDocument],
    predictions: Mapping[str, Prediction],
    *,
    provider: str,
    gold_name: str,
    keep_errors: bool,
) -> Evaluation:
    """Measure predictions against gold.

    Args:
        gold: The documents to measure on.
        predictions: What was extracted, by document; one that is missing counts as empty.
        provider: Who extracted, for the rows.
        gold_name: What the gold is called in the rows.
        keep_errors: Whether errors are listed; False for gold that must not be seen record by record.
    """
    scored = score(gold, predictions)
    return Evaluation(
        provider=provider,
        gold=gold_name,
        documents_n=len(gold),
        required_n=sum(record.required for document in gold for record in document.records),
        optional_n=sum(not record.required for document in gold for record in document.records),
        predicted_n=sum(len(one.prediction.records) for one in scored),
        measures=[
            *score_measures(scored, "all", "all"),
            *_by_record_type(scored),
            *_by_language(scored),
            *field_measures(scored),
            *quote_measures(scored),
            *empty_document_measures(scored),
            *calibration_measures(scored),
        ],
        errors=[case for one in scored for case in error_cases(one)] if keep_errors else [],
        failures=[one.prediction.error for one in scored if one.prediction.error],
    )


@dataclass(frozen=True)
class Scored:
    """One document's gold and predictions, and which is which.

    Attributes:
        pairs: For each level, gold index to prediction index.
    """

    gold: GoldDocument
    prediction: Prediction
    pairs: dict[Level, dict[int, int]]


def score(gold: Sequence[GoldDocument], predictions: Mapping[str, Prediction]) -> list[Scored]:
    """Match every document of the gold with what was predicted for it."""
    scored = []
    for document in gold:
        prediction = predictions.get(document.document) or Prediction(document.document, "", [])
        pairs: dict[Level, dict[int, int]] = {
            level: match(document.records, prediction.records, level, prediction.text) for level in LEVELS
        }
        scored.append(Scored(document, prediction, pairs))
    return scored


# --- measures ----------------------------------------------------------------------------------------

_Keep = Callable[[Claim], bool]


def score_measures(
    scored: Sequence[Scored], slice_: str, slice_value: str, keep: _Keep = lambda claim: True
) -> list[Measure]:
    """Precision, recall and F1 at the three levels, over the records that `keep` selects."""
    measures = []
    for level in REPORTED:
        counts = [_counts(one, level, keep) for one in scored]
        found, false, missed = ([one[index] for one in counts] for index in range(3))
        predicted = [one + other for one, other in zip(found, false, strict=True)]
        required = [one + other for one, other in zip(found, missed, strict=True)]
        both = [one + other for one, other in zip(predicted, required, strict=True)]
        measures += [
            ratio(slice_, slice_value, f"{level}_precision", found, predicted),
            ratio(slice_, slice_value, f"{level}_recall", found, required),
            # Its n is that of the gold: what a reader judges the figure by.
            ratio(slice_, slice_value, f"{level}_f1", [2 * one for one in found], both, n=sum(required)),
        ]
    return measures


def _counts(one: Scored, level: Level, keep: _Keep) -> tuple[int, int, int]:
    """Required records found, predictions that are false, required records missed.

    A prediction that is an optional record of the gold is none of the three.
    """
    pairs = one.pairs[level]
    wanted = [index for index, record in enumerate(one.gold.records) if record.required and keep(record)]
    matched = set(pairs.values())
    false = sum(keep(record) for index, record in enumerate(one.prediction.records) if index not in matched)
    found = sum(index in pairs for index in wanted)
    return found, false, len(wanted) - found


def _by_record_type(scored: Sequence[Scored]) -> list[Measure]:
    measures = []
    for record_type in get_args(RecordType):
        measures += score_measures(scored, "record_type", record_type, _of_type(record_type))
    return measures


def _of_type(record_type: str) -> _Keep:
    return lambda claim: claim.type == record_type


def _by_language(scored: Sequence[Scored]) -> list[Measure]:
    measures = []
    for language in sorted({one.gold.language for one in scored}):
        measures += score_measures([one for one in scored if one.gold.language == language], "language", language)
    return measures


_Checks = dict[str, bool]


def field_measures(scored: Sequence[Scored]) -> list[Measure]:
    """Share of right values of each field that the gold states, among required records found by value.

    The currency is measured among those found by figure, since a value holds its currency.
    """
    names = ("stage", "role", "currency", "counterpart", "qualifier", "joint", "conditional", "date")
    right: dict[str, list[int]] = {name: [] for name in names}
    stated: dict[str, list[int]] = {name: [] for name in names}
    for one in scored:
        checks = [_field_checks(*pair) for pair in _found(one, "value")]
        checks += [
            {"currency": currencies_agree(*pair)} for pair in _found(one, "figure") if pair[0].currency is not None
        ]
        for name in names:
            values = [check[name] for check in checks if name in check]
            right[name].append(sum(values))
            stated[name].append(len(values))
    return [ratio("field", name, "accuracy", right[name], stated[name]) for name in names]


def _found(one: Scored, level: Level) -> list[tuple[GoldRecord, PredictedRecord]]:
    pairs = [(one.gold.records[left], one.prediction.records[right]) for left, right in one.pairs[level].items()]
    return [pair for pair in pairs if pair[0].required]


def _field_checks(gold: GoldRecord, predicted: PredictedRecord) -> _Checks:
    checks: _Checks = {"conditional": gold.conditional == predicted.conditional}
    if gold.stages and not gold.type == predicted.type == "funding_amount":
        checks["stage"] = stages_agree(gold, predicted)
    if gold.role and gold.type == predicted.type:
        checks["role"] = gold.role == predicted.role
    if gold.counterpart or gold.counterpart_code or gold.counterpart_accept:
        checks["counterpart"] = counterpart_found(gold, predicted)
    if gold.qualifier:
        checks["qualifier"] = gold.qualifier == predicted.qualifier
    if gold.joint:
        checks["joint"] = joint_overlap(gold, predicted) == 1
    if gold.date:
        checks["date"] = gold.date == predicted.date
    return checks


def quote_measures(scored: Sequence[Scored]) -> list[Measure]:
    """Whether quotes are slices of the text, and whether they lie where the gold's lie."""
    exact, all_, overlapping, located = [], [], [], []
    for one in scored:
        text, records = one.prediction.text, one.prediction.records
        exact.append(sum(text[record.start : record.end] == record.quote for record in records))
        all_.append(len(records))
        pairs = [pair for pair in _found(one, "value") if gold_spans(pair[0].quote, text)]
        located.append(len(pairs))
        overlapping.append(sum(quotes_overlap(*pair, text) for pair in pairs))
    return [
        ratio("quote", "predicted", "is_slice_of_text", exact, all_),
        ratio("quote", "found by value", "overlaps_gold", overlapping, located),
    ]


def empty_document_measures(scored: Sequence[Scored]) -> list[Measure]:
    """False records per document, over the documents that hold no record."""
    empty = [one for one in scored if not one.gold.records]
    false = [len(one.prediction.records) for one in empty]
    return [ratio("document_kind", "without records", "false_records_per_document", false, [1] * len(empty))]


def calibration_measures(scored: Sequence[Scored]) -> list[Measure]:
    """Brier score, expected calibration error and a reliability table, where confidence is given.

    A record is right when it agrees strictly with a record of the gold, required or optional.
    """
    judged: list[list[tuple[float, bool]]] = []
    for one in scored:
        right = set(one.pairs["strict"].values())
        judged.append(
            [
                (record.confidence, index in right)
                for index, record in enumerate(one.prediction.records)
                if record.confidence is not None
            ]
        )
    everything = [pair for document in judged for pair in document]
    if not everything:
        return []
    squared = [sum((confidence - right) ** 2 for confidence, right in document) for document in judged]
    measures = [ratio("confidence", "all", "brier", squared, [len(document) for document in judged])]
    bins, error = [], 0.0
    for number in range(CONFIDENCE_BINS):
        held = [pair for pair in everything if min(int(pair[0] * CONFIDENCE_BINS), CONFIDENCE_BINS - 1) == number]
        name = f"{number / CONFIDENCE_BINS:.1f}-{(number + 1) / CONFIDENCE_BINS:.1f}"
        stated = sum(confidence for confidence, _ in held) / len(held) if held else None
        right_share = sum(right for _, right in held) / len(held) if held else None
        if stated is not None and right_share is not None:
            error += abs(stated - right_share) * len(held) / len(everything)
        bins += [
            Measure("confidence", name, "mean_confidence", stated, None, None, len(held)),
            Measure("confidence", name, "right", right_share, None, None, len(held)),
        ]
    ece = Measure("confidence", "all", "expected_calibration_error", error, None, None, len(everything))
    return [*measures, ece, *bins]


def compare(
    gold: Sequence[GoldDocument],
    predictions: Mapping[str, Prediction],
    others: Mapping[str, Prediction],
    *,
    other: str,
) -> list[Measure]:
    """Precision, recall and F1 of `predictions` minus those of `others`, with paired intervals.

    Args:
        other: What the others are called in the rows.
    """
    measures = []
    ours, theirs = score(gold, predictions), score(gold, others)
    for level in REPORTED:
        both = [[_counts(one, level, lambda claim: True) for one in scored] for scored in (ours, theirs)]
        for name, parts in _SCORES.items():
            terms = [parts(np.array(counts, dtype=np.float64).reshape(-1, 3)) for counts in both]
            values = [_quotient(top.sum(), bottom.sum()) for top, bottom in terms]
            if values[0] is None or values[1] is None:
                continue
            low, high = _interval([_resampled(top, bottom) for top, bottom in terms])
            measure = f"{level}_{name}_difference"
            measures.append(Measure("compare", other, measure, values[0] - values[1], low, high, len(gold)))
    return measures


_Array = npt.NDArray[np.float64]
# Numerator and denominator by document, from found, false and missed.
_SCORES: dict[str, Callable[[_Array], tuple[_Array, _Array]]] = {
    "precision": lambda counts: (counts[:, 0], counts[:, 0] + counts[:, 1]),
    "recall": lambda counts: (counts[:, 0], counts[:, 0] + counts[:, 2]),
    "f1": lambda counts: (2 * counts[:, 0], 2 * counts[:, 0] + counts[:, 1] + counts[:, 2]),
}


def ratio(
    slice_: str,
    slice_value: str,
    measure: str,
    numerators: Sequence[float],
    denominators: Sequence[float],
    *,
    n: int | None = None,
) -> Measure:
    """A ratio of sums over documents, with its bootstrap interval.

    Args:
        numerators: One per document.
        denominators: One per document.
        n: What to state as the measure's n; the sum of the denominators when left out.
    """
    top, bottom = np.array(numerators, dtype=np.float64), np.array(denominators, dtype=np.float64)
    low, high = _interval([_resampled(top, bottom)])
    held = int(bottom.sum()) if n is None else n
    return Measure(slice_, slice_value, measure, _quotient(top.sum(), bottom.sum()), low, high, held)


def _quotient(top: float, bottom: float) -> float | None:
    return float(top / bottom) if bottom else None


def _resampled(top: _Array, bottom: _Array) -> _Array:
    """The ratio of sums in every bootstrap sample of the documents; not a number where it has no meaning."""
    if len(top) < 2:
        return np.array([], dtype=np.float64)
    draws = _draws(len(top))
    sums = bottom[draws].sum(axis=1)
    ratios: _Array = np.where(sums > 0, top[draws].sum(axis=1) / np.where(sums > 0, sums, 1), np.nan)
    return ratios


@lru_cache(maxsize=64)
def _draws(documents_n: int) -> npt.NDArray[np.int64]:
    generator = np.random.default_rng(BOOTSTRAP_SEED)
    return generator.integers(0, documents_n, size=(BOOTSTRAP_ROUNDS, documents_n))


def _interval(ratios: list[_Array]) -> tuple[float | None, float | None]:
    """95 % interval of the first ratio, or of the first minus the second."""
    values = ratios[0] if len(ratios) == 1 else ratios[0] - ratios[1]
    values = values[~np.isnan(values)]
    if not len(values):
        return None, None
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


# --- what went wrong -----------------------------------------------------------------------------


def error_cases(one: Scored) -> list[ErrorCase]:
    """Every required record that was missed strictly and every prediction that is strictly in no gold."""
    strict, loose = one.pairs["strict"], one.pairs["loose"]
    matched = set(strict.values())
    nearest = {right: left for left, right in loose.items()}
    cases = []
    for index, gold in enumerate(one.gold.records):
        if index in strict or not gold.required:
            continue
        near = one.prediction.records[loose[index]] if index in loose and loose[index] not in matched else None
        differs = differences(gold, near) if near else []
        cases.append(ErrorCase("missed", one.gold.document, one.gold.language, in_short(gold), differs, gold.quote))
    for index, predicted in enumerate(one.prediction.records):
        if index in matched:
            continue
        differs = []
        if index in nearest and nearest[index] not in strict:
            differs = differences(one.gold.records[nearest[index]], predicted)
        cases.append(
            ErrorCase("false", one.gold.document, one.gold.language, in_short(predicted), differs, predicted.quote)
        )
    return cases


def differences(gold: GoldRecord, predicted: PredictedRecord) -> list[str]:
    """Names of what keeps a prediction from a gold record of the same type and actor."""
    checks = {
        "type": types_agree(gold, predicted),
        "actor": actors_agree(gold, predicted, "strict"),
        "figure": figures_agree(gold, predicted),
        "currency": currencies_agree(gold, predicted),
        "role" if gold.type == predicted.type == "funding_amount" else "stage": stages_agree(gold, predicted),
        "counterpart": counterpart_found(gold, predicted),
    }
    return [name for name, is_right in checks.items() if not is_right]


def in_short(claim: Claim) -> dict[str, Any]:
    """The fields of a record that matching looks at, those without a value left out."""
    shown = {
        "type": claim.type,
        "actor": claim.actor_code or claim.actor,
        "joint": claim.joint,
        "amount": claim.amount if claim.amount is not None else (claim.amount_min, claim.amount_max),
        "currency": claim.currency,
        "headcount": claim.headcount,
        "stage": claim.stage,
        "role": claim.role,
        "counterpart": claim.counterpart_code or claim.counterpart,
    }
    return {name: value for name, value in shown.items() if value not in (None, [], (None, None))}


# --- as rows, JSON and a table ---------------------------------------------------------------------


def evaluation_rows(evaluation: Evaluation, evaluated_at: datetime) -> list[dict[str, Any]]:
    """Rows of raw.evaluations."""
    from extract.pipeline import short_hash

    at = evaluated_at.astimezone(UTC)
    common = {
        "evaluation_id": short_hash(at.isoformat(), evaluation.provider, evaluation.gold),
        "evaluated_at": at,
        "provider": evaluation.provider,
        "gold": evaluation.gold,
    }
    return [{**common, **asdict(measure)} for measure in evaluation.measures]


def store(warehouse: Path, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Add rows to raw.evaluations, build the marts and publish.

    Returns:
        What failed in the build; the published file is then as it was.

    Raises:
        WarehouseError: If the warehouse is locked, damaged or cannot be replaced.
    """
    from extract.transform import build, manifest_path
    from extract.warehouse import create_tables, hold_lock, insert_rows, open_warehouse, publish, working_copy

    with hold_lock(warehouse), working_copy(warehouse) as copy:
        with open_warehouse(copy) as connection:
            create_tables(connection)
            insert_rows(connection, "evaluations", rows)
        failures = build(copy, kept=manifest_path(warehouse)).failures
        if not failures:
            publish(copy, warehouse)
    return failures


def to_json(evaluation: Evaluation) -> str:
    """The evaluation as one JSON object."""
    return json.dumps(asdict(evaluation), ensure_ascii=False, indent=1)


def table(evaluation: Evaluation) -> str:
    """The evaluation as a person reads it."""
    held: dict[tuple[str, str], dict[str, Measure]] = defaultdict(dict)
    for one in evaluation.measures:
        held[(one.slice, one.slice_value)][one.measure] = one
    lines = [
        f"gold: {evaluation.gold}: {evaluation.documents_n} documents, {evaluation.required_n} required records, "
        f"{evaluation.optional_n} optional",
        f"provider: {evaluation.provider}: {evaluation.predicted_n} records, "
        f"{len(evaluation.failures)} documents failed",
        "",
        _score_line("", ("precision", "recall", "F1", "gold")),
        *(_scores(level, held[("all", "all")], level) for level in REPORTED),
    ]
    for slice_, title in (("record_type", "strict, by record type"), ("language", "strict, by language")):
        lines += ["", title]
        lines += [_scores(value, measures, "strict") for (name, value), measures in held.items() if name == slice_]
    lines += ["", "fields right, of records found by value"]
    lines += [_shown_line(value, one["accuracy"]) for (name, value), one in held.items() if name == "field"]
    lines += ["", "quotes and documents without records"]
    for (name, _), measures in held.items():
        if name in ("quote", "document_kind"):
            lines += [_shown_line(measure.replace("_", " "), one) for measure, one in measures.items()]
    lines += _calibration_lines(held)
    compared = [(value, one) for (name, value), one in held.items() if name == "compare"]
    for value, measures in compared:
        lines += ["", f"minus {value}"]
        lines += [_shown_line(measure.replace("_", " "), one) for measure, one in measures.items()]
    return "\n".join(lines)


def _calibration_lines(held: Mapping[tuple[str, str], Mapping[str, Measure]]) -> list[str]:
    overall = held.get(("confidence", "all"))
    if not overall:
        return []
    lines = ["", "confidence (right means strictly)"]
    lines += [_shown_line(measure.replace("_", " "), one) for measure, one in overall.items()]
    for (name, value), measures in held.items():
        if name == "confidence" and value != "all":
            stated, right = measures["mean_confidence"], measures["right"]
            lines.append(f"  {value:<28} stated {_number(stated.value)}   right {_number(right.value)}   n {right.n}")
    return lines


def _scores(name: str, measures: Mapping[str, Measure], level: Level) -> str:
    precision, recall, f1 = (measures[f"{level}_{score}"] for score in ("precision", "recall", "f1"))
    return _score_line(name, (_shown(precision), _shown(recall), _shown(f1), str(f1.n)))


def _score_line(name: str, cells: Sequence[str]) -> str:
    return f"  {name:<28}" + "".join(f"{cell:<20}" for cell in cells).rstrip()


def _shown_line(name: str, measure: Measure) -> str:
    return f"  {name:<28}{_shown(measure):<20}n {measure.n}"


def _shown(measure: Measure) -> str:
    if measure.low is None or measure.high is None:
        return _number(measure.value)
    return f"{_number(measure.value)} [{_number(measure.low)}, {_number(measure.high)}]"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def error_lines(errors: Sequence[ErrorCase]) -> list[str]:
    """Errors as a person reads them, two lines each."""
    lines = []
    for case in errors:
        near = f" (nearest differs in {', '.join(case.differs)})" if case.differs else ""
        quote = re.sub(r"\s+", " ", case.quote or "no quote")
        lines += [f"{case.kind} in {case.document}: {claim_words(case.claim)}{near}", f"    {quote}"]
    return lines


def claim_words(claim: Mapping[str, Any]) -> str:
    """The fields of a record in short (`in_short`), as a person reads them."""
    return ", ".join(f"{name} {_claim_value(value)}" for name, value in claim.items())


def _claim_value(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}"
    if isinstance(value, list | tuple):
        return "+".join("?" if one is None else _claim_value(one) for one in value)
    return str(value)
