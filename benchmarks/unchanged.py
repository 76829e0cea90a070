"""How long it takes to find out that nothing changed among many documents, and what one change costs.

    python benchmarks/unchanged.py 100000 [--keep FOLDER] [--words 300]

Documents are files in a folder, each with a pledge of its own. The warehouse that knows them is written as a run leaves
it, without the run (--run makes it by one): answers come from a table, so that what is measured is Pledgebook and not a
model. Each run is a process of its own; printed are seconds by the clock and of processor time and
peak memory. The floor beside them lists the same files with `os.stat`, and a second one reads them whole.
The run after one change is split at the line "building and testing the marts": before it stands what this benchmark
is about, after it dbt and publishing. Without --claims the changed document holds no record: what is measured is what
a change costs at least.

Processor time of 100,000 documents on two cores and peak memory, 27 November 2026. By the clock they were 13.4 and
44.5 s before, on cores that did little else; afterwards other work held both cores, so that the clock says nothing
(12.8, 37.2):

    nothing changed                 before 14.1 s, 600 MB (463 up to the plan, on a file without a journal of DuckDB,
                                    which this benchmark used to leave), now 9.5 to 11.2 s, 356 to 370 MB
    one changed                     before 29.7 s more, now 15.4 s more
    one changed, marts built whole  before 29.7 s more, now 21.4 s more

The same day, later, twice on cores that did little else: nothing changed 7.7 and 10.6 s, 341 MB; one changed 12.4 and
6.7 s more (12.6 and 8.8 s of processor time), 535 MB; marts built whole 19.1 and 18.7 s more.

28 November 2026, cores that did nothing else: nothing changed 9.5 s, 332 MB; one changed 10.3 s more (10.6 s of
processor time), 533 MB; marts built whole 26.5 s more.

Of what is left, 2 s import dbt (while the text is read, asked about and loaded), 1.6 s write out the one row group of
DuckDB in which 100,000 texts lie, and 62 nodes of dbt take 6 to 8 s, 1.4 s of them two models over every document.
When the code that reads files is another one, all of them are read anew, which takes minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WORDS = (
    "the minister said on Thursday that the money would reach the region before the rains begin and that a committee "
    "of the parliament is to look at how it is spent in the coming months while aid workers called for more"
).split()


def text_of(number: int, words: int) -> str:
    """A document with a pledge and filling of its own."""
    filling = " ".join(f"{WORDS[(number * 7 + place) % len(WORDS)]}{f' {number}.' if place % 17 == 16 else ''}"
                       for place in range(words))  # fmt: skip
    amount = 1_000 + number
    return f"Norway pledged {amount} million dollars to Sudan on 4 March 2027. Report {number}: {filling}\n"


def write_corpus(folder: Path, count: int, words: int) -> None:
    """`count` files, some hundred to a folder."""
    for number in range(count):
        parent = folder / f"{number // 500:04}"
        if number % 500 == 0:
            parent.mkdir(parents=True)
        (parent / f"{number:06}.txt").write_text(text_of(number, words), encoding="utf-8")


def child(folder: Path, warehouse: Path, has_claims: bool) -> None:
    """One run, in this process."""
    from extract import pipeline
    from extract.config import Settings
    from extract.documents import Document
    from extract.providers import Attempt, Check

    class Table:
        name = "table/pledges"

        def fingerprint(self, document: Document) -> str:
            return hashlib.sha256(f"1|{document.text}".encode()).hexdigest()

        async def extract(self, document: Document, check: Check) -> list[Attempt]:
            quote = document.text.split(". Report")[0] + "."
            draft = {"type": "pledge", "stage": "pledged", "quotes": [quote],
                     "contributors": [{"name": "Norway", "type": "country"}],
                     "recipient": {"name": "Sudan", "type": "country"},
                     "money": quote.split("pledged ")[1].split(" to ")[0], "event_date": "4 March 2027"}  # fmt: skip
            answer = json.dumps({"records": [draft] if has_claims else []})
            await asyncio.sleep(0)
            return [Attempt("ok", self.fingerprint(document), self.name, answer, seconds=0.001)]

        async def close(self) -> None:
            return None

    started = time.monotonic()
    stages: list[float] = []
    before_dbt: list[int] = []

    def stage(message: str) -> None:
        if message.startswith("building"):
            stages.append(time.monotonic() - started)
            before_dbt.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)

    summary = pipeline.run(Settings(warehouse=warehouse), [folder], Table(), stage=stage)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({
        "seconds": time.monotonic() - started, "cpu": usage.ru_utime + usage.ru_stime, "mb": usage.ru_maxrss / 1024,
        "before_dbt": stages[0] if stages else None, "before_dbt_mb": before_dbt[0] / 1024 if before_dbt else None,
        "asked": summary.asked_n, "unchanged": summary.unchanged_n, "published": summary.published,
        "failures": summary.failures[:3],
    }))  # fmt: skip


def fill(folder: Path, warehouse: Path) -> None:
    """What a run on the folder leaves, of documents without a claim; dbt's tables come with the first change."""
    from extract import pipeline
    from extract.documents import files_below
    from extract.warehouse import create_tables, insert_rows, open_warehouse, set_version

    now = "2027-03-04T00:00:00+00:00"
    with open_warehouse(warehouse) as connection:
        create_tables(connection)
        pipeline._load_rates(connection)
        sources = files_below(folder)
        for first in range(0, len(sources), 5000):
            rows: dict[str, list[dict[str, object]]] = {"documents": [], "extractions": [], "sightings": []}
            for source in sources[first : first + 5000]:
                data = source.path.read_bytes()
                text = data.decode()
                document_id = hashlib.sha256(data).hexdigest()[:16]
                fingerprint = hashlib.sha256(f"1|{text}".encode()).hexdigest()
                extraction_id = pipeline.extraction_id(document_id, fingerprint, 1)
                rows["documents"].append({
                    "document_id": document_id, "language": "en", "text": text, "char_count": len(text),
                    "first_loaded_at": now, "first_run_id": "first"})  # fmt: skip
                rows["extractions"].append({
                    "extraction_id": extraction_id, "run_id": "first", "document_id": document_id,
                    "fingerprint": fingerprint, "provider": "table/pledges", "attempt_n": 1, "status": "ok",
                    "raw_answer": '{"records": []}', "asked_at": now})  # fmt: skip
                rows["sightings"].append({
                    "sighting_id": source.source_id, "source_id": source.source_id, "name": source.name,
                    "source": str(source.path), "document_id": document_id, "extraction_id": extraction_id,
                    "run_id": "first", "seen_at": now, "status": "ok", "bytes_hash": document_id})  # fmt: skip
            for table, made in rows.items():
                insert_rows(connection, table, made)
        insert_rows(connection, "runs", [{
            "run_id": "first", "started_at": now, "status": "done", "provider": "table/pledges",
            "pledgebook_version": "0", "schema_version": "0", "grounding_version": "0"}])  # fmt: skip
        for name, value in pipeline.version_stamps().items():
            set_version(connection, name, value)
        connection.execute("checkpoint")  # as it is published


