"""Countries and organisations in a text, and what an actor's written name stands for.

In: a text, or a name as a provider wrote it. Out: mentions with spans in code points of that text,
or one `schema.Actor`. Who did what is not decided here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from rapidfuzz import fuzz, process

from extract.normalise.aliases import JOINERS, Alias, Aliases, Form, Key, aliases, is_han, words_of
from extract.normalise.government_words import (
    HAN_GOVERNMENT,
    HAN_PERSON,
    is_embassy,
    is_force_or_people,
    is_generic,
    is_government,
    is_islamic_state,
    is_light,
    is_other_body,
    is_person,
    may_stand_beside_forces,
)
from extract.normalise.missions import described_missions
from extract.normalise.tokens import Scan, scan, simplify
from extract.schema import Actor, ActorType


@dataclass(frozen=True)
class ActorMention:
    """One named country or organisation: `surface` is the text's [start, end)."""

    start: int
    end: int
    surface: str
    actor: Actor
    form: Form


def find_actors(text: str, language: str | None = None) -> list[ActorMention]:
    """Find the countries and organisations that `text` names, in order and without overlaps.

    The longest match wins. Articles, clitics and case endings stay outside the span, as far as they
    are separate letters.

    Args:
        text: Any text; offsets refer to this string unchanged.
        language: ISO 639-1 code. Aliases of that language, of no language and English names are
            tried; when None, all, those of the language that the text seems to have first.
    """
    if not text:
        return []
    table = aliases()
    language = _base(language)
    found = scan(text, language)
    mentions = list(_word_mentions(found, table, language))
    if _HAN.search(text):
        mentions += _han_mentions(text, table, language)
        mentions.sort(key=lambda mention: mention.start)
        mentions = [
            mention for index, mention in enumerate(mentions) if not index or mentions[index - 1].end <= mention.start
        ]
    return list(_two_congos(text, mentions))


def resolve_actor(name: str, type_hint: ActorType = "unknown", language: str | None = None) -> Actor:
    """Say what `name` stands for.

    An alias stands for its entity; a phrase about one country's government, parliament, army or
    people for the country; a name with a typing error for the entity that it nearly spells. Anything
    else keeps its own slug and `type_hint`, or becomes a person when the phrase holds a person's title.

    Args:
        name: The name as written, in any of nine languages.
        type_hint: What the provider took it for; "country" lets a state's head stand for the state.
        language: ISO 639-1 code of the document.
    """
    written = name.strip()
    meaning = _resolve(aliases(), written, type_hint, _base(language))
    return meaning.model_copy(update={"name": written}) if meaning.name != written else meaning


def principal_of(entity_id: str) -> str | None:
    """Entity id of the one state or organisation whose money an agency gives; None for who gives its own."""
    return aliases().principals.get(entity_id)


def code_of(entity_id: str) -> str:
    """ISO 3166-1 alpha-3 of a country, otherwise the English name, or the slug of what no list knows."""
    known = aliases().organisations.get(entity_id)
    return known.name_en if known else entity_id


# Finding.


_CONGO = frozenset({"congo", "kongo", "kongos", "конго", "الكونغو", "كونغو", "刚果"})
_BESIDE = re.compile(
    r"[\s,،、]*(?:\b(?:and|et|y|e|und|и|ve|the|la|der|die|o|a|el|do|da|del)\b\s*|و|和|与|以及){0,2}", re.IGNORECASE
)


def _two_congos(text: str, mentions: list[ActorMention]) -> Iterator[ActorMention]:
    """Mentions, in which a Congo that is listed beside the Democratic Republic is the other one."""
    democratic = [one for one in mentions if one.actor.entity_id == "COD" and one.surface.lower() not in _CONGO]
    for one in mentions:
        is_other = one.actor.entity_id == "COD" and one.surface.lower() in _CONGO and any(
            _BESIDE.fullmatch(text[min(one.end, other.end) : max(one.start, other.start)]) for other in democratic
        )  # fmt: skip
        if is_other:
            yield replace(one, actor=one.actor.model_copy(update={"entity_id": "COG", "code": "COG"}))
        else:
            yield one


