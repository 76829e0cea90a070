"""Countries and organisations: found in a text, and resolved from a name as written."""

from __future__ import annotations

import csv

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.config import project_root
from extract.normalise.actors import find_actors, resolve_actor
from extract.normalise.aliases import aliases
from extract.schema import ActorType


def _countries(text: str, language: str | None = None) -> list[tuple[str, str]]:
    """(surface, iso3) of the countries found."""
    return [(one.surface, one.actor.entity_id) for one in find_actors(text, language) if one.actor.type == "country"]


def _codes(text: str, language: str | None = None) -> list[str]:
    return [code for _, code in _countries(text, language)]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "Norway's army and the Dutch navy", [("Norway", "NOR"), ("Dutch", "NLD")]),
        ("en", "the U.S.-led group; US forces.", [("U.S.", "USA"), ("US", "USA")]),
        ("en", "Saudi Arabia, São Tomé and Príncipe", [("Saudi Arabia", "SAU"), ("São Tomé and Príncipe", "STP")]),
        ("en", "South Sudan, not Sudan", [("South Sudan", "SSD"), ("Sudan", "SDN")]),
        ("en", "Papua New Guinea, Equatorial Guinea, Guinea-Bissau, Guinea",
         [("Papua New Guinea", "PNG"), ("Equatorial Guinea", "GNQ"), ("Guinea-Bissau", "GNB"), ("Guinea", "GIN")]),
        ("zh", "馬里、尼日爾與幾內亞比紹", [("馬里", "MLI"), ("尼日爾", "NER"), ("幾內亞比紹", "GNB")]),
        ("en", "Niger and Nigeria", [("Niger", "NER"), ("Nigeria", "NGA")]),
        ("en", "NORTH KOREA and SOUTH KOREA", [("NORTH KOREA", "PRK"), ("SOUTH KOREA", "KOR")]),
        ("en", "Northern Ireland and Ireland", [("Northern Ireland", "GBR"), ("Ireland", "IRL")]),
        ("en", "Congo, DR Congo, the DRC", [("Congo", "COG"), ("DR Congo", "COD"), ("DRC", "COD")]),
        ("en", "the Democratic Republic of Congo", [("Democratic Republic of Congo", "COD")]),
        ("en", "Jordan said Chad would send doctors", [("Jordan", "JOR"), ("Chad", "TCD")]),
        ("en", "the Kremlin and Downing Street", [("Kremlin", "RUS"), ("Downing Street", "GBR")]),
        ("en", "Côte d’Ivoire and Cote d'Ivoire", [("Côte d’Ivoire", "CIV"), ("Cote d'Ivoire", "CIV")]),
        ("en", "the Philippines, Filipinos and Philippine police",
         [("Philippines", "PHL"), ("Filipinos", "PHL"), ("Philippine", "PHL")]),
        ("en", "New\u00a0Zealand and Türkiye", [("New\u00a0Zealand", "NZL"), ("Türkiye", "TUR")]),
        ("fr", "L’Égypte, l'Italie, qu’Israël et le Tchad",
         [("Égypte", "EGY"), ("Italie", "ITA"), ("Israël", "ISR"), ("Tchad", "TCD")]),
        ("fr", "les casques bleus sénégalaises et canadiennes", [("sénégalaises", "SEN"), ("canadiennes", "CAN")]),
        ("fr", "la RDC, la RD Congo et le Congo", [("RDC", "COD"), ("RD Congo", "COD"), ("Congo", "COG")]),
        ("fr", "aux Émirats arabes unis et aux Etats-Unis", [("Émirats arabes unis", "ARE"), ("Etats-Unis", "USA")]),
        ("fr", "un Nigérien et un Nigérian", [("Nigérien", "NER"), ("Nigérian", "NGA")]),
        ("es", "EE. UU., España y la República Democrática del Congo",
         [("EE. UU.", "USA"), ("España", "ESP"), ("República Democrática del Congo", "COD")]),
        ("es", "soldados uruguayos, tropas francesas y una empresa china",
         [("uruguayos", "URY"), ("francesas", "FRA"), ("china", "CHN")]),
        ("pt", "Os EUA, o Irã e tropas alemãs", [("EUA", "USA"), ("Irã", "IRN"), ("alemãs", "DEU")]),
        ("pt", "a Guiné-Bissau e os militares guineenses", [("Guiné-Bissau", "GNB"), ("guineenses", "GNB")]),
        ("de", "Deutschlands Hilfe für Saudi-Arabien", [("Deutschlands", "DEU"), ("Saudi-Arabien", "SAU")]),
        ("de", "mit schwedischen Soldaten und der Schweiz", [("schwedischen", "SWE"), ("Schweiz", "CHE")]),
        ("ru", "с Саудовской Аравией, в Южной Корее, из Египта",
         [("Саудовской Аравией", "SAU"), ("Южной Корее", "KOR"), ("Египта", "EGY")]),
        ("ru", "российские и турецкие военные, граждане Соединённых Штатов",
         [("российские", "RUS"), ("турецкие", "TUR"), ("Соединённых Штатов", "USA")]),
        ("ru", "В Гвинее-Бисау и Коста-Рике", [("Гвинее-Бисау", "GNB"), ("Коста-Рике", "CRI")]),
        ("ar", "قالت السعودية وقطر والأردن", [("السعودية", "SAU"), ("قطر", "QAT"), ("الأردن", "JOR")]),
        ("ar", "دعم لليابان وبالكويت ولمصر", [("ليابان", "JPN"), ("الكويت", "KWT"), ("مصر", "EGY")]),
        ("ar", "القوات الباكستانية والجنود السنغاليين", [("الباكستانية", "PAK"), ("السنغاليين", "SEN")]),
        ("ar", "سلطنة عُمان", [("سلطنة عُمان", "OMN")]),
        ("tr", "Türkiye'nin Japonya’ya, Fransanın ve Rusların", [
            ("Türkiye", "TUR"), ("Japonya", "JPN"), ("Fransanın", "FRA"), ("Rusların", "RUS")]),
        ("tr", "Suudi Arabistan ve Güney Kore", [("Suudi Arabistan", "SAU"), ("Güney Kore", "KOR")]),
        ("zh", "日本和印度尼西亚向刚果（金）提供援助", [("日本", "JPN"), ("印度尼西亚", "IDN"), ("刚果（金）", "COD")]),
        ("zh", "南苏丹、赤道几内亚，中方表示", [("南苏丹", "SSD"), ("赤道几内亚", "GNQ"), ("中方", "CHN")]),
        (None, "Le Japon, Deutschland und Россия", [("Japon", "JPN"), ("Deutschland", "DEU"), ("Россия", "RUS")]),
    ],
)  # fmt: skip
def test_countries_are_found(language: str | None, text: str, expected: list[tuple[str, str]]) -> None:
    assert _countries(text, language) == expected


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "turkey, china plates and an american dream; chad and jordan"),
        ("en", "Michael Jordan met Denzel Washington in New Mexico"),
        ("en", "a goal by Harry Jordan"),
        ("en", "the Washington Post, China Daily and the Bank of England"),
        ("en", "Turkish Airlines, Qatar Charity and Paris Saint-Germain"),
        ("en", "pro-Russian and anti-American crowds, French-speaking"),
        ("en", "Korea"),
        ("en", "Latin America and the Gulf of Mexico"),
        ("en", "10 million Canadian dollars, US$ 5 million, 3 million US dollars"),
        ("en", "the Paris Agreement and the Oslo Accords"),
        ("en", "Let us polish it; who is it?"),
        ("en", "Georgia senator; Atlanta, Georgia"),
        ("fr", "Jordan Bardella et François Hollande"),
        ("fr", "dix millions de dollars canadiens et de couronnes norvégiennes"),
        ("es", "Nuevo México, el Real Madrid y el Golfo de México"),
        ("de", "zwei Millionen US-Dollar und kanadische Dollar"),
        ("ru", "Того же мнения держится он. Кроме того, Латинская Америка"),
        ("ru", "пророссийский; про-российский"),
        ("ar", "دعم مالي كبير، والوضع المالي"),
        ("ar", "مليون دولار كندي"),
        ("ar", "الجانب الأيمن ومجرى النهر ويده اليمنى"),
        ("tr", "mali yardım ve Mali destek, Maliye"),
        ("zh", "同意方案，司法方面，马里乌波尔，在这里加入，上海地区，内蒙古"),
        ("zh", "一千万日元和瑞士法郎"),
    ],
)  # fmt: skip
def test_other_things_are_not_countries(language: str, text: str) -> None:
    assert _countries(text, language) == []


