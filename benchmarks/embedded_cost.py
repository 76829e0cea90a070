"""What the embedded extractor costs: seconds a document of one core, memory, and whether memory stays flat.

Run: python benchmarks/embedded_cost.py [documents] (default 200; 10000 takes about two hours)
Documents are the samples, cut to 2,000 characters, each time with other figures, so that nothing is the same twice. The
floor in the same run is finding mentions and names alone, without the network; texts without any figure or organisation
show what a document costs in which nothing needs it.
"""

from __future__ import annotations

import json
import random
import re
import resource
import sys
import time
from pathlib import Path

from extract.documents import Document, document_from_text, find_sources, read_document
from extract.normalise.actors import find_actors
from extract.providers.embedded import EmbeddedProvider
from extract.providers.embedded.mentions import find_mentions

LENGTH = 2_000
PLAIN = "The river rose in the night. Nobody had seen it so high, and the old bridge was closed to carts. "


def peak_mb() -> float:
    """Most memory this process has had, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def changed(text: str, chance: random.Random) -> str:
    """The text with other digits."""
    return re.sub(r"[1-9]", lambda _: str(chance.randint(1, 9)), text)


def main() -> None:
    """Print one line of JSON."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    chance = random.Random(1)
    samples = [read_document(one).text[:LENGTH] for one in find_sources([Path("seeds/documents")])]
    started = time.process_time()
    provider = EmbeddedProvider()
    provider.answer(document_from_text("Oslo gave 5 million dollars to UNICEF."))
    load = time.process_time() - started

    def spent(document: Document) -> float:
        started = time.process_time()
        provider.answer(document)
        return time.process_time() - started

    network, floor, early = [], [], 0.0
    for n in range(count):
        document = document_from_text(changed(samples[n % len(samples)], chance))
        started = time.process_time()
        find_mentions(document.text, document.language)
        find_actors(document.text, document.language)
        floor.append(time.process_time() - started)
        network.append(spent(document))
        if n + 1 == max(1, count // 10):
            early = peak_mb()
    plain = [spent(document_from_text((PLAIN * 25)[n : n + LENGTH])) for n in range(20)]
    mean = sum(network) / count
    print(json.dumps({
        "documents": count,
        "load_s": round(load, 2),
        "s_a_document": round(mean, 3),
        "slowest_s": round(max(network), 3),
        "mentions_alone_s": round(sum(floor) / count, 3),
        "ratio_to_mentions": round(mean * count / sum(floor), 1),
        "nothing_for_the_network_s": round(sum(plain) / len(plain), 4),
        "peak_mb_after_a_tenth": round(early),
        "peak_mb": round(peak_mb()),
    }))  # fmt: skip


if __name__ == "__main__":
    main()