def _words(source: str) -> frozenset[str]:
    return frozenset(source.split())


_FIRST_NAMES = _words(
    "michael vernon jim pierre hamilton eddie joe ben robert robbie louis neil thomas phil deandre king colonel "
    "anthony david john james mary katie barbara patrick daniel kim richard brian steve stephen nicolas eason "
    "george denzel kerry booker martha dinah harold grover isaiah russell martin peter paul jack jordan"
)
_NAMES_OF_PERSONS = _words("jordan chad georgia israel washington paris london sofia lima holland colombo wellington")
# They may stand before a country with no comma: "On Monday Jordan said".
_NO_FIRST_NAMES = _words(
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august "
    "september october november december kingdom republic state gulf arab neighbouring the city airport embassy"
)
# In French these are surnames or first names without an article.
_NEEDED_BEFORE = {"hollande": ("la", "en"), "salvador": ("le", "au", "du")}
_CURRENCY_STEMS = ("доллар", "рубл", "крон", "фунт", "динар", "дирхам", "франк", "юан", "шиллинг", "dolar", "dollar")
_CURRENCIES = _words(
    "$ euro euros pound pounds sterling livre livres libra libras pfund franc francs franco francos franken yen yuan "
    "krone kroner kronor krona kronen couronne couronnes corona coronas coroa coroas rupee rupees roupie roupies "
    "rupia rupias rupien riyal riyals rial rials riyad riais dirham dirhams dirhames dinar dinars dinares peso pesos "
    "reais lira liras lire rouble roubles ruble rubles rublo rublos rubel shilling shillings naira rand "
    "rands иен иены иена риал риалов риала دولار دولارات دولارا دينار دنانير دينارا ريال ريالات ريالا درهم دراهم درهما "
    "جنيه جنيهات جنيها ليره ليرات فرنك فرنكا ين يوان كرونه كرونات روبل روبلات روبيه روبيات lirasi"
)
# English names of countries that are names of persons, of a state or common words elsewhere.
_ONLY_IN_ENGLISH = _words("jordan chad georgia turkey guinea us bern emirates brit brits turk pole kiwi dane")
_BEFORE_GEORGIA_USA = _words("atlanta savannah augusta")
_AFTER_GEORGIA_USA = _words(
    "senator senate governor runoff republican republicans democrat democrats legislature"
)
# Words that make an English name of what stands before them.
_PROPER_HEADS = _words(
    "airways airlines airline charity foundation university stadium olympics marathon post herald tribune "
    "telegraph magazine newspaper accord accords convention protocol treaty declaration"
)
_OF_HEADS = _words(
    "bank university gulf sea bay strait straits church bishop archbishop duke earl universidad universite "
    "universidade universitat golfo golfe mer mar banco banque banca estrecho detroit archidiocese diocese"
)
_OF = _words("of de du da do del d di von")
_ARABIC_HEADS = _words("بنك مصرف جامعه خليج بحر مضيق الجويه بطوله كاس")
_MALI_CONTEXT = _words(
    "في جمهوريه دوله الي حكومه شمال جنوب وسط شرق غرب جيش رئيس قوات سلطات علي عن داخل ان من بشان بعثه لدي بين وفي"
)
# A capital letter that begins a sentence says nothing about these.
_COMMON_AT_START = _words(
    "того газы вены вену дели сана сану перу чили мали fin este male sana ama fas leh pole franco rom ire nord gana "
    "antigua"
)
_AFFIXES_BEFORE = _words("pro anti non philo про анти")
_AFFIXES_AFTER = _words("speaking language born style sprachig")
_TITLED = _words("nato otan opec opep fifa uefa apec gavi nafo onu")
_ARTICLES = _words("the la le les el los las o os a as l der die das den")
_TURKISH_CASE = re.compile("n?[dt][ae](?:n|ki)?|n?[iu]n|[yn]?[iu]|[yn]?[ae]|y?l[ae]")
_TURKISH_SUFFIX = re.compile("(?:l[ae]r)?(?:[dt][ae]n?|n?[iu]n|y?[iu]|y?[ae]|y?l[ae])?")


