"""The reading page: the marts as one HTML file that opens from disk.

In: a built warehouse. Out: a page without scripts that loads nothing. Every figure leads by links within the page to
the commitments behind it, from there to the quotes, and from these to the documents. Nothing is computed here that a
mart does not hold.

A document is untrusted, and so is everything that was read in it: all text becomes markup through `tag`, which escapes
it, and a source becomes a link only if it is a web address.
"""

from __future__ import annotations

import html
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from extract.outputs import refuse_overwriting, write_whole
from extract.report import short_amount, troops
from extract.warehouse import read_marts

Row = Mapping[str, Any]

# Above this a browser becomes slow; whoever has more asks the warehouse.
SHOWN_COMMITMENTS = 2_000
SHOWN_QUOTES = 12
# What a browser shows with a direction or not at all: a text could look like another one.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]")

_RULES = """
:root { --ink: #1c2430; --faint: #5b6675; --line: #d9dee5; --paper: #fff; --soft: #f5f7f9; --link: #0b5394;
  --pledged: #9db8d9; --committed: #4a7fb5; --disbursed: #1d4a7a; --warn: #8a4b00; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 88rem; padding: 1.5rem; color: var(--ink); background: var(--paper);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", "Noto Sans", "Noto Naskh Arabic", sans-serif; }
h1 { font-size: 1.9rem; margin: 0 0 .3rem; } h2 { margin: 2.6rem 0 .6rem; font-size: 1.35rem; }
h3 { margin: 1.4rem 0 .3rem; font-size: 1.05rem; }
p { margin: .4rem 0; max-width: 62rem; } .faint, footer { color: var(--faint); font-size: .9rem; }
a { color: var(--link); text-decoration: none; } a:hover, a:focus { text-decoration: underline; }
nav { display: flex; flex-wrap: wrap; gap: .3rem 1.1rem; padding: .6rem 0; border-bottom: 1px solid var(--line); }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th, td { padding: .35rem .4rem; vertical-align: top; }
th { text-align: left; vertical-align: bottom; border-bottom: 2px solid var(--line); font-weight: 600; }
th[scope=row] { font-weight: 400; vertical-align: top; border-bottom: 1px solid var(--line); min-width: 6rem; }
td { border-bottom: 1px solid var(--line); }
.n { text-align: right; font-variant-numeric: tabular-nums; } td.n:not(.wraps), .day { white-space: nowrap; }
.bar { display: flex; height: .8rem; min-width: 4rem; margin-top: .35em; } .bar span { display: block; min-width: 1px; }
.pledged { background: var(--pledged); } .committed { background: var(--committed); }
.disbursed { background: var(--disbursed); }
.key span { display: inline-block; width: .8rem; height: .8rem; margin: 0 .3rem 0 .9rem; vertical-align: -.08rem; }
.figures { display: flex; flex-wrap: wrap; gap: 1rem 2.5rem; margin: 1rem 0; } .figures b { display: block;
  font-size: 1.5rem; font-variant-numeric: tabular-nums; }
article { border: 1px solid var(--line); border-radius: .4rem; padding: .7rem 1rem; margin: .8rem 0; }
article h3 { margin-top: 0; } article:target, tr:target { outline: 2px solid var(--link); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: .4rem 0; font-size: .92rem; }
dt { color: var(--faint); } dd { margin: 0; }
blockquote { margin: .5rem 0; padding: .3rem .8rem; border-inline-start: 3px solid var(--line);
  background: var(--soft); }
blockquote p { unicode-bidi: isolate; overflow-wrap: anywhere; } blockquote footer { font-size: .85rem; }
bdi { overflow-wrap: anywhere; } .warn { color: var(--warn); } details summary { cursor: pointer; }
@media (max-width: 62rem) { WIDE }
@media (max-width: 40rem) { NARROW
  body { padding: 1rem; } dl { grid-template-columns: 1fr; } dd { margin-bottom: .3rem; } }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ee; --faint: #9aa5b4; --line: #37404c; --paper: #14181e;
  --soft: #1c222a; --link: #8ab8ea; --pledged: #35506f; --committed: #4f83ba; --disbursed: #9cc3ee; --warn: #e0a458; } }
@media print { nav { display: none; } body { max-width: none; } }
"""
# Where its columns do not fit, a row is a paragraph: its first cell, below it each figure that there is, with its name.
_ROWS_AS_PARAGRAPHS = """
TABLE thead { position: absolute; clip-path: inset(50%); } TABLE, TABLE tbody { display: block; }
TABLE tr { display: flex; flex-wrap: wrap; gap: .1rem 1.2rem; padding: .45rem 0; border-bottom: 1px solid var(--line); }
TABLE tr > * { display: block; border: 0; padding: 0; max-width: 100%; text-align: start; }
TABLE tr > :first-child { flex-basis: 100%; font-weight: 600; } TABLE td[data-none] { display: none; }
TABLE td:not(:first-child)::before { content: attr(data-head) " "; color: var(--faint); font-size: .85rem; }
TABLE td:has(> .bar) { flex-basis: 100%; } TABLE td:has(> .bar)::before { content: none; }
"""
_STYLE = _RULES.replace("WIDE", _ROWS_AS_PARAGRAPHS.replace("TABLE", "table.wide")).replace(
    "NARROW", _ROWS_AS_PARAGRAPHS.replace("TABLE", "table")
)


