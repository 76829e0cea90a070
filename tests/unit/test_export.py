"""Marts as files, and the list of unresolved names, from tables made by hand."""

from __future__ import annotations

import csv
import importlib
import zipfile
from datetime import date
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from extract import unresolved
from extract.errors import ConfigError, WarehouseError
from extract.export import export_marts
from extract.unresolved import add_override, unresolved_actors, unresolved_table


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A warehouse with the few marts that an export needs."""
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            """
            create schema seeds;
            create table seeds.organisations as
                select * from (values ('unicef', 'XM-DAC-41122')) as t (organisation_id, iati_org_ref);
            create table seeds.countries as select * from (values ('SDN', 'SD'), ('NOR', 'NO')) as t (iso3, iso2);
            create table commitments as select * from (values
                ('c1', '12', date '2026-01-10', 50000000.00::decimal(38, 4), null, 'NOK', date '2026-01-10', 'Norway',
                    'NOR', false, 'UNICEF', 'unicef', null, '=HYPERLINK("x")', 'a.txt', true, null),
                ('c2', '3', date '2026-02-10', 2000000.00, null, 'USD', date '2026-02-10', 'France; Norway', 'FRA|NOR',
                    true, 'Sudan', 'SDN', null, 'They paid.', 'b.txt', true, null),
                ('c3', '12', date '2026-02-10', 7.00, null, 'USD', date '2026-02-10', 'Norway', 'NOR',
                    false, 'Sudan', 'SDN', null, 'A part.', 'b.txt', false, 'possible_part_of'),
                ('c4', null, null, null, null, null, null, 'Peru', 'PER', false, 'Force', 'force', 'SDN', 'Troops.',
                    'b.txt', false, 'not_money')
            ) as t (commitment_id, iati_transaction_type, stage_since, amount_min, amount, currency, value_date,
                contributors, contributor_ids, is_joint, recipient, recipient_id, host_id, best_quote, best_source,
                include_in_totals, exclude_reason);
            alter table commitments add column first_seen date default date '2026-03-01';
            create table unresolved_actors as select * from (values
                ('rotes-kreuz', 'Rotes Kreuz', 'ngo', 2, 1, 'Das Rote Kreuz hilft.'),
                ('the-fund', 'the Fund', 'unknown', 9, 4, 'It went to the Fund, ' || repeat('very ', 40) || 'slowly.')
            ) as t (entity_id, name, type, claims_n, documents_n, example_quote)
            """
        )
    return path


@pytest.fixture
def overrides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the overrides to write to."""
    file = tmp_path / "entity_overrides.csv"
    file.write_text("entity_id,field,value,author,date,reason\n", encoding="utf-8")
    monkeypatch.setattr(unresolved, "overrides_file", lambda: file)
    return file


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_csv_holds_every_mart_as_it_is(built: Path, tmp_path: Path) -> None:
    written = export_marts(built, tmp_path / "new" / "tables", "csv")
    assert [one.name for one in written] == ["commitments", "unresolved_actors", "iati_transactions"]
    assert [one.rows_n for one in written] == [4, 2, 2]
    assert rows(written[0].path)[0]["best_quote"] == '=HYPERLINK("x")'
    assert [one.formulas_n for one in written] == [1, 0, 1]
    assert sorted(file.name for file in (tmp_path / "new" / "tables").iterdir()) == sorted(
        one.path.name for one in written
    )


def test_formulas_are_escaped_when_asked(built: Path, tmp_path: Path) -> None:
    [written] = export_marts(built, tmp_path / "tables", "csv", ["commitments"], escape_formulas=True)
    assert rows(written.path)[0]["best_quote"] == "'=HYPERLINK(\"x\")"
    assert rows(written.path)[1]["best_quote"] == "They paid."
    assert written.formulas_n == 0


def test_iati_transactions(built: Path, tmp_path: Path) -> None:
    [written] = export_marts(built, tmp_path, "parquet", ["iati_transactions"])
    first, second = rows(written.path)
    assert first["transaction_type"] == "12"
    assert (first["provider_org"], first["receiver_org_ref"]) == ("Norway", "XM-DAC-41122")
    assert (first["value"], first["value_currency"], first["value_date"]) == ("50000000.0000", "NOK", "2026-01-10")
    assert (second["transaction_type"], second["recipient_country"], second["description"]) == ("3", "SD", "They paid.")
    assert second["provider_org_ref"] == ""


def test_parquet_keeps_types(built: Path, tmp_path: Path) -> None:
    [written] = export_marts(built, tmp_path / "it's", "parquet", ["commitments"])
    kinds = dict(
        duckdb.execute("select column_name, column_type from (describe from read_parquet(?))", [str(written.path)])
        .fetchall()
    )  # fmt: skip
    assert (kinds["amount_min"], kinds["stage_since"]) == ("DECIMAL(38,4)", "DATE")


