"""No secret gets past the redactor, in whatever form a tool has put it."""

import base64
import json
import shlex
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healer.model.errors import UsageError
from healer.model.redact import MASK, Redactor
from healer.model.secret import Secret

PASSWORDS = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF, exclude_categories=["Cs", "Cc"]), min_size=10, max_size=30)


@given(PASSWORDS, st.text(max_size=20), st.text(max_size=20))
def test_a_secret_is_found_in_every_form(password: str, before: str, after: str) -> None:
    """Plain, URL, JSON, shell and hexadecimal forms all become the mask."""
    clean = Redactor([Secret(password)]).clean
    forms = (
        password,
        quote(password),
        quote_plus(password),
        json.dumps(password)[1:-1],
        shlex.quote(password),
        password.encode().hex(),
    )

    for form in forms:
        assert form not in clean(before + form + after) or form in before + after


@given(PASSWORDS, st.integers(min_value=0, max_value=5), st.binary(max_size=6))
def test_a_secret_inside_base64_is_found_wherever_it_begins(password: str, offset: int, after: bytes) -> None:
    """Base64 of a text that holds the secret at any offset no longer decodes to it."""
    encoded = base64.b64encode(b"x" * offset + password.encode() + after).decode()

    assert MASK in Redactor([Secret(password)]).clean(encoded)


def test_other_text_stays_as_it_is() -> None:
    """Text without a secret is not touched."""
    assert "nothing to hide here" == Redactor([Secret("correct horse")]).clean("nothing to hide here")


def test_without_secrets_nothing_is_replaced() -> None:
    """A redactor that knows no secret returns its text."""
    assert "anything" == Redactor([]).clean("anything")


def test_the_longer_secret_wins() -> None:
    """A secret that begins with another one is hidden whole."""
    assert f"<{MASK}>" == Redactor([Secret("secret"), Secret("secret-and-more")]).clean("<secret-and-more>")


def test_a_short_secret_is_refused() -> None:
    """A value of fewer than six characters would be found in ordinary words."""
    with pytest.raises(UsageError, match="fewer than 6"):
        Redactor([Secret("12345")])


def test_a_writer_of_chunks_learns_how_much_to_keep_back() -> None:
    """The overlap is at least as long as the secret without its last character."""
    assert Redactor([Secret("correct horse")]).overlap >= len("correct horse") - 1
