"""The extractor that needs no key and no network.

In: a document. Out: drafts in the document's own words, with a confidence each. Mentions are found
by rule, what they mean is decided by a small multilingual network whose weights ship with the
package. The same text always gives the same answer.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path

from extract.documents import Document
from extract.errors import ConfigError
from extract.providers import Attempt, Check

# One thread is faster than several for texts of this size, and leaves the other cores alone. OpenBLAS
# reads it when numpy is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

WEIGHTS = Path(__file__).with_name("weights.npz")
# Written by training beside the weights; what is loaded must agree with it.
WEIGHTS_SHA256 = Path(__file__).with_name("weights.sha256")


class EmbeddedProvider:
    """Answers from the shipped network."""

    def __init__(self, min_confidence: float | None = None) -> None:
        self.name = "embedded"
        self.min_confidence = min_confidence
        self._version = _version()
        self._extractor: object | None = None

    def fingerprint(self, document: Document) -> str:
        """sha256 of the extractor's version and the text."""
        digest = hashlib.sha256(f"embedded|{self._version}|{self.min_confidence}|{document.language}|".encode())
        digest.update(document.text.encode("utf-8", "surrogatepass"))
        return digest.hexdigest()

    async def extract(self, document: Document, check: Check) -> list[Attempt]:
        """One attempt, always `ok`; `check` is not asked, since the answer cannot be mended."""
        started = time.monotonic()
        answer = self.answer(document)
        return [
            Attempt("ok", self.fingerprint(document), self.name, json.dumps(answer, ensure_ascii=False),
                    seconds=time.monotonic() - started)
        ]  # fmt: skip

    async def close(self) -> None:
        """Nothing to release."""

    def answer(self, document: Document) -> dict[str, object]:
        """Drafts, confidences and rejected candidates of one document."""
        from extract.providers.embedded.decide import Thresholds, decide
        from extract.providers.embedded.model import Model

        if self._extractor is None:
            self._extractor = Model(_checked_weights())
        assert isinstance(self._extractor, Model)
        decision = decide(document, self._extractor, Thresholds(), self.min_confidence)
        return {"records": decision.drafts, "confidence": decision.confidence, "rejected": decision.rejected}


def _checked_weights() -> Path:
    """The weights, if they are the ones that the package was made with.

    Raises:
        ConfigError: If they are missing or differ.
    """
    try:
        data = WEIGHTS.read_bytes()
        wanted = WEIGHTS_SHA256.read_text(encoding="ascii").split()[0]
    except (OSError, IndexError) as error:
        raise ConfigError(
            f"The embedded extractor's weights {WEIGHTS.name!r} are missing. Install the package again, "
            "or make them with: make train"
        ) from error
    if hashlib.sha256(data).hexdigest() != wanted:
        raise ConfigError(
            f"The embedded extractor's weights {WEIGHTS.name!r} are not the ones this version was made with. "
            "Install the package again, or make them with: make train"
        )
    return WEIGHTS


def _version() -> str:
    """Hash of the code and weights that decide an answer."""
    digest = hashlib.sha256()
    package = Path(__file__).resolve().parent
    code = [*package.glob("*.py"), *(package.parents[1] / "normalise").glob("*.py")]
    for path in [*sorted(code), package / "confidence.json", package / "recipients.json"]:
        digest.update(path.read_bytes())
    if WEIGHTS_SHA256.exists():
        digest.update(WEIGHTS_SHA256.read_bytes())
    return digest.hexdigest()[:16]