@lru_cache(maxsize=65536)
def _arabic_variants(word: str) -> tuple[tuple[str, int], ...]:
    """`word` without its clitics, each with the number of letters taken off; nearest first."""
    variants: list[tuple[str, int]] = []
    bases = [(word, 0)]
    if word[0] in "وف" and len(word) > 3:
        bases.append((word[1:], 1))
    for base, cut in bases:
        if cut:
            variants.append((base, cut))
        if base.startswith("لل") and len(base) > 4:
            variants.append(("ا" + base[1:], cut + 1))
            variants.append(("ال" + base[1:], cut + 1))
        if base[0] in "بلك" and len(base) > 3:
            variants.append((base[1:], cut + 1))
    return tuple(variants)


def _word_mentions(found: Scan, table: Aliases, language: str | None) -> Iterator[ActorMention]:
    tokens = found.tokens
    indexes = [index for index, token in enumerate(tokens) if token.text not in JOINERS]
    words = [tokens[index].text for index in indexes]
    longest = table.longest
    position, count = 0, len(words)
    last_end = -1
    while position < count:
        word = words[position]
        match: tuple[Alias, int, int] | None = None
        if word in longest:
            match = _longest_match(found, table, indexes, words, position, word, 0, language)
        if match is None and "\u0621" <= word[0] <= "\u06ff":
            for variant, cut in _arabic_variants(word):
                if variant in longest:
                    match = _longest_match(found, table, indexes, words, position, variant, cut, language)
                    if match is not None:
                        break
        if match is None and language == "tr" and tokens[indexes[position]].kind == "w" and len(word) > 5:
            match = _turkish_match(found, table, indexes[position], word)
        if match is None:
            position += 1
            continue
        alias, size, cut = match
        first, last = indexes[position], indexes[position + size - 1]
        if alias.entity_id and not _is_vetoed(found, first, last, alias, cut, last_end):
            start, end = found.span(first, last)
            yield _mention(found.text, start + cut, end, alias, table)
            last_end = last
        position += size


def _longest_match(
    found: Scan, table: Aliases, indexes: list[int], words: list[str], position: int, first: str, cut: int,
    language: str | None,
) -> tuple[Alias, int, int] | None:  # fmt: skip
    """The alias that begins at `position`, its number of words, and the letters cut off before it."""
    for size in range(min(table.longest[first], len(words) - position), 0, -1):
        candidates = table.by_words.get((first, *words[position + 1 : position + size]))
        if candidates is None:
            continue
        surfaces = [found.original(indexes[position + offset]) for offset in range(size)]
        best: tuple[int, Alias] | None = None
        for alias in candidates:
            rank = _rank(alias, language, found.language)
            if rank is None or (best is not None and rank >= best[0]):
                continue
            if _is_written_so(alias, surfaces, language or found.language):
                best = rank, alias
        if best is not None:
            return best[1], size, cut
    return None


def _rank(alias: Alias, language: str | None, guess: str | None) -> int | None:
    """How near the alias's language is to the document's: smaller is nearer, None not to be used."""
    own = alias.language
    if own in ("", "-"):
        return 1
    if own == (language or guess):
        return 0
    if own == "en":
        if language is None:
            return 2
        if alias.text.lower() in _ONLY_IN_ENGLISH or (alias.text.isupper() and len(alias.text) <= 3):
            return None if language in ("fr", "es", "pt", "de", "tr") else 2
        return 2 if alias.form != "adjective" else None
    if language is not None:
        return None
    if guess is not None and (alias.form in ("adjective", "abbreviation", "capital") or len(alias.text) <= 4):
        return None
    return 3


