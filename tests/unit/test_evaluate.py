"""Evaluation: when records agree, the best pairing, the measures, and what is never printed."""

from __future__ import annotations

import importlib
import itertools
import json
import random
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

import extract.cli_evaluate
import extract.providers
from extract.cli import reported
from extract.cli_evaluate import evaluate as evaluate_command
from extract.config import Settings, project_root
from extract.documents import Document, find_sources
from extract.errors import ConfigError
from extract.evaluate import (
    Evaluation,
    compare,
    error_lines,
    evaluate,
    evaluation_rows,
    score,
    store,
    table,
    to_json,
)
from extract.gold import (
    GoldDocument,
    GoldRecord,
    PredictedRecord,
    Prediction,
    documents_folder,
    find_documents,
    predict,
    read_gold,
    read_predictions,
)
from extract.matching import LEVELS, agrees, assign, match, names_agree
from extract.providers import Attempt, Check
from extract.warehouse import RAW_TABLES, open_warehouse

GIVEN = {
    "type": "pledge", "actor": "Norway", "actor_code": "NOR", "counterpart": "the fund",
    "counterpart_code": "Relief Fund", "amount": 5_000_000, "currency": "NOK", "qualifier": "exact", "stage": "pledged",
}  # fmt: skip
BETWEEN = {**GIVEN, "amount": None, "amount_min": 1e6, "amount_max": 2e6}
IN_KIND = {**GIVEN, "amount": None, "currency": None}
TROOPS = {"type": "troop_commitment", "actor": "Fiji", "actor_code": "FJI", "counterpart": "UNIFIL",
          "counterpart_code": "UNIFIL", "headcount": 200, "stage": "promised"}  # fmt: skip
SEAT = {"type": "membership", "actor": "Chad", "actor_code": "TCD", "counterpart": "the council",
        "counterpart_code": "Water Council", "stage": "invited", "role": "member"}  # fmt: skip
NEED = {"type": "funding_amount", "counterpart": "the plan", "counterpart_code": "Sudan plan", "amount": 4e9,
        "currency": "USD", "role": "need"}  # fmt: skip


def gold(base: dict[str, Any] = GIVEN, **changes: Any) -> GoldRecord:
    """A gold record like `base`, changed."""
    return GoldRecord.model_validate({**base, **changes})


def predicted(base: dict[str, Any] = GIVEN, **changes: Any) -> PredictedRecord:
    """A predicted record like `base`, changed."""
    return PredictedRecord.model_validate({"quote": "q", "start": 0, "end": 1, **base, **changes})


