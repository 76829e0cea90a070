"""A model's text to drafts: what is whole is kept, what is wrong gets a reason to ask again with.

In: the text of an answer and a check. Out: drafts that stand, drafts that do not and why, and the
words of the next question. Pure: nothing is sent from here, and what a draft means is not decided.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from extract.providers import Check
from extract.schema import DRAFT_TYPES, Answer

Draft = dict[str, Any]

_THOUGHTS = re.compile(r"^\s*<think>.*?</think>", re.DOTALL)
_RECORDS = re.compile(r'"records"\s*:\s*\[')
_BETWEEN = re.compile(r"[\s,]*")
_CHECKED_RECORD = re.compile(r"^record \d+: ")
# Enough for a model to see its mistake; the whole of a runaway answer would be paid for again.
_SHOWN_CHARS = 2_000
_MAX_REASON_CHARS = 400


@dataclass(frozen=True)
class Reading:
    """What one text holds.

    Attributes:
        drafts: Whole records, unjudged, in order.
        problem: Why the text is not a whole answer; None when it is.
    """

    drafts: list[Any]
    problem: str | None = None


@dataclass
class Holding:
    """What the answers so far add up to.

    Attributes:
        sound: Drafts that stand.
        faulty: Drafts that do not, with the reason.
        withdrawn: Faulty drafts that the model left out when it was asked again, with a reason.
        is_incomplete: The last answer broke off; more records may be missing.
    """

    sound: list[Draft] = field(default_factory=list)
    faulty: list[tuple[Draft, str]] = field(default_factory=list)
    withdrawn: list[Draft] = field(default_factory=list)
    is_incomplete: bool = False

    @property
    def records(self) -> list[Draft]:
        return [*self.sound, *(draft for draft, _ in self.faulty)]

    def raw_answer(self) -> str:
        """The answer that all attempts together give, as the last attempt's row holds it."""
        answer: dict[str, Any] = {"records": self.records}
        if self.withdrawn:
            answer["rejected"] = self.withdrawn
        return json.dumps(answer, ensure_ascii=False)

    def take(self, drafts: Sequence[Any], check: Check) -> list[str]:
        """Add the drafts of an answer: they replace the faulty ones asked about.

        Returns:
            Problems of the drafts, one sentence each.
        """
        sound, faulty = judge(drafts, check)
        asked_about, self.faulty = self.faulty, []
        answered = [draft for draft, _ in [*((one, "") for one in sound), *faulty]]
        for draft, reason in asked_about:
            if not any(_is_about_the_same(draft, other) for other in answered):
                why = f"left out when asked again: {reason}"
                self.withdrawn.append({**draft, "reason_code": "withdrawn", "reason": why})
        self.sound.extend(draft for draft in sound if draft not in self.sound)
        self.faulty.extend(one for one in faulty if one[0] not in self.sound)
        return [reason for _, reason in self.faulty]


def read_answer(text: str) -> Reading:
    """Read a model's text: bare JSON, or JSON after thoughts or within a code fence.

    A text that breaks off, or goes wrong in the middle, gives the records that are whole.
    """
    body = _THOUGHTS.sub("", text)
    starts = [found for found in (body.find("{"), body.find("[")) if found >= 0]
    if not starts:
        return Reading([], "the answer holds no JSON")
    try:
        value, _ = json.JSONDecoder().raw_decode(body, min(starts))
    except (json.JSONDecodeError, RecursionError) as error:
        return Reading(_whole_records(body), f"the answer is not whole JSON ({_line(str(error))})")
    if isinstance(value, list):
        return Reading(value)
    records = value.get("records")
    if not isinstance(records, list):
        return Reading([], 'the answer has no list "records"')
    return Reading(records)