class Markup(str):
    """Text that is markup already."""


def tag(element: str, /, *children: str | Iterable[str], **attributes: str | None) -> Markup:
    """An element. Children and attributes that are not Markup are escaped; an attribute of None is left out.

    Args:
        children: Texts, elements, or iterables of them.
        attributes: `class_` stands for `class`.
    """
    opened = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escaped(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    inner: list[str] = []
    for child in children:
        inner.extend(
            part if isinstance(part, Markup) else escaped(part)
            for part in ([child] if isinstance(child, str) else child)
        )
    if element in {"meta", "br"}:
        return Markup(f"<{element}{opened}>")
    return Markup(f"<{element}{opened}>{''.join(inner)}</{element}>")


def escaped(text: str) -> str:
    """`text` as HTML shows it, with what cannot be seen made visible."""
    return html.escape(_UNSEEN.sub("\ufffd", text))


def write_page(warehouse: Path, output: Path, *, shown: int = SHOWN_COMMITMENTS) -> Path:
    """Write the reading page of `warehouse`.

    Args:
        output: The file to write, put in its place whole.
        shown: Most commitments to show, those that count most first.

    Raises:
        ConfigError: If there is no warehouse, or the file cannot be written.
        WarehouseError: If the warehouse cannot be read or holds no marts.
    """
    refuse_overwriting(output, [warehouse], "Name another with --output.")
    with read_marts(warehouse) as connection:
        text = page(connection, shown=shown)
    write_whole(
        output,
        lambda part: part.write_text(text, encoding="utf-8", errors="replace"),
        "Name another with --output.",
    )
    return output


def page(connection: duckdb.DuckDBPyConnection, *, shown: int = SHOWN_COMMITMENTS) -> str:
    """The whole page."""
    marts = Marts(connection, shown)
    sections = [
        ("countries", "Contributions by country", countries(marts)),
        ("organisations", "Contributions of others", others(marts)),
        ("joint", "Joint commitments", joint(marts)),
        ("forces", "Forces", forces(marts)),
        ("memberships", "Memberships", memberships(marts)),
        ("conflicts", "Conflicting reports", conflicts(marts)),
        ("review", "Left to a person", review(marts)),
        ("changes", "Changed by the last run", changes(marts)),
        ("commitments", "Commitments and their words", commitments(marts)),
        ("documents", "Documents", documents(marts)),
    ]
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag(
            "meta",
            http_equiv="Content-Security-Policy",
            content="default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'",
        ),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", "Pledgebook: who promised what to whom"),
        tag("style", Markup(_STYLE)),
    )
    body = tag(
        "body",
        tag("h1", "Who promised what to whom"),
        tag(
            "p",
            "Every figure leads to the commitments behind it, and these to the words that prove them.",
            class_="faint",
        ),
        tag(
            "nav",
            (tag("a", title, href=f"#{name}") for name, title, content in sections if content),
            aria_label="Parts",
        ),
        summary(marts),
        (tag("section", tag("h2", title, id=name), *content) for name, title, content in sections if content),
        tag(
            "footer",
            tag(
                "p",
                "Made by Pledgebook from the marts of a warehouse. Sums are lower bounds in US dollars; "
                "“–” says that nothing is known, never that it is 0.",
            ),
        ),
    )
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


