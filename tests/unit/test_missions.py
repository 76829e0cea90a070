"""Missions that are described instead of named: who has one where, in several languages."""

import pytest

from extract.normalise.actors import find_actors, resolve_actor
from extract.normalise.missions import described_missions


@pytest.mark.parametrize(
    ("text", "language", "words", "force"),
    [
        ("The UN mission in South Sudan has a new head.", "en", "UN mission in South Sudan", "unmiss"),
        ("Deux casques bleus de l'ONU au Liban sont rentrés.", "fr", "casques bleus de l'ONU au Liban", "unifil"),
        ("La fuerza de la OTAN en Kosovo cambió de mando.", "es", "fuerza de la OTAN en Kosovo", "kfor"),
        ("Миротворческие силы ООН на Кипре остаются.", "ru", "силы ООН на Кипре", "unficyp"),
        ("بعثة الأمم المتحدة في الصحراء الغربية", "ar", "بعثة الأمم المتحدة في الصحراء الغربية", "minurso"),
        ("Kıbrıs'taki BM gücünün bütçesi", "tr", "Kıbrıs'taki BM gücünün", "unficyp"),
        ("联合国驻黎巴嫩维和部队", "zh", "联合国驻黎巴嫩维和部队", "unifil"),
    ],
)
def test_a_mission_is_told_by_who_has_it_and_where(text, language, words, force):
    [found] = described_missions(text, find_actors(text, language))
    assert (text[found.start : found.end], found.entity_id) == (words, force)
    assert resolve_actor(words, "unknown", language).entity_id == force


@pytest.mark.parametrize(
    "text",
    [
        "The UN said Lebanon would get a mission.",  # a verb between the two
        "The EU mission in Mali ends.",  # there were several
        "The UN helps Lebanon.",  # no word for a mission
        "The UN. Lebanon's forces.",  # two sentences
        "The UN mission in Norway",  # there is none
    ],
)
def test_what_describes_no_single_mission_describes_none(text):
    assert described_missions(text, find_actors(text, "en")) == []
