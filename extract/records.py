"""Drafts to records: every quote found, every number proved, every name resolved.

In: a document and a provider's answer. Out: records whose quotes are verbatim slices of the text,
and rejections with their reasons; nothing disappears. Providers answer; the warehouse stores;
neither judges what this module decides.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, cast, get_args

from pydantic import ValidationError

from extract.documents import Document
from extract.grounding import Grounder, digit_groups, folded_once, says
from extract.normalise.actors import code_of, find_actors, principal_of, resolve_actor
from extract.normalise.dates import resolve_date
from extract.normalise.folding import fold_text
from extract.normalise.headcounts import find_headcounts, parse_quantity
from extract.normalise.money import find_money, infer_currency, parse_money
from extract.normalise.numbers import parse_number
from extract.schema import (
    DRAFT_TYPES,
    Actor,
    ActorType,
    Answer,
    DateRef,
    DraftActor,
    DraftRecord,
    Evidence,
    FundingAmountDraft,
    MembershipDraft,
    Money,
    PersonnelType,
    PledgeDraft,
    Quantity,
    Record,
    Share,
    TroopCommitmentDraft,
)

ReasonCode = Literal[
    "invalid_draft", "quote_not_in_text", "actor_not_in_text", "counterpart_not_in_text",
    "number_not_in_quote", "number_not_understood", "inconsistent", "low_confidence", "not_a_record",
    "withdrawn", "internal_error",
]  # fmt: skip


@dataclass(frozen=True)
class Rejection:
    """A draft that became no record: kept as a row, with the reason."""

    ordinal: int
    record_type: str | None
    draft: dict[str, Any]
    reason_code: ReasonCode
    reason: str


@dataclass(frozen=True)
class Built:
    """What one answer gave.

    Attributes:
        records: Records in the order of the answer, duplicates merged.
        rejections: Drafts that became none.
        problems: What a provider that can be re-asked should mend, one sentence each.
    """

    records: list[Record]
    rejections: list[Rejection]
    problems: list[str] = field(default_factory=list)


# What a noun of persons says of their kind.
_PERSONNEL: dict[str, PersonnelType] = {
    "troops": "troops", "police": "police", "observers": "military_observers", "medical": "medical",
    "civilian": "civilian",
}  # fmt: skip
# Latin, Greek and Cyrillic stand before it.
_LAST_SPACED_LETTER = 0x52F


class _Refused(Exception):
    def __init__(self, code: ReasonCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def build_records(
    document: Document, raw_answer: str, *, min_confidence: float = 0.0, judged: dict[str, Record] | None = None
) -> Built:
    """Records and rejections of a stored answer.

    Args:
        document: The text that the answer is about.
        raw_answer: JSON object with `records` (drafts) and, from providers that give them,
            `confidence` (a number or null per draft), `min_confidence` (a number) and `rejected`
            (drafts with a `reason` and perhaps a `reason_code`).
        min_confidence: Records less probable than this, or than the answer's own `min_confidence`,
            are rejected; those without a probability are kept.
        judged: Records that `check_answer` made of the same drafts.

    Raises:
        ValueError: If `raw_answer` is no JSON object.
    """
    answer = json.loads(raw_answer)
    if not isinstance(answer, dict):
        raise ValueError("the answer is no JSON object")
    drafts, confidences, refused = (_list(answer.get(name)) for name in ("records", "confidence", "rejected"))
    confidences += [None] * (len(drafts) - len(confidences))
    min_confidence = max(min_confidence, float(answer.get("min_confidence") or 0.0))
    builder = _Builder(document, judged)
    for ordinal, (draft, confidence) in enumerate(zip(drafts, confidences, strict=False)):
        builder.add(ordinal, draft, confidence, min_confidence)
    for ordinal, entry in enumerate(refused, start=len(drafts)):
        rejected = entry if isinstance(entry, dict) else {"answer": entry}
        reason = str(rejected.get("reason") or "the provider was not sure")
        code = rejected.get("reason_code")
        draft = {key: value for key, value in rejected.items() if key not in {"reason", "reason_code"}}
        known = cast(ReasonCode, code if code in get_args(ReasonCode) else "low_confidence")
        builder.rejections.append(Rejection(ordinal, draft.get("type"), draft, known, reason))
    return Built(merge_repeated(builder.records), builder.rejections, builder.problems)


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else []


def check_answer(document: Document, answer: Answer, judged: dict[str, Record] | None = None) -> list[str]:
    """Problems of an answer, worded for whoever gave it; empty when every record stands.

    Args:
        document: What the answer is about.
        answer: Validated drafts.
        judged: Filled with the records that stand, for `build_records`, which then makes none twice.
    """
    builder = _Builder(document, judged)
    for ordinal, draft in enumerate(answer.records):
        builder.add_valid(ordinal, draft)
    return builder.problems


class _Builder:
    """The state of one document's answer while its drafts are judged."""

    def __init__(self, document: Document, judged: dict[str, Record] | None = None) -> None:
        self.document = document
        self.judged = {} if judged is None else judged
        self.grounder = Grounder(document.text)
        self.records: list[Record] = []
        self.rejections: list[Rejection] = []
        self.problems: list[str] = []
        self.notes: list[str] = []
        self._named_entities: set[str] | None = None

    def add(self, ordinal: int, raw: Any, confidence: float | None, min_confidence: float) -> None:
        """Judge one draft, as it was written."""
        try:
            draft = _validated(raw)
            if confidence is not None and confidence < min_confidence:
                raise _Refused("low_confidence", f"confidence {confidence:.2f} is below {min_confidence:.2f}")
        except _Refused as refusal:
            self._reject(ordinal, raw, refusal)
        else:
            self.add_valid(ordinal, draft, raw, confidence)

    def add_valid(
        self, ordinal: int, valid: DraftRecord, raw: Any = None, confidence: float | None = None
    ) -> None:  # fmt: skip
        """Judge one draft: one that names several contributors with a figure each gives several records.

        Args:
            raw: The draft as it was written; as it was validated when None.
        """
        drafts = _each_contributor(valid)
        for draft in drafts:
            self.notes = []
            try:
                self.records.append(self._judge(draft, confidence))
            except _Refused as refusal:
                is_part = raw is None or len(drafts) > 1
                self._reject(ordinal, draft.model_dump(mode="json") if is_part else raw, refusal)
            except Exception as error:
                # Whatever a model writes, one draft costs no other; the row shows the mistake of ours.
                reason = f"Pledgebook failed on it ({type(error).__name__}: {error})"
                self._reject(ordinal, raw, _Refused("internal_error", reason))
            else:
                self._complain(ordinal, self.notes)

    def _reject(self, ordinal: int, raw: Any, refusal: _Refused) -> None:
        kept = raw if isinstance(raw, dict) else {"answer": raw}
        record_type = kept.get("type")
        self.rejections.append(
            Rejection(ordinal, str(record_type) if record_type else None, kept, refusal.code, refusal.reason)
        )
        self._complain(ordinal, [refusal.reason])

    def _complain(self, ordinal: int, reasons: list[str]) -> None:
        found = [f"record {ordinal + 1}: {reason}" for reason in reasons]
        self.problems.extend(problem for problem in found if problem not in self.problems)

    def _judge(self, draft: DraftRecord, confidence: float | None) -> Record:
        """The record of a draft, made once where the same draft was judged before."""
        if confidence is not None:
            return self._record(draft, confidence)
        key = draft.model_dump_json()
        record = self.judged.get(key)
        if record is None:
            record = self.judged[key] = self._record(draft, None)
        self.notes = list(record.notes)
        return record

    def _record(self, draft: DraftRecord, confidence: float | None) -> Record:
        evidence = self._evidence(draft.quotes)
        common: dict[str, Any] = {
            "record_type": draft.type,
            "stage": draft.stage,
            "stage_words": self._said(draft.stage_words),
            "realis": draft.realis,
            "condition": self._said(draft.condition),
            "speaker": self._said(draft.speaker),
            "event_date": self._date(draft.event_date),
            "announcement_date": self._announced(),
            "evidence": evidence,
            "confidence": confidence,
        }
        if isinstance(draft, PledgeDraft):
            specific = self._pledge(draft, evidence)
        elif isinstance(draft, TroopCommitmentDraft):
            specific = self._troops(draft, evidence)
        elif isinstance(draft, MembershipDraft):
            specific = self._membership(draft)
        else:
            specific = self._funding(draft, evidence)
        specific["also_named"] = self._also_named(evidence, specific)
        try:
            return Record(**common, **specific, notes=list(self.notes))
        except ValidationError as error:
            raise _Refused("inconsistent", _first_error(error)) from error

    def _also_named(self, evidence: list[Evidence], record: dict[str, Any]) -> list[str]:
        """Who is named beside the record's own: whom money for an organisation is meant for, or who handles it."""
        parties = [*record["actors"], record.get("counterpart"), record.get("host")]
        return named_beside(
            [*(one.quote for one in evidence), self.document.title or ""],
            [actor for actor in parties if actor is not None],
            self.document.language,
        )

    def _pledge(self, draft: PledgeDraft, evidence: list[Evidence]) -> dict[str, Any]:
        actors = self._actors(draft.contributors)
        money = self._money(draft.money, evidence)
        if money is not None and len(actors) == 1:
            money = _in_own_currency(money, actors[0])
        shares = [self._share(share.contributor, share.money, evidence) for share in draft.shares]
        return {
            "actors": actors,
            "is_joint": _is_shared(draft.is_joint, actors, money),
            "shares": [share for share in shares if share is not None],
            "counterpart": self._optional_actor(draft.recipient),
            "money": money,
            "aid_type": draft.aid_type,
            "resource_types": draft.resource_types,
            "finance_type": draft.finance_type,
            "purpose": self._said(draft.purpose),
            "period": self._said(draft.period),
        }

    def _troops(self, draft: TroopCommitmentDraft, evidence: list[Evidence]) -> dict[str, Any]:
        actors = self._actors(draft.contributors)
        headcount = self._quantity(draft.headcount, evidence)
        return {
            "actors": actors,
            "is_joint": _is_shared(draft.is_joint, actors, headcount),
            "counterpart": self._optional_actor(draft.force),
            "host": self._optional_actor(DraftActor(name=draft.host, type="country") if draft.host else None),
            "requester": self._said(draft.requester),
            "headcount": headcount,
            "equipment": self._quantity(draft.equipment, evidence),
            "personnel_types": draft.personnel_types or self._personnel_types(draft.headcount),
        }

    def _membership(self, draft: MembershipDraft) -> dict[str, Any]:
        organisation = self._optional_actor(draft.organisation)
        if organisation is None:
            name = draft.organisation.name
            raise _Refused("counterpart_not_in_text", f"the organisation {name!r} is not in the text")
        body = self._said(draft.body)
        return {
            "actors": self._actors([draft.member]),
            "counterpart": organisation,
            "body": body,
            "body_id": resolve_actor(body, "igo", self.document.language).entity_id if body else None,
            "representative": self._said(draft.representative),
            "inviter": self._said(draft.inviter),
            "role": draft.role,
            "term": self._said(draft.term),
        }

    def _funding(self, draft: FundingAmountDraft, evidence: list[Evidence]) -> dict[str, Any]:
        money = self._money(draft.money, evidence)
        if money is None or money.amount is None:
            raise _Refused("number_not_in_quote", f"the amount {draft.money!r} cannot be read from a quote")
        payer, payee = self._optional_actor(draft.payer), self._optional_actor(draft.payee)
        money = _in_own_currency(money, payer) if payer else money
        if payee and money.currency is None:
            money = _in_own_currency(money, payee)
        return {
            "actors": [payer] if payer else [],
            "counterpart": payee,
            "role": draft.role,
            "money": money,
        }

    # --- parts ---

    def _evidence(self, quotes: list[str]) -> list[Evidence]:
        found: dict[tuple[int, int], Evidence] = {}
        for quote in quotes:
            span = self.grounder.align(quote)
            if span.alignment == "none":
                self.notes.append(f"the quote {_short(quote)} is not in the text; copy it verbatim")
                continue
            found.setdefault(
                (span.start, span.end),
                Evidence(
                    quote=self.document.text[span.start : span.end],
                    start=span.start,
                    end=span.end,
                    alignment=span.alignment,
                ),
            )
        if not found:
            raise _Refused("quote_not_in_text", f"the quote {_short(quotes[0])} is not in the text; copy it verbatim")
        return list(found.values())

    def _actors(self, drafts: list[DraftActor]) -> list[Actor]:
        actors: dict[str, Actor] = {}
        for draft in drafts:
            actor = self._optional_actor(draft)
            if actor is not None:
                actors.setdefault(actor.entity_id, actor)
        if not actors:
            raise _Refused("actor_not_in_text", f"{drafts[0].name!r} is not in the text; name the actor as written")
        return list(actors.values())

    def _optional_actor(self, draft: DraftActor | None) -> Actor | None:
        if draft is None:
            return None
        actor = resolve_actor(draft.name, draft.type, self.document.language)
        if not _names(self.document.text, draft.name) and not self._is_named(actor):
            self.notes.append(f"{draft.name!r} is not in the text; name the actor as written")
            return None
        if draft.on_behalf_of and (
            _names(self.document.text, draft.on_behalf_of) or self._is_named(self._resolved(draft.on_behalf_of))
        ):
            return actor.model_copy(update={"on_behalf_of": self._resolved(draft.on_behalf_of).entity_id})
        return actor

    def _resolved(self, name: str, actor_type: ActorType = "unknown") -> Actor:
        return resolve_actor(name, actor_type, self.document.language)

    def _is_named(self, actor: Actor) -> bool:
        """Whether the text names this actor by another of its names."""
        if not actor.is_resolved:
            return False
        if self._named_entities is None:
            self._named_entities = {
                mention.actor.entity_id for mention in find_actors(self.document.text, self.document.language)
            }
        return actor.entity_id in self._named_entities

    def _money(self, words: str | None, evidence: list[Evidence]) -> Money | None:
        if words is None:
            return None
        language = self.document.language
        stated: Money | None = None
        for one in evidence:
            for mention in find_money(one.quote, language):
                written = one.quote[mention.start : mention.end]
                if says(written, words) or says(words, written):
                    return mention.money
            stated = stated or parse_money(words, language)
            if says(one.quote, words):
                bare = stated if stated is not None and stated.amount is not None else self._bare_money(words)
                if bare is not None:
                    return self._with_currency_of(bare, words, [one.quote, *(other.quote for other in evidence)])
        # Written otherwise than in the text: good only if the quote holds the very same value.
        for one in evidence:
            for mention in find_money(one.quote, language):
                if stated is not None and (mention.money.amount, mention.money.currency) == (
                    stated.amount, stated.currency,
                ):  # fmt: skip
                    return mention.money
        if not digit_groups(words) and stated is None:
            return None
        self.notes.append(f"the amount {words!r} is not in a quote; quote the words that hold it, or give null")
        return None

    def _bare_money(self, words: str) -> Money | None:
        """A sum without its currency, as in "and Spain 3 million"."""
        value = parse_number(words, self.document.language)
        if value is None:
            return None
        return Money(as_written=words, amount=value, amount_min=value, amount_max=value, currency=None,
                     currency_is_inferred=False, qualifier="exact")  # fmt: skip

    def _with_currency_of(self, money: Money, words: str, quotes: list[str]) -> Money:
        """The currency that the sums beside it have, when `money` has none of its own.

        "5 million euros from France and 3 million from Spain". Of several currencies in one quote it
        is that of the sum last before the words; none where all stand behind them.
        """
        if money.currency is not None:
            return money
        for quote in quotes:
            sums = [one for one in find_money(quote, self.document.language) if one.money.currency]
            if not sums:
                continue
            place = quote.find(words)
            before = [one for one in sums if one.end <= place or place < 0]
            if not before and len({one.money.currency for one in sums}) > 1:
                return money
            currency = (before or sums)[-1].money.currency
            return money.model_copy(update={"currency": currency, "currency_is_inferred": True})
        return money

    def _quantity(self, words: str | None, evidence: list[Evidence]) -> Quantity | None:
        if words is None:
            return None
        language = self.document.language
        stated: Quantity | None = None
        for one in evidence:
            for mention in find_headcounts(one.quote, language):
                written = one.quote[mention.start : mention.end]
                if says(written, words) or says(words, written):
                    return mention.headcount
            stated = stated or parse_quantity(words, language)
            if says(one.quote, words) and stated is not None and stated.value is not None:
                return stated
        for one in evidence:
            for mention in find_headcounts(one.quote, language):
                if stated is not None and stated.value is not None and mention.headcount.value == stated.value:
                    return mention.headcount
        if not digit_groups(words) and stated is None:
            return None
        self.notes.append(f"the number {words!r} is not in a quote; quote the words that hold it, or give null")
        return None

    def _personnel_types(self, words: str | None) -> list[PersonnelType]:
        """Kinds of personnel that the words of a headcount name."""
        found = find_headcounts(words, self.document.language) if words else []
        return sorted({_PERSONNEL[one.kind] for one in found if one.kind in _PERSONNEL})

    def _share(self, contributor: str, words: str, evidence: list[Evidence]) -> Share | None:
        money = self._money(words, evidence)
        actor = self._optional_actor(DraftActor(name=contributor))
        return Share(entity_id=actor.entity_id, money=money) if money and actor else None

    def _said(self, words: str | None) -> str | None:
        """Free text of a draft, if the document says it; a model's own words are dropped."""
        return words if words and says(self.document.text, words) else None

    def _date(self, expression: str | None) -> DateRef:
        if not expression or not says(self.document.text, expression):
            return DateRef()
        return resolve_date(expression, self.document.language, self.document.publication_date)

    def _announced(self) -> DateRef:
        published = self.document.publication_date
        if published is None:
            return DateRef()
        return DateRef(value=published, precision="day", basis="inferred")