class Marts:
    """What the page shows, read once."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, shown: int) -> None:
        self._connection = connection
        self.countries = self.rows(
            "from contributions_by_country order by sole_total_usd desc, joint_group_total_usd desc,"
            " troop_promises_n + troop_deployments_n desc, memberships_n desc, country"
        )
        self.all_n = int(self.rows("select count(*) as n from commitments")[0]["n"])
        self.commitments = self.rows(
            "from commitments order by counted_usd desc nulls last, include_in_totals desc, documents_n desc,"
            f" commitment_id limit {int(shown)}"
        )
        self.shown_ids = {row["commitment_id"] for row in self.commitments}
        self.by_contributor: dict[str, list[Row]] = defaultdict(list)
        for row in self.commitments:
            for one in (row["contributor_ids"] or "").split("|"):
                self.by_contributor[one].append(row)
        self.quotes: dict[str, list[Row]] = defaultdict(list)
        for row in self._of_shown("evidence", "document_id, span_start, claim_id, quote_n"):
            self.quotes[row["commitment_id"]].append(row)
        self.document_ids = {row["document_id"] for quotes in self.quotes.values() for row in quotes}

    def rows(self, sql: str) -> list[Row]:
        cursor = self._connection.execute(sql)
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def _of_shown(self, mart: str, order: str) -> list[Row]:
        cursor = self._connection.execute(
            f"from {mart} where commitment_id in (select unnest(?::varchar[])) order by {order}",
            [sorted(self.shown_ids)],
        )
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


# --- parts of the page ------------------------------------------------------------------------


def summary(marts: Marts) -> Markup:
    """What there is, in a few figures."""
    [totals] = marts.rows(
        "select count(*) as commitments_n, coalesce(sum(counted_usd), 0) as usd,"
        " count(*) filter (where include_in_totals) as counted_n from commitments"
    )
    [read] = marts.rows(
        "select count(distinct document_id) as documents_n, count(distinct language) as languages_n,"
        " min(publication_date) as first_date, max(publication_date) as last_date from evidence"
    )
    figures = [
        (usd(totals["usd"]), f"in {totals['counted_n']} commitments of money that count, each once"),
        (count(totals["commitments_n"]), "commitments, memberships and sums in all"),
        (count(read["documents_n"]), f"documents that prove them, in {read['languages_n']} languages"),
        (f"{read['first_date'] or '–'} to {read['last_date'] or '–'}", "published"),
    ]
    return tag("div", (tag("div", tag("b", figure), text) for figure, text in figures), class_="figures")


def countries(marts: Marts) -> list[Markup]:
    """A bar and a row for each country; each figure leads to the country's commitments."""
    if not marts.countries:
        return []
    most = max((row["sole_total_usd"] for row in marts.countries), default=Decimal(0)) or Decimal(1)
    key = tag(
        "p",
        "A commitment stands in one stage:",
        *(part for stage in ("pledged", "committed", "disbursed") for part in (tag("span", class_=stage), stage)),
        class_="faint key",
    )
    body = []
    for row in marts.countries:
        place = f"#country-{anchor(row['iso3'])}"

        def cell(text: str, place: str = place, kind: str = "n") -> Markup:
            return tag("td", tag("a", text, href=place) if text != "–" else text, class_=kind)

        widths = [
            (stage, float(100 * row[f"sole_{stage}_usd"] / most)) for stage in ("pledged", "committed", "disbursed")
        ]
        bar = "" if not row["sole_total_usd"] else tag(
            "div",
            (tag("span", class_=stage, style=f"width:{width:.2f}%") for stage, width in widths if width > 0),
            class_="bar",
            role="img",
            aria_label=f"{usd(row['sole_total_usd'])} alone",
        )
        body.append(
            tag(
                "tr",
                tag("th", tag("a", row["country"], href=place), scope="row"),
                tag("td", bar),
                *(cell(usd(row[f"sole_{stage}_usd"])) for stage in ("pledged", "committed", "disbursed")),
                cell(count(row["joint_commitments_n"])),
                cell(usd(row["joint_group_total_usd"])),
                cell(persons(row["troop_promises_n"], row["troops_promised_min"]), kind="n wraps"),
                cell(persons(row["troop_deployments_n"], row["troops_deployed_min"]), kind="n wraps"),
                cell(count(row["memberships_n"])),
                cell(percent(row["pct_gdp"])),
                cell(count(row["documents_n"])),
            )
        )
    head = [
        "country",
        "alone",
        "pledged",
        "committed",
        "disbursed",
        "joint",
        "groups' sum*",
        "troops promised",
        "troops deployed",
        "seats",
        "% of GDP",
        "documents",
    ]
    years = sorted({row["reference_year"] for row in marts.countries if row["reference_year"]})
    note = "* of the whole groups: it is credited to no country and does not add up over countries."
    if years:
        note += f" GDP of {years[0]}" + (f" to {years[-1]}" if len(years) > 1 else "") + ", rounded and unchecked."
    listed = (
        tag(
            "details",
            tag("summary", row["country"], f" ({len(marts.by_contributor[row['iso3']])} shown)"),
            tag("ul", (tag("li", *line(one)) for one in marts.by_contributor[row["iso3"]])),
            id=f"country-{anchor(row['iso3'])}",
            open="",
        )
        for row in marts.countries
    )
    return [key, table(head, body, note, first_numeric=2, is_wide=True), tag("h3", "What is behind them"), *listed]


