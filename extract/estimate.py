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

from extract import prompt
from extract.documents import Document
from extract.progress import in_words
from extract.providers.llm_settings import LLMSettings
from extract.providers.passages import passages
from extract.providers.prices import BATCH_SHARE, find_price
from extract.providers.transports import constant_part

# An article of 2,000 characters has four or five records of 90 tokens each (seeds/recordings: 100 a record,
# 10 records in 1,900 characters, which are denser than news).
_COMPLETION_SHARE = 0.9
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
    constant = prompt.estimated_tokens(prompt.instructions() + json.dumps(constant_part(settings)["response_format"]))
    before = _before(settings.model, warehouse)
    pending_n = requests_n = prompt_tokens = completion_tokens = 0
    for document in pending:
        pending_n += 1
        parts = passages(document.text, settings.passage_chars)
        text = sum(prompt.estimated_tokens(part) for part in parts)
        answer = int(text * (before["completion_share"] if before else _COMPLETION_SHARE))
        requests_n += len(parts) * settings.passes
        prompt_tokens += (len(parts) * constant + text) * settings.passes + answer * (settings.passes - 1)
        completion_tokens += answer + 20 * len(parts) * (settings.passes - 1)
    price = find_price(settings.model, settings.prices_path)
    cost = price.cost_usd(prompt_tokens, 0, completion_tokens) if price else None
    if cost is not None and settings.is_batch:
        cost *= BATCH_SHARE
    if settings.verify and requests_n:
        other = find_price(settings.verify, settings.prices_path)
        asked = prompt_tokens // settings.passes + completion_tokens
        cost = cost + other.cost_usd(asked, 0, 60 * pending_n) if other and cost is not None else None
        requests_n += pending_n
    each = before["seconds"] if before else _SECONDS_PER_ANSWER
    seconds = -(-requests_n // settings.concurrency) * each
    limits = ((settings.requests_per_minute, requests_n), (settings.tokens_per_minute, prompt_tokens))
    for limit, amount in limits:
        seconds = max(seconds, amount / limit * 60 if limit else 0.0)
    return Estimate(
        settings.model, documents_n, pending_n, requests_n, prompt_tokens, completion_tokens, cost,
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
