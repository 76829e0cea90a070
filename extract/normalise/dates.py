"""Dates as written → `schema.DateRef`.

Enters a text or an expression; leaves calendar dates with their precision. A value is the first
day of the period named: "January 2026" is 1 January, precision month. Relative expressions
("last Friday", "il y a trois jours", "أمس") resolve against the publication date only; the clock of
this machine is never asked. A week has its Monday and precision unknown, as no day of it is named.

A numeric date that could be read both ways is day first, but month first in English; a bare weekday is the last one
up to the publication date, as news tells the past.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache

from extract.normalise.number_words import lexicon
from extract.normalise.tokens import Scan, fold_letters, fold_words, guess_language, scan, word_set
from extract.schema import DateRef, Precision


@dataclass(frozen=True)
class DateMention:
    """An explicit date in a text; `date.value` is None when the year is left out."""

    start: int
    end: int
    date: DateRef


def find_dates(text: str, language: str | None = None) -> list[DateMention]:
    """Explicit dates in `text`, in order and without overlap.

    Args:
        text: Any text; offsets refer to this string unchanged.
        language: ISO 639-1 code; guessed from the text when None.
    """
    found = scan(text, language)
    mentions = []
    end = 0
    for at in _anchors(found):
        match = _explicit_pattern().match(found.folded, at) if at >= end else None
        read = None if match is None else _read_explicit(match, found.language)
        # A month alone is no date yet; `resolve_date` takes it as an expression.
        if match is None or read is None or (read.day is None and read.year is None):
            continue
        end = match.end()
        start_at, end_at = _original_span(found, match.start(), end)
        value, precision = _complete(read, None)
        mentions.append(DateMention(start_at, end_at, DateRef(
            expression=text[start_at:end_at], value=value, precision=precision, basis="explicit")))
    return mentions


def resolve_date(expression: str, language: str | None, publication_date: date | None) -> DateRef:
    """The date that `expression` names.

    Args:
        expression: Words as written ("le 16 janvier 2026", "next week", "الجمعة الماضي").
        language: ISO 639-1 code of the document; guessed from the expression when None.
        publication_date: What relative expressions and dates without a year refer to.

    Returns:
        Basis explicit for a date with its year, inferred for one whose year comes from the
        publication date, relative for one counted from it; value None and precision unknown
        when it cannot be resolved.
    """
    expression = expression.strip()
    folded, _ = fold_letters(expression)
    for candidate in (language, guess_language(folded)):
        for match in _explicit_pattern().finditer(folded):
            read = _read_explicit(match, candidate)
            if read is not None:
                value, precision = _complete(read, publication_date)
                basis = "explicit" if read.year is not None else "inferred" if value is not None else "none"
                return DateRef(expression=expression, value=value, precision=precision,
                               basis=basis)  # type: ignore[arg-type]  # one of DateBasis
    short = re.fullmatch(r"\W*([0-3]?[0-9])[/.-]([0-3]?[0-9])\W*", folded)
    if short is not None and publication_date is not None:
        read = _numeric(int(short.group(1)), int(short.group(2)), str(publication_date.year), language)
        value, precision = (None, "unknown") if read is None else _complete(replace(read, year=None), publication_date)
        if value is not None:
            return DateRef(expression=expression, value=value, precision=precision, basis="inferred")
    bare = re.fullmatch(r"\W*((?:19|20)[0-9]{2})\W*(?:года?|г|년|年)?\W*", folded)
    if bare is not None:
        return DateRef(expression=expression, value=date(int(bare.group(1)), 1, 1), precision="year", basis="explicit")
    if publication_date is not None:
        relative = _resolve_relative(folded, language, publication_date)
        if relative is not None:
            return DateRef(expression=expression, value=relative[0], precision=relative[1], basis="relative")
    return DateRef(expression=expression)


# --- explicit dates --------------------------------------------------------------------------------

_MONTHS: tuple[str, ...] = (
    "january jan janvier janv enero ene января январь январе янв januar jänner janeiro ocak يناير كانون_الثاني جانفي "
    "ينير",
    "february feb février févr fev febrero февраль февраля феврале февр februar fevereiro şubat subat فبراير شباط "
    "فيفري",
    "march mar mars marzo март марта марте märz março mart مارس آذار مارث",
    "april apr avril avr abril abr апрель апреля апреле nisan أبريل إبريل ابريل نيسان أفريل",
    "may mai mayo мая май мае maio mayıs mayis مايو أيار ماي",
    "june jun juin junio июнь июня июне juni junho haziran يونيو يونيه حزيران جوان",
    "july jul juillet juil julio июль июля июле juli julho temmuz يوليو يوليه يوليوز تموز جويلية",
    "august aug août aout agosto ago август августа августе agosto ağustos أغسطس آب غشت أوت",
    "september sept sep septembre septiembre setiembre сентябрь сентября сентябре сент setembro set eylül سبتمبر "
    "أيلول شتنبر",
    "october oct octobre octubre октябрь октября октябре окт oktober okt outubro out ekim أكتوبر اكتوبر تشرين_الأول",
    "november nov novembre noviembre ноябрь ноября ноябре нояб novembro kasım kasim نوفمبر تشرين_الثاني نونبر",
    "december dec décembre déc diciembre dic декабрь декабря декабре дек dezember dez dezembro aralık aralik ديسمبر "
    "كانون_الأول دجنبر",
)
# "3 out of", "10 set up": a month without a year only where the language says so.
_WORDS_TOO = word_set("mar set out ago dic ene")
_YEAR = r"(?:1[89]|20|21)[0-9]{2}"
_ORDINAL = r"(?:st|nd|rd|th|er|º|ª|°|\.|-?е|-?го|o)?"
_OF = r"(?:\s*,\s*|\s+(?:de|del|do|of|di|من|des|шهر|شهر|من شهر)\s+|\s*[-./]\s*|\s+)"


@dataclass(frozen=True)
class _Parts:
    day: int | None
    month: int | None
    year: int | None


@lru_cache(maxsize=1)
def _month_numbers() -> tuple[str, dict[str, int]]:
    forms: dict[str, int] = {}
    for number, words in enumerate(_MONTHS, 1):
        for word in words.split():
            forms.setdefault(fold_words(word).replace("_", " "), number)
    alternatives = "|".join(sorted((form.replace(" ", r"\s+") for form in forms), key=lambda form: -len(form)))
    return alternatives, forms


@lru_cache(maxsize=1)
def _first_words() -> frozenset[str]:
    return frozenset(form.split()[0] for form in _month_numbers()[1])


@lru_cache(maxsize=1)
def _explicit_pattern() -> re.Pattern[str]:
    months, _ = _month_numbers()
    # Egypt and the Levant are often named together: كانون الثاني/يناير.
    month = rf"(?:(?:ال|ب|ل|و)?(?:{months})(?:\s*[/(]\s*(?:{months})\)?)?)"
    day = rf"[0-3]?[0-9]{_ORDINAL}"
    left, right = r"(?<![^\W_])", r"(?![^\W_])"
    year_end = r"(?:\s*(?:года|году|год|г\.))?"
    return re.compile(
        rf"(?P<iso>(?<![0-9./-])(?P<y1>{_YEAR})(?P<s1>[-./])(?P<m1>[01]?[0-9])(?P=s1)(?P<d1>[0-3]?[0-9])(?![0-9]|"
            rf"[-./][0-9]))"
        rf"|(?P<numeric>(?<![0-9./,-])(?P<a>[0-3]?[0-9])(?P<s2>[-./])(?P<b>[0-3]?[0-9])(?P=s2)(?P<y2>{_YEAR}|"
            rf"[0-9]{{2}})(?![0-9%]|[-./,][0-9]))"
        r"|(?P<cjk>(?:(?P<y3>(?:19|20)[0-9]{2})\s*年)?\s*(?P<m3>[01]?[0-9])\s*月(?:\s*(?P<d3>[0-3]?[0-9])\s*[日号號])?)"
        r"|(?P<cjkyear>(?P<y4>(?:19|20)[0-9]{2})\s*年)"
        rf"|(?P<dmy>(?<![0-9.,]){left}(?P<d5>{day})(?:{_OF})(?P<mn5>{month}){right}\.?"
        rf"(?:(?:\s*,\s*|\s*/\s*|\s+(?:de|del|do|of|من|سنه|عام|год)\s+|\s+)(?P<y5>{_YEAR})(?![0-9]){year_end})?)"
        rf"|(?P<mdy>{left}(?P<mn6>{month})\.?(?:\s+|\s*[-./]\s*)(?P<d6>[0-3]?[0-9](?:st|nd|rd|th)?)(?![0-9:]|"
            rf"[.,][0-9]|\s*%)"
        rf"(?:\s*,?\s+(?P<y6>{_YEAR})(?![0-9]))?)"
        rf"|(?P<my>{left}(?P<mn7>{month}){right}\.?(?:\s+(?:de|del|do|of|من|عام|سنه)\s+|\s*[,./-]\s*|\s+)"
        rf"(?:عام\s+)?(?P<y7>{_YEAR})(?![0-9]){year_end})"
        rf"|(?P<year>{left}(?:in|since|during|by|until|en|depuis|fin|debut|desde|em|im jahr|im jahre|seit|anno|jahr|"
            rf"в|с|ano|ano de|annee|year|"
        rf"of|au cours de|عام|سنه|العام|في عام|منذ عام|late|early|mid-?|principios de|finales de|ende|anfang|mitte)\s+"
        rf"(?P<y8>{_YEAR})(?![0-9]|[.,][0-9]|\s*%){year_end}|(?<![0-9])(?P<y9>{_YEAR})\s*(?:году|года|год|г\.|"
            rf"yilinda|yili))"
        rf"|(?P<m>{left}(?P<mn10>{month}){right})"
    )


def _anchors(found: Scan) -> list[int]:
    """Offsets in the folded text where a date may begin: figures, month names, the words before them."""
    firsts = _first_words()
    starts: set[int] = set()
    for index, token in enumerate(found.tokens):
        if token.kind == "n":
            starts.add(token.start)
            if len(token.text) == 4:
                starts.update(found.tokens[before].start for before in (index - 1, index - 2) if before >= 0)
        elif token.kind == "w" and (token.text in firsts or token.text[1:] in firsts or token.text[2:] in firsts):
            starts.add(token.start)
    return sorted(starts)


def _read_explicit(match: re.Match[str], language: str | None) -> _Parts | None:
    group = match.group
    if group("iso"):
        return _parts(group("d1"), int(group("m1")), group("y1"))
    if group("numeric"):
        return _numeric(int(group("a")), int(group("b")), group("y2"), language)
    if group("cjk"):
        return _parts(group("d3"), int(group("m3")), group("y3"))
    if group("cjkyear"):
        return _Parts(None, None, int(group("y4")))
    for name, day_name, year_name in (("mn5", "d5", "y5"), ("mn6", "d6", "y6")):
        if group(name):
            if group(name) in _WORDS_TOO and group(year_name) is None and language not in ("es", "pt"):
                return None
            return _parts(group(day_name), _month(group(name)), group(year_name))
    if group("mn7"):
        return _parts(None, _month(group("mn7")), group("y7"))
    year = group("y8") or group("y9")
    if year:
        return _Parts(None, None, int(year))
    # A month alone; abbreviations and "may" could be anything.
    if group("mn10") and len(group("mn10")) > 3:
        return _parts(None, _month(group("mn10")), None)
    return None


def _month(written: str) -> int:
    _, forms = _month_numbers()
    name = re.split(r"\s*[/(]", re.sub(r"\s+", " ", written))[0].strip()
    for candidate in (name, name[1:], name[2:]):
        if candidate in forms:
            return forms[candidate]
    raise AssertionError(f"month {written!r} matched no name")


def _parts(day: str | None, month: int, year: str | None) -> _Parts | None:
    number = int(re.match(r"[0-9]+", day).group()) if day else None  # type: ignore[union-attr]  # the pattern begins so
    if not 1 <= month <= 12 or (number is not None and not 1 <= number <= 31):
        return None
    return _Parts(number, month, int(year) if year else None)


def _numeric(first: int, second: int, year: str, language: str | None) -> _Parts | None:
    number = int(year) if len(year) == 4 else 2000 + int(year) if int(year) < 70 else 1900 + int(year)
    day, month = (second, first) if language == "en" else (first, second)
    if month > 12:
        day, month = month, day
    return _parts(str(day), month, str(number))


def _complete(parts: _Parts, publication_date: date | None) -> tuple[date | None, Precision]:
    """Calendar date and precision; a missing year is the one that brings the date nearest to publication."""
    precision: Precision = "day" if parts.day else "month" if parts.month else "year"
    if parts.year is not None:
        value = _date(parts.year, parts.month or 1, parts.day or 1)
        return value, precision if value else "unknown"
    if publication_date is None or parts.month is None:
        return None, "unknown"
    candidates = [
        value for year in range(publication_date.year - 1, publication_date.year + 2)
        if (value := _date(year, parts.month, parts.day or 1)) is not None
    ]
    if not candidates:
        return None, "unknown"
    return min(candidates, key=lambda value: abs((value - publication_date).days)), precision


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _original_span(view: Scan, start: int, end: int) -> tuple[int, int]:
    while start < end and view.folded[start].isspace():
        start += 1
    while end > start and (view.folded[end - 1].isspace() or view.folded[end - 1] in ",-/"):
        end -= 1
    if view.folded[end - 1] == "." and view.folded[end - 2] != "г":
        end -= 1
    if view.offsets is None:
        return start, end
    return view.offsets[start], view.offsets[end - 1] + 1


# --- relative expressions --------------------------------------------------------------------------

_DAYS: dict[str, int] = {
    "day before yesterday|avant-hier|avant hier|anteayer|antier|anteontem|vorgestern|позавчера|أول أمس|اول امس|أول من "
    "أمس|قبل يوم أمس"
    "|قبل أمس|evvelsi gün|önceki gün|前天": -2,
    "day after tomorrow|après-demain|apres demain|pasado mañana|depois de amanhã|übermorgen|послезавтра|بعد غد|بعد "
    "غدا|öbür gün|后天": 2,
    "yesterday|hier|ayer|ontem|gestern|вчера|أمس|البارحة|بالأمس|الأمس|اليوم الماضي|dün|昨天|昨日|昨|last "
    "night|veille|anoche": -1,
    "tomorrow|demain|lendemain|mañana|amanhã|morgen|завтра|غدا|الغد|غد|اليوم التالي|yarın|明天|明日": 1,
    "today|tonight|this morning|this evening|this afternoon|aujourd'hui|ce matin|ce soir|ce "
    "jour|hoy|hoje|heute|сегодня|اليوم|هذا اليوم|bugün"
    "|今天|今日|esta noche|esta mañana|now|right now": 0,
}
_WEEKDAYS: tuple[str, ...] = (
    "monday mon lundi lun lunes понедельник понедельника montag segunda-feira الاثنين الإثنين pazartesi 周一 星期一",
    "tuesday tue tues mardi martes вторник вторника dienstag terça-feira الثلاثاء salı 周二 星期二",
    "wednesday wed mercredi mer miércoles среду среда среды mittwoch quarta-feira الأربعاء çarşamba 周三 星期三",
    "thursday thu thurs jeudi jeu jueves четверг четверга donnerstag quinta-feira الخميس perşembe 周四 星期四",
    "friday fri vendredi ven viernes пятницу пятница пятницы freitag sexta-feira الجمعة جمعة cuma 周五 星期五",
    "saturday samedi sam sábado субботу суббота субботы samstag sonnabend السبت cumartesi 周六 星期六",
    "sunday dimanche dim domingo воскресенье воскресенья sonntag الأحد pazar 周日 星期日 星期天",
)
_NEXT = fold_words(
    "next|coming|upcoming|following|prochain|prochaine|suivant|à venir|próximo|próxima|que "
    "viene|entrante|siguiente|próximo|que vem|"
    "nächste|nächsten|nächster|nächstes|kommende|kommenden|следующий|следующей|следующую|следующем|следующего|"
    "будущей|будущем|ближайший|القادم|القادمة|المقبل|"
    "المقبلة|التالي|gelecek|önümüzdeki|下周|下个|明年|下"
)
_LAST = fold_words(
    "last|past|previous|dernier|dernière|passé|passée|précédent|pasado|pasada|último|última|anterior|passado|"
    "passada|retrasado|"
    "letzte|letzten|letzter|letztes|vergangene|vergangenen|vorige|vorigen|прошлый|прошлой|прошлую|прошлом|прошлого|"
    "минувшей|минувшую|минувший|прошедшей|الماضي|الماضية|"
    "المنصرم|السابق|geçen|geçtiğimiz|上周|上个|去年|上"
)
_THIS = fold_words("this|current|ce|cet|cette|este|esta|diese|dieser|diesen|diesem|этой|этом|этот|эту|текущей|هذا|"
    "هذه|الجاري|الحالي|الحالية|bu|本周|本月|今年|本")
_UNITS: dict[str, str] = {
    "week": "week|weeks|semaine|semaines|semana|semanas|woche|wochen|неделя|неделю|неделе|недели|недель|أسبوع|"
    "الأسبوع|الاسبوع|أسابيع|أسبوعين|الاسبوعين|hafta|周|星期|weekend",
    "month": "month|months|mois|mes|meses|monat|monats|monaten|monate|mês|месяц|месяца|месяцев|месяце|شهر|الشهر|"
    "أشهر|شهرين|ay|月",
    "year": "year|years|an|ans|année|années|año|años|jahr|jahre|jahren|jahres|ano|anos|год|году|года|лет|عام|العام|"
    "سنة|السنة|سنوات|أعوام|عامين|سنتين|yıl|年",
    "day": "day|days|jour|jours|día|días|dia|dias|tag|tage|tagen|день|дня|дней|يوم|أيام|يوما|يومين|gün|天|日",
}
_AGO = fold_words("ago|earlier|il y a|hace|há|vor|назад|قبل|منذ|önce|前|atrás|before")
_AHEAD = fold_words("in|dans|en|dentro de|daqui a|em|через|بعد|خلال|sonra|后|within|d'ici|later|plus tard|from "
    "now|après")
_UNCOUNTED = fold_words(
    "بضعة|بضع|عدة|few|several|plusieurs|quelques|varios|unos|vários|alguns|mehrere|einige|несколько|几"
)
_DUALS = tuple(fold_words(word) for word in ("يومين", "أسبوعين", "الاسبوعين", "شهرين", "عامين", "سنتين"))


def _resolve_relative(folded: str, language: str | None, today: date) -> tuple[date, Precision] | None:
    if _has(folded, _UNCOUNTED):
        return None
    weekday = _weekday(folded)
    if weekday is not None and _has(folded, fold_words(_UNITS["month"])):
        return None  # "the first Friday of this month"
    if weekday is not None:
        return _resolve_weekday(folded, weekday, today), "day"
    for words, days in _DAYS.items():
        # "the day before yesterday" holds words of a count, "today" does not exclude one.
        if abs(days) == 2 and _has(folded, fold_words(words)):
            return today + timedelta(days=days), "day"
    counted = _counted(folded, language, today)
    if counted is not None:
        return counted
    for words, days in _DAYS.items():
        if _has(folded, fold_words(words)):
            return today + timedelta(days=days), "day"
    direction = 1 if _has(folded, _NEXT) else -1 if _has(folded, _LAST) else 0 if _has(folded, _THIS) else None
    if direction is None:
        return None
    for unit in ("week", "month", "year"):
        if _has(folded, fold_words(_UNITS[unit])) or (unit == "year" and re.search("明年|去年|今年", folded)):
            return _shift(today, unit, direction, is_period=True)
    return None


def _resolve_weekday(folded: str, weekday: int, today: date) -> date:
    back = (today.weekday() - weekday) % 7
    monday = today - timedelta(days=today.weekday())
    if _has(folded, fold_words(_UNITS["week"])):
        weeks = 1 if _has(folded, _NEXT) else -1 if _has(folded, _LAST) else 0
        return monday + timedelta(days=7 * weeks + weekday)
    if _has(folded, _NEXT):
        return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)
    if _has(folded, _LAST):
        return today - timedelta(days=back or 7)
    if _has(folded, _THIS):
        return monday + timedelta(days=weekday)
    return today - timedelta(days=back)


def _counted(folded: str, language: str | None, today: date) -> tuple[date, Precision] | None:
    """"three days ago", "dans deux semaines", "بعد أسبوعين": a number of units from the publication date."""
    unit = next((unit for unit in ("week", "month", "year", "day") if _has(folded, fold_words(_UNITS[unit]))), None)
    direction = -1 if _has(folded, _AGO) else 1 if _has(folded, _AHEAD) else None
    if unit is None or direction is None:
        return None
    number = _small_number(folded, language)
    if number is None:
        is_counted = _has(folded, "|".join(_DUALS))
        if not is_counted and language != "ar":
            return None
        number = 2 if is_counted else 1
        if language == "ar" and not is_counted and _has(folded, _NEXT + "|" + _LAST + "|" + _THIS):
            return None
    return _shift(today, unit, direction * number, is_period=False)


def _small_number(folded: str, language: str | None) -> int | None:
    found = scan(folded, language)
    words = lexicon(found.language)
    for token in found.tokens:
        if token.kind == "n" and token.text.isdigit() and len(token.text) < 4:
            return int(token.text)
        entry = words.get(token.text)
        if entry is not None and entry.type == "u" and entry.value == int(entry.value):
            return int(entry.value)
        if entry is not None and entry.type == "a" and token.text not in ("le", "el", "the", "o", "die", "der", "ce"):
            return 1
    return None


def _shift(today: date, unit: str, number: int, *, is_period: bool) -> tuple[date, Precision]:
    if unit == "day":
        return today + timedelta(days=number), "day"
    if unit == "week":
        if is_period:
            return today - timedelta(days=today.weekday()) + timedelta(weeks=number), "unknown"
        return today + timedelta(weeks=number), "day"
    if unit == "month":
        months = today.year * 12 + today.month - 1 + number
        return date(months // 12, months % 12 + 1, 1), "month"
    return date(today.year + number, 1, 1), "year"


def _weekday(folded: str) -> int | None:
    for number, words in enumerate(_WEEKDAYS):
        if _has(folded, fold_words(words).replace(" ", "|")):
            return number
    return None


def _has(folded: str, alternatives: str) -> bool:
    return _words_pattern(alternatives).search(folded) is not None


@lru_cache(maxsize=128)
def _words_pattern(alternatives: str) -> re.Pattern[str]:
    options = sorted(alternatives.split("|"), key=lambda option: -len(option))
    latin = "|".join(re.escape(option) for option in options if option and not "\u4e00" <= option[0] <= "\u9fff")
    chinese = "|".join(option for option in options if option and "\u4e00" <= option[0] <= "\u9fff")
    return re.compile(rf"(?<!\w)(?:[وفبل]|ال|بال|لل)?(?:{latin})(?!\w)" + (f"|{chinese}" if chinese else ""))