def others(marts: Marts) -> list[Markup]:
    """Organisations, persons and others that give."""
    rows = marts.rows(
        "from contributions_by_organisation where sole_total_usd > 0 or joint_commitments_n > 0 or troop_promises_n > 0"
        " or troop_deployments_n > 0 order by sole_total_usd desc, contributor"
    )
    if not rows:
        return []
    body = [
        tag(
            "tr",
            tag("td", tag("bdi", row["contributor"])),
            tag("td", words(row["contributor_type"])),
            *(tag("td", usd(row[f"sole_{stage}_usd"]), class_="n") for stage in ("pledged", "committed", "disbursed")),
            tag("td", count(row["joint_commitments_n"]), class_="n"),
            tag("td", links(marts, [one["commitment_id"] for one in marts.by_contributor[row["contributor_id"]]])),
        )
        for row in rows
    ]
    return [table(["who", "kind", "pledged", "committed", "disbursed", "joint", "commitments"], body, first_numeric=2,
                  last_numeric=5)]  # fmt: skip


def joint(marts: Marts) -> list[Markup]:
    """Sums that several gave together."""
    grouped: dict[str, list[Row]] = defaultdict(list)
    for row in marts.rows(
        "from joint_commitments order by group_counted_usd desc nulls last, commitment_id, contributor"
    ):
        grouped[row["commitment_id"]].append(row)
    if not grouped:
        return []
    body = []
    for commitment_id, members in grouped.items():
        first = members[0]
        names = (
            tag(
                "bdi",
                member["contributor"] + (f" ({usd(member['share_usd'])})" if member["share_usd"] else ""),
                ", " if n + 1 < len(members) else "",
            )
            for n, member in enumerate(members)
        )
        body.append(
            tag(
                "tr",
                tag("td", *names),
                tag("td", tag("bdi", first["recipient"] or "–")),
                tag("td", link(marts, commitment_id, sum_of(first, "group_amount")), class_="n"),
                tag("td", usd(first["group_counted_usd"]), class_="n"),
                tag("td", words(first["current_stage"])),
            )
        )
    note = (
        "One sum of all together: no share is known unless it stands beside a name, and nobody is credited with "
        "the whole."
    )
    return [table(["together", "for", "as reported", "counts", "stage"], body, note, first_numeric=2, last_numeric=3)]


