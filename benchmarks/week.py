"""A week of daily runs over a loopback site whose pages appear, change, vanish and are reprinted.

    python benchmarks/week.py [--days 7] [--seed 6]

The model, on loopback too, gives no usable answer about some documents on some days, and goes away half way on one day;
the site is down on another. Each day is one `pledgebook run` on sources.toml with a feed, dbt and all, and one
`pledgebook status`; after each day the totals of contributions_by_country are compared with what the pages said. The
truth of a day: every page that was ever read counts with the figure of its latest version that was answered, vanished
ones too, reprints not at all. It ends with the totals against the truth once the model has answered about everything.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import sys
import tempfile
from pathlib import Path

import duckdb
from typer.testing import CliRunner

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "faults"))
sys.path.insert(0, str(ROOT / "tests"))

from fake_openai import FakeReply, FakeRequest, FakeServer, failed, records  # noqa: E402
from loopback_site import Site  # noqa: E402

from extract.cli import app  # noqa: E402

COUNTRIES = ("Norway", "Peru", "Japan", "Kenya", "Canada", "Brazil", "Poland", "Qatar", "Ireland", "Portugal")
RECIPIENTS = ("Sudan", "Haiti", "Yemen", "Chad", "Nepal", "Malawi", "Somalia", "Lebanon")
CLAIM = re.compile(r"(\w+) pledged (\d+) million dollars to (\w+) on 4 March 2027\.")
FILLING = (
    "The minister of {giver} told reporters so after talks that went on until the small hours. "
    "Officials in {taker} said that the money would go to clinics, wells and schools in the north. "
    "A committee of the parliament of {giver} is to look at the terms before the summer recess. "
    "Aid workers in {taker} called the sum welcome, and asked when the first of it would come. "
)


def article(giver: str, taker: str, millions: int) -> tuple[str, ...]:
    """The paragraphs of a page."""
    return (
        f"{giver} pledged {millions} million dollars to {taker} on 4 March 2027.",
        FILLING.format(giver=giver, taker=taker),
    )


class Week:
    """The site, what it says, and what has been read of it.

    Attributes:
        standing: Giver, recipient and millions that each page says now, by path; None of one that vanished.
        known: The same, as it was last answered about.
    """

    def __init__(self, site: Site, seed: int) -> None:
        self.site = site
        self.chance = random.Random(seed)
        self.pairs = [(giver, taker) for giver in COUNTRIES for taker in RECIPIENTS]
        self.chance.shuffle(self.pairs)
        self.standing: dict[str, tuple[str, str, int] | None] = {}
        self.known: dict[str, tuple[str, str, int]] = {}
        self.reprints: list[str] = []
        self.bad: set[str] = set()
        self.answers_left: int | None = None

    def put(self, path: str, giver: str, taker: str, millions: int) -> None:
        """Put a page up, or another version of it."""
        self.standing[path] = (giver, taker, millions)
        self.site.article(path, f"{giver} pledges to {taker}", *article(giver, taker, millions))

    def day(self, number: int) -> str:
        """What happens to the site on a day, in words."""
        appeared = changed = vanished = reprinted = 0
        for n in range(6 if number else 10):
            giver, taker = self.pairs.pop()
            self.put(f"/{number}-{n}", giver, taker, self.chance.randint(2, 900))
            appeared += 1
        standing = [path for path, said in self.standing.items() if said and not path.startswith(f"/{number}-")]
        self.chance.shuffle(standing)
        if number:
            for path in standing[:2]:
                giver, taker, millions = self.standing[path] or ("", "", 0)
                self.put(path, giver, taker, millions + self.chance.randint(1, 50))
                changed += 1
            path = standing[2]
            self.standing[path] = None
            del self.site.pages[path]
            vanished += 1
            for n, path in enumerate(standing[3:5]):
                said = self.standing[path]
                if said is not None and self.known.get(path) == said:
                    place = f"/{number}-reprint-{n}"
                    self.site.article(place, f"{said[0]} pledges to {said[1]}", "From our correspondents",
                                      *article(*said))  # fmt: skip
                    self.reprints.append(place)
                    reprinted += 1
        listed = [path for path, said in self.standing.items() if said] + self.reprints
        self.site.feed("/feed", *listed[-40:])
        return f"{appeared} pages appeared, {changed} changed, {vanished} vanished, {reprinted} were reprinted"

    def answer(self, request: FakeRequest) -> FakeReply:
        """What the model says."""
        found = CLAIM.search(request.messages[-1]["content"] if len(request.messages) < 3
                             else request.messages[1]["content"])  # fmt: skip
        assert found, request.messages
        giver, millions, taker = found.groups()
        if self.answers_left is not None:
            if self.answers_left <= 0:
                return failed(401, "the key was taken back", code="invalid_api_key")
            self.answers_left -= 1
        path = next(path for path, said in self.standing.items()
                    if (said or self.known.get(path, ("", "", 0)))[:2] == (giver, taker))  # fmt: skip
        if path in self.bad:
            return FakeReply("I would rather not say.")
        self.known[path] = (giver, taker, int(millions))
        return records({
            "type": "pledge", "stage": "pledged", "quotes": [found.group()],
            "contributors": [{"name": giver, "type": "country"}], "recipient": {"name": taker, "type": "country"},
            "money": f"{millions} million dollars", "event_date": "4 March 2027",
        })  # fmt: skip

    def truth(self) -> dict[str, int]:
        """Millions that each country pledged, by what has been answered."""
        totals: dict[str, int] = {}
        for giver, _, millions in self.known.values():
            totals[giver] = totals.get(giver, 0) + millions
        return dict(sorted(totals.items()))


def totals(warehouse: Path) -> dict[str, int]:
    """The same, as the warehouse has it."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        rows = connection.execute(
            "select country, round(sole_pledged_usd / 1e6)::integer from contributions_by_country"
            " where sole_pledged_usd > 0 order by 1"
        ).fetchall()
    return dict(rows)