def level_of(one: GoldRecord, other: PredictedRecord) -> str | None:
    """The strictest level at which two records agree; levels are nested."""
    holds = [agrees(one, other, level) for level in LEVELS]
    assert holds == sorted(holds, reverse=True)
    return LEVELS[sum(holds) - 1] if any(holds) else None


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (gold(), predicted(), "strict"),
        (gold(), predicted(amount=5_024_000), "strict"),
        (gold(), predicted(amount=5_026_000), "loose"),
        (gold(), predicted(amount=None), "loose"),
        (gold(amount_accept=[7e6]), predicted(amount=7e6), "strict"),
        (gold(), predicted(currency="SEK"), "figure"),
        (gold(), predicted(stage="disbursed"), "value"),
        (gold(stage_accept=["pledged", "disbursed"]), predicted(stage="disbursed"), "strict"),
        (gold(stage_accept=["any"], stage=None), predicted(stage="disbursed"), "strict"),
        (gold(), predicted(counterpart=None, counterpart_code=None), "value"),
        (gold(), predicted(counterpart="another fund", counterpart_code="Other Fund"), "value"),
        (gold(), predicted(counterpart="fund", counterpart_code=None), "strict"),
        (gold(counterpart=None, counterpart_code=None), predicted(), "strict"),
        (gold(), predicted(actor_code="SWE"), None),
        (gold(), predicted(type="troop_commitment"), None),
        # a code in any case, or a name where a code is missing
        (gold(), predicted(actor="Oslo", actor_code="nor"), "strict"),
        (gold(), predicted(actor_code="Norway"), "strict"),
        (gold(), predicted(actor="the King of Norway", actor_code="the King of Norway"), None),
        (gold(actor_accept=["Nordic Fund"]), predicted(actor="x", actor_code="Nordic Fund"), "strict"),
        # bounds
        (gold(BETWEEN), predicted(BETWEEN), "strict"),
        (gold(BETWEEN), predicted(BETWEEN, amount=1.5e6), "strict"),
        (gold(BETWEEN), predicted(BETWEEN, amount_max=3e6), "loose"),
        # no figure: the counterpart must not contradict, and no figure may be invented
        (gold(IN_KIND), predicted(IN_KIND), "strict"),
        (gold(IN_KIND), predicted(), "loose"),
        (gold(IN_KIND), predicted(IN_KIND, counterpart=None, counterpart_code=None), "value"),
        (gold(IN_KIND), predicted(IN_KIND, counterpart="Kenya", counterpart_code="KEN"), "loose"),
        (gold(TROOPS), predicted(TROOPS), "strict"),
        (gold(TROOPS), predicted(TROOPS, headcount=250), "loose"),
        (gold(TROOPS, headcount=None), predicted(TROOPS), "loose"),
        (gold(TROOPS, headcount=None, headcount_accept=[200]), predicted(TROOPS), "strict"),
        (gold(SEAT), predicted(SEAT), "strict"),
        (gold(SEAT), predicted(SEAT, stage="member"), "value"),
        (gold(SEAT), predicted(SEAT, counterpart="the bank", counterpart_code="Water Bank"), "loose"),
        # a sum without a giver
        (gold(NEED), predicted(NEED), "strict"),
        (gold(NEED), predicted(NEED, role="budget"), "value"),
        (gold(NEED), predicted(NEED, actor="Sudan", actor_code="SDN"), "value"),
        (gold(NEED), predicted(NEED, actor="members", actor_code="members"), "strict"),
        (gold(NEED, actor="Sudan", actor_code="SDN"), predicted(NEED), "value"),
        # one figure told as a pledge and as a contribution
        (gold(), predicted(type="funding_amount", role="contribution"), "strict"),
        (gold(), predicted(type="funding_amount", role="cost"), None),
        (gold(), predicted(type="funding_amount", role="contribution", amount=9), None),
        (gold(type="funding_amount", role="contribution"), predicted(), "strict"),
    ],
)  # fmt: skip
def test_levels(one: GoldRecord, other: PredictedRecord, expected: str | None) -> None:
    assert level_of(one, other) == expected


def test_joint_records() -> None:
    nine = gold(joint=["SWE", "DNK", "FIN"])
    assert level_of(nine, predicted(actor="Suomi", actor_code="FIN", joint=["NOR", "DNK", "SWE"])) == "strict"
    assert level_of(nine, predicted(joint=["SWE", "DNK"])) == "value"
    assert level_of(nine, predicted(joint=["ISL"])) == "loose"
    # Nobody is credited with the whole.
    assert level_of(nine, predicted()) == "loose"
    assert level_of(gold(), predicted(joint=["SWE"])) == "loose"
    assert level_of(nine, predicted(actor_code="ISL", joint=["EST"])) is None


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (("Board of Peace", "the board"), ("board-of-peace", "x"), True),
        (("NER", "Niger"), ("NGA", "Niger"), False),
        (("World Bank", "la Banque mondiale"), ("Banque mondiale", "« Banque mondiale »"), True),
        (("United Nations", "UN"), ("UNICEF", "UNICEF"), False),
        (("United Nations Interim Force in Lebanon", "la force"), ("UNIFIL", "FINUL"), True),
        (("Collective Security Treaty Organization", "организацию"), (None, "ОДКБ"), True),
        (("Lebanon Force", "قوة لبنان"), (None, "لقوة لبنان"), True),
        (("Peace Council", "和平委员会"), (None, "和平委员会的"), True),
        ((None, None), (None, None), False),
        (("PSE", "Gaza"), ("Gaza Strip", "the Gaza Strip"), True),
    ],
)
def test_names(
    one: tuple[str | None, str | None], other: tuple[str | None, str | None], expected: bool
) -> None:
    assert names_agree(one, other) is expected
    assert names_agree(other, one) is expected