def named_beside(texts: Iterable[str], parties: Iterable[Actor], language: str | None) -> list[str]:
    """Countries and organisations that texts name and that are no party, nor whom a party acts for: entity_id.

    A party that no list knows may have a country in its name, in whatever language ("Électricité du Liban").
    """
    parties = list(parties)
    known = {entity for actor in parties for entity in (actor.entity_id, actor.on_behalf_of)}
    named = [mention.actor.entity_id for text in texts for mention in find_actors(text, language)]
    named += [
        mention.actor.entity_id for actor in parties if not actor.is_resolved for mention in find_actors(actor.name)
    ]
    return list(dict.fromkeys(entity for entity in named if entity not in known))


def _is_shared(is_joint: bool, actors: list[Actor], figure: Money | Quantity | None) -> bool:
    """Whether the record is a joint one.

    Raises:
        _Refused: If one figure is several actors' and only one of them is known: it is not that one's alone.
    """
    if is_joint and len(actors) == 1 and figure is not None:
        raise _Refused(
            "inconsistent",
            f"{figure.as_written!r} is given by several together, of whom only {actors[0].name!r} is named in the "
            "text; name the others as written, or set is_joint to false",
        )
    return is_joint and len(actors) > 1


def _names(text: str, name: str) -> bool:
    """Whether `text` holds `name` as whole words: Oman is not named by Romania.

    Scripts that write a conjunction or an article onto the name (Arabic), or no spaces (Chinese), are
    held to the letters alone.
    """
    if not says(text, name):
        return False
    folded, wanted = folded_once(text), fold_text(name).strip(" \t\n\"'.,;:()[]-")
    if not wanted or ord(wanted[0]) > _LAST_SPACED_LETTER:
        return bool(wanted)
    return re.search(rf"(?<![^\W\d_]){re.escape(wanted)}(?![^\W\d_])", folded) is not None


