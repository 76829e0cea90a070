"""Which predicted record is which gold record: when two agree, and the best pairing one to one.

In: the records of one document, gold and predicted. Out: pairs at four levels of agreement. What is
counted from them is `evaluate`'s.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal, get_args

from extract.gold import GoldRecord, PredictedRecord, gold_spans
from extract.normalise.actors import resolve_actor
from extract.normalise.folding import fold_text

Level = Literal["loose", "figure", "value", "strict"]
# Each holds whatever the one before it holds. `figure` is `value` without the currency: it is what
# the currency's own accuracy is measured on.
LEVELS: tuple[Level, ...] = get_args(Level)
REPORTED: tuple[Level, ...] = ("loose", "value", "strict")

# Figures that differ by less are one figure written with another rounding.
FIGURE_TOLERANCE_RATIO = 0.005
# A joint record that names fewer than half of the contributors is another record.
LEAST_JOINT_OVERLAP_RATIO = 0.5


def agrees(gold: GoldRecord, predicted: PredictedRecord, level: Level) -> bool:
    """Whether a prediction is the gold record, at a level.

    `loose`: type and actor. `figure`: and the amount or headcount, or, where the gold has none, no
    figure and a counterpart that does not contradict. `value`: and the currency. `strict`: and the
    stage (the role, for sums that are no contribution), every contributor of a joint figure, and
    the counterpart where the gold states one.
    """
    if not types_agree(gold, predicted) or not actors_agree(gold, predicted, level):
        return False
    if level == "loose":
        return True
    if not figures_agree(gold, predicted):
        return False
    if level == "figure":
        return True
    if not currencies_agree(gold, predicted):
        return False
    return level == "value" or (stages_agree(gold, predicted) and counterpart_found(gold, predicted))


def types_agree(gold: GoldRecord, predicted: PredictedRecord) -> bool:
    """Whether two records are of one type, or a sum told as a pledge and as a contribution."""
    if gold.type == predicted.type:
        return True
    # The border between the two is drawn by whether the giver is identified: no figure is lost by it.
    sums = [one for one in (gold, predicted) if one.type == "funding_amount"]
    return (
        {gold.type, predicted.type} == {"pledge", "funding_amount"}
        and sums[0].role == "contribution"
        and gold.has_amount
        and figures_agree(gold, predicted)
    )


def actors_agree(gold: GoldRecord, predicted: PredictedRecord, level: Level) -> bool:
    """Whether the same contributors stand in both; all of a joint figure for `strict` only."""
    if gold.joint or predicted.joint:
        return _joint_agree(gold, predicted, level)
    if gold.type == "funding_amount" and not (gold.contributors and predicted.contributors):
        # Who pays is not what a threshold or a need is known by; strict wants it right all the same.
        if level != "strict":
            return True
        return not gold.contributors and not _is_country(predicted.actor_code)
    return same_actor(gold, predicted)


def same_actor(gold: GoldRecord, predicted: PredictedRecord) -> bool:
    """Whether two records have one actor: by code, or by name where a code is missing."""
    one, other = (gold.actor_code, gold.actor), (predicted.actor_code, predicted.actor)
    if any(names_agree((accepted, accepted), other) for accepted in gold.actor_accept):
        return True
    if not _have_one_code(one, other) and _is_country(one[0]) != _is_country(other[0]):
        # A president is not his country, though its name is in his.
        return _contain_one_another(gold.actor, predicted.actor, least_ratio=0.5)
    return names_agree(one, other)


def _joint_agree(gold: GoldRecord, predicted: PredictedRecord, level: Level) -> bool:
    overlap = joint_overlap(gold, predicted)
    if level == "loose":
        return overlap > 0
    if not (gold.joint and predicted.joint):
        return False
    return overlap == 1 if level == "strict" else overlap >= LEAST_JOINT_OVERLAP_RATIO


def joint_overlap(gold: GoldRecord, predicted: PredictedRecord) -> float:
    """Contributors that both name, as a share of all that either names, 0-1."""
    left, shared = list(predicted.contributors), 0
    for code in gold.contributors:
        same = next((other for other in left if names_agree((code, code), (other, other))), None)
        if same is not None:
            left.remove(same)
            shared += 1
    union = len(gold.contributors) + len(predicted.contributors) - shared
    return shared / union if union else 0.0


def figures_agree(gold: GoldRecord, predicted: PredictedRecord) -> bool:
    """Whether amount or headcount are the same within the tolerance, or none is stated in either."""
    if gold.amount is not None:
        return any(are_close(amount, predicted.amount) for amount in (gold.amount, *gold.amount_accept))
    if gold.has_amount:
        bounds = [(gold.amount_min, predicted.amount_min), (gold.amount_max, predicted.amount_max)]
        return all(are_close(stated, found) for stated, found in bounds if stated is not None)
    if gold.headcount is not None or gold.headcount_accept:
        heads = [gold.headcount, *gold.headcount_accept]
        return not predicted.has_amount and any(
            predicted.headcount is None if head is None else are_close(head, predicted.headcount) for head in heads
        )
    return not predicted.has_amount and predicted.headcount is None and _counterparts_compatible(gold, predicted)


def are_close(stated: float, found: float | None) -> bool:
    """Whether two figures are one written with another rounding."""
    return found is not None and abs(stated - found) <= FIGURE_TOLERANCE_RATIO * abs(stated)


def currencies_agree(gold: GoldRecord, predicted: PredictedRecord) -> bool:
    """Whether the currency is right, where the gold states money in one."""
    return not gold.has_amount or gold.currency is None or gold.currency == predicted.currency


def stages_agree(gold: GoldRecord, predicted: PredictedRecord) -> bool:
    """Whether the stage is one that counts as right; the role, for funding amounts."""
    if gold.type == predicted.type == "funding_amount":
        return gold.role == predicted.role
    # A contribution without a giver may have no stage in the gold.
    return not gold.stages or "any" in gold.stages or predicted.stage in gold.stages


def _counterparts_compatible(gold: GoldRecord, predicted: PredictedRecord) -> bool:
    states_none = not (predicted.counterpart or predicted.counterpart_code)
    return states_none or counterpart_found(gold, predicted)


def counterpart_found(gold: GoldRecord, predicted: PredictedRecord) -> bool:
    """Whether the counterpart is right, where the gold states one."""
    if not (gold.counterpart or gold.counterpart_code or gold.counterpart_accept):
        return True
    found = (predicted.counterpart_code, predicted.counterpart)
    return names_agree((gold.counterpart_code, gold.counterpart), found) or any(
        names_agree((accepted, accepted), found) for accepted in gold.counterpart_accept
    )


_Name = tuple[str | None, str | None]


def names_agree(one: _Name, other: _Name) -> bool:
    """Whether two (code, name as written) are one actor: by code, as one organisation, or by one name in another.

    Two countries are told apart by their codes alone: Niger is in Nigeria's name.
    """
    if _have_one_code(one, other):
        return True
    if _is_country(one[0]) and _is_country(other[0]):
        return False
    organisation = _organisation(one)
    if organisation is not None and organisation == _organisation(other):
        return True
    spelled = [[name for name in pair if name and not _is_country(name)] for pair in (one, other)]
    return any(_contain_one_another(left, right) for left in spelled[0] for right in spelled[1])


def _have_one_code(one: _Name, other: _Name) -> bool:
    codes = {_slug(pair[0]) if pair[0] else "" for pair in (one, other)}
    return len(codes) == 1 and codes != {""}


def _organisation(pair: _Name) -> str | None:
    """What the code or, without one, the name stands for: "CSTO" is the Collective Security Treaty Organization."""
    name = pair[0] or pair[1]
    return _organisation_named(name) if name and not _is_country(name) else None


@lru_cache(maxsize=100_000)
def _organisation_named(name: str) -> str | None:
    meant = resolve_actor(name)
    return meant.entity_id if meant.is_resolved and meant.type != "country" else None


def _is_country(code: str | None) -> bool:
    return code is not None and re.fullmatch("[A-Z]{3}", code) is not None


def _contain_one_another(one: str | None, other: str | None, *, least_ratio: float = 0.0) -> bool:
    if not one or not other:
        return False
    shorter, longer = sorted((_plain(one), _plain(other)), key=len)
    if len(shorter) < 2 or len(shorter) < least_ratio * len(longer):
        return False
    if _is_spaced(shorter):
        return f" {shorter} " in f" {longer} "
    return shorter in longer


def _is_spaced(name: str) -> bool:
    """Whether words of this script stand between spaces: not so Chinese, nor Arabic's prefixes."""
    return not re.search("[\u0600-\u06ff\u3040-\u30ff\u4e00-\u9fff]", name)


