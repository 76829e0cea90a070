"""Gold and predictions, as they are compared: what an analyst and what a provider found in a text.

In: gold files (one JSON file per document), documents, and the flat records that `pledgebook extract`
prints, asked for anew or read from a file. Out: validated values. When two of them agree is decided in
`matching`.
"""

from __future__ import annotations

import json
import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from extract.config import Settings, project_root
from extract.documents import Source, find_sources, read_document
from extract.errors import ConfigError, DocumentError
from extract.formats import is_archive
from extract.providers import Provider
from extract.schema import Qualifier, RecordType


class Claim(BaseModel):
    """What gold and flat records have in common; see `extract.records.flat_record`."""

    type: RecordType
    actor: str | None = None
    actor_code: str | None = None
    counterpart: str | None = None
    counterpart_code: str | None = None
    amount: float | None = None
    amount_min: float | None = None
    amount_max: float | None = None
    currency: str | None = None
    headcount: int | None = None
    qualifier: Qualifier | None = None
    stage: str | None = None
    role: str | None = None
    joint: list[str] = []
    conditional: bool = False
    date: str | None = None

    @property
    def contributors(self) -> list[str]:
        """Codes of the actor and of those that share its figure."""
        return [code for code in (self.actor_code or self.actor, *self.joint) if code]

    @property
    def has_amount(self) -> bool:
        """Whether it states money, as a headline or as bounds."""
        return any(value is not None for value in (self.amount, self.amount_min, self.amount_max))


class GoldRecord(Claim):
    """What an analyst extracts; the format is described in seeds/gold/README.md.

    The fields from `actor_accept` on are for gold of other origin, which states less.

    Attributes:
        stage_accept: Stages that count as right; `any` accepts all.
        quote: Slice of the text that proves it; None where the gold gives none.
        required: False when finding it is no mistake and missing it neither.
        actor_accept: Other codes or names of the actor that count as right.
        counterpart_accept: Other codes or names of the counterpart that count as right.
        amount_accept: Other amounts that count as right.
        headcount_accept: Other headcounts that count as right; null for none stated.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    stage_accept: list[str] = []
    quote: str | None = None
    required: bool = True
    actor_accept: list[str] = []
    counterpart_accept: list[str] = []
    amount_accept: list[float] = []
    headcount_accept: list[int | None] = []

    @model_validator(mode="after")
    def _has_stages(self) -> GoldRecord:
        if self.stage and self.stage_accept and not {self.stage, "any"} & set(self.stage_accept):
            raise ValueError(f"stage_accept lacks the stage {self.stage!r}")
        return self

    @property
    def stages(self) -> list[str]:
        """Stages that count as right."""
        return self.stage_accept or ([self.stage] if self.stage else [])


class GoldDocument(BaseModel):
    """Everything that one document asserts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    document: str
    language: str
    records: list[GoldRecord]