def _validated(raw: Any) -> DraftRecord:
    draft_type = DRAFT_TYPES.get(str(raw.get("type"))) if isinstance(raw, dict) else None
    if draft_type is None:
        raise _Refused("invalid_draft", f"the type must be one of {', '.join(DRAFT_TYPES)}")
    try:
        return cast(DraftRecord, draft_type.model_validate(raw))
    except ValidationError as error:
        raise _Refused("invalid_draft", _first_error(error)) from error


def _each_contributor(draft: DraftRecord) -> list[DraftRecord]:
    """One draft per contributor, unless they share one figure."""
    if isinstance(draft, PledgeDraft | TroopCommitmentDraft) and not draft.is_joint:
        return [draft.model_copy(update={"contributors": [one]}) for one in draft.contributors]
    return [draft]


def _first_error(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}" if place else str(first["msg"])


def _short(quote: str) -> str:
    return repr(quote if len(quote) <= 80 else quote[:77] + "…")


# --- one fact, one record -------------------------------------------------------------------------


def merge_repeated(records: Iterable[Record]) -> list[Record]:
    """The same fact stated twice is one record with the quotes of both.

    Two records are the same fact when type, actors, counterpart, stage, realis, role and body agree
    and their figures are the same, or one of them has none.
    """
    merged: list[Record] = []
    for record in records:
        for index, other in enumerate(merged):
            if _is_same_fact(record, other):
                merged[index] = _merged(other, record)
                break
        else:
            merged.append(record)
    return merged


