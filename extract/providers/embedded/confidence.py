"""How likely a record is strictly right: a logistic line over what the decision rested on.

The network is surer of an anchor than the whole record deserves: giver, recipient and stage may each
be wrong. The coefficients were fitted by `calibrate.py` on whole articles that the network was
not trained on, and stand in `confidence.json`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, get_args

from extract.normalise.actors import resolve_actor
from extract.providers.embedded.candidates import COLUMNS, RECORD_CLASSES, Candidate, Readings
from extract.providers.embedded.examples import ROLES
from extract.providers.embedded.recipients import logit, read_coefficients
from extract.schema import Actor, RecordType

COEFFICIENTS = Path(__file__).with_name("confidence.json")
# What speaks differently for a pledge than for a membership.
_BY_TYPE = (
    "record", "anchor", "stage", "words_agree", "words_differ", "giver_known", "counterpart", "counterpart_named",
    "counterpart_known", "counterpart_likeliest", "stage_ruled", "stage_share", "stage_said", "stage_unsaid",
)  # fmt: skip
# What is right more often than not, or less often: stages and roles, what an anchor is, who stands on either side.
_STAGES = (
    "pledged", "committed", "disbursed", "refused", "requested", "promised", "deployed", "withdrawing", "withdrawn",
    "proposed", "invited", "accepted", "member", "suspended", "expelled", "need", "target", "threshold", "budget",
    "cost", "total_raised",
)  # fmt: skip
_ANCHORS = ("money", "headcount", "number", "actor")
_GIVERS = ("country", "igo", "government_body", "company", "person", "unknown")
_COUNTERPARTS = ("country", "igo", "bloc", "force", "programme", "government_body", "person", "unknown")
# Neighbours are counted this far to both sides of an anchor, in characters.
_NEAR = 200

Evidence = dict[str, float]


def evidence(
    draft: Mapping[str, Any], one: Candidate, probability: float, readings: Readings, mass: Mapping[str, float],
    said: str | None, is_ruled: bool, recipient_share: float | None = None,
) -> Evidence:  # fmt: skip
    """What speaks for and against a draft.

    Args:
        draft: The record in the document's words.
        one: The candidate that it was made of.
        probability: Of the record, giver included, 0-1.
        readings: The document read.
        mass: How much the document's candidates point at each entity as their counterpart.
        said: The stage that the words beside the anchor name; None without such words.
        is_ruled: Whether the draft has the stage that the rules choose.
        recipient_share: How likely the recipient is the right one; None for what is no pledge.
    """
    words_agree = None if said is None else said == one.likeliest(one.letter)
    kind = draft["type"]
    language = readings.document.language
    side = draft.get("recipient") or draft.get("force") or draft.get("payee") or draft.get("organisation")
    who = (draft.get("contributors") or [draft.get("member") or draft.get("payer")])[0]
    side_actor, who_actor = _resolved(side, language), _resolved(who, language)
    is_sum, is_seat = kind == "funding_amount", kind == "membership" and draft["role"] != "member"
    counterparts = [p for p, _ in one.counterparts[:2]] + [0.0, 0.0]
    own = one.scores[COLUMNS[one.letter]]
    share = logit(float(own.max()) / max(1e-6, float(own.sum())))
    start, end = readings.sentence(one.start)
    others = [other.probability for other in readings.candidates
              if (other.start, other.end) == (one.start, one.end) and other.letter != one.letter]  # fmt: skip
    names = sum(abs(name.start - one.start) < _NEAR for name in readings.names)
    gives = kind in {"pledge", "troop_commitment"} and one.name is None
    stage = draft.get("stage") or draft.get("role")
    stated = sum(float(p) for n, p in zip(COLUMNS[one.letter], own, strict=True) if RECORD_CLASSES[n][2:] == stage)
    is_known = who_actor is not None and who_actor.is_resolved
    is_person = kind == "membership" and not is_known
    persons = [other for other in readings.candidates
               if other.letter == "M" and other.name is not None and not other.name.is_known
               and other.probability >= 0.5 and start <= other.start < end] if is_person else []  # fmt: skip
    found = {
        "troops": float(kind == "troop_commitment"),
        "membership": float(kind == "membership"),
        "sum": float(is_sum),
        "record": logit(probability),
        "anchor": logit(one.probability),
        "other_type": max(others, default=0.0),
        "giver": logit(one.actors[0][0] if one.actors else 0.0) if gives else 0.0,
        "giver_known": float(is_known),
        "giver_likeliest": float(gives and bool(one.actors) and one.actors[0][1].words == (who or {}).get("name")),
        "joint": float(bool(draft.get("is_joint"))),
        "stage": 0.0 if is_sum else share,
        "role": share if is_sum else 0.0,
        "words_agree": float(words_agree is True),
        "words_differ": float(words_agree is False),
        "counterpart": logit(counterparts[0]),
        "second_counterpart": logit(counterparts[1]),
        "counterpart_named": float(side is not None),
        "counterpart_known": float(side_actor is not None and side_actor.is_resolved),
        "counterpart_likeliest": float(
            side is not None and bool(one.counterparts) and one.counterparts[0][1].words == side["name"]
        ),
        "counterpart_of_document": math.log1p(mass.get(side_actor.entity_id, 0.0)) if side_actor else 0.0,
        "seat": float(is_seat),
        "seat_role": logit(max(one.flag(role) for role in ROLES)) if is_seat else 0.0,
        "planned": one.flag("planned"),
        "no_unit": float(one.kind == "number"),
        "sentence": math.log(max(end - start, 20) / 100),
        "names_near": min(names, 12) / 5,
        "person_seat": float(is_seat and not is_known),
        "person_member": float(is_person and not is_seat),
        "persons_beside": math.log(max(len(persons), 1)),
        "stage_share": logit(stated / max(1e-6, float(own.sum()))),
        "counterpart_in_sentence": float(
            side is not None
            and any(name.words == side["name"] and start <= name.start < end for _, name in one.counterparts)
        ),
        "recipient": 0.0 if recipient_share is None else logit(recipient_share),
        "stage_ruled": float(is_ruled),
        "stage_said": float(said is not None and said == stage),
        "stage_unsaid": float(said is not None and said != stage),
    }
    found |= {f"{name}_of_{one}": found[name] * (kind == one) for one in get_args(RecordType) for name in _BY_TYPE}
    found |= _one_of("stage", stage, _STAGES)
    found |= _one_of("anchor", one.kind, _ANCHORS)
    found |= _one_of("giver", who["type"] if who else None, _GIVERS)
    return found | _one_of("counterpart", side["type"] if side else None, _COUNTERPARTS)


def _one_of(what: str, value: str | None, known: tuple[str, ...]) -> Evidence:
    return {f"{what}_is_{name}": float(value == name) for name in known}


def confidence(found: Evidence) -> float:
    """Share of records with such evidence that are strictly right, 0-1, to three places."""
    return round(chance(found, _coefficients()), 3)


def chance(found: Evidence, coefficients: Mapping[str, float]) -> float:
    """Share of records with such evidence that are strictly right, 0-1, by a line of one's own."""
    return 1 / (1 + math.exp(-log_odds(found, coefficients)))


def log_odds(found: Evidence, coefficients: Mapping[str, float]) -> float:
    """Logarithm of right to wrong among records with such evidence; "intercept" is among the coefficients."""
    return coefficients["intercept"] + sum(coefficients.get(name, 0.0) * value for name, value in found.items())


@lru_cache(maxsize=1)
def _coefficients() -> dict[str, float]:
    return read_coefficients(COEFFICIENTS)


def _resolved(actor: Mapping[str, Any] | None, language: str | None) -> Actor | None:
    return resolve_actor(actor["name"], actor["type"], language) if actor else None
