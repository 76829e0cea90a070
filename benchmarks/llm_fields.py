"""What each field of the prompt is worth: tokens of every request, and quality without it.

    python benchmarks/llm_fields.py [--replay seeds/recordings] [--gold seeds/gold/development]

Each field of the guide is taken out of every recorded answer, as if it had never been asked for, and the
rest is measured against the gold. Tokens are characters / 4 of the guide with and without the field.
That says what a field's absence costs, not how an answer changes when a description is shorter: for
that a model has to be asked again, which the recordings cannot do.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from extract import prompt
from extract.documents import Document, read_document
from extract.evaluate import evaluate
from extract.gold import (
    GoldDocument,
    PredictedRecord,
    Prediction,
    documents_folder,
    find_documents,
    gold_name,
    read_gold,
)
from extract.providers.recorded import ReplayProvider
from extract.records import build_records, flat_record

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--replay", type=Path, default=ROOT / "seeds" / "recordings")
    parser.add_argument("--gold", type=Path, default=ROOT / "seeds" / "gold" / "development")
    given = parser.parse_args()
    gold = read_gold(given.gold)
    documents = {one.name: read_document(one) for one in find_documents(gold, documents_folder(given.gold, None))}
    provider = ReplayProvider(given.replay)
    answers = {
        name: _answer(given.replay / f"{provider.fingerprint(document)}.json") for name, document in documents.items()
    }
    whole = _measured(gold, documents, answers, given.gold)
    length = len(prompt.instructions())
    print(f"whole guide: {length / 4:.0f} tokens; strict F1 {whole[0]:.3f}, by value {whole[1]:.3f}\n")
    print("| without | tokens saved | strict F1 | by value F1 | records |")
    print("|---|---|---|---|---|")
    names = {*prompt._OF_EVERY_RECORD, *(name for names in prompt._OF_TYPE.values() for name in names)}
    for name in sorted(names - {"type", "quotes"}):
        cut = {
            document: {"records": [{key: one[key] for key in one if key != name} for one in answer["records"]]}
            for document, answer in answers.items()
        }
        strict, value, records_n = _measured(gold, documents, cut, given.gold)
        saved = sum(line.count(name) * (len(name) + 2) for line in prompt.field_guide().splitlines()) / 4
        print(f"| {name} | {saved:.0f} | {strict:.3f} ({strict - whole[0]:+.3f}) | {value:.3f} | {records_n} |")


def _answer(path: Path) -> dict[str, Any]:
    recording = json.loads(path.read_text(encoding="utf-8"))
    answer: dict[str, Any] = json.loads(recording["attempts"][-1]["raw_answer"])
    return answer


def _measured(
    gold: list[GoldDocument], documents: dict[str, Document], answers: dict[str, dict[str, Any]], folder: Path
) -> tuple[float, float, int]:
    predictions = {}
    for name, document in documents.items():
        built = build_records(document, json.dumps(answers[name]))
        flat = [PredictedRecord.model_validate(flat_record(record)) for record in built.records]
        predictions[name] = Prediction(name, document.text, flat)
    measured = evaluate(gold, predictions, provider="recorded", gold_name=gold_name(folder), keep_errors=False)
    strict, value = (measured.value("all", "all", f"{level}_f1") or 0.0 for level in ("strict", "value"))
    return strict, value, sum(len(one.records) for one in predictions.values())


if __name__ == "__main__":
    main()