def _is_same_fact(one: Record, other: Record) -> bool:
    if (one.record_type, one.stage, one.realis, one.role) != (other.record_type, other.stage, other.realis, other.role):
        return False
    if {actor.entity_id for actor in one.actors} != {actor.entity_id for actor in other.actors}:
        return False
    if _differ(_entity(one.counterpart), _entity(other.counterpart)) or _differ(one.body_id, other.body_id):
        return False
    if one.record_type == "membership":
        return True
    if one.record_type == "troop_commitment":
        return not (
            _differ(_value(one.headcount), _value(other.headcount))
            or _differ(_value(one.equipment), _value(other.equipment))
            or _differ(_entity(one.host), _entity(other.host))
        )
    if one.money is None or other.money is None:
        # A gift in kind is not the sum beside it.
        return one.money is None and other.money is None and one.resource_types == other.resource_types
    return (one.money.amount, one.money.currency) == (other.money.amount, other.money.currency)


def _differ(one: object, other: object) -> bool:
    return one is not None and other is not None and one != other


def _entity(actor: Actor | None) -> str | None:
    return actor.entity_id if actor else None


def _value(quantity: Quantity | None) -> int | None:
    return quantity.value if quantity else None


def _merged(first: Record, second: Record) -> Record:
    spans = {(one.start, one.end) for one in first.evidence}
    changes: dict[str, Any] = {
        "evidence": [*first.evidence, *(one for one in second.evidence if (one.start, one.end) not in spans)],
        "confidence": max((c for c in (first.confidence, second.confidence) if c is not None), default=None),
    }
    for name in ("counterpart", "host", "body", "body_id", "headcount", "equipment", "representative", "inviter",
                 "requester", "purpose", "period", "term", "condition", "speaker", "aid_type"):  # fmt: skip
        if getattr(first, name) is None and getattr(second, name) is not None:
            changes[name] = getattr(second, name)
    if first.event_date.value is None and second.event_date.value is not None:
        changes["event_date"] = second.event_date
    return first.model_copy(update=changes)


