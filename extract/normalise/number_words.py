"""Number words of nine languages: what each says, not how they combine (that is `numbers`).

An entry is (type, value, coefficient):

* u  1-99, and hundreds written as one word (200, "doscientos", "двести"): added
* H  100 as a factor ("two hundred", "deux cents")
* M  magnitude, 1,000 and up: a factor; bare, it needs a coefficient unless the lexicon says so
* B  magnitude that may stand bare for one of it ("миллион", "مليون", "mille")
* D  coefficient and magnitude in one word ("полмиллиарда", "مليارين")
* A  Arabic -ا: a magnitude after a figure ("50 مليونا"), the dual when bare ("مليونا دولار" = 2 million)
* F  fraction of what follows or of the magnitude before ("half a", "et demi", "ونصف")
* C  collective, approximate ("dozen", "centaine", "десяток"): a factor
* a  article: one, but only before a magnitude, a collective or a fraction
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import Literal, NamedTuple

from extract.normalise.tokens import fold_words, word_list, word_set

EntryType = Literal["u", "H", "M", "B", "D", "A", "F", "C", "a"]


class Entry(NamedTuple):
    """What one number word says."""

    type: EntryType
    value: Decimal
    coefficient: Decimal = Decimal(1)


THOUSAND, MILLION, MILLIARD, BILLION = (Decimal(10) ** power for power in (3, 6, 9, 12))

# Written tight after figures, or apart when a currency stands beside: "50m", "$5 b", "3 M€".
SOFT_SUFFIXES = {
    "m": MILLION, "mm": MILLION, "mi": MILLION, "b": MILLIARD, "bi": MILLIARD, "g": MILLIARD,
    "t": BILLION, "tn": BILLION, "tri": BILLION, "cr": Decimal(10) ** 7, "mil": MILLION, "mill": MILLION,
    "mn": MILLION, "bln": MILLIARD,
}
# Abbreviations that may end in a full stop of their own.
ABBREVIATIONS = word_set("mio mrd mill mln mn bn md mds тыс млн млрд трлн tsd mrds")

_EVERYWHERE = {
    "k": ("M", 3), "million": ("M", 6), "millions": ("M", 6), "mn": ("M", 6), "mln": ("M", 6), "mio": ("M", 6),
    "bn": ("M", 9), "bln": ("M", 9), "trn": ("M", 12), "trln": ("M", 12), "mrd": ("M", 9), "mrds": ("M", 9),
    "milliard": ("M", 9), "milliards": ("M", 9), "md": ("M", 9), "mds": ("M", 9), "mmd": ("M", 9),
    "billion": ("M", 9), "billions": ("M", 9), "trillion": ("M", 12), "trillions": ("M", 12),
    "thousand": ("M", 3), "crore": ("M", 7), "crores": ("M", 7), "lakh": ("M", 5), "lakhs": ("M", 5),
    "milyon": ("M", 6), "milyar": ("M", 9), "trilyon": ("M", 12), "katrilyon": ("M", 15),
    "milliarde": ("M", 9), "milliarden": ("M", 9), "millionen": ("M", 6),
    "millones": ("M", 6), "millon": ("M", 6), "milhoes": ("M", 6), "milhao": ("M", 6),
    "bilhoes": ("M", 9), "bilhao": ("M", 9), "trilhoes": ("M", 12), "trilhao": ("M", 12),
    "tsd": ("M", 3), "millardo": ("M", 9), "millardos": ("M", 9),
}

_EN_UNITS = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen " \
    "seventeen eighteen nineteen"
_EN_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_FR_UNITS = "- deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize"
_ES_UNITS = "- dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciseis diecisiete " \
    "dieciocho diecinueve veinte veintiuno veintidos veintitres veinticuatro veinticinco veintiseis veintisiete " \
    "veintiocho veintinueve"
_PT_UNITS = "- dois tres quatro cinco seis sete oito nove dez onze doze treze quatorze quinze dezesseis dezessete " \
    "dezoito dezenove vinte"
_TR_UNITS = "- iki uc dort bes alti yedi sekiz dokuz on"
_TENS = range(20, 100, 10)

_RU_UNITS = {
    1: "один одна одно одного одной одну одним", 2: "два две двух двум двумя двое двоих", 3: "три трех трем тремя "
        "трое троих",
    4: "четыре четырех четырем четырьмя четверо", 5: "пять пяти пятью пятеро", 6: "шесть шести шестью", 7: "семь семи "
        "семью",
    8: "восемь восьми восемью", 9: "девять девяти девятью", 10: "десять десяти десятью", 11: "одиннадцать одиннадцати",
    12: "двенадцать двенадцати", 13: "тринадцать тринадцати", 14: "четырнадцать четырнадцати",
    15: "пятнадцать пятнадцати", 16: "шестнадцать шестнадцати", 17: "семнадцать семнадцати",
    18: "восемнадцать восемнадцати", 19: "девятнадцать девятнадцати", 20: "двадцать двадцати двадцатью",
    30: "тридцать тридцати", 40: "сорок сорока", 50: "пятьдесят пятидесяти", 60: "шестьдесят шестидесяти",
    70: "семьдесят семидесяти", 80: "восемьдесят восьмидесяти", 90: "девяносто девяноста", 100: "сто ста",
    200: "двести двухсот", 300: "триста трехсот", 400: "четыреста четырехсот", 500: "пятьсот пятисот",
    600: "шестьсот шестисот", 700: "семьсот семисот", 800: "восемьсот восьмисот", 900: "девятьсот девятисот",
}
_AR_UNITS = {
    1: "واحد واحدة أحد إحدى", 2: "اثنان اثنين اثنتان اثنتين اثنا اثني اثنتا اثنتي إثنان إثنين", 3: "ثلاث ثلاثة",
        4: "أربع أربعة", 5: "خمس خمسة",
    6: "ست ستة", 7: "سبع سبعة", 8: "ثمان ثماني ثمانية", 9: "تسع تسعة", 10: "عشر عشرة", 20: "عشرون عشرين",
    30: "ثلاثون ثلاثين", 40: "أربعون أربعين", 50: "خمسون خمسين", 60: "ستون ستين", 70: "سبعون سبعين",
    80: "ثمانون ثمانين", 90: "تسعون تسعين", 200: "مئتان مئتين مئتي مئتا مائتان مائتين مائتي مائتا",
    300: "ثلاثمئة ثلاثمائة", 400: "أربعمئة أربعمائة", 500: "خمسمئة خمسمائة", 600: "ستمئة ستمائة",
    700: "سبعمئة سبعمائة", 800: "ثمانمئة ثمانمائة ثمانيمائة", 900: "تسعمئة تسعمائة",
}


@lru_cache(maxsize=16)
def lexicon(language: str | None) -> dict[str, Entry]:
    """Number words to look up in a text of `language`: its own over those that mean the same everywhere."""
    words: dict[str, Entry] = {}
    _put(words, _EVERYWHERE)
    makers = {"en": _english, "fr": _french, "es": _spanish, "pt": _portuguese, "de": _german, "ru": _russian,
              "ar": _arabic, "tr": _turkish}
    if language in makers:
        words.update(makers[language]())
    elif language != "zh":
        words.update(_english())
    for other in ("ru", "ar"):
        # Their scripts are their own, so a quotation in them cannot be misread.
        if language != other:
            words.update(makers[other]())
    return words


def _put(words: dict[str, Entry], powers: dict[str, tuple[str, int]]) -> None:
    for word, (entry_type, power) in powers.items():
        words[word] = Entry(entry_type, Decimal(10) ** power)  # type: ignore[arg-type]  # types as in EntryType


def _additive(units: str, tens: str = "") -> dict[str, Entry]:
    words = {word: Entry("u", Decimal(value)) for value, word in enumerate(units.split(), 1) if word != "-"}
    words.update({word: Entry("u", Decimal(value)) for value, word in zip(_TENS, tens.split(), strict=False)})
    return words


def _each(entry_type: EntryType, values: dict[str, int | str]) -> dict[str, Entry]:
    return {word: Entry(entry_type, Decimal(value)) for key, value in values.items() for word in key.split()}


def _english() -> dict[str, Entry]:
    words = _additive(_EN_UNITS, _EN_TENS)
    words |= _each("H", {"hundred": 100}) | _each("M", {"thousand thousands": 1000})
    words |= _each("C", {"dozen dozens": 12}) | _each("F", {"half": "0.5", "quarter quarters": "0.25"})
    words |= _each("a", {"a an the": 1})
    return words


def _french() -> dict[str, Entry]:
    words = _additive(_FR_UNITS, "vingt trente quarante cinquante soixante septante huitante nonante")
    words |= _each("u", {"octante": 80, "septante": 70, "huitante": 80, "nonante": 90, "vingts": 20})
    words |= _each("H", {"cent cents": 100}) | _each("B", {"mille": 1000})
    words |= _each("M", {"billion billions": 10**12, "trillion trillions": 10**18})
    words |= _each("C", {"dizaine dizaines": 10, "douzaine douzaines": 12, "quinzaine": 15, "vingtaine": 20,
                         "trentaine": 30, "quarantaine": 40, "cinquantaine": 50, "soixantaine": 60,
                         "centaine centaines": 100, "millier milliers": 1000})
    words |= _each("F", {"demi demie": "0.5", "quart quarts": "0.25", "tiers": "0.333333333333"})
    words |= _each("a", {"un une le ce": 1})
    return words


def _spanish() -> dict[str, Entry]:
    words = _additive(_ES_UNITS)
    words |= _each("u", {"treinta": 30, "cuarenta": 40, "cincuenta": 50, "sesenta": 60, "setenta": 70, "ochenta": 80,
                         "noventa": 90, "veintiun veintiuna": 21, "cien ciento": 100})
    hundreds = "doscient trescient cuatrocient quinient seiscient setecient ochocient novecient"
    for value, stem in enumerate(hundreds.split(), 2):
        words |= _each("u", {f"{stem}os {stem}as": value * 100})
    words |= _each("B", {"mil": 1000}) | _each("M", {"miles": 1000, "mill": 10**6})
    words |= _each("M", {"billon billones": 10**12, "trillon trillones": 10**18})
    words |= _each("C", {"docena docenas": 12, "decena decenas": 10, "veintena": 20, "treintena": 30, "centenar": 100,
                         "centena": 100, "centenares": 100, "millar millares": 1000})
    words |= _each("F", {"medio media": "0.5"}) | _each("a", {"un una el": 1})
    return words


def _portuguese() -> dict[str, Entry]:
    words = _additive(_PT_UNITS)
    words |= _each("u", {"duas": 2, "catorze": 14, "dezasseis": 16, "dezassete": 17, "dezanove": 19, "trinta": 30,
                         "quarenta": 40, "cinquenta": 50, "sessenta": 60, "setenta": 70, "oitenta": 80, "noventa": 90,
                         "cem cento": 100, "duzentos duzentas": 200, "trezentos trezentas": 300,
                         "quatrocentos quatrocentas": 400, "quinhentos quinhentas": 500, "seiscentos seiscentas": 600,
                         "setecentos setecentas": 700, "oitocentos oitocentas": 800, "novecentos novecentas": 900})
    words |= _each("B", {"mil": 1000}) | _each("M", {"biliao bilioes": 10**12, "bi": 10**9})
    words |= _each("C", {"dezena dezenas": 10, "duzia duzias": 12, "centena centenas": 100, "milhar milhares": 1000})
    words |= _each("F", {"meio meia": "0.5"}) | _each("a", {"um uma o": 1})
    return words


def _german() -> dict[str, Entry]:
    units = word_list("ein zwei drei vier funf sechs sieben acht neun")
    teens = word_list("zehn elf zwolf dreizehn vierzehn funfzehn sechzehn siebzehn achtzehn neunzehn")
    tens = word_list("zwanzig dreißig vierzig funfzig sechzig siebzig achtzig neunzig")
    below_100: dict[str, int] = {word: value for value, word in enumerate([*units, *teens], 1)}
    for ten, word in zip(_TENS, tens, strict=True):
        below_100[word] = ten
        below_100 |= {f"{unit}und{word}": ten + value for value, unit in enumerate(units, 1)}
    below_1000 = dict(below_100)
    for value, unit in enumerate(["", *units]):
        hundred = f"{unit}hundert"
        below_1000[hundred] = max(value, 1) * 100
        below_1000 |= {f"{hundred}{word}": max(value, 1) * 100 + rest for word, rest in below_100.items()}
    words = {word: Entry("u", Decimal(value)) for word, value in below_1000.items()}
    words |= {f"{word}tausend": Entry("D", THOUSAND, Decimal(value)) for word, value in below_1000.items()}
    words |= _each("u", {"zwo": 2, "dreissig": 30, "anderthalb eineinhalb": "1.5"})
    words |= {f"{word}einhalb": Entry("u", Decimal(value) + Decimal("0.5")) for value, word in enumerate(units, 1)}
    words |= _each("H", {"hundert": 100}) | _each("B", {"tausend": 1000})
    words |= _each("M", {"billion billionen": 10**12, "billiarde billiarden": 10**15, "trillion trillionen": 10**18})
    words |= _each("C", {"dutzend": 12}) | _each("F", {"halbe halben halbes halber": "0.5", "viertel": "0.25"})
    words |= _each("a", {"ein eine einer einem einen eines die der": 1})
    return words


def _russian() -> dict[str, Entry]:
    words = {word: Entry("u", Decimal(value)) for value, forms in _RU_UNITS.items() for word in forms.split()}
    words |= _each("u", {"полтора полторы полутора": "1.5"})
    for stem, magnitude in (("миллион", MILLION), ("миллиард", MILLIARD), ("триллион", BILLION)):
        words |= {stem + ending: Entry("M", magnitude) for ending in ("а", "ов", "у", "ам", "ами", "ах", "ом", "е",
            "ы")}
        words[stem] = Entry("B", magnitude)
        words[f"пол{stem}а"] = Entry("D", magnitude, Decimal("0.5"))
    words |= {form: Entry("M", THOUSAND) for form in word_list("тысячи тысяч тысячам тысячами тыс")}
    words |= {form: Entry("B", THOUSAND) for form in word_list("тысяча тысячу тысячей")}
    words |= {"млн": Entry("M", MILLION), "млрд": Entry("M", MILLIARD), "трлн": Entry("M", BILLION)}
    words |= _each("C", {"десяток десятка": 10, "дюжина дюжину дюжины": 12, "сотня сотню сотни": 100})
    words |= _each("F", {"половиной пол": "0.5", "четверть": "0.25"})
    return words


def _arabic() -> dict[str, Entry]:
    words = {fold_words(w): Entry("u", Decimal(value)) for value, forms in _AR_UNITS.items() for w in forms.split()}
    words |= {fold_words(w): Entry("H", Decimal(100)) for w in word_list("مئة مائة ميه")}
    for bare, plural, tanwin, dual, magnitude in (
        ("ألف", "آلاف ألوف", "ألفا", "ألفان ألفين ألفي", THOUSAND),
        ("مليون", "ملايين", "مليونا", "مليونان مليونين مليوني", MILLION),
        ("مليار", "مليارات", "مليارا", "ملياران مليارين ملياري", MILLIARD),
        ("بليون", "بلايين", "بليونا", "بليونان بليونين بليوني", MILLIARD),
        ("تريليون", "تريليونات", "تريليونا", "تريليونان تريليونين تريليوني", BILLION),
        ("ترليون", "ترليونات", "ترليونا", "ترليوني ترليونين", BILLION),
    ):
        words[fold_words(bare)] = Entry("B", magnitude)
        words |= {fold_words(w): Entry("M", magnitude) for w in plural.split()}
        words[fold_words(tanwin)] = Entry("A", magnitude)
        words |= {fold_words(w): Entry("D", magnitude, Decimal(2)) for w in dual.split()}
    words |= {fold_words(w): Entry("C", Decimal(12)) for w in ("دزينة", "دزينات")}
    words |= _each("F", {"نصف": "0.5", "ربع": "0.25", "ثلث": "0.333333333333"})
    return words


def _turkish() -> dict[str, Entry]:
    words = _additive(_TR_UNITS, "yirmi otuz kirk elli altmis yetmis seksen doksan")
    words |= _each("B", {"bin": 1000, "milyon": 10**6, "milyar": 10**9}) | _each("B", {"yuz": 100})
    words["yuz"] = Entry("H", Decimal(100))
    words |= _each("M", {"trilyon": 10**12, "mlr": 10**9}) | _each("C", {"duzine": 12})
    words |= _each("F", {"bucuk yarim": "0.5", "ceyrek": "0.25"}) | _each("a", {"bir": 1})
    return words


CJK_DIGITS = {char: value for value, chars in enumerate(
    ("零〇", "一", "二两兩", "三", "四", "五", "六", "七", "八", "九")) for char in chars}
CJK_UNITS = {"十": 10, "百": 100, "千": 1000}
CJK_MAGNITUDES = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}


def parse_cjk(run: str) -> int | None:
    """Value of a run of Chinese numerals ("三百五十万" → 3,500,000); None when it is not one number."""
    if run and all(char in CJK_DIGITS for char in run):
        # Digit by digit, as years are written; one digit alone is itself.
        return int("".join(str(CJK_DIGITS[char]) for char in run))
    total = section = digit = 0
    last = 0
    for char in run:
        if char in CJK_DIGITS:
            digit = CJK_DIGITS[char]
            last = 1
        elif char in CJK_UNITS:
            section += (digit or 1) * CJK_UNITS[char]
            digit, last = 0, CJK_UNITS[char]
        else:
            section += digit
            if not section:
                if not total:
                    return None
                # 万亿: a magnitude of a magnitude.
                total *= CJK_MAGNITUDES[char]
            else:
                total = (total + section) * CJK_MAGNITUDES[char] if CJK_MAGNITUDES[char] == 10**8 and total < 10**8 \
                    else total + section * CJK_MAGNITUDES[char]
            section = digit = 0
            last = CJK_MAGNITUDES[char]
    if digit and last == 1 and run[-2:-1] in ("百", "千", "万", "萬", "亿", "億"):
        # 两百五 means 250, 一亿五 150 million: the unit below is left out.
        previous = run[-2]
        digit *= (CJK_UNITS.get(previous) or CJK_MAGNITUDES[previous]) // 10
    return total + section + digit
