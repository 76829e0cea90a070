"""Candidates to drafts: which probabilities make a record, and what goes with it.

In: a document and the model. Out: drafts in the words of the document, with a confidence each, and
the candidates that were not sure enough, with the reason. What one sentence leaves open (who
receives it, which force "the mission" is) is settled by the whole document. Numbers and names are
converted to the right of this module, for every provider alike.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, cast

from extract.documents import Document
from extract.normalise.actors import ActorMention, principal_of, resolve_actor
from extract.normalise.aliases import aliases
from extract.normalise.currencies import code_of
from extract.normalise.dates import find_dates
from extract.normalise.folding import fold_text
from extract.normalise.headcounts import find_headcounts
from extract.normalise.missions import described_missions
from extract.normalise.money import find_money
from extract.normalise.numbers import parse_number
from extract.normalise.tokens import fold_letters
from extract.providers.embedded.candidates import (
    COLUMNS,
    RECORD_CLASSES,
    Candidate,
    Name,
    Readings,
    actor_of,
    may_act,
    read_candidates,
)
from extract.providers.embedded.confidence import Evidence, confidence, evidence
from extract.providers.embedded.examples import ROLES
from extract.providers.embedded.model import Model
from extract.providers.embedded.recipients import Option, Recipients, shares
from extract.providers.embedded.roles import role_from_words
from extract.providers.embedded.stages import Kind, stage_from_words
from extract.providers.embedded.words import (
    ACCEPTANCE,
    BODIES,
    CANCELLED,
    CASUALTIES,
    CHANGES,
    COLLECTED,
    COMMON_NOUNS,
    COMPOSITION,
    EACH,
    EQUIVALENT,
    EVENTS,
    EXECUTIVES,
    EXPELLED,
    GENERIC,
    GROUPS,
    INVITATION,
    LIST,
    MISSIONS,
    NEW_FIGURE,
    OLD_FIGURE,
    PART_OF,
    PROJECTS,
    SUSPENDED,
)

# Candidates less probable than this are not even kept as rejected ones.
_WORTH_KEEPING = 0.15
# "45 million dollars, nearly 24 billion francs": a comma and two words at most.
_APPOSITION = re.compile(r"\s*[,،，、–—-]\s*(?:[^\W\d]+[\s'’.]+){0,2}")
_AND = re.compile(r"\b(?:and|plus|et|y|e|und|и|ve|sowie)\b|(?:^|\s)و")
# Probability of the name that stands beside each of several figures: "Norway 20 million, Chile 5 million".
_BESIDE = 0.7
# How sure a listed name is beside the surest of its list.
_LISTED = 0.8
# How many sentences back a sum's currency may stand in a text of several.
_NEAR_SENTENCES = 4
# Share of all by which one entity is the document's giver, or its body.
_MAIN_SHARE = 0.6
_ARTICLE = re.compile(
    r"^(?:the|la|le|les|l['’]|el|los|las|o|a|os|as|der|die|das|dem|den|des)\s*(?<=[\s'’])", re.IGNORECASE
)
# How much more a fund or an agency counts as recipient when the first sentence or headline names it.
_LEAD_WEIGHT = 1.5
# How likely a country must be to receive what a sentence gives to a project of its own.
_BORROWER = 0.1
# How sure the network must be of a force that no list knows to prefer it to one that a list knows.
_SURE_FORCE = 0.5
# How sure the network must be that a name in no list is a member.
_SURE_PERSON = 0.5
# How much of a record's probability one stage must hold to overrule the words beside it.
_SURE_STAGE = 0.8
# Share of a record's probability that a stage must hold to be tried.
_LIKELY_STAGE = 0.08
_PAID = frozenset({"disbursed", "disbursing"})
_ORGANISATIONS = {"igo", "bloc", "force", "programme", "government_body", "ngo"}
_NO_ORGANISATIONS = {"armed_group", "country", "force", "media", "person"}
_PERSONNEL = {"troops": "troops", "police": "police", "observers": "military_observers", "medical": "medical",
              "civilian": "civilian"}  # fmt: skip


@dataclass(frozen=True)
class Thresholds:
    """How sure to be of a record, and of its parts. Set on development documents; see benchmarks/embedded.md."""

    seat: float = 0.97
    lone_actor: float = 0.25
    main_giver: float = 0.35
    joint_actor: float = 0.1
    counterpart: float = 0.35
    joined: float = 0.08
    # In the news that was read two of three records between this and one half were right, of those just below it half.
    confidence: float = 0.45


@dataclass
class Decision:
    """Drafts with a confidence and its evidence each, and rejected candidates with a reason.

    Attributes:
        options: Of each draft, who else might receive it; empty for what is no pledge.
    """

    drafts: list[dict[str, Any]] = field(default_factory=list)
    confidence: list[float] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)
    options: list[list[Option]] = field(default_factory=list)
    rejected: list[dict[str, Any]] = field(default_factory=list)


Judge = Callable[[Evidence], float]
# Who might receive a pledge, and how likely the likeliest of them is the right one.
_Received = tuple[list[Option], float]


def decide(
    document: Document, model: Model, thresholds: Thresholds, min_confidence: float | None = None
) -> Decision:  # fmt: skip
    """Everything the model finds in one document.

    Args:
        document: What to read.
        model: The network.
        thresholds: How sure to be, by kind of record.
        min_confidence: Least confidence of a record, 0-1, in place of that of the thresholds.
    """
    return decide_on(read_candidates(document, model), thresholds, min_confidence)


def decide_on(
    readings: Readings, thresholds: Thresholds, min_confidence: float | None = None,
    *, judge: Judge | None = None, keeps_all: bool = False,
) -> Decision:  # fmt: skip
    """The same of a document that the model has read.

    Args:
        readings: The document read.
        thresholds: How sure to be, by kind of record.
        min_confidence: Least confidence of a record, 0-1, in place of that of the thresholds.
        judge: What says how likely a record is right; `confidence` without one.
        keeps_all: Every record at every stage that it may have, none chosen: what the confidence is fitted on.
    """
    return _Decider(readings, thresholds, min_confidence, judge=judge, keeps_all=keeps_all).decide()


class _Decider:
    """One document's candidates, and what is made of them."""

    def __init__(
        self, readings: Readings, thresholds: Thresholds, min_confidence: float | None = None,
        *, judge: Judge | None = None, keeps_all: bool = False,
    ) -> None:  # fmt: skip
        self.readings = readings
        self.judge = judge or confidence
        self.keeps_all = keeps_all
        self.min_confidence = min_confidence
        self.document = readings.document
        self.text = readings.document.text
        self.language = readings.document.language
        self.named = readings.named
        # "The UN mission in South Sudan" is named in two parts, of which neither is the force.
        self.missions = [
            ActorMention(start, end, words, resolve_actor(words, "force", self.language), "name")
            for start, end, _ in described_missions(self.text, self.named)
            for words in [self.text[start:end]]
        ]
        self.thresholds = thresholds
        self.lists = _lists(readings)
        self.recipients = self._mass("PF")
        self.receivers = Recipients(readings, self.missions, self.recipients)
        self.givers = {letter: self._givers(letter) for letter in "PT"}
        self.body = self._body()
        self.beside, self.beneath = _parallel(readings, self.lists)
        self.decision = Decision()
        # Names that already act in a record with a figure, by type, and how likely the figure is of that type.
        self.valued: dict[tuple[str, Name], float] = {}

    def decide(self) -> Decision:
        """Figures first: a name that gives one is asked neither for another nor, unless likely, for a seat."""
        candidates = self.readings.candidates
        for index, one in enumerate(candidates):
            if one.name is None and not self._is_conversion(candidates[:index], one) and not self._is_replaced(
                one, candidates[index + 1 :]
            ):
                self._figure(one)
        for one in candidates:
            if one.name is None or not self._may_give(one.name, one.letter, has_figure=False):
                continue
            gives = max(self.valued.get((letter, one.name), 0.0) for letter in "PT")
            only_gives = one.letter == "M" and one.probability < 0.5 < gives
            if (one.letter, one.name) not in self.valued and not only_gives:
                self._name(one, one.name)
        if not self.keeps_all:
            _drop_repeated(self.decision, self.language)
            _drop_overtaken(self.decision, self.language)
        return self.decision

    def _mass(self, letters: str) -> Counter[str]:
        """How much the document's candidates point at each entity as their counterpart."""
        mass: Counter[str] = Counter()
        for one in self.readings.candidates:
            if one.letter in letters and one.probability >= 0.1:
                for p, name in one.counterparts[:3]:
                    known = name if name.actor.is_resolved else self._named_inside(name)
                    if known is not None:
                        mass[known.actor.entity_id] += one.probability * p  # type: ignore[assignment]
        lead_end = self.readings.sentences[0][1] if self.readings.sentences else 0
        for entity in {one.actor.entity_id for one in self.named
                       if one.end <= lead_end and one.actor.type in {"programme", "igo"}}:  # fmt: skip
            if entity in mass:
                mass[entity] *= _LEAD_WEIGHT  # type: ignore[assignment]
        return mass

    def _givers(self, letter: str) -> Name | None:
        """The one actor that gives nearly all that the document speaks of; None where there are several."""
        mass: Counter[str] = Counter()
        for one in self.readings.candidates:
            if one.letter == letter and one.probability >= 0.3:
                if one.name is not None and may_act(one.name):
                    mass[one.name.entity] += one.probability  # type: ignore[assignment]
                for p, name in one.actors[:3] if one.name is None else []:
                    if may_act(name):
                        mass[name.entity] += one.probability * p  # type: ignore[assignment]
        main = _main(mass)
        if main is None or mass[main] < 0.6:
            return None
        return next(name for name in self.readings.names if name.entity == main and may_act(name))

    def _body(self) -> Name | None:
        """The one organisation whose membership the document is about; None where there are several."""
        mass: Counter[str] = Counter()
        for one in self.readings.candidates:
            if one.letter == "M" and one.probability >= 0.5:
                for p, name in one.counterparts[:2]:
                    if p >= 0.5 and name.actor.is_resolved and name.actor.type in _ORGANISATIONS - {"government_body"}:
                        mass[name.entity] += one.probability * p  # type: ignore[assignment]
        main = _main(mass)
        return next((name for name in self.readings.names if name.entity == main), None)

    # --- records with a figure -------------------------------------------------------------------

    def _is_conversion(self, before: list[Candidate], one: Candidate) -> bool:
        """Whether a sum only repeats the one before it in another currency."""
        sums = [other for other in before if other.kind == "money" and other.end <= one.start]
        if one.kind != "money" or not sums:
            return False
        gap = self.text[sums[-1].end : one.start]
        after = self.text[one.end : one.end + 30]
        if re.fullmatch(r"[^()（）.]{0,25}[(（][^()（）]{0,20}", gap) and re.match(r"[^()（）]*[)）]", after):
            return True
        if re.search(r"[.!?。]\s", gap):
            return False
        if len(gap) <= 40 and EQUIVALENT.search(gap):
            return True
        return bool(_APPOSITION.fullmatch(gap)) and not _AND.search(gap) and self._differ(sums[-1], one)

    def _differ(self, one: Candidate, other: Candidate) -> bool:
        """Whether two sums are in two currencies with nobody named between them."""
        first, second = (self._currencies(place.start, place.end) for place in (one, other))
        named = any(one.end <= name.start and name.end <= other.start for name in self.readings.names)
        return bool(first and second) and first.isdisjoint(second) and not named

    def _is_replaced(self, one: Candidate, behind: list[Candidate]) -> bool:
        """Whether a figure is the old one of "raised from 50 to 75 million", the new one being a candidate too."""
        _, end = self.readings.sentence(one.start)
        new = next((other for other in behind if other.name is None and one.end <= other.start < end), None)
        if new is None or new.letter != one.letter or not CHANGES.search(self._folded_sentence(one)):
            return False
        words, between = self.text[one.start : one.end], self.text[one.end : new.start + 4]
        if self.language == "tr":
            return re.search(r"[dt][ae]n$", words) is not None and not self.text[one.end : new.start].strip()
        is_near = new.start - one.end <= 24
        return is_near and self._is_old(one) and NEW_FIGURE.search(fold_letters(between)[0]) is not None

    def _new_figure(self, one: Candidate) -> str:
        """The words of a figure; of "from 50 to 75 million", where something is raised or cut, those of the new one."""
        words = self.text[one.start : one.end]
        match = NEW_FIGURE.search(words)
        if match is None or not self._is_old(one) or not CHANGES.search(self._folded_sentence(one)):
            return words
        return words[match.end() :]

    def _is_changed(self, one: Candidate) -> bool:
        """Whether a figure is the new one of "raised from 50 to 75 million"."""
        if not CHANGES.search(self._folded_sentence(one)):
            return False
        start, _ = self.readings.sentence(one.start)
        before = fold_letters(self.text[max(start, one.start - 40) : one.start + 4])[0]
        return self._new_figure(one) != self.text[one.start : one.end] or any(
            OLD_FIGURE.search(before[: place.start()]) and NEW_FIGURE.search(before[place.start() :])
            for place in re.finditer(r"\d", before)
        )

    def _is_old(self, one: Candidate) -> bool:
        """Whether "from" stands before a figure, or at its beginning."""
        start, _ = self.readings.sentence(one.start)
        before, words = self.text[max(start, one.start - 12) : one.start], self.text[one.start : one.end]
        return any(OLD_FIGURE.search(fold_letters(part)[0]) for part in (before, before + words.split(maxsplit=1)[0]))

    def _figure(self, one: Candidate) -> None:
        letter = one.letter
        words = self._new_figure(one)
        if letter == "F":
            self._sum(one, words)
            return
        if one.probability < _WORTH_KEEPING or (letter == "T" and self._are_casualties(one)):
            return
        actors = self._contributors(one)
        near = [name for _, name in actors[:1]]
        stages = self._stages([one], letter)
        base = self._common(one, near) | {"stage": stages[0]}
        if letter == "P":
            base |= {"type": "pledge", "money": words, "resource_types": ["financial"]}
            base["quotes"] += self._currency_quote(one)
        else:
            base |= {"type": "troop_commitment", "headcount": words, "personnel_types": self._personnel(words)}
        if not actors:
            if letter == "P" and COLLECTED.search(self.text[slice(*self.readings.sentence(one.start))]):
                self._sum(one, words, "total_raised")
                return
            self._reject(base, "no contributor is named that the figure belongs to")
            return
        side = "recipient" if letter == "P" else "force"
        givers = _with_principals(name.entity for _, name in actors)
        own = self.beneath.get((one.start, one.end))
        if own is not None and own.entity not in givers:
            base[side] = actor_of(own)
        else:
            base[side] = self._side(one.counterparts, letter, one, givers)
        start, end = self.readings.sentence(one.start)
        is_joint = len(actors) > 1 and not EACH.search(self.text[start:end])
        received = self._receive(base, one, [actor_of(name) for _, name in actors]) if letter == "P" else None
        self.valued.update(((letter, name), one.probability) for _, name in actors)
        if is_joint:
            draft = base | {"contributors": [actor_of(name) for _, name in actors], "is_joint": True}
            self._emit(draft, one, one.probability * max(p for p, _ in actors), stages, received)
        else:
            surest = max(p for p, _ in actors)
            for p, name in actors:
                sure = one.probability * max(p, surest * _LISTED)
                self._emit(base | {"contributors": [actor_of(name)]}, one, sure, stages, received)

    def _sum(self, one: Candidate, words: str, role: str | None = None) -> None:
        """A sum that nobody gives: a need, a target, a cost."""
        role = role or role_from_words(self.text, one.start, one.end, self.readings.sentence(one.start))
        role = role or one.likeliest("F")
        start, end = self.readings.sentence(one.start)
        mission = _only([mission for mission in self.missions if start <= mission.start < end])
        draft = {
            "type": "funding_amount", "role": role, "money": words, "payer": None,
            "payee": self._side(one.counterparts, "F", one, set()) if mission is None else _mentioned(mission),
            **self._common(one, []),
        }  # fmt: skip
        if one.kind == "number" and not self._currencies(start, end):
            self._reject(draft, "no currency stands beside the figure: it may count anything")
            return
        others = {"need": "target", "target": "need"}
        roles = [role, one.likeliest("F"), others.get(role, role)]
        self._emit(draft, one, one.probability, list(dict.fromkeys(roles)))

    def _contributors(self, one: Candidate) -> list[tuple[float, Name]]:
        """The likeliest actor and those listed beside it, each entity once."""
        ranked = [(p, name) for p, name in one.actors if self._may_give(name, one.letter)]
        own = self.beside.get((one.start, one.end))
        # In "A, B and C gave 30 million, of which D 10" the first figure is not C's alone.
        beside = self.lists.get(own, frozenset()) if own is not None and one.letter == "P" else frozenset()
        if own is not None and beside <= {*self.beside.values()} and self._may_give(own, one.letter):
            p = next((p for p, name in ranked if name == own), 0.0)
            return [(max(p, _BESIDE), own)]
        people = self._nationality(one) if one.letter == "T" else None
        if people is not None:
            return [(max(_BESIDE, next((p for p, name in ranked if name == people), 0.0)), people)]
        if not ranked or ranked[0][0] < self.thresholds.lone_actor:
            main = self._of_currency(one) or self.givers.get(one.letter)
            if main is not None:
                return [(self.thresholds.main_giver, main)]
            below = self.beneath.get((one.start, one.end))
            left = [(p, name) for p, name in ranked if p >= self.thresholds.joint_actor and name != below]
            return self._giver_of_sentence(one) or left[:1]
        first = ranked[0][1]
        listed = self.lists.get(first, frozenset())
        receives, gives = ({name: p for p, name in side} for side in (one.counterparts, one.actors))
        listed = frozenset(name for name in listed if receives.get(name, 0.0) <= max(gives.get(name, 0.0), 0.3))
        # A list of three or more acts as one: a name in it that the network doubts is in it all the same.
        least = 0.0 if len(listed) > 1 and first.is_known else self.thresholds.joint_actor
        taken: dict[str, tuple[float, Name]] = {}
        for p, name in ranked:
            # Others share the figure only where the text lists them beside the likeliest one.
            if name.entity == first.entity or (p >= least and name in listed and name.is_known >= first.is_known):
                # One entity under two names ("the United States, Mr Biden said") is as likely as both together.
                before, kept = taken.get(name.entity, (0.0, name))
                taken[name.entity] = (1 - (1 - before) * (1 - p), kept if kept.stands_for is None else name)
        # "Turkey, by the hand of TIKA and AFAD": a state's agencies beside it are no other givers.
        return [one for entity, one in taken.items() if principal_of(entity) not in taken]

    def _giver_of_sentence(self, one: Candidate) -> list[tuple[float, Name]]:
        """Who gives the nearest figure of the sentence before this one: "Turkey has 20 in Iraq, 40 in Somalia"."""
        start, _ = self.readings.sentence(one.start)
        before = [other for other in self.readings.candidates
                  if other.name is None and other.letter == one.letter and start <= other.start < one.start
                  and other.actors and other.actors[0][0] >= self.thresholds.lone_actor]  # fmt: skip
        return [before[-1].actors[0]] if before and self._may_give(before[-1].actors[0][1], one.letter) else []

    def _of_currency(self, one: Candidate) -> Name | None:
        """The one country of the document whose own currency a sum is in: riyals come from Riyadh."""
        sums = find_money(self.text[one.start : one.end], self.language)
        code = sums[0].money.currency if sums else None
        if one.letter != "P" or code in (None, "USD", "EUR"):
            return None
        owners = [name for name in self.readings.names
                  if name.actor.type == "country" and code_of(name.actor.entity_id) == code]  # fmt: skip
        return owners[0] if len({name.entity for name in owners}) == 1 else None

    def _are_casualties(self, one: Candidate) -> bool:
        """Whether a headcount is of the dead, wounded or captured."""
        start, end = self.readings.sentence(one.start)
        around, _ = fold_letters(self.text[max(start, one.start - 45) : min(end, one.end + 45)])
        return bool(CASUALTIES.search(around))

    def _nationality(self, one: Candidate) -> Name | None:
        """The country whose soldiers a headcount counts: "300 Spanish soldiers", "200 soldados polacos"."""
        for mention in self.named:
            if mention.form != "adjective" or mention.actor.type != "country":
                continue
            first, last = min(mention.start, one.start), max(mention.end, one.end)
            gap = self.text[min(mention.end, one.end) : max(mention.start, one.start)]
            is_within = mention.start < one.end and one.start < mention.end
            if last - first <= 70 and (is_within or (len(gap) <= 14 and not re.search(r"[^\w\s-]", gap))):
                covered = [name for name in self.readings.names
                           if name.start < mention.end and mention.start < name.end and name.is_known]  # fmt: skip
                return covered[0] if covered else None
        return None

    def _may_give(self, name: Name, letter: str, *, has_figure: bool = True) -> bool:
        """Whether a name can act; soldiers are sent by whom a list knows: persons and places send none."""
        if letter == "T" and not name.is_known:
            return False
        if not has_figure and letter == "P" and not name.is_known:
            return False
        return may_act(name) and (name.is_known or not _is_common_noun(name.words))

    def _currency_quote(self, one: Candidate) -> list[str]:
        """For "400 million" without a currency: the sentence whose sum it follows, as a second quote.

        It stands a few sentences before at most, or anywhere before in a text of one currency.
        """
        start, end = self.readings.sentence(one.start)
        if one.kind != "number" or self._currencies(start, end):
            return []
        before = [place for place in self.readings.sentences if place[1] <= start]
        for n, (first, last) in enumerate(reversed(before)):
            if self._currencies(first, last):
                is_meant = n < _NEAR_SENTENCES or len(self._currencies(0, len(self.text))) == 1
                return [self.text[first:last]] if is_meant else []
        return []

    def _currencies(self, start: int, end: int) -> set[str]:
        """Currencies that a part of the text names."""
        return {one.money.currency for one in find_money(self.text[start:end], self.language) if one.money.currency}

    # --- records without one ---------------------------------------------------------------------

    def _name(self, one: Candidate, name: Name) -> None:
        group = self._group(one, name)
        probability = max(one.probability, sum(other.probability for other in group) / len(group))
        if probability < _WORTH_KEEPING:
            return
        stages = self._stages(group, one.letter)
        listed = _with_principals(other.name.entity for other in group if other.name is not None)
        counterparts = _pooled(group, self.lists.get(name, frozenset()) | {name})
        if one.letter == "M":
            self._membership(one, name, probability, stages, counterparts)
            return
        side = self._side(counterparts, one.letter, one, listed)
        draft = self._common(one, self._named_at(side, one)) | {"contributors": [actor_of(name)]}
        received = None
        if one.letter == "T":
            draft |= {"type": "troop_commitment", "force": side, "personnel_types": []}
        else:
            draft |= {"type": "pledge", "recipient": side, "resource_types": ["other"]}
            received = self._receive(draft, one, draft["contributors"])
        self._emit(draft, one, probability, stages, received)

    def _membership(
        self, one: Candidate, name: Name, probability: float, stages: list[str], counterparts: list[tuple[float, Name]]
    ) -> None:
        stage = stages[0]
        organisation = self._joined(one, counterparts) or self.body
        if organisation is None or organisation.actor.type in _NO_ORGANISATIONS or organisation.entity == name.entity:
            self._reject(
                self._common(one, []) | {"stage": stage, "type": "membership", "member": actor_of(name)},
                "no organisation is named that it belongs to",
            )
            return
        if any(one.start <= mention.start < one.end and mention.form == "adjective" for mention in self.named):
            return  # "the British former premier": a nationality is no member
        roles = [(one.flag(role), role) for role in ROLES]
        best = max(roles)
        role = best[1] if best[0] >= 0.5 else "member"
        has_seat = role in {"chair", "executive_member"}
        if not has_seat and not name.is_known and self._is_listed_in_body(one):
            has_seat, role = True, "executive_member" if EXECUTIVES.search(self._folded_sentence(one)) else "member"
        if role == "executive_member" and stage == "invited" and name.stands_for is not None:
            has_seat, role = False, "member"  # who governs a state is invited for it
        draft = self._common(one, [organisation]) | {"stage": stage, "type": "membership"}
        is_sure = one.probability >= _SURE_PERSON and not _is_common_noun(name.words)
        if not has_seat and not name.is_known and not is_sure:
            # A name in no list that holds no named seat: most often a person who spoke of it.
            self._reject(
                draft | {"member": actor_of(name), "organisation": actor_of(organisation)},
                "the member is neither a known state or organisation nor named with a seat",
            )
            return
        draft |= {"member": actor_of(name, as_person=has_seat), "role": role,
                  "organisation": self._organisation(organisation)}  # fmt: skip
        if not has_seat and name.stands_for is not None:
            draft["representative"] = name.words
        self._emit(draft, one, probability, stages)

    def _folded_sentence(self, one: Candidate) -> str:
        return fold_letters(self.text[slice(*self.readings.sentence(one.start))])[0]

    def _is_listed_in_body(self, one: Candidate) -> bool:
        """Whether the sentence says who sits in a body and lists several names that no list knows: persons."""
        if not COMPOSITION.search(self._folded_sentence(one)):
            return False
        start, end = self.readings.sentence(one.start)
        listed = {other.name.entity for other in self.readings.candidates
                  if other.letter == "M" and other.name is not None and not other.name.is_known
                  and start <= other.start < end and other.probability >= self.thresholds.seat}  # fmt: skip
        return len(listed) > 1

    def _group(self, one: Candidate, name: Name) -> list[Candidate]:
        """The candidates of one type that the text lists together: what is said of one is said of all."""
        listed = self.lists.get(name, frozenset())
        beside = [other for other in self.readings.candidates
                  if other.letter == one.letter and other.name is not None and other.name in listed]  # fmt: skip
        return [one, *(other for other in beside if other is not one)]

    def _joined(self, one: Candidate, counterparts: list[tuple[float, Name]]) -> Name | None:
        """The organisation of a membership: one named in the member's sentence before any other."""
        start, end = self.readings.sentence(one.start)
        scored = []
        for p, name in counterparts:
            is_near = start <= name.start < end
            is_organisation = name.actor.type in _ORGANISATIONS
            if (is_near or is_organisation) and name.actor.type not in _NO_ORGANISATIONS:
                score = p + (0.4 if is_near else 0.0) + (0.5 if is_organisation else 0.0)
                scored.append((score - abs(name.start - one.start) / 2000, p, name))
        best = max(scored, key=lambda one: (one[0], one[2].start), default=None)
        return best[2] if best is not None and best[1] >= self.thresholds.joined else None

    def _organisation(self, name: Name) -> dict[str, Any]:
        """The organisation, or the one named before that a common noun stands for."""
        if name.actor.is_resolved or not _is_common_noun(name.words):
            return actor_of(name)
        return self._last_named(name.start, {"igo", "bloc", "programme"}, like=name.words) or actor_of(name)

    # --- parts -----------------------------------------------------------------------------------

    def _stages(self, group: list[Candidate], letter: str) -> list[str]:
        """Stages that what is listed together may have, that of the rules first.

        The rules take the network's where it is sure, else that of the words beside it. Then follow that of the
        words and the network's two likeliest.
        """
        columns = COLUMNS[letter]
        total = sum(one.scores[columns] for one in group)
        shares = sorted(zip((total / max(1e-6, float(total.sum()))).tolist(), columns, strict=True), reverse=True)
        likeliest = RECORD_CLASSES[columns[int(total.argmax())]][2:]
        said = self._said_stage(group, letter)
        is_sure = float(total.max()) >= _SURE_STAGE * float(total.sum())
        overrules = said if not is_sure or (likeliest in _PAID and said == "pledged") else None
        ruled = self._exact_stage(group[0], letter, overrules or likeliest, is_said=overrules is not None)
        others = [said] if said else []
        others += [RECORD_CLASSES[n][2:] for share, n in shares[:2] if share >= _LIKELY_STAGE]
        exact = [self._exact_stage(group[0], letter, stage, is_said=stage == said) for stage in others]
        return list(dict.fromkeys([ruled, *exact]))

    def _said_stage(self, group: list[Candidate], letter: str) -> str | None:
        """The stage that most words beside what is listed together speak for; None without words or a majority."""
        if letter not in ("P", "T", "M"):
            return None
        said = [stage_from_words(self.text, one.start, one.end, cast(Kind, letter), self.language) for one in group]
        votes = Counter(one[0] for one in said if one is not None).most_common(2)
        return votes[0][0] if votes and (len(votes) == 1 or votes[0][1] > votes[1][1]) else None

    def _is_invited(self, one: Candidate) -> bool:
        """Whether "to become a member" is what somebody is invited to."""
        start, end = self.readings.sentence(one.start)
        clause, _ = fold_letters(self.text[max(start, one.start - 120) : min(end, one.end + 120)])
        return bool(INVITATION.search(clause)) and not ACCEPTANCE.search(clause)

    def _exact_stage(self, one: Candidate, letter: str, stage: str, *, is_said: bool = False) -> str:
        """What the network does not tell apart: refused, suspended and cancelled; expelled and suspended.

        `is_said` tells that words say the stage.
        """
        # The network says "proposed" of invitations too; words that say it mean it.
        if letter == "M" and (stage == "member" or (stage == "proposed" and not is_said)) and self._is_invited(one):
            return "invited"
        before = self.text[max(0, one.start - 45) : one.start]
        # Of "30 of the 75 million have been paid" the 75 were promised, and what is raised from 50 to 75 million is.
        if letter == "P" and stage in _PAID and (PART_OF.search(before) or self._is_changed(one)):
            return "pledged"
        ends = {"P": "refused", "T": "refused", "M": "expelled"}
        if ends.get(letter) != stage:
            return stage
        start, end = self.readings.sentence(one.start)
        clause, _ = fold_letters(self.text[max(start, one.start - 160) : min(end, one.end + 160)])
        if letter != "T" and SUSPENDED.search(clause):
            return "suspended"
        if letter == "M":
            return "invitation_withdrawn" if INVITATION.search(clause) and not EXPELLED.search(clause) else stage
        return "cancelled" if CANCELLED.search(clause) else stage

    def _side(
        self, counterparts: list[tuple[float, Name]], letter: str, one: Candidate, givers: set[str]
    ) -> dict[str, Any] | None:
        """The recipient, force or payee: as named, or what a common noun or the document stands for."""
        options = [(p, name) for p, name in counterparts if name.entity not in givers]
        best = options[0][1] if options and options[0][0] >= self.thresholds.counterpart else None
        if letter == "T":
            return self._force(options, best, one, givers)
        if best is not None:
            if best.is_known:
                return actor_of(best)
            if PROJECTS.search(best.words):
                for p, name in options[1:]:
                    if name.is_known and p >= _BORROWER and name.actor.type == "country":
                        return actor_of(name)
            inside = self._named_inside(best)
            if inside is not None and inside.actor.entity_id not in givers:
                return _mentioned(inside)
            described = self._described(best.words, givers)
            if described is not None:
                return described
            for pattern, types in COMMON_NOUNS:
                if _is_common_noun(best.words) and pattern.search(best.words):
                    found = self._last_named(best.start, types, givers, best.words)
                    if found:
                        return found
            if (_is_common_noun(best.words) and not GROUPS.search(best.words)) or EVENTS.search(best.words):
                return self._subject(givers) or actor_of(best)
            return actor_of(best)
        return self._subject(givers)

    def _receive(self, draft: dict[str, Any], one: Candidate, givers: list[dict[str, Any]]) -> _Received:
        """Give a pledge the likeliest recipient in place of that of the rules; who else might receive it."""
        ruled = draft["recipient"]
        likeliest = one.counterparts[0][1] if one.counterparts else None
        is_noun = likeliest is not None and not likeliest.is_known and _is_common_noun(likeliest.words)
        options = self.receivers.options(one, givers, ruled, likeliest if is_noun else None)
        likely = shares(options)
        best = likely.index(max(likely))
        draft["recipient"] = options[best].actor
        return options, likely[best]

    def _subject(self, givers: set[str]) -> dict[str, Any] | None:
        """Whom the document is about, when a sentence does not say who receives.

        What most of its other sums go to or, when none says so, the only fund or country that its
        first sentences name beside the givers.
        """
        everyone = givers | {
            one.actors[0][1].entity for one in self.readings.candidates
            if one.letter == "P" and one.actors and one.probability >= 0.4 and one.actors[0][0] >= 0.5
        }  # fmt: skip
        ranked = [(mass, entity) for entity, mass in self.recipients.most_common() if entity not in everyone]
        if ranked and ranked[0][0] >= 0.3:
            found = self._first_named(ranked[0][1])
            if found is not None:
                return found
        sentences = self.readings.sentences
        lead_end = sentences[min(2, len(sentences) - 1)][1] if sentences else 0
        for types in ({"programme"}, {"country"}):
            fitting = [
                one for one in self.named
                if one.end <= lead_end and one.actor.type in types and one.actor.entity_id not in everyone
                and one.form in {"name", "abbreviation"}
            ]  # fmt: skip
            only = _only(fitting)
            if only is not None:
                return _mentioned(only)
        return None

    def _first_named(self, entity: str) -> dict[str, Any] | None:
        """The first name of the text that stands for an entity."""
        for name in self.readings.names:
            if name.entity == entity:
                return actor_of(name)
        for mention in self.named:
            if mention.actor.entity_id == entity:
                return _mentioned(mention)
        return None

    def _force(
        self, options: list[tuple[float, Name]], best: Name | None, one: Candidate, givers: set[str]
    ) -> dict[str, Any] | None:
        """Where troops serve: the force named in their sentence or last before it, else the host country."""
        start, end = self.readings.sentence(one.start)
        forces = [(p, name) for p, name in options if name.actor.type == "force"]
        near = [name for p, name in forces if start <= name.start < end or p >= self.thresholds.counterpart]
        if near:
            return actor_of(near[0])
        within = [mission for mission in self.missions
                  if best is not None and mission.start <= best.start and best.end <= mission.end]  # fmt: skip
        if within:
            return _mentioned(within[0])
        if best is not None and options[0][0] >= _SURE_FORCE and self._is_unlisted_force(best):
            return actor_of(best)
        is_unnamed = best is None or not best.actor.is_resolved or best.actor.type in {"igo", "bloc"}
        if is_unnamed:
            found = self._last_named(one.start, {"force"}) or self._mission_before(one, givers)
            if found:
                return found
        described = self._described(best.words, givers) if best is not None and not best.is_known else None
        if described is not None:
            return described
        if best is not None and (best.actor.type == "country" or MISSIONS.search(best.words)):
            chosen: dict[str, Any] | None = actor_of(best)
        else:
            chosen = self._host(one, givers) or (actor_of(best) if best is not None else None)
        return self._serving_in(chosen) or chosen

    def _is_unlisted_force(self, name: Name) -> bool:
        """Whether a name in no list is a force's own: "Brigade Litauen", not "the mission" nor "the army of Chad"."""
        is_own = not name.actor.is_resolved and name.actor.type != "person" and not _is_common_noun(name.words)
        return is_own and self._named_inside(name) is None

    def _mission_before(self, one: Candidate, givers: set[str]) -> dict[str, Any] | None:
        """The mission that the sentence or the one before describes, if no other country is named with the troops."""
        start, end = self.readings.sentence(one.start)
        places = [name for name in self.named if start <= name.start < end and name.actor.type == "country"
                  and name.actor.entity_id not in givers]  # fmt: skip
        earliest = max((first for first, last in self.readings.sentences if last <= start), default=start)
        near = [mission for mission in self.missions if earliest <= mission.start < end]
        outside = [name for name in places if not any(one.start <= name.start < one.end for one in near)]
        return _mentioned(near[-1]) if near and not outside else None

    def _described(self, words: str, givers: set[str]) -> dict[str, Any] | None:
        """The one body of the document that a description means: "la force antigang", "Klimafonds"."""
        bare = _ARTICLE.sub("", words)
        is_compound = self.language == "de" and len(bare.split()) == 1
        if not is_compound and any(character.isupper() for character in bare):
            return None
        for pattern, name in BODIES:
            if pattern.search(bare):
                of_kind = [one for one in self.named if one.actor.entity_id not in givers
                           and one.actor.entity_id in aliases().organisations
                           and name.search(aliases().organisations[one.actor.entity_id].name_en)]  # fmt: skip
                only = _only(of_kind)
                if only is not None:
                    return _mentioned(only)
        return None

    def _serving_in(self, side: dict[str, Any] | None) -> dict[str, Any] | None:
        """The one force of the document that is known to serve in a country: who is sent to Haiti joins it."""
        if side is None or side["type"] != "country":
            return None
        country = resolve_actor(side["name"], "country", self.language).entity_id
        serving = [one for one in self.named if one.actor.type == "force"
                   and aliases().organisations[one.actor.entity_id].host_iso3 == country]  # fmt: skip
        only = _only(serving)
        return _mentioned(only) if only is not None else None

    def _host(self, one: Candidate, givers: set[str]) -> dict[str, Any] | None:
        """The country named nearest in the sentence, else the document's commonest; never one that sends some."""
        senders = givers | {
            other.actors[0][1].entity for other in self.readings.candidates
            if other.letter == "T" and other.name is None and other.actors and other.actors[0][0] >= 0.3
        } | {other.name.entity for other in self.readings.candidates
             if other.letter == "T" and other.name is not None and other.probability >= 0.4}  # fmt: skip
        start, end = self.readings.sentence(one.start)
        hosts = [
            name for name in self.named
            if name.actor.type == "country" and name.form in {"name", "abbreviation"}
            and name.actor.entity_id not in senders
        ]  # fmt: skip
        near = [name for name in hosts if start <= name.start < end]
        if near:
            chosen = min(near, key=lambda name: abs(name.start - one.start))
            return {"name": chosen.surface, "type": "country"}
        commonest = Counter(name.actor.entity_id for name in hosts).most_common(1)
        if not commonest or commonest[0][1] < 2:
            return None
        chosen = next(name for name in hosts if name.actor.entity_id == commonest[0][0])
        return {"name": chosen.surface, "type": "country"}

    def _named_inside(self, name: Name) -> ActorMention | None:
        """The one known actor that a longer phrase names: "the army of Chad"."""
        return _only([one for one in self.named if one.start <= name.end + 1 and one.end + 1 >= name.start])

    def _last_named(
        self, position: int, types: frozenset[str] | set[str], without: set[str] | None = None, like: str = ""
    ) -> dict[str, Any] | None:
        """The actor of one of the types that is named last before a place, or first after it.

        One whose name holds a word of `like` comes first: "the Council" is a council.
        """
        others = [one for one in self.named if one.actor.entity_id not in (without or ())]
        words = {word for word in fold_text(like).split() if len(word) >= 4}
        alike = [one for one in others
                 if one.actor.type in types | {"igo"} and words & set(fold_text(one.surface).split())]  # fmt: skip
        fitting = alike or [one for one in others if one.actor.type in types]
        before = [one for one in fitting if one.end <= position]
        chosen = before[-1] if before else fitting[0] if fitting else None
        return _mentioned(chosen) if chosen else None

    def _named_at(self, side: dict[str, Any] | None, one: Candidate) -> list[Name]:
        """The counterpart's own place, to quote it, if the network found it."""
        return [name for _, name in one.counterparts[:1] if side is not None and side["name"] == name.words]

    def _personnel(self, words: str) -> list[str]:
        kinds = {_PERSONNEL.get(found.kind) for found in find_headcounts(words, self.language)}
        return sorted(kind for kind in kinds if kind)

    def _common(self, one: Candidate, others: list[Name]) -> dict[str, Any]:
        """Quotes, realis and date: the sentence of the anchor, and those of what belongs to it."""
        flags = [flag for flag in ("conditional", "planned") if one.flag(flag) >= 0.5]
        start, end = self.readings.sentence(one.start)
        days = [day for day in find_dates(self.text[start:end], self.language) if day.date.value is not None]
        expression = self.text[start + days[0].start : start + days[0].end] if len(days) == 1 else None
        places = [(start, end), *(self.readings.sentence(name.start) for name in others)]
        quotes = list(dict.fromkeys(self.text[first:last] for first, last in places))
        return {"realis": flags[0] if flags else "actual", "event_date": expression, "quotes": quotes}

    def _emit(
        self, draft: dict[str, Any], one: Candidate, probability: float, stages: list[str],
        received: _Received | None = None,
    ) -> None:  # fmt: skip
        """Give a record the stage with which it is likeliest right; keep it as rejected where that is too unlikely."""
        said = self._said_stage([one], one.letter)
        key = "role" if draft["type"] == "funding_amount" else "stage"
        ways = [draft | {key: stage} for stage in stages]
        options, share = received if received is not None else ([], None)
        judged = [evidence(way, one, probability, self.readings, self.recipients, said, way is ways[0], share)
                  for way in ways]  # fmt: skip
        sure = [self.judge(found) for found in judged]
        if self.keeps_all:
            for p, found, way in zip(sure, judged, ways, strict=True):
                self._keep(way, p, found, options)
            return
        best = sure.index(max(sure))
        least = self.thresholds.confidence if self.min_confidence is None else self.min_confidence
        if sure[best] < least:
            self._reject(ways[best], f"confidence {sure[best]:.2f} is below {least:.2f}")
        else:
            self._keep(ways[best], sure[best], judged[best], options)

    def _keep(self, draft: dict[str, Any], sure: float, found: Evidence, options: list[Option]) -> None:
        self.decision.drafts.append(draft)
        self.decision.options.append(options)
        self.decision.confidence.append(sure)
        self.decision.evidence.append(found)

    def _reject(self, draft: dict[str, Any], reason: str) -> None:
        self.decision.rejected.append(draft | {"reason": reason})


