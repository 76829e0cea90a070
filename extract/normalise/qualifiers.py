"""The words around a figure that say how it is meant: "more than", "jusqu'à", "не менее", "以上".

Enters a scan and the place of a figure; leaves a qualifier and how far its words reach, and for
two figures whether they are the ends of a range. Which figure is money does not belong here.
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from extract.normalise.tokens import Scan, fold_words, split_words, word_set
from extract.schema import Qualifier

Bounds = tuple[Decimal | None, Decimal | None]

# qualifier → phrases before a figure; several languages share forms.
_BEFORE: dict[Qualifier, str] = {
    "more_than": """
        more than|over|well over|just over|a little over|slightly over|slightly more than|in excess of|exceeding
        upwards of
        greater than|above|topping|surpassing|north of|exceeds|exceed|exceeded|surpassed
        plus de|plus d'|au-dessus de|supérieur à|supérieure à|supérieurs à|supérieures à|bien plus de|dépassant|dépasse
        dépassant les|au-delà de|plus que|plus grand que|pas seulement
        más de|mas de|por encima de|superior a|superiores a|superior a los|supera los|más que|mayor que|excede
        mais de|acima de|superior a|mais do que|mais que|ultrapassa
        mehr als|über|gut|knapp über|mehr wie
        более чем|более|больше|больше чем|свыше|сверх|превышает|превышающий|превышающую|превышающие|превысил|превысила
        أكثر من|اكثر من|أكبر من|اكبر من|أزيد من|ما يزيد على|ما يزيد عن|يزيد على|يزيد عن|تزيد على|تزيد عن|فوق|ما يفوق
        يفوق|تفوق
        بما يزيد على|بما يزيد عن|يتجاوز|تتجاوز|ما يتجاوز|يربو على|ما يربو على|تجاوز|تجاوزت|أعلى من
        超过|逾|多于|超|高于|大于
    """,
    "at_least": """
        at least|no less than|no fewer than|not less than|not fewer than|a minimum of|minimum|minimum of|starting at
        at minimum
        au moins|pas moins de|pas moins d'|un minimum de|minimum|à partir de|au minimum|supérieur ou égal à
        al menos|por lo menos|como mínimo|no menos de|cuando menos|a partir de|mínimo de|un mínimo de|mayor o igual a
        pelo menos|ao menos|no mínimo|não menos de|nada menos que|nada menos de|um mínimo de
        mindestens|wenigstens|zumindest|nicht weniger als|ab|minimal
        не менее|не менее чем|по меньшей мере|как минимум|минимум|не меньше|по крайней мере|от
        على الأقل|ما لا يقل عن|لا يقل عن|لا تقل عن|بما لا يقل عن|لا أقل من|ليس أقل من|حد أدنى|ابتداء من
        en az|asgari
        至少|不少于|最少|不低于|起码
    """,
    "up_to": """
        up to|as much as|as many as|at most|a maximum of|maximum|maximum of|no more than|not more than|not exceeding
        up to a maximum of|not to exceed|capped at|to a maximum of|up to some
        jusqu'à|jusqu'a|au plus|au maximum|un maximum de|pas plus de|pas plus d'|tout au plus|à hauteur de
        jusqu'à hauteur de
        plafonné à|inférieur ou égal à
        hasta|como máximo|no más de|un máximo de|máximo de|a lo sumo|hasta los|hasta unos|máximo
        até|no máximo|não mais de|não mais que|um máximo de|até os
        bis zu|höchstens|maximal|nicht mehr als|bis maximal|bis
        до|не более|не более чем|не больше|максимум|не свыше|самое большее
        ما يصل إلى|يصل إلى|تصل إلى|بما يصل إلى|حتى|كحد أقصى|بحد أقصى|لا يزيد على|لا يزيد عن|لا تزيد على|لا تزيد عن
        لا يتجاوز|لا تتجاوز|على الأكثر|ما لا يزيد على|ما لا يزيد عن|ليس أكثر من
        en fazla|azami|en çok
        最多|至多|高达|不超过|多达|上限为
    """,
    "less_than": """
        less than|fewer than|under|below|just under|just below|short of|a little under|well under|well below
        slightly less than
        slightly under|lower than|smaller than
        moins de|moins d'|en dessous de|en-dessous de|inférieur à|inférieure à|inférieurs à|un peu moins de
        bien moins de
        sous les|plus petit que|moins que
        menos de|por debajo de|inferior a|inferiores a|algo menos de|poco menos de|menos que|menor que
        menos de|abaixo de|inferior a|pouco menos de|menos que|menos do que
        weniger als|unter
        менее|меньше|менее чем|ниже|меньше чем|немногим менее
        أقل من|اقل من|ما يقل عن|يقل عن|تقل عن|دون|أدنى من|ادنى من|تحت|أصغر من
        不到|不足|少于|低于|未满|小于
    """,
    "approximately": """
        about|around|approximately|roughly|nearly|almost|some|close to|approx|circa|an estimated|estimated
        an estimated total of
        just about|in the region of|in the order of|of the order of|virtually|practically|ca|near|or so|~|estimated at
        somewhere around
        environ|près de|près d'|quelque|quelques|à peu près|presque|autour de|aux alentours de|de l'ordre de
        approximativement
        quasiment|pas loin de|estimé à|estimée à|estimés à|un peu plus ou moins de|les quelque
        cerca de|alrededor de|unos|unas|aproximadamente|casi|en torno a|aproximados|próximo a|cerca de los
        aproximado de|alrededor de los
        rondando los|ronda los|estimado en|estimados en|del orden de
        cerca de|aproximadamente|quase|em torno de|por volta de|uns|umas|perto de|à volta de|aproximados|estimado em
        na ordem de
        rund|etwa|ungefähr|circa|zirka|knapp|fast|nahezu|an die|gegen|schätzungsweise|annähernd|um die|in etwa|beinahe
        около|примерно|приблизительно|почти|порядка|ориентировочно|в районе|близко к|оценивается в
        نحو|حوالي|حوالى|قرابة|زهاء|ما يقارب|يقارب|تقارب|ما يقرب من|يقرب من|قرب|تقريبا|بنحو|بحوالي|بقرابة|يقدر بنحو
        يناهز|ما يناهز
        تقدر بنحو|تقدر ب
        yaklaşık|yaklaşık olarak|neredeyse|tahminen|takriben|aşağı yukarı|hemen hemen
        约|大约|近|将近|接近|大概|约为|左右|总计约|估计
    """,
    "exact": "exactly|exactement|précisément|exactamente|exatamente|genau|ровно|بالضبط|تحديدا|tam|tam olarak|正好|恰好",
}
_AFTER: dict[Qualifier, str] = {
    "at_least": """
        or more|or above|and above|at least|minimum|at a minimum|and more|or higher|ou plus|ou plus que|au moins
        au minimum|et plus
        o más|al menos|como mínimo|por lo menos|ou mais|pelo menos|no mínimo|oder mehr|mindestens|und mehr|или более
        и более
        или больше|и больше|как минимум|минимум|أو أكثر|او اكثر|أو أكبر|على الأقل|فأكثر|كحد أدنى|veya daha fazla|以上
        或以上|或更多|起
    """,
    "more_than": """
        plus|'den fazla|'dan fazla|den fazla|dan fazla|ten fazla|tan fazla|fazla|'nin üzerinde|'in üzerinde
        in üzerinde|nin üzerinde
        ın üzerinde|un üzerinde|nun üzerinde|üzerinde|'ı aşkın|ı aşkın|i aşkın|yi aşkın|aşkın|yı aşkın|ü aşkın|u aşkın|+
        с лишним|с небольшим|y pico|und mehr|et quelques|多|余|ونيف
    """,
    "up_to": """
        or less|or fewer|at most|maximum|at the most|ou moins|au plus|au maximum|o menos|como máximo|ou menos
        no máximo|oder weniger
        höchstens|maximal|или менее|или меньше|максимум|не более|أو أقل|او اقل|كحد أقصى|على الأكثر|'a kadar|'e kadar
        'ya kadar|'ye kadar
        a kadar|e kadar|ya kadar|ye kadar|kadar|以下|以内|之内|或以下
    """,
    "less_than": "'den az|'dan az|den az|dan az|ten az|tan az|den daha az|dan daha az|'in altında|in altında|nin "
    "altında|altında",
    "approximately": "or so|approximately|environ|approximativement|aproximadamente|más o menos|ungefähr|circa|примерно"
                     "|приблизительно|تقريبا|civarında|dolayında|左右|上下|前后",
}
# Words of one language that mean something else in another.
_ONLY_IN = {
    "fast": "de", "ab": "de", "gut": "de", "unter": "de", "gegen": "de", "an die": "de", "um die": "de", "bis": "de",
    "über": "de", "ate": "pt", "até": "pt", "uns": "pt", "near": "en", "under": "en", "above": "en", "some": "en",
    "about": "en", "over": "en", "plus que": "fr", "quelques": "fr", "casi": "es", "or so": "en", "از": "fa",
    "sous les": "fr", "от": "ru", "до": "ru",
}
# May stand between a qualifier and its figure.
_FILLERS = word_set(
    "another an additional a the further extra new total of combined quelque autres les des los las otros otras "
    "unos otro weitere weiteren weiterer zusätzliche zusätzlichen insgesamt еще ещё дополнительных дополнительно "
    "всего other or estimated outros mais os as der die den"
)
_MAX_PHRASE = 6
_CLITICS = ("وال", "و", "ب", "ل", "ف", "ك")

_TO = word_set("to - – ~ à a bis до إلى الى حتى ila ile 至 到 til through au aux jusqu")
_AND = word_set("and et y e und и و ile ve 和 与")
_OR = word_set("or ou o oder или أو veya 或")
_FROM = word_set("from de d von от من entre between")
_BETWEEN = word_set("between entre zwischen между بين ما من وبين 在 介于")
_CHANGE_STEMS = tuple(
    fold_words(
        "rais increas ris rose grew grow cut reduc doubl trippl tripl quadrupl lower slash jump climb fell fall drop "
        "boost lift "
        "augment passe passé passer porter porté porte relev réduit baiss diminu aument pas elev redu subi baj "
        "erhöh steig gestiegen senk aufgestockt aufgestock увелич сокра вырос повы сниз زاد ارتفع رفع خفض زياد تراجع "
        "artır yüksel çıkar düş"
    ).split()
)


def qualifier_before(found: Scan, first: int) -> tuple[Qualifier | None, int]:
    """Qualifier that ends right before token `first`, and the first token of its words (else `first`).

    Of two in a row ("at least around"), a bound wins over an approximation.
    """
    position, qualifier, reach = first, None, first
    fillers = 0
    while position > 0:
        step = _match_before(found, position)
        if step is None:
            if qualifier is None and fillers < 3 and found.word(position - 1) in _FILLERS:
                fillers += 1
                position -= 1
                continue
            break
        phrase_qualifier, start = step
        if qualifier is None or qualifier in ("approximately", "exact"):
            qualifier = phrase_qualifier
        position = reach = start
        if found.kind(start) == "h":
            break
    return qualifier, reach


def qualifier_after(found: Scan, last: int) -> tuple[Qualifier | None, int]:
    """Qualifier that begins right after token `last`, and the last token of its words (else `last`)."""
    table = _table_after()
    if found.kind(last + 1) == "h":
        for phrase, cjk_qualifier in _cjk_after().items():
            if found.word(last + 1).startswith(phrase):
                return cjk_qualifier, last + 1 if found.word(last + 1) == phrase else last
        return None, last
    if found.word(last + 1) not in _first_words():
        return None, last
    for size in range(4, 0, -1):
        end = last + size
        if end >= len(found.tokens):
            continue
        words = tuple(found.tokens[index].text for index in range(last + 1, end + 1))
        qualifier = table.get(words)
        if qualifier is not None:
            if words == ("plus",) and found.language != "en":
                continue
            if words == ("+",) and not found.glued(end):
                continue
            if words in (("fazla",), ("kadar",), ("minimum",), ("maximum",)) and found.language not in ("tr", "fr",
                "en"):
                continue
            if len(words) == 1 and found.kind(end + 1) == "n" and found.language != "tr":
                continue  # "1 million, minimum 5"
            if words[-1] in ("at", "least") and found.kind(end + 1) == "n":
                continue
            return qualifier, end
    return None, last


def cjk_suffix(run: str) -> tuple[Qualifier | None, int]:
    """Qualifier that a Chinese run ends with, and its length; None and 0 if none."""
    return next(((name, len(phrase)) for phrase, name in _cjk_before().items() if run.endswith(phrase)), (None, 0))


def bounds(qualifier: Qualifier, amount: Decimal) -> Bounds:
    """Lower and upper bound that `qualifier` proves of `amount`; None is open."""
    if qualifier in ("at_least", "more_than"):
        return amount, None
    if qualifier in ("up_to", "less_than"):
        return None, amount
    return amount, amount


def range_start(found: Scan, left: tuple[int, int], right_first: int) -> int | None:
    """First token of a range whose ends are the tokens `left` and the figure at `right_first`.

    Returns:
        The token where the range's words begin ("between", "de", "من"), or None when the two
        figures are no range: a list, a change ("raised from 3 to 5 billion"), anything longer.
    """
    first, last = left
    gap = [found.word(index) for index in range(last + 1, right_first)]
    before, before_that = found.word(first - 1), found.word(first - 2)
    if before == "'":
        before, before_that = before_that, found.word(first - 3)
    if gap in (["jusqu", "'", "a"], ["up", "to"], ["وحتى"], ["وحتي"]):
        gap = ["to"]
    if len(gap) == 2 and gap[0] == "." and gap[1] in _TO:
        gap = gap[1:]  # 5 Mio. bis 6 Mio.
    if not gap and found.language == "ar" and found.word(right_first)[:1] == "و":
        gap = ["و"]  # بين ثلاثة وخمسة مليارات
    if len(gap) != 1:
        if gap and gap[0] == "and" and len(gap) == 2 and before == "between":
            return first - 1
        return None
    link = gap[0]
    if before in _FROM and (link in _TO or before == "entre") and _is_change(found, first - 1):
        return None
    if link in _TO:
        if link == "ile" or (link == "a" and found.language in ("fr", "en") and found.original(last + 1) == "a"):
            return first if link == "ile" else None
        return first - 1 if before in _FROM or before in _BETWEEN else first
    if link in _AND or link == "و":
        if before in _BETWEEN or _strip_clitic(before) in _BETWEEN:
            return first - 2 if before_that in ("ما",) else first - 1
        if found.word(right_first + 1) == "arasinda" or before.endswith(("在", "介于")):
            return first
        return None
    if link in _OR:
        return first
    return None


def _is_change(found: Scan, index: int) -> bool:
    """Whether a verb of change stands in the six tokens before "from": the two figures are then old and new."""
    return any(
        len(found.word(position)) > 2 and found.word(position).startswith(_CHANGE_STEMS)
        for position in range(max(0, index - 6), index)
    )


# "handed over $5m" is no "more than $5m".
_VERBS_WITH_OVER = frozenset(
    "hand hands handed handing turn turns turned turning sign signs signed signing make makes made making pass passes "
    "passed passing bring brings brought carry carried carries roll rolled spread spreads split take takes took "
    "taken taking".split()
)


def _match_before(found: Scan, position: int) -> tuple[Qualifier, int] | None:
    table = _table_before()
    last = found.tokens[position - 1]
    if last.kind == "h":
        for phrase, cjk_qualifier in _cjk_before().items():
            if last.text.endswith(phrase):
                return cjk_qualifier, position - 1
        return None
    if last.text not in _last_words():
        return None
    for size in range(min(_MAX_PHRASE, position), 0, -1):
        words = tuple(token.text for token in found.tokens[position - size:position])
        entry = table.get(words)
        if entry is None and words[0][0] in "وبلفك":
            entry = table.get((_strip_clitic(words[0]), *words[1:]))
        if entry is None:
            continue
        qualifier, only_in = entry
        if only_in is not None and found.language not in (only_in, None):
            continue
        if words == ("over",) and position > size and found.tokens[position - size - 1].text in _VERBS_WITH_OVER:
            continue
        return qualifier, position - size
    return None


def _strip_clitic(word: str) -> str:
    for prefix in _CLITICS:
        if word.startswith(prefix) and len(word) > len(prefix) + 1:
            return word[len(prefix):]
    return word


def _phrases(source: str) -> list[str]:
    return [phrase.strip() for phrase in source.replace("\n", "|").split("|") if phrase.strip()]


def _is_cjk(phrase: str) -> bool:
    return "\u4e00" <= phrase[0] <= "\u9fff"


@lru_cache(maxsize=1)
def _table_before() -> dict[tuple[str, ...], tuple[Qualifier, str | None]]:
    table: dict[tuple[str, ...], tuple[Qualifier, str | None]] = {}
    only = {split_words(phrase): language for phrase, language in _ONLY_IN.items()}
    for qualifier, source in _BEFORE.items():
        for phrase in _phrases(source):
            if not _is_cjk(phrase):
                words = split_words(phrase)
                table.setdefault(words, (qualifier, only.get(words)))
    return table


@lru_cache(maxsize=1)
def _table_after() -> dict[tuple[str, ...], Qualifier]:
    table: dict[tuple[str, ...], Qualifier] = {}
    for qualifier, source in _AFTER.items():
        for phrase in _phrases(source):
            if not _is_cjk(phrase):
                table.setdefault(split_words(phrase), qualifier)
    return table


@lru_cache(maxsize=1)
def _last_words() -> frozenset[str]:
    """Last words of the phrases before a figure: most words are none, and need no closer look."""
    words = {phrase[-1] for phrase in _table_before()}
    return frozenset(words | {clitic + word for word in words if "ا" <= word[0] <= "ي" for clitic in _CLITICS})


@lru_cache(maxsize=1)
def _first_words() -> frozenset[str]:
    return frozenset(phrase[0] for phrase in _table_after())


@lru_cache(maxsize=1)
def _cjk_before() -> dict[str, Qualifier]:
    return _longest_first(_BEFORE)


@lru_cache(maxsize=1)
def _cjk_after() -> dict[str, Qualifier]:
    return _longest_first(_AFTER)


def _longest_first(source: dict[Qualifier, str]) -> dict[str, Qualifier]:
    pairs = [(phrase, name) for name, text in source.items() for phrase in _phrases(text) if _is_cjk(phrase)]
    return dict(sorted(pairs, key=lambda pair: -len(pair[0])))
