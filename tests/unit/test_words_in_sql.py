"""The closed classes of words by which the warehouse follows a sum that changes, in the project's languages."""

from pathlib import Path

import duckdb
import jinja2
import pytest

MACROS = Path(__file__).parents[2] / "dbt_project" / "macros" / "claims.sql"


def says(macro, quote):
    words = jinja2.Environment().from_string(MACROS.read_text(encoding="utf-8")).module
    return duckdb.execute(f"select {getattr(words, macro)('quote')} from (select ? as quote)", [quote]).fetchone()[0]


@pytest.mark.parametrize(
    "quote",
    [
        "Gavi has cut its target to $8.5 billion.",
        "The pledge was reduced from 9 to 8 million euros.",
        "La France a ramené sa promesse à 8 millions d'euros.",
        "El fondo rebajó su meta a 8.500 millones de dólares.",
        "O Brasil reduziu a sua contribuição para 8 milhões.",
        "Berlin hat die Zusage auf 8 Millionen Euro gekürzt.",
        "Норвегия сократила взнос до 8 миллионов крон.",
        "خفضت النرويج تعهدها إلى 8 ملايين دولار",
        "Norveç katkısını 8 milyona indirdi.",
        "挪威将捐款下调至800万美元。",
    ],
)
def test_a_lower_figure_in_place_of_a_higher_one(quote):
    assert says("is_cut", quote) and not says("is_raise", quote)


@pytest.mark.parametrize(
    "quote",
    [
        "Italy lends 95 million euros instead of the 80 million named in summer.",
        "The sum is 1.6 billion roubles, and not 2 billion.",
        "Rom leiht nun 95 Millionen Euro statt der im Sommer genannten 80 Millionen.",
        "la Russie a versé 1,6 milliard de roubles, et non 2 milliards",
        "La suma es de 95 millones en lugar de los 80 anunciados.",
        "São 95 milhões em vez dos 80 anunciados.",
        "Рим даст 95 миллионов вместо 80.",
        "ستقدم روما 95 مليونا بدلا من 80 مليونا",
        "意大利提供9500万欧元，而非8000万欧元。",
    ],
)
def test_a_figure_in_place_of_another(quote):
    assert says("is_replaced", quote)


@pytest.mark.parametrize(
    "quote",
    [
        "Norway pledged 8 million euros to Chad, not to Mali.",
        "Spain gave 8 million euros and Portugal 5 million.",
        "Au lieu de parler, la France a donné.",
        "Deutschland zahlt 8 Millionen Euro, nicht aber Frankreich.",
        "The fund helps to cut emissions in 12 countries.",
        "Норвегия даст 8 миллионов крон до конца года.",
    ],
)
def test_other_words_change_no_sum(quote):
    assert not says("is_replaced", quote) and not says("is_cut", quote)


@pytest.mark.parametrize(
    "quote",
    [
        "Austria, Czechia and two more countries pledged 90 million euros.",
        "Fiji and another Melanesian neighbour have 300 soldiers there.",
        "Fidji et un autre voisin mélanésien ont 300 hommes sur place.",
        "Kenia y otro país enviarán 300 agentes.",
        "A Áustria e mais dois países prometeram 90 milhões.",
        "Österreich und ein weiterer Nachbar geben 90 Millionen.",
        "Австрия, Чехия и ещё две страны пообещали 90 млн евро.",
        "النمسا ودولة مجاورة أخرى تقدمان 90 مليون يورو",
        "Avusturya ve iki ülke daha 90 milyon avro verecek.",
        "奥地利和另外两国承诺提供9000万欧元。",
    ],
)
def test_unnamed_others_beside_the_giver(quote):
    assert says("has_partners", quote)


@pytest.mark.parametrize(
    "quote",
    [
        "Spain gave 20 million euros more for Chad.",
        "Es sind noch einmal 20 Millionen Euro.",
        "La France ajoute une rallonge de 20 millions.",
        "España dará 20 millones más.",
        "Portugal dará mais 20 milhões.",
        "Париж выделит 20 млн евро сверх прежних.",
        "تقدم إسبانيا 20 مليون دولار أخرى",
        "İspanya 20 milyon avro daha verecek.",
        "阿联酋又向乍得提供1.5亿美元。",
    ],
)
def test_a_sum_on_top_of_another(quote):
    assert says("is_top_up", quote)


