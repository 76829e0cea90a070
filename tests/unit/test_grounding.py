"""Quotes are found where the text says them, and nowhere else."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.grounding import Grounder, digit_groups, says
from extract.normalise.folding import fold, fold_text

TEXT = (
    "Le 3 mars, «\u00a0l’Albanie et le Kosovo ont promis 1\u202f300 soldats\u00a0», selon l’agence. "
    "The minister said “we will give $2.5 million”… and left. "
    "وقّعت قـطر اتفاقًا بقيمة ٣٫٥ مليون دولار. "
    "Россия направит 12 300 военных. In total 300 troops came."
)


@pytest.mark.parametrize(
    "quote",
    [
        "« l'Albanie et le Kosovo ont promis 1 300 soldats »",
        "l'Albanie  et le Kosovo",
        unicodedata.normalize("NFD", "l’Albanie et le Kosovo ont promis"),
        '"we will give $2.5 million"... and left',
        "وقعت قطر اتفاقا بقيمة ٣٫٥ مليون دولار",
        "\u200fوقعت قطر",
        "Россия направит 12\u00a0300 военных",
        "the minister said",
        "Россия направит 12 300 военных.”",
    ],
)
def test_a_quote_as_models_write_it_is_found(quote):
    span = Grounder(TEXT).align(quote)
    assert span.alignment != "none"
    found = TEXT[span.start : span.end]
    assert digit_groups(found) == digit_groups(quote)
    assert fold_text(found).strip(" .\"") == fold_text(quote).strip(" .\"")


@pytest.mark.parametrize(
    "quote",
    [
        "ont promis 1 400 soldats",
        "we will give $3.5 million",
        "we will give €2.5 million",
        "300 soldats",  # the text has 1 300
        "300 военных",  # the text has 12 300
        "we will give $2",  # the text has 2.5
        "l’Albanie n’a rien promis",
        "",
        "   ",
    ],
)
def test_a_quote_that_the_text_does_not_say_is_not_found(quote):
    assert Grounder(TEXT).align(quote).alignment == "none"


def test_a_number_is_found_where_it_stands_alone():
    span = Grounder(TEXT).align("300 troops")
    assert TEXT[span.start - 9 : span.end] == "In total 300 troops"


def test_an_elided_quote_is_one_region_from_its_first_part_to_its_last():
    span = Grounder(TEXT).align("The minister said … $2.5 million")
    assert TEXT[span.start : span.end] == "The minister said “we will give $2.5 million"
    assert Grounder(TEXT).align("$2.5 million ... The minister said").alignment == "none"


def test_the_occurrence_nearest_to_the_hint_is_taken():
    text = "Spain gave. Spain gave. Spain gave."
    assert Grounder(text).align("Spain gave", near=13).start == 12


def test_says_does_not_cut_numbers():
    assert says("gave 2 300 soldiers", "2 300 soldiers")
    assert not says("gave 12 300 soldiers", "300 soldiers")


@given(st.text(max_size=80))
def test_folding_keeps_the_way_back(text):
    folded = fold(text)
    assert len(folded.text) == len(folded.starts) == len(folded.ends)
    assert all(0 <= start < end <= len(text) for start, end in zip(folded.starts, folded.ends, strict=True))
    assert folded.starts == sorted(folded.starts)


_LETTERS = st.characters(min_codepoint=0x20, max_codepoint=0x24F) | st.characters(
    min_codepoint=0x400, max_codepoint=0x64A
)


@given(st.text(alphabet=_LETTERS, max_size=60))
def test_composition_does_not_change_the_folded_view(text):
    composed = unicodedata.normalize("NFC", text)
    assert fold_text(unicodedata.normalize("NFD", composed)) == fold_text(composed)


@settings(max_examples=200)
@given(st.text(alphabet="abc 1234,.é’«»\u00a0مليون", min_size=4, max_size=60), st.data())
def test_a_slice_at_word_boundaries_is_found_and_says_itself(text, data):
    words = text.split()
    if not words:
        return
    first = data.draw(st.integers(0, len(words) - 1))
    last = data.draw(st.integers(first, len(words) - 1))
    start = sum(len(word) for word in words[:first]) + first
    quote = " ".join(words)[start : start + len(" ".join(words[first : last + 1]))]
    span = Grounder(" ".join(words)).align(quote)
    if span.alignment != "none":
        assert fold_text(" ".join(words)[span.start : span.end]).strip(" \"'.,") == fold_text(quote).strip(" \"'.,")


@settings(max_examples=300)
@given(st.integers(1, 99_999_999), st.integers(1, 99_999_999), st.sampled_from(["{}", "{:,}", "$ {}", "{} €"]))
def test_a_changed_number_is_never_accepted(true, false, shape):
    if true == false:
        return
    text = f"On Monday Norway pledged {shape.format(true)} to the fund, officials said."
    assert Grounder(text).align(f"Norway pledged {shape.format(true)} to the fund").alignment == "exact"
    assert Grounder(text).align(f"Norway pledged {shape.format(false)} to the fund").alignment == "none"
    assert Grounder(text).align(shape.format(false)).alignment == "none"


@given(st.text(alphabet="aé\u0301 \t\n\u00a0\u2009«»\"“”'`’-–\u0640\u200fم\u064eÄßİ½٣1,.", max_size=60))
def test_the_folded_text_alone_is_that_of_the_view(text: str) -> None:
    assert fold_text(text) == fold(text).text