def test_arabic_mali_needs_a_name_around_it() -> None:
    assert _codes("في مالي", "ar") == ["MLI"]
    assert _codes("النيجر ومالي وتشاد", "ar") == ["NER", "MLI", "TCD"]


def test_arabic_amman_is_a_capital_when_the_text_says_so() -> None:
    assert _codes("في العاصمة عمان", "ar") == ["JOR"]
    assert _codes("سلطان عمان", "ar") == ["OMN"]


def test_a_capital_is_marked_as_one() -> None:
    (mention,) = find_actors("Talks in Brussels", "en")
    assert (mention.form, mention.actor.entity_id, mention.actor.code) == ("capital", "BEL", "BEL")


def test_forms_of_a_language_stay_in_it() -> None:
    assert _codes("Este acuerdo", "es") == []
    assert _codes("Der Este sprach", "de") == ["EST"]
    assert _codes("empresa china", "en") == []


@pytest.mark.parametrize(
    ("language", "name", "iso3"),
    [
        ("en", "the Dutch government", "NLD"),
        ("en", "Norway's foreign ministry", "NOR"),
        ("en", "Ministry of Defence of the Republic of Korea", "KOR"),
        ("en", "Embassy of Japan in Kenya", "JPN"),
        ("en", "the Lebanese army", "LBN"),
        ("en", "U.S.", "USA"),
        ("en", "“the United States”", "USA"),
        ("en", "the State of Qatar", "QAT"),
        ("en", "United Arab Emirates (UAE)", "ARE"),
        ("en", "Afghanistn", "AFG"),
        ("en", "Canada’s", "CAN"),
        ("en", "Islamic Republic of Mauritania", "MRT"),
        ("en", "Czechia", "CZE"),
        ("fr", "le gouvernement allemand", "DEU"),
        ("fr", "ministère des affaires étrangères du Japon", "JPN"),
        ("fr", "l’Égypte", "EGY"),
        ("fr", "contingent rwandais", "RWA"),
        ("fr", "Le Sénat belge", "BEL"),
        ("es", "el Gobierno de España", "ESP"),
        ("es", "la embajada de México", "MEX"),
        ("pt", "o governo brasileiro", "BRA"),
        ("pt", "A Alemanha", "DEU"),
        ("de", "Bundesregierung", "DEU"),
        ("de", "die japanische Regierung", "JPN"),
        ("de", "das norwegische Außenministerium", "NOR"),
        ("ar", "الحكومة الأردنية", "JOR"),
        ("ar", "وزارة الخارجية القطرية", "QAT"),
        ("ar", "المملكة العربية السعودية", "SAU"),
        ("ar", "للأردن", "JOR"),
        ("ru", "правительство Японии", "JPN"),
        ("ru", "МИД Турции", "TUR"),
        ("ru", "российское Минобороны", "RUS"),
        ("tr", "Hollanda hükümeti", "NLD"),
        ("tr", "Nijer'deki", "NER"),
        ("tr", "Katar Dışişleri Bakanlığı", "QAT"),
        ("zh", "日本政府", "JPN"),
        ("zh", "德国联邦政府", "DEU"),
        ("zh", "中国外交部", "CHN"),
    ],
)
def test_names_of_a_state_are_the_country(language: str, name: str, iso3: str) -> None:
    actor = resolve_actor(name, "unknown", language)
    assert (actor.entity_id, actor.code, actor.type, actor.is_resolved) == (iso3, iso3, "country", True)
    assert actor.name == name


