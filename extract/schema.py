"""What a document may assert: the one definition of Pledgebook's records.

Two halves, in this order:

* **Drafts** are what a provider answers: surface forms, verbatim quotes and choices from closed
  lists. The response schema and the prompt's field guide are made from them.
* **Records** are what code makes of a draft: spans, numbers, codes and dates. The raw tables, the
  staging models and their column descriptions follow them.

Nothing here reads a text or touches the world. Field descriptions are written for a model and a
reader alike; they are the only place where a field is explained.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

RecordType = Literal["pledge", "troop_commitment", "membership", "funding_amount"]
ActorType = Literal[
    "country", "igo", "government_body", "person", "armed_group", "force",
    "company", "ngo", "media", "bloc", "programme", "unknown",
]
Qualifier = Literal[
    "exact", "at_least", "more_than", "approximately", "up_to", "less_than", "between", "unspecified",
]
Realis = Literal["actual", "planned", "conditional", "negated"]
MoneyStage = Literal["pledged", "committed", "disbursing", "disbursed", "suspended", "cancelled", "refused"]
TroopStage = Literal["requested", "promised", "deployed", "withdrawing", "withdrawn", "refused", "cancelled"]
MembershipStage = Literal[
    "proposed", "invited", "accepted", "member",
    "invitation_withdrawn", "suspended", "withdrawn", "expelled", "refused",
]
MembershipRole = Literal[
    "member", "founding_member", "permanent_member", "associate", "observer", "chair", "executive_member",
]
FundingRole = Literal["threshold", "target", "need", "budget", "cost", "total_raised", "contribution", "other"]
AidType = Literal["financial", "humanitarian", "military", "reconstruction", "other"]
ResourceType = Literal["financial", "goods", "equipment", "training", "services", "other"]
FinanceType = Literal["grant", "loan", "guarantee", "deposit", "unknown"]
PersonnelType = Literal[
    "troops", "police", "formed_police_unit", "individual_police", "military_observers",
    "staff_officers", "medical", "civilian", "unspecified",
]
Precision = Literal["day", "month", "year", "unknown"]
DateBasis = Literal["explicit", "relative", "inferred", "none"]
Alignment = Literal["exact", "folded", "none"]

RECORD_TYPES: tuple[str, ...] = get_args(RecordType)


class _Draft(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class DraftActor(_Draft):
    """Who, as the document writes it."""

    name: str = Field(min_length=1, max_length=200, description="as written in the document, no translation")
    type: ActorType = Field(default="unknown", description="what kind of actor")
    on_behalf_of: str | None = Field(
        default=None, description="country or organisation the text says a person acts for, as written"
    )

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, value: Any) -> Any:
        # A name alone is an actor whose kind code finds: it is a third of the tokens of an answer.
        return {"name": value} if isinstance(value, str) else value


class DraftShare(_Draft):
    """One contributor's stated part of a joint pledge."""

    contributor: str = Field(description="contributor's name as written")
    money: str = Field(description="its part as written")


class _DraftRecord(_Draft):
    quotes: list[str] = Field(
        min_length=1, max_length=6,
        description="verbatim passages that prove the record, best first; each copied without a change, "
        "and holding every number of the record",
    )
    stage_words: str | None = Field(default=None, description="the words of the quote that prove the stage")
    realis: Realis = Field(
        default="actual",
        description="actual: said or done; planned: only considered or intended by others; "
        "conditional: depends on a condition; negated: denied",
    )
    condition: str | None = Field(default=None, description="the condition as written")
    speaker: str | None = Field(default=None, description="who says so, as written")
    event_date: str | None = Field(default=None, description="when it happens or happened, as written")


class PledgeDraft(_DraftRecord):
    """An identified giver gives or promises resources: money, goods, equipment, training."""

    type: Literal["pledge"] = "pledge"
    stage: MoneyStage = Field(
        description="lowest stage the words prove: pledged (says it will give), committed (signed, approved, "
        "allocated), disbursing (being paid), disbursed (paid, delivered); or suspended, cancelled, refused"
    )
    contributors: list[DraftActor] = Field(min_length=1, max_length=60, description="the giver or givers")
    is_joint: bool = Field(default=False, description="true when one sum is given by several together")
    shares: list[DraftShare] = Field(default_factory=list, max_length=60, description="stated parts of a joint sum")
    recipient: DraftActor | None = Field(default=None, description="who receives it: country, organisation, programme")
    money: str | None = Field(
        default=None,
        description="the amount as written with qualifier, magnitude and currency; null when no figure is stated",
    )
    purpose: str | None = Field(default=None, description="what for, as written")
    aid_type: AidType | None = Field(default=None, description="kind of aid")
    resource_types: list[ResourceType] = Field(default_factory=list, max_length=6, description="what is given")
    finance_type: FinanceType = Field(default="unknown", description="grant, loan, guarantee or deposit, if stated")
    period: str | None = Field(default=None, description="the period it is given over, as written")


