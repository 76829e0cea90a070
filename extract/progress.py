"""What a run says while it goes on: one line a document, and now and then how fast, how dear, how long.

In: results of documents. Out: lines of text. Where they are written belongs to the command line.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from extract.pipeline import DocumentResult

_EVERY_SECONDS = 5.0


class Progress:
    """Counts what is done; a call returns the lines to say about a result.

    Args:
        clock: Seconds, never going back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._asked_n = 0
        self._cost_usd: Decimal | None = None
        self._started_at = self._told_at = clock()

    def lines(self, result: DocumentResult, done: int, total: int) -> list[str]:
        """One line about `result`, unless it is one of many unchanged ones; the state of the run after a while."""
        notes = {
            "extracted": f"{result.records_n} records, {result.rejected_n} rejected, {result.seconds:.1f} s",
            "partial": f"{result.records_n} records, {result.rejected_n} rejected, then failed: {result.error}",
            "cut off": f"{result.records_n} records, {result.rejected_n} rejected, then cut off: {result.error}",
            "failed": f"failed: {result.error}",
            "not asked": "not asked",
            "unchanged": "unchanged",
            "reprint": "reprints another document, which is asked about for it",
            "put off": "put off",
        }
        said = []
        # A large corpus in which nothing changed is not worth a line a document.
        if result.status not in {"unchanged", "put off"} or done == total or done % 1000 == 0:
            said.append(f"[{done:>{len(str(total))}}/{total}] {result.name}: {notes[result.status]}")
        if result.cost_usd is not None:
            self._cost_usd = (self._cost_usd or Decimal(0)) + result.cost_usd
        if result.status in {"extracted", "partial", "cut off", "failed"}:
            self._asked_n += 1
        now = self._clock()
        if self._asked_n and done < total and now - self._told_at >= _EVERY_SECONDS:
            self._told_at = now
            per_second = self._asked_n / (now - self._started_at)
            cost = f", ${self._cost_usd:.4f} so far" if self._cost_usd is not None else ""
            left = in_words((total - done) / per_second)
            said.append(f"{done} of {total}, {per_second:.1f} a second{cost}, about {left} left")
        return said


def in_words(seconds: float) -> str:
    """`40 s`, `2 min 10 s`, `3 h 5 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
