"""Records of the five real articles in ../shared/seed_documents, measured against gold and traps.

    python benchmarks/evaluate_seed_documents.py [--model openai/gpt-5-mini] [--show errors]

Prints the required records found, then the traps that a record falls into, then records that overlap a
trap and are right but for a field: those are for a person to look at.
"""

from __future__ import annotations

import sys

from shared_gold import (
    is_absent,
    parse_arguments,
    predict_folder,
    read_seed_documents,
    report,
    settings_of,
    trap_dates,
    trap_hits,
)

from extract.documents import find_sources, read_document
from extract.evaluate import in_short


def main() -> int:
    """Measure and print; 1 if a document failed."""
    arguments = parse_arguments(__doc__ or "")
    path, folder = arguments.shared / "gold" / "seed_documents.json", arguments.shared / "seed_documents"
    if is_absent(path) or is_absent(folder):
        return 0
    gold, traps = read_seed_documents(path)
    provider, predictions = predict_folder(settings_of(arguments), gold, folder)
    evaluation = report(gold, predictions, "shared/seed_documents", provider, arguments)
    hits = trap_hits(traps, gold, predictions)
    # A header's date is a trap for the document's own date too.
    published = {source.name: str(read_document(source).publication_date) for source in find_sources([folder])}
    headers = [trap for trap in traps if trap.kind == "foreign_header"]
    misdated = [trap for trap in headers if published[trap.document] in trap_dates(trap)]
    certain = {(hit.trap.document, hit.trap.start) for hit in hits if hit.is_certain}
    certain |= {(trap.document, trap.start) for trap in misdated}
    out = sys.stderr if arguments.json else sys.stdout
    for level in ("value", "strict"):
        recall = evaluation.value("all", "all", f"{level}_recall") or 0.0
        found_n = round(recall * evaluation.required_n)
        print(f"required records found, {level}: {found_n} of {evaluation.required_n}", file=out)
    print(f"traps with a record in them: {len(certain)} of {len(traps)}", file=out)
    for trap in misdated:
        print(f"  HIT {trap.document} {trap.kind} {trap.start}-{trap.end}: the document is dated by it", file=out)
    for hit in sorted(hits, key=lambda hit: not hit.is_certain):
        what = "HIT" if hit.is_certain else "look at"
        print(f"  {what} {hit.trap.document} {hit.trap.kind} {hit.trap.start}-{hit.trap.end}: {hit.why}", file=out)
        print(f"    must not: {hit.trap.must_not}", file=out)
        if hit.record is not None:
            print(f"    record: {in_short(hit.record)}, date {hit.record.date}", file=out)
    return 1 if evaluation.failures else 0


if __name__ == "__main__":
    sys.exit(main())