def main() -> None:
    """Live through the week."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--seed", type=int, default=6)
    given = parser.parse_args()
    wrong = 0
    with tempfile.TemporaryDirectory() as scratch, Site() as site:
        week = Week(site, given.seed)
        with FakeServer(week.answer) as server:
            os.environ.update({"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": "k"})
            base = Path(scratch)
            warehouse = base / "warehouse.duckdb"
            sources = base / "sources.toml"
            sources.write_text(
                '[run]\nwarehouse = "warehouse.duckdb"\nretry_after = "0s"\nsummary = "last-run.json"\n'
                '[fetch]\nallow_networks = ["127.0.0.0/8"]\nrequests_per_second = 500\nrecheck = "0s"\n'
                f'[[source]]\nname = "wire"\nfeed = "{site.url}/feed"\n'
            )
            for day in range(given.days + 1):
                is_last = day == given.days
                happened = "nothing new; the model answers about everything" if is_last else week.day(day)
                week.bad = set() if is_last else {path for path in week.standing if week.chance.random() < 0.12}
                week.answers_left = 3 if day == 3 else None
                site.is_down = day == 5
                if day == 3:
                    happened += "; the model goes away after three answers"
                if site.is_down:
                    happened += "; the site is down"
                print(f"\n=== day {day + 1}: {happened}")
                result = CliRunner().invoke(app, ["run", "--sources", str(sources), "--concurrency", "4"])
                told = json.loads((base / "last-run.json").read_text())
                site.is_down = False
                found, truth = totals(warehouse), week.truth()
                is_right = found == truth
                wrong += not is_right
                names = ("documents_n", "places_n", "extracted_n", "unchanged_n", "reprints_n", "vanished_n", "asked_n")
                print(f"run: exit code {result.exit_code}, {told['status']}, {told['seconds']} s; "
                      + ", ".join(f"{told.get(name, 0)} {name[:-2]}" for name in names))  # fmt: skip
                shown = CliRunner().invoke(app, ["status", "--sources", str(sources), "--runs", "1"])
                print(f"status: exit code {shown.exit_code}")
                print("\n".join(f"  {line}" for line in shown.stdout.splitlines() if "127.0.0.1" not in line or
                                line.startswith("problem"))[:2500])  # fmt: skip
                print(f"totals {'agree with' if is_right else 'DIFFER from'} the truth: {sum(found.values()):,} of "
                      f"{sum(truth.values()):,} million dollars, {len(found)} countries")  # fmt: skip
                if not is_right:
                    print(f"  warehouse {found}\n  truth     {truth}")
            whole: dict[str, int] = {}
            for path, said in week.standing.items():
                giver, _, millions = said or week.known.get(path, ("", "", 0))
                if giver:
                    whole[giver] = whole.get(giver, 0) + millions
            found = totals(warehouse)
            print("\nin the end:  warehouse  what the pages said")
            for country in sorted({*found, *whole}):
                print(f"  {country:<10} {found.get(country, 0):>10,}  {whole.get(country, 0):>10,}")
            print(f"days on which totals differed: {wrong}; differences in the end: {found != whole}")
    sys.exit(1 if wrong or found != whole else 0)


if __name__ == "__main__":
    main()
