"""Lines of a run: a document each, and the state of it every few seconds."""

from __future__ import annotations

from decimal import Decimal

import pytest

from extract.pipeline import DocumentResult
from extract.progress import Progress, in_words


def test_rate_cost_and_time_left_are_told_every_few_seconds() -> None:
    now = [0.0]
    progress = Progress(clock=lambda: now[0])
    told: list[str] = []
    for number in range(1, 21):
        now[0] += 1.0
        result = DocumentResult("a", "extracted", 1, 0, seconds=2.0, cost_usd=Decimal("0.001"))
        told += progress.lines(result, number, 20)
    assert told[0] == "[ 1/20] a: 1 records, 0 rejected, 2.0 s"
    states = [line for line in told if "left" in line]
    assert states[0] == "5 of 20, 1.0 a second, $0.0050 so far, about 15 s left"
    assert len(states) == 3


def test_unchanged_documents_are_not_told_one_by_one() -> None:
    progress = Progress(clock=lambda: 0.0)
    assert progress.lines(DocumentResult("a", "unchanged"), 1, 3000) == []
    assert progress.lines(DocumentResult("a", "unchanged"), 3000, 3000) == ["[3000/3000] a: unchanged"]


@pytest.mark.parametrize(("seconds", "words"), [(3.4, "3 s"), (130, "2 min 10 s"), (11_100, "3 h 5 min")])
def test_time_in_words(seconds: float, words: str) -> None:
    assert in_words(seconds) == words