def _is_written_so(alias: Alias, surfaces: list[str], language: str | None) -> bool:
    """Whether the words are written with the capitals and, in short words, the accents of `alias`."""
    text = alias.text
    if len(surfaces) == 1:
        surface = surfaces[0]
        if not ("A" <= surface[0] <= "\u052f"):
            return True
        letters = text.strip("\"'")
        if letters.isupper() and len(letters) > 1:
            return _is_acronym_written_so(letters, surface)
        if text[0].isupper() and not surface[0].isupper():
            return False
        if alias.form == "adjective" and text[0].islower() and alias.language != language and language is not None:
            return False
        return not (surface.isascii() and letters.lower() in _ACCENTS_COUNT)
    written = [part for part in _WORD.findall(text) if part not in JOINERS]
    if len(written) != len(surfaces):
        return True
    for index, (wanted, surface) in enumerate(zip(written, surfaces, strict=True)):
        if not wanted[0].isupper() or (index == 0 and wanted.lower() in _ARTICLES):
            continue
        if len(wanted) > 1 and wanted.isupper() and surface != wanted and not _is_acronym_written_so(wanted, surface):
            return False
        if not surface[0].isupper():
            return False
    return True


# Without their accents these are other words ("Şam", Damascus; "sam").
_ACCENTS_COUNT = _words("şam amã saná irã omã letã malí frança")
_WORD = re.compile(r"[^\W\d_]+|\d+|[^\s\w]")


def _is_acronym_written_so(wanted: str, surface: str) -> bool:
    if surface.isupper():
        return True
    return surface[0].isupper() and (len(wanted) >= 5 or surface.lower() in _TITLED)


def _turkish_match(found: Scan, table: Aliases, index: int, word: str) -> tuple[Alias, int, int] | None:
    """A Turkish name with its case ending and no apostrophe ("Fransanın", "Rusların")."""
    if not found.original(index)[0].isupper():
        return None
    for size in range(len(word) - 1, 4, -1):
        if word[:size] in table.longest and _TURKISH_SUFFIX.fullmatch(word[size:]):
            for alias in table.by_words.get((word[:size],), ()):
                if alias.language == "tr" and alias.is_country and alias.form in ("name", "adjective"):
                    return alias, 1, 0
    return None


def _is_vetoed(found: Scan, first: int, last: int, alias: Alias, cut: int, last_end: int) -> bool:
    """Whether the words around say that this is not the actor."""
    if not alias.is_country:
        return False
    word, before, after = found.word(first), found.word(first - 1), found.word(last + 1)
    if before == "-" and found.glued(first) and found.glued(first - 1) and found.word(first - 2) in _AFFIXES_BEFORE:
        return True
    if after == "-" and found.glued(last + 1) and found.word(last + 2) in _AFFIXES_AFTER:
        return True
    if "\u0621" <= word[0] <= "\u06ff":
        return _is_vetoed_arabic(found, first, last, word, before, after, cut, last_end)
    if alias.form in ("adjective", "abbreviation") and first == last:
        noun = before if alias.language in ("fr", "es", "pt") else found.word(last + 2) if after == "-" else after
        if _is_money(noun):
            return True  # "Canadian dollars", "couronnes norvégiennes"
    if word in _COMMON_AT_START and first == last and _begins_sentence(found, first):
        return True
    if after in _PROPER_HEADS and found.original(last + 1)[0].isupper():
        return True
    if before in _OF and found.word(first - 2) in _OF_HEADS:
        return True
    if before == "'" and found.word(first - 2) == "d" and found.word(first - 3) in _OF_HEADS:
        return True
    if before not in _NEEDED_BEFORE.get(word, (before,)) and found.language == "fr":
        return True
    if first == last and word in _NAMES_OF_PERSONS:
        if _is_first_name(found, first - 1):
            return True
        if word == "georgia" and (after in _AFTER_GEORGIA_USA or found.word(first - 2) in _BEFORE_GEORGIA_USA):
            return True
    # Turkish and French "mali ...": financial.
    return word == "mali" and found.language == "tr" and after.startswith(
        ("isler", "yardim", "destek", "kriz", "yil", "musavir", "politika", "kaynak", "durum", "tablo", "yuk", "katki")
    )  # fmt: skip


