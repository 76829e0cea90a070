"""What a text mentions: money, headcounts, bare numbers and actors, each with its place.

In: a text and its language. Out: mentions, found by the deterministic finders of `normalise`.
What a mention means is decided in `model.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from extract.normalise.actors import find_actors
from extract.normalise.dates import find_dates
from extract.normalise.headcounts import find_headcounts
from extract.normalise.money import find_money
from extract.normalise.numbers import find_numbers

Kind = Literal["money", "headcount", "number", "actor"]
KINDS: tuple[Kind, ...] = ("money", "headcount", "number", "actor")


@dataclass(frozen=True)
class Mention:
    """`text[start:end]`, and what kind of thing it names."""

    start: int
    end: int
    kind: Kind


def find_mentions(text: str, language: str | None) -> list[Mention]:
    """Mentions in the order of the text; numbers of money, people and dates are not given twice."""
    mentions = [Mention(one.start, one.end, "money") for one in find_money(text, language)]
    taken = [(one.start, one.end) for one in mentions]
    for head in find_headcounts(text, language):
        if _is_free(head.start, head.end, taken):
            mentions.append(Mention(head.start, head.end, "headcount"))
    taken = [(one.start, one.end) for one in mentions] + [(day.start, day.end) for day in find_dates(text, language)]
    for number in find_numbers(text, language):
        if number.kind == "count" and _is_free(number.start, number.end, taken):
            mentions.append(Mention(number.start, number.end, "number"))
    mentions.extend(Mention(actor.start, actor.end, "actor") for actor in find_actors(text, language))
    return sorted(mentions, key=lambda mention: (mention.start, mention.end))


def _is_free(start: int, end: int, taken: list[tuple[int, int]]) -> bool:
    return all(end <= other_start or start >= other_end for other_start, other_end in taken)