@lru_cache(maxsize=100_000)
def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", " ", fold_text(name)).strip()


def _slug(code: str) -> str:
    return _plain(code).replace(" ", "-")


def quotes_overlap(gold: GoldRecord, predicted: PredictedRecord, text: str) -> bool:
    """Whether the predicted quote shares a code point with the gold's."""
    return any(start < predicted.end and predicted.start < end for start, end in gold_spans(gold.quote, text))


# --- one to one ------------------------------------------------------------------------------------


def match(
    gold: Sequence[GoldRecord], predicted: Sequence[PredictedRecord], level: Level, text: str = ""
) -> dict[int, int]:
    """The most pairs that agree at a level, each record in one: gold index to prediction index.

    Among the largest sets of pairs, the one with most required records; then the closest pairs.
    """
    weights = [
        [_weight(one, other, text) if agrees(one, other, level) else 0 for other in predicted] for one in gold
    ]
    return assign(weights)


_PAIR, _REQUIRED = 10**9, 10**5


def _weight(gold: GoldRecord, predicted: PredictedRecord, text: str) -> int:
    closeness = (
        16 * agrees(gold, predicted, "strict")
        + 8 * agrees(gold, predicted, "value")
        + 4 * counterpart_found(gold, predicted)
        + 2 * stages_agree(gold, predicted)
        + quotes_overlap(gold, predicted, text)
    )
    return _PAIR + _REQUIRED * gold.required + closeness