def _is_vetoed_arabic(
    found: Scan, first: int, last: int, word: str, before: str, after: str, cut: int, last_end: int
) -> bool:
    if first == last and _is_money(before):
        return True
    if before in _ARABIC_HEADS or before[1:] in _ARABIC_HEADS or after in ("الخيريه", "للبترول"):
        return True
    bare = word[cut:]
    if first == last and bare in ("مجري", "المجري", "يمني", "اليمني") and found.original(first).endswith("ى"):
        return True  # "course" and "right-hand"
    if first == last and bare == "مالي":
        named = last_end == first - 1
        listed = cut and word[0] == "و" and named
        return not (listed or before in _MALI_CONTEXT or (cut and word[0] in "بل"))
    return False


def _is_money(word: str) -> bool:
    return word in _CURRENCIES or word.startswith(_CURRENCY_STEMS)


def _is_first_name(found: Scan, index: int) -> bool:
    """Whether a capital, not of a sentence's first word, makes a first name of the word at `index`."""
    if found.kind(index) != "w" or "-" in (found.word(index + 1), found.word(index - 1)):
        return False
    surface, word = found.original(index), found.word(index)
    if not surface[0].isupper() or surface.isupper():
        return False
    return word in _FIRST_NAMES or (word not in _NO_FIRST_NAMES and not _begins_sentence(found, index))


def _begins_sentence(found: Scan, index: int) -> bool:
    if index == 0:
        return True
    return found.kind(index - 1) == "b" or found.word(index - 1) in (".", "!", "?", '"', ":", "…", "\n", "–", "-", "(")


_HAN = re.compile("[\u3400-\u9fff]")
_HAN_MONEY = re.compile("元(?![首旦])|法郎|克朗|第纳尔|里亚尔|卢比|比索|英?镑|先令|卢布|迪拉姆|里拉|雷亚尔")
# Chinese marks no words: "X方" is cut out of longer words unless something clear stands before it.
_BEFORE_SIDE = frozenset("和与向对由据称在请让给被将但而是使")
_AFTER_SIDE = frozenset("面案式法向针位便程可才能阵")


def _han_mentions(text: str, table: Aliases, language: str | None) -> list[ActorMention]:
    mentions: list[ActorMention] = []
    position, heads, simplified = 0, table.han_heads, simplify(text)
    while position < len(text) - 1:
        for candidate in heads.get(simplified[position : position + 2], ()):
            if simplified.startswith(candidate, position):
                alias = table.by_han[candidate][0]
                end = position + len(candidate)
                if _HAN_MONEY.match(simplified, end):
                    position = end - 1
                    break
                if len(candidate) == 2 and candidate[1] == "方" and not _is_side(simplified, position, end):
                    continue
                if alias.entity_id:
                    mentions.append(_mention(text, position, end, alias, table))
                position = end - 1
                break
        position += 1
    return mentions


def _is_side(text: str, start: int, end: int) -> bool:
    before, after = text[start - 1 : start], text[end : end + 1]
    return after not in _AFTER_SIDE and (not is_han(before) or before in _BEFORE_SIDE)


def _mention(text: str, start: int, end: int, alias: Alias, table: Aliases) -> ActorMention:
    surface = text[start:end]
    alias = _by_context(text, start, end, surface, alias)
    return ActorMention(start, end, surface, _actor(surface, alias, table), alias.form)


def _by_context(text: str, start: int, end: int, surface: str, alias: Alias) -> Alias:
    """Amman is written as Oman is, but for a mark or the words "the capital"."""
    if alias.entity_id == "OMN" and alias.form == "name" and alias.language == "ar" and " " not in surface:
        before = text[max(0, start - 20) : start]
        if "\u0651" in surface or "العاصمة" in before:
            return alias._replace(entity_id="JOR", form="capital")
    return alias


def _actor(name: str, alias: Alias, table: Aliases) -> Actor:
    if alias.is_country:
        return Actor(name=name, type="country", entity_id=alias.entity_id, code=alias.entity_id, is_resolved=True)
    organisation = table.organisations[alias.entity_id]
    return Actor(
        name=name, type=organisation.type, entity_id=alias.entity_id, code=organisation.name_en, is_resolved=True
    )


# Resolving.