def _with_principals(entities: Iterable[str]) -> set[str]:
    """Entities, and whose money they give: "the State Department" gives none to the United States."""
    own = set(entities)
    return own | {principal for one in own if (principal := principal_of(one)) is not None}


def _main(mass: Counter[str]) -> str | None:
    """The entity that holds nearly all of a mass; None where several share it."""
    ranked = mass.most_common(1)
    return ranked[0][0] if ranked and ranked[0][1] >= _MAIN_SHARE * sum(mass.values()) else None


def _mentioned(mention: ActorMention) -> dict[str, Any]:
    return {"name": mention.surface, "type": mention.actor.type}


def _only(mentions: list[ActorMention]) -> ActorMention | None:
    """The first of mentions that all name one actor; None if they name several, or there are none."""
    return mentions[0] if len({one.actor.entity_id for one in mentions}) == 1 else None


_Lists = dict[Name, frozenset[Name]]


def _lists(readings: Readings) -> _Lists:
    """For each name, those that stand in one list with it: nothing but commas and "and" between them.

    Adjectives are listed among adjectives only: in "said a French official, Peru and Chile" France is not.
    """
    text = readings.document.text
    adjectives = [one for one in readings.named if one.form == "adjective"]
    names = sorted(readings.names, key=lambda name: (name.start, -name.end))
    groups: list[list[Name]] = []
    for name in names:
        if groups and groups[-1][-1].end <= name.start and name.start - groups[-1][-1].end <= 60:
            gap = text[groups[-1][-1].end : name.start]
            if gap.strip() and LIST.fullmatch(fold_text(gap)) and "\n" not in gap:
                groups[-1].append(name)
                continue
        groups.append([name])
    found: dict[Name, frozenset[Name]] = defaultdict(frozenset)
    for group in groups:
        if len(group) > 1:
            described = frozenset(
                name for name in group if any(one.start < name.end and name.start < one.end for one in adjectives)
            )
            for kind in (described, frozenset(group) - described):
                for name in kind:
                    found[name] = kind - {name}
    return found


