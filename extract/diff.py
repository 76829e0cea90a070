"""What changed between two runs: claims and totals, and why.

In: a warehouse, whose raw tables keep everything that was ever said. Out: one mapping, and its text.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import duckdb

from extract.errors import ConfigError
from extract.warehouse import read_warehouse

_SHOWN = 30

_CLAIMS_AT = """
    with sighted as (
        select sightings.*
        from raw.sightings
        inner join ordered using (run_id)
        where ordered.place <= {place}
        qualify row_number() over (partition by source_id order by seen_at desc, sighting_id desc) = 1
    )
    select
        sighted.source_id, sighted.source, sighted.status, sighted.document_id, sighted.extraction_id,
        extractions.provider, extractions.fingerprint, records.record_id, records.record_type,
        md5(json_merge_patch(records.record, '{{"evidence": null, "confidence": null}}')::varchar) as content,
        records.record
    from sighted
    left join raw.extractions using (extraction_id)
    left join raw.records
        on records.extraction_id = sighted.extraction_id and sighted.status in ('ok', 'vanished')
"""

_TOTALS = """
    with versions as (
        select versions.*, ordered.place
        from intermediate.int_commitment_versions as versions
        inner join ordered using (run_id)
    ),
    before_it as (
        select * from versions where place <= {first}
        qualify row_number() over (partition by commitment_id order by version_n desc) = 1
    ),
    after_it as (
        select * from versions where place <= {last}
        qualify row_number() over (partition by commitment_id order by version_n desc) = 1
    )
    select
        commitment_id,
        coalesce(after_it.contributor_key, before_it.contributor_key) as contributor_ids,
        coalesce(after_it.counterpart_id, before_it.counterpart_id) as recipient_id,
        coalesce(before_it.change, 'withdrawn') <> 'withdrawn' as was_there,
        coalesce(after_it.change, 'withdrawn') <> 'withdrawn' as is_there,
        before_it.stage as previous_stage, after_it.stage as stage,
        before_it.counted_usd as previous_usd, after_it.counted_usd as usd,
        before_it.state_hash is distinct from after_it.state_hash as is_other
    from after_it full join before_it using (commitment_id)
    order by contributor_ids, recipient_id, commitment_id