_OUTER = re.compile(r"^[\s\W_]+|[\s\W_]+$")
_ARTICLE = re.compile(
    r"(?:the|la|le|les|el|los|las|os|as|o|a|der|die|das|den|dem|l['’ʼ])(?:\s+|(?<=['’ʼ]))", re.IGNORECASE
)
_BRACKETS = re.compile(r"^(.{3,}?)\s*[(（]\s*([^()（）]{2,20}?)\s*[)）]$")


@lru_cache(maxsize=8192)
def _resolve(table: Aliases, written: str, type_hint: ActorType, language: str | None) -> Actor:
    core = _core(written)
    if not core:
        return _unresolved(written, type_hint)
    for candidate in dict.fromkeys((core, _without_article(core))):
        alias = _exact(table, candidate, language)
        if alias is not None and type_hint == "person" and candidate.lower() in _NAMES_OF_PERSONS:
            return _unresolved(written, "person")
        if alias is not None:
            return _actor(written, alias, table)
    bracketed = _BRACKETS.match(written)
    if bracketed:
        outside = _resolve(table, bracketed[1], type_hint, language)
        if outside.is_resolved:
            return outside
        inside = _exact(table, bracketed[2], language)
        if inside is not None and not inside.is_country and bracketed[2].isupper():
            return _actor(written, inside, table)
    meant = _country_of_phrase(core, type_hint, language)
    if meant == "person":
        return _unresolved(written, "person")
    if meant is not None:
        return _actor(written, meant, table)
    alias = _organisation_of_phrase(table, core, language)
    if alias is None and type_hint != "person":
        alias = _nearly(table, _without_article(core))
    if alias is not None:
        return _actor(written, alias, table)
    return _unresolved(written, type_hint)


def _base(language: str | None) -> str | None:
    return language.replace("_", "-").split("-")[0].lower() or None if language else None


def _core(written: str) -> str:
    """`written` without outer quotes and marks, but with the last point of "U.S." and a bracket that was opened."""
    core = _OUTER.sub("", written)
    if not core:
        return ""
    following = written[written.index(core) + len(core) :][:1]
    if (following == "." and "." in core) or (following in (")", "）") and re.search("[(（]", core)):
        core += following
    return core


def _without_article(core: str) -> str:
    match = _ARTICLE.match(core)
    return core[match.end() :] if match and len(core) - match.end() >= 2 else core


def _exact(table: Aliases, name: str, language: str | None) -> Alias | None:
    """The alias that the whole of `name` is, the document's language first."""
    if _HAN.search(name):
        return next((alias for alias in table.by_han.get(simplify(name), ()) if alias.entity_id), None)
    key = words_of(name)
    if not key:
        return None
    keys = [key]
    if "\u0621" <= key[0][0] <= "\u06ff":
        keys += [(variant, *key[1:]) for variant, _ in _arabic_variants(key[0])]
        keys.append(("ال" + key[0], *key[1:]))
        if key[0].startswith("ال"):
            keys.append((key[0][2:], *key[1:]))
    if len(key) > 2 and key[-2] == "'" and (key[-1] == "s" or _TURKISH_CASE.fullmatch(key[-1])):
        keys.append(key[:-2])
    for one in keys:
        alias = _nearest(table.by_words.get(one, ()), name, language)
        if alias is not None:
            return alias
    return None


def _nearest(candidates: list[Alias] | tuple[()], name: str, language: str | None) -> Alias | None:
    order = {language: 0, "": 1, "-": 1, "en": 2}
    best: tuple[int, Alias] | None = None
    for alias in candidates:
        rank = order.get(alias.language, 3)
        if rank == 3 and language is not None and alias.form not in ("name", "government") and len(alias.text) < 5:
            continue
        if not alias.entity_id or (best is not None and best[0] <= rank):
            continue
        if _may_be_so_written(alias, name):
            best = rank, alias
    return best[1] if best else None


def _may_be_so_written(alias: Alias, name: str) -> bool:
    """Case counts only for acronyms, accents only where they make another word."""
    if alias.text.isupper() and len(alias.text) <= 6:
        return name.upper() == name or _is_acronym_written_so(alias.text, name)
    return alias.text.lower() not in _ACCENTS_COUNT or not name.isascii()