def test_excel_types_texts_as_texts(built: Path, tmp_path: Path) -> None:
    with duckdb.connect(str(built)) as connection:
        connection.execute("update commitments set best_quote = repeat('x', 40000) where commitment_id = 'c2'")
    [written] = export_marts(built, tmp_path, "xlsx", ["commitments"])
    assert (written.rows_n, written.cut_n) == (4, 1)
    with zipfile.ZipFile(written.path) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "=HYPERLINK" in sheet
    assert "<v>50000000</v>" in sheet
    assert 't="b"' in sheet


def test_excel_needs_its_writer(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(ConfigError, match=r"pip install 'pledgebook\[excel\]'"):
        export_marts(built, tmp_path, "xlsx")


def test_what_cannot_be_exported_is_said(built: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="There is no mart 'pledges'"):
        export_marts(built, tmp_path, "csv", ["pledges"])
    with pytest.raises(ConfigError, match="There is no warehouse"):
        export_marts(tmp_path / "none.duckdb", tmp_path, "csv")
    with pytest.raises(ConfigError, match=r"cannot be written \(File exists\)"):
        export_marts(built, built, "csv")
    empty = tmp_path / "empty.duckdb"
    duckdb.connect(str(empty)).close()
    with pytest.raises(WarehouseError, match="holds no marts yet"):
        export_marts(empty, tmp_path, "csv")
    with pytest.raises(WarehouseError, match="holds no marts yet"):
        unresolved_actors(empty)


def test_unresolved_names_by_frequency(built: Path) -> None:
    actors = unresolved_actors(built)
    assert [one.name for one in actors] == ["the Fund", "Rotes Kreuz"]
    table = unresolved_table(actors, shown=1)
    assert "the-fund" in table and "ver…" in table and "… and 1 more" in table
    assert unresolved_table([]) == "unresolved actors: none, every name is in a list"


@pytest.mark.parametrize("name", ["Rotes Kreuz", "rotes kreuz", "rotes-kreuz"])
def test_a_name_is_added(built: Path, overrides: Path, name: str) -> None:
    actors = unresolved_actors(built)
    add_override(actors, f"{name}=american-red-cross", author="Ana", reason='its "German"\nname', on=date(2026, 3, 1))
    assert rows(overrides) == [
        {"entity_id": "rotes-kreuz", "field": "same_as", "value": "american-red-cross", "author": "Ana",
         "date": "2026-03-01", "reason": 'its "German" name'}
    ]  # fmt: skip
    with pytest.raises(ConfigError, match="already says"):
        add_override(actors, "Rotes Kreuz=american-red-cross", author="Ana", reason="again", on=date(2026, 3, 1))
    assert len(rows(overrides)) == 1


@pytest.mark.parametrize(
    ("addition", "author", "reason", "message"),
    [
        ("Rotes Kreuz", "Ana", "why", "takes NAME=ENTITY"),
        ("=NOR", "Ana", "why", "takes NAME=ENTITY"),
        ("Rotes Kreuz=american-red-cross", None, "why", "an author and a reason"),
        ("Rotes Kreuz=american-red-cross", "Ana", " ", "an author and a reason"),
        ("Rotes Kruz=american-red-cross", "Ana", "why", "did you mean 'Rotes Kreuz'"),
        ("Rotes Kreuz=american-red-cros5", "Ana", "why", "did you mean 'american-red-cross'"),
        ("Rotes Kreuz=no such body at all", "Ana", "why", "first if it is a new one"),
    ],
)
def test_a_wrong_addition_is_refused(
    built: Path, overrides: Path, addition: str, author: str | None, reason: str | None, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        add_override(unresolved_actors(built), addition, author=author, reason=reason, on=date(2026, 3, 1))
    assert rows(overrides) == []


def test_commands(built: Path, overrides: Path, tmp_path: Path) -> None:
    import typer

    from extract.cli_export import export
    from extract.cli_export import unresolved as unresolved_command

    app = typer.Typer()
    app.command()(export)
    app.command()(unresolved_command)
    call = CliRunner().invoke
    here = ["--warehouse", str(built)]
    done = call(app, ["export", str(tmp_path / "t"), *here, "--marts", "commitments,unresolved_actors"])
    assert done.exit_code == 0, done.output
    assert "commitments.csv: 4 rows" in done.output
    assert "--escape-formulas" in done.output
    listed = call(app, ["unresolved", *here])
    assert "Rotes Kreuz" in listed.output
    added = call(app, ["unresolved", *here, "--add", "the Fund=IMF", "--author", "A", "--reason", "R"])
    assert added.stdout.startswith("the-fund,same_as,international-monetary-fund,A,")
