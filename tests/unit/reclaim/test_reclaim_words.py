"""Words for sizes, ages and openers."""

import pytest
from reclaim_cases import opener

from healer.reclaim.words import age_words, size_words, who


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_960, "1.0 MB"),
        (1_900_000_000, "1.9 GB"),
        (10**18, "1000.0 PB"),
    ],
)
def test_a_size_is_told_in_powers_of_a_thousand(number: int, words: str) -> None:
    """One decimal, and never four digits before it while there is a larger unit."""
    assert words == size_words(number)


@pytest.mark.parametrize(("seconds", "words"), [(-5, "1 min"), (3000, "50 min"), (72_000, "20 h"), (259_200, "3 days")])
def test_an_age_is_told_in_its_own_unit(seconds: float, words: str) -> None:
    """Minutes, hours, days, rounded down, and never nothing."""
    assert words == age_words(seconds)


def test_each_opener_is_named_once() -> None:
    """A process with two descriptors is one, and many are counted."""
    many = [opener(), opener(fd=4), *(opener(pid=pid, unit="") for pid in (8, 9, 10))]
    assert "app (pid 7, app.service), app (pid 8), app (pid 9) and 1 more" == who(many)