class PredictedRecord(Claim):
    """One flat record of `pledgebook extract`."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    actor_on_behalf_of: str | None = None
    quote: str
    start: int
    end: int
    confidence: float | None = None


@dataclass(frozen=True)
class Prediction:
    """What was extracted from one document.

    Attributes:
        text: The text that spans refer to.
        error: Why nothing was extracted, if the document failed.
    """

    document: str
    text: str
    records: list[PredictedRecord]
    error: str | None = None


# --- gold and documents on disk ------------------------------------------------------------------


def read_gold(folder: Path) -> list[GoldDocument]:
    """The gold of a folder, one JSON file per document, in the order of their names.

    Raises:
        ConfigError: If the folder is missing, empty, or holds a file that is no gold.
    """
    documents = []
    for path in _gold_files(folder):
        try:
            document = GoldDocument.model_validate_json(path.read_bytes())
        except OSError as error:
            raise ConfigError(
                f"{str(path)!r} cannot be read ({error.strerror}). Check the file and its permissions."
            ) from error
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            why = ": ".join([".".join(str(part) for part in first["loc"]), first["msg"]]).removeprefix(": ")
            raise ConfigError(f"{str(path)!r} is no gold ({why}). See {_GUIDE}.") from error
        if document.document != path.stem:
            raise ConfigError(f"{str(path)!r} is about {document.document!r}. Name the file after its document.")
        documents.append(document)
    return documents


def _gold_files(folder: Path) -> list[Path]:
    if folder.is_file():
        beside = f"Name its folder: --gold {folder.parent}" if folder.suffix == ".json" else "Name one with --gold."
        raise ConfigError(f"{str(folder)!r} is a file, and gold is a folder with a JSON file per document. {beside}")
    if not folder.is_dir():
        shipped = project_root() / "seeds" / "gold" / "development"
        example = f" Pledgebook's own: --gold {shipped}" if shipped.is_dir() else ""
        raise ConfigError(f"There is no folder {str(folder)!r}. Check the path given with --gold.{example}")
    try:
        os.scandir(folder).close()  # `glob` says nothing of a folder that cannot be listed
        paths = sorted(folder.glob("*.json"))
        below = sorted({path.parent for path in folder.glob("*/*.json")})
    except OSError as error:
        raise ConfigError(f"{str(folder)!r} cannot be read ({error.strerror}). Check its permissions.") from error
    if not paths and below:
        named = ", ".join(str(one) for one in below[:3])
        raise ConfigError(f"The folder {str(folder)!r} holds no gold itself. Name one below it with --gold: {named}")
    if not paths:
        raise ConfigError(
            f"The folder {str(folder)!r} holds no gold (*.json). Name one that does with --gold; see {_GUIDE}."
        )
    return paths


_GUIDE = "seeds/gold/README.md"


def is_test_part(folder: Path) -> bool:
    """Whether gold is of the part that nobody looks at record by record."""
    return folder.resolve().name == "test"


def gold_name(folder: Path) -> str:
    """What rows and tables call a gold folder: the same wherever the project lies."""
    return "/".join(folder.resolve().parts[-2:])


def documents_folder(gold: Path, documents: Path | None) -> Path:
    """Where the documents of a gold folder are: as given, else FOLDER/documents, else ../../documents.

    Raises:
        ConfigError: If there is no such folder.
    """
    if documents is not None:
        if not documents.is_dir():
            raise ConfigError(f"There is no folder {str(documents)!r}. Check the path given with --documents.")
        return documents
    for folder in (gold / "documents", gold.resolve().parent.parent / "documents"):
        if folder.is_dir():
            return folder
    raise ConfigError(f"The documents of {str(gold)!r} are not beside it. Name their folder with --documents.")


def find_documents(gold: Sequence[GoldDocument], folder: Path) -> list[Source]:
    """The sources in `folder` that the gold is about, in the order of the gold.

    Raises:
        ConfigError: If one is missing, or two have its name.
    """
    by_name: dict[str, list[Source]] = defaultdict(list)
    for source in find_sources([folder]):
        if is_archive(source.file):
            continue
        by_name[source.name].append(source)
    found = []
    for document in gold:
        sources = by_name.get(document.document, [])
        if len(sources) != 1:
            what = "no file" if not sources else f"{len(sources)} files"
            raise ConfigError(
                f"{str(folder)!r} holds {what} named {document.document!r}. Name another folder with --documents."
            )
        found.append(sources[0])
    return found


def predict(
    settings: Settings,
    sources: Sequence[Source],
    provider: Provider,
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Prediction]:
    """Ask `provider` about the sources, as `pledgebook extract` does.

    Args:
        progress: Called after each document with the number done and the total.
    """
    from extract import pipeline

    lines: list[dict[str, Any]] = []

    def emit(line: dict[str, Any]) -> None:
        lines.append(line)
        progress(len(lines), len(sources))

    pipeline.extract_documents(settings, [source.path for source in sources], provider, emit=emit)
    return predictions_from_lines(lines, sources)


def read_predictions(path: Path, sources: Sequence[Source]) -> dict[str, Prediction]:
    """Predictions from a file that `pledgebook extract --output` wrote; other documents are left out.

    Raises:
        ConfigError: If the file cannot be read, is no such file, or lacks a document.
    """
    try:
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        wanted = {source.name for source in sources}
        predictions = predictions_from_lines([line for line in lines if line["document"] in wanted], sources)
    except OSError as error:
        raise ConfigError(f"{str(path)!r} cannot be read: {error.strerror}. Check the path.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"{str(path)!r} does not hold records ({str(error).splitlines()[0]}). "
            "Make it with: pledgebook extract FOLDER --output FILE"
        ) from error
    missing = sorted(wanted - set(predictions))
    if missing:
        raise ConfigError(f"{str(path)!r} lacks the document {missing[0]!r}. Extract the documents of this gold.")
    return predictions


def predictions_from_lines(lines: Iterable[Mapping[str, Any]], sources: Sequence[Source]) -> dict[str, Prediction]:
    """Predictions from the lines of `pledgebook extract`.

    Raises:
        ValueError: If a line holds no flat records.
    """
    paths = {source.name: source for source in sources}
    predictions = {}
    for line in lines:
        name = str(line["document"])
        try:
            text = read_document(paths[name]).text
        except DocumentError:
            text = ""
        records = [PredictedRecord.model_validate(record) for record in line["records"]]
        predictions[name] = Prediction(name, text, records, line.get("error"))
    return predictions


@lru_cache(maxsize=10_000)
def gold_spans(quote: str | None, text: str) -> tuple[tuple[int, int], ...]:
    """Every place of a gold quote in the text, in code points; none when it is not there."""
    if not quote:
        return ()
    return tuple((found.start(), found.end()) for found in re.finditer(re.escape(quote), text))