_Beside = dict[tuple[int, int], Name]


def _parallel(readings: Readings, lists: _Lists) -> tuple[_Beside, _Beside]:
    """The giver, and the recipient, of each figure in a sentence of several, where every figure has its own beside it.

    "Norway gave 20 million, Chile 5 million and Peru 3 million", or "20 million from Norway, 5
    million from Chile": names and figures take turns. Which name is whose, that before the figure or
    that behind it, and whether they give or receive, is as the network finds it likelier for all of them together.
    """
    found: tuple[_Beside, _Beside] = ({}, {})
    for start, end in readings.sentences:
        figures = [one for one in readings.candidates
                   if one.name is None and start <= one.start < end and one.letter in "PT"
                   and one.probability >= 0.25 and one.kind in _FIGURES]  # fmt: skip
        for run in _runs(readings, figures):
            in_turn = _in_turn(readings, lists, run, (start, end))
            for role, names in in_turn.items():
                found[role].update({(one.start, one.end): name for one, name in zip(run, names, strict=True)})
            if in_turn:
                continue
            last = len(run) - 1
            gaps = [start, *(one.end for one in run)], [*(one.start for one in run), end]
            before = [_only_name(readings, one, gaps[0][n], gaps[1][n], last=True, is_outer=n == 0)
                      for n, one in enumerate(run)]  # fmt: skip
            behind = [_only_name(readings, one, gaps[0][n + 1], gaps[1][n + 1], last=False, is_outer=n == last)
                      for n, one in enumerate(run)]  # fmt: skip
            sides = [[one for one in side if one is not None] for side in (before, behind)]
            ways = [(sum(chances[role] for chances, _ in side), role, [name for _, name in side])
                    for side in sides if len(side) == len(run) for role in (_GIVES, _RECEIVES)]  # fmt: skip
            if not ways:
                continue
            total, role, names = max(ways, key=lambda way: (way[0], -way[1]))
            is_sure = total >= _RECEIVE_SURE * len(names) and all(name.is_known for name in names)
            if role == _GIVES or is_sure:
                found[role].update({(one.start, one.end): name for one, name in zip(run, names, strict=True)})
    return found