def forces(marts: Marts) -> list[Markup]:
    """Who serves where."""
    rows = marts.rows("from force_contributions order by force, force_id, is_part, contributors")
    if not rows:
        return []
    body = [
        tag(
            "tr",
            tag("td", tag("bdi", row["force"])),
            tag("td", tag("bdi", row["contributors"] or "–")),
            tag("td", link(marts, row["commitment_id"], count(row["promised_min"])), class_="n"),
            tag("td", link(marts, row["commitment_id"], count(row["deployed_min"])), class_="n"),
            tag(
                "td",
                link(marts, row["commitment_id"], words(row["current_stage"])),
                f", then perhaps {words(row['planned_next_stage'])}" if row["planned_next_stage"] else "",
            ),
            tag("td", "part of a force that is counted whole" if row["is_part"] else ""),
        )
        for row in rows
    ]
    return [
        table(["force", "contributors", "promised", "deployed", "stage", ""], body, first_numeric=2, last_numeric=3)
    ]


def memberships(marts: Marts) -> list[Markup]:
    """Who sits where."""
    rows = marts.rows("from memberships_current order by organisation, body, member, membership_id")
    if not rows:
        return []
    body = [
        tag(
            "tr",
            tag("td", tag("bdi", row["organisation"] or "–"), f", {row['body']}" if row["body"] else ""),
            tag("td", tag("bdi", row["member"])),
            tag("td", words(row["role"])),
            tag("td", link(marts, row["membership_id"], words(row["current_stage"]))),
            tag("td", str(row["stage_since"] or "–"), class_="day"),
            tag("td", count(row["documents_n"]), class_="n"),
        )
        for row in rows
    ]
    return [table(["organisation", "member", "role", "stage", "since", "documents"], body, first_numeric=5)]


def conflicts(marts: Marts) -> list[Markup]:
    """Who says otherwise."""
    rows = marts.rows(
        "from conflicts order by is_contradiction desc, commitment_id, field, other_independent_sources_n desc,"
        " conflict_id"
    )
    if not rows:
        return []
    body = [
        tag(
            "tr",
            tag(
                "td",
                link(marts, row["commitment_id"], words(row["field"])),
                tag("br"),
                tag("span", words(row["kind"]), class_="warn" if row["is_contradiction"] else "faint"),
            ),
            tag("td", tag("b", row["preferred_value"] or "–"), said(marts, row, "preferred")),
            tag("td", tag("b", row["other_value"] or "–"), said(marts, row, "other")),
        )
        for row in rows
    ]
    note = (
        "Nothing is thrown away: the preferred value counts, the other one stands here. Roundings and revisions "
        "contradict nobody."
    )
    return [table(["of what", "preferred", "other"], body, note)]


def review(marts: Marts) -> list[Markup]:
    """What the rules did not decide."""
    rows = marts.rows("from review_queue order by score desc nulls last, question, commitment_id, other_commitment_id")
    if not rows:
        return []
    body = [
        tag(
            "tr",
            tag("td", words(row["question"])),
            tag("td", f"{row['score']:.2f}" if row["score"] is not None else "–", class_="n"),
            tag("td", row["reason"] or ""),
            tag("td", link(marts, row["commitment_id"], row["commitment_id"])),
            tag("td", link(marts, row["other_commitment_id"], row["other_commitment_id"] or "–")),
        )
        for row in rows
    ]
    note = "Decide in seeds/commitment_overrides.csv: part_of, not_part_of, merge or split."
    return [table(["question", "score", "reason", "commitment", "other"], body, note, first_numeric=1, last_numeric=1)]


