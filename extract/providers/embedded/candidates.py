"""What a document may assert: its figures and names, each with what the network says of it.

In: a document and the model. Out: candidates with probabilities, their places in the document, and
the names around them. Nothing is decided here; `decide.py` makes drafts of candidates.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from extract.documents import Document
from extract.normalise.actors import ActorMention, find_actors, resolve_actor
from extract.normalise.folding import fold_text
from extract.normalise.numbers import parse_number
from extract.providers.embedded.examples import CLASS_INDEX, CLASSES, SPAN_KINDS
from extract.providers.embedded.leaders import country_of, has_office, leaders
from extract.providers.embedded.mentions import Mention, find_mentions
from extract.providers.embedded.model import FLAGS, Model, Reading, pair_features
from extract.providers.embedded.sentences import split_sentences
from extract.schema import Actor

# Pieces of context and target a passage may have; the encoder was trained on passages of this size.
_PASSAGE_CHARS = 700
_CONTEXT_SENTENCES = 2
# A first sentence longer than this is no headline.
_HEADLINE_CHARS = 200
# A name is a participant where the tagger is surer than this.
_TAG = 0.5
_ACTOR = SPAN_KINDS.index("actor")
# How far the two halves of one name may stand apart, and what never stands inside one.
_HALF_NAME_GAP = 22
_BETWEEN_NAMES = re.compile(r"[,.;:!?()\d\n،؛。，、]|\b(?:and|et|y|e|und|и|ve)\b")
RECORD_CLASSES = CLASSES[:FLAGS]
COLUMNS = {letter: [n for n, name in enumerate(RECORD_CLASSES) if name[0] == letter] for letter in "PFTM"}
# Candidates less probable than this are not looked at again.
_LEAST = 0.03


@dataclass(frozen=True)
class Name:
    """An actor at one place of the document.

    Attributes:
        actor: What the words stand for.
        stands_for: The country that a person or an office named here speaks for.
    """

    start: int
    end: int
    words: str
    actor: Actor
    stands_for: ActorMention | None

    @property
    def entity(self) -> str:
        """The entity that acts: the country for its president."""
        return self.stands_for.actor.entity_id if self.stands_for else self.actor.entity_id

    @property
    def is_known(self) -> bool:
        """Whether a list knows who it is."""
        return self.actor.is_resolved or self.stands_for is not None


def actor_of(name: Name, *, as_person: bool = False) -> dict[str, str]:
    """An actor as a draft has it: the country for its president, unless the person is meant."""
    if name.stands_for is not None and not as_person:
        return {"name": name.stands_for.surface, "type": "country"}
    return {"name": name.words, "type": name.actor.type}


@dataclass
class Candidate:
    """A figure or a name that may be the anchor of a record.

    Attributes:
        kind: "money", "headcount", "number" or "actor".
        letter: P, F, T or M, what it may be.
        probability: Of being of that type.
        scores: Of every class, `CLASSES` in order.
        name: The name itself, when the anchor is one.
        actors, counterparts: `(probability, name)`, the likeliest first.
    """

    start: int
    end: int
    kind: str
    letter: str
    probability: float
    scores: Any
    name: Name | None
    actors: list[tuple[float, Name]]
    counterparts: list[tuple[float, Name]]

    def likeliest(self, letter: str) -> str:
        """The stage, or role, that the network finds likeliest if this is a record of that type."""
        columns = COLUMNS[letter]
        return RECORD_CLASSES[columns[int(self.scores[columns].argmax())]][2:]

    def flag(self, name: str) -> float:
        """Probability of a flag: "conditional", "planned", a role."""
        return float(self.scores[CLASS_INDEX[name]])


@dataclass
class Readings:
    """A document read: sentences, names, candidates in the order of the text."""

    document: Document
    sentences: list[tuple[int, int]]
    mentions: list[Mention]
    named: list[ActorMention]
    names: list[Name] = field(default_factory=list)
    candidates: list[Candidate] = field(default_factory=list)

    def sentence(self, position: int) -> tuple[int, int]:
        """The sentence that holds a place of the text."""
        for start, end in self.sentences:
            if start <= position < end:
                return start, end
        return 0, len(self.document.text)


def read_candidates(document: Document, model: Model) -> Readings:
    """Everything in one document that may be a record."""
    text = document.text
    sentences = split_sentences(text)
    readings = Readings(
        document, sentences, find_mentions(text, document.language), find_actors(text, document.language)
    )
    speakers = leaders(text, readings.named)
    names: dict[tuple[int, int], Name] = {}
    for target, first, last in passages(sentences, readings.mentions):
        window = window_of(text, sentences, first, last)
        _read_passage(readings, model, speakers, names, target, window)
    readings.names = [names[place] for place in sorted(names)]
    return readings


def passages(
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


@dataclass(frozen=True)
class Window:
    """What the network reads at once: the headline on a line of its own, then a passage.

    Attributes:
        head_end: Where the headline ends, in the document as in the window; 0 where the passage begins with it.
        start, end: The passage's place in the document.
    """

    text: str
    head_end: int
    start: int
    end: int

    @property
    def passage_start(self) -> int:
        """Where the passage begins in the window."""
        return self.head_end + 1 if self.head_end else 0

    def in_document(self, position: int) -> int:
        """The place in the document of a place in the window."""
        return position if position < self.passage_start else position - self.passage_start + self.start

    def place(self, span: tuple[int, int, int]) -> tuple[int, int]:
        """The place in the document of a span of the window."""
        return self.in_document(span[0]), self.in_document(span[1])

    def found(self, mentions: list[Mention]) -> list[tuple[int, int, int]]:
        """The document's mentions that lie in the window, as its spans."""
        offset = self.start - self.passage_start
        head = [(one.start, one.end, SPAN_KINDS.index(one.kind)) for one in mentions if one.end <= self.head_end]
        return head + [
            (one.start - offset, one.end - offset, SPAN_KINDS.index(one.kind))
            for one in mentions if self.start <= one.start and one.end <= self.end
        ]  # fmt: skip