def _in_turn(
    readings: Readings, lists: _Lists, run: list[Candidate], sentence: tuple[int, int]
) -> dict[int, list[Name]]:
    """By role, the names of a list as long as a list of figures: "A, B and C promised 40, 25 and 15 million"."""
    text = readings.document.text
    gaps = [text[one.end : other.start] for one, other in pairwise(run)]
    if not all(gap.strip() and LIST.fullmatch(fold_text(gap)) for gap in gaps) or not gaps[-1].strip(" ,،、，"):
        return {}  # "120 million, 70 million of it from Paris" is no list
    found: dict[int, list[Name]] = {}
    for first, others in lists.items():
        listed = sorted((first, *others), key=lambda name: name.start)
        if len(listed) != len(run) or not (sentence[0] <= listed[0].start and listed[-1].end <= sentence[1]):
            continue
        if len({name.entity for name in listed}) != len(run) or not all(map(may_act, listed)):
            continue
        gives = sum(p for one in run for p, name in one.actors if name in listed)
        receives = sum(p for one in run for p, name in one.counterparts if name in listed)
        found.setdefault(_RECEIVES if receives > gives else _GIVES, listed)
    return found


_FIGURES = {"money", "headcount", "number"}
_GIVES, _RECEIVES = 0, 1
# How sure on average that names which take turns with figures receive them.
_RECEIVE_SURE = 0.3


