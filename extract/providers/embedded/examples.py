"""Labelled passages to training examples: which mention is what, and who belongs to it.

In: the files of seeds/training (lang, text and records in three columns; the format is described in
seeds/training/README.md). Out: examples with spans and labels. The class list here is the one that
the weights are made for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from extract.providers.embedded.mentions import find_mentions

# What an anchor can be. An anchor is a figure, or the actor of a record without one.
CLASSES = (
    "P pledged", "P committed", "P disbursing", "P disbursed", "P refused",
    "F need", "F threshold", "F budget", "F cost", "F total_raised", "F other",
    "T requested", "T promised", "T deployed", "T withdrawing", "T withdrawn", "T refused",
    "M proposed", "M invited", "M accepted", "M member", "M withdrawn", "M expelled", "M refused",
    "conditional", "planned", "joint",
    "founding_member", "permanent_member", "associate", "observer", "chair", "executive_member",
)  # fmt: skip
_SAME = {
    "P cancelled": "P refused", "P suspended": "P refused", "F target": "F need", "F contribution": "F other",
    "T cancelled": "T refused", "M suspended": "M expelled", "M invitation_withdrawn": "M expelled",
}  # fmt: skip
CLASS_INDEX = {name: n for n, name in enumerate(CLASSES)}
# What a member may be beside a member.
ROLES = CLASSES[CLASS_INDEX["founding_member"] :]
SPAN_KINDS = ("money", "headcount", "number", "actor")
# Stands between the headline of an article and a passage of it.
HEADLINE_END = " ¶ "


_ACTOR = SPAN_KINDS.index("actor")


@dataclass
class Example:
    """One passage.

    Attributes:
        spans: `(start, end, kind)` with kind an index of SPAN_KINDS.
        anchors: Classes (indices of CLASSES) of each span that is an anchor.
        pairs: `(anchor, span) -> role`, 0 for the actor, 1 for the counterpart.
        participants: Places of everything that takes part in a record, for the tagger.
        passage_start: Where the passage begins; before it stands the headline, in which nothing is an anchor.
    """

    language: str
    text: str
    spans: list[tuple[int, int, int]] = field(default_factory=list)
    anchors: dict[int, set[int]] = field(default_factory=dict)
    pairs: dict[tuple[int, int], set[int]] = field(default_factory=dict)
    participants: list[tuple[int, int]] = field(default_factory=list)
    origin: str = ""
    passage_start: int = 0

    @property
    def passage(self) -> str:
        """The text without its headline."""
        return self.text[self.passage_start :]


def read_examples(paths: list[Path]) -> Iterator[Example]:
    """Examples of the training files, one a line."""
    for path in paths:
        for _, language, text, records in read_lines(path):
            yield make_example(language, text, records, path.name)


def read_lines(path: Path) -> Iterator[tuple[int, str, str, str]]:
    """The passages of a training file: number of the line, language, text, records."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line and not line.startswith("#"):
            language, text, records = line.split("\t")
            yield number, language, text, records


def split_records(records: str) -> list[list[str]]:
    """The records of one passage, `-` or joined by ` ;; `, each as `[type, stage, actors, value, counterpart]`."""
    return [] if records.strip() == "-" else [record.split("|") for record in records.split(" ;; ")]


def class_of(letter: str, stage: str) -> str | None:
    """The class of a record of a type at a stage or in a role, among CLASSES; None if the network tells none."""
    name = f"{letter} {stage}"
    name = _SAME.get(name, name)
    return name if name in CLASS_INDEX else None


def make_example(language: str, text: str, records: str, origin: str = "") -> Example:
    """An example of one labelled passage.

    Args:
        text: The passage, with or without the headline of its article before it.
        records: `-`, or records joined by ` ;; `, each `type|stage|actors|value|counterpart`.
    """
    headline, mark, _ = text.partition(HEADLINE_END)
    text = text.replace(HEADLINE_END, "\n", 1)
    example = Example(language, text, origin=origin, passage_start=len(headline) + 1 if mark else 0)
    for mention in find_mentions(text, language):
        kind = SPAN_KINDS.index(mention.kind)
        if mention.start >= example.passage_start or kind == _ACTOR:
            example.spans.append((mention.start, mention.end, kind))
    for record in split_records(records):
        _add_record(example, *record)
    return example


def _add_record(example: Example, kind: str, stage: str, actors: str, value: str, counterpart: str) -> None:
    names = [name for name in actors.split(" + ") if name != "-"]
    name = f"{kind} {stage.rstrip('?~')}"
    classes = {CLASS_INDEX[_SAME.get(name, name)]}
    if stage.endswith("?"):
        classes.add(CLASS_INDEX["conditional"])
    if stage.endswith("~"):
        classes.add(CLASS_INDEX["planned"])
    if len(names) > 1:
        classes.add(CLASS_INDEX["joint"])
    if kind == "M":
        if value in CLASS_INDEX:
            classes.add(CLASS_INDEX[value])
        value = "-"
    figure = None
    if value != "-":
        figure = _span(example, value, near=_place(example, names[0] if names else None), figures=True)
    if figure is not None:
        anchors: list[int | None] = [figure]
    elif kind == "F":
        return  # a sum that no finder sees
    else:
        # No figure, or one in words that no finder sees ("a battalion"): the actor stands for the record.
        near = _place(example, counterpart if counterpart != "-" else None)
        anchors = [_span(example, one, near=near) for one in names]
    for anchor in anchors:
        if anchor is None or example.spans[anchor][0] < example.passage_start:
            continue
        example.anchors.setdefault(anchor, set()).update(classes)
        position = example.spans[anchor][0]
        if figure is not None:
            for one in names:
                actor = _span(example, one, near=position)
                if actor is not None:
                    example.pairs.setdefault((anchor, actor), set()).add(0)
        if counterpart != "-":
            other = _span(example, counterpart, near=position)
            if other is not None:
                example.pairs.setdefault((anchor, other), set()).add(1)


def _place(example: Example, words: str | None) -> int | None:
    """Where words stand first in the passage, else in the headline."""
    if not words or words not in example.text:
        return None
    inside = example.text.find(words, example.passage_start)
    return inside if inside >= 0 else example.text.find(words)


def _span(example: Example, words: str, *, near: int | None, figures: bool = False) -> int | None:
    """Index of the span that `words` name, made if no mention covers them."""
    places = [found.start() for found in re.finditer(re.escape(words), example.text)]
    if figures or near is None:
        places = [place for place in places if place >= example.passage_start] or ([] if figures else places)
    if not places:
        return None
    anchor = places[0] if near is None else near
    start = min(places, key=lambda place: (abs(place - anchor) + (40 if place > anchor and not figures else 0)))
    end = start + len(words)
    best: tuple[int, int] | None = None
    for index, (one_start, one_end, kind) in enumerate(example.spans):
        overlap = min(end, one_end) - max(start, one_start)
        if overlap > 0 and (kind == _ACTOR) != figures and (best is None or overlap > best[0]):
            best = (overlap, index)
    if not figures:
        example.participants.append((start, end))
        exact = [n for n, span in enumerate(example.spans) if span[:2] == (start, end) and span[2] == _ACTOR]
        if exact:
            return exact[0]
        if best is not None and _is_core(example, best[1], start, end):
            return best[1]
        example.spans.append((start, end, _ACTOR))
        return len(example.spans) - 1
    return best[1] if best else None


def _is_core(example: Example, index: int, start: int, end: int) -> bool:
    """Whether a found mention is most of the labelled words, so that it can stand for them."""
    one_start, one_end, _kind = example.spans[index]
    return (one_end - one_start) >= 0.6 * (end - start)
