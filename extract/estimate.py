"""What a run would ask, and what that would cost: an estimate, nobody is asked.

In: pending documents and a model's settings. Out: requests, tokens, money, time. Answers are guessed from
what this model answered before, where the warehouse knows it, otherwise from a typical article.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from extract.documents import Document
from extract.progress import in_words
from extract.providers.expected import COMPLETION_SHARE, Expectation, Expected
from extract.providers.llm_settings import LLMSettings

_SECONDS_PER_ANSWER = 6.0


@dataclass(frozen=True)
class Estimate:
    """Attributes:
    documents_n: Documents looked at.
    pending_n: Those that would be asked about.
    cost_usd: None when the price table does not know the model.
    seconds: Wall time at the concurrency allowed; None for a batch, which takes up to a day.
    is_measured: Answers are guessed from earlier ones of this model.
    """

    model: str
    documents_n: int
    pending_n: int
    requests_n: int
    prompt_tokens: int
    completion_tokens: int
    cost_usd: Decimal | None
    seconds: float | None
    is_measured: bool

    def line(self) -> str:
        """For a reader."""
        cost = f"about ${self.cost_usd:.4f}" if self.cost_usd is not None else "cost unknown (no price for this model)"
        time = f"about {in_words(self.seconds)}" if self.seconds is not None else "up to a day (batch)"
        basis = "answers as this model gave before" if self.is_measured else "answers guessed from their documents"
        return (
            f"documents: {self.documents_n}, to ask about: {self.pending_n}; requests: {self.requests_n}; "
            f"tokens: {self.prompt_tokens:,} prompt, {self.completion_tokens:,} completion; {cost}; {time}; {basis}; "
            "asking again not counted"
        )

    def to_json(self) -> str:
        return json.dumps({**asdict(self), "cost_usd": float(self.cost_usd) if self.cost_usd is not None else None})


def estimate(settings: LLMSettings, documents_n: int, pending: Iterable[Document], warehouse: Path) -> Estimate:
    """Estimate asking about `pending`.

    Raises:
        ConfigError: If the table of prices cannot be read.
    """
    before = _before(settings.model, warehouse)
    expectation = Expectation(settings, before["completion_share"] if before else COMPLETION_SHARE)
    pending_n, total = 0, Expected()
    for document in pending:
        pending_n += 1
        total += expectation.of(document.text)
    asked = total.first + total.later
    requests_n = asked.requests_n + total.verifying.requests_n
    each = before["seconds"] if before else _SECONDS_PER_ANSWER
    seconds = -(-requests_n // settings.concurrency) * each
    limits = ((settings.requests_per_minute, requests_n), (settings.tokens_per_minute, asked.prompt))
    for limit, amount in limits:
        seconds = max(seconds, amount / limit * 60 if limit else 0.0)
    return Estimate(
        settings.model, documents_n, pending_n, requests_n, asked.prompt, asked.completion, expectation.cost_usd(total),
        None if settings.is_batch else seconds, before is not None,
    )  # fmt: skip


def _before(model: str, warehouse: Path) -> dict[str, Any] | None:
    """Tokens of an answer as a share of its document's, and seconds, of earlier answers; None without any."""
    if not warehouse.exists():
        return None
    from extract.warehouse import read_warehouse

    with read_warehouse(warehouse) as connection:
        row = connection.execute(
            "select sum(e.completion_tokens), sum(strlen(d.text)) / 4, avg(e.seconds) from raw.extractions e"
            " join raw.documents d using (document_id)"
            " where e.provider = ? and e.status = 'ok' and e.completion_tokens > 0 and e.seconds > 0",
            [model],
        ).fetchone()
    if row is None or not row[0] or not row[1]:
        return None
    return {"completion_share": float(row[0]) / float(row[1]), "seconds": float(row[2])}
