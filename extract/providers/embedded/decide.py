"""Readings to drafts: which probabilities make a record, and what goes with it.

In: a document and the model. Out: drafts in the words of the document, with a confidence each, and
the candidates that were not sure enough, with the reason. Numbers and names are converted to the
right of this module, for every provider alike.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from extract.documents import Document
from extract.normalise.actors import ActorMention, find_actors, resolve_actor
from extract.normalise.dates import find_dates
from extract.normalise.folding import fold_text
from extract.normalise.headcounts import find_headcounts
from extract.providers.embedded.examples import CLASS_INDEX, CLASSES, SPAN_KINDS
from extract.providers.embedded.leaders import country_of, has_office, leaders
from extract.providers.embedded.mentions import Mention, find_mentions
from extract.providers.embedded.model import Model, Reading, distance_class
from extract.providers.embedded.sentences import split_sentences

# Pieces of context and target a passage may have; the encoder was trained on passages of this size.
_PASSAGE_CHARS = 700
_CONTEXT_SENTENCES = 2
_RECORD_CLASSES = CLASSES[: CLASS_INDEX["conditional"]]
_ROLES = CLASSES[CLASS_INDEX["founding_member"] :]
_ACTOR = SPAN_KINDS.index("actor")
_STAGE_OF = {"P refused": "refused", "T refused": "refused", "M refused": "refused"}
_PERSONNEL = {"troops": "troops", "police": "police", "observers": "military_observers", "medical": "medical",
              "civilian": "civilian"}  # fmt: skip


@dataclass(frozen=True)
class Thresholds:
    """How sure to be. Set on the development part; see benchmarks/embedded.md."""

    record: float = 0.5
    valueless: float = 0.6
    membership: float = 0.5
    funding: float = 0.6
    actor: float = 0.4
    joint_actor: float = 0.4
    counterpart: float = 0.35
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
    return decision


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
        vectors = model.spans(reading, [(span.start, span.end, span.kind) for span in self.spans])
        self.scores = model.anchors(reading, vectors, [span.kind for span in self.spans])
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
            draft = self._valued(name, index, span, probability, decision, seen)
            if draft:
                valued.update((name[0], actor) for actor in draft)
        for index in self.actors:
            if not self._is_target(self.spans[index], target):
                continue
            for position, name in enumerate(_RECORD_CLASSES):
                if name[0] == "F" or (name[0], index) in valued:
                    continue
                probability = float(self.scores[index, position])
                if probability >= 0.2:
                    self._valueless(name, index, probability, decision, seen)

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
        kind = self.spans[index].kind
        allowed = {0: "PF", 1: "T", 2: "PFT"}[kind]
        scored = [
            (float(self.scores[index, position]), name)
            for position, name in enumerate(_RECORD_CLASSES)
            if name[0] in allowed
        ]
        probability, name = max(scored)
        return (name, probability) if probability >= 0.2 else None

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
                "payee": self._actor(counterpart), "payer": None, **self._common(index),
            }  # fmt: skip
            self._emit(draft, probability, threshold, decision, seen, ("F", span.start + self.offset))
            return []
        ranked = sorted(((self.links[(index, other)][0], other) for other in self.actors), reverse=True)
        actors = [(p, other) for p, other in ranked if p >= self.thresholds.joint_actor]
        if not actors and ranked and ranked[0][0] >= self.thresholds.actor:
            actors = ranked[:1]
        base = {"quotes": self._quotes(index, [other for _, other in actors[:1]]), **self._common(index)}
        base["stage"] = name[2:]
        if name[0] == "P":
            base |= {"type": "pledge", "money": words, "recipient": self._actor(counterpart),
                     "resource_types": ["financial"]}  # fmt: skip
        else:
            base |= {"type": "troop_commitment", "headcount": words, "force": self._actor(counterpart),
                     "personnel_types": self._personnel(words)}  # fmt: skip
        if not actors:
            decision.rejected.append(base | {"reason": "no contributor is named that the figure belongs to"})
            return []
        actors = self._distinct(actors, counterpart)
        is_joint = len(actors) > 1 and float(self.scores[index, CLASS_INDEX["joint"]]) >= 0.5
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
        counterpart = self._counterpart(index)
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
            draft |= {"type": "membership", "member": self._actor(index, as_person=has_seat),
                      "organisation": self._organisation(counterpart), "role": role}  # fmt: skip
            if not has_seat and self._state(index) is not None:
                draft["representative"] = self._words(index)
        elif name[0] == "T":
            draft |= {"type": "troop_commitment", "contributors": [self._actor(index)],
                      "force": self._actor(counterpart), "personnel_types": []}  # fmt: skip
        else:
            draft |= {"type": "pledge", "contributors": [self._actor(index)], "recipient": self._actor(counterpart),
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
        decision.confidence.append(round(min(0.999, probability), 3))

    # --- parts ---

    def _counterpart(self, index: int) -> int | None:
        ranked = sorted(((self.links[(index, other)][1], other) for other in self.actors if other != index), reverse=True)
        return ranked[0][1] if ranked and ranked[0][0] >= self.thresholds.counterpart else None

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
        words = self._words(index)
        if resolve_actor(words, "igo", self.document.language).is_resolved or any(c.isupper() for c in words[1:]):
            return actor
        start = self.spans[index].start + self.offset
        before = [one for one in self.named if one.end <= start and one.actor.type in {"igo", "bloc", "programme"}]
        if before and words and words[0].islower():
            return {"name": before[-1].surface, "type": before[-1].actor.type}
        return actor

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
    words = fold_text(text[start:end])
    return (start, end) if end - start >= 2 and any(c.isalpha() for c in words) and end - start <= 90 else None
