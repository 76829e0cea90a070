"""Answers kept in a folder: recorded from any provider, replayed without a key or a network.

In: a document. Out: the attempts that were made when it was recorded. One JSON file per fingerprint,
labelled with who answered, so that a changed prompt, schema, model or document finds no recording
instead of a wrong one. Nothing in a recording is edited or judged here.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, ValidationError

from extract import __version__, prompt
from extract.documents import Document
from extract.errors import GOES_ON, ConfigError
from extract.outputs import refuse_unwritable_folder
from extract.prompt import SchemaLength
from extract.providers import Attempt, AttemptStatus, Check, Provider

_FORMAT = 1


class _RecordedAttempt(BaseModel):
    model_config = ConfigDict(extra="forbid")

    status: AttemptStatus
    fingerprint: str
    provider: str
    raw_answer: str | None
    error_type: str | None = None
    error_message: str | None = None
    prompt_tokens: int | None = None
    cached_tokens: int | None = None
    completion_tokens: int | None = None
    cost_usd: Decimal | None = None
    seconds: float = 0.0


class Recording(BaseModel):
    """One file: what was answered about one document, and by whom."""

    model_config = ConfigDict(extra="forbid")

    format: int
    label: str
    fingerprint: str
    document: str
    document_id: str
    model: str
    parameters: dict[str, Any]
    pledgebook_version: str
    recorded_at: datetime
    attempts: list[_RecordedAttempt]


class RecordingProvider:
    """Passes documents on to another provider and keeps what it answers.

    Args:
        inner: Who answers: a provider that asks a model.
        folder: Where the recordings go; made when the first one comes.
        label: What these recordings are, in words: who answered, and how.

    Raises:
        ConfigError: If `inner` asks no model, so that there is nothing to replay without it, or the folder cannot be
            written.
    """

    def __init__(self, inner: Provider, folder: Path, *, label: str | None = None) -> None:
        parameters = getattr(inner, "parameters", None)
        if parameters is None:
            raise ConfigError(f"The provider {inner.name!r} asks no model, so nothing can be recorded. Add --model.")
        refuse_unwritable_folder(folder, "Name another with --record.")
        self.name = inner.name
        self.inner = inner
        self._folder = folder
        self._parameters: dict[str, Any] = dict(parameters)
        self._label = label or f"answers of {inner.name}"

    @property
    def fatal(self) -> object | None:
        """Why the provider behind will answer no further document."""
        return getattr(self.inner, "fatal", None)

    @property
    def say(self) -> Callable[[str], None]:
        """Where the provider behind says that it waits."""
        return cast(Callable[[str], None], getattr(self.inner, "say", lambda message: None))

    @say.setter
    def say(self, value: Callable[[str], None]) -> None:
        if hasattr(self.inner, "say"):
            self.inner.say = value

    def take_up(self, attempts: Iterable[Attempt]) -> None:
        """Let the provider behind have what earlier runs were answered."""
        take_up = getattr(self.inner, "take_up", None)
        if take_up is not None:
            take_up(attempts)

    async def prepare(self, documents: Iterable[Document]) -> None:
        """Let the provider behind see all that will be asked."""
        prepare = getattr(self.inner, "prepare", None)
        if prepare is not None:
            await prepare(documents)

    def holds(self, document: Document) -> bool:
        """Whether the provider behind has the document's answers already."""
        return bool(getattr(self.inner, "holds", lambda _: False)(document))

    def fingerprint(self, document: Document) -> str:
        """See the protocol."""
        return self.inner.fingerprint(document)

    async def extract(self, document: Document, check: Check) -> list[Attempt]:
        """See the protocol. A failure to reach the provider is no answer, and is not recorded, nor is half of one."""
        attempts = await self.inner.extract(document, check)
        if attempts and attempts[-1].status != "error" and attempts[-1].error_type not in GOES_ON:
            recording = Recording(
                format=_FORMAT, label=self._label, fingerprint=self.fingerprint(document), document=document.name,
                document_id=document.document_id, model=self.name, parameters=self._parameters,
                pledgebook_version=__version__, recorded_at=datetime.now(UTC),
                attempts=[_RecordedAttempt(**_as_recorded(attempt)) for attempt in attempts],
            )  # fmt: skip
            _write(_path(self._folder, recording.fingerprint), recording)
        return attempts

    async def close(self) -> None:
        """Close the provider behind."""
        await self.inner.close()


