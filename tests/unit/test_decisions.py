"""Persons' decisions: what cannot be read or cannot hold is said with its file, line, reason and next step."""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path

import duckdb
import pytest
import yaml
from fake_provider import FakeProvider
from typer.testing import CliRunner

import extract.providers
from extract import decisions
from extract.cli import app
from extract.decisions import COLUMNS, broken_bounds, check_decisions
from extract.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
SIGNED = "Ana,2026-03-01,checked"


@pytest.fixture
def seeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Seeds of their own, without a decision."""
    folder = tmp_path / "project" / "seeds"
    folder.mkdir(parents=True)
    shutil.copy(ROOT / "seeds" / "countries.csv", folder)
    for name, columns in COLUMNS.items():
        (folder / f"{name}.csv").write_text(",".join(columns) + "\n", encoding="utf-8")
    monkeypatch.setattr(decisions, "project_root", lambda: folder.parent)
    return folder


def decide(seeds: Path, name: str, *rows: str) -> None:
    with (seeds / f"{name}.csv").open("a", encoding="utf-8") as file:
        file.writelines(f"{row}\n" for row in rows)


def refusal(warehouse: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        check_decisions(warehouse)
    return str(caught.value)


UNREADABLE: dict[str, tuple[bytes, int, str]] = {
    "few": (b"c1,merge,c2,,,Ana,2026-03-01\n", 2, "it has 7 columns, and 8 are needed: commitment_id,action,target"),
    "many": (b"c1,merge,c2,,,Ana,2026-03-01,why, because\n", 2, "9 columns.*Put quotation marks around a text with a"),
    "spaces": (b"c1,reject,,,,Ana,2026-03-01,why\n  \n", 3, "it has 1 column, and 8 are"),
    "open quote": (b'c1,reject,,,,"Ana,2026-03-01,why\nc2,reject,,,,Bo,2026-03-01,why\n', 2, "the quotation marks do"),
    "after quote": (b'c1,reject,,,,"Ana"x,2026-03-01,why\n', 2, "the quotation marks do not fit"),
    "after a text of two lines": (b'c1,reject,,,,Ana,2026-03-01,"why\nso"\nc2\n', 4, "it has 1 column, and 8 are"),
    "latin-1": (b"c1,reject,,,,Ana,2026-03-01,why\nc2,reject,,,,Jos\xe9,2026-03-01,why\n", 3, "byte 0xe9 is not"),
}  # fmt: skip


@pytest.mark.parametrize("case", UNREADABLE)
def test_a_row_that_cannot_be_read_is_named_by_file_and_line(case, seeds, tmp_path):
    row, line, reason = UNREADABLE[case]
    file = seeds / "commitment_overrides.csv"
    file.write_bytes(file.read_bytes() + row)
    message = refusal(tmp_path / "none.duckdb")
    assert message.startswith(f"{str(file)!r}, line {line}: ")
    assert re.search(reason, message) and message.endswith("Mend the line and call again.") and "\n" not in message


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not 'nothing'"),
        (b"commitment_id;action;target;field;value;author;date;reason\n", "with commas, and not 'commitment_id;action"),
        (b"c1,reject,,,,Ana,2026-03-01,why\n", "the first line is commitment_id,action,target"),
        ("commitment_id,action\n".encode("utf-16"), "byte 0xff is not UTF-8"),
    ],
)
def test_a_file_without_its_first_line_is_named(data, reason, seeds, tmp_path):
    (seeds / "commitment_overrides.csv").write_bytes(data)
    message = refusal(tmp_path / "none.duckdb")
    assert "commitment_overrides.csv', line 1: " in message and reason in message
    (seeds / "commitment_overrides.csv").unlink()
    assert "there is no such file" in refusal(tmp_path / "none.duckdb")


WRONG: list[tuple[str, str, str]] = [
    # file, row, what is said
    ("commitment_overrides", f"c1,correct,,stage,payed,{SIGNED}",
     r"line 2 \(c1 correct stage payed\): stage is 'payed', and has to be one of pledged, committed, .*, expelled\."),
    ("commitment_overrides", f"c1,correct,,stage, pledged,{SIGNED}", "stage is ' pledged'"),
    ("commitment_overrides", f"c1,correct,,aid_type,gift,{SIGNED}", "aid_type is 'gift', and has to be one of fin"),
    ("commitment_overrides", f"c1,correct,,finance_type,gift,{SIGNED}", "finance_type is 'gift'.* grant, loan,"),
    ("commitment_overrides", f"c1,correct,,is_umbrella,yes,{SIGNED}", "is_umbrella is 'yes', .*one of true, false"),
    ("commitment_overrides", f"c1,correct,,amount,25 million,{SIGNED}", "amount is a number, as 25000000, not '25 m"),
    ("commitment_overrides", f"c1,correct,,amount_min,-5,{SIGNED}", "amount_min is a number"),
    ("commitment_overrides", f"c1,correct,,amount_min,nan,{SIGNED}", "amount_min is a number"),
    ("commitment_overrides", f"c1,correct,,amount,,{SIGNED}", "amount needs a value"),
    ("commitment_overrides", f"c1,correct,,colour,red,{SIGNED}", "field is 'colour', and has to be one of amount, "),
    ("commitment_overrides", f"c1,correct,,,red,{SIGNED}", "field is empty"),
    ("commitment_overrides", f"c1,delete,,,,{SIGNED}", "action is 'delete', and has to be one of merge, split"),
    ("commitment_overrides", f"c1,merge,,,,{SIGNED}", "merge needs a target"),
    ("commitment_overrides", f"c1,merge,c1,,,{SIGNED}", "a commitment cannot be its own target"),
    ("commitment_overrides", f",reject,,,,{SIGNED}", "it names no commitment"),
    ("commitment_overrides", "c1,reject,,,,,2026-03-01,", "author and reason are missing: a decision has all three"),
    ("commitment_overrides", "c1,reject,,,,Ana,01.03.2026,why", "date is a day, as 2027-01-20, not '01.03.2026'"),
    ("commitment_overrides", "c1,reject,,,,Ana,2026-02-30,why", "date is a day"),
    ("record_overrides", f",d1,,correct,stage,pledged,{SIGNED}", "it names no record: give record_id, or doc"),
    ("record_overrides", f"r1,,,correct,realis,maybe,{SIGNED}", "realis is 'maybe'.* actual, planned, condi"),
    ("record_overrides", f"r1,,,correct,role,boss,{SIGNED}", "role is 'boss'"),
    ("record_overrides", f"r1,,,correct,qualifier,circa,{SIGNED}", "qualifier is 'circa'"),
    ("record_overrides", f"r1,,,correct,currency,euro,{SIGNED}", "currency is a code of three letters, as EUR"),
    ("record_overrides", f"r1,,,correct,headcount,6.5,{SIGNED}", "headcount is a whole number"),
    ("record_overrides", f"r1,,,correct,event_date,2027-13-01,{SIGNED}", "event_date is a day, as 2027-01-20"),
    ("record_overrides", f"r1,,,correct,contributors,NOR|XXQ,{SIGNED}", "contributors 'XXQ' is the code of no country"),
    ("record_overrides", f"r1,,,correct,contributors,NOR|,{SIGNED}", "contributors has a part without a name"),
    ("entity_overrides", f"org:x,same_as,XXQ,{SIGNED}", "same_as 'XXQ' is the code of no country"),
    ("entity_overrides", f"org:x,kind,igo,{SIGNED}", "field is 'kind', and has to be one of same_as, name, type"),
    ("entity_overrides", f"org:x,type,club,{SIGNED}", "type is 'club', and has to be one of country, igo"),
    ("entity_overrides", f",name,Club,{SIGNED}", "it names no entity"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "row", "said"), WRONG, ids=[f"{file}:{row}" for file, row, _ in WRONG])
def test_a_decision_that_cannot_hold_is_named_with_what_could(file, row, said, seeds, tmp_path):
    decide(seeds, file, row)
    message = refusal(tmp_path / "none.duckdb")
    assert re.search(said, message), message
    assert message.startswith(f"{str(seeds / f'{file}.csv')!r}, line 2 (")
    assert message.endswith("Mend the line and call again.")


def test_decisions_contradict_each_other(seeds, tmp_path):
    decide(seeds, "commitment_overrides", f"c1,merge,c2,,,{SIGNED}", f"c2,merge,c3,,,{SIGNED}")
    assert "line 2 (c1 merge c2): the target 'c2' is itself merged" in refusal(tmp_path / "none.duckdb")
    decide(seeds, "entity_overrides", f"a,same_as,b,{SIGNED}", f"b,same_as,c,{SIGNED}")
    message = refusal(tmp_path / "none.duckdb")
    assert message.endswith("1 more to mend: entity_overrides.csv line 2.")


def test_bounds_of_one_record_contradict_each_other(seeds, tmp_path):
    decide(seeds, "record_overrides", f"r1,,,correct,amount_min,20,{SIGNED}", f"r1,,,correct,amount_max,10,{SIGNED}",
           f"r2,,,correct,amount_max,5,{SIGNED}")  # fmt: skip
    assert "amount_min 20 is more than amount_max 10 of line 3." in refusal(tmp_path / "none.duckdb")


def test_what_can_hold_is_accepted(seeds, tmp_path):
    decide(seeds, "record_overrides",
           f",d1,\"He said: \"\"yes, 5\"\"\",correct,currency,USD,{SIGNED}", f"r1,,,reject,,,{SIGNED}", "",
           f"r1,,,correct,contributors,NOR|green-climate-fund,{SIGNED}", f"r2,,,correct,body_id,board,{SIGNED}",
           f"r2,,,correct,amount_min,1e6,{SIGNED}", f"r2,,,correct,amount_max,2500000.50,{SIGNED}")  # fmt: skip
    decide(seeds, "commitment_overrides", f"c1,merge,c2,,,{SIGNED}", f"c3,split,r9,,,{SIGNED}",
           f"c4,correct,,stage,member,{SIGNED}", f"c4,correct,,is_umbrella,true,{SIGNED}")  # fmt: skip
    decide(seeds, "entity_overrides", f"usaid,same_as,usaid,{SIGNED}", f"x,same_as,USA,{SIGNED}",
           f"y,type,ngo,{SIGNED}")  # fmt: skip
    check_decisions(tmp_path / "none.duckdb")
    file = seeds / "commitment_overrides.csv"  # as spreadsheets save it
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))
    check_decisions(tmp_path / "none.duckdb")


def test_a_stage_has_to_be_one_of_what_is_corrected(seeds, tmp_path):
    warehouse = tmp_path / "w.duckdb"
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema raw")
        connection.execute("create table raw.records as select 'r1' as record_id, 'membership' as record_type")
        connection.execute("create table commitments as select 'c1' as commitment_id, 'pledge' as commitment_type")
    decide(seeds, "record_overrides", f"r1,,,correct,stage,member,{SIGNED}", f"r1,,,correct,role,chair,{SIGNED}")
    decide(seeds, "commitment_overrides", f"c1,correct,,stage,committed,{SIGNED}")
    check_decisions(warehouse)
    decide(seeds, "record_overrides", f"r1,,,correct,role,budget,{SIGNED}")
    decide(seeds, "commitment_overrides", f"c1,correct,,stage,member,{SIGNED}")
    message = refusal(warehouse)
    assert "line 4 (r1 correct role budget): role of a membership is 'budget', and has to be one of member" in message
    assert "1 more to mend: commitment_overrides.csv line 3." in message


def test_a_bound_that_another_figure_contradicts_is_named(seeds):
    decide(seeds, "commitment_overrides", f"c1,correct,,amount_min,20,{SIGNED}", f"c2,correct,,amount_min,20,{SIGNED}")
    with duckdb.connect() as connection:
        connection.execute("create schema intermediate")
        connection.execute(
            "create table intermediate.int_commitments_described as from (values"
            " ('c1', 20::decimal(38, 4), 10::decimal(38, 4), null), ('c2', 20, 30, null))"
            " as t(commitment_id, amount_min, amount, amount_max)"
        )
        [line] = broken_bounds(connection)
    assert "line 2 (c1 correct amount_min 20): with it the commitment has amount_min 20, amount 10, amount_max" in line


@pytest.mark.usefixtures("without_dbt")
def test_a_wrong_decision_stops_a_run_before_anybody_is_asked(seeds, articles, warehouse, monkeypatch):
    provider = FakeProvider()
    monkeypatch.setattr(extract.providers, "open_provider", lambda settings: provider)
    assert CliRunner().invoke(app, ["run", str(articles / "rain.txt"), "--warehouse", str(warehouse)]).exit_code == 0
    before = warehouse.read_bytes()
    decide(seeds, "commitment_overrides", f"c1,correct,,stage,payed,{SIGNED}")
    for command in (["run", str(articles)], ["build"]):
        result = CliRunner().invoke(app, [*command, "--warehouse", str(warehouse)])
        assert result.exit_code == 2
        assert result.stderr.splitlines()[-1].startswith("error: ") and "stage is 'payed'" in result.stderr
    assert (provider.asked, warehouse.read_bytes()) == (["rain"], before)
    # Of a run that a schedule called, it is known that it did not work.
    status = CliRunner().invoke(app, ["status", "--warehouse", str(warehouse)])
    assert status.exit_code == 1 and "problem: the last run: failed, " in status.stdout and "'payed'" in status.stdout


def test_both_halves_agree():
    """Columns, fields, actions and stages are those of the dbt project, and the files of the project are sound."""
    check_decisions(ROOT / "none.duckdb")
    project = yaml.safe_load((ROOT / "dbt_project" / "dbt_project.yml").read_text(encoding="utf-8"))
    for name, columns in COLUMNS.items():
        assert tuple(project["seeds"]["pledgebook"][name]["+column_types"]) == columns
    sql = (ROOT / "dbt_project" / "data-tests" / "overrides_can_be_applied.sql").read_text(encoding="utf-8")
    listed = [tuple(re.findall(r"'(\w+)'", one)) for one in re.findall(r"(?:field|action) not in \(([^)]*)\)", sql)]
    known = (*decisions._FIELDS.values(), *decisions._ACTIONS.values())
    assert sorted(map(sorted, listed)) == sorted(map(sorted, known))
    with (ROOT / "seeds" / "stage_ranks.csv").open(encoding="utf-8", newline="") as file:
        ranked = {(row["record_type"], row["stage"]) for row in csv.DictReader(file)}
    stages = {(kind, one) for kind, those in decisions._STAGES.items() for one in those if kind != "funding_amount"}
    assert stages == ranked
