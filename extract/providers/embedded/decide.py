"""Readings to drafts: which probabilities make a record, and what goes with it.

In: a document and the model. Out: drafts in the words of the document, with a confidence each, and
the candidates that were not sure enough, with the reason. Numbers and names are converted to the
right of this module, for every provider alike.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, cast

from extract.documents import Document
from extract.normalise.actors import ActorMention, find_actors, resolve_actor
from extract.normalise.dates import find_dates
from extract.normalise.folding import fold_text
from extract.normalise.headcounts import find_headcounts
from extract.normalise.numbers import parse_number
from extract.providers.embedded.examples import CLASS_INDEX, CLASSES, SPAN_KINDS
from extract.providers.embedded.leaders import country_of, has_office, leaders
from extract.providers.embedded.mentions import Mention, find_mentions
from extract.providers.embedded.model import Model, Reading, distance_class
from extract.providers.embedded.sentences import split_sentences
from extract.providers.embedded.stages import Kind, stage_from_words
from extract.schema import Actor

# Pieces of context and target a passage may have; the encoder was trained on passages of this size.
_PASSAGE_CHARS = 700
_CONTEXT_SENTENCES = 2
_RECORD_CLASSES = CLASSES[: CLASS_INDEX["conditional"]]
_ROLES = CLASSES[CLASS_INDEX["founding_member"] :]
_ACTOR = SPAN_KINDS.index("actor")
_NUMBER = SPAN_KINDS.index("number")
_COLUMNS = {letter: [n for n, name in enumerate(_RECORD_CLASSES) if name[0] == letter] for letter in "PFTM"}
# Candidates less probable than this are not even kept as rejected ones.
_WORTH_KEEPING = 0.15
# The network is surer than it is right: the share of strictly right records, as a line over its
# probability, on seeds/gold/development and the development corpus.
_CALIBRATION = (0.4, 0.4)
_ORGANISATIONS = {"igo", "bloc", "force", "programme", "government_body", "ngo"}
_PERSONNEL = {"troops": "troops", "police": "police", "observers": "military_observers", "medical": "medical",
              "civilian": "civilian"}  # fmt: skip


_DETERMINERS = frozenset(
    "the a an its his her their our this that these those la le les el los las un une una der die das den ein eine "
    "o os as um uma bu bir".split()
)
# Between names of a list: commas, conjunctions, articles.
_LIST = re.compile(
    r"(?:[\s,،、;\-]|\b(?:and|as well as|along with|together with|the|et|ainsi que|la|le|les|y|e|así como|und|sowie"
    r"|и|а также|ve|ile|junto con|os?|as?|el|los|las|de|von)\b"
    r"|(?<![\u0621-\u064a])(?:و|ال|وال|كل من|من)(?![\u0621-\u064a])|و|和|与|及|l'|d'|'){0,60}"
)
# Personnel without a number: where a sentence names some, a lower probability will do.
_PERSONNEL_WORDS = re.compile(
    r"\b(?:troops?|soldiers?|peacekeep\w+|police|contingents?|battalions?|personnel|blue helmets|military observers?|"
    r"troupes?|soldats?|casques bleus|militaires|policiers|gendarmes|contingente?s?|bataillons?|"
    r"tropas?|soldados?|cascos azules|efectivos|militares|polic[ií]as|batall[oó]n\w*|capacetes azuis|"
    r"truppen?|soldat\w*|blauhelm\w*|polizist\w*|kontingente?s?|bundeswehr\w*|"
    r"войск\w*|солдат\w*|миротворц\w*|военнослужащ\w+|контингент\w*|военных|полицейск\w+|батальон\w*|"
    r"asker\w*|birlik\w*|polis\w*|tabur\w*|barış gücü)\b"
    r"|قوات|جنود|جندي|عسكري|شرطة|كتيبة|كتائب|حفظ السلام|部队|军队|士兵|维和|警察|官兵",
    re.IGNORECASE,
)
_EACH = re.compile(
    r"\b(?:each|respectively|apiece|chacune?|respectivement|cada un[oa]?|respectivamente|jeweils|"
    r"je(?= \d)|по(?= \d)|каждый|каждая|"
    r"соответственно|cada|ayrı ayrı)\b|لكل منهما|كل منهما|على التوالي|على حدة|各",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Thresholds:
    """How sure to be. Set on the development part; see benchmarks/embedded.md."""

    record: float = 0.4
    valueless: float = 0.5
    membership: float = 0.3
    named_personnel: float = 0.2
    funding: float = 0.4
    lone_actor: float = 0.25
    joint_actor: float = 0.1
    counterpart: float = 0.35
    joined: float = 0.5
    tag: float = 0.5


@dataclass
class Decision:
    """Drafts with a confidence each, and rejected candidates with a reason."""

    drafts: list[dict[str, Any]] = field(default_factory=list)
    confidence: list[float] = field(default_factory=list)
    rejected: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class _Span:
    start: int
    end: int
    kind: int


def decide(document: Document, model: Model, thresholds: Thresholds) -> Decision:
    """Everything the model finds in one document."""
    decision = Decision()
    text = document.text
    sentences = split_sentences(text)
    mentions = find_mentions(text, document.language)
    seen: set[tuple[Any, ...]] = set()
    named = find_actors(text, document.language)
    speakers = leaders(text, named)
    for targets, first, last in _passages(sentences, mentions):
        start, end = sentences[first][0], sentences[last][1]
        inside = [one for one in mentions if start <= one.start and one.end <= end]
        passage = _Passage(document, model, thresholds, start, end, inside, sentences, named, speakers)
        passage.decide(targets, decision, seen)
    _complete_recipients(decision.drafts, document, named, sentences)
    return decision


def _complete_recipients(
    drafts: list[dict[str, Any]], document: Document, named: list[ActorMention], sentences: list[tuple[int, int]]
) -> None:
    """Give pledges without a recipient the one that the document is about.

    That is the recipient of most of its other pledges or, when none has one, the only fund or
    country that its first sentences name beside the givers. The sentence is quoted as well.
    """
    pledges = [draft for draft in drafts if draft["type"] == "pledge" and draft.get("money")]
    if not any(draft["recipient"] is None for draft in pledges):
        return
    givers = {_entity_of(actor["name"], document) for draft in pledges for actor in draft["contributors"]}
    known = Counter(_entity_of(draft["recipient"]["name"], document) for draft in pledges if draft["recipient"])
    lead_end = sentences[min(2, len(sentences) - 1)][1] if sentences else 0
    lead = [
        one for one in named
        if one.end <= lead_end and one.actor.entity_id not in givers and one.form in {"name", "abbreviation"}
    ]  # fmt: skip
    about: ActorMention | None = None
    if known and known.most_common(1)[0][1] > sum(known.values()) / 2:
        entity = known.most_common(1)[0][0]
        about = next((one for one in named if one.actor.entity_id == entity), None)
    elif not known:
        for types in ({"programme"}, {"country"}):
            fitting = [one for one in lead if one.actor.type in types]
            if len({one.actor.entity_id for one in fitting}) == 1:
                about = fitting[0]
                break
    if about is None:
        return
    quote = next((document.text[start:end] for start, end in sentences if start <= about.start < end), None)
    for draft in pledges:
        if draft["recipient"] is None and about.actor.entity_id not in {
            _entity_of(actor["name"], document) for actor in draft["contributors"]
        }:
            draft["recipient"] = {"name": about.surface, "type": about.actor.type}
            if quote and quote not in draft["quotes"]:
                draft["quotes"].append(quote)


def _entity_of(name: str, document: Document) -> str:
    return resolve_actor(name, "unknown", document.language).entity_id


def _passages(
    sentences: list[tuple[int, int]], mentions: list[Mention]
) -> list[tuple[tuple[int, int], int, int]]:
    """Passages to read: `((start, end) of the sentences to judge, first, last sentence)`.

    Sentences that name no sum, no persons and no actor are context only.
    """
    bearing = [
        any(one.kind != "number" and start <= one.start and one.end <= end for one in mentions)
        for start, end in sentences
    ]
    passages = []
    index = 0
    while index < len(sentences):
        if not bearing[index]:
            index += 1
            continue
        first_target = last_target = index
        first = max(0, index - _CONTEXT_SENTENCES)
        while first < index and sentences[index][1] - sentences[first][0] > _PASSAGE_CHARS:
            first += 1
        while (
            last_target + 1 < len(sentences)
            and sentences[last_target + 1][1] - sentences[first][0] <= _PASSAGE_CHARS
            and last_target - first_target < 2
        ):
            last_target += 1
        passages.append(((sentences[first_target][0], sentences[last_target][1]), first, last_target))
        index = last_target + 1
    return passages


class _Passage:
    """One reading and what is made of it."""

    def __init__(
        self, document: Document, model: Model, thresholds: Thresholds, start: int, end: int,
        mentions: list[Mention], sentences: list[tuple[int, int]], named: list[ActorMention],
        speakers: dict[str, ActorMention],
    ) -> None:  # fmt: skip
        self.speakers = speakers
        self.document = document
        self.thresholds = thresholds
        self.offset = start
        self.text = document.text[start:end]
        self.sentences = sentences
        self.named = named
        reading = model.read(self.text)
        self.spans = self._spans(reading, mentions)
        self.actors = [n for n, span in enumerate(self.spans) if span.kind == _ACTOR]
        if not self.spans:
            return
        places = [(span.start, span.end, span.kind) for span in self.spans]
        vectors = model.spans(reading, places)
        self.scores = model.anchors(reading, vectors, places)
        pairs = [(n, other) for n in range(len(self.spans)) for other in self.actors if n != other]
        far = [
            distance_class(
                reading.pieces, (self.spans[n].start, self.spans[n].end),
                (self.spans[other].start, self.spans[other].end), self.text,
            )
            for n, other in pairs
        ]  # fmt: skip
        self.links = dict(zip(pairs, model.pairs(vectors, pairs, far).tolist(), strict=True))

    def _spans(self, reading: Reading, mentions: list[Mention]) -> list[_Span]:
        """Figures and names, the names completed by what the tagger sees."""
        spans = [
            _Span(one.start - self.offset, one.end - self.offset, SPAN_KINDS.index(one.kind)) for one in mentions
        ]
        for start, end in _tagged(reading, self.text, self.thresholds.tag):
            covered = [
                span for span in spans if span.kind == _ACTOR and span.start < end and span.end > start
            ]
            if any((span.end - span.start) >= 0.6 * (end - start) for span in covered):
                continue
            for span in covered:
                if span.start >= start and span.end <= end and len(covered) == 1:
                    spans.remove(span)
            if not any(span.kind != _ACTOR and span.start < end and span.end > start for span in spans):
                spans.append(_Span(start, end, _ACTOR))
        return sorted(spans, key=lambda span: (span.start, span.end))

    # --- records ---

    def decide(self, target: tuple[int, int], decision: Decision, seen: set[tuple[Any, ...]]) -> None:
        """Add what the spans of the target sentences give."""
        valued: set[tuple[str, int]] = set()
        for index, span in enumerate(self.spans):
            if span.kind == _ACTOR or not self._is_target(span, target):
                continue
            if span.kind == 0 and self._is_conversion(index):
                continue
            best = self._best_class(index)
            if best is None:
                continue
            name, probability = best
            if span.kind == _NUMBER and not self._is_plausible(span, name[0]):
                continue
            draft = self._valued(name, index, span, probability, decision, seen)
            if draft:
                valued.update((name[0], actor) for actor in draft)
        for index in self.actors:
            if not self._is_target(self.spans[index], target):
                continue
            for letter in "PTM":
                probability = float(self.scores[index, _COLUMNS[letter]].sum())
                if probability >= _WORTH_KEEPING and (letter, index) not in valued and self._may_act(index):
                    self._valueless(self._staged(index, letter), index, probability, decision, seen)

    def _is_plausible(self, span: _Span, letter: str) -> bool:
        """Whether a bare number can be a sum or a headcount: "3 million" and "45", no "120-bed" and no year."""
        value = parse_number(self.text[span.start : span.end], self.document.language)
        if value is None or self.text[span.end : span.end + 1] == "-":
            return False
        return value >= 10_000 if letter in "PF" else 2 <= value <= 100_000

    def _is_target(self, span: _Span, target: tuple[int, int]) -> bool:
        return target[0] <= span.start + self.offset and span.end + self.offset <= target[1]

    def _is_conversion(self, index: int) -> bool:
        """Whether a sum only repeats the one before it in another currency, in brackets."""
        span = self.spans[index]
        before = [one for one in self.spans[:index] if one.kind == 0]
        if not before:
            return False
        gap = self.text[before[-1].end : span.start]
        after = self.text[span.end : span.end + 30]
        return bool(re.fullmatch(r"[^()（）.]{0,25}[(（][^()（）]{0,20}", gap) and re.match(r"[^()（）]*[)）]", after))

    def _best_class(self, index: int) -> tuple[str, float] | None:
        """The likeliest class of a figure, with the probability of its type: a stage is a part of it."""
        totals = {letter: float(self.scores[index, columns].sum()) for letter, columns in _COLUMNS.items()}
        letter = max("PFT", key=lambda one: totals[one])
        if totals[letter] < _WORTH_KEEPING:
            return None
        return self._staged(index, letter), totals[letter]

    def _staged(self, index: int, letter: str) -> str:
        """Class of a span whose type is known: by the words beside it, else by the network, less often right."""
        columns = _COLUMNS[letter]
        if letter in ("P", "T", "M"):
            span = self.spans[index]
            said = stage_from_words(self.text, span.start, span.end, cast(Kind, letter), self.document.language)
            if said is not None:
                return f"{letter} {said[0]}"
        return _RECORD_CLASSES[columns[int(self.scores[index, columns].argmax())]]

    def _valued(
        self, name: str, index: int, span: _Span, probability: float, decision: Decision, seen: set[tuple[Any, ...]]
    ) -> list[int]:
        """Records of a figure; gives the spans of their actors."""
        threshold = self.thresholds.funding if name[0] == "F" else self.thresholds.record
        words = self.text[span.start : span.end]
        counterpart = self._counterpart(index)
        if name[0] == "F":
            draft = {
                "type": "funding_amount", "role": name[2:], "money": words, "quotes": self._quotes(index, []),
                "payee": self._side(counterpart, name[0], index), "payer": None, **self._common(index),
            }  # fmt: skip
            self._emit(draft, probability, threshold, decision, seen, ("F", span.start + self.offset))
            return []
        ranked = sorted(
            ((self.links[(index, other)][0], other) for other in self.actors if self._may_act(other)), reverse=True
        )
        actors = [(p, other) for p, other in ranked[:1] if p >= self.thresholds.lone_actor]
        if actors:
            # Others share the figure only where the text lists them beside the likeliest one.
            actors = [
                (p, other) for p, other in ranked
                if other == actors[0][1]
                or (p >= self.thresholds.joint_actor and self._listed_with(actors[0][1], other))
            ]  # fmt: skip
        base = {"quotes": self._quotes(index, [other for _, other in actors[:1]]), **self._common(index)}
        base["stage"] = name[2:]
        if name[0] == "P":
            base |= {"type": "pledge", "money": words, "recipient": self._side(counterpart, "P", index),
                     "resource_types": ["financial"]}  # fmt: skip
        else:
            base |= {"type": "troop_commitment", "headcount": words, "force": self._side(counterpart, "T", index),
                     "personnel_types": self._personnel(words)}  # fmt: skip
        if not actors:
            decision.rejected.append(base | {"reason": "no contributor is named that the figure belongs to"})
            return []
        actors = self._distinct(actors, counterpart)
        start, end = self._sentence(index)
        is_joint = len(actors) > 1 and not _EACH.search(self.document.text[start:end])
        if is_joint:
            draft = base | {"contributors": [self._actor(other) for _, other in actors], "is_joint": True}
            sure = probability * sum(p for p, _ in actors) / len(actors)
            self._emit(draft, sure, threshold * 0.9, decision, seen, (name[0], span.start + self.offset))
        else:
            for p, other in actors:
                draft = base | {"contributors": [self._actor(other)]}
                key = (name[0], span.start + self.offset, self._entity(other))
                self._emit(draft, probability * p, threshold * 0.8, decision, seen, key)
        return [other for _, other in actors]

    def _valueless(
        self, name: str, index: int, probability: float, decision: Decision, seen: set[tuple[Any, ...]]
    ) -> None:
        counterpart = self._joined(index) if name[0] == "M" else self._counterpart(index)
        draft: dict[str, Any] = {
            "quotes": self._quotes(index, [counterpart] if counterpart is not None else []), "stage": name[2:],
            **self._common(index),
        }  # fmt: skip
        threshold = self.thresholds.valueless
        if name[0] == "M":
            threshold = self.thresholds.membership
            if counterpart is None:
                return
            roles = [(float(self.scores[index, CLASS_INDEX[role]]), role) for role in _ROLES]
            best = max(roles)
            role = best[1] if best[0] >= 0.5 else "member"
            has_seat = role in {"chair", "executive_member"}
            if self._resolved(counterpart).type == "armed_group":
                return
            if not has_seat and not self._resolved(index).is_resolved and self._state(index) is None:
                # A name in no list that holds no named seat: most often a person who spoke of it.
                decision.rejected.append(
                    draft | {"type": "membership", "member": self._actor(index),
                             "organisation": self._actor(counterpart),
                             "reason": "the member is neither a known state or organisation nor named with a seat"}
                )  # fmt: skip
                return
            draft |= {"type": "membership", "member": self._actor(index, as_person=has_seat),
                      "organisation": self._organisation(counterpart), "role": role}  # fmt: skip
            if not has_seat and self._state(index) is not None:
                draft["representative"] = self._words(index)
        elif name[0] == "T":
            if _PERSONNEL_WORDS.search(self.document.text[slice(*self._sentence(index))]):
                threshold = self.thresholds.named_personnel
            draft |= {"type": "troop_commitment", "contributors": [self._actor(index)],
                      "force": self._side(counterpart, "T", index), "personnel_types": []}  # fmt: skip
        else:
            draft |= {"type": "pledge", "contributors": [self._actor(index)],
                      "recipient": self._side(counterpart, "P", index),
                      "resource_types": ["other"]}  # fmt: skip
        where = self._entity(counterpart) if counterpart is not None else None
        key = (name, self._entity(index), where if name[0] == "M" else self.spans[index].start + self.offset)
        self._emit(draft, probability, threshold, decision, seen, key)

    def _emit(
        self, draft: dict[str, Any], probability: float, threshold: float, decision: Decision,
        seen: set[tuple[Any, ...]], key: tuple[Any, ...],
    ) -> None:  # fmt: skip
        if key in seen:
            return
        if probability < threshold:
            reason = f"not sure enough: probability {probability:.2f} is below {threshold:.2f}"
            decision.rejected.append(draft | {"reason": reason})
            return
        seen.add(key)
        decision.drafts.append(draft)
        decision.confidence.append(round(_CALIBRATION[0] + _CALIBRATION[1] * probability, 3))

    # --- parts ---

    def _may_act(self, index: int) -> bool:
        """Whether a span can be a contributor: a known name, or words that look like one."""
        if self._resolved(index).is_resolved or self._state(index) is not None:
            return True
        words = self._words(index)
        if words[:1] >= "\u0600":
            return len(words) >= 5 or (words[:1] >= "\u2e80" and len(words) >= 3)
        names = [word for word in re.findall(r"[^\W\d_]{2,}", words) if word[0].isupper()]
        return any(fold_text(word) not in _DETERMINERS for word in names)

    def _listed_with(self, one: int, other: int) -> bool:
        """Whether two names stand in one list: nothing but names, commas and "and" between them."""
        first, second = sorted((self.spans[one], self.spans[other]), key=lambda span: span.start)
        gap = self.text[first.end : second.start]
        for span in self.spans:
            if span.kind == _ACTOR and first.end <= span.start and span.end <= second.start:
                gap = gap.replace(self.text[span.start : span.end], "", 1)
        return bool(_LIST.fullmatch(fold_text(gap)))

    def _counterpart(self, index: int) -> int | None:
        others = [other for other in self.actors if other != index]
        ranked = sorted(((self.links[(index, other)][1], other) for other in others), reverse=True)
        if ranked and ranked[0][0] >= self.thresholds.counterpart:
            return ranked[0][1]
        return None

    def _joined(self, index: int) -> int | None:
        """The organisation of a membership: one named in the member's sentence before any other."""
        start, end = self._sentence(index)
        scored = []
        for other in self.actors:
            if other == index:
                continue
            span = self.spans[other]
            is_near = start <= span.start + self.offset < end
            is_organisation = self._resolved(other).type in _ORGANISATIONS
            score = self.links[(index, other)][1] + (0.4 if is_near else 0.0) + (0.5 if is_organisation else 0.0)
            if is_near or (is_organisation and span.start < self.spans[index].start):
                scored.append((score - abs(span.start - self.spans[index].start) / 2000, other))
        best = max(scored, default=None)
        return best[1] if best and best[0] >= self.thresholds.joined else None

    def _side(self, counterpart: int | None, letter: str, anchor: int) -> dict[str, Any] | None:
        """The recipient, force or payee: as named, or what a common noun stands for in this document."""
        if counterpart is not None:
            if self._resolved(counterpart).is_resolved:
                return self._actor(counterpart)
            span = self.spans[counterpart]
            beside = [
                one for one in self.named
                if one.start <= span.end + self.offset + 1 and one.end + 1 >= span.start + self.offset
            ]  # fmt: skip
            if len({one.actor.entity_id for one in beside}) == 1:
                return {"name": beside[0].surface, "type": beside[0].actor.type}
            if letter != "T" and not self._is_common_noun(counterpart):
                return self._actor(counterpart)
        position = self.spans[anchor].start + self.offset
        if letter == "T":
            return self._last_named(position, {"force"}) or self._host(anchor) or self._actor(counterpart)
        if counterpart is not None:
            return self._last_named(position, {"programme", "igo", "bloc", "force"}) or self._actor(counterpart)
        return None

    def _last_named(self, position: int, types: set[str]) -> dict[str, Any] | None:
        """The organisation of one of the types that is named last before a place, or first after it."""
        fitting = [one for one in self.named if one.actor.type in types]
        before = [one for one in fitting if one.end <= position]
        chosen = before[-1] if before else fitting[0] if fitting else None
        return {"name": chosen.surface, "type": chosen.actor.type} if chosen else None

    def _host(self, anchor: int) -> dict[str, Any] | None:
        """Where troops serve: the country named nearest in their sentence, else the document's commonest.

        Never one that sends some itself.
        """
        senders = {
            self._entity(other)
            for (_, other), (as_actor, _) in self.links.items()
            if as_actor >= 0.3 or other == anchor
        }
        start, end = self._sentence(anchor)
        position = self.spans[anchor].start + self.offset
        hosts = [
            one for one in self.named
            if one.actor.type == "country" and one.form in {"name", "abbreviation"}
            and one.actor.entity_id not in senders
        ]  # fmt: skip
        near = [one for one in hosts if start <= one.start < end]
        if near:
            chosen = min(near, key=lambda one: abs(one.start - position))
            return {"name": chosen.surface, "type": "country"}
        commonest = Counter(one.actor.entity_id for one in hosts).most_common(1)
        if not commonest or commonest[0][1] < 2:
            return None
        chosen = next(one for one in hosts if one.actor.entity_id == commonest[0][0])
        return {"name": chosen.surface, "type": "country"}

    def _is_common_noun(self, index: int) -> bool:
        words = self._words(index)
        if words[:1] >= "\u0600":  # scripts without capitals
            return len(words.split()) == 1 and len(words) <= 9
        return not any(character.isupper() for character in words)

    def _resolved(self, index: int) -> Actor:
        return resolve_actor(self._words(index), "unknown", self.document.language)

    def _distinct(self, actors: list[tuple[float, int]], counterpart: int | None) -> list[tuple[float, int]]:
        """Each entity once, and none that is the recipient as well."""
        taken: dict[str, tuple[float, int]] = {}
        other_side = self._entity(counterpart) if counterpart is not None else None
        for p, other in actors:
            entity = self._entity(other)
            if entity != other_side or len(actors) == 1:
                taken.setdefault(entity, (p, other))
        return list(taken.values()) or actors[:1]

    def _words(self, index: int) -> str:
        span = self.spans[index]
        return self.text[span.start : span.end]

    def _entity(self, index: int) -> str:
        stood_for = self._state(index)
        if stood_for is not None:
            return stood_for.actor.entity_id
        return resolve_actor(self._words(index), "unknown", self.document.language).entity_id

    def _state(self, index: int) -> ActorMention | None:
        """The country that a person or an office speaks for, when the name is in no list."""
        words = self._words(index)
        if resolve_actor(words, "unknown", self.document.language).is_resolved:
            return None
        stood_for = country_of(words, self.speakers)
        if stood_for is None and has_office(words):
            span = self.spans[index]
            inside = [
                one for one in self.named
                if span.start + self.offset <= one.start and one.end <= span.end + self.offset
                and one.actor.type == "country"
            ]  # fmt: skip
            return inside[0] if len({one.actor.entity_id for one in inside}) == 1 else None
        return stood_for

    def _actor(self, index: int | None, *, as_person: bool = False) -> dict[str, Any] | None:
        if index is None:
            return None
        words = self._words(index)
        stood_for = None if as_person else self._state(index)
        if stood_for is not None:
            return {"name": stood_for.surface, "type": "country"}
        resolved = resolve_actor(words, "unknown", self.document.language)
        return {"name": words, "type": resolved.type}

    def _organisation(self, index: int) -> dict[str, Any] | None:
        """The organisation, or the one named before that a common noun stands for."""
        actor = self._actor(index)
        if self._resolved(index).is_resolved or not self._is_common_noun(index):
            return actor
        return self._last_named(self.spans[index].start + self.offset, {"igo", "bloc", "programme"}) or actor

    def _personnel(self, words: str) -> list[str]:
        kinds = {_PERSONNEL.get(found.kind) for found in find_headcounts(words, self.document.language)}
        return sorted(kind for kind in kinds if kind)

    def _common(self, index: int) -> dict[str, Any]:
        conditional = float(self.scores[index, CLASS_INDEX["conditional"]])
        planned = float(self.scores[index, CLASS_INDEX["planned"]])
        realis = "conditional" if conditional >= 0.5 else "planned" if planned >= 0.5 else "actual"
        start, end = self._sentence(index)
        dates = find_dates(self.document.text[start:end], self.document.language)
        days = [one for one in dates if one.date.value is not None]
        expression = self.document.text[start + days[0].start : start + days[0].end] if len(days) == 1 else None
        return {"realis": realis, "event_date": expression}

    def _sentence(self, index: int) -> tuple[int, int]:
        position = self.spans[index].start + self.offset
        for start, end in self.sentences:
            if start <= position < end:
                return start, end
        return self.offset, self.offset + len(self.text)

    def _quotes(self, index: int, others: list[int]) -> list[str]:
        """The sentence of the anchor, and those of what belongs to it."""
        spans = [self._sentence(one) for one in [index, *others]]
        return list(dict.fromkeys(self.document.text[start:end] for start, end in spans))


