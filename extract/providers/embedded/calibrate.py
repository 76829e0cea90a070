"""Fits `confidence.json`: which evidence speaks for a strictly right record, and how much.

In: passages and documents with gold, none of which the network was trained on. Out: coefficients of a
logistic line, fitted on their records at every stage that each may have, with a penalty on large ones
(ridge). The line chooses the stage too; it is then stretched to how often what it chose is right in whole
articles. Passages are many, and say which evidence counts for more; documents are few.

    python -m extract.providers.embedded.calibrate --passages "passages_shapes_idiom_*" \
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

from extract.config import Settings
from extract.documents import Document
from extract.evaluate import score
from extract.gold import GoldDocument, find_documents, predict, read_gold
from extract.matching import agrees
from extract.providers.embedded import WEIGHTS, WEIGHTS_SHA256, EmbeddedProvider
from extract.providers.embedded.confidence import COEFFICIENTS, Evidence, chance
from extract.providers.embedded.decide import Thresholds, decide
from extract.providers.embedded.model import Model
from extract.providers.embedded.passage_gold import write_gold

PENALTY = 150.0
PASSAGES = Path("seeds/training")
_STEPS = 50
# A draft's number stands where its confidence would, in millionths.
_NUMBERED = 1e6
_LEAST = 1e-4
_Set = tuple[list[GoldDocument], Path]


class _Judging(EmbeddedProvider):
    """Every draft, however unsure, at the stage that a line chooses and with the confidence that it gives."""

    def __init__(self, weights: Path, line: dict[str, float]) -> None:
        super().__init__(0.0)
        self.model = Model(weights)
        self.judge = partial(chance, coefficients=line)

    def answer(self, document: Document) -> dict[str, object]:
        decision = decide(document, self.model, Thresholds(), 0.0, judge=self.judge)
        return {"records": decision.drafts, "confidence": decision.confidence, "rejected": []}


class _Numbered(EmbeddedProvider):
    """Every draft, however unsure, at every stage that it may have, with its number in place of a confidence."""

    def __init__(self, weights: Path) -> None:
        super().__init__(0.0)
        self.model = Model(weights)
        self.evidence: list[Evidence] = []

    def answer(self, document: Document) -> dict[str, object]:
        decision = decide(document, self.model, Thresholds(), 0.0, keeps_all=True)
        first = len(self.evidence)
        self.evidence += decision.evidence
        numbers = [n / _NUMBERED for n in range(first, len(self.evidence))]
        return {"records": decision.drafts, "confidence": numbers, "rejected": []}


def judged(sets: Sequence[_Set], weights: Path) -> tuple[list[Evidence], list[bool]]:
    """The evidence of every record found in the documents of the sets, and whether it is strictly right.

    A record stands there at every stage that it may have.
    """
    found: list[Evidence] = []
    right: list[bool] = []
    for gold, folder in sets:
        provider = _Numbered(weights)
        for one in score(gold, predict(Settings(), find_documents(gold, folder), provider)):
            for record in one.prediction.records:
                if record.confidence is not None:
                    found.append(provider.evidence[round(record.confidence * _NUMBERED)])
                    right.append(any(agrees(true, record, "strict") for true in one.gold.records))
    return found, right


def chosen(sets: Sequence[_Set], weights: Path, line: dict[str, float]) -> tuple[list[float], list[bool]]:
    """The confidence of every record that a line chooses in the sets, and whether it is strictly right.

    What a document tells twice is one record, as sure as the surer of the two: single drafts do not tell how
    often that is right.
    """
    sure: list[float] = []
    right: list[bool] = []
    for gold, folder in sets:
        for one in score(gold, predict(Settings(), find_documents(gold, folder), _Judging(weights, line))):
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


def judged_passages(pattern: str, weights: Path) -> tuple[list[Evidence], list[bool]]:
    """As `judged`, of the files of seeds/training whose names fit."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_gold(sorted(PASSAGES.glob(f"{pattern}.tsv")), folder)
        return judged([(read_gold(folder), folder)], weights)


def write(coefficients: dict[str, float], records_n: int, path: Path = COEFFICIENTS) -> None:
    """Store coefficients beside the sum of the weights that they belong to."""
    stored = {
        "weights_sha256": WEIGHTS_SHA256.read_text(encoding="ascii").split()[0],
        "records_n": records_n,
        "coefficients": coefficients,
    }
    path.write_text(json.dumps(stored, indent=2) + "\n", encoding="ascii")


def main() -> None:
    """`python -m extract.providers.embedded.calibrate`."""
    parser = argparse.ArgumentParser(description="Fit the confidence of the embedded extractor's records.")
    parser.add_argument("--passages", help="files of seeds/training that the network was not trained on")
    parser.add_argument("--set", nargs=2, type=Path, action="append", required=True, metavar=("GOLD", "DOCUMENTS"))
    options = parser.parse_args()
    sets = [(read_gold(gold), documents) for gold, documents in options.set]
    found, right = judged(sets, WEIGHTS)
    more, more_right = judged_passages(options.passages, WEIGHTS) if options.passages else ([], [])
    line = fit([*more, *found], [*more_right, *right])
    write(rescaled(line, *chosen(sets, WEIGHTS, line)), len(more) + len(found))
    print(f"{COEFFICIENTS.name}: fitted on {len(more)} records of passages and {len(found)} of documents")


if __name__ == "__main__":
    main()
