"""Numbers of persons as written: "2,500 Pakistani UN peacekeepers", "contingent de 300 hommes", "120名维和人员".

Enters a text; leaves each number that counts persons, with its noun and the kind of persons, and
the spans of both. A bare number ("Fiji sends 170") is not one; who sends whom does not belong here.

Bounds are those of money: see `money`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from extract.normalise import currencies, qualifiers
from extract.normalise.number_words import SOFT_SUFFIXES
from extract.normalise.numbers import Figure, figures
from extract.normalise.tokens import Scan, fold_words, scan, word_set
from extract.schema import Qualifier, Quantity

HeadcountKind = Literal["troops", "police", "observers", "medical", "civilian", "unit", "people"]


@dataclass(frozen=True)
class HeadcountMention:
    """A number of persons in a text.

    Attributes:
        start: First code point of qualifier or number.
        end: Code point after the noun, or after the number when the noun stands before it.
        headcount: The number with its bounds.
        noun: The noun as written.
        kind: What persons they are; unit when only a unit is named ("a battalion of 800").
    """

    start: int
    end: int
    headcount: Quantity
    noun: str
    kind: HeadcountKind


@dataclass(frozen=True)
class _Noun:
    first: int
    last: int
    kind: HeadcountKind
    cjk_end: int = 0


def find_headcounts(text: str, language: str | None = None) -> list[HeadcountMention]:
    """Numbers of persons in `text`, in order and without overlap.

    Args:
        text: Any text; offsets refer to this string unchanged.
        language: ISO 639-1 code; guessed from the text when None.
    """
    found = scan(text, language)
    counted = [
        figure for figure in figures(found)
        if figure.kind in ("count", "year") and not figure.is_code and not figure.is_bare_article
    ]
    mentions: list[HeadcountMention] = []
    position, used = 0, -1
    while position < len(counted):
        figure = counted[position]
        following = counted[position + 1] if position + 1 < len(counted) else None
        start = None
        if following is not None:
            start = qualifiers.range_start(found, (figure.first, figure.last), following.first)
            if start is not None and _value(figure, following) >= _value(following, None):
                start = None
        head = following if start is not None and following is not None else figure
        noun = _noun(found, head, start if start is not None else figure.first, used)
        if noun is not None:
            low = figure if start is not None else None
            mention = _mention(found, head, low, start, noun)
            if mention is not None:
                mentions.append(mention)
                used = max(noun.last, head.last)
        position += 2 if start is not None and noun is not None else 1
    return mentions


def parse_quantity(text: str, language: str | None = None) -> Quantity | None:
    """Meaning of a string that counts anything ("250 items of equipment", "au moins 120 blindés").

    The first number counts, with its qualifier; None when the string holds no number.
    """
    text = text.strip()
    found = scan(text, language)
    counted = [figure for figure in figures(found) if figure.kind in ("count", "year") and not figure.is_code]
    if not counted:
        return None
    if len(counted) > 1:
        start = qualifiers.range_start(found, (counted[0].first, counted[0].last), counted[1].first)
        low, high = _value(counted[0], counted[1]), _value(counted[1], None)
        if start is not None and low < high:
            return _quantity(text, "between", low, high)
    figure = counted[0]
    value = _value(figure, None, found)
    qualifier, _, _ = _qualified(found, figure)
    if value != value.to_integral() or value >= 10**10:
        return None
    return _quantity(text, qualifier, value, None)


# --- nouns -------------------------------------------------------------------------------------

_NOUNS: dict[HeadcountKind, str] = {
    "troops": """
        soldier soldiers troops troop servicemen serviceman servicewomen peacekeeper peacekeepers marines marine
        paratroopers
        paratrooper commandos commando infantrymen troopers sailors airmen fighters legionnaires reservists rangers
        servicemembers
        infantry infantrymen fantassin fantassins infantería infanteristas fuzileiros قبعات
        instructor instructors trainer trainers adviser advisers advisor advisors officers sappers engineers
        soldat soldats militaire militaires parachutiste parachutistes instructeur instructeurs formateur formateurs
        légionnaires
        réservistes fusiliers marins combattants militaires officiers sapeurs démineurs commandos
        soldado soldados soldadas militar militares efectivo efectivos uniformados infantes marines paracaidistas
        instructor
        instructores entrenadores oficiales legionarios reservistas zapadores combatientes marinos
        efetivos fuzileiros paraquedistas instrutores praças treinadores capacetes
        soldaten soldat soldatinnen blauhelme blauhelmen blauhelmsoldaten fallschirmjäger militärangehörige ausbilder
        pioniere pionieren ausbildern infanteristen marinesoldaten gebirgsjäger kämpfer reservisten truppen
        солдат солдата солдаты солдатам солдатами военнослужащий военнослужащих военнослужащего военнослужащие
        военнослужащими
        военнослужащим военных военные военными военного миротворец миротворцев миротворца миротворцы миротворцами
        миротворцам
        десантник десантников десантника десантники бойцов бойца бойцы пехотинцев пехотинца инструктор инструкторов
        инструктора
        инструкторы офицеров офицера морпехов резервистов матросов сапёров саперов штыков контрактников
        جندي جنديا جنود الجنود عسكري عسكريا عسكريين عسكريون ضابط ضابطا ضباط مقاتل مقاتلا مقاتلين مدرب مدربا مدربين
        مظلي مظليا
        مظليين مجند مجندا بحار بحارا
        asker askeri askerin askerini askerden askerinin askerler subay komando eğitmen denizci paraşütçü
    """,
    "police": """
        police policemen policewomen policeman gendarme gendarmes carabinieri constables
        policier policiers policière policières crs
        policía policías policia policias gendarmes carabineros policiais policial agentes
        polizist polizisten polizistinnen polizeibeamte polizeibeamten gendarmen polizeikräfte
        полицейский полицейских полицейского полицейские полицейскими жандармов жандарма жандармы милиционеров
        росгвардейцев
        شرطي شرطيا شرطيين شرطيون دركي دركيا دركيين شرطية
        polis polisi polisin jandarma jandarmanın
    """,
    "observers": """
        observer observers monitors monitor
        observateur observateurs observatrices observador observadores observadora
        beobachter beobachtern militärbeobachter militärbeobachtern
        наблюдатель наблюдателей наблюдателя наблюдатели наблюдателями
        مراقب مراقبا مراقبين مراقبون
        gözlemci gözlemcisi gözlemcinin
    """,
    "medical": """
        medics medic doctors doctor nurses nurse paramedics physicians surgeons
        médecin médecins infirmiers infirmières soignants secouristes
        médico médicos médicas enfermeros enfermeras sanitarios paramédicos enfermeiros socorristas
        sanitäter sanitätern ärzte ärzten ärztinnen pfleger
        медик медиков медика медики врач врачей врача врачи медработников
        طبيب طبيبا أطباء مسعف مسعفا مسعفين ممرض ممرضا ممرضين
        doktor doktorun sağlıkçı hemşire
    """,
    "civilian": """
        civilians civilian experts expert specialists specialist judges prosecutors
        civils civil experts expert spécialistes magistrats
        civiles expertos especialistas civis peritos experten zivilisten fachleute spezialisten
        эксперт экспертов эксперта специалист специалистов специалиста гражданских
        خبير خبيرا خبراء مدنيا مدنيين موظف موظفا موظفين uzman sivil
    """,
    "people": """
        personnel people persons person staff men women members volunteers officials rescuers firefighters workers
        staffers helmets
        personnels personnes hommes femmes casques agents membres volontaires sauveteurs pompiers personnel effectifs
        personas hombres mujeres miembros voluntarios agentes funcionarios cascos bomberos rescatistas personal
        integrantes
        pessoas homens mulheres membros voluntários funcionários pessoal agentes
        mann personen menschen kräfte kräften einsatzkräfte einsatzkräften mitarbeiter angehörige helfer polizeikräfte
        personal
        человек человека людей люди сотрудников сотрудника добровольцев спасателей спасателя касок
        فرد فردا أفراد عنصر عنصرا عناصر شخص شخصا أشخاص رجل رجلا متطوع متطوعا متطوعين
        kişi kişilik kişinin personel personeli personelin gönüllü mensubu görevli
    """,
}
_STRONG = word_set(
    "strong man member person people troop soldier men mann hommes kopf köpfige köpfigen köpfiges köpfiger starke "
    "starkes starken starker kişilik"
)
_UNITS = word_set(
    "contingent contingents battalion battalions company companies brigade brigades force forces unit units "
    "regiment squad platoon detachment mission team garrison crew group bataillon bataillons compagnie régiment "
    "détachement unité unités équipe garnison effectif renfort contingente contingentes batallón batallones "
    "compañía brigada fuerza unidad destacamento regimiento equipo misión guarnición grupo batalhão companhia "
    "força unidade missão equipe guarnição kontingent kontingente kompanie einheit truppe verband kontingents "
    "контингент контингента батальон батальона рота роту роты бригада бригаду отряд подразделение группа группу "
    "группировка группировку силы численностью составе كتيبة سرية قوة كتيبه وحدة فرقة لواء مفرزة فريق وفد بعثة "
    "مجموعة قوامها قوامه birlik taburu tabur bölük tugay kuvvet"
)
_UNIT_LINKS = word_set(
    "of de d von aus some about around up to até unos unas rund etwa mit с из в численностью до около قوامها "
    "قوامه من تضم comprising numbering totalling fort forte compuesto compuesta composé composée formado formada "
    "' over nearly almost more than at least plus mehr als más mais que près environ cerca über bis zu عددها عدد "
    "نحو حوالي"
)
# Ends the search for the noun after a number: what follows is another phrase.
_STOPS = word_set(
    "in to from have has had were was are is will would for with on by at that who which since as but than into "
    "per when while after before during between against under over this these it they he she we an a or if "
    "because about around across through until within said says dans pour par sur avec sont ont est qui que à au "
    "aux en seront était étaient depuis mais ou dont lors le la contre vers para con por son han fueron como "
    "desde el al sobre cuando una um uma com foram ao na no nas nos o für mit auf bei sind wurden werden hat "
    "haben nach zu zum zur aus ein eine dem den das im am vor gegen als oder в на для по с к от до из за при что "
    "как или а но будут были во под над у о об في على إلى عن الى مع التي الذي أن كما قد كانت كان منذ خلال ضمن بعد "
    "قبل بين سيتم إن لدى ثم أو ve ile için de da olarak bu bir göre kadar sonra önce her"
)
# Things counted that are no persons, and measures.
_THINGS = re.compile(
    r"(vehic|tank|aircraft|helicopt|plane|drone|missile|ton|tonne|kilo|km|mile|metre|meter|year|day|month|week|hour|"
    r"minute|countr|nation|state"
    r"|véhic|vehic|blind|avion|an$|ans$|annee|jour|mois|semaine|heure|pays|etats|carro|avion|ano|dia|mes|semana|"
    r"hora|pais|estado|tonelad"
    r"|fahrzeug|panzer|flugzeug|jahr|tag|monat|woche|stunde|land|lander|staaten|единиц|танк|самолет|вертолет|машин|"
    r"год|лет|дн|день|месяц|недел|час|стран"
    r"|государств|тонн|километр|دبابه|طائر|مركب|اليه|عام|سنه|يوم|شهر|اسبوع|ساعه|دول|بلد|طن|كيلومتر|arac|ucak|tank|"
    r"yil|gun|ay$|hafta|saat|ulke|devlet"
    r"|percent|million|billion|euro|dollar|seat|siege|place|ship|navire|barco|schiff|rifle|gun|round|house|home|"
    r"school|camp|cas$|case|death|part$"
    r"|dead|kill|tué|tues|muert|mort|toten|погиб|убит|قتيل|olu$|wounded|blesse|herid|verletz|ранен|جريح|refugee|"
    r"refugi|deplac|displaced|flucht|беженц|لاجي)"
)
_KIND_WORDS: tuple[tuple[re.Pattern[str], HeadcountKind], ...] = (
    (re.compile(r"observ|beobacht|наблюдат|مراقب|gozlem|monitor"), "observers"),
    (re.compile(r"polic|gendarm|guardia|poliz|полиц|жандарм|شرط|درك|polis|jandarma"), "police"),
    (re.compile(r"medic|sanit|arzt|медиц|طب|saglik|health|soign"), "medical"),
    (re.compile(r"milita|troop|soldat|soldad|soldi|armee|army|armed|combat|военн|миротвор|пехот|десант|бой|عسكر|جند|"
    r"جنود|حفظ|asker|peacekeep|blue|bleu|azul|blau|голуб"), "troops"),
    (re.compile(r"civil|zivil|гражданск|مدني|sivil|expert|special"), "civilian"),
)
_CHINESE_NOUN = re.compile(
    r"(?:余|多)?(?:名|个|位|人|支)?(?P<adjectives>[\u3400-\u9fff]{0,10}?)"
    r"(?P<noun>维和人员|维和部队|维和警察|维和士兵|军事观察员|观察员|士兵|军人|警察|官兵|兵力|军队|部队|民警|教官|"
    r"医护人员|医务人员|医疗人员|医生|军事人员|"
    r"军官|特种兵|工兵|宪兵|教练员|海军陆战队员|伞兵|战士|警员|人员|专家|志愿者|士官|员工)"
)
_CHINESE_KINDS: tuple[tuple[str, HeadcountKind], ...] = (
    ("观察员", "observers"), ("警", "police"), ("医", "medical"), ("兵", "troops"), ("军", "troops"), ("维和",
    "troops"),
        ("部队", "troops"),
    ("战士", "troops"), ("教官", "troops"), ("专家", "civilian"), ("志愿", "people"), ("人员", "people"), ("员工",
    "people"),
        ("士官", "troops"),
)  # fmt: skip
_MAX_GAP = 6


def _noun(found: Scan, figure: Figure, first: int, used: int) -> _Noun | None:
    """Noun of persons that `figure` counts; `first` is where its range begins, tokens up to `used` are taken."""
    if _is_date_like(found, figure) or _is_money(found, figure, first):
        return None
    after = _noun_after(found, figure)
    if after is not None and after.kind != "people":
        return after
    unit = _unit_before(found, first, figure, used)
    if unit is not None:
        if after is not None:
            return _Noun(after.first, after.last, "troops" if after.kind == "people" else after.kind, after.cjk_end)
        return unit
    return after


def _noun_after(found: Scan, figure: Figure) -> _Noun | None:
    position = figure.last + 1
    if found.kind(position) == "h":
        return _chinese_noun(found, position)
    _, reach = qualifiers.qualifier_after(found, figure.last)
    position = reach + 1
    soft = found.word(position) in SOFT_SUFFIXES and found.glued(position)
    if soft:
        return None if found.word(position) not in ("m", "mn") else _scan_noun(found, position + 1)
    if found.word(position) == "-" and found.glued(position):
        return _strong(found, position + 1)
    if found.word(position) in ("strong", "stark"):
        return _Noun(position, position, "unit")
    if found.word(position) in ("de", "d", "of", "من", "des"):
        position += 1
        if found.word(position) in ("'", "its", "the", "his", "their", "ses", "sus", "seus", "los", "les", "أفراد"):
            position += 1
    return _scan_noun(found, position)


def _scan_noun(found: Scan, position: int) -> _Noun | None:
    """Noun within a few words, adjectives between: "Pakistani UN", "nouveaux", "морских"."""
    nouns = _noun_table()
    words: list[str] = []
    start = position
    while position < len(found.tokens) and position - start < _MAX_GAP:
        token = found.tokens[position]
        if token.kind != "w":
            if (token.text in ("-", ".") and found.glued(position) and words) or token.text == '"':
                position += 1
                continue
            return None
        kind = nouns.get(token.text) or _german_kind(token.text)
        if kind is None and token.text.startswith("ال"):
            kind = nouns.get(token.text[2:])
        if kind is not None:
            return _finish(found, start, position, kind, words)
        if token.text in ("and", "et", "und", "y", "e", "и"):
            if not words or not _looks_like_adjective(found, position - 1):
                return None
        elif token.text in _STOPS or currencies.family(token.text) is not None or _is_thing(found, token.text):
            return None
        words.append(token.text)
        position += 1
    return None


def _is_thing(found: Scan, word: str) -> bool:
    # Turkish words begin like too many of the others' things.
    return found.language != "tr" and _THINGS.match(word) is not None


def _finish(found: Scan, start: int, position: int, kind: HeadcountKind, words: list[str]) -> _Noun:
    last = position
    following = found.word(position + 1)
    extra = list(words)
    nouns = _noun_table()
    # "police officers", "military personnel": the last of two nouns in a row; "casques bleus", "personal militar".
    while nouns.get(following) is not None and found.kind(last + 1) == "w" and following not in _STOPS \
            and following not in ("marines",):
        extra.append(found.word(last))
        last += 1
        kind = nouns[following] if nouns[following] != "people" or kind == "people" else kind
        following = found.word(last + 1)
    context = [*extra, found.word(last)]
    if kind in ("people", "troops", "civilian"):
        trailing = [] if found.language in ("en", "de", "ru", "tr") else [following]
        if following in ("de", "من", "des") or (found.language == "ar" and following.startswith("من")):
            trailing = [found.word(last + 2), found.word(last + 3)]
        for pattern, found_kind in _KIND_WORDS:
            if kind == "troops" and found_kind in ("troops", "civilian", "medical"):
                continue
            if kind == "civilian" and found_kind != "police":
                continue
            if any(pattern.match(word.removeprefix("ال")) for word in [*context, *trailing]):
                kind = found_kind
                if trailing and any(pattern.match(word) for word in trailing[:1]) and trailing == [following]:
                    last += 1
                break
    return _Noun(start, last, kind)


def _looks_like_adjective(found: Scan, index: int) -> bool:
    word = found.original(index)
    return word[:1].isupper() or word.endswith(("их", "ых"))


def _strong(found: Scan, position: int) -> _Noun | None:
    """ "-strong", "-man", "-Mann": a unit of so many."""
    word = found.word(position)
    if word in ("strong",) or word in _STRONG:
        kind: HeadcountKind = "unit"
        following = [found.word(index) for index in range(position + 1, position + 5)]
        noun = next((index for index in range(position, position + 5)
                     if found.word(index) in _UNITS or found.word(index) in _noun_table()), None)
        if word != "strong" and noun is None and word in ("member", "person", "people", "man", "men"):
            return None
        if word == "member" and not any(each in _UNITS for each in following):
            return None
        for pattern, found_kind in _KIND_WORDS:
            if any(pattern.match(each) for each in following[:3]):
                kind = found_kind
                break
        return _Noun(position, noun if noun is not None and noun > position else position, kind)
    if _noun_table().get(word) is not None:
        return _Noun(position, position, _noun_table()[word])
    return None


def _unit_before(found: Scan, first: int, figure: Figure, used: int) -> _Noun | None:
    """ "a battalion of 800", "контингент численностью 300": a unit before a number that counts nothing else."""
    following = found.word(figure.last + 1)
    if found.kind(figure.last + 1) == "w" and following not in _STOPS and following not in ("and", "et", "y", "e",
        "und", "и"):
        qualifier, _ = qualifiers.qualifier_after(found, figure.last)
        if qualifier is None and _THINGS.match(following):
            return None
        if qualifier is None and found.language in ("en", "de") and not found.original(figure.last + 1)[:1].islower():
            return None
        if qualifier is None and not following.endswith(("s", "ed")) and found.language not in ("ar", "ru"):
            return None
    position = first - 1
    steps = 0
    has_link = False
    while position > used and steps < 5 and (found.word(position) in _UNIT_LINKS):
        has_link = True
        position -= 1
        steps += 1
    if not has_link or figure.kind == "year" or figure.value < 5:
        return None
    word = found.word(position)
    if word not in _UNITS and not (word[:2] == "ال" and word[2:] in _UNITS) and word[1:] not in _UNITS:
        # "force de maintien de la paix de 500": one adjective between.
        word = found.word(position - 1)
        if word not in _UNITS:
            return None
        position -= 1
    return _Noun(position, position, "unit")


def _chinese_noun(found: Scan, position: int) -> _Noun | None:
    run = found.word(position)
    match = _CHINESE_NOUN.match(run)
    if match is None:
        bare = re.match(r"(?:余|多)?人(?:的|组成)?", run)
        return _Noun(position, position, "people", bare.end()) if bare else None
    if not re.match(r"(?:余|多)?[名个位人支]", run) and match.group("adjectives"):
        return None
    kinds: list[HeadcountKind] = [kind for stem, kind in _CHINESE_KINDS if stem in match.group()]
    return _Noun(position, position, kinds[0] if kinds else "people", match.end())


def _german_kind(word: str) -> HeadcountKind | None:
    match = _GERMAN.search(word)
    if match is None:
        return None
    if "poliz" in word:
        return "police"
    return "observers" if "beobacht" in word else "medical" if "sanit" in word else "troops"


_GERMAN = re.compile(r"(?:soldaten|soldatinnen|polizisten|polizistinnen|polizeibeamten?|blauhelmen?|beobachtern?|"
    r"ausbildern?|fallschirmjagern?|sanitatern?"
                     r"|militarangehorigen?|truppen)$")


def _is_date_like(found: Scan, figure: Figure) -> bool:
    """A year after a preposition ("in 2020 soldiers ...") counts nothing."""
    return figure.kind == "year" and found.word(figure.first - 1) in (
        "in", "since", "en", "depuis", "desde", "em", "im", "jahr", "seit", "в", "с", "عام", "منذ", "سنه", "of", "by",
        ",", "el", "año", "ano"
    )


def _is_money(found: Scan, figure: Figure, first: int) -> bool:
    before = found.kind(first - 1) == "s" or found.kind(figure.first - 1) == "s"
    return before or found.kind(figure.last + 1) == "s" or (
        found.kind(first - 1) == "w" and currencies.iso_code(found.original(first - 1)) is not None
    )


@lru_cache(maxsize=1)
def _noun_table() -> dict[str, HeadcountKind]:
    table: dict[str, HeadcountKind] = {}
    for kind, words in _NOUNS.items():
        for word in words.split():
            table.setdefault(fold_words(word), kind)
    return table


# --- quantities ----------------------------------------------------------------------------------


def _mention(found: Scan, figure: Figure, low: Figure | None, start: int | None,
    noun: _Noun) -> HeadcountMention | None:
    value = _value(figure, None, found)
    if value != value.to_integral() or not 1 <= value < 10**10:
        return None
    if low is not None and start is not None:
        lowest = _value(low, figure)
        if lowest != lowest.to_integral():
            return None
        before, reach = qualifiers.qualifier_before(found, start)
        first = reach if before == "approximately" else start
        qualifier: Qualifier = "between"
        last = figure.last
    else:
        lowest = value
        qualifier, first, last = _qualified(found, figure)
    span_start, span_end = found.span(first, max(last, noun.last))
    if found.kind(first) == "h" and first < figure.first:
        span_start += len(found.word(first)) - qualifiers.cjk_suffix(found.word(first))[1]
    noun_start, noun_end = found.span(noun.first, noun.last)
    if noun.cjk_end:
        noun_end = noun_start + noun.cjk_end
        span_end = noun_end
    quantity = _quantity(found.text[span_start:span_end], qualifier, lowest, value if qualifier == "between" else None)
    return HeadcountMention(span_start, span_end, quantity, found.text[noun_start:noun_end], noun.kind)


def _qualified(found: Scan, figure: Figure) -> tuple[Qualifier, int, int]:
    qualifier, first = qualifiers.qualifier_before(found, figure.first)
    after, last = qualifiers.qualifier_after(found, figure.last)
    if qualifier is None or qualifier == "exact":
        qualifier = after or qualifier
    elif after is not None:
        last = figure.last
    if qualifier is None:
        qualifier = "more_than" if figure.is_more else "approximately" if figure.is_approximate else "exact"
    return qualifier, first, max(last, figure.last)


def _value(figure: Figure, other: Figure | None, found: Scan | None = None) -> Decimal:
    """Value of a figure that counts whole things; as the low end of a range it takes the high end's magnitude."""
    value = figure.value
    if value != value.to_integral() and figure.alternative is not None:
        # Nobody sends a fraction of a soldier: 1.250 is a thousand and more in every language.
        value = figure.alternative
    if found is not None and found.word(figure.last + 1) == "m" and found.glued(figure.last + 1):
        value *= SOFT_SUFFIXES["m"]
    if other is not None and figure.magnitude == 1 and other.magnitude != 1 and value <= other.coefficient:
        value *= other.magnitude
    return value


def _quantity(text: str, qualifier: Qualifier, value: Decimal, high: Decimal | None) -> Quantity:
    minimum, maximum = (value, high) if high is not None else qualifiers.bounds(qualifier, value)
    return Quantity(
        as_written=text, value=int(value), minimum=None if minimum is None else int(minimum),
        maximum=None if maximum is None else int(maximum), qualifier=qualifier,
    )