def test_assignment_is_the_best_one() -> None:
    chance = random.Random(7)
    for _ in range(60):
        rows, columns = chance.randint(1, 4), chance.randint(1, 4)
        weights = [[chance.choice([0, 0, 1, 5, 9]) for _ in range(columns)] for _ in range(rows)]
        pairs = assign(weights)
        assert len(set(pairs.values())) == len(pairs)
        wide = weights if rows <= columns else [list(one) for one in zip(*weights, strict=True)]
        best = max(
            sum(wide[row][column] for row, column in enumerate(chosen))
            for chosen in itertools.permutations(range(len(wide[0])), len(wide))
        )
        assert sum(weights[row][column] for row, column in pairs.items()) == best
    assert assign([]) == {} and assign([[]]) == {}


def test_one_to_one() -> None:
    # The first prediction fits both, the second one only: a greedy pairing would lose a record.
    any_stage = gold(stage_accept=["any"])
    assert match([any_stage, gold()], [predicted(), predicted(stage="disbursed")], "strict") == {0: 1, 1: 0}
    # A required record is not left out for an optional one.
    assert match([gold(required=False), gold()], [predicted()], "strict") == {1: 0}
    # At a looser level, the pair that also agrees strictly is preferred.
    assert match([gold()], [predicted(stage="refused"), predicted()], "value") == {0: 1}


TEXT = "Norway gave 5 million kroner. Fiji promised 200 soldiers. Chad was invited. Sweden may follow."


def at(quote: str, base: dict[str, Any] = GIVEN, **changes: Any) -> PredictedRecord:
    """A prediction with a quote of TEXT."""
    start = TEXT.index(quote)
    return predicted(base, quote=quote, start=start, end=start + len(quote), **changes)


def documents() -> tuple[list[GoldDocument], dict[str, Prediction]]:
    """Two documents with records and one without, and what was predicted for them."""
    held = [
        GoldDocument(
            document="a", language="en",
            records=[
                gold(quote="Norway gave 5 million kroner."), gold(TROOPS, quote="Fiji promised 200 soldiers."),
                gold(SEAT, required=False, stage="refused", quote="Chad was invited."),
            ],
        ),
        GoldDocument(document="b", language="fr", records=[gold(SEAT, quote="Chad was invited.")]),
        GoldDocument(document="c", language="fr", records=[]),
    ]  # fmt: skip
    found = {
        "a": Prediction(
            "a", TEXT,
            [
                at("Norway gave", confidence=0.9),
                at("Norway gave", confidence=0.5),  # the same fact twice
                at("Fiji promised", TROOPS, stage="deployed", confidence=0.7),
                at("Chad was", SEAT, stage="refused", confidence=0.95),
            ],
        ),
        "c": Prediction("c", TEXT, [at("Sweden may", actor="Sweden", actor_code="SWE", confidence=0.1)]),
    }  # fmt: skip
    return held, found


def evaluated(*, keep_errors: bool = True) -> Evaluation:
    """The evaluation of `documents()`."""
    held, found = documents()
    return evaluate(held, found, provider="fake", gold_name="gold/x", keep_errors=keep_errors)


def test_scores() -> None:
    one = evaluated()
    assert (one.documents_n, one.required_n, one.optional_n, one.predicted_n) == (3, 3, 1, 5)
    # Strict: Norway found; its repetition, Fiji's stage and Sweden false; the optional seat neither.
    assert one.value("all", "all", "strict_precision") == pytest.approx(1 / 4)
    assert one.value("all", "all", "strict_recall") == pytest.approx(1 / 3)
    assert one.value("all", "all", "strict_f1") == pytest.approx(2 / 7)
    assert one.value("all", "all", "value_precision") == pytest.approx(2 / 4)
    assert one.value("record_type", "troop_commitment", "strict_recall") == 0
    assert one.value("record_type", "troop_commitment", "value_f1") == 1
    assert one.value("record_type", "funding_amount", "value_f1") is None
    assert one.value("language", "en", "value_recall") == 1
    assert one.value("language", "fr", "value_recall") == 0
    assert one.value("field", "stage", "accuracy") == pytest.approx(1 / 2)
    assert one.value("field", "counterpart", "accuracy") == 1
    assert one.value("field", "date", "accuracy") is None
    assert one.value("quote", "predicted", "is_slice_of_text") == 1
    assert one.value("quote", "found by value", "overlaps_gold") == 1
    assert one.value("document_kind", "without records", "false_records_per_document") == 1


def test_a_quote_that_is_no_slice_is_seen() -> None:
    held, found = documents()
    found["a"].records[0] = predicted(quote="Norway", start=1, end=7)
    one = evaluate(held, found, provider="fake", gold_name="x", keep_errors=False)
    assert one.value("quote", "predicted", "is_slice_of_text") == pytest.approx(4 / 5)