def _country_of_phrase(core: str, type_hint: ActorType, language: str | None) -> Alias | Literal["person"] | None:
    """The country for which a phrase stands, "person" when it names a person, or None."""
    mentions = find_actors(core, language) or (find_actors(core) if language else [])
    countries = list(dict.fromkeys(mention.actor.entity_id for mention in mentions))
    if any(mention.actor.type != "country" for mention in mentions):
        return None
    if len(countries) == 2 and any(is_embassy(word) for word in _rest(core, mentions)):
        countries.pop()
    if len(countries) != 1:
        return None
    country = Alias(core, "", countries[0], "name", True)
    if is_han(core[0]) or is_han(core[-1]):
        rest = core
        for mention in reversed(mentions):
            rest = rest[: mention.start] + rest[mention.end :]
        if HAN_PERSON.search(simplify(rest)):
            return country if type_hint == "country" else "person"
        return country if not rest or HAN_GOVERNMENT.fullmatch(simplify(rest)) else None
    rest_words = [word for word in _rest(core, mentions) if not is_light(word)]
    if any(is_person(word) and not is_government(word) for word in rest_words):
        return country if type_hint == "country" else "person"
    if not rest_words:
        return country
    if is_islamic_state(rest_words):
        return None
    if any(is_other_body(word) for word in rest_words) and not any(is_embassy(word) for word in rest_words):
        return None
    if any(is_government(word) for word in rest_words):
        return country
    if all(mention.form == "capital" for mention in mentions) or _PLACED & set(_rest(core, mentions)):
        return None  # "police of Paris", "battalion in Latvia"
    forces = [word for word in rest_words if is_force_or_people(word)]
    if forces and all(is_force_or_people(word) or may_stand_beside_forces(word) for word in rest_words):
        return country
    return None


def _rest(core: str, mentions: list[ActorMention]) -> list[str]:
    """Folded words of `core` outside the mentions, Arabic ones without clitics and article."""
    rest: list[str] = []
    found = scan(core)
    for index, token in enumerate(found.tokens):
        if token.kind not in ("w", "n", "h", "c"):
            continue
        start, end = found.span(index, index)
        touching = [mention for mention in mentions if mention.start < end and start < mention.end]
        if touching:
            # A Chinese run is no word: what a mention leaves of it counts.
            covered = sum(min(end, mention.end) - max(start, mention.start) for mention in touching)
            if token.kind in ("h", "c") and covered < end - start:
                rest.append(token.text)
            continue
        word = token.text
        if "\u0621" <= word[0] <= "\u06ff":
            word = _bare_arabic(word)
        rest.append(word)
    return rest


def _bare_arabic(word: str) -> str:
    if is_government(word) or is_person(word) or is_light(word):
        return word
    for prefix in ("وال", "بال", "فال", "كال", "لل", "ال", "و", "ب", "ل"):
        if word.startswith(prefix) and len(word) - len(prefix) >= 3:
            return word[len(prefix) :]
    return word


def _organisation_of_phrase(table: Aliases, core: str, language: str | None) -> Alias | None:
    """The organisation for which a phrase stands.

    Nothing else may be said ("l'ONU"), but for the organisation to which it belongs ("the UN's World Food
    Programme"), its host ("UNIFIL in Lebanon") or what it is ("the Turkish aid agency TIKA").
    """
    mentions = find_actors(core, language)
    organisations = [mention for mention in mentions if mention.actor.type != "country"]
    if not organisations:
        return None
    mission = next(iter(described_missions(core, mentions)), None)
    if mission is not None and len(mentions) == 2:
        return Alias(core, "", mission.entity_id, "name", False)
    places = {mention.actor.entity_id for mention in mentions if mention.actor.type == "country"}
    first, last = organisations[0], organisations[-1]
    significant = [word for word in _rest(core, mentions) if not is_light(word)]
    if not significant and len(organisations) == 1 and places <= {table.organisations[first.actor.entity_id].host_iso3}:
        return _as_alias(core, first)
    if not significant and not places and len(organisations) == 2:
        between = core[first.end : last.start]
        is_part = re.fullmatch(r"['’]s?\s+|\s+|\s*[(（]", between)
        return _as_alias(core, last) if is_part or first.actor.entity_id == last.actor.entity_id else None
    is_named_last = len(organisations) == 1 and not core[last.end :].strip("\"'”’»)")
    if is_named_last and last.actor.type != "bloc" and all(map(is_generic, significant)):
        before = _rest(core[: last.start], [])
        # Arabic and Russian say "force of the UN" without a preposition; there the name must stand in quotes.
        is_quoted = core[: last.start].endswith(tuple("\"'“«„"))
        if before and not is_light(before[-1]) and (is_quoted or last.surface[0] < "\u0370"):
            return _as_alias(core, last)
    return None


