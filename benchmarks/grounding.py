"""How well quotes are grounded: exact spans of perturbed quotes, fabricated numbers, time.

Run: python benchmarks/grounding.py
Quotes are taken from the sample documents of seeds/documents: every sentence with a number in it,
as it stands and perturbed as models do. A fabricated number differs from the true one in one
digit. The floor in the same run is str.find, which knows exact quotes alone.
"""

from __future__ import annotations

import json
import random
import re
import time
import unicodedata
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from extract.documents import find_sources, read_document
from extract.grounding import Grounder
from extract.providers.embedded.sentences import split_sentences

_ARABIC_MARKS = re.compile("[\u064b-\u0652\u0670\u0640]")
PERTURBATIONS: dict[str, Callable[[str], str]] = {
    "verbatim": lambda quote: quote,
    "plain spaces": lambda quote: re.sub(r"\s", " ", quote),
    "no-break spaces": lambda quote: quote.replace(" ", "\u00a0"),
    "double spaces": lambda quote: quote.replace(" ", "  "),
    "straight quotes": lambda quote: re.sub("[\u2018\u2019]", "'", re.sub('[\u201c\u201d«»]', '"', quote)),
    "curly quotes": lambda quote: quote.replace("'", "\u2019").replace('"', "\u201d"),
    "decomposed accents": lambda quote: unicodedata.normalize("NFD", quote),
    "no Arabic marks": lambda quote: _ARABIC_MARKS.sub("", quote),
    "tatweel": lambda quote: re.sub("([\u0628\u062a\u0633\u0645])(?=[\u0621-\u064a])", "\\1\u0640", quote),
    "bidirectional marks": lambda quote: "\u200f" + quote + "\u200e",
    "lower case": lambda quote: quote.lower(),
    "ellipsis": lambda quote: quote.replace("…", "...") if "…" in quote else quote + "...",
    "elided middle": lambda quote: _elide(quote),
}


def _elide(quote: str) -> str:
    words = quote.split()
    return " ".join([*words[:4], "…", *words[-4:]]) if len(words) > 12 else quote


def _changed_numbers(quote: str, chance: random.Random) -> list[str]:
    changed = []
    for found in re.finditer(r"\d", quote):
        for step in chance.sample(range(1, 10), 2):
            digit = str((unicodedata.digit(found.group()) + step) % 10)
            changed.append(quote[: found.start()] + digit + quote[found.end() :])
    return changed


def main() -> None:
    """Print one table."""
    chance = random.Random(7)
    exact: dict[str, list[bool]] = defaultdict(list)
    by_language: dict[str, list[bool]] = defaultdict(list)
    found_by_find: dict[str, list[bool]] = defaultdict(list)
    fabricated = accepted = 0
    seconds, calls = 0.0, 0
    for source in find_sources([Path("seeds/documents")]):
        document = read_document(source)
        grounder = Grounder(document.text)
        for start, end in split_sentences(document.text):
            quote = document.text[start:end]
            if len(quote) < 20:
                continue
            for name, perturb in PERTURBATIONS.items():
                perturbed = perturb(quote)
                began = time.perf_counter()
                span = grounder.align(perturbed, near=start)
                seconds += time.perf_counter() - began
                calls += 1
                right = span.alignment != "none" and _same(document.text, (span.start, span.end), (start, end))
                exact[name].append(right)
                by_language[str(document.language)].append(right)
                found_by_find[name].append(document.text.find(perturbed) >= 0)
            for false in _changed_numbers(quote, chance):
                if false not in document.text:
                    fabricated += 1
                    accepted += grounder.align(false).alignment != "none"
    print(f"{'perturbation':<22}{'exact spans':>12}{'str.find':>10}{'quotes':>8}")
    for name, results in exact.items():
        share, floor = sum(results) / len(results), sum(found_by_find[name]) / len(results)
        print(f"{name:<22}{share:>11.1%} {floor:>9.1%}{len(results):>8}")
    print("by language: " + ", ".join(f"{name} {sum(r) / len(r):.1%}" for name, r in sorted(by_language.items())))
    total = [one for results in exact.values() for one in results]
    print(f"all: {sum(total) / len(total):.2%} of {len(total)}")
    print(f"fabricated numbers accepted: {accepted} of {fabricated}")
    print(f"time: {1000 * seconds / calls:.3f} ms a quote")
    print(json.dumps({"exact": sum(total) / len(total), "fabricated_accepted": accepted, "fabricated": fabricated,
                      "ms_per_quote": 1000 * seconds / calls}))  # fmt: skip


def _same(text: str, found: tuple[int, int], true: tuple[int, int]) -> bool:
    """Whether two spans differ by outer punctuation and spaces at most."""
    strip = " \t\n.,;:\"'«»“”…()[]-—–\u00a0\u202f"
    before = text[min(found[0], true[0]) : max(found[0], true[0])]
    after = text[min(found[1], true[1]) : max(found[1], true[1])]
    return not (before + after).strip(strip)


if __name__ == "__main__":
    main()