@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("en", "the president of France"),
        ("en", "France's president"),
        ("en", "Japanese Foreign Minister Ito"),
        ("fr", "le ministre français des armées"),
        ("de", "die deutsche Außenministerin"),
        ("es", "el presidente de Chile"),
        ("ru", "президент России"),
        ("ar", "وزير الخارجية المصري"),
        ("tr", "Japonya Başbakanı"),
        ("zh", "法国总统"),
    ],
)
def test_persons_stay_persons_unless_taken_for_the_state(language: str, name: str) -> None:
    person = resolve_actor(name, "unknown", language)
    assert (person.type, person.is_resolved) == ("person", False)
    assert resolve_actor(name, "country", language).is_resolved


@pytest.mark.parametrize(
    ("name", "hint", "slug"),
    [
        ("Oman Charity", "ngo", "oman-charity"),
        ("Bank of Japan", "unknown", "bank-of-japan"),
        ("Turkish Airlines", "company", "turkish-airlines"),
        ("the Free Syrian Army", "armed_group", "free-syrian-army"),
        ("Islamic State in Iraq", "armed_group", "islamic-state-in-iraq"),
        ("La banque américaine d'import-export", "unknown", "banque-americaine-d-import-export"),
        ("قوة الأمم المتحدة", "unknown", "قوة-الأمم-المتحدة"),
        ("联合国国际法委员会", "unknown", "联合国国际法委员会"),
        ("Bataillon in Lettland", "unknown", "bataillon-in-lettland"),
        ("Palestinian refugees", "unknown", "palestinian-refugees"),
        ("Emmanuel Macron", "person", "emmanuel-macron"),
        ("Élan d’été", "ngo", "elan-d-ete"),
        ("Фонд «Надежда»", "ngo", "фонд-надежда"),
        ("جمعية الأمل", "ngo", "جمعية-الأمل"),
        ("Korea", "unknown", "korea"),
        ("us", "unknown", "us"),
        ("Austrlia", "unknown", "austrlia"),
        ("Jordan", "person", "jordan"),
        ("—", "unknown", "unnamed"),
    ],
)
def test_anything_else_stays_itself(name: str, hint: ActorType, slug: str) -> None:
    actor = resolve_actor(name, hint, None)
    assert (actor.entity_id, actor.type, actor.code, actor.is_resolved) == (slug, hint, name, False)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Austria", "Australia"), ("Niger", "Nigeria"), ("Slovakia", "Slovenia"), ("Iran", "Iraq"), ("Mali", "Malawi"),
        ("Guinea", "Guyana"), ("Zambia", "Gambia"), ("Sweden", "Switzerland"), ("Mauritania", "Mauritius"),
    ],
)  # fmt: skip
def test_names_that_look_alike_are_told_apart(one: str, other: str) -> None:
    first, second = resolve_actor(one, "unknown", "en"), resolve_actor(other, "unknown", "en")
    assert first.is_resolved and second.is_resolved and first.entity_id != second.entity_id


