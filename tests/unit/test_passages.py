"""Passages: slices that leave nothing out, cut where sentences end."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from extract.providers.passages import passages, united

SENTENCES = "".join(
    f"Sentence {number} says what number {number} does.{chr(10) * (number % 7 == 0)} " for number in range(600)
)


def test_a_short_document_is_one_passage_itself() -> None:
    assert passages("Norway gave 5 euros.") == ["Norway gave 5 euros."]


def test_every_sentence_stands_whole_in_a_passage() -> None:
    parts = passages(SENTENCES, 3_000)
    assert len(parts) > 8 and all(len(part) <= 3_500 for part in parts)
    for number in range(600):
        assert any(f"Sentence {number} says what number {number} does." in part for part in parts), number


def test_later_passages_begin_with_the_head() -> None:
    parts = passages(SENTENCES, 3_000)
    assert all(part.startswith("Sentence 0 says what number 0 does.") for part in parts)
    assert "[…]" not in parts[0] and all("\n[…]\n" in part for part in parts[1:])


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="ab .\n؟م", max_size=3_000), st.integers(40, 400))
def test_nothing_is_left_out_and_it_ends(text: str, length: int) -> None:
    parts = passages(text, length)
    body = [parts[0], *(part.partition("\n[…]\n")[2] for part in parts[1:])]
    position = 0
    for part in body:
        found = text.find(part, max(0, position - length))
        assert 0 <= found <= position
        position = max(position, found + len(part))
    assert position == len(text)


def test_equal_drafts_are_one() -> None:
    assert united([{"a": 1}, {"a": 2}, {"a": 1}]) == [{"a": 1}, {"a": 2}]