def _runs(readings: Readings, figures: list[Candidate]) -> list[list[Candidate]]:
    """Figures of one type in a row, each at most some words from the next, conversions left out."""
    runs: list[list[Candidate]] = []
    for one in figures:
        text = readings.document.text
        if runs and one.letter == runs[-1][-1].letter:
            gap = text[runs[-1][-1].end : one.start]
            if re.fullmatch(r"[^()（）.]{0,25}[(（][^()（）]{0,20}", gap):
                continue
            if len(gap) <= 90:
                runs[-1].append(one)
                continue
        runs.append([one])
    return [run for run in runs if len(run) > 1]


def _only_name(
    readings: Readings, one: Candidate, start: int, end: int, *, last: bool, is_outer: bool
) -> tuple[tuple[float, float], Name] | None:
    """The one actor named between two figures, at the outer edge of the row the nearest one.

    Returns:
        How likely it gives the figure and how likely it receives it, and its name.
    """
    inside = [name for name in readings.names if start <= name.start and name.end <= end and may_act(name)]
    if not inside or (len({name.entity for name in inside}) > 1 and not is_outer):
        return None
    name = inside[-1] if last else inside[0]
    gives = next((p for p, other in one.actors if other == name), None)
    receives = next((p for p, other in one.counterparts if other == name), None)
    return None if gives is None or receives is None else ((gives, receives), name)


