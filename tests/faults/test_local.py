"""A GGUF file: what is missing is told; with the extra and a file (PLEDGEBOOK_GGUF), a real model answers."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import sys
from pathlib import Path

import pytest

from extract.documents import Document
from extract.providers import Attempt
from extract.providers.llm import LLMProvider
from extract.records import build_records, check_answer

TEXT = "Norway pledged 10 million euros to Sudan on Friday. Kenya will send 600 police officers to Haiti."
DOCUMENT = Document("id", "source", "norway", TEXT, "en", None, None, None, "norway.txt")


def ask(path: str) -> list[Attempt]:
    async def main() -> list[Attempt]:
        provider = LLMProvider(f"local/{path}", environment={}, max_attempts=1)
        try:
            return await provider.extract(DOCUMENT, lambda answer: check_answer(DOCUMENT, answer))
        finally:
            await provider.close()

    return asyncio.run(main())


def test_a_missing_file_is_told() -> None:
    (attempt,) = ask("/nowhere/model.gguf")
    assert attempt.error_type == "not_installed"
    assert "there is no file" in str(attempt.error_message)


def test_a_missing_extra_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    (tmp_path / "model.gguf").write_bytes(b"GGUF")
    (attempt,) = ask(str(tmp_path / "model.gguf"))
    assert "pip install 'pledgebook[local]'" in str(attempt.error_message)


@pytest.mark.skipif(
    importlib.util.find_spec("xllamacpp") is None or not os.environ.get("PLEDGEBOOK_GGUF"),
    reason="needs the extra `local`, and PLEDGEBOOK_GGUF naming a model",
)
def test_a_real_model_answers_in_the_schema() -> None:
    attempts = ask(os.environ["PLEDGEBOOK_GGUF"])
    assert attempts[-1].status == "ok"
    built = build_records(DOCUMENT, attempts[-1].raw_answer or "")
    for record in built.records:
        assert all(TEXT[one.start : one.end] == one.quote for one in record.evidence)
    assert not [one for one in built.rejections if one.reason_code == "invalid_draft"]