def changes(marts: Marts) -> list[Markup]:
    """What the last run brought."""
    rows = marts.rows(
        "from changes_since_last_run order by change, counted_usd desc nulls last, commitment_id limit 200"
    )
    if not rows or (all(row["change"] == "new" for row in rows) and len(rows) == marts.all_n):
        return []
    body = [
        tag(
            "tr",
            tag("td", words(row["change"])),
            tag("td", link(marts, row["commitment_id"], row["contributor_ids"] or row["commitment_id"])),
            tag("td", tag("bdi", row["recipient"] or "–")),
            tag("td", f"{words(row['previous_stage'])} → {words(row['current_stage'])}"),
            tag("td", usd(row["previous_counted_usd"]), class_="n"),
            tag("td", usd(row["counted_usd"]), class_="n"),
        )
        for row in rows
    ]
    return [table(["change", "who", "to whom", "stage", "counted before", "counts now"], body, first_numeric=4)]


def commitments(marts: Marts) -> list[Markup]:
    """Each commitment with its figures and its words."""
    if not marts.commitments:
        return []
    left_out = marts.all_n - len(marts.commitments)
    note = [
        tag("p", f"{left_out:,} more are in the warehouse: those that count least are left out here.", class_="warn")
    ]
    return [*(note if left_out > 0 else []), *(commitment(marts, row) for row in marts.commitments)]


def commitment(marts: Marts, row: Row) -> Markup:
    """One commitment."""
    figures: list[tuple[str, str | None]] = [
        ("as reported", sum_of(row, "amount") if row["currency"] or row["amount"] or row["amount_min"] else None),
        ("persons", quantity(row, "headcount")),
        ("items", count(row["equipment"]) if row["equipment"] else None),
        (
            "in dollars",
            f"{usd(row['usd_min'])} at least, at {row['exchange_rate']:.6g} of {row['rate_date'] or '–'}"
            f" ({row['rate_source']})"
            if row["usd_min"] is not None and row["exchange_rate"] is not None
            else None,
        ),
        (
            "counts",
            usd(row["counted_usd"]) if row["include_in_totals"] else f"in no total: {words(row['exclude_reason'])}",
        ),
        ("drawn on by later steps", usd(row["drawn_usd"]) if row["drawn_usd"] else None),
        (
            "stage",
            " ".join(
                filter(
                    None,
                    [
                        words(row["current_stage"] or row["realis"]),
                        f"since {row['stage_since']}" if row["stage_since"] else None,
                    ],
                )
            ),
        ),
        ("for", row["purpose"]),
        ("if", row["condition"]),
        ("why these reports are one", row["cluster_reasons"]),
        ("decided by a person", row["override_note"]),
        (
            "reported by",
            f"{row['documents_n']} documents, {row['independent_sources_n']} independent sources,"
            f" in {row['languages'] or '–'}",
        ),
    ]
    rows = [part for name, value in figures if value for part in (tag("dt", name), tag("dd", tag("bdi", value)))]
    if row["parent_commitment_id"]:
        rows += [
            tag("dt", words(row["link_kind"])),
            tag("dd", link(marts, row["parent_commitment_id"], "this one"), f": {row['link_reason']}"),
        ]
    if row["has_conflict"]:
        rows += [
            tag("dt", "conflict"),
            tag("dd", tag("a", "reports contradict each other", href="#conflicts", class_="warn")),
        ]
    quotes = marts.quotes[row["commitment_id"]]
    more = len(quotes) - SHOWN_QUOTES
    return tag(
        "article",
        tag("h3", *title(row)),
        tag("dl", *rows),
        *(quoted(one) for one in quotes[:SHOWN_QUOTES]),
        tag("p", f"and {more} more quotes in the mart evidence", class_="faint") if more > 0 else "",
        id=f"c-{anchor(row['commitment_id'])}",
    )