def _pooled(group: list[Candidate], without: frozenset[Name] | set[Name]) -> list[tuple[float, Name]]:
    """Counterparts of what is listed together: mean probability of each name that is not in the list."""
    total: dict[Name, float] = defaultdict(float)
    for one in group:
        for p, name in one.counterparts:
            if name not in without:
                total[name] += p / len(group)
    return sorted(((p, name) for name, p in total.items()), key=lambda one: -one[0])


def _is_common_noun(words: str) -> bool:
    if words[:1] >= "\u0600":  # scripts without capitals
        return len(words.split()) == 1 and len(words) <= 9
    return not any(character.isupper() for character in words) or GENERIC.fullmatch(words) is not None


def _drop_repeated(decision: Decision, language: str | None) -> None:
    """Keep the surer of two drafts that give one actor the same figure at two stages, or the one with a currency."""
    best: dict[tuple[Any, ...], int] = {}
    dropped: set[int] = set()
    for index, draft in enumerate(decision.drafts):
        words = draft.get("money") or draft.get("headcount")
        if words is None:
            continue
        sums = find_money(words, language) if draft.get("money") else []
        value = sums[0].money.amount if sums else parse_number(words, language)
        if value is None:
            continue
        givers = tuple(sorted(resolve_actor(one["name"], one["type"], language).entity_id
                              for one in draft.get("contributors", [])))  # fmt: skip
        key = (draft["type"], givers, draft.get("role"), value)
        other = best.get(key)
        if other is None:
            best[key] = index
            continue
        has_currency = [bool(find_money(decision.drafts[n].get("money") or "", language)) for n in (other, index)]
        same_stage = decision.drafts[other].get("stage") == draft.get("stage")
        if same_stage and has_currency[0] == has_currency[1]:
            continue  # merged later, with the quotes of both
        weaker = (other, index) if (has_currency[0], decision.confidence[other]) >= (
            has_currency[1], decision.confidence[index]) else (index, other)  # fmt: skip
        best[key] = weaker[0]
        dropped.add(weaker[1])
        reason = "the same figure of the same actor, told again"
        decision.rejected.append(decision.drafts[weaker[1]] | {"reason": reason})
    _drop(decision, dropped)


