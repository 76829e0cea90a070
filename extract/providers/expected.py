"""What asking about a document will probably take: tokens and money, before anybody is asked.

In: a document's text and a model's settings. Out: tokens of each kind of question, and their cost. An estimate
(`--dry-run`) adds them up; a batch is filled by them until the budget is used up.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from extract import prompt
from extract.providers.llm_settings import LLMSettings
from extract.providers.passages import passages
from extract.providers.prices import BATCH_SHARE, find_price
from extract.providers.transports import constant_part

# An article of 2,000 characters has four or five records of 90 tokens each (seeds/recordings: 100 a record,
# 10 records in 1,900 characters, which are denser than news).
COMPLETION_SHARE = 0.9
# A later pass finds little, a model that verifies strikes out little.
_LATER_COMPLETION_TOKENS = 20
_VERIFYING_COMPLETION_TOKENS = 60


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens of questions and of their answers."""

    requests_n: int = 0
    prompt: int = 0
    completion: int = 0

    def __add__(self, other: Tokens) -> Tokens:
        return Tokens(
            self.requests_n + other.requests_n, self.prompt + other.prompt, self.completion + other.completion
        )


@dataclass(frozen=True, slots=True)
class Expected:
    """What is expected of documents.

    Attributes:
        first: The first question about each passage, which may go into a batch.
        later: Those of later passes.
        verifying: Those to the model of `verify`.
    """

    first: Tokens = Tokens()
    later: Tokens = Tokens()
    verifying: Tokens = Tokens()

    def __add__(self, other: Expected) -> Expected:
        return Expected(self.first + other.first, self.later + other.later, self.verifying + other.verifying)


class Expectation:
    """Expects, by the settings of a model.

    Args:
        settings: Of the model that is asked.
        completion_share: Tokens of an answer as a share of those of its text.

    Raises:
        ConfigError: If the table of prices cannot be read.
    """

    def __init__(self, settings: LLMSettings, completion_share: float = COMPLETION_SHARE) -> None:
        self._settings = settings
        self._share = completion_share
        self._price = find_price(settings.model, settings.prices_path)
        self._verifying_price = find_price(settings.verify, settings.prices_path) if settings.verify else None

    @cached_property
    def _constant_tokens(self) -> int:
        schema = json.dumps(constant_part(self._settings)["response_format"])
        return prompt.estimated_tokens(prompt.instructions() + schema)

    def of(self, text: str) -> Expected:
        """What asking about a text will take; asking again is not in it."""
        parts = passages(text, self._settings.passage_chars)
        count, again = len(parts), self._settings.passes - 1
        said = sum(prompt.estimated_tokens(part) for part in parts)
        asked, answer = count * self._constant_tokens + said, int(said * self._share)
        later = Tokens(count * again, (asked + answer) * again, _LATER_COMPLETION_TOKENS * count * again)
        checked = asked + answer + later.completion
        return Expected(
            Tokens(count, asked, answer), later,
            Tokens(1, checked, _VERIFYING_COMPLETION_TOKENS) if self._settings.verify else Tokens(),
        )  # fmt: skip

    def first_cost_usd(self, expected: Expected) -> Decimal | None:
        """What the first questions cost, at half the price if they go into a batch; None where it is not known."""
        if self._price is None:
            return None
        cost = self._price.cost_usd(expected.first.prompt, 0, expected.first.completion)
        return cost * BATCH_SHARE if self._settings.is_batch else cost

    def cost_usd(self, expected: Expected) -> Decimal | None:
        """What all of it costs; None where a price is not known."""
        cost = self.first_cost_usd(expected)
        if cost is None or self._price is None:
            return None
        cost += self._price.cost_usd(expected.later.prompt, 0, expected.later.completion)
        if not expected.verifying.requests_n:
            return cost
        other = self._verifying_price
        return cost + other.cost_usd(expected.verifying.prompt, 0, expected.verifying.completion) if other else None