@pytest.mark.parametrize(
    "quote",
    [
        "L'Arabie saoudite a promis une nouvelle aide budgétaire de 500 millions.",
        "Norway will again give 20 million.",
        "Noruega volverá a aportar 20 millones.",
        "A Noruega renova o apoio com 20 milhões.",
        "Norwegen gewährt ein zweites Darlehen über 20 Millionen.",
        "Luxemburg gibt sieben Millionen Euro, wie im vergangenen Jahr.",
        "Норвегия снова выделит 20 миллионов.",
        "أعلنت السعودية منحة جديدة قدرها 20 مليون دولار",
        "Norveç bir kez daha 20 milyon verecek.",
        "挪威再次提供2000万美元。",
    ],
)
def test_a_gift_that_is_a_new_one(quote):
    assert says("is_new_gift", quote) and not says("is_recalled", quote)


@pytest.mark.parametrize(
    "quote",
    [
        "Norway has not paid the 20 million that it promised last year.",
        "Oslo avait promis 20 millions.",
        "los 20 millones prometidos hace un año",
        "os 20 milhões que tinha anunciado",
        "die vor einem Jahr zugesagten 20 Millionen",
        "обещанные год назад 20 миллионов",
        "التي كانت قد وعدت بها العام الماضي وقيمتها 20 مليونا",
        "Norveç'in geçen yıl söz verdiği 20 milyon",
        "挪威去年承诺的2000万美元",
    ],
)
def test_a_promise_that_is_recalled(quote):
    assert says("is_recalled", quote) and not says("is_new_gift", quote)


@pytest.mark.parametrize(
    "quote",
    [
        "Norway pledged more than 20 million euros for the new hospital.",
        "New Zealand pledged aid of 20 million to Moldova and another 10 to Georgia.",
        "La Norvège a promis plus de 20 millions pour le nouveau port.",
        "Noruega ha prometido 20 millones para la nueva carretera.",
        "Norwegen hat mehr als 20 Millionen für den Wiederaufbau zugesagt.",
        "Норвегия пообещала 20 миллионов на восстановление.",
        "تعهدت النرويج بتقديم 20 مليون دولار للمستشفى الجديد",
        "Norveç yeni hastane için 20 milyondan fazla verecek.",
        "挪威承诺提供2000万美元用于新医院。",
    ],
)
def test_a_promise_and_nothing_else(quote):
    assert not any(says(macro, quote) for macro in ("has_partners", "is_new_gift", "is_recalled"))


@pytest.mark.parametrize(
    ("quote", "year"),
    [
        ("the 2026 response plan needs 20 million", 2026),
        ("20 million for fiscal year 2026", 2026),
        ("7 millions au titre de 2025", 2025),
        ("destinés à l'exercice 2027", 2027),
        ("el plan de 2026 pide 20 millones", 2026),
        ("para o ano de 2026", 2026),
        ("für das Jahr 2026", 2026),
        ("im laufenden Jahr", 2026),
        ("на будущий год", 2027),
        ("لموازنة عام ٢٠٢٧", 2027),
        ("2026 için 20 milyon", 2026),
        ("2026财年", 2026),
        ("20 million by the end of 2027", None),
        ("signed in March 2025", None),
    ],
)
def test_the_year_that_a_sum_is_for(quote, year):
    words = jinja2.Environment().from_string(MACROS.read_text(encoding="utf-8")).module
    said = words.year_of_gift("quote", "date '2026-03-05'")
    assert duckdb.execute(f"select {said} from (select ? as quote)", [quote]).fetchone()[0] == year


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("amount", "abc", "amount is a number, as 25000000, not abc"),
        ("amount_min", "25 million", "amount_min is a number, as 25000000, not 25 million"),
        ("headcount", "many", "headcount is a whole number, not many"),
        ("event_date", "20.01.2026", "event_date is a day, as 2027-01-20, not 20.01.2026"),
        ("currency", "euro", "currency is a code of three letters, as EUR, not euro"),
        ("stage", "payed", "there is no stage payed"),
        ("is_umbrella", "yes", "is_umbrella is true or false"),
        ("amount", "25000000.5", None),
        ("headcount", "300", None),
        ("announcement_date", "2026-01-20", None),
        ("currency", "EUR", None),
        ("stage", "pledged", None),
        ("contributors", "NOR|SWE", None),
    ],
)
def test_what_a_correction_cannot_say(field, value, problem):
    words = jinja2.Environment().from_string(MACROS.read_text(encoding="utf-8")).module
    said = f"select {words.value_problem()} from (select ? as field, ? as value)"
    sql = f"with stages as (select 'pledged' as stage) {said}"
    assert duckdb.execute(sql, [field, value]).fetchone()[0] == problem