def window_of(text: str, sentences: list[tuple[int, int]], first: int, last: int) -> Window:
    """Some sentences below the headline, which often alone says which fund or mission they speak of."""
    start, end = sentences[first][0], sentences[last][1]
    head_end = sentences[0][1]
    if first == 0 or head_end > _HEADLINE_CHARS:
        return Window(text[start:end], 0, start, end)
    return Window(f"{text[:head_end]}\n{text[start:end]}", head_end, start, end)


def _read_passage(
    readings: Readings, model: Model, speakers: dict[str, ActorMention], names: dict[tuple[int, int], Name],
    target: tuple[int, int], window: Window,
) -> None:  # fmt: skip
    """Add the names of a passage, and the candidates of its target sentences."""
    text = window.text
    reading = model.read(text)
    spans = [
        span for span in _spans(reading, text, window.found(readings.mentions))
        if not span[0] < window.passage_start <= span[1]
    ]  # fmt: skip
    if not spans:
        return
    vectors = model.spans(reading, spans)
    scores = model.anchors(reading, vectors, spans)
    actors = [n for n, span in enumerate(spans) if span[2] == _ACTOR]
    places_of = [window.place(span) for span in spans]
    for n in actors:
        if places_of[n] not in names:
            names[places_of[n]] = _name(readings, speakers, *places_of[n])
    is_target = [target[0] <= start and end <= target[1] for start, end in places_of]
    pairs = [(n, other) for n in range(len(spans)) for other in actors if n != other and is_target[n]]
    places = [pair_features(text, spans, n, other) for n, other in pairs]
    links = dict(zip(pairs, model.pairs(vectors, pairs, places).tolist(), strict=True))
    for n, (start, end) in enumerate(places_of):
        if not is_target[n]:
            continue
        kind = spans[n][2]
        linked = [(links[n, other], names[places_of[other]]) for other in actors if other != n]
        sides = [sorted(((pair[role], name) for pair, name in linked), key=lambda one: -one[0]) for role in (0, 1)]
        for letter in _letters(scores[n], kind, text, spans[n], readings.document.language):
            readings.candidates.append(
                Candidate(
                    start, end, SPAN_KINDS[kind], letter, float(scores[n, COLUMNS[letter]].sum()),
                    scores[n], names[start, end] if kind == _ACTOR else None, sides[0], sides[1],
                )
            )  # fmt: skip


def _letters(scores: Any, kind: int, text: str, span: tuple[int, int, int], language: str | None) -> list[str]:
    """What a span may be: a figure the likeliest type only, a name anything."""
    totals = {letter: float(scores[columns].sum()) for letter, columns in COLUMNS.items()}
    if kind == _ACTOR:
        return [letter for letter in "PTM" if totals[letter] >= _LEAST]
    letter = max("PFT", key=lambda one: totals[one])
    if totals[letter] < _LEAST or (
        SPAN_KINDS[kind] == "number" and not _is_plausible(text, span[0], span[1], letter, language)
    ):
        return []
    return [letter]


def _is_plausible(text: str, start: int, end: int, letter: str, language: str | None) -> bool:
    """Whether a bare number can be a sum or a headcount: "3 million" and "45", no "120-bed" and no year."""
    value = parse_number(text[start:end], language)
    if value is None or text[end : end + 1] == "-":
        return False
    return value >= 10_000 if letter in "PF" else 2 <= value <= 100_000


