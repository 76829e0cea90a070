"""How it stands: the last runs, what is pending or failing and why, cost, freshness, the next run.

In: the warehouse and what is remembered beside it. Out: one mapping, and its text. Nothing is looked
at anew: what a source holds now is for a run to find out.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from extract.sources.state import SourceState, moment
from extract.warehouse import is_locked, kept_files, read_holder, read_warehouse

_SHOWN = 20
# How well a document stands in a place, the best first.
_STATUSES = ("ok", "reprint", "vanished", "failed", "dropped", "forgotten")
_BEST = f"list_position({list(_STATUSES)!r}, status)"


def read_status(warehouse: Path, runs: int = 5, max_age: timedelta | None = None) -> dict[str, Any]:
    """How `warehouse` stands.

    Args:
        runs: How many of the last runs to tell.
        max_age: Complain when the last good run is longer ago.

    Raises:
        WarehouseError: If the warehouse or what is beside it cannot be read.
    """
    state = SourceState(warehouse, read_only=True)
    try:
        log = state.runs(400)
        origins = [one for one in state.origins.values() if not one.name.startswith("file:")]
        failing = [one for one in state.looks.values() if one.error]
    finally:
        state.close()
    running = read_holder(warehouse) if is_locked(warehouse) else None
    died = [one for one in log[:1] if one.outcome == "running" and running is None]
    told: dict[str, Any] = {
        "warehouse": str(warehouse),
        "running": running,
        "runs": [
            {
                "started_at": moment(one.started_at), "finished_at": moment(one.finished_at),
                "outcome": "died" if one in died else one.outcome, "run_id": one.run_id,
                **{name: one.summary.get(name) for name in (
                    "provider", "documents_n", "places_n", "asked_n", "extracted_n", "unchanged_n", "reprints_n",
                    "vanished_n", "put_off_n", "fetched_n", "records_n", "failures", "given_up")},
            }
            for one in log[:runs]
        ],
        "last_good_at": next(
            (moment(one.finished_at) for one in log if one.outcome in {"published", "unchanged"}), None
        ),
        "failing": [
            {"location": one.location, "origin": one.origin, "failures_n": one.failures_n,
             "next_at": moment(one.next_at), "error": one.error}
            for one in sorted(failing, key=lambda look: look.location)
        ],
        "sources": [
            {"name": one.name, "kind": one.kind, "places_n": one.items_n, "checked_at": moment(one.checked_at),
             "ok_at": moment(one.ok_at), "error": one.error}
            for one in sorted(origins, key=lambda origin: origin.name)
        ],
        "kept": [one.run_id for one in kept_files(warehouse)],
        "next_run": _next_run(warehouse),
        **_of_warehouse(warehouse),
    }  # fmt: skip
    told["problems"] = _problems(told, max_age)
    return told


def _of_warehouse(warehouse: Path) -> dict[str, Any]:
    """What the tables tell."""
    if not warehouse.exists():
        return {"documents": {}, "places": {}, "unanswered": [], "vanished": [], "cost_usd": {}}
    with read_warehouse(warehouse) as connection:
        latest = (
            "(select * from raw.sightings"
            " qualify row_number() over (partition by source_id order by seen_at desc, sighting_id desc) = 1)"
        )
        places = connection.execute(f"select status, count(*) from {latest} group by 1 order by 1").fetchall()
        # A text may stand in several places: what it is in the best of them.
        documents = connection.execute(
            f"select status, count(*) from (select arg_min(status, {_BEST}) as status from {latest}"
            " where document_id is not null group by document_id) group by 1 order by 1"
        ).fetchall()
        unanswered = connection.execute(
            f"select source, error from {latest} where error is not null or status = 'failed' order by 1"
        ).fetchall()
        vanished = connection.execute(f"select source from {latest} where status = 'vanished' order by 1").fetchall()
        cost = connection.execute(
            "select sum(cost_usd) filter (where run_id = (select arg_max(run_id, started_at) from raw.runs)),"
            " sum(cost_usd) filter (where asked_at > now() - interval 30 days), sum(cost_usd),"
            " coalesce(sum(prompt_tokens), 0) + coalesce(sum(completion_tokens), 0) from raw.extractions"
        ).fetchone()
    assert cost is not None
    last, month, total, tokens = cost
    return {
        "documents": dict(documents),
        "places": dict(places),
        "unanswered": [{"location": place, "error": error} for place, error in unanswered],
        "vanished": [place for (place,) in vanished],
        "cost_usd": {name: None if value is None else float(value)
                     for name, value in (("last_run", last), ("last_30_days", month), ("total", total))},
        "tokens_n": tokens,
    }  # fmt: skip


def _next_run(warehouse: Path) -> str | None:
    from extract.schedule import next_run

    return next_run(warehouse)


def _problems(told: dict[str, Any], max_age: timedelta | None) -> list[str]:
    """What a person should look at."""
    problems: list[str] = []
    runs = told["runs"]
    if not runs:
        problems.append("no run has been made")
    elif runs[0]["outcome"] in {"died", "failed", "not published"}:
        why = "; ".join((runs[0]["failures"] or [])[:1])
        problems.append(f"the last run: {runs[0]['outcome']}, {why or 'the next one goes on with it'}")
    elif runs[0]["failures"]:
        problems.append(f"{len(runs[0]['failures'])} failures in the last run, first: {runs[0]['failures'][0]}")
    problems += [f"source {one['name']!r}: {one['error']}" for one in told["sources"] if one["error"]]
    if max_age is not None:
        last = datetime.fromisoformat(told["last_good_at"]) if told["last_good_at"] else None
        if last is None or datetime.now(UTC) - last > max_age:
            problems.append(f"the last good run is longer ago than {max_age}")
    return problems


_TITLES = {"documents": "documents", "places": "places (files, pages, rows), of which several may hold one document"}


def status_text(told: dict[str, Any]) -> str:
    """The same for people."""
    lines = [f"warehouse: {told['warehouse']}"]
    running = told["running"]
    if running is not None:
        lines.append(f"running: {running.get('holder', 'a run')}, {running.get('doing', '')}; "
                     f"last progress {running.get('progress_at', 'unknown')}")  # fmt: skip
    lines.append("last runs:")
    for run in told["runs"] or []:
        counts = ", ".join(
            f"{run[name]} {words}"
            for name, words in (("documents_n", "documents"), ("places_n", "places"), ("extracted_n", "extracted"),
                                ("reprints_n", "reprints"), ("vanished_n", "gone"), ("put_off_n", "put off"),
                                ("asked_n", "requests"))
            if run[name] and not (name == "places_n" and run[name] == run["documents_n"])
        )  # fmt: skip
        lines.append(f"  {run['started_at']}  {run['outcome']}" + (f": {counts}" if counts else ""))
        lines += [f"      failed: {one}" for one in (run["failures"] or [])[:3]]
    if not told["runs"]:
        lines.append("  none")
    for title in ("documents", "places"):
        counted = told[title]
        if title == "documents" or counted != told["documents"]:
            words = ", ".join(f"{count} {name}" for name, count in counted.items())
            lines.append(f"{_TITLES[title]}: {words or 'none'}")
    given_up = (told["runs"][0]["given_up"] if told["runs"] else None) or []
    for title, entries in (
        ("without an answer to their present text",
         [f"{one['location']}: {one['error']}" for one in told["unanswered"]]),
        ("failing", [f"{one['location']}: {one['error']} ({one['failures_n']} times; "
                     f"again {one['next_at'] or 'with the next run'})" for one in told["failing"]]),
        ("given up (tried again with --retry-failed, or when they change)", given_up),
        ("gone from their source, claims kept (pledgebook drop takes them out)", told["vanished"]),
    ):  # fmt: skip
        if entries:
            lines.append(f"{title}: {len(entries)}")
            lines += [f"  {one}" for one in entries[:_SHOWN]]
            lines += [f"  … and {len(entries) - _SHOWN} more"] if len(entries) > _SHOWN else []
    if told["sources"]:
        lines.append("sources:")
        lines += [f"  {one['name']} ({one['kind']}): {one['places_n']} places, last looked at well "
                  f"{one['ok_at'] or 'never'}" + (f"; {one['error']}" if one["error"] else "")
                  for one in told["sources"]]  # fmt: skip
    cost = told["cost_usd"]
    if cost and cost["total"] is not None:
        lines.append(f"cost: {cost['last_run'] or 0:.4f} $ last run, {cost['last_30_days'] or 0:.4f} $ in 30 days, "
                     f"{cost['total']:.4f} $ in all")  # fmt: skip
    if told["kept"]:
        lines.append(f"kept for a rollback: {', '.join(told['kept'])}")
    lines.append(f"next run: {told['next_run'] or 'not scheduled (pledgebook schedule install)'}")
    lines += [f"problem: {one}" for one in told["problems"]] or ["all is well"]
    return "\n".join(lines)
