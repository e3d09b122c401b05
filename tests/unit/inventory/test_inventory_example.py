"""The example that people copy is a working inventory."""

from pathlib import Path

from healer.inventory.login import LoginDefaults, login_of
from healer.inventory.patterns import select
from healer.inventory.resolve import load_inventory

EXAMPLE = Path(__file__).parents[3] / "inventory.example.ini"


def test_every_host_of_the_example_has_a_login() -> None:
    """All variables in the example are ones that healer understands."""
    inventory = load_inventory([str(EXAMPLE)])
    logins = {name: login_of(host, LoginDefaults()) for name, host in inventory.hosts.items()}
    assert (logins["web05.example.org"].address, logins["web05.example.org"].port) == ("192.0.2.15", 2222)
    assert (logins["localhost"].connection, logins["localhost"].become) == ("local", True)
    assert logins["db-c.example.org"].proxy_jump == "bastion.example.org"


def test_the_example_shows_canaries_windows_and_budgets() -> None:
    """What is healer's own stands in the example with a value of the right type."""
    inventory = load_inventory([str(EXAMPLE)])
    variables = {name: dict(host.variables) for name, host in inventory.hosts.items()}
    assert [name for name, own in variables.items() if own.get("canary") == "true"] == ["web01.example.org"]
    assert variables["web03.example.org"]["window"] == "Sun 02:00-05:00 Europe/Berlin"
    assert {"web", "db"} == {own["budget_group"] for name, own in variables.items() if name in select("prod", inventory)}