def _drop_overtaken(decision: Decision, language: str | None) -> None:
    """Of one who has been invited or has accepted, "proposed" is most often what somebody muses about."""
    seats = [_seat(draft, language) if draft["type"] == "membership" else None for draft in decision.drafts]
    further = {seat for seat, draft in zip(seats, decision.drafts, strict=True)
               if seat and draft["stage"] in {"invited", "accepted"}}  # fmt: skip
    overtaken = {n for n, seat in enumerate(seats)
                 if seat in further and decision.drafts[n]["stage"] == "proposed"}  # fmt: skip
    reason = "the same seat has been offered or accepted"
    decision.rejected += [decision.drafts[n] | {"reason": reason} for n in sorted(overtaken)]
    _drop(decision, overtaken)


def _seat(draft: dict[str, Any], language: str | None) -> tuple[str, ...]:
    """Member, organisation and role of a membership."""
    actors = (resolve_actor(one["name"], one["type"], language).entity_id
              for one in (draft["member"], draft["organisation"]))  # fmt: skip
    return (*actors, draft["role"])


def _drop(decision: Decision, dropped: set[int]) -> None:
    keep = [n for n in range(len(decision.drafts)) if n not in dropped]
    decision.drafts = [decision.drafts[n] for n in keep]
    decision.confidence = [decision.confidence[n] for n in keep]
    decision.evidence = [decision.evidence[n] for n in keep]
    decision.options = [decision.options[n] for n in keep]
