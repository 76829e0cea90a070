"""A provider of fixed answers, and the texts that it knows."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from extract.documents import Document
from extract.providers import Attempt, Check

NORWAY = "Norway pledged 900 million dollars to Sudan on 4 March 2027. The minister said so in Oslo."
PERU = "Peru will send 40 engineers to Haiti next month. Lima has not said for how long they will stay."
NOTHING = "It rained in Bergen all week, and the football match was put off until the pitch had dried."

NORWAY_PLEDGE = {
    "type": "pledge", "stage": "pledged", "quotes": ["Norway pledged 900 million dollars to Sudan on 4 March 2027."],
    "contributors": [{"name": "Norway", "type": "country"}], "recipient": {"name": "Sudan", "type": "country"},
    "money": "900 million dollars", "event_date": "4 March 2027",
}  # fmt: skip
PERU_TROOPS = {
    "type": "troop_commitment", "stage": "promised", "quotes": ["Peru will send 40 engineers to Haiti next month."],
    "contributors": [{"name": "Peru", "type": "country"}], "host": "Haiti", "headcount": "40 engineers",
}  # fmt: skip
DRAFTS: dict[str, list[dict[str, Any]]] = {NORWAY: [NORWAY_PLEDGE], PERU: [PERU_TROOPS], NOTHING: []}


class FakeProvider:
    """Answers from a table of texts to drafts, and counts what it was asked.

    Attributes:
        asked: Names of the documents it was asked about, in order.
        answers: Attempts to give instead, by document name.
    """

    def __init__(self, version: str = "1") -> None:
        self.name = "fake/model"
        self.version = version
        self.asked: list[str] = []
        self.answers: dict[str, list[Attempt]] = {}
        self.fatal: object | None = None
        self.is_closed = False

    def fingerprint(self, document: Document) -> str:
        return hashlib.sha256(f"{self.version}|{document.text}".encode()).hexdigest()

    async def extract(self, document: Document, check: Check) -> list[Attempt]:
        self.asked.append(document.name)
        if document.name in self.answers:
            return self.answers[document.name]
        return [self.attempt(DRAFTS.get(document.text, []))]

    def attempt(self, drafts: list[dict[str, Any]], status: Any = "ok", error: str | None = None) -> Attempt:
        return Attempt(
            status, "", self.name, json.dumps({"records": drafts}), error_type=None if status == "ok" else "some",
            error_message=error, prompt_tokens=10, completion_tokens=5, seconds=0.01,
        )  # fmt: skip

    def failure(self, message: str) -> Attempt:
        return Attempt("error", "", self.name, None, error_type="unreachable", error_message=message, seconds=0.01)

    async def close(self) -> None:
        self.is_closed = True
