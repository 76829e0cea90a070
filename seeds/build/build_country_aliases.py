"""Write seeds/countries.csv and seeds/country_aliases.csv. Run by hand: `python seeds/build/build_country_aliases.py`.

In: CLDR (babel), ISO 3166 (pycountry) and the tables beside this file. Out: the two seeds, sorted,
the same on every run. Inflected forms are made here, so that the matcher only looks words up; what
a suffix can show by itself (Turkish cases, the English possessive) is left to the matcher.
"""

from __future__ import annotations

import csv
import re
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pycountry
from babel import Locale

HERE = Path(__file__).resolve().parent
SEEDS = HERE.parent
sys.path.insert(0, str(SEEDS.parent))

from extract.normalise.tokens import split_words  # noqa: E402

LOCALES = {
    "en": "en", "fr": "fr", "ar": "ar", "es": "es", "es_419": "es", "ru": "ru", "de": "de",
    "pt": "pt", "pt_PT": "pt", "tr": "tr", "zh": "zh", "zh_Hant": "zh",
}  # fmt: skip
ADJECTIVE_LANGUAGES = ("en", "fr", "es", "pt", "de", "ru", "ar", "tr")
REGIONS = {
    "NAm": "Northern America", "LAC": "Latin America and the Caribbean", "Eur": "Europe",
    "WAs": "Western Asia", "CAs": "Central Asia", "SAs": "Southern Asia", "EAs": "Eastern Asia",
    "SEA": "South-eastern Asia", "NAf": "Northern Africa", "SSA": "Sub-Saharan Africa",
    "Oce": "Oceania", "Ant": "Antarctica",
}  # fmt: skip
ENGLISH_NAMES = {
    "COD": "Democratic Republic of the Congo", "COG": "Republic of the Congo", "MMR": "Myanmar",
    "HKG": "Hong Kong", "MAC": "Macao", "PSE": "Palestine", "CIV": "Côte d'Ivoire", "VAT": "Holy See",
}  # fmt: skip
# One of these wins when a word is more than one of a country's forms.
PRIORITY = ("name", "abbreviation", "government", "capital", "adjective")
# (folded words, language, begins with a small letter, iso3) → (form, alias)
Found = dict[tuple[str, str, bool, str], tuple[str, str]]
AND = {"en": "and", "fr": "et", "es": "y", "pt": "e", "de": "und", "tr": "ve", "ru": "и"}

# Words that name something else more often than the country: first names, common words, larger towns.
LEFT_OUT = {
    "name": {
        "Dominique", "Maurice", "Réunion", "Reunião", "Reunión", "Granada", "Jersey", "Guernsey",
        "Korea", "Corée", "Corea", "Coreia", "Kore", "Корея", "كوريا", "No 10", "CAR Republic", "Beehive",
        "Zentralafrika", "Saudi", "Antarctica", "Antarktis", "Antarctique", "Antártida", "Antarktika",
        "Antarktik", "Antártica", "Антарктида", "أنتاركتيكا", "南极洲", "南極洲",
    },
    "government": {"Bundesrat", "Bundesrats", "No 10", "Number 10", "Beehive"},
    "capital": {
        "Victoria", "Vitória", "Виктория", "فيكتوريا", "维多利亚", "Viktorya", "Male", "Malé", "Мале", "马累", "ماليه",
        "Georgetown", "Kingston", "Kingstown", "Hamilton", "San Juan", "Santiago", "San José", "San Jose",
        "São José", "Praia", "Прая", "برايا", "Stanley", "Douglas", "Plymouth", "The Valley", "Jamestown",
        "Saint-Pierre", "Assomption", "Aman", "Roseau", "Hagåtña", "Saint-Denis", "Сантьяго",
        "سانتياغو", "Saipan", "Saint John's", "St. John's", "Libertad", "São Bento",
    },
}  # fmt: skip

# A news agency, an order of knights, and the Turkish spelling of Juba, everybody else's Cuba.
LEFT_OUT_IN = {("lusa", "pt"), ("Malteser", "de"), ("Cuba", "tr"), ("Hollands", "de"), ("مجري", "ar")}