def assign(weights: Sequence[Sequence[int]]) -> dict[int, int]:
    """Rows to columns, one to one, with the largest sum of weights; a weight of 0 is no pair.

    Source:
        The Hungarian method with potentials (Kuhn 1955, Munkres 1957), O(rows² × columns).
    """
    if not weights or not weights[0]:
        return {}
    if len(weights) > len(weights[0]):
        turned = assign([list(column) for column in zip(*weights, strict=True)])
        return {row: column for column, row in sorted(turned.items(), key=lambda pair: pair[1])}
    rows, columns = len(weights), len(weights[0])
    # Row and column 0 are the method's own: the row that is being placed, and no column yet.
    row_potential, column_potential = [0] * (rows + 1), [0] * (columns + 1)
    row_of = [0] * (columns + 1)
    for row in range(1, rows + 1):
        row_of[0], column = row, 0
        slack: list[float] = [float("inf")] * (columns + 1)
        came_from, is_visited = [0] * (columns + 1), [False] * (columns + 1)
        while row_of[column]:
            is_visited[column] = True
            current, next_column, step = row_of[column], 0, float("inf")
            for other in range(1, columns + 1):
                if is_visited[other]:
                    continue
                reduced = -weights[current - 1][other - 1] - row_potential[current] - column_potential[other]
                if reduced < slack[other]:
                    slack[other], came_from[other] = reduced, column
                if slack[other] < step:
                    step, next_column = slack[other], other
            for other in range(columns + 1):
                if is_visited[other]:
                    row_potential[row_of[other]] += int(step)
                    column_potential[other] -= int(step)
                else:
                    slack[other] -= step
            column = next_column
        while column:
            row_of[column] = row_of[came_from[column]]
            column = came_from[column]
    pairs = {row_of[column] - 1: column - 1 for column in range(1, columns + 1) if row_of[column]}
    return {row: column for row, column in sorted(pairs.items()) if weights[row][column] > 0}


