"""A long list is told in one line."""

import pytest

from healer.model.words import first_few


@pytest.mark.parametrize(
    ("words", "most", "sentences", "expected"),
    [
        ((), 3, False, ""),
        (("a",), 3, False, "a"),
        (("a", "b", "c"), 3, False, "a, b, c"),
        (("a", "b", "c", "d"), 3, False, "a, b, c and 1 more"),
        (("a", "b", "c", "d"), 1, False, "a and 3 more"),
        (("a (ill)", "b (held)"), 3, True, "a (ill); b (held)"),
        (("a (ill)", "b (held)", "c", "d", "e"), 2, True, "a (ill); b (held); and 3 more"),
    ],
)
def test_the_first_few_are_named(words: tuple[str, ...], most: int, sentences: bool, expected: str) -> None:
    """As many as there is room for stand there by name, the rest is counted."""
    assert expected == first_few(words, most, sentences=sentences)
