"""Who speaks for a state: offices, and the persons that a text says hold them.

In: a text with its country mentions. Out: for each person whom the text gives a state's highest
office or a ministry, the country. "The Kazakh president, Kassym-Jomart Tokayev, accepted" is
Kazakhstan's acceptance. Persons without such an office act for themselves.
"""

from __future__ import annotations

import re

from extract.normalise.actors import ActorMention
from extract.normalise.folding import fold_text

_OFFICES = re.compile(
    r"\b(?:(?:vice[- ])?president|prime minister|premier(?! ministre)|chancellor|king|queen|emir|amir|sultan|crown prince|foreign minister|"
    r"defen[cs]e minister|minister|foreign secretary|secretary of state|taoiseach|"
    r"président[e]?|premi(?:er|ère) ministre|chanceli(?:er|ère)|roi|reine|émir|sultan|prince héritier|ministre|"
    r"chef de l[’']état|presidente|presidenta|primer ministro|primera ministra|rey|reina|emir|canciller|ministr[oa]|"
    r"mandatari[oa]|primeir[oa][- ]ministr[oa]|rei|chanceler|"
    r"präsident(?:in)?|staatschef(?:in)?|ministerpräsident(?:in)?|premierminister(?:in)?|bundeskanzler(?:in)?|kanzler(?:in)?|"
    r"könig(?:in)?|(?:außen|verteidigungs|entwicklungs)?minister(?:in)?|"
    r"президент\w{0,3}|премьер(?:-министр)?\w{0,3}|король|короля|эмир\w{0,2}|канцлер\w{0,2}|министр\w{0,2}|глав[аеуы] мид|"
    r"cumhurbaşkanı|başbakanı?|devlet başkanı|kralı?|emiri?|bakanı?)\b|"
    r"总统|主席|首相|总理|国王|外长|部长|"
    r"(?<![\u0621-\u064a])(?:و|ب|ل|ف)?(?:ال)?(?:رئيس(?: الوزراء| وزراء)?|ملك|عاهل|أمير|سلطان|وزير|مستشار)(?![\u0621-\u064a])",
    re.IGNORECASE,
)
_FORMER = re.compile(
    r"\b(?:former|ex|late|ancien(?:ne)?|expresident\w|antigu[oa]|ehemalig\w+|frühere?\w?|бывш\w+|экс|eski|ex-)\b|السابق|الأسبق|前",
    re.IGNORECASE,
)
# A state's office is that of the state only: the president of a bank or a club is none.
_OF_SOMETHING_ELSE = re.compile(
    r"(?:bank|banque|banco|банк|club|commission|comité|committee|council|conseil|federation|fédération|company|группы|"
    r"بنك|مجلس|لجنة|银行|委员会)",
    re.IGNORECASE,
)
_NAME = re.compile(r"[^\W\d_][\w’'\-]*(?:[ \u00a0](?:al|bin|ibn|van|von|de|da|del|el)?[ ]?[^\W\d_][\w’'\-]*){0,3}")


def leaders(text: str, mentions: list[ActorMention]) -> dict[str, ActorMention]:
    """Folded words of persons' names → the mention of the country they speak for.

    A person is who is named within a few words of an office that stands beside a country.
    """
    found: dict[str, ActorMention] = {}
    for mention in mentions:
        if mention.actor.type != "country" or mention.form not in {"name", "adjective"}:
            continue
        start, end = max(0, mention.start - 45), min(len(text), mention.end + 70)
        around = text[start:end]
        for office in _OFFICES.finditer(around):
            first = min(office.start(), mention.start - start)
            last = max(office.end(), mention.end - start)
            between = around[min(office.end(), mention.end - start) : max(office.start(), mention.start - start)]
            if len(between) > 14 or re.search(r"[.;:!?،,()]", between):
                continue
            if _FORMER.search(around[max(0, first - 12) : last + 8]) or _OF_SOMETHING_ELSE.search(around[first : last + 25]):
                continue
            tail = text[start + last : start + last + 60]
            named = re.match(r"[\s,،(«\"]{0,3}" + _NAME.pattern, tail)
            if named:
                for word in _name_words(named.group()):
                    found.setdefault(word, mention)
    return found


def _name_words(name: str) -> list[str]:
    """Folded words of a name that can stand for it: capitalised, or Arabic or Chinese and not too short."""
    words: list[str] = []
    for word in re.findall(r"[^\W\d_][\w’'\-]*", name):
        is_arabic = "\u0600" < word[0] < "\u06ff" and len(word) >= 4 and len(words) < 3
        if is_arabic or (word[0].isupper() and len(word) >= 3):
            words.append(fold_text(word))
        elif word[0].islower():
            break
    return words


def has_office(words: str) -> bool:
    """Whether a phrase names an office of a state that is held now."""
    return bool(_OFFICES.search(words)) and not _FORMER.search(words) and not _OF_SOMETHING_ELSE.search(words)


def country_of(words: str, known: dict[str, ActorMention]) -> ActorMention | None:
    """The country that a person named `words` speaks for, if the text says so."""
    for word in re.findall(r"[^\W\d_][\w’'\-]*", words):
        mention = known.get(fold_text(word))
        if mention is not None and (word[0].isupper() or word[0] > "\u0600"):
            return mention
    return None