class ReplayProvider:
    """Replays the recordings of a folder.

    Args:
        folder: Where they are.
        model: Which model's, as `provider/name`; None when the folder holds one model's only.

    Raises:
        ConfigError: If the folder holds no recording that can be read, or those of several models
            or settings and `model` does not choose.
    """

    def __init__(self, folder: Path, model: str | None = None) -> None:
        self._folder = folder
        asked = _askings(folder)
        chosen = [one for one in asked if model in (None, one[0])]
        if not asked:
            raise ConfigError(
                f"The folder {str(folder)!r} holds no recordings. Name one that does with --replay, or record with: "
                "pledgebook run --record FOLDER"
            )
        if len(chosen) != 1:
            held = ", ".join(sorted({repr(one[0]) for one in asked}))
            raise ConfigError(
                f"The folder {str(folder)!r} holds recordings of {held}, and "
                + (f"--model {model!r} does not choose one way of asking. " if model else "one must be chosen. ")
                + "Name one with --model, or record again with: pledgebook run --record FOLDER"
            )
        self._model, parameters = chosen[0]
        self._parameters: dict[str, Any] = json.loads(parameters)
        self.name = f"recorded/{self._model}"

    def fingerprint(self, document: Document) -> str:
        """See the protocol: the fingerprint of the model that was recorded."""
        stated = self._parameters.get("schema_length")
        length: SchemaLength = stated if stated in ("full", "typed") else "short"
        return prompt.document_fingerprint(self._model, self._parameters, document, length)

    async def extract(self, document: Document, check: Check) -> list[Attempt]:
        """See the protocol. Tokens are those of the recording; a replay asks nobody: no cost, no time."""
        fingerprint = self.fingerprint(document)
        path = _path(self._folder, fingerprint)
        again = f"Re-record with: pledgebook run {document.source or document.name} --record {self._folder}"
        if not path.exists():
            words = f"No recording for document {document.name!r} (fingerprint {fingerprint[:8]}…). {again}"
            return [self._failed(fingerprint, "no_recording", words)]
        try:
            recording = _read(path)
        except ValueError as error:
            return [self._failed(fingerprint, "bad_recording", f"{error} {again}")]
        replayed = [Attempt(**attempt.model_dump()) for attempt in recording.attempts]
        return [
            replace(attempt, fingerprint=fingerprint, provider=self.name, cost_usd=Decimal(0), seconds=0.0)
            for attempt in replayed
        ]

    async def close(self) -> None:
        """Nothing to release."""

    def _failed(self, fingerprint: str, error_type: str, words: str) -> Attempt:
        return Attempt(
            status="error", fingerprint=fingerprint, provider=self.name, raw_answer=None, error_type=error_type,
            error_message=words,
        )  # fmt: skip


def _as_recorded(attempt: Attempt) -> dict[str, Any]:
    return {name: value for name, value in asdict(attempt).items() if name != "question"}


def _askings(folder: Path) -> list[tuple[str, str]]:
    """Models and parameters (JSON) that the folder's recordings were asked with."""
    if not folder.is_dir():
        raise ConfigError(f"There is no folder {str(folder)!r} with recordings. Check the path given with --replay.")
    found: set[tuple[str, str]] = set()
    for path in sorted(folder.glob("*.json")):
        try:
            recording = _read(path)
        except ValueError:
            # It is reported with the document that needs it; the others can be replayed.
            continue
        found.add((recording.model, json.dumps(recording.parameters, sort_keys=True)))
    return sorted(found)


def _path(folder: Path, fingerprint: str) -> Path:
    return folder / f"{fingerprint}.json"


def _read(path: Path) -> Recording:
    """Read one recording.

    Raises:
        ValueError: If it cannot be read, in one line that names the file.
    """
    try:
        recording = Recording.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise ValueError(f"The recording {str(path)!r} cannot be read ({type(error).__name__}).") from error
    if recording.format != _FORMAT or recording.fingerprint != path.stem:
        raise ValueError(f"The recording {str(path)!r} is of another format or another question.")
    return recording


def _write(path: Path, recording: Recording) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.partial")
    partial.write_text(
        json.dumps(recording.model_dump(mode="json"), ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )  # fmt: skip
    os.replace(partial, path)