def judge(drafts: Sequence[Any], check: Check) -> tuple[list[Draft], list[tuple[Draft, str]]]:
    """Part drafts into those that stand and those that do not, with the reason.

    One bad draft costs no other: each is validated for itself, and when the check finds a problem,
    each is checked for itself.
    """
    valid: list[tuple[Draft, Any]] = []
    faulty: list[tuple[Draft, str]] = []
    for raw in drafts:
        draft = raw if isinstance(raw, dict) else {"answer": raw}
        try:
            model, draft = _validated(draft)
        except ValueError as error:
            faulty.append((draft, str(error)))
        else:
            valid.append((draft, model))
    if not valid or not check(Answer.model_construct(records=[model for _, model in valid])):
        return [draft for draft, _ in valid], faulty
    sound: list[Draft] = []
    for draft, model in valid:
        problems = check(Answer.model_construct(records=[model]))
        if problems:
            reason = "; ".join(_CHECKED_RECORD.sub("", problem) for problem in problems)
            faulty.append((draft, _line(reason)))
        else:
            sound.append(draft)
    return sound, faulty


def question_again(holding: Holding, text: str, problem: str | None) -> tuple[str, str]:
    """What the model is shown as its answer so far, and what it is asked about it.

    Args:
        holding: What is kept.
        text: The last answer.
        problem: Why the last answer is not whole; None when it is.
    """
    records = holding.records
    if not records:
        shown = text[:_SHOWN_CHARS] or "(nothing)"
        return shown, f"This cannot be used: {problem}. " 'Answer again, with JSON only: {"records": [...]}.'
    wishes = []
    if holding.faulty:
        first = len(holding.sound) + 1
        wishes += [f"- record {first + index}: {reason}" for index, (_, reason) in enumerate(holding.faulty)]
        wishes.append("Answer with these records corrected, and without those that the document does not state.")
    if holding.is_incomplete:
        wishes.append(f"Your answer broke off after record {len(records)}. Add the records that are still missing.")
    wishes.append('Do not repeat the other records. JSON only: {"records": [...]}.')
    return json.dumps({"records": records}, ensure_ascii=False, separators=(",", ":")), "\n".join(wishes)


def _validated(draft: Draft) -> tuple[Any, Draft]:
    """The typed draft and its JSON.

    Raises:
        ValueError: If it is none, with the reason.
    """
    model = DRAFT_TYPES.get(str(draft.get("type")))
    if model is None:
        raise ValueError(f"the type must be one of {', '.join(DRAFT_TYPES)}")
    # Empty values say nothing, and many models fill in every field they were shown.
    try:
        return model.model_validate(draft), draft
    except ValidationError:
        reading = _without_empty(draft)
    try:
        return model.model_validate(reading), reading
    except ValidationError as error:
        raise ValueError(_first_reason(error, str(draft.get("type")))) from None


def _without_empty(value: Any) -> Any:
    if isinstance(value, dict):
        filled = {name: _without_empty(one) for name, one in value.items()}
        return {name: one for name, one in filled.items() if one not in (None, "", [], {})}
    return [_without_empty(one) for one in value] if isinstance(value, list) else value


def _first_reason(error: ValidationError, record_type: str) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"a {record_type} has no field {place!r}"
    return _line(f"{place}: {first['msg']}" if place else str(first["msg"]))


def _whole_records(text: str) -> list[Any]:
    """The records of a broken answer up to the break."""
    found = _RECORDS.search(text)
    position = found.end() if found else -1
    drafts: list[Any] = []
    while position >= 0:
        start = _BETWEEN.match(text, position)
        position = start.end() if start else position
        if text[position : position + 1] != "{":
            break
        try:
            draft, position = json.JSONDecoder().raw_decode(text, position)
        except (json.JSONDecodeError, RecursionError):
            break
        drafts.append(draft)
    return drafts


def _is_about_the_same(one: Draft, other: Draft) -> bool:
    """Whether a corrected draft is this one: of one type, with an actor or a quote in common."""
    if one.get("type") != other.get("type"):
        return False
    return bool(_names(one) & _names(other)) or bool(_quotes(one) & _quotes(other))


def _quotes(draft: Draft) -> set[str]:
    quotes = draft.get("quotes")
    return {str(quote) for quote in quotes} if isinstance(quotes, list) else set()


def _names(draft: Draft) -> set[str]:
    actors: list[Any] = [draft.get(key) for key in ("member", "payer", "payee")]
    contributors = draft.get("contributors")
    actors += contributors if isinstance(contributors, list) else []
    named = [actor.get("name") if isinstance(actor, dict) else actor for actor in actors]
    return {str(name).casefold() for name in named if name}


def _line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MAX_REASON_CHARS else line[: _MAX_REASON_CHARS - 1] + "…"
