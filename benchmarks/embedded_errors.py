"""Ten errors of each kind that the embedded extractor makes on the sample documents, as a page of Markdown.

    python benchmarks/embedded_errors.py > benchmarks/embedded_errors.md
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

from shared_gold import predict_folder

from extract.config import Settings, chosen_model
from extract.evaluate import ErrorCase, claim_words, evaluate
from extract.gold import read_gold

MOST = 10
QUOTE_CHARS = 140
HEAD = """# What the embedded extractor still gets wrong

Ten errors at most of each kind, on the sample documents (`seeds/gold/development`, read while building), as
`python benchmarks/embedded_errors.py` prints them. All of them: `pledgebook evaluate --gold seeds/gold/development
--show errors`. "Wrong" records were found, with a field wrong; the first field that is wrong names the kind; of a
membership the organisation counts as its figure. Quotes are cut to 140 characters.
"""


def main() -> int:
    """Measure and print; 1 if a document failed."""
    gold = read_gold(Path("seeds/gold/development"))
    provider, predictions = predict_folder(Settings(model=chosen_model("embedded")), gold, Path("seeds/documents"))
    measured = evaluate(gold, predictions, provider=provider, gold_name="development", keep_errors=True)
    kinds: dict[str, list[ErrorCase]] = defaultdict(list)
    for error in measured.errors:
        kind = _kind(error)
        if kind is not None:
            kinds[kind].append(error)
    print(HEAD)
    for kind, errors in sorted(kinds.items(), key=lambda one: (one[0] != "Not found", -len(one[1]), one[0])):
        print(f"\n## {kind}: {len(errors)}\n\n| type | document | record | words |\n|---|---|---|---|")
        for error in errors[:: -(-len(errors) // MOST)]:
            print(f"| {' | '.join(_cells(error))} |")
    return 1 if measured.failures else 0


def _kind(error: ErrorCase) -> str | None:
    """What is wrong; None for a missed record of which a wrong one stands beside it."""
    if error.kind == "missed":
        return None if error.differs else "Not found"
    return f"Wrong {error.differs[0]}" if error.differs else "No record in gold"


def _cells(error: ErrorCase) -> list[str]:
    told = claim_words({name: value for name, value in error.claim.items() if name != "type"})
    words = " ".join((error.quote or "no quote").split())[:QUOTE_CHARS].replace("|", "/")
    return [error.claim["type"], f"`{error.document}`", told, words]


if __name__ == "__main__":
    sys.exit(main())