def _name(readings: Readings, speakers: dict[str, ActorMention], start: int, end: int) -> Name:
    words = readings.document.text[start:end]
    actor = resolve_actor(words, "unknown", readings.document.language)
    if not actor.is_resolved:
        # Often the tagger sees half of a name: "Defence Ministry" of "the US Defence Ministry".
        for one in readings.named:
            first, last = min(start, one.start), max(end, one.end)
            gap = readings.document.text[min(end, one.end) : max(start, one.start)]
            if len(gap) <= _HALF_NAME_GAP and not _BETWEEN_NAMES.search(gap):
                whole = resolve_actor(readings.document.text[first:last], "unknown", readings.document.language)
                if whole.is_resolved:
                    return Name(start, end, readings.document.text[first:last], whole, None)
        whole_name = _longer_name(readings.named, words)
        if whole_name is not None:
            return Name(start, end, whole_name.surface, whole_name.actor, None)
    stands_for = None if actor.is_resolved else country_of(words, speakers)
    if stands_for is None and not actor.is_resolved and has_office(words):
        inside = [one for one in readings.named
                  if start <= one.start and one.end <= end and one.actor.type == "country"]  # fmt: skip
        if len({one.actor.entity_id for one in inside}) == 1:
            stands_for = inside[0]
    return Name(start, end, words, actor, stands_for)


def _longer_name(named: list[ActorMention], words: str) -> ActorMention | None:
    """The one known actor of which a name is a part: "Saudi Fund" where the text has "Saudi Fund for Development"."""
    part = fold_text(words).split()
    part = part[part[0] in _DETERMINERS :] if part else part
    is_long = len(part) > 1 or (words[:1] >= "\u2e80" and len(words) >= 3)
    if not is_long:
        return None
    whole = [one for one in named if f" {' '.join(part)} " in f" {fold_text(one.surface)} " and one.form != "adjective"]
    return whole[0] if len({one.actor.entity_id for one in whole}) == 1 else None


# --- spans ---------------------------------------------------------------------------------------


def _spans(reading: Reading, text: str, found: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Figures and names, the names completed by what the tagger sees."""
    spans = list(found)
    for start, end in _tagged(reading, text):
        covered = [span for span in spans if span[2] == _ACTOR and span[0] < end and span[1] > start]
        if len(covered) > 1 or any((span[1] - span[0]) >= 0.6 * (end - start) for span in covered):
            continue
        for span in covered:
            if span[0] >= start and span[1] <= end and len(covered) == 1:
                spans.remove(span)
        if not any(span[2] != _ACTOR and span[0] < end and span[1] > start for span in spans):
            spans.append((start, end, _ACTOR))
    return sorted(spans)


def _tagged(reading: Reading, text: str) -> list[tuple[int, int]]:
    """Places that the tagger takes for participants."""
    spans: list[tuple[int, int]] = []
    current: tuple[int, int] | None = None
    inside = 1.0 - reading.tags[:, 0]
    begins = reading.tags[:, 1] > reading.tags[:, 2]
    for n in range(len(inside)):
        start, end = reading.pieces.starts[n], reading.pieces.ends[n]
        if inside[n] < _TAG:
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


_DETERMINERS = frozenset(
    "the a an its his her their our this that these those la le les el los las un une una der die das den ein eine "
    "o os as um uma bu bir".split()
)
# What goes on inside a word: a hyphen before it, a hyphen or an apostrophe behind it.
_HYPHENATED = re.compile(r"[^\W_]-")
_GOES_ON = re.compile(r"[-’'][^\W_]")
_EDGES = " \t\n,.;:!?()[]{}«»“”\"'’‘،؛。，、-–—"


def _trim(text: str, start: int, end: int) -> tuple[int, int] | None:
    while start < end and text[start] in _EDGES:
        start += 1
    while end > start and text[end - 1] in _EDGES:
        end -= 1
    if start < end and text[start] < "\u2e80":
        # Whole words: the tagger may begin or end inside one.
        while start > 0 and (text[start - 1].isalnum() or _HYPHENATED.fullmatch(text[max(0, start - 2) : start])):
            start -= 1
        while end < len(text) and (text[end].isalnum() or _GOES_ON.fullmatch(text[end : end + 2])):
            end += 1
    words = fold_text(text[start:end])
    if all(word in _DETERMINERS for word in words.split()):
        return None
    return (start, end) if end - start >= 2 and any(c.isalpha() for c in words) and end - start <= 90 else None


def may_act(name: Name) -> bool:
    """Whether a span can be a contributor: a known name, or words that look like one."""
    if name.is_known:
        return True
    words = name.words
    if words[:1] >= "\u0600":
        return len(words) >= 5 or (words[:1] >= "\u2e80" and len(words) >= 3)
    capitalised = [word for word in re.findall(r"[^\W\d_]{2,}", words) if word[0].isupper()]
    return any(fold_text(word) not in _DETERMINERS for word in capitalised)
