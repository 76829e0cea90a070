"""Ten errors of each kind that the embedded extractor makes on the sample documents, as a page of Markdown.

    python benchmarks/embedded_errors.py > benchmarks/embedded_errors.md
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from typing import Any

MOST = 10
QUOTE_CHARS = 140
HEAD = """# What the embedded extractor still gets wrong

Ten errors at most of each kind, on the sample documents (`seeds/gold/development`, read while building), as
`python benchmarks/embedded_errors.py` prints them. All of them: `pledgebook evaluate --gold seeds/gold/development
--show errors`. "Wrong" records were found, with a field wrong; the first field that is wrong names the kind; of a
membership the organisation counts as its figure. Quotes are cut to 140 characters.
"""


def main() -> int:
    """Measure and print; 1 if it could not be measured."""
    command = [sys.executable, "-m", "extract.cli", "evaluate", "--gold", "seeds/gold/development",
               "--model", "embedded", "--show", "errors", "--json"]  # fmt: skip
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    if done.returncode != 0:
        return 1
    kinds: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for error in json.loads(done.stdout)["errors"]:
        kind = _kind(error)
        if kind is not None:
            kinds[kind].append(error)
    print(HEAD)
    for kind, errors in sorted(kinds.items(), key=lambda one: (one[0] != "Not found", -len(one[1]), one[0])):
        print(f"\n## {kind}: {len(errors)}\n\n| type | document | record | words |\n|---|---|---|---|")
        for error in errors[:: -(-len(errors) // MOST)]:
            print(f"| {' | '.join(_cells(error))} |")
    return 0


def _kind(error: dict[str, Any]) -> str | None:
    """What is wrong; None for a missed record of which a wrong one stands beside it."""
    if error["kind"] == "missed":
        return None if error["differs"] else "Not found"
    return f"Wrong {error['differs'][0]}" if error["differs"] else "No record in gold"


def _cells(error: dict[str, Any]) -> list[str]:
    claim = dict(error["claim"])
    kind = claim.pop("type")
    told = ", ".join(f"{name} {value:,.0f}" if isinstance(value, int | float) else f"{name} {value}"
                     for name, value in claim.items())  # fmt: skip
    words = " ".join(error["quote"].split())[:QUOTE_CHARS].replace("|", "/")
    return [kind, f"`{error['document']}`", told, words]


if __name__ == "__main__":
    sys.exit(main())
