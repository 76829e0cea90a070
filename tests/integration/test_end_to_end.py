"""The whole path as a user walks it: the sample documents, dbt included, without a key or a network.

The embedded extractor is used as it is shipped; how well it does is measured elsewhere.
"""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner, Result

from extract import transform
from extract.cli import app
from extract.documents import find_sources, read_document
from extract.evaluate import evaluate
from extract.gold import find_documents, predictions_from_lines, read_gold
from extract.records import flat_record
from extract.schema import Record

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "seeds" / "documents"
MARTS = (
    "contributions_by_country", "commitments", "joint_commitments", "memberships_current", "force_contributions",
    "evidence", "extraction_quality",
)  # fmt: skip


def call(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """The warehouse of the sample documents and what the command said."""
    warehouse = tmp_path_factory.mktemp("built") / "warehouse.duckdb"
    return warehouse, call("run", SAMPLES, "--warehouse", warehouse, "--model", "embedded")


def rows(warehouse: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_one_command_gives_the_table_the_counts_and_what_to_type_next(built):
    warehouse, result = built
    assert result.exit_code == 0, result.output
    documents_n = len(find_sources([SAMPLES]))
    assert "embedded (no key and no network" in result.stderr
    assert result.stderr.count("] ") >= documents_n
    assert "contributions by country" in result.stdout
    assert f"documents: {documents_n} ({documents_n} extracted, 0 unchanged)" in result.stdout
    # All of them, unit tests too, in a warehouse's first build: no other test of the suite runs those.
    [project] = transform._manifests.values()
    kinds = [str(node.resource_type) for node in project.nodes.values()]
    assert len(project.unit_tests) > 10
    assert f"dbt tests: {kinds.count('test') + len(project.unit_tests)};" in result.stdout
    for words in ("select * from contributions_by_country", "pledgebook docs", "pledgebook run FOLDER"):
        assert words in result.stdout
    left = [path.name for path in sorted(warehouse.parent.iterdir())]
    assert left == ["warehouse.duckdb", "warehouse.duckdb.dbt", "warehouse.duckdb.lock", "warehouse.duckdb.state"]


@pytest.mark.parametrize("mart", MARTS)
def test_every_mart_is_there_without_a_schema_name(built, mart):
    # Whether the extractor sees that a sum is joint is measured elsewhere.
    assert rows(built[0], f"select count(*) from {mart}")[0][0] > 0 or mart == "joint_commitments"


def test_views_do_not_depend_on_the_files_name(built, tmp_path):
    moved = tmp_path / "another name.duckdb"
    moved.write_bytes(built[0].read_bytes())
    with duckdb.connect(str(moved), read_only=True) as connection:
        views = connection.execute("select schema_name, view_name from duckdb_views() where not internal").fetchall()
        assert views
        for schema, view in views:
            connection.execute(f"select * from {schema}.{view} limit 1").fetchall()


def test_the_sql_of_the_readme_answers(built):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    statements = [
        statement
        for block in re.findall(r"```sql\n(.*?)```", readme, re.DOTALL)
        for statement in block.split(";")
        if statement.strip()
    ]
    run_id = rows(built[0], "select max(run_id) from raw.runs")[0][0]
    answers = [rows(built[0], re.sub("<.*? run_id>", run_id, statement)) for statement in statements]
    assert len(answers) == 7
    assert all(answers[:5])


def test_four_statements_of_the_readme_lead_from_any_figure_to_its_words(built):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    block = next(one for one in re.findall(r"```sql\n(.*?)```", readme, re.S) if one.startswith("-- 1."))
    statements = [one for one in block.split(";") if one.strip()]
    assert len(statements) == 4
    with duckdb.connect(str(built[0]), read_only=True) as connection:
        countries = [row[0] for row in connection.execute("select iso3 from contributions_by_country").fetchall()]
        assert countries
        for iso3 in countries:
            figures, commitments, claims, quotes = (
                connection.execute(one.replace("NOR", iso3)).fetchall() for one in statements
            )
            [(_, sole_usd, *_)] = figures
            assert sum(row[8] or 0 for row in commitments if not row[2]) == sole_usd
            assert {row[0] for row in claims} == {row[0] for row in commitments} != set()
            assert {row[0] for row in quotes} == {row[1] for row in claims}
            assert all(row[-1] for row in quotes)


def test_every_quote_is_a_slice_of_its_text(built):
    found = rows(built[0], "select text, record from raw.records join raw.documents using (document_id)")
    assert found
    for text, record in found:
        for one in json.loads(record)["evidence"]:
            assert text[one["start"] : one["end"]] == one["quote"]


def test_the_same_again_asks_nobody_writes_nothing_and_is_quick(built):
    warehouse, _ = built
    before = warehouse.read_bytes()
    started = time.monotonic()
    result = call("run", SAMPLES, "--warehouse", warehouse, "--model", "embedded")
    assert time.monotonic() - started < 3
    assert result.exit_code == 0
    assert "nothing changed: nobody was asked, nothing was written" in result.stderr
    assert "requests: 0" in result.stdout
    assert warehouse.read_bytes() == before


def test_a_rebuild_gives_the_same_marts_and_leaves_standing_what_follows_from_the_project_alone(
    built, tmp_path, monkeypatch
):
    copy, kept = tmp_path / "warehouse.duckdb", transform.manifest_path(built[0])
    copy.write_bytes(built[0].read_bytes())
    transform.manifest_path(copy).write_bytes(kept.read_bytes())
    # As another process would: from the file, not from this one's memory.
    [parsed] = transform._manifests.values()
    monkeypatch.setattr(transform, "_manifests", {})
    monkeypatch.setattr(transform, "_keep_manifest", lambda *_: pytest.fail("the project was parsed anew"))
    results, real = [], transform.build

    def watched(warehouse: Path, *, kept: Path | None = None) -> transform.BuildResult:
        results.append(real(warehouse, kept=kept))
        return results[-1]

    monkeypatch.setattr(transform, "build", watched)
    hashed = rows(copy, "select inputs_hash from intermediate.int_build_mode")
    result = call("build", "--warehouse", copy)
    assert result.exit_code == 0, result.output
    [second] = results
    assert second.failures == []
    kinds = [str(node.resource_type) for node in parsed.nodes.values()]
    assert second.tests_n == kinds.count("test") > 10
    assert 20 < second.models_n < kinds.count("model")
    # The kept project is the parsed one: patching would otherwise never be allowed.
    assert rows(copy, "select inputs_hash from intermediate.int_build_mode") == hashed
    for table in ("contributions_by_country", "commitments", "evidence", "extraction_quality"):
        query = f"select * from {table} order by all"
        assert rows(copy, query) == rows(built[0], query)


@pytest.mark.parametrize(
    "change",
    [
        "update seeds.countries set name_en = 'Norge' where iso3 = 'NOR'",
        "drop table seeds.agencies cascade",
        "create or replace view intermediate.int_stage_events as select 1 as one",
        "delete from raw.versions where name = 'standing'",
    ],
)
def test_a_seed_or_a_view_that_somebody_changed_is_made_anew(built, tmp_path, change):
    copy = tmp_path / "warehouse.duckdb"
    copy.write_bytes(built[0].read_bytes())
    assert transform._standing(copy)
    with duckdb.connect(str(copy)) as connection:
        connection.execute(change)
    assert not transform._standing(copy)


def test_another_project_or_another_dbt_is_built_and_tested_whole(built, monkeypatch):
    assert transform._standing(built[0])
    assert transform._read_manifest(transform.manifest_path(built[0])) is not None
    for name, other in (("dbt_version", lambda: "another"), ("version", lambda _: "0.1")):
        with monkeypatch.context() as changed:
            changed.setattr(transform, name, other)
            assert not transform._standing(built[0])
            assert transform._read_manifest(transform.manifest_path(built[0])) is None


def test_a_damaged_kept_project_is_parsed_anew(built, tmp_path):
    whole = transform.manifest_path(built[0]).read_bytes()
    for damaged in (b"", whole[:-1], whole[:200] + b"?" + whole[201:], b"{}"):
        (tmp_path / "kept").write_bytes(damaged)
        assert transform._read_manifest(tmp_path / "kept") is None
    assert transform._read_manifest(tmp_path / "missing") is None


def test_no_unit_test_and_no_view_left_standing_looks_into_the_warehouse(built):
    """What proves that they cannot say anything else: nothing that they are compiled from reads data."""
    [manifest] = transform._manifests.values()
    # is_affected asks is_patch only outside unit tests; agency_names reads a seed.
    harmless = {"macro.pledgebook.is_affected", "macro.pledgebook.agency_names"}
    models = {node.name: node for node in manifest.nodes.values() if str(node.resource_type) == "model"}
    assert manifest.unit_tests
    for test in manifest.unit_tests.values():
        called = set(models[test.model].depends_on.macros) - harmless
        reached = {one for macro in called for one in (macro, *transform._macros(manifest.macros[macro], manifest))}
        assert not reached & transform._LOOKING, f"{test.name} may depend on data: {sorted(reached)}"
    left_out = transform._left_standing(manifest)
    assert "int_stage_events" in left_out
    assert all(models[name].config.materialized == "view" for name in left_out if name in models)


def test_a_failing_dbt_test_publishes_nothing(built, tmp_path, monkeypatch):
    copy = tmp_path / "warehouse.duckdb"
    copy.write_bytes(built[0].read_bytes())
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "new.txt").write_text("Norway pledged 900 million dollars to Sudan on 4 March 2027.", encoding="utf-8")
    before = copy.read_bytes()
    real = transform.build

    def damaged(warehouse: Path, *, kept: Path | None = None) -> transform.BuildResult:
        with duckdb.connect(str(warehouse)) as connection:
            connection.execute("update raw.documents set text = 'another text altogether'")
        return real(warehouse, kept=kept)

    monkeypatch.setattr(transform, "build", damaged)
    result = call("run", folder, "--warehouse", copy, "--model", "embedded")
    assert result.exit_code == 1
    assert re.search(r"failed: test .*quote", result.stderr), result.stderr
    assert "not published" in result.stdout
    assert copy.read_bytes() == before


def test_the_docs_site_is_one_file_with_every_mart(built, tmp_path):
    page = tmp_path / "docs.html"
    result = call("docs", "--warehouse", built[0], "--output", page)
    assert (result.exit_code, result.stdout.strip()) == (0, str(page))
    html = page.read_text(encoding="utf-8")
    assert all(f"model.pledgebook.{mart}" in html for mart in MARTS)


def test_extract_gives_the_same_records_without_a_warehouse(built, tmp_path):
    output = tmp_path / "records.jsonl"
    sources = [one for one in find_sources([SAMPLES]) if one.name.startswith(("sudan", "odkb"))]
    result = call("extract", *(one.path for one in sources), "--output", output, "--model", "embedded")
    assert result.exit_code == 0, result.output
    lines = [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]
    assert [line["document"] for line in lines] == [one.name for one in sources]
    for line, source in zip(lines, sources, strict=True):
        text = read_document(source).text
        assert (line["error"], line["provider"]) == (None, "embedded")
        assert all(text[one["start"] : one["end"]] == one["quote"] for one in line["records"])
        stored = f"select count(*) from raw.records natural join raw.sightings where name = '{source.name}'"
        assert rows(built[0], stored) == [(len(line["records"]),)]


# Strict F1 on the sample documents that the embedded extractor must not fall below, by type. They are
# development documents: the floor keeps what is there, it does not say how good it is elsewhere.
FLOORS = {"pledge": 0.7, "troop_commitment": 0.53, "membership": 0.45, "funding_amount": 0.58}


def test_the_embedded_extractor_keeps_what_it_finds(built):
    gold = read_gold(ROOT / "seeds" / "gold" / "development")
    stored = rows(
        built[0], "select sighting.source, record.record from raw.records as record join raw.sightings as sighting "
        "on sighting.document_id = record.document_id",
    )  # fmt: skip
    lines = {one.document: {"document": one.document, "records": []} for one in gold}
    for source, record in stored:
        lines[Path(source).stem]["records"].append(flat_record(Record.model_validate_json(record)))
    predictions = predictions_from_lines(lines.values(), find_documents(gold, SAMPLES))
    measured = evaluate(gold, predictions, provider="embedded", gold_name="development", keep_errors=False)
    found = {name: measured.value("record_type", name, "strict_f1") or 0.0 for name in FLOORS}
    assert {name: value for name, value in found.items() if value < FLOORS[name]} == {}
