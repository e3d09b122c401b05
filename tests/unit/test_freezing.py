"""What a journal and a plan keep of a run's inputs."""

import pytest

from healer.freezing import holds_secret, with_secrets, without_secrets
from healer.model.host import Group, Host, Inventory


def inventory(**variables: object) -> Inventory:
    """Return one host in one group, both with these variables."""
    return Inventory({"a": Host("a", variables, ("web",))}, {"web": Group("web", ("a",), (), variables)})


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        ("ansible_become_password", "x", True),
        ("db_password", "x", True),
        ("API_TOKEN", "x", True),
        ("smtp", {"host": "mail", "password": "x"}, True),
        ("users", [{"name": "a", "secret": "x"}], True),
        ("require_password", True, False),
        ("password_file", "/etc/x", False),
        ("tokenizer", "fast", False),
        ("ports", [80, 443], False),
    ],
)
def test_names_tell_secrets(name: str, value: object, secret: bool) -> None:
    """A variable is taken for a secret when it, or a key inside of it, is called like one; a switch is none."""
    assert secret is holds_secret(name, value)


def test_secrets_are_left_out_of_hosts_and_groups() -> None:
    """Whatever playbooks use a password for, it is not written down with the inventory."""
    frozen = without_secrets(inventory(db_password="s3cret-word", port=80))
    assert ({"port": 80}, {"port": 80}) == (frozen.hosts["a"].variables, frozen.groups["web"].variables)


def test_what_was_left_out_comes_back_from_the_inventory_as_it_is_now() -> None:
    """A frozen host gets its secrets again, and nothing else that changed since."""
    now = inventory(db_password="s3cret-word", port=81)
    assert {"port": 80, "db_password": "s3cret-word"} == with_secrets(without_secrets(inventory(db_password="old", port=80)), now).hosts[
        "a"
    ].variables
