"""What a sum without a giver is, by the words beside it."""

import pytest

from extract.providers.embedded.roles import role_from_words


@pytest.mark.parametrize(
    ("text", "sum_", "role"),
    [
        ("The agency appealed for $90 million before the rains.", "$90 million", "target"),
        ("Donors in Bergen raised 300 million euros for the fund.", "300 million euros", "total_raised"),
        ("L'objectif, 40 millions d'euros, reste lointain.", "40 millions d'euros", "target"),
        ("Hacen falta 12 millones de dólares para las escuelas.", "12 millones de dólares", "need"),
        ("Para a reconstrução são necessários 7 milhões de euros.", "7 milhões de euros", "need"),
        ("Die Mission kostet 85 Millionen Dollar im Jahr.", "85 Millionen Dollar", "cost"),
        ("Бюджет миссии составляет 60 млн долларов.", "60 млн долларов", "budget"),
        ("Kampanyada 5 milyon avro toplandı.", "5 milyon avro", "total_raised"),
        ("وتحتاج الوكالة إلى 70 مليون دولار هذا العام.", "70 مليون دولار", "need"),
        ("该机构呼吁筹集3000万美元。", "3000万美元", "target"),
        ("A member must pay at least $2 million to keep its seat.", "$2 million", "threshold"),
    ],
)
def test_the_nearest_word_says_what_a_sum_is(text, sum_, role):
    start = text.index(sum_)
    assert role_from_words(text, start, start + len(sum_), (0, len(text))) == role


def test_no_word_no_role():
    text = "They spoke of 4 million euros over lunch."
    assert role_from_words(text, 14, 29, (0, len(text))) is None


def test_a_word_of_another_sentence_says_nothing():
    text = "The goal was far. They counted 4 million euros."
    start = text.index("4 million")
    assert role_from_words(text, start, start + 15, (18, len(text))) is None