MORE_WORDS = """
GBR	name	en	Northern Ireland
GBR	name	fr	Irlande du Nord
GBR	name	es	Irlanda del Norte
GBR	name	pt	Irlanda do Norte
GBR	name	de	Nordirland;Grossbritannien
GBR	name	ru	Северная Ирландия
GBR	name	ar	أيرلندا الشمالية;إيرلندا الشمالية
GBR	name	tr	Kuzey İrlanda
GBR	name	zh	北爱尔兰
GBR	government	en	Foreign Office;Foreign, Commonwealth and Development Office
TWN	name	-	Taiwan
CHE	name	de	Schweiz
SAU	adjective	en	Saudi
SDN	capital	en	Port Sudan
SDN	capital	fr	Port-Soudan
SDN	capital	es	Puerto Sudán
SDN	capital	pt	Porto Sudão
SDN	capital	ru	Порт-Судан
SDN	capital	ar	بورتسودان;بورت سودان
SDN	capital	zh	苏丹港
MLI	name	es	Malí
SAU	abbreviation	en	K.S.A.
KOR	abbreviation	en	R.O.K.
SYR	name	fr	République arabe syrienne
RUS	name	en	The Russian Federation
DZA	name	en	People's Democratic Republic of Algeria
REU	name	fr	La Réunion
REU	name	en	Réunion Island
DMA	name	en	Dominica
SWZ	name	en	Eswatini
PSE	name	ar	الأراضي الفلسطينية
TLS	name	en	Democratic Republic of Timor-Leste
USA	abbreviation	de	US
USA	abbreviation	-	U.S.
USA	abbreviation	fr	E.-U.;EU d'Amérique
PER	name	ar	البيرو;بيرو
CHL	name	ar	تشيلي;شيلي
LKA	name	ar	سريلانكا
UKR	capital	ar	كييف
"""