class TroopCommitmentDraft(_DraftRecord):
    """Armed or police personnel, their units or equipment, for a named force, mission or place."""

    type: Literal["troop_commitment"] = "troop_commitment"
    stage: TroopStage = Field(
        description="lowest stage the words prove: requested, promised (will send, approved sending), deployed "
        "(is there), withdrawing (will leave, is leaving), withdrawn (has left); or refused, cancelled"
    )
    contributors: list[DraftActor] = Field(min_length=1, max_length=60, description="who sends them")
    is_joint: bool = Field(default=False, description="true when one headcount is sent by several together")
    force: DraftActor | None = Field(default=None, description="the force or mission")
    host: str | None = Field(default=None, description="country or place where they serve, as written")
    personnel_types: list[PersonnelType] = Field(default_factory=list, max_length=9, description="kinds of personnel")
    headcount: str | None = Field(
        default=None, description="number of persons as written with qualifier and noun; null when none is stated"
    )
    equipment: str | None = Field(default=None, description="number and kind of equipment, as written")
    requester: str | None = Field(default=None, description="who asked for them, as written")


class MembershipDraft(_DraftRecord):
    """An actor belongs to, is invited to, joins or leaves an organisation or one of its bodies."""

    type: Literal["membership"] = "membership"
    stage: MembershipStage = Field(
        description="proposed (applied, nominated), invited, accepted (agreed to join), member (is, became); or "
        "invitation_withdrawn, suspended, withdrawn (left), expelled, refused"
    )
    member: DraftActor = Field(
        description="the country, organisation or person; a state when its head is invited for the state"
    )
    representative: str | None = Field(default=None, description="person who acts for the member, as written")
    organisation: DraftActor = Field(description="the organisation, as written")
    body: str | None = Field(default=None, description="organ of the organisation, as written: council, committee")
    role: MembershipRole = Field(default="member", description="seat held or offered")
    inviter: str | None = Field(default=None, description="who invites, as written")
    term: str | None = Field(default=None, description="term of the seat, as written")


class FundingAmountDraft(_DraftRecord):
    """Any other sum tied to an organisation or programme: threshold, target, need, budget, cost."""

    type: Literal["funding_amount"] = "funding_amount"
    role: FundingRole = Field(description="what the sum is; contribution only when no giver is identified")
    money: str = Field(description="the amount as written with qualifier, magnitude and currency")
    stage: MoneyStage | None = Field(default=None, description="only for a contribution")
    payer: DraftActor | None = Field(default=None, description="who pays or must pay, if stated")
    payee: DraftActor | None = Field(default=None, description="the organisation or programme it is for")


DraftRecord = Annotated[
    PledgeDraft | TroopCommitmentDraft | MembershipDraft | FundingAmountDraft, Field(discriminator="type")
]
DRAFT_TYPES: dict[str, type[_DraftRecord]] = {
    "pledge": PledgeDraft,
    "troop_commitment": TroopCommitmentDraft,
    "membership": MembershipDraft,
    "funding_amount": FundingAmountDraft,
}


class Answer(_Draft):
    """Everything one document asserts. An empty list is a fine answer."""

    records: list[DraftRecord] = Field(default_factory=list, max_length=200)


# --- records: what code makes of a draft -----------------------------------------------------


