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
