"""Whole articles with gold to training passages, cut as the extractor cuts what it reads.

In: articles of seeds/training, one a line with its gold (seeds/gold/README.md has the records' format). Out: lines of
the training files: language, headline and passage, records in the words of the passage. Passages that somebody wrote
as passages tell less of how records stand in articles: whose giver a headline names, which of two forces is meant.

    python -m extract.providers.embedded.articles seeds/training/articles_learnt_*.jsonl OUT.tsv
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from extract.gold import GoldDocument, GoldRecord, gold_spans
from extract.matching import are_close, names_agree
from extract.normalise.actors import ActorMention, find_actors
from extract.normalise.headcounts import find_headcounts
from extract.normalise.money import find_money
from extract.normalise.numbers import parse_number
from extract.providers.embedded.candidates import passages, window_of
from extract.providers.embedded.examples import HEADLINE_END, class_of
from extract.providers.embedded.mentions import find_mentions
from extract.providers.embedded.sentences import split_sentences
from extract.schema import RecordType

_LETTERS: dict[RecordType, str] = {"pledge": "P", "troop_commitment": "T", "membership": "M", "funding_amount": "F"}
# What would break a line of a training file, or one of its fields.
_SEPARATORS = re.compile(r"[\t\n\r¶|]+")

_Place = tuple[int, int]


@dataclass(frozen=True)
class _Anchored:
    """A gold record, where its anchor stands, and whether that is its figure."""

    record: GoldRecord
    anchor: _Place
    is_figure: bool


class _Article:
    """One article, its actors and figures, and the places of its records."""

    def __init__(self, gold: GoldDocument, text: str) -> None:
        self.text = text
        self.language = gold.language
        self.sentences = split_sentences(text)
        self.mentions = find_mentions(text, gold.language)
        self.actors = find_actors(text, gold.language)
        self.records = [found for found in map(self._anchored, gold.records) if found is not None]

    def lines(self) -> Iterator[str]:
        """The article's passages, as lines of a training file."""
        for _, first, last in passages(self.sentences, self.mentions):
            window = window_of(self.text, self.sentences, first, last)
            head = self._clean((0, window.head_end))
            told = (self._line(one, window.start, window.end, window.head_end) for one in self.records)
            records = [line for line in told if line is not None]
            body = self._clean((window.start, window.end))
            joined = " ;; ".join(dict.fromkeys(records)) or "-"
            yield "\t".join([self.language, f"{head}{HEADLINE_END}{body}" if head else body, joined])

    def _clean(self, place: _Place) -> str:
        return _SEPARATORS.sub(" ", self.text[slice(*place)]).strip()

    def _anchored(self, record: GoldRecord) -> _Anchored | None:
        quotes = gold_spans(record.quote, self.text)
        if not quotes:
            return None
        figure = self._figure(record, quotes[0])
        if figure is not None and record.type != "membership":
            return _Anchored(record, figure, is_figure=True)
        if record.type == "funding_amount":
            return None
        start, end = quotes[0]
        sentence = next(((first, last) for first, last in self.sentences if first <= start < last), quotes[0])
        for place in (quotes[0], (sentence[0], max(end, sentence[1]))):
            anchor = self._named(record.actor_code, record.actor, place, near=start)
            if anchor is not None:
                return _Anchored(record, anchor, is_figure=False)
        return None

    def _figure(self, record: GoldRecord, quote: _Place) -> _Place | None:
        """Where the record's own figure stands in its quote."""
        if record.has_amount:
            wanted = [record.amount, record.amount_min, record.amount_max, *record.amount_accept]
        else:
            wanted = [record.headcount, *record.headcount_accept]
        for one in self.mentions:
            if one.kind != "actor" and quote[0] <= one.start and one.end <= quote[1]:
                values = _values(self.text[one.start : one.end], self.language, is_money=record.has_amount)
                if any(are_close(want, value) for want in wanted if want for value in values):
                    return one.start, one.end
        return None

    def _named(self, code: str | None, name: str | None, place: _Place, *, near: int) -> _Place | None:
        """The words of a part of the text that stand for an actor and are nearest to a place."""
        start, end = place
        found = [(one.start, one.end) for one in self.actors
                 if start <= one.start and one.end <= end and _is_named(one, code, name)]  # fmt: skip
        if name:
            found += [(start + one.start(), start + one.end())
                      for one in re.finditer(re.escape(name), self.text[start:end])]  # fmt: skip
        if not found:
            return None
        nearest = min(found, key=lambda one: (abs(one[0] - near), one[0] - one[1]))
        around = [one for one in found if one[0] <= nearest[0] and nearest[1] <= one[1]]
        return max(around, key=lambda one: one[1] - one[0])

    def _line(self, one: _Anchored, start: int, end: int, head_end: int) -> str | None:
        """A record in the words of a window; None where its anchor stands elsewhere, or nothing is learnt from it."""
        record, letter = one.record, _LETTERS[one.record.type]
        stage = record.role if record.type == "funding_amount" else record.stage
        if not (start <= one.anchor[0] and one.anchor[1] <= end) or class_of(letter, stage or "") is None:
            return None

        def find(code: str | None, name: str | None) -> _Place | None:
            inside = self._named(code, name, (start, end), near=one.anchor[0])
            return inside or (self._named(code, name, (0, head_end), near=0) if head_end else None)

        givers = [one.anchor] if not one.is_figure else list(dict.fromkeys(
            place for code in record.contributors
            if (place := find(code, record.actor if code == record.actor_code else None)) is not None
        ))  # fmt: skip
        other = find(record.counterpart_code, record.counterpart)
        role = record.role if record.type == "membership" and record.role not in (None, "member") else "-"
        fields = [
            letter,
            f"{stage}?" if record.conditional else f"{stage}",
            " + ".join(map(self._clean, givers)) or "-",
            self._clean(one.anchor) if one.is_figure else f"{role}",
            self._clean(other) if other is not None and other not in [*givers, one.anchor] else "-",
        ]
        return "|".join(fields)