def _as_alias(core: str, mention: ActorMention) -> Alias:
    return Alias(core, "", mention.actor.entity_id, "name", False)


_PLACED = _words("in im en au aux a em no na nos nas в во на في")
_CONFUSABLE = _words(
    "austria australia niger nigeria slovakia slovenia iran iraq mali malawi guinea guyana kosovo serbia gambia "
    "zambia latvia lithuania libya liberia mauritania mauritius dominica sweden switzerland paraguay uruguay"
)


@lru_cache(maxsize=1)
def _spellings(table: Aliases) -> dict[str, dict[str, Alias]]:
    """First letter → folded alias → alias, of the aliases long enough to be told from others."""
    spellings: dict[str, dict[str, Alias]] = {}
    for key, candidates in table.by_words.items():
        alias = candidates[0]
        joined = " ".join(key)
        if not alias.entity_id or len(joined) < (8 if alias.is_country else 6) or joined in _CONFUSABLE:
            continue
        if alias.is_country and alias.form != "name":
            continue
        spellings.setdefault(joined[0], {})[joined] = alias
    return spellings


def _nearly(table: Aliases, name: str) -> Alias | None:
    """The alias that `name` nearly spells, if only one entity is near."""
    key: Key = words_of(name)
    joined = " ".join(key)
    if len(joined) < 6 or joined in _CONFUSABLE or is_han(joined[0]) or name.isupper():
        return None
    entries = _spellings(table).get(joined[0], {})
    near = process.extract(joined, entries.keys(), scorer=fuzz.ratio, score_cutoff=88, limit=5)
    if not near or near[0][1] < 92:
        return None
    best = entries[near[0][0]]
    if any(entries[text].entity_id != best.entity_id for text, _, _ in near):
        return None
    other = near[0][0].split(" ")
    if len(other) != len(key) or re.findall(r"\d+", joined) != re.findall(r"\d+", near[0][0]):
        return None
    if any(fuzz.ratio(one, two) < 80 for one, two in zip(key, other, strict=True)):
        return None
    if not best.is_country and {one.actor.entity_id for one in find_actors(name)} - {best.entity_id}:
        return None  # another country's bank is no misspelling
    return best


# Unresolved.

_LETTERS = str.maketrans({"ß": "ss", "ı": "i", "ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe"})


def _unresolved(written: str, type_hint: ActorType) -> Actor:
    table = aliases()
    slug = _slug(written)
    if slug in table.organisations:
        return _actor(written, Alias(written, "", slug, "name", False), table)
    return Actor(name=written, type=type_hint, entity_id=slug, code=written, is_resolved=False)


def _slug(written: str) -> str:
    """Lower case, letters, digits and single hyphens of any script; Latin letters without accents."""
    plain: list[str] = []
    for character in unicodedata.normalize("NFC", _without_article(_core(written)).lower()).translate(_LETTERS):
        if unicodedata.combining(character):
            continue
        if "\u00c0" <= character < "\u0250" or "\u1e00" <= character < "\u1f00":
            character = unicodedata.normalize("NFD", character)[0]
        plain.append(character if character.isalnum() else "-")
    return re.sub("-+", "-", "".join(plain)).strip("-") or "unnamed"
