"""Records of project descriptions in ../shared/benchmarks/aiddata_gulf.jsonl, scored as its README says.

    python benchmarks/evaluate_aiddata.py [--model openai/gpt-5-mini]

Of each description the record whose contributor is the coded donor, or an agency of it (the Saudi Fund for
Development), counts, that of the largest amount if there are several. Totals only are printed, never a row:
nothing is to be trained on it, by hand neither. A description without such a record is wrong in everything
but the amount where none is coded.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from shared_gold import is_absent, parse_arguments, predict_texts, settings_of

from extract.evaluate import Measure, ratio
from extract.gold import PredictedRecord
from extract.matching import FIGURE_TOLERANCE_RATIO

STAGES = ("pledged", "committed", "disbursing", "disbursed")
_PROMISED = ("pledged", "committed")
SLICE = "aiddata"


def chosen_record(records: Sequence[PredictedRecord], donor: str) -> PredictedRecord | None:
    """The record whose contributor is the donor or acts for it; that of the largest amount if there are several."""
    given = [
        record
        for record in records
        if donor in (*record.contributors, record.actor_on_behalf_of)
        and (record.type == "pledge" or (record.type == "funding_amount" and record.role == "contribution"))
    ]
    return max(given, key=lambda record: -1 if record.amount is None else record.amount, default=None)


def aiddata_measures(
    rows: Sequence[Mapping[str, Any]], predictions: Mapping[str, Sequence[PredictedRecord]]
) -> list[Measure]:
    """The measures of the benchmark's README, each with a bootstrap interval over descriptions.

    Args:
        rows: `id`, `gold` (donor_iso3, recipient_iso3, stage, amount, currency), `amount_in_text`.
        predictions: Records by id.
    """
    chosen = [(row, chosen_record(predictions.get(row["id"], []), row["gold"]["donor_iso3"])) for row in rows]
    literal = [(row["gold"], record) for row, record in chosen if row["amount_in_text"]]
    uncoded = [(row["gold"], record) for row, record in chosen if row["gold"]["amount"] is None]
    countries = [(row["gold"], record) for row, record in chosen if _is_iso3(row["gold"]["recipient_iso3"])]
    staged = [(row["gold"], record) for row, record in chosen if row["gold"]["stage"] in STAGES]
    everything = [(row["gold"], record) for row, record in chosen]
    return [
        _share("amount", [_amount_right(*pair) for pair in literal]),
        _share("currency", [_currency_right(*pair) for pair in literal]),
        _share("amount and currency", [_amount_right(*pair) and _currency_right(*pair) for pair in literal]),
        _share("given on null", [record is not None and record.amount is not None for _, record in uncoded]),
        _share("donor", [record is not None for _, record in everything]),
        _share("recipient", [_recipient_right(*pair) for pair in countries]),
        _share("stage two-way", [_side(gold["stage"]) == _side(_stage(record)) for gold, record in staged]),
        _share("stage four-way", [gold["stage"] == _stage(record) for gold, record in staged]),
    ]


def _share(name: str, right: Sequence[bool]) -> Measure:
    return ratio(SLICE, "all", name, [float(one) for one in right], [1.0] * len(right))


def _is_iso3(code: str | None) -> bool:
    return code is not None and len(code) == 3 and code.isupper()


def _amount_right(gold: Mapping[str, Any], record: PredictedRecord | None) -> bool:
    if record is None or record.amount is None:
        return False
    return abs(record.amount - float(gold["amount"])) <= FIGURE_TOLERANCE_RATIO * float(gold["amount"])


def _currency_right(gold: Mapping[str, Any], record: PredictedRecord | None) -> bool:
    return record is not None and record.currency == gold["currency"]


def _recipient_right(gold: Mapping[str, Any], record: PredictedRecord | None) -> bool:
    return record is not None and record.counterpart_code == gold["recipient_iso3"]


def _stage(record: PredictedRecord | None) -> str | None:
    return record.stage if record else None


def _side(stage: str | None) -> str | None:
    """Promised or paid; None for other stages and for no record, which agree with neither."""
    if stage not in STAGES:
        return None
    return "promised" if stage in _PROMISED else "paid"


def main() -> int:
    """Measure and print; 1 if a description failed."""
    arguments = parse_arguments(__doc__ or "")
    path = arguments.shared / "benchmarks" / "aiddata_gulf.jsonl"
    if is_absent(path):
        return 0
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    provider, predictions = predict_texts(settings_of(arguments), {row["id"]: row["text"] for row in rows})
    measures = aiddata_measures(rows, {name: one.records for name, one in predictions.items()})
    failed = sum(one.error is not None for one in predictions.values())
    if arguments.json:
        values = {one.measure: {"value": one.value, "low": one.low, "high": one.high, "n": one.n} for one in measures}
        print(json.dumps({"provider": provider, "failed_n": failed, "measures": values}, indent=1))
    else:
        print(f"provider: {provider}, {len(rows)} descriptions, {failed} failed")
        for one in measures:
            if one.value is not None and one.low is not None and one.high is not None:
                print(f"  {one.measure:<22} {one.value:.3f} [{one.low:.3f}, {one.high:.3f}]   n {one.n}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