def measured(name: str, *arguments: str) -> dict[str, float]:
    """One run in a process of its own."""
    done = subprocess.run([sys.executable, __file__, "--child", *arguments], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(done.stderr[-3000:])
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    split = f"; before dbt {found['before_dbt']:.1f} s, {found['before_dbt_mb']:.0f} MB" if found["before_dbt"] else ""
    print(
        f"{name:<34} {found['seconds']:7.1f} s  {found['cpu']:7.1f} s cpu  {found['mb']:6.0f} MB"
        f"  asked {found['asked']}, unchanged {found['unchanged']}{split} {found['failures'] or ''}", flush=True
    )  # fmt: skip
    return found


def main() -> None:
    """Make the corpus, run, change one, run."""
    parser = argparse.ArgumentParser()
    parser.add_argument("count", type=int, nargs="?", default=100_000)
    parser.add_argument("--words", type=int, default=300)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--run", action="store_true", help="make the warehouse by a run (an hour)")
    parser.add_argument("--claims", action="store_true", help="with --run: every document holds a pledge")
    parser.add_argument("--child", nargs=3)
    given = parser.parse_args()
    if given.child:
        child(Path(given.child[0]), Path(given.child[1]), given.child[2] == "claims")
        return
    with tempfile.TemporaryDirectory() as scratch:
        base = given.keep or Path(scratch)
        folder, warehouse = base / "articles", base / "warehouse.duckdb"
        if not folder.exists():
            write_corpus(folder, given.count, given.words)
        arguments = (str(folder), str(warehouse), "claims" if given.claims else "none")
        started = time.monotonic()
        size = sum(os.stat(path).st_size for path in folder.rglob("*.txt"))
        print(f"floor: os.stat of {given.count:,} files {time.monotonic() - started:.1f} s; {size / 1e6:.0f} MB")
        started = time.monotonic()
        for path in folder.rglob("*.txt"):
            path.read_bytes()
        print(f"floor: reading them whole {time.monotonic() - started:.1f} s", flush=True)
        if not warehouse.exists() and given.run:
            measured("first run", *arguments)
        elif not warehouse.exists():
            started = time.monotonic()
            # In a process of its own: what this one needs, Linux counts as the peak of every child.
            filling = multiprocessing.get_context("spawn").Process(target=fill, args=(folder, warehouse))
            filling.start()
            filling.join()
            if filling.exitcode:
                raise SystemExit("the warehouse could not be written")
            print(f"warehouse of {warehouse.stat().st_size / 1e6:.0f} MB written in {time.monotonic() - started:.1f} s")
        measured("nothing changed, nothing seen yet", *arguments)
        nothing = measured("nothing changed", *arguments)
        one = folder / "0000" / "000007.txt"
        # The first change finds no marts, or those of another version: everything is built and tested.
        for name in ("one changed, marts built whole", "one changed"):
            one.write_text(text_of(given.count + time.time_ns() // 1000 % 1_000_000, given.words), encoding="utf-8")
            changed = measured(name, *arguments)
            seconds, cpu = changed["seconds"] - nothing["seconds"], changed["cpu"] - nothing["cpu"]
            print(f"{name}: {seconds:.1f} s more ({cpu:.1f} s cpu), "
                  f"{changed['before_dbt'] - nothing['seconds']:.1f} s of them before dbt", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