needs_organisations = pytest.mark.skipif(
    not (project_root() / "seeds" / "organisation_aliases.csv").exists(), reason="organisations are not listed yet"
)


@needs_organisations
@pytest.mark.parametrize(
    ("language", "name", "entity_id"),
    [
        ("en", "the UN", "united-nations"),
        ("fr", "l’ONU", "united-nations"),
        ("ru", "ООН", "united-nations"),
        ("ar", "الأمم المتحدة", "united-nations"),
        ("zh", "联合国", "united-nations"),
        ("zh", "聯合國", "united-nations"),
        ("en", "the UN's World Food Programme", "world-food-programme"),
        ("en", "World Food Programe", "world-food-programme"),
        ("en", "World Health Organization (WHO)", "world-health-organization"),
        ("es", "OTAN", "nato"),
        ("en", "Nato", "nato"),
        ("en", "the refugee agency UNHCR", "unhcr"),
        ("tr", "Dünya Sağlık Örgütü'ne", "world-health-organization"),
    ],
)
def test_organisations_resolve(language: str, name: str, entity_id: str) -> None:
    actor = resolve_actor(name, "unknown", language)
    assert (actor.entity_id, actor.is_resolved) == (entity_id, True)
    assert actor.code == aliases().organisations[entity_id].name_en


@needs_organisations
def test_organisations_are_found_whole() -> None:
    mentions = find_actors("The World Food Programme and the World Bank work in Sudan; who knows.", "en")
    assert [(one.surface, one.actor.entity_id) for one in mentions] == [
        ("World Food Programme", "world-food-programme"), ("World Bank", "world-bank"), ("Sudan", "SDN"),
    ]  # fmt: skip


def test_every_alias_names_a_country_of_the_list() -> None:
    seeds = project_root() / "seeds"
    with (seeds / "countries.csv").open(encoding="utf-8", newline="") as file:
        countries = {row["iso3"] for row in csv.DictReader(file)}
    with (seeds / "country_aliases.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["iso3"] for row in rows} <= countries
    assert {row["form"] for row in rows} == {"name", "adjective", "capital", "government", "abbreviation"}


_WORDS = (
    "Norway the Dutch U.S. US l’Égypte Côte d’Ivoire Guinea-Bissau ООН России 'nin السعودية لل مالي 日本 刚果（金） "
    "中方 \u0301 \u0640 \u200f Saudi Arabia New Mexico . ' ’ - – ( İran'ın und \n\n 5 $ ß İ"
)
_PIECES = st.sampled_from(_WORDS.split(" "))
_TEXTS = st.one_of(
    st.text(max_size=60), st.lists(_PIECES, max_size=12).map(" ".join), st.lists(_PIECES, max_size=12).map("".join)
)
_LANGUAGES = st.sampled_from([None, "en", "fr", "es", "pt", "de", "ru", "ar", "tr", "zh", "pt-BR", "it", ""])


@settings(max_examples=150, deadline=None)
@given(_TEXTS, _LANGUAGES)
def test_spans_reproduce_their_surface_and_never_overlap(text: str, language: str | None) -> None:
    end = 0
    for mention in find_actors(text, language):
        assert mention.surface == text[mention.start : mention.end] != ""
        assert mention.start >= end
        end = mention.end


@settings(max_examples=150, deadline=None)
@given(_TEXTS, _LANGUAGES)
def test_resolving_never_fails_and_always_gives_an_id(text: str, language: str | None) -> None:
    actor = resolve_actor(text, "unknown", language)
    assert actor.entity_id and actor.name == text.strip()