def main() -> None:
    """Write both seeds and say how many rows they have."""
    facts = list(_rows("country_facts.tsv"))
    iso2 = {row[0]: _iso2(row[0]) for row in facts}
    _write_countries(facts, iso2)
    aliases = _collect(facts, iso2)
    with (SEEDS / "country_aliases.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["alias", "language", "iso3", "form"])
        writer.writerows(aliases)
    counts: dict[str, int] = defaultdict(int)
    for _, language, _, form in aliases:
        counts[f"{form}/{language}"] += 1
    print(len(facts), "countries,", len(aliases), "aliases", dict(sorted(counts.items())), file=sys.stderr)


def _rows(name: str) -> Iterator[list[str]]:
    for line in (HERE / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#") and not line.startswith("iso3\t"):
            yield [cell.strip() for cell in line.split("\t")]


def _iso2(iso3: str) -> str:
    if iso3 == "XKX":
        return "XK"
    country = pycountry.countries.get(alpha_3=iso3)
    if country is None:
        raise SystemExit(f"country_facts.tsv: {iso3!r} is no ISO 3166-1 alpha-3 code")
    return str(country.alpha_2)


def _write_countries(facts: list[list[str]], iso2: dict[str, str]) -> None:
    english = Locale.parse("en").territories
    with (SEEDS / "countries.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(
            ["iso3", "iso2", "name_en", "region", "cow_code", "capital", "gdp_usd", "population", "year", "source"]
        )
        for row in sorted(facts):
            iso3, region, cow, capital, _, gdp, population = (row + [""] * 7)[:7]
            name = ENGLISH_NAMES.get(iso3) or _plain(english[iso2[iso3]])
            name = name.replace(" & ", " and ").replace("St. ", "Saint ").replace("’", "'")
            known = bool(gdp or population)
            writer.writerow([
                iso3, iso2[iso3], name, REGIONS[region], cow, capital,
                round(float(gdp) * 1_000_000_000) if gdp else "",
                round(float(population) * 1_000_000) if population else "",
                2023 if known else "", "after World Bank WDI, rounded, from memory: unchecked" if known else "",
            ])  # fmt: skip


def _plain(name: str) -> str:
    return re.sub(r"\s*[(（].*?[)）]", "", name).strip()


def _collect(facts: list[list[str]], iso2: dict[str, str]) -> list[tuple[str, str, str, str]]:
    found: Found = {}

    def put(alias: str, language: str, iso3: str, form: str) -> None:
        alias = _clean(alias)
        if form == "name":
            alias = alias.removeprefix("The ")
        if not alias or alias in LEFT_OUT.get(form, ()) or (alias, language) in LEFT_OUT_IN:
            return
        # A name and an adjective may differ in their first letter alone: Spanish "China" and "china".
        key = (" ".join(split_words(alias)), language, alias[0].islower(), iso3)
        known = found.get(key)
        if known is None or PRIORITY.index(form) < PRIORITY.index(known[0]):
            found[key] = (form, alias)

    for iso3, form, language, alias in _names(facts, iso2):
        for inflected in _inflect_name(alias, language, form):
            put(inflected, language, iso3, form)
    for row in _rows("country_adjectives.tsv"):
        for language, cell in zip(ADJECTIVE_LANGUAGES, row[1:], strict=False):
            for base in filter(None, (one.strip() for one in cell.split(","))):
                for inflected in _inflect_adjective(base, language):
                    put(inflected, language, row[0], "adjective")
    return sorted(
        (alias, language, iso3, form)
        for (_, language, _, iso3), (form, alias) in _without_conflicts(found).items()
    )  # fmt: skip


def _without_conflicts(found: Found) -> Found:
    """Drop a word from the country for which it is the lesser form; report words that stay in dispute."""
    claims: dict[tuple[str, str, bool], list[tuple[str, str, bool, str]]] = defaultdict(list)
    for key in found:
        claims[key[:3]].append(key)
    kept = dict(found)
    for keys in claims.values():
        ranks = {key: PRIORITY.index(found[key][0]) for key in keys}
        best = min(ranks.values())
        for key in keys:
            if ranks[key] > best:
                del kept[key]
        tied = [key for key in keys if ranks[key] == best]
        if len(tied) > 1:
            # The file's order is the editors' order of importance.
            print("in dispute:", [(key[3], *found[key]) for key in tied], file=sys.stderr)
            for key in tied[1:]:
                del kept[key]
    return kept


def _clean(alias: str) -> str:
    alias = unicodedata.normalize("NFC", alias).replace("’", "'").strip()
    return re.sub("[\u064b-\u0652\u0640\u200e\u200f]", "", alias)


def _names(facts: list[list[str]], iso2: dict[str, str]) -> Iterator[tuple[str, str, str, str]]:
    """(iso3, form, language, alias) of everything that is no adjective."""
    words = [*_rows("country_words.tsv"), *(line.split("\t") for line in MORE_WORDS.strip().splitlines())]
    for iso3, form, language, cell in words:
        for alias in filter(None, (one.strip() for one in cell.split(";"))):
            yield iso3, form, language, alias
            if form == "abbreviation" and alias.endswith(".") and alias.count(".") > 1:
                yield iso3, form, language, alias[:-1]
    zones = {row[0]: row[4] for row in facts if len(row) > 4 and row[4]}
    capitals = {row[0]: row[3] for row in facts if len(row) > 3 and row[3]}
    for locale, language in LOCALES.items():
        territories, cities = Locale.parse(locale).territories, Locale.parse(locale).time_zones
        for iso3, two in iso2.items():
            if name := territories.get(two):
                yield from ((iso3, "name", language, one) for one in _cldr_names(str(name), language))
            zone = zones.get(iso3)
            city = cities[zone].get("city") if zone and zone in cities else None
            if city:
                yield iso3, "capital", language, _plain(str(city))
    for iso3, capital in capitals.items():
        yield iso3, "capital", "en", capital


def _cldr_names(name: str, language: str) -> Iterator[str]:
    name = re.sub(r"\s*\((?:Islas? |Malvinas|САР|SAR).*?\)", "", name)
    if "о-в" in name or "о‑в" in name:
        return
    if language == "zh" and name.startswith(("刚果", "剛果")):
        yield name
        yield name.replace("（", "(").replace("）", ")")
        return
    plain = _plain(name)
    yield plain
    if "&" in plain and language in AND:
        yield plain.replace("&", AND[language])
    if plain.startswith("St. "):
        yield "Saint " + plain[4:]
        yield "St " + plain[4:]


def _inflect_name(alias: str, language: str, form: str) -> Iterator[str]:
    yield alias
    if form == "abbreviation" or alias.isupper():
        return
    if language == "de" and " " not in alias and alias[-1] not in "sxzß" and len(alias) > 3:
        yield alias + "s"
    elif language == "ru":
        yield from _decline_phrase(alias)


# Russian. Each word gives its six cases; the words of a name are put together case by case.

FIXED_WORDS = {"и", "реки", "Иордан", "России", "Слоновой", "Кости", "Кука", "восходящего", "солнца", "д", "Папуа"}
FLEETING = {"Египет": "Египт", "дворец": "дворц"}
FEMININE_SOFT = {"Беларусь"}
PLURALS = {"Острова": "Остров", "острова": "остров", "Нидерланды": "Нидерланд", "Штаты": "Штат", "Эмираты": "Эмират"}
ZERO_GENITIVE = {"Филиппины", "Мальдивы", "Сейшелы", "Коморы", "Афины", "Багамы", "Бермуды", "Соломоны"}
DECLINED_BEFORE_HYPHEN = {"Гвинея", "Босния"}
NEUTERS = {"Королевство", "Государство", "Косово"}


def _decline_phrase(name: str) -> Iterator[str]:
    parts = re.split(r"([ \-–—]+)", name)
    cases: list[str | list[str]] = [
        # Of a word with a hyphen only the end is declined ("Коста-Рики"), but for "Гвинеи-Бисау".
        part if index % 2 or (parts[index + 1 : index + 2] == ["-"] and part not in DECLINED_BEFORE_HYPHEN)
        else _cases(part)
        for index, part in enumerate(parts)
    ]  # fmt: skip
    for case in range(6):
        yield "".join(part if isinstance(part, str) else part[case] for part in cases)
    # "сектора Газа" and "Республики Конго": an apposition may stay as it is.
    last = len(parts) - 1
    if last and parts[0] in {"сектор", "Республика", "Государство"}:
        for case in range(6):
            yield "".join(
                part if isinstance(part, str) else (parts[last] if index == last else part[case])
                for index, part in enumerate(cases)
            )
    for plural in ZERO_GENITIVE & set(parts):
        yield name.replace(plural, plural[:-1] + "ов")


def _cases(word: str) -> list[str]:
    """Nominative, genitive, dative, accusative, instrumental, prepositional."""
    if word in FIXED_WORDS or not word or not re.fullmatch("[А-Яа-яЁё'’]+", word) or word.isupper():
        return [word] * 6
    stem, last = word[:-1], word[-1]
    if word in ZERO_GENITIVE:
        return [word, stem, stem + "ам", word, stem + "ами", stem + "ах"]
    if word in PLURALS:
        stem = PLURALS[word]
        return [word, stem + "ов", stem + "ам", word, stem + "ами", stem + "ах"]
    if word in NEUTERS:
        return [word, stem + "а", stem + "у", word, stem + "ом", stem + "е"]
    if word.endswith(("ая", "яя")) and len(word) > 4:
        stem = word[:-2]
        soft = word.endswith("яя")
        oblique, accusative = ("ей", "юю") if soft else ("ой", "ую")
        return [word, stem + oblique, stem + oblique, stem + accusative, stem + oblique, stem + oblique]
    if word.endswith(("ый", "ий")) and len(word) > 4:
        return _adjective_cases(word[:-2], word, "ого", "ому", "им" if word.endswith("ий") else "ым", "ом")
    if word.endswith("ое") and len(word) > 5:
        return _adjective_cases(word[:-2], word, "ого", "ому", "ым", "ом")
    if word.endswith(("ые", "ие")) and len(word) > 5:
        vowel = word[-2]
        stem = word[:-2] + vowel
        return [word, stem + "х", stem + "м", word, stem + "ми", stem + "х"]
    if word.endswith("территории"):
        return [word, "территорий", "территориям", word, "территориями", "территориях"]
    if word.endswith("ия"):
        return [word, stem + "и", stem + "и", stem + "ю", stem + "ей", stem + "и"]
    if last == "а":
        hard = stem[-1] in "гкхжчшщ"
        instrumental = "ей" if stem[-1] in "жчшщц" else "ой"
        return [word, stem + ("и" if hard else "ы"), stem + "е", stem + "у", stem + instrumental, stem + "е"]
    if last == "я":
        return [word, stem + "и", stem + "е", stem + "ю", stem + "ей", stem + "е"]
    if last == "ь":
        if word in FEMININE_SOFT:
            return [word, stem + "и", stem + "и", word, stem + "ью", stem + "и"]
        return [word, stem + "я", stem + "ю", word, stem + "ем", stem + "е"]
    if last == "й":
        return [word, stem + "я", stem + "ю", word, stem + "ем", stem + "е"]
    if last in "оиуеэёыю":
        return [word] * 6
    stem = FLEETING.get(word, word)
    instrumental = "ем" if stem[-1] in "жчшщц" else "ом"
    return [word, stem + "а", stem + "у", word, stem + instrumental, stem + "е"]


def _adjective_cases(stem: str, word: str, genitive: str, dative: str, instrumental: str, prep: str) -> list[str]:
    return [word, stem + genitive, stem + dative, word, stem + instrumental, stem + prep]


# Adjectives and demonyms.


def _inflect_adjective(base: str, language: str) -> Iterator[str]:
    if base.startswith("="):
        yield base[1:]
        return
    if base in ARABIC_LEFT_OUT:
        return
    yield base
    yield from {
        "en": _english, "fr": _french, "es": _spanish, "pt": _portuguese,
        "de": _german, "ru": _russian, "ar": _arabic, "tr": _turkish,
    }[language](base)  # fmt: skip


def _english(base: str) -> Iterator[str]:
    if base == "Czech" or not base.endswith(("ese", "sh", "ch", "s", "z", "ic", "y")):
        yield base + "s"


def _french(base: str) -> Iterator[str]:
    if base == "franco":
        return
    feminine = base + ("ne" if base.endswith(("ien", "éen")) else "" if base.endswith("e") else "e")
    yield from (feminine, feminine + "s")
    if base == "letton":
        yield from ("lettonne", "lettonnes")
    if not base.endswith(("s", "x")):
        yield base + "s"


def _spanish(base: str) -> Iterator[str]:
    stem = base[:-1]
    if base.endswith("o"):
        yield from (stem + "a", stem + "os", stem + "as")
    elif base.endswith(("és", "án", "ón", "ín", "ol")):
        stem = unicodedata.normalize("NFC", re.sub("\u0301", "", unicodedata.normalize("NFD", base)))
        yield from (stem + "a", stem + "es", stem + "as")
    elif base.endswith(("í", "ú")):
        yield from (base + "es", base + "s")
    elif base[-1] in "aei":
        yield base + "s"
    else:
        yield base + "es"


def _portuguese(base: str) -> Iterator[str]:
    stem = base[:-1]
    if base.endswith("ão"):
        return
    if base.endswith("o"):
        yield from (stem + "a", stem + "os", stem + "as")
    elif base.endswith("ês"):
        yield from (base[:-2] + end for end in ("esa", "eses", "esas"))
    elif base.endswith("eu"):
        yield from (stem + "ia", base + "s", stem + "ias")
    elif base[-1] in "aeií":
        yield base + "s"
    else:
        yield base + "es"


def _german(base: str) -> Iterator[str]:
    if base[0].islower() or base.startswith("US-"):
        yield from (base + end for end in ("e", "er", "en", "es", "em"))
        return
    if base.endswith("e"):
        yield from (base + "n", base[:-1] + "in", base[:-1] + "innen")
        if base == "Franzose":
            yield from ("Französin", "Französinnen")
    elif base.endswith("er"):
        yield from (base + end for end in ("s", "n", "in", "innen"))
    else:
        yield from (base + end for end in ("en", "in", "innen"))


def _russian(base: str) -> Iterator[str]:
    if base.endswith(("кий", "ный")):
        stem, vowel = base[:-2], base[-2]
        yield from (
            stem + end
            for end in ("ого", "ому", vowel + "м", "ом", "ая", "ой", "ую", "ое", vowel + "е", vowel + "х", vowel + "ми")
        )
    elif base.endswith("цы"):
        stem = base[:-1]
        yield from (stem + end for end in ("ев", "ам", "ами", "ах"))
        singular = base[:-2]
        yield (singular[:-1] if singular.endswith(("й", "ль")) else singular) + "ец"
        yield from (stem + end for end in ("а", "у", "ем"))
    elif base.endswith("не"):
        stem = base[:-1]
        yield from (stem, stem + "ам", stem + "ами", stem + "ах")
        yield from (stem + "ин", stem + "ина")
    elif base.endswith("русские"):
        return
    else:
        stem = base[:-1]
        yield from (stem + end for end in ("ам", "ами", "ах"))
        yield stem + ("ей" if stem.endswith("ш") else "ов")
        if base == "турки":
            yield "турок"


ARABIC_LEFT_OUT = {"قمري", "عاجي"}  # "lunar" and "of ivory"


def _arabic(base: str) -> Iterator[str]:
    words = base.split(" ")
    if len(words) == 2:
        first, second = words
        if first.endswith("ي"):
            yield from (f"{first}ة {second}ة", f"ال{first} ال{second}", f"ال{first}ة ال{second}ة")
            yield from (f"ال{first}ون ال{second}ون", f"ال{first}ين ال{second}ين")
        else:
            yield from (f"{base}ة", f"ال{base}", f"ال{base}ة", f"ال{base}ين", f"ال{base}ون")
        return
    if not base.endswith("ي"):
        yield "ال" + base
        return
    for stem in (base, "ال" + base):
        yield from (stem + end for end in ("", "ة", "ون", "ين", "ان"))


def _turkish(base: str) -> Iterator[str]:
    vowels = [letter for letter in base.lower() if letter in "aıoueiöü"]
    back = bool(vowels) and vowels[-1] in "aıou"
    yield base + ("lar" if back else "ler")


if __name__ == "__main__":
    main()