def quoted(row: Row) -> Markup:
    """A quote, and where it stands."""
    about = [row["speaker"], row["outlet"], str(row["publication_date"]) if row["publication_date"] else None]
    return tag(
        "blockquote",
        tag("p", row["quote"], lang=row["language"], dir="auto"),
        tag(
            "footer",
            ", ".join(filter(None, about)) or "undated",
            " · ",
            tag("a", row["title"] or row["source"] or row["document_id"], href=f"#d-{anchor(row['document_id'])}"),
            f" · characters {row['span_start']}–{row['span_end']}",
        ),
    )


def documents(marts: Marts) -> list[Markup]:
    """The documents that the quotes come from."""
    seen: dict[str, Row] = {}
    behind: dict[str, list[str]] = defaultdict(list)
    for commitment_id, quotes in marts.quotes.items():
        for one in quotes:
            seen.setdefault(one["document_id"], one)
            if commitment_id not in behind[one["document_id"]]:
                behind[one["document_id"]].append(commitment_id)
    if not seen:
        return []
    body = [
        tag(
            "tr",
            tag("td", tag("bdi", row["title"] or "–", lang=row["language"])),
            tag("td", tag("bdi", row["outlet"] or "–")),
            tag("td", str(row["publication_date"] or "–"), class_="day"),
            tag("td", row["language"] or "–"),
            tag("td", source(row["source"])),
            tag("td", links(marts, behind[document_id])),
            id=f"d-{anchor(document_id)}",
        )
        for document_id, row in sorted(seen.items(), key=lambda item: (str(item[1]["publication_date"]), item[0]))
    ]
    return [table(["title", "outlet", "published", "language", "where", "proves"], body)]


# --- pieces -----------------------------------------------------------------------------------


def table(
    head: Sequence[str], body: Sequence[Markup], note: str = "", *, first_numeric: int = 99, last_numeric: int = 99,
    is_wide: bool = False,
) -> Markup:  # fmt: skip
    """A table whose rows are paragraphs on a small screen, and which scrolls by itself if all that is not enough.

    Args:
        is_wide: It has many columns: also on a screen of middle size.
    """
    cells = (
        tag("th", name, class_="n" if first_numeric <= n <= last_numeric else None, scope="col")
        for n, name in enumerate(head)
    )
    # Beside the table, not its caption: of what is wider than the window only the table is to be scrolled.
    rows = (_labelled(row, head) for row in body)
    filled = tag("table", tag("thead", tag("tr", *cells)), tag("tbody", *rows), class_="wide" if is_wide else None)
    table = tag("div", filled, class_="scroll")
    return Markup(tag("p", note, class_="faint") + table) if note else table


# Where a cell begins, and whether nothing stands in it: every < of a text is escaped.
_CELL = re.compile(r"<(td|th)\b([^>]*)>(?=(–?</t[dh]>)?)")


def _labelled(row: Markup, head: Sequence[str]) -> Markup:
    """`row` with the name of its column on each cell, for where no head stands above it."""
    names = iter(head)

    def labelled(cell: re.Match[str]) -> str:
        nothing = " data-none" if cell[3] else ""
        return f'<{cell[1]}{cell[2]} data-head="{escaped(next(names, ""))}"{nothing}>'

    return Markup(_CELL.sub(labelled, row))


def title(row: Row) -> list[str]:
    """Who, to whom."""
    who = tag("bdi", row["contributors"] or "nobody named")
    if row["commitment_type"] == "membership":
        return [who, " in ", tag("bdi", row["recipient"] or "–")]
    role = row["role"] if row["role"] not in (None, "contribution") else None
    return [
        *([f"{words(role)} of " if row["contributors"] is None else f"{words(role)}: "] if role else []),
        *([] if role and row["contributors"] is None else [who, " → "]),
        tag("bdi", row["recipient"] or "–"),
    ]