"""


def diff_runs(warehouse: Path, run_a: str, run_b: str) -> dict[str, Any]:
    """Claims and totals that differ between two runs.

    Args:
        run_a: A run, the beginning of its name, `first` or `last`.
        run_b: Likewise.

    Raises:
        ConfigError: If there is no such run.
        WarehouseError: If the warehouse cannot be read.
    """
    with read_warehouse(warehouse) as connection:
        connection.execute(
            "create temporary view ordered as select *, row_number() over (order by started_at, run_id) as place"
            " from raw.runs"
        )
        first, last = _run(connection, run_a), _run(connection, run_b)
        before, after = (_claims(connection, one["place"]) for one in (first, last))
        claims = _changed_claims(before, after)
        totals = _changed_totals(connection, first, last, claims)
    return {"run_a": first["run_id"], "run_b": last["run_id"], "claims": claims, "commitments": totals,
            "totals": _by_contributor(totals)}  # fmt: skip


def _run(connection: duckdb.DuckDBPyConnection, name: str) -> dict[str, Any]:
    columns = ("run_id", "place", "grounding_version", "dbt_version", "overrides_version")
    rows = connection.execute(f"select {', '.join(columns)} from ordered order by place").fetchall()
    if name in {"first", "last"} and rows:
        found = [rows[0 if name == "first" else -1]]
    else:
        found = [row for row in rows if row[0] == name] or [row for row in rows if row[0].startswith(name)]
    if len(found) != 1:
        listed = ", ".join(row[0] for row in rows[-6:])
        raise ConfigError(f"{'Several runs begin' if found else 'There is no run'} {name!r}. The last: {listed}.")
    return dict(zip(columns, found[0], strict=True))


def _claims(connection: duckdb.DuckDBPyConnection, place: int) -> dict[str, list[dict[str, Any]]]:
    """What each source stood for after a run, by source_id."""
    cursor = connection.execute(_CLAIMS_AT.format(place=place))
    names = [column[0] for column in cursor.description or []]
    found: dict[str, list[dict[str, Any]]] = {}
    for row in cursor.fetchall():
        one = dict(zip(names, row, strict=True))
        found.setdefault(str(one["source_id"]), []).append(one)
    return found


def _changed_claims(
    before: dict[str, list[dict[str, Any]]], after: dict[str, list[dict[str, Any]]]
) -> list[dict[str, Any]]:  # fmt: skip
    changed: list[dict[str, Any]] = []
    for source_id in sorted({*before, *after}):
        old, new = before.get(source_id, []), after.get(source_id, [])
        had = Counter(one["content"] for one in old if one["record_id"])
        has = Counter(one["content"] for one in new if one["record_id"])
        why = _why(old[0] if old else None, new[0] if new else None)
        for sign, rows, other in (("removed", old, has), ("added", new, had)):
            left = Counter(other)
            for one in rows:
                if not one["record_id"]:
                    continue
                if left[one["content"]] > 0:
                    left[one["content"]] -= 1
                    continue
                changed.append({"change": sign, "why": why, "source": one["source"], "record_id": one["record_id"],
                                "record_type": one["record_type"], "claim": _words(one["record"])})  # fmt: skip
    return changed


def _why(old: dict[str, Any] | None, new: dict[str, Any] | None) -> str:
    if old is None or old["status"] == "failed":
        return "new document"
    if new is None:
        return "forgotten"
    if new["status"] == "dropped":
        return "document dropped"
    if old["status"] == "dropped":
        return "document came back"
    if old["document_id"] != new["document_id"]:
        return "document changed"
    if new["status"] == "reprint":
        return "found to be a reprint"
    if old["provider"] != new["provider"]:
        return "model"
    if old["fingerprint"] != new["fingerprint"]:
        return "prompt"
    return "asked again" if old["extraction_id"] != new["extraction_id"] else "code"


def _words(record: str) -> str:
    """A claim in one line."""
    import json

    values = json.loads(record)
    actors = " + ".join(str(one.get("name")) for one in values.get("actors") or []) or "nobody"
    money, headcount = values.get("money") or {}, values.get("headcount") or {}
    what = money.get("text") or headcount.get("text") or ""
    if not what and money.get("amount") is not None:
        what = f"{money['amount']} {money.get('currency') or ''}".strip()
    return f"{actors}, {values.get('stage') or values.get('role') or values.get('record_type')} {what}".strip()


def _changed_totals(
    connection: duckdb.DuckDBPyConnection, first: dict[str, Any], last: dict[str, Any], claims: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    if not connection.execute("select 1 from duckdb_tables() where table_name = 'int_commitment_versions'").fetchone():
        return []
    cursor = connection.execute(_TOTALS.format(first=first["place"], last=last["place"]))
    names = [column[0] for column in cursor.description or []]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    commitment_of = dict(
        connection.execute("select record_id, any_value(commitment_id) from evidence group by 1").fetchall()
    )
    reasons: dict[str, set[str]] = {}
    for claim in claims:
        reasons.setdefault(commitment_of.get(claim["record_id"], ""), set()).add(claim["why"])
    found = []
    for row in rows:
        if row["was_there"] == row["is_there"] and not (row["is_there"] and row["is_other"]):
            continue
        why = reasons.get(row["commitment_id"], set())
        if not why and not row["is_there"]:
            # Its claims are nowhere any more: what removed claims removed it.
            why = {claim["why"] for claim in claims if claim["change"] == "removed"}
        if not why and first["overrides_version"] != last["overrides_version"]:
            why = {"override"}
        if not why and any(first[name] != last[name] for name in ("grounding_version", "dbt_version")):
            why = {"code or lists"}
        found.append({
            "commitment_id": row["commitment_id"], "contributor_ids": row["contributor_ids"],
            "recipient_id": row["recipient_id"],
            "change": "new" if not row["was_there"] else "withdrawn" if not row["is_there"] else "revised",
            "previous_stage": row["previous_stage"], "stage": row["stage"] if row["is_there"] else None,
            "previous_usd": _number(row["previous_usd"]) if row["was_there"] else None,
            "usd": _number(row["usd"]) if row["is_there"] else None,
            "why": sorted(why) or ["what it is weighed against changed"],
        })  # fmt: skip
    return found


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _by_contributor(commitments: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Changes of the counted sums, by contributor."""
    sums: dict[str, list[Any]] = {}
    for one in commitments:
        entry = sums.setdefault(str(one["contributor_ids"]), [0.0, 0.0, set()])
        entry[0] += one["previous_usd"] or 0.0
        entry[1] += one["usd"] or 0.0
        entry[2] |= set(one["why"])
    return [
        {"contributor_ids": key, "previous_usd": old, "usd": new, "change_usd": new - old, "why": sorted(why)}
        for key, (old, new, why) in sorted(sums.items())
        if old != new
    ]


def diff_text(found: dict[str, Any]) -> str:
    """The same for people."""
    lines = [f"from run {found['run_a']} to run {found['run_b']}"]
    lines.append(f"claims: {len(found['claims'])} changed")
    lines += [
        f"  {'+' if one['change'] == 'added' else '-'} {one['claim']} [{one['why']}: {one['source']}]"
        for one in found["claims"][:_SHOWN]
    ]
    lines += [f"  … and {len(found['claims']) - _SHOWN} more"] if len(found["claims"]) > _SHOWN else []
    lines.append(f"commitments: {len(found['commitments'])} changed")
    for one in found["commitments"][:_SHOWN]:
        stages = " -> ".join(str(stage or "none") for stage in dict.fromkeys((one["previous_stage"], one["stage"])))
        whom = one["recipient_id"] or "nobody named"
        lines.append(f"  {one['change']}: {one['contributor_ids']} for {whom}, {stages}, "
                     f"{_usd(one['previous_usd'])} -> {_usd(one['usd'])} [{', '.join(one['why'])}]")  # fmt: skip
    lines.append(f"totals counted in dollars: {len(found['totals'])} changed")
    lines += [
        f"  {one['contributor_ids']}: {one['change_usd']:+,.0f} $ [{', '.join(one['why'])}]" for one in found["totals"]
    ]
    return "\n".join(lines)


def _usd(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f} $"