class _Value(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Actor(_Value):
    """An actor, resolved as far as it can be."""

    name: str = Field(description="name as written")
    type: ActorType = Field(description="kind of actor")
    entity_id: str = Field(
        description="ISO 3166-1 alpha-3 of a country, otherwise a slug of the English name (or of the name as "
        "written when the actor is not known)"
    )
    code: str = Field(description="ISO 3166-1 alpha-3 of a country, otherwise the English name")
    is_resolved: bool = Field(description="false when the name is in no list and the slug is its own")
    on_behalf_of: str | None = Field(default=None, description="entity_id of the state or organisation acted for")


class Money(_Value):
    """An amount of money. Unknown is null, never 0."""

    as_written: str = Field(description="the words")
    amount: Decimal | None = Field(description="headline value in units of the currency")
    amount_min: Decimal | None = Field(description="lower bound that the words prove")
    amount_max: Decimal | None = Field(description="upper bound that the words prove; null when open")
    currency: str | None = Field(description="ISO 4217; null when not stated")
    currency_is_inferred: bool = Field(description="true when the words name no country (plain dollars, francs)")
    qualifier: Qualifier = Field(description="how the figure is qualified")


class Quantity(_Value):
    """A number of persons or items. Unknown is null, never 0."""

    as_written: str = Field(description="the words")
    value: int | None = Field(description="headline value")
    minimum: int | None = Field(description="lower bound that the words prove")
    maximum: int | None = Field(description="upper bound that the words prove; null when open")
    qualifier: Qualifier = Field(description="how the figure is qualified")


class DateRef(_Value):
    """A date and how it was found."""

    expression: str | None = Field(default=None, description="the words")
    value: date | None = Field(default=None, description="first day of the period named")
    precision: Precision = Field(default="unknown", description="day, month, year or unknown")
    basis: DateBasis = Field(default="none", description="explicit, relative, inferred or none")


class Evidence(_Value):
    """A verbatim quote: text[start:end] of the document equals it."""

    quote: str = Field(description="verbatim slice of the document's text")
    start: int = Field(ge=0, description="first code point of the quote in the document's text")
    end: int = Field(gt=0, description="code point after the last one of the quote")
    alignment: Alignment = Field(description="exact, or folded when spaces, quotes or marks differed")


class Share(_Value):
    """One contributor's stated part of a joint pledge."""

    entity_id: str = Field(description="the contributor")
    money: Money = Field(description="its part")


class Record(_Value):
    """One fact of one document, typed, resolved and grounded.

    The four types share one shape: `actors` are the contributors, the member, or the payer (if
    any) of a funding amount; `counterpart` is the recipient, the force or mission, the
    organisation, or the payee.
    """

    record_type: RecordType = Field(description="pledge, troop_commitment, membership or funding_amount")
    stage: str | None = Field(description="lowest stage that the words prove; null for sums that are no contribution")
    stage_words: str | None = Field(default=None, description="the words that prove the stage")
    realis: Realis = Field(description="actual, planned, conditional or negated")
    condition: str | None = Field(default=None, description="the condition as written")
    actors: list[Actor] = Field(description="contributors, member or payer")
    is_joint: bool = Field(default=False, description="true when one figure is shared by all actors together")
    shares: list[Share] = Field(default_factory=list, description="stated parts of a joint sum")
    counterpart: Actor | None = Field(default=None, description="recipient, force, organisation or payee")
    host: Actor | None = Field(default=None, description="country where personnel serve")
    also_named: list[str] = Field(
        default_factory=list, description="entity_id of who else quotes and title name, of those that a list knows"
    )
    body: str | None = Field(default=None, description="organ of the organisation, as written")
    body_id: str | None = Field(default=None, description="slug of the organ")
    representative: str | None = Field(default=None, description="person who acts for the member")
    inviter: str | None = Field(default=None, description="who invites")
    requester: str | None = Field(default=None, description="who asked for the personnel")
    role: str | None = Field(default=None, description="seat of a membership or role of a funding amount")
    money: Money | None = Field(default=None, description="the amount")
    headcount: Quantity | None = Field(default=None, description="number of persons")
    equipment: Quantity | None = Field(default=None, description="number of items of equipment")
    personnel_types: list[PersonnelType] = Field(default_factory=list, description="kinds of personnel")
    aid_type: AidType | None = Field(default=None, description="kind of aid")
    resource_types: list[ResourceType] = Field(default_factory=list, description="what is given")
    finance_type: FinanceType | None = Field(default=None, description="grant, loan, guarantee, deposit, unknown")
    purpose: str | None = Field(default=None, description="what for, as written")
    period: str | None = Field(default=None, description="period the resources are given over, as written")
    term: str | None = Field(default=None, description="term of a seat, as written")
    speaker: str | None = Field(default=None, description="who says so, as written")
    event_date: DateRef = Field(default_factory=DateRef, description="when it happens or happened")
    announcement_date: DateRef = Field(default_factory=DateRef, description="when it was said")
    evidence: list[Evidence] = Field(min_length=1, description="verbatim quotes, best first")
    confidence: float | None = Field(
        default=None, ge=0, le=1, description="calibrated probability that the record is right; null when unknown"
    )
    notes: list[str] = Field(default_factory=list, description="what code corrected or dropped, and why")

    @model_validator(mode="after")
    def _bounds_agree(self) -> Record:
        if self.is_joint and len(self.actors) < 2:
            raise ValueError("a joint record needs at least two actors")
        for money in [self.money, *(share.money for share in self.shares)]:
            if money is not None:
                _ordered(money.amount_min, money.amount, money.amount_max)
        for quantity in (self.headcount, self.equipment):
            if quantity is not None:
                _ordered(quantity.minimum, quantity.value, quantity.maximum)
        return self


def _ordered(*values: Decimal | int | None) -> None:
    known = [value for value in values if value is not None]
    if known != sorted(known):
        raise ValueError(f"bounds and headline disagree: {known}")