def line(row: Row) -> list[str]:
    """A commitment in one line, with its best quote."""
    headcount = quantity(row, "headcount")
    figure = (f"{headcount} persons" if headcount else None) or (
        sum_of(row, "amount") if row["amount"] or row["amount_min"] or row["amount_max"] else None
    )
    told = ", ".join(
        filter(
            None,
            [
                figure,
                words(row["current_stage"] or row["realis"]),
                "joint" if row["is_joint"] else None,
                f"not counted: {words(row['exclude_reason'])}"
                if row["exclude_reason"] not in (None, "not_money")
                else None,
            ],
        )
    )
    return [
        tag("a", *title(row), href=f"#c-{anchor(row['commitment_id'])}"),
        f": {told} ",
        tag("span", "“", tag("bdi", shortened(row["best_quote"] or ""), dir="auto"), "”", class_="faint"),
    ]


def said(marts: Marts, row: Row, side: str) -> Markup:
    """One side of a conflict: the words, and who says so."""
    who = row[f"{side}_speaker"] or words(row[f"{side}_source_kind"])
    place = row[f"{side}_document_id"]
    document = tag("a", "document", href=f"#d-{anchor(place)}") if place in marts.document_ids else f"document {place}"
    return tag(
        "blockquote", tag("p", row[f"{side}_quote"] or "", dir="auto"), tag("footer", tag("bdi", who), " · ", document)
    )


def link(marts: Marts, commitment_id: str | None, text: str) -> str:
    """A link to a commitment, if the page shows it."""
    if commitment_id is None or commitment_id not in marts.shown_ids or text == "–":
        return text
    return tag("a", text, href=f"#c-{anchor(commitment_id)}")


def links(marts: Marts, commitment_ids: Sequence[str]) -> list[str]:
    shown = [one for one in commitment_ids if one in marts.shown_ids]
    return [part for n, one in enumerate(shown) for part in (link(marts, one, str(n + 1)), " ")]


def source(place: str | None) -> str:
    """Where a document is: a link for a web address, otherwise text."""
    if place and re.match(r"https?://[^\s]+$", place):
        return tag("a", place, href=place, rel="noreferrer noopener nofollow")
    return tag("bdi", place or "–")


def anchor(key: str) -> str:
    """`key` as a part of an address within the page."""
    return "".join(
        character if character.isascii() and character.isalnum() else f"_{ord(character):x}" for character in key
    )


def sum_of(row: Row, name: str) -> str:
    """A sum as it was reported, in its own currency."""
    low, high = row[f"{name}_min"], row[f"{name}_max"]
    value = row[name] if row[name] is not None else low if low is not None else high
    if value is None:
        return "–"
    if row["qualifier"] == "between" and low is not None and high is not None:
        figure = f"{low:,.0f} to {high:,.0f}"
    else:
        figure = f"{value:,.0f}"
    qualifier = words(row["qualifier"]) if row["qualifier"] not in (None, "exact", "unspecified", "between") else ""
    return " ".join(filter(None, [qualifier, figure, row["currency"] or "(no currency)"]))


def quantity(row: Row, name: str) -> str | None:
    value = row[name] if row[name] is not None else row[f"{name}_min"]
    if value is None:
        return None
    return f"{'at least ' if row[f'{name}_max'] is None else ''}{value:,}"


def usd(value: Decimal | float | None) -> str:
    """Dollars in words short enough for a table."""
    return f"${short_amount(value)}" if value else "–"


def count(value: int | None) -> str:
    return f"{value:,}" if value else "–"


def persons(commitments_n: int | None, number: int | None) -> str:
    """As `troops` words it."""
    return troops(commitments_n, number) if commitments_n else "–"


def percent(value: float | None) -> str:
    return f"{value:.2g}" if value else "–"


def words(value: str | None) -> str:
    return (value or "–").replace("_", " ")


def shortened(text: str, chars: int = 160) -> str:
    return text if len(text) <= chars else text[: chars - 1].rstrip() + "…"