def test_intervals_hold_the_value_and_are_the_same_every_time() -> None:
    one = next(one for one in evaluated().measures if one.measure == "strict_f1")
    assert one.low is not None and one.high is not None and one.value is not None
    assert 0 <= one.low <= one.value <= one.high <= 1
    assert evaluated() == evaluated()
    held, found = documents()
    alone = evaluate(held[:1], found, provider="fake", gold_name="x", keep_errors=False)
    assert alone.measures[0].value is not None and alone.measures[0].low is None


def test_calibration() -> None:
    one = evaluated()
    # Right: 0.9 and the optional 0.95. Wrong: 0.5, 0.7, 0.1.
    brier = (0.1**2 + 0.05**2 + 0.5**2 + 0.7**2 + 0.1**2) / 5
    assert one.value("confidence", "all", "brier") == pytest.approx(brier)
    assert one.value("confidence", "all", "expected_calibration_error") == pytest.approx(
        (abs(0.1) + abs(0.5) + abs(0.7) + 2 * abs(1 - 0.925)) / 5
    )
    assert one.value("confidence", "0.8-1.0", "right") == 1
    assert one.value("confidence", "0.2-0.4", "right") is None
    bare = {"a": Prediction("a", TEXT, [at("Norway gave")])}
    assert not [
        measure for measure in evaluate(documents()[0], bare, provider="f", gold_name="x", keep_errors=False).measures
        if measure.slice == "confidence"
    ]  # fmt: skip


def test_errors_are_listed_with_their_quotes() -> None:
    cases = evaluated().errors
    assert [(case.kind, case.document, case.differs) for case in cases] == [
        ("missed", "a", ["stage"]),
        ("false", "a", []),
        ("false", "a", ["stage"]),
        ("missed", "b", []),
        ("false", "c", []),
    ]
    lines = "\n".join(error_lines(cases))
    assert "Fiji promised 200 soldiers." in lines and "Sweden may" in lines and "5,000,000" in lines
    assert not evaluated(keep_errors=False).errors


def test_comparison_is_paired() -> None:
    held, found = documents()
    better = {"a": Prediction("a", TEXT, found["a"].records[:1]), "b": Prediction("b", TEXT, [at("Chad was", SEAT)])}
    measures = {one.measure: one for one in compare(held, better, found, other="old")}
    # 2 of 2 records right against 1 of 4.
    assert measures["strict_precision_difference"].value == pytest.approx(1 - 1 / 4)
    assert measures["strict_precision_difference"].slice_value == "old"
    same = compare(held, found, found, other="old")
    assert {(one.value, one.low, one.high) for one in same} == {(0.0, 0.0, 0.0)}


def test_output() -> None:
    one = evaluated()
    shown = table(one)
    assert "strict, by record type" in shown and "confidence" in shown and "3 documents" in shown
    assert json.loads(to_json(one))["required_n"] == 3


def test_a_document_without_a_prediction_is_all_missed() -> None:
    held, _ = documents()
    one = score(held, {})[0]
    assert one.pairs["loose"] == {}


# --- files ----------------------------------------------------------------------------------------------


