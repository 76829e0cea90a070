"""Records of the twenty invented newswire articles in ../shared/dev_corpus, measured against their gold.

    python benchmarks/evaluate_dev_corpus.py [--model openai/gpt-5-mini] [--show errors]

Its gold has no thresholds, needs, budgets or costs, and no sums without a giver: such records are left
out before measuring, and counted. It states no recipient and no force: strict asks for type, actor,
value and stage, and for the organisation where it is a known one.
"""

from __future__ import annotations

import sys

from shared_gold import (
    in_dev_scope,
    is_absent,
    only,
    parse_arguments,
    predict_folder,
    read_dev_corpus,
    report,
    settings_of,
)


def main() -> int:
    """Measure and print; 1 if a document failed."""
    arguments = parse_arguments(__doc__ or "")
    folder = arguments.shared / "dev_corpus"
    if is_absent(folder / "gold.json"):
        return 0
    gold = read_dev_corpus(folder / "gold.json")
    provider, predictions = predict_folder(settings_of(arguments), gold, folder)
    kept = only(predictions, in_dev_scope)
    left_out = sum(len(predictions[name].records) - len(kept[name].records) for name in kept)
    print(f"left out: {left_out} records of kinds that this gold does not hold", file=sys.stderr)
    return 1 if report(gold, kept, "shared/dev_corpus", provider, arguments).failures else 0


if __name__ == "__main__":
    sys.exit(main())
