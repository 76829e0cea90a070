"""Missions that a text describes instead of naming them: "the UN mission in South Sudan".

In: a text and the countries and organisations that it names. Out: spans, each with the one force that the
organisation has in that country. Where it has, or had, several ("the EU mission in Mali"), there is none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple, Protocol

from extract.normalise.aliases import aliases
from extract.normalise.tokens import fold_letters
from extract.schema import Actor

# At most so many letters between the organisation and the country, and between either and what they are called.
_BETWEEN = 32
_BESIDE = 28
_WORDS = re.compile(
    r"\b(?:mission|missions|force|forces|operation|peacekeep\w*|peace force|blue helmets|troops|"
    r"operations?|maintien de la paix|mantenimiento de la paz|manutencao da paz|casques bleus|soldats de la paix|"
    r"mision|misiones|fuerzas?|operacion|cascos azules|missao|missoes|forcas?|operacao|capacetes azuis|"
    r"\w*missions?|\w*truppen?|\w*einsatz\w*|blauhelm\w*|friedens\w+|"
    r"мисси\w+|сил\w{0,2}|операци\w+|миротвор\w+|голуб\w+ каск\w*|misyon\w*|guc(?:u|un|une|unde|unun)?|"
    r"gorev gucu\w*)\b|"
    r"بعثه|بعثت|قوات|قوه|عمليه|حفظ السلام|特派团|部队|维和|行动"
)
# What may stand between them besides: short words, and what such a mission does or is.
_LIGHT = re.compile(
    r"\w{1,3}|dans|para|with|paix|[dt][ae]ki|gefuhrt\w*|\w*(?:keeping|ation|ing|ance|ary|ilian\w*|pol\w*|led|tar\w*|ции|ской|ская|ский|ную|ной|cion|cao)|"
    r"حفظ|السلام|التدريب|المتحد\w*"
)
_STOPS = re.compile(r"[.;:!?,،؛。；，！？\n()（）]")
# Over for more than ten years: nobody sends anybody there.
_LONG_OVER = frozenset(
    "monuc unosom unsmis ifor sfor unmibh unprofor unomil unamet untaet unmiset unmit unamir untac untag onumoz "
    "unavem minugua onusal unikom unomig unmot untaes unmee onub unamsil ecomog ecomil amis unmis minurcat eufor-chad "
    "eufor-rca eufor-rd-congo operation-artemis operation-concordia isaf nato-training-mission-iraq "
    "european-union-police-mission-in-bosnia-and-herzegovina".split()
)


class _Mention(Protocol):
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def actor(self) -> Actor: ...


class DescribedMission(NamedTuple):
    """One description: the text's [start, end) and the organisation_id of the force that it means."""

    start: int
    end: int
    entity_id: str


def described_missions(text: str, mentions: Sequence[_Mention]) -> list[DescribedMission]:
    """The missions that an organisation, a country and a word for what it has there describe together."""
    found: list[DescribedMission] = []
    for first, second in pairwise(mentions):
        if found and first.start < found[-1].end:
            continue
        sides = {first.actor.type == "country": first, second.actor.type == "country": second}
        gap = text[first.end : second.start]
        if len(sides) < 2 or len(gap) > _BETWEEN or _STOPS.search(gap) or not _belong_together(gap):
            continue
        force = _only_force(sides[False].actor.entity_id, sides[True].actor.entity_id)
        span = _with_word(text, first.start, second.end) if force else None
        if force and span:
            found.append(DescribedMission(*span, force))
    return found


def _belong_together(gap: str) -> bool:
    """Whether nothing but light words and words for a mission stand between an organisation and a country."""
    return all(_LIGHT.fullmatch(word) or _said(word) for word in re.findall(r"[^\W\d]+", fold_letters(gap)[0]))


def _with_word(text: str, start: int, end: int) -> tuple[int, int] | None:
    """A span, as far as the word for a mission in or beside it; None without one."""
    if _said(text[start:end]):
        return start, end
    before = text[max(0, start - _BESIDE) : start]
    for match in reversed(list(re.finditer(r"[^\W\d]+", before))):
        if _STOPS.search(before[match.end() :]):
            break
        if _said(before[match.start() :]):
            return start - len(before) + match.start(), end
    behind = text[end : end + _BESIDE]
    for match in re.finditer(r"[^\W\d]+", behind):
        if _STOPS.search(behind[: match.start()]):
            break
        if _said(behind[: match.end()]):
            return start, end + match.end()
    return None


def _said(words: str) -> bool:
    return _WORDS.search(fold_letters(words)[0]) is not None


def _only_force(organisation_id: str, iso3: str) -> str | None:
    """The one force that an organisation has in a country; None if it has several, or none."""
    fitting = [
        id_ for id_, one in aliases().organisations.items()
        if one.type == "force" and one.parent_id == organisation_id and one.host_iso3 == iso3 and id_ not in _LONG_OVER
    ]  # fmt: skip
    return fitting[0] if len(fitting) == 1 else None
