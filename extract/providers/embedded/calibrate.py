"""Fits `recipients.json`, who receives a pledge, and `confidence.json`: which evidence speaks for a right record.

In: whole articles with gold, on none of which the network was trained. Out: a conditional logit for the recipient;
and coefficients of a logistic line, fitted on the articles' records at every stage that each may have, with a penalty
on large ones (ridge). The line chooses the stage too, and is then stretched to how often what it chose is right.

    python -m extract.providers.embedded.calibrate seeds/training/articles_judged_*.jsonl \
        --set seeds/gold/development seeds/documents
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from extract.config import Settings
from extract.documents import Document
from extract.evaluate import score
from extract.gold import GoldDocument, GoldRecord, PredictedRecord, find_documents, predict, read_gold
from extract.matching import actors_agree, agrees, counterpart_found, figures_agree
from extract.providers.embedded import WEIGHTS, WEIGHTS_SHA256, EmbeddedProvider, recipients
from extract.providers.embedded.articles import write_articles
from extract.providers.embedded.candidates import Readings, read_candidates
from extract.providers.embedded.confidence import COEFFICIENTS, Evidence, chance
from extract.providers.embedded.decide import Thresholds, decide_on
from extract.providers.embedded.model import Model
from extract.providers.embedded.recipients import COEFFICIENTS as RECIPIENTS
from extract.providers.embedded.recipients import Option

PENALTY = 150.0
CHOICE_PENALTY = 5.0
_STEPS = 50
# A draft's number stands where its confidence would, in millionths.
_NUMBERED = 1e6
_LEAST = 1e-4
_Set = tuple[list[GoldDocument], Path]


class Reader:
    """The network, which reads each document once, whatever is then asked of it.

    Args:
        weights: The network's.
    """

    def __init__(self, weights: Path) -> None:
        self._model = Model(weights)
        self._read: dict[str, Readings] = {}

    def __call__(self, document: Document) -> Readings:
        """What the network says of a document."""
        if document.text not in self._read:
            self._read[document.text] = read_candidates(document, self._model)
        return self._read[document.text]


class _Judging(EmbeddedProvider):
    """Every draft, however unsure, at the stage that a line chooses and with the confidence that it gives."""

    def __init__(self, read: Reader, line: dict[str, float]) -> None:
        super().__init__(0.0)
        self.read = read
        self.judge = partial(chance, coefficients=line)

    def answer(self, document: Document) -> dict[str, object]:
        decision = decide_on(self.read(document), Thresholds(), 0.0, judge=self.judge)
        return {"records": decision.drafts, "confidence": decision.confidence, "rejected": []}


class _Numbered(EmbeddedProvider):
    """Every draft, however unsure, at every stage that it may have, with its number in place of a confidence."""

    def __init__(self, read: Reader) -> None:
        super().__init__(0.0)
        self.read = read
        self.evidence: list[Evidence] = []
        self.options: list[list[Option]] = []

    def answer(self, document: Document) -> dict[str, object]:
        decision = decide_on(self.read(document), Thresholds(), 0.0, keeps_all=True)
        first = len(self.evidence)
        self.evidence += decision.evidence
        self.options += decision.options
        numbers = [n / _NUMBERED for n in range(first, len(self.evidence))]
        return {"records": decision.drafts, "confidence": numbers, "rejected": []}


def judged(sets: Sequence[_Set], read: Reader) -> tuple[list[Evidence], list[bool]]:
    """The evidence of every record found in the documents of the sets, and whether it is strictly right.

    A record stands there at every stage that it may have.
    """
    found: list[Evidence] = []
    right: list[bool] = []
    for gold, folder in sets:
        provider = _Numbered(read)
        for one in score(gold, predict(Settings(), find_documents(gold, folder), provider)):
            for record in one.prediction.records:
                if record.confidence is not None:
                    found.append(provider.evidence[round(record.confidence * _NUMBERED)])
                    right.append(any(agrees(true, record, "strict") for true in one.gold.records))
    return found, right


_Choice = tuple[list[Evidence], list[bool]]


def choices(sets: Sequence[_Set], read: Reader) -> list[_Choice]:
    """For every pledge found in the sets whose giver and sum are right, who might receive it, and who does."""
    found: list[_Choice] = []
    for gold, folder in sets:
        provider = _Numbered(read)
        predicted = predict(Settings(), find_documents(gold, folder), provider)
        for document in gold:
            seen: set[int] = set()
            for record in predicted[document.document].records:
                options = provider.options[round((record.confidence or 0.0) * _NUMBERED)]
                same = [true for true in document.records if _is_same_gift(true, record)]
                if same and options and id(options) not in seen:
                    seen.add(id(options))
                    found.append(([one.evidence for one in options], [_receives(one, record, same) for one in options]))
    return found


def _is_same_gift(true: GoldRecord, record: PredictedRecord) -> bool:
    is_stated = true.counterpart or true.counterpart_code or true.counterpart_accept
    if not is_stated or true.type != "pledge" or record.type != "pledge" or not actors_agree(true, record, "strict"):
        return False
    return figures_agree(true, record) if true.has_amount else not record.has_amount


def _receives(option: Option, record: PredictedRecord, same: Sequence[GoldRecord]) -> bool:
    name = option.actor["name"] if option.actor else None
    is_country = option.actor is not None and option.actor["type"] == "country"
    changed = record.model_copy(update={"counterpart": name, "counterpart_code": option.key if is_country else None})
    return any(counterpart_found(true, changed) for true in same)


def fit_choice(found: Sequence[_Choice], penalty: float = CHOICE_PENALTY) -> dict[str, float]:
    """Coefficients of the likeliest conditional logit; where several options are right, any of them.

    Args:
        found: Evidence of each option, and whether it is right; choices without a right one tell nothing.
        penalty: On squared coefficients of evidence of spread 1.
    """
    told = [(options, right) for options, right in found if any(right)]
    names = sorted({name for options, _ in told for one in options for name in one})
    every = np.array([[one.get(name, 0.0) for name in names] for options, _ in told for one in options])
    spread = every.std(0)
    spread[spread == 0] = 1.0
    scaled = every / spread
    ends = np.cumsum([len(options) for options, _ in told])
    parts = np.split(scaled, ends[:-1])
    rights = [np.array(right) for _, right in told]
    weights = np.zeros(len(names))
    for _ in range(_STEPS):
        slope, curve = penalty * weights, penalty * np.eye(len(names))
        for part, right in zip(parts, rights, strict=True):
            said, among = _softmax(part @ weights), _softmax(np.where(right, part @ weights, -np.inf))
            mean = said @ part
            slope += mean - among @ part
            curve += (part * said[:, None]).T @ part - np.outer(mean, mean)
        step = np.linalg.solve(curve, slope)
        # Where several options are right the likelihood is not concave: long steps may overshoot.
        weights -= step * min(1.0, 1.0 / float(np.abs(step).max() + 1e-12))
    return {name: round(float(v), 4) for name, v in zip(names, weights / spread, strict=True)}


def _softmax(scores: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    weights = np.exp(scores - scores.max())
    return np.asarray(weights / weights.sum())


def chosen(sets: Sequence[_Set], read: Reader, line: dict[str, float]) -> tuple[list[float], list[bool]]:
    """The confidence of every record that a line chooses in the sets, and whether it is strictly right.

    What a document tells twice is one record, as sure as the surer of the two: single drafts do not tell how
    often that is right.
    """
    sure: list[float] = []
    right: list[bool] = []
    for gold, folder in sets:
        for one in score(gold, predict(Settings(), find_documents(gold, folder), _Judging(read, line))):
            matched = set(one.pairs["strict"].values())
            for index, record in enumerate(one.prediction.records):
                if record.confidence is not None:
                    sure.append(record.confidence)
                    right.append(index in matched)
    return sure, right


def fit(found: Sequence[Evidence], right: Sequence[bool], penalty: float = PENALTY) -> dict[str, float]:
    """Coefficients, "intercept" among them, of the likeliest logistic line; Newton's method.

    Args:
        found: Evidence of each record, the same names in all.
        right: Whether the record is right.
        penalty: On squared coefficients of features of spread 1.
    """
    names = list(found[0])
    values = np.array([[one[name] for name in names] for one in found])
    mean, spread = values.mean(0), values.std(0)
    spread[spread == 0] = 1.0
    scaled = np.hstack([np.ones((len(values), 1)), (values - mean) / spread])
    wanted = np.array(right, dtype=float)
    ridge = penalty * np.eye(len(names) + 1)
    ridge[0, 0] = 1e-6
    weights = np.zeros(len(names) + 1)
    for _ in range(_STEPS):
        said = 1 / (1 + np.exp(-scaled @ weights))
        slope = scaled.T @ (said - wanted) + ridge @ weights
        curve = scaled.T @ (scaled * (said * (1 - said))[:, None]) + ridge
        weights -= np.linalg.solve(curve, slope)
    own = weights[1:] / spread
    intercept = float(weights[0] - own @ mean)
    return {"intercept": round(intercept, 4)} | {name: round(float(v), 4) for name, v in zip(names, own, strict=True)}


def rescaled(coefficients: dict[str, float], sure: Sequence[float], right: Sequence[bool]) -> dict[str, float]:
    """The same line, stretched and shifted to the shares of records that are right (Platt 1999).

    Args:
        coefficients: The line.
        sure: What it says of other records, 0-1.
        right: Whether those are right.
    """
    kept = [min(max(one, _LEAST), 1 - _LEAST) for one in sure]
    line = fit([{"log_odds": math.log(one / (1 - one))} for one in kept], right, penalty=1e-6)
    stretched = {name: round(value * line["log_odds"], 4) for name, value in coefficients.items()}
    return stretched | {"intercept": round(stretched["intercept"] + line["intercept"], 4)}


def write(coefficients: dict[str, float], records_n: int, path: Path) -> None:
    """Store coefficients beside the sum of the weights that they belong to."""
    stored = {
        "weights_sha256": WEIGHTS_SHA256.read_text(encoding="ascii").split()[0],
        "records_n": records_n,
        "coefficients": coefficients,
    }
    path.write_text(json.dumps(stored, indent=2) + "\n", encoding="ascii")


def main() -> None:
    """`python -m extract.providers.embedded.calibrate`."""
    parser = argparse.ArgumentParser(description="Fit who receives a pledge, and the confidence of records.")
    parser.add_argument("articles", nargs="+", type=Path, help="files of articles that the network was not trained on")
    parser.add_argument("--set", nargs=2, type=Path, action="append", default=[], metavar=("GOLD", "DOCUMENTS"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_articles(options.articles, folder)
        sets = [(read_gold(gold), documents) for gold, documents in [(folder, folder), *options.set]]
        read = Reader(WEIGHTS)
        told = choices(sets, read)
        write(fit_choice(told), len(told), RECIPIENTS)
        recipients.coefficients.cache_clear()
        found, right = judged(sets, read)
        line = fit(found, right)
        write(rescaled(line, *chosen(sets, read, line)), len(found), COEFFICIENTS)
    print(f"{RECIPIENTS.name}: fitted on {len(told)} pledges; {COEFFICIENTS.name}: on {len(found)} records")


if __name__ == "__main__":
    main()