def _tagged(reading: Reading, text: str, threshold: float) -> list[tuple[int, int]]:
    """Places that the tagger takes for participants."""
    spans: list[tuple[int, int]] = []
    current: tuple[int, int] | None = None
    inside = 1.0 - reading.tags[:, 0]
    begins = reading.tags[:, 1] > reading.tags[:, 2]
    for n in range(len(inside)):
        start, end = reading.pieces.starts[n], reading.pieces.ends[n]
        if inside[n] < threshold:
            if current:
                spans.append(current)
            current = None
        elif current is None or begins[n]:
            if current and start > current[1]:
                spans.append(current)
                current = (start, end)
            else:
                current = (current[0], end) if current else (start, end)
        else:
            current = (current[0], end)
    if current:
        spans.append(current)
    return [trimmed for trimmed in (_trim(text, *span) for span in spans) if trimmed]


_EDGES = " \t\n,.;:!?()[]{}«»“”\"'’‘،؛。，、-–—"


def _trim(text: str, start: int, end: int) -> tuple[int, int] | None:
    while start < end and text[start] in _EDGES:
        start += 1
    while end > start and text[end - 1] in _EDGES:
        end -= 1
    if start < end and text[start] < "\u2e80":
        # Whole words: the tagger may begin or end inside one.
        while start > 0 and text[start - 1].isalnum() and text[start].isalnum():
            start -= 1
        while end < len(text) and text[end].isalnum() and text[end - 1].isalnum():
            end += 1
    words = fold_text(text[start:end])
    return (start, end) if end - start >= 2 and any(c.isalpha() for c in words) and end - start <= 90 else None