def write_gold(folder: Path) -> list[dict[str, Any]]:
    """Gold and documents below `folder`; gives the lines of `pledgebook extract`."""
    held, found = documents()
    (folder / "documents").mkdir(parents=True)
    lines = []
    for one in held:
        (folder / f"{one.document}.json").write_text(one.model_dump_json(), encoding="utf-8")
        (folder / "documents" / f"{one.document}.txt").write_text(TEXT, encoding="utf-8")
        prediction = found.get(one.document)
        records = [record.model_dump(mode="json") for record in prediction.records] if prediction else []
        lines.append({"document": one.document, "records": records, "rejected": [], "error": None})
    (folder / "predictions.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return lines


def test_where_documents_are(tmp_path: Path) -> None:
    development = tmp_path / "seeds" / "gold" / "development"
    development.mkdir(parents=True)
    with pytest.raises(ConfigError, match="--documents"):
        documents_folder(development, None)
    (tmp_path / "seeds" / "documents").mkdir()
    assert documents_folder(development, None) == tmp_path / "seeds" / "documents"
    (development / "documents").mkdir()
    assert documents_folder(development, None) == development / "documents"
    assert documents_folder(development, tmp_path) == tmp_path


def test_gold_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no gold"):
        read_gold(tmp_path)
    path = tmp_path / "a.json"
    path.write_text('{"document": "b", "language": "en", "records": []}', encoding="utf-8")
    with pytest.raises(ConfigError, match="is about 'b'"):
        read_gold(tmp_path)
    path.write_text('{"document": "a", "language": "en", "records": [{"type": "gift"}]}', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"records\.0\.type"):
        read_gold(tmp_path)


def test_documents_are_found_by_name(tmp_path: Path) -> None:
    write_gold(tmp_path)
    held = read_gold(tmp_path)
    assert [source.name for source in find_documents(held, tmp_path / "documents")] == ["a", "b", "c"]
    (tmp_path / "documents" / "b.html").write_text("<html></html>", encoding="utf-8")
    with pytest.raises(ConfigError, match="2 files named 'b'"):
        find_documents(held, tmp_path / "documents")


def test_predictions_of_a_file(tmp_path: Path) -> None:
    write_gold(tmp_path)
    sources = find_sources([tmp_path / "documents"])
    found = read_predictions(tmp_path / "predictions.jsonl", sources)
    assert found["a"].text == TEXT and len(found["a"].records) == 4
    file = tmp_path / "few.jsonl"
    file.write_text('{"document": "a", "records": []}\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="lacks the document 'b'"):
        read_predictions(file, sources)
    file.write_text('{"document": "a", "records": [{"type": "gift"}]}\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="does not hold records"):
        read_predictions(file, sources)


def test_the_gold_of_the_project_can_be_read() -> None:
    for part in ("development", "test"):
        folder = project_root() / "seeds" / "gold" / part
        held = read_gold(folder)
        assert len(find_documents(held, documents_folder(folder, None))) == len(held)


@pytest.mark.parametrize("part", ["development", "test"])
def test_gold_measured_against_itself_is_right_in_everything(part: str) -> None:
    held = read_gold(project_root() / "seeds" / "gold" / part)
    found = {}
    for one in held:
        text = "\n".join(record.quote or "" for record in one.records)
        records = []
        for record in one.records:
            start = text.index(record.quote or "")
            flat = record.model_dump(include=set(PredictedRecord.model_fields) - {"quote"})
            records.append(predicted(flat, quote=record.quote, start=start, end=start + len(record.quote or "")))
        found[one.document] = Prediction(one.document, text, records)
    itself = evaluate(held, found, provider="gold", gold_name=part, keep_errors=False)
    for measure in itself.measures:
        expected = 0 if measure.measure == "false_records_per_document" else 1
        assert measure.value in (None, expected), (measure.slice_value, measure.measure)


@dataclass
class FakeProvider:
    """Answers every document with one pledge of Norway's, or fails."""

    name: str = "fake"
    status: str = "ok"

    def fingerprint(self, document: Document) -> str:
        return document.document_id

    async def extract(self, document: Document, check: Check) -> list[Attempt]:
        draft = {
            "type": "pledge", "stage": "pledged", "contributors": [{"name": "Norway", "type": "country"}],
            "quotes": ["Norway gave 5 million kroner."],
        }  # fmt: skip
        answer = json.dumps({"records": [draft], "confidence": [0.8]})
        if self.status == "ok":
            return [Attempt("ok", "f", self.name, answer)]
        return [Attempt("error", "f", self.name, None, error_message="no answer", cost_usd=Decimal(0))]

    async def close(self) -> None:
        pass


def test_a_provider_is_asked_as_extract_asks_it(tmp_path: Path) -> None:
    write_gold(tmp_path)
    sources = find_sources([tmp_path / "documents"])
    seen: list[tuple[int, int]] = []
    found = predict(Settings(), sources, FakeProvider(), progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (3, 3) and set(found) == {"a", "b", "c"}
    record = found["a"].records[0]
    assert (record.actor_code, record.quote, record.confidence) == ("NOR", TEXT[record.start : record.end], 0.8)
    failed = predict(Settings(), sources, FakeProvider(status="error"))
    one = evaluate(read_gold(tmp_path), failed, provider="fake", gold_name="x", keep_errors=True)
    assert one.failures == ["no answer"] * 3 and one.predicted_n == 0


# --- the command ---------------------------------------------------------------------------------------------


def call(*arguments: object) -> Any:
    """Call the command as the lead registers it."""
    app = typer.Typer()
    app.command()(reported(evaluate_command))
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_the_command_prints_a_table_and_errors(tmp_path: Path) -> None:
    folder = tmp_path / "development"
    write_gold(folder)
    result = call("--gold", folder, "--predictions", folder / "predictions.jsonl", "--show", "errors")
    assert result.exit_code == 0, result.output
    assert "strict" in result.stdout and "Fiji promised 200 soldiers." in result.stdout
    result = call("--gold", folder, "--predictions", folder / "predictions.jsonl", "--json", "--compare",
                  folder / "predictions.jsonl")  # fmt: skip
    held = json.loads(result.stdout)
    assert len(held["errors"]) == 5 and "strict_f1_difference" in {one["measure"] for one in held["measures"]}
    assert held["gold"] == f"{tmp_path.name}/development"


@pytest.mark.parametrize("options", [["--show", "errors"], ["--json"], ["--json", "--show", "errors"]])
def test_the_test_part_is_never_printed_record_by_record(tmp_path: Path, options: list[str]) -> None:
    folder = tmp_path / "test"
    write_gold(folder)
    for given in (folder, folder / "documents" / ".."):
        result = call("--gold", given, "--predictions", folder / "predictions.jsonl", *options)
        assert result.exit_code == 0, result.output
        assert "strict" in result.stdout
        printed = result.stdout + result.stderr
        for secret in ("Norway", "NOR", "Fiji", "Chad", "Sweden", "SWE", "soldiers", "invited", "Relief Fund"):
            assert secret not in printed


GOLD_MISTAKES: dict[str, str] = {
    "nowhere": r"There is no folder '{0}/nowhere'\. Check the path given with --gold\. Pledgebook's own: --gold .*",
    "void": r"The folder '{0}/void' holds no gold \(\*\.json\)\. Name one that does with --gold; see seeds/gold/.*",
    "development/a.json": r"is a file, and gold is a folder with a JSON file per document\. Name its folder: "
                          r"--gold {0}/development",
    "development/documents/a.txt": r"is a file, and gold is a folder .*\. Name one with --gold\.",
    ".": r"The folder '{0}' holds no gold itself\. Name one below it with --gold: {0}/closed, {0}/damaged, .*",
    "damaged": r"'{0}/damaged/a\.json' is no gold \(Invalid JSON: .*\)\. See seeds/gold/README\.md\.",
    "closed": r"'{0}/closed/folder\.json' cannot be read \(Is a directory\)\. Check the file and its permissions\.",
}  # fmt: skip


@pytest.mark.parametrize("given", GOLD_MISTAKES)
def test_a_folder_without_gold_is_said_with_the_next_step(given: str, tmp_path: Path) -> None:
    write_gold(tmp_path / "development")
    (tmp_path / "void").mkdir()
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "a.json").write_text("{")
    (tmp_path / "closed" / "folder.json").mkdir(parents=True)
    result = call("--gold", tmp_path / given)
    assert (result.exit_code, result.stdout) == (2, "")
    [line] = result.stderr.splitlines()
    assert re.fullmatch("error: .*" + GOLD_MISTAKES[given].format(re.escape(str(tmp_path))), line), line


def test_what_to_compare_with_is_looked_for_before_anything_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_gold(tmp_path / "development")
    asked: list[Settings] = []
    real = extract.providers.open_provider
    monkeypatch.setattr(extract.cli_evaluate, "predict", lambda settings, *_, **__: asked.append(settings))
    monkeypatch.setattr(extract.providers, "open_provider", lambda one: real(one) if one.model else FakeProvider())
    for other, said in (
        ("none.jsonl", "no file 'none.jsonl'"), (str(tmp_path), "There is no file"),
        ("nobody/x", "names no provider that is known"), ("openai/gpt-5", "OPENAI_API_KEY is not set"),
    ):  # fmt: skip
        result = call("--gold", tmp_path / "development", "--compare", other)
        assert result.exit_code == 2 and said in result.stderr
    assert asked == []


def test_misuse_is_said_in_one_line(tmp_path: Path) -> None:
    write_gold(tmp_path / "development")
    result = call("--gold", tmp_path / "development", "--predictions", tmp_path / "nowhere.jsonl")
    assert result.exit_code == 2 and "cannot be read" in result.stderr
    predictions = tmp_path / "development" / "predictions.jsonl"
    result = call("--gold", tmp_path / "development", "--predictions", predictions, "--compare", "other.jsonl")
    assert result.exit_code == 2 and "no file 'other.jsonl'" in result.stderr


def test_rows_reach_the_warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from extract import transform

    monkeypatch.setattr(transform, "build", lambda warehouse, **_: transform.BuildResult(0, 0, []))
    rows = evaluation_rows(evaluated(), datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC))
    assert all(set(row) == set(RAW_TABLES["evaluations"]) for row in rows)
    path = tmp_path / "warehouse.duckdb"
    assert store(path, rows) == [] and store(path, rows[:1]) == []
    with open_warehouse(path, read_only=True) as connection:
        count = connection.execute("select count(*), count(distinct evaluation_id) from raw.evaluations").fetchone()
        assert count == (len(rows) + 1, 1)
        found = connection.execute(
            "select evaluated_at::varchar, value, n from raw.evaluations"
            " where slice = 'all' and measure = 'strict_recall'"
        ).fetchone()
        assert found is not None and found[0].startswith("2027-01-02 03:04:05")
        assert found[1:] == (pytest.approx(1 / 3), 3)
    monkeypatch.setattr(transform, "build", lambda warehouse, **_: transform.BuildResult(0, 0, ["a test failed"]))
    before = path.read_bytes()
    assert store(path, rows) == ["a test failed"]
    assert path.read_bytes() == before


# --- gold of other origin -----------------------------------------------------------------------------------


@pytest.fixture
def shared_gold(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """benchmarks/shared_gold.py, imported as its scripts import it."""
    monkeypatch.syspath_prepend(str(project_root() / "benchmarks"))
    return importlib.import_module("shared_gold")


def test_gold_with_a_row_per_giver(shared_gold: ModuleType, tmp_path: Path) -> None:
    def row(**changes: Any) -> dict[str, Any]:
        return {"type": "funding", "actor": "NOR", "value": [5e6, "NOK"], "stages": ["pledged"], "optional": False,
                "collective": False, **changes}  # fmt: skip

    rows = [
        row(actor="SWE", collective=True), row(actor="FIN", collective=True), row(actor="EU", stages=["delivered"]),
        row(type="troops", value=[900, 120], stages=["withdrawing"]), row(type="troops", value=None, stages=["any"]),
        row(type="membership", value="nato", stages=["leaving"], optional=True),
        row(value=[[1e6, "EUR"], [2e6, "EUR"]]), row(type="membership", value="river group", stages=["applied"]),
    ]  # fmt: skip
    path = tmp_path / "gold.json"
    path.write_text(json.dumps({"x1": {"lang": "fr", "split": "s", "records": rows}}), encoding="utf-8")
    (document,) = shared_gold.read_dev_corpus(path)
    assert (document.document, document.language, len(document.records)) == ("x1", "fr", 7)
    union, troops, any_troops, seat, either, group, joint = document.records
    assert union.stages == ["disbursed", "disbursing"]
    assert level_of(union, predicted(actor="Brussels", actor_code="European Union", stage="disbursing")) == "strict"
    assert (troops.headcount, troops.headcount_accept, troops.stages) == (900, [120], ["withdrawing", "withdrawn"])
    assert any_troops.headcount is None and any_troops.stages == ["any"]
    assert seat.counterpart_accept and not seat.required and seat.stages == ["withdrawn"]
    assert (either.amount, either.amount_accept) == (1e6, [2e6])
    assert group.counterpart_accept == [] and group.stages == ["proposed"]
    assert joint.contributors == ["SWE", "FIN"] and joint.stages == ["pledged", "committed"]
    assert not shared_gold.in_dev_scope(predicted(NEED))
    assert not shared_gold.in_dev_scope(predicted(NEED, role="contribution"))
    assert shared_gold.in_dev_scope(predicted(NEED, role="contribution", actor="x"))


def test_gold_with_traps(shared_gold: ModuleType, tmp_path: Path) -> None:
    def trap(kind: str, quote: str, must_not: str = "no record") -> dict[str, Any]:
        start = TEXT.index(quote)
        return {"doc_id": "d", "kind": kind, "quote": quote, "start": start, "end": start + len(quote),
                "must_not": must_not}  # fmt: skip

    record = {
        "record_id": "d-1", "doc_id": "d", "record_type": "pledge", "required": True, "stage": "pledged",
        "stage_accept": ["pledged"], "realis": "actual",
        "contributors": [{"id": "NOR", "type": "country", "name_as_written": "Norway"}],
        "recipient": {"id": "relief-fund", "name_as_written": "the fund", "country": "KEN"},
        "money": {"amount": 5_000_000, "amount_min": None, "amount_max": None, "qualifier": "exact", "currency": "NOK"},
        "evidence": [{"quote": "Norway gave 5 million kroner.", "start": 0, "end": 29}],
    }  # fmt: skip
    held = {
        "documents": [{"doc_id": "d", "lang": "en"}],
        "records": [record],
        "traps": [
            trap("wrong_number", "5 million"), trap("speculation", "Sweden may follow"), trap("byline", "Chad"),
            trap("wrong_date", "invited", "not 2026-01-15"), trap("noise", "200 soldiers"),
        ],
    }  # fmt: skip
    path = tmp_path / "gold.json"
    path.write_text(json.dumps(held), encoding="utf-8")
    documents_held, traps = shared_gold.read_seed_documents(path)
    (one,) = documents_held[0].records
    assert (one.actor_code, one.counterpart_accept, one.amount, one.quote) == (
        "NOR", ["KEN"], 5e6, "Norway gave 5 million kroner.",
    )  # fmt: skip

    def hits(*records: PredictedRecord) -> list[tuple[str, bool]]:
        found = shared_gold.trap_hits(traps, documents_held, {"d": Prediction("d", TEXT, list(records))})
        return [(hit.trap.kind, hit.is_certain) for hit in found]

    assert hits(at("Norway gave 5 million")) == []
    assert hits(at("Norway gave 5 million", stage="disbursed")) == [("wrong_number", False)]
    assert hits(at("Norway gave 5 million", amount=None)) == [("wrong_number", True)]
    assert hits(at("Sweden may", actor="Sweden", actor_code="SWE")) == [("speculation", True)]
    assert hits(at("Norway gave", counterpart="chad")) == [("byline", True)]
    assert hits(at("Norway gave", date="2026-01-15")) == [("wrong_date", True)]


def test_scores_of_project_descriptions(shared_gold: ModuleType) -> None:
    benchmark = importlib.import_module("evaluate_aiddata")

    def row(name: str, amount: float | None, *, recipient: str = "KEN", stage: str = "committed") -> dict[str, Any]:
        coded = {"donor_iso3": "NOR", "recipient_iso3": recipient, "stage": stage, "amount": amount,
                 "currency": "NOK" if amount else None}  # fmt: skip
        return {"id": name, "gold": coded, "amount_in_text": amount is not None}

    kenya: dict[str, Any] = {"counterpart": "Kenya", "counterpart_code": "KEN"}
    rows = [row("a", 5e6), row("b", 5e6), row("c", None), row("d", 1e6, recipient="regional", stage="suspended")]
    found = {
        "a": [predicted(**kenya, amount=10), predicted(**kenya), predicted(**kenya, actor_code="SWE", amount=9e9)],
        "b": [predicted(NEED, actor_code="NOR"), predicted(**kenya, currency="USD", stage="disbursed")],
        "c": [predicted(joint=["KWT"], actor="Norad", actor_code="Norad", actor_on_behalf_of="NOR")],
    }
    values = {one.measure: (one.value, one.n) for one in benchmark.aiddata_measures(rows, found)}
    assert values["amount"] == (pytest.approx(2 / 3), 3)
    assert values["currency"] == (pytest.approx(1 / 3), 3)
    assert values["amount and currency"] == (pytest.approx(1 / 3), 3)
    assert values["given on null"] == (1, 1)
    assert values["donor"] == (pytest.approx(3 / 4), 4)
    assert values["recipient"] == (pytest.approx(2 / 3), 3)
    assert values["stage two-way"] == (pytest.approx(2 / 3), 3)
    assert values["stage four-way"] == (0, 3)


@pytest.mark.parametrize("script", ["evaluate_dev_corpus", "evaluate_seed_documents", "evaluate_aiddata"])
def test_scripts_skip_when_there_is_nothing_beside_the_project(
    shared_gold: ModuleType,
    script: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.argv", [script, "--shared", str(tmp_path)])
    assert importlib.import_module(script).main() == 0
    assert "skipped" in capsys.readouterr().out
