"""Who receives a pledge: a choice among all actors of the document, and nobody.

In: a figure or name that may be a pledge, the document read, and whom the rules would take. Out: the likeliest
recipient, and how likely. What decides is a conditional logit (McFadden 1974) over evidence that every actor of the
document has; `calibrate` fits it on whole articles (`recipients.json`).
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from extract.normalise.actors import ActorMention, resolve_actor
from extract.normalise.folding import fold_text
from extract.providers.embedded.candidates import Candidate, Name, Readings, actor_of
from extract.schema import Actor

COEFFICIENTS = Path(__file__).with_name("recipients.json")
# An actor named only this many sentences away or more is far.
_FAR = 3
# Probabilities nearer to 0 or 1 than this are not told apart.
_LEAST = 0.01

Evidence = dict[str, float]


@dataclass
class Option:
    """An actor that may receive, or nobody.

    Attributes:
        key: The entity, or the words of one that no list knows; None for nobody.
        actor: Name and type in the document's words; None for nobody.
        evidence: What speaks for it and against it.
    """

    key: str | None
    actor: dict[str, str] | None
    evidence: Evidence


class Recipients:
    """The actors of one document as recipients of its pledges.

    Args:
        readings: The document read.
        missions: Missions that the text describes without naming them.
        mass: How much the document's candidates point at each entity as their counterpart.
    """

    def __init__(self, readings: Readings, missions: Sequence[ActorMention], mass: Mapping[str, float]) -> None:
        self.readings = readings
        self.mass = mass
        self.total = sum(mass.values()) or 1.0
        self.named = [(_key(one.actor, one.surface), {"name": one.surface, "type": one.actor.type}, one.start)
                      for one in [*readings.named, *missions]]  # fmt: skip
        self.places: dict[str, set[int]] = defaultdict(set)
        for key, _, start in self.named:
            self.places[key].add(start)
        for name in readings.names:
            self.places[_key_of(name)].add(name.start)
        self.sentences = {key: {self._sentence(place) for place in places} for key, places in self.places.items()}

    def options(
        self, one: Candidate, givers: Iterable[dict[str, Any]], ruled: dict[str, Any] | None, meant: Name | None = None
    ) -> list[Option]:
        """Every actor that may receive what one candidate gives, and nobody.

        Args:
            givers: Who gives it.
            ruled: Whom the rules take for its recipient.
            meant: The words that the rules understood so: "the Fund" is no option beside the Green Climate Fund.
        """
        language = self.readings.document.language
        given_by = {_key(resolve_actor(who["name"], who["type"], language), who["name"]) for who in givers}
        ruled_key = None
        if ruled is not None:
            ruled_key = _key(resolve_actor(ruled["name"], ruled["type"], language), ruled["name"])
        found: dict[str, tuple[dict[str, str], float]] = {}
        for p, name in one.counterparts:
            key = ruled_key if name == meant and ruled_key is not None else _key_of(name)
            actor, before = found.get(key, (actor_of(name), 0.0))
            found[key] = (actor, max(before, p))
        for key, actor, _ in self.named:
            found.setdefault(key, (actor, 0.0))
        if ruled is not None and ruled_key is not None:
            found.setdefault(ruled_key, (ruled, 0.0))
        options = []
        for key, (actor, p) in found.items():
            own = ruled if key == ruled_key and ruled is not None else actor
            evidence = self._evidence(one, key, p) | {"gives": float(key in given_by), "ruled": float(key == ruled_key)}
            options.append(Option(key, own, evidence))
        return [*options, Option(None, None, {"nobody": 1.0, "ruled": float(ruled is None)})]

    def _evidence(self, one: Candidate, key: str, probability: float) -> Evidence:
        sentences = self.sentences.get(key, set())
        own = self._sentence(one.start)
        back = [own - sentence for sentence in sentences]
        before = min((steps for steps in back if steps >= 0), default=None)
        after = min((-steps for steps in back if steps < 0), default=None)
        nearest = min(steps for steps in (before, after, _FAR) if steps is not None)
        mass = self.mass.get(key, 0.0)
        return {
            "network": logit(probability),
            "unseen": float(probability == 0),
            "in_sentence": float(before == 0),
            "behind": float(before is None),
            "far": float(nearest >= _FAR),
            "headline": float(0 in sentences),
            "named": math.log1p(len(self.places.get(key, ()))),
            "pointed_at": math.log1p(5 * mass),
            "share": mass / self.total,
        }

    def _sentence(self, place: int) -> int:
        return next((n for n, (start, end) in enumerate(self.readings.sentences) if start <= place < end), 0)


def shares(options: Sequence[Option]) -> list[float]:
    """How likely each option is the right one, 0-1, all together 1."""
    line = coefficients()
    scores = [sum(line.get(name, 0.0) * value for name, value in one.evidence.items()) for one in options]
    greatest = max(scores)
    weights = [math.exp(score - greatest) for score in scores]
    return [weight / sum(weights) for weight in weights]


@lru_cache(maxsize=1)
def coefficients() -> dict[str, float]:
    """What each piece of evidence counts for, by its name."""
    return read_coefficients(COEFFICIENTS)


def read_coefficients(path: Path) -> dict[str, float]:
    """What `calibrate` wrote."""
    stored: dict[str, float] = json.loads(path.read_text(encoding="ascii"))["coefficients"]
    return stored


def _key(actor: Actor, words: str) -> str:
    return actor.entity_id if actor.is_resolved else fold_text(words)


def _key_of(name: Name) -> str:
    return name.stands_for.actor.entity_id if name.stands_for is not None else _key(name.actor, name.words)


def logit(probability: float) -> float:
    """Log odds of a probability, which is cut to what the network can tell apart."""
    kept = min(max(probability, _LEAST), 1 - _LEAST)
    return math.log(kept / (1 - kept))
