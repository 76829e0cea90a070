"""How the dbt build grows: synthetic claims with known truth, 10^4 to 10^6.

    python benchmarks/warehouse_scale.py 10000 100000 [--tests] [--keep FOLDER]

dbt is called as `pledgebook build` calls it: the project is parsed before, and with --tests the second build leaves
standing what follows from the project alone. Unit tests, which know no data but their own, are left out of both.

For each size it prints, measured in a process of its own: seconds of a full build, and of a second build after 1 % more
claims, by the clock and of processor time (on a machine that does other work the second is the one to compare), peak
memory, the time DuckDB alone needs to read the same JSON and group it once (the floor), the answer time of
contributions_by_country, and pairwise precision and recall of the clusters against the truth. A twentieth of the
commitments stands in a handful of hot blocks (one contributor, one recipient), where comparing all pairs would show.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from extract import transform
from extract.warehouse import create_tables

ROOT = Path(__file__).resolve().parents[1]
SENTENCE_CHARS = 300
QUOTE_CHARS = 90
CLAIMS_PER_DOCUMENT = 5
REPORTS_PER_COMMITMENT = 5

# Commitment k of claim i; its kind, contributors, recipient and figure follow from k alone, and what varies between
# reports (date, qualifier, stage, outlet, language) from i. The documents shuffle the claims.
CLAIMS = """
create or replace temp table claims as
with numbers as (
    select i, (i * 7919) % {total} as position, i // {reports} as k, i % {reports} as report_n
    from range({first}, {last}) as numbers (i)
),
kinds as (
    select
        *,
        case when k % 20 = 0 then 'hot' when k % 10 < 6 then 'sole' when k % 10 = 6 then 'joint'
            when k % 10 < 9 then 'troops' else 'membership' end as kind,
        countries[1 + k % len(countries)] as iso3,
        'body-' || k // len(countries) as other
    from numbers cross join (select list(iso3 order by iso3) as countries from countries)
)
select
    * exclude (countries),
    case kind
        when 'hot' then (1000001 + 2 * (k // 20)) * 1000
        else (1 + hash(k) % 899) * 1000003
    end as amount,
    case kind when 'troops' then 'troop_commitment' when 'membership' then kind else 'pledge' end as record_type,
    date '2024-01-01' + cast(k % 600 as integer) as said_on
from kinds
"""

RECORDS = """
insert into raw.records by name
select
    'r' || i as record_id, 'x' || document_n as extraction_id, 'd' || document_n as document_id,
    position % {claims_per_document} as ordinal, record_type, '1' as grounding_version,
    to_json({{
        record_type: record_type,
        stage: case kind
            when 'troops' then case when report_n < 3 then 'promised' else 'deployed' end
            when 'membership' then case when report_n < 3 then 'invited' else 'accepted' end
            else case when report_n < 4 then 'pledged' else 'committed' end
        end,
        stage_words: 'said', realis: case when i % 50 = 49 then 'conditional' else 'actual' end, condition: null,
        actors: case kind
            when 'hot' then [{{
                name: 'USA', type: 'country', entity_id: 'USA', code: 'USA', is_resolved: true, on_behalf_of: null
            }}]
            when 'joint' then list_transform(
                range(0, 6),
                n -> {{name: 'state', type: 'country', entity_id: countries[1 + (k * 7 + n * 31) % len(countries)],
                      code: '', is_resolved: true, on_behalf_of: null}}
            )
            else [{{name: iso3, type: 'country', entity_id: iso3, code: iso3, is_resolved: true, on_behalf_of: null}}]
        end,
        is_joint: kind = 'joint', shares: [],
        counterpart: {{
            name: 'body', type: case when kind = 'troops' then 'force' else 'igo' end,
            entity_id: case when kind = 'hot' then 'hot-' || (k // 20) % 8 else kind || '-' || other end,
            code: '', is_resolved: true, on_behalf_of: null
        }},
        host: null, body: null, body_id: null, representative: null, inviter: null, requester: null,
        role: case when kind = 'membership' then 'member' end,
        money: case when kind in ('hot', 'sole', 'joint') then {{
            as_written: 'sum', amount: cast(amount as varchar), amount_min: cast(amount as varchar),
            amount_max: case when report_n % 3 = 0 and kind <> 'hot' then null else cast(amount as varchar) end,
            currency: case when k % 4 = 0 then 'EUR' else 'USD' end, currency_is_inferred: false,
            qualifier: case when report_n % 3 = 0 and kind <> 'hot' then 'more_than' else 'exact' end
        }} end,
        headcount: case when kind = 'troops' then {{
            as_written: 'soldiers', value: 100 + k % 900, minimum: 100 + k % 900, maximum: 100 + k % 900,
            qualifier: 'exact'
        }} end,
        equipment: null, personnel_types: case when kind = 'troops' then ['troops'] else [] end,
        aid_type: null, resource_types: case when kind = 'troops' then [] else ['financial'] end,
        finance_type: null, purpose: null, period: null, term: null, speaker: null,
        event_date: {{expression: null, value: said_on, precision: 'day', basis: 'explicit'}},
        announcement_date: {{
            expression: null, value: said_on + cast(report_n as integer), precision: 'day', basis: 'inferred'
        }},
        evidence: [{{
            quote: rpad('Claim ' || i || ' of the corpus, in words: ', {quote_chars}, 'déclaré '),
            start: (position % {claims_per_document}) * {sentence_chars},
            "end": (position % {claims_per_document}) * {sentence_chars} + {quote_chars}, alignment: 'exact'
        }}],
        confidence: 0.9, notes: []
    }}) as record
from (select *, position // {claims_per_document} as document_n from claims)
cross join (select list(iso3 order by iso3) as countries from countries)
"""

DOCUMENTS = """
insert into raw.documents by name
select
    'd' || document_n as document_id,
    case document_n % 4 when 0 then 'fr' when 1 then 'ar' when 2 then 'en' else 'es' end as language,
    min(said_on) + cast(document_n % 10 as integer) as publication_date, 'outlet ' || document_n % 300 as outlet,
    string_agg(
        rpad(
            rpad('Claim ' || i || ' of the corpus, in words: ', {quote_chars}, 'déclaré '),
            {sentence_chars}, ' and so on'
        ), '' order by position
    ) as text,
    {sentence_chars} * {claims_per_document} as char_count, timestamptz '2026-01-01' as first_loaded_at,
    '{run}' as first_run_id
from (select *, position // {claims_per_document} as document_n from claims)
group by document_n
"""


def main() -> None:
    """Measure each size in a process of its own and print one line for it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", nargs="*", type=int, default=[10_000, 100_000])
    parser.add_argument("--tests", action="store_true", help="dbt build with every data test, instead of dbt run")
    parser.add_argument("--keep", type=Path, help="keep the warehouses in this folder")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        measure(options.sizes[0], options.keep, options.tests)
        return
    print(
        "claims  full_s  full_cpu_s  plus_1pct_s  plus_1pct_cpu_s  floor_s  floor_cpu_s  country_ms  peak_mb"
        "  precision  recall  commitments"
    )
    for size in options.sizes:
        with tempfile.TemporaryDirectory() as folder:
            kept = options.keep or Path(folder)
            kept.mkdir(parents=True, exist_ok=True)
            command = [sys.executable, __file__, str(size), "--child", "--keep", str(kept)]
            subprocess.run([*command, *(["--tests"] if options.tests else [])], check=True)


def measure(size: int, folder: Path, with_tests: bool) -> None:
    """Build once, add 1 % and build again; print the figures."""
    path = folder / f"scale_{size}.duckdb"
    path.unlink(missing_ok=True)
    extra = size // 100
    connection = duckdb.connect(str(path))
    create_tables(connection)
    connection.execute(
        "create temp table countries as select iso3 from read_csv(?, all_varchar = true)",
        [str(ROOT / "seeds" / "countries.csv")],
    )
    connection.execute(
        "insert into raw.exchange_rates by name"
        " select 'EUR' as currency, cast(d as date) as rate_date, 1.1 as usd_per_unit, 'synthetic' as source"
        " from range(date '2023-12-01', date '2026-12-31', interval 1 day) as days (d)"
    )
    add_claims(connection, 0, size, size, "run-1")
    connection.close()

    run_dbt(path, "seed")  # reads the project too: the same few seconds whatever the number of claims
    command = "build" if with_tests else "run"
    whole = ("--exclude-resource-type", "unit_test") if with_tests else ()
    full_seconds, full_cpu_seconds = timed(lambda: run_dbt(path, command, *whole))

    connection = duckdb.connect(str(path))
    floor_seconds, floor_cpu_seconds = timed(
        lambda: connection.execute(
            "select record ->> '$.actors[0].entity_id' as actor, record ->> '$.counterpart.entity_id' as counterpart,"
            " count(*), sum(try_cast(record ->> '$.money.amount' as double)) from raw.records group by all"
        ).fetchall()
    )
    # A reader asks more than once: the median of a warm connection.
    country_seconds = sorted(
        timed(lambda: connection.execute("select * from contributions_by_country").fetchall())[0] for _ in range(9)
    )[4]
    precision, recall, commitments = score(connection)
    connection.execute(
        "create temp table countries as select iso3 from read_csv(?, all_varchar = true)",
        [str(ROOT / "seeds" / "countries.csv")],
    )
    add_claims(connection, size, size + extra, size + extra, "run-2", first_document=10**9)
    connection.close()
    more_seconds, more_cpu_seconds = timed(lambda: run_dbt(path, command, *whole, is_standing=with_tests))
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{size}  {full_seconds:.1f}  {full_cpu_seconds:.1f}  {more_seconds:.1f}  {more_cpu_seconds:.1f}"
        f"  {floor_seconds:.2f}  {floor_cpu_seconds:.2f}  {1000 * country_seconds:.1f}"
        f"  {peak_mb:.0f}  {precision:.4f}  {recall:.4f}  {commitments}",
        flush=True,
    )


def add_claims(
    connection: duckdb.DuckDBPyConnection, first: int, last: int, total: int, run: str, first_document: int = 0
) -> None:
    """Append claims `first` to `last` as one run leaves them."""
    values = {
        "first": first, "last": last, "total": total, "run": run, "reports": REPORTS_PER_COMMITMENT,
        "claims_per_document": CLAIMS_PER_DOCUMENT, "sentence_chars": SENTENCE_CHARS, "quote_chars": QUOTE_CHARS,
    }  # fmt: skip
    connection.execute(CLAIMS.format(**values))
    if first_document:
        # Later claims come in documents of their own.
        connection.execute(f"update claims set position = {first_document} + i - {first}")
    connection.execute(RECORDS.format(**values))
    connection.execute(DOCUMENTS.format(**values))
    connection.execute(
        f"insert into raw.runs by name select '{run}' as run_id, now() as started_at, 'ok' as status,"
        " 'synthetic' as provider, '0' as pledgebook_version, '1' as schema_version, '1' as grounding_version"
    )
    connection.execute(
        f"""
        insert into raw.extractions by name
        select replace(document_id, 'd', 'x') as extraction_id, '{run}' as run_id, document_id,
            document_id as fingerprint, 'synthetic' as provider, 1 as attempt_n, 'ok' as status,
            100 as prompt_tokens, 50 as completion_tokens, 0.1 as seconds, '{{}}' as raw_answer, now() as asked_at
        from raw.documents where first_run_id = '{run}'
        """
    )
    connection.execute(
        f"""
        insert into raw.sightings by name
        select 's' || document_id as sighting_id, document_id as source_id, document_id as name,
            document_id as source, document_id, replace(document_id, 'd', 'x') as extraction_id, '{run}' as run_id,
            now() as seen_at, 'ok' as status
        from raw.documents where first_run_id = '{run}'
        """
    )


def score(connection: duckdb.DuckDBPyConnection) -> tuple[float, float, int]:
    """Pairwise precision and recall of the clusters, and their number."""
    row = connection.execute(
        f"""
        with labelled as (
            select commitment_id, cast(substring(claim_id, 2) as bigint) // {REPORTS_PER_COMMITMENT} as truth
            from intermediate.int_claims_clustered
        ),
        both_same as (select sum(n * (n - 1) / 2) as pairs from (
            select count(*) as n from labelled group by commitment_id, truth)),
        found as (select sum(n * (n - 1) / 2) as pairs, count(*) as clusters from (
            select count(*) as n from labelled group by commitment_id)),
        true_pairs as (select sum(n * (n - 1) / 2) as pairs from (select count(*) as n from labelled group by truth))
        select both_same.pairs / found.pairs, both_same.pairs / true_pairs.pairs, found.clusters
        from both_same, found, true_pairs
        """
    ).fetchone()
    assert row is not None
    return float(row[0]), float(row[1]), int(row[2])


def run_dbt(path: Path, command: str, *options: str, is_standing: bool = False) -> None:
    """Run dbt in process; stops with what failed. What each node took is left beside the warehouse."""
    with transform._dbt(path) as (invoke, _):
        manifest = transform._manifest(invoke)
        if is_standing:
            options = tuple(transform._left_standing(manifest))
        result = invoke(command, *options, manifest=manifest)
    if not result.success:
        raise SystemExit(str(result.exception or [f"{r.node.name}: {r.message}" for r in result.result if r.message]))
    nodes = {one.node.name: round(one.execution_time, 3) for one in result.result}
    path.with_suffix(f".{command}.json").write_text(json.dumps(nodes, indent=1))


def timed(action: Callable[[], object]) -> tuple[float, float]:
    """Seconds that `action` takes, by the clock and of processor time."""
    began, began_cpu = time.perf_counter(), time.process_time()
    action()
    return time.perf_counter() - began, time.process_time() - began_cpu


if __name__ == "__main__":
    main()