def _is_named(mention: ActorMention, code: str | None, name: str | None) -> bool:
    known = mention.actor.code or None
    return names_agree((code, name), (known, None if known else mention.surface))


def _values(words: str, language: str, *, is_money: bool) -> list[float]:
    """What a figure's words may say."""
    found: list[float | Decimal | None] = []
    if is_money:
        for one in find_money(words, language):
            found += [one.money.amount, one.money.amount_min, one.money.amount_max]
    else:
        found += [one.headcount.value for one in find_headcounts(words, language)]
    told = [float(value) for value in found if value is not None]
    bare = parse_number(words, language)
    return told or ([float(bare)] if bare is not None else [])


def read_articles(paths: Iterable[Path]) -> Iterator[tuple[GoldDocument, str]]:
    """Articles with their gold and their text: JSON Lines with `document`, `language`, `text` and `records`."""
    for path in paths:
        for line in path.read_text(encoding="utf-8").splitlines():
            article = json.loads(line)
            text = article.pop("text")
            yield GoldDocument.model_validate(article), text


def write_articles(paths: Iterable[Path], folder: Path) -> int:
    """Write articles as documents with a gold file each, as `evaluate` wants them; how many they are."""
    written = 0
    for gold, text in read_articles(paths):
        (folder / f"{gold.document}.txt").write_text(text, encoding="utf-8")
        (folder / f"{gold.document}.json").write_text(gold.model_dump_json(), encoding="utf-8")
        written += 1
    return written


def write_passages(paths: Iterable[Path], output: Path) -> int:
    """Write the passages of articles into one training file; how many they are."""
    lines = [line for gold, text in read_articles(paths) for line in _Article(gold, text).lines()]
    output.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return len(lines)


def main() -> None:
    """`python -m extract.providers.embedded.articles`."""
    parser = argparse.ArgumentParser(description="Cut whole articles with gold into training passages.")
    parser.add_argument("articles", type=Path, nargs="+", help="files of articles with gold, one a line")
    parser.add_argument("output", type=Path)
    options = parser.parse_args()
    print(f"{options.output}: {write_passages(options.articles, options.output)} passages")


if __name__ == "__main__":
    main()
