"""Recordings: kept by fingerprint, replayed word for word, and missed by name."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from pathlib import Path

import pytest

from extract.documents import Document, find_sources, read_document
from extract.errors import ConfigError
from extract.providers import Attempt, Check
from extract.providers.llm import LLMProvider
from extract.providers.recorded import RecordingProvider, ReplayProvider
from extract.schema import Answer


def document(text: str = "Norway gave 5 euros.", name: str = "norway") -> Document:
    return Document("id", "source", name, text, "en", None, None, None, f"news/{name}.txt")


def no_problem(_: Answer) -> list[str]:
    return []


class Scripted(LLMProvider):
    """A model that answers the same attempts about every document."""

    def __init__(self, *statuses: str, model: str = "openai/some-model") -> None:
        super().__init__(model, environment={"OPENAI_API_KEY": "sk-secret-0123456789"})
        self.statuses = statuses

    async def extract(self, document: Document, check: Check) -> list[Attempt]:
        return [
            Attempt(
                status=status, fingerprint=self.fingerprint(document), provider=self.name,  # type: ignore[arg-type]
                raw_answer='{"records": []}', prompt_tokens=7, cost_usd=Decimal("0.5"), seconds=1.5,
            )
            for status in self.statuses
        ]  # fmt: skip


def record(folder: Path, provider: LLMProvider, *documents: Document, label: str | None = None) -> None:
    recording = RecordingProvider(provider, folder, label=label)
    for one in documents:
        asyncio.run(recording.extract(one, no_problem))


def replay(folder: Path, one: Document, model: str | None = None) -> list[Attempt]:
    return asyncio.run(ReplayProvider(folder, model).extract(one, no_problem))


def test_what_was_recorded_comes_back_without_a_key(tmp_path: Path) -> None:
    provider = Scripted("invalid", "ok")
    record(tmp_path, provider, document())
    replaying = ReplayProvider(tmp_path)
    assert replaying.name == "recorded/openai/some-model"
    assert replaying.fingerprint(document()) == provider.fingerprint(document())
    attempts = replay(tmp_path, document())
    assert [attempt.status for attempt in attempts] == ["invalid", "ok"]
    assert attempts[1].raw_answer == '{"records": []}' and attempts[1].prompt_tokens == 7
    assert attempts[1].cost_usd == 0 and attempts[1].provider == "recorded/openai/some-model"
    # Nobody was asked now: the time that the model took then is not this run's.
    assert [attempt.seconds for attempt in attempts] == [0.0, 0.0]


def test_a_recording_says_what_it_is_and_holds_no_key(tmp_path: Path) -> None:
    record(tmp_path, Scripted("ok"), document(), label="answered by a strong reader")
    (path,) = tmp_path.iterdir()
    kept = json.loads(path.read_text(encoding="utf-8"))
    assert kept["label"] == "answered by a strong reader" and kept["document"] == "norway"
    assert kept["model"] == "openai/some-model" and path.stem == kept["fingerprint"]
    assert "sk-secret" not in path.read_text(encoding="utf-8")


def test_a_folder_without_recordings_is_said_to_have_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"holds no recordings\. Name one that does with --replay, or record with"):
        ReplayProvider(tmp_path)


def test_a_missing_recording_names_the_document_and_the_command(tmp_path: Path) -> None:
    record(tmp_path, Scripted("ok"), document())
    (attempt,) = replay(tmp_path, document("A changed text.", "bbc-0412"))
    assert (attempt.status, attempt.error_type) == ("error", "no_recording")
    message = attempt.error_message or ""
    assert message.startswith(f"No recording for document 'bbc-0412' (fingerprint {attempt.fingerprint[:8]}…).")
    assert f"pledgebook run news/bbc-0412.txt --record {tmp_path}" in message and "\n" not in message


def test_a_damaged_recording_is_told_and_costs_no_other(tmp_path: Path) -> None:
    provider = Scripted("ok")
    other = document("Another text.", "other")
    record(tmp_path, provider, document(), other)
    (tmp_path / f"{provider.fingerprint(document())}.json").write_text("{", encoding="utf-8")
    (attempt,) = replay(tmp_path, document())
    assert attempt.error_type == "bad_recording" and "cannot be read" in (attempt.error_message or "")
    assert replay(tmp_path, other)[-1].status == "ok"


def test_a_recording_under_another_name_is_not_taken(tmp_path: Path) -> None:
    provider = Scripted("ok")
    record(tmp_path, provider, document())
    other = document("Another text.", "other")
    (path,) = tmp_path.iterdir()
    (tmp_path / f"{provider.fingerprint(other)}.json").write_bytes(path.read_bytes())
    assert replay(tmp_path, other)[-1].error_type == "bad_recording"


def test_a_failure_to_reach_the_model_is_no_recording(tmp_path: Path) -> None:
    record(tmp_path, Scripted("ok", "error"), document())
    assert list(tmp_path.iterdir()) == []


def test_several_models_must_be_chosen_from(tmp_path: Path) -> None:
    record(tmp_path, Scripted("ok"), document())
    record(tmp_path, Scripted("refused", model="openai/other"), document())
    with pytest.raises(ConfigError, match="'openai/other', 'openai/some-model', and one must be chosen"):
        ReplayProvider(tmp_path)
    assert replay(tmp_path, document(), "openai/other")[-1].status == "refused"
    with pytest.raises(ConfigError, match="does not choose"):
        ReplayProvider(tmp_path, "openai/third")


@pytest.mark.parametrize("make", [False, True])
def test_a_missing_or_empty_folder_is_told(tmp_path: Path, make: bool) -> None:
    folder = tmp_path / "recordings"
    if make:
        folder.mkdir()
    with pytest.raises(ConfigError, match="recordings"):
        ReplayProvider(folder)


def test_only_a_model_s_answers_are_recorded(tmp_path: Path) -> None:
    class Embedded:
        name = "embedded"

    with pytest.raises(ConfigError, match="'embedded' asks no model"):
        RecordingProvider(Embedded(), tmp_path)  # type: ignore[arg-type]


def test_every_sample_document_has_a_recording_of_the_prompt_as_it_is() -> None:
    root = Path(__file__).resolve().parents[2]
    folder = root / "seeds" / "recordings"
    provider = ReplayProvider(folder)
    for source in find_sources([root / "seeds" / "documents"]):
        assert (folder / f"{provider.fingerprint(read_document(source))}.json").exists(), source.name