def flat_record(record: Record) -> dict[str, Any]:
    """A record as `pledgebook extract` prints it: the stable interface for other programs."""
    first = record.actors[0] if record.actors else None
    counterpart = record.counterpart or (record.host if record.record_type == "troop_commitment" else None)
    money, headcount = record.money, record.headcount
    quantity = money or headcount
    best = record.evidence[0]
    return {
        "type": record.record_type,
        "actor": first.name if first else None,
        "actor_code": first.code if first else None,
        "actor_type": first.type if first else None,
        "actor_on_behalf_of": _acts_for(first) if first else None,
        "counterpart": counterpart.name if counterpart else record.body,
        "counterpart_code": counterpart.code if counterpart else None,
        "amount": _number(money.amount) if money else None,
        "amount_min": _number(money.amount_min) if money else None,
        "amount_max": _number(money.amount_max) if money else None,
        "currency": money.currency if money else None,
        "headcount": headcount.value if headcount else None,
        "personnel": list(record.personnel_types) or None,
        "qualifier": quantity.qualifier if quantity else None,
        "stage": record.stage,
        "role": record.role,
        "joint": [actor.code for actor in record.actors[1:]] if record.is_joint else [],
        "conditional": record.realis == "conditional",
        "date": record.event_date.value.isoformat() if record.event_date.value else None,
        "quote": best.quote,
        "start": best.start,
        "end": best.end,
        "confidence": record.confidence,
    }


def _in_own_currency(money: Money, actor: Actor) -> Money:
    """Francs of Switzerland, riyals of the Saudi Fund: a sum whose currency's name leaves several countries."""
    state = actor.entity_id if actor.type == "country" else principal_of(actor.entity_id)
    return money if state is None else infer_currency(money, state)


def _acts_for(actor: Actor) -> str | None:
    """Code of whom the text says that it acts for, else of the state or organisation whose money it gives."""
    principal = actor.on_behalf_of or principal_of(actor.entity_id)
    return code_of(principal) if principal else None


def _number(value: Any) -> int | float | None:
    if value is None:
        return None
    return int(value) if value == int(value) else float(value)
