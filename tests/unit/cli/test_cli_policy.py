"""A services policy that makes no sense ends with 65, with the place in the file, before any connection."""

from pathlib import Path

import pytest
from cli_calls import Healer


@pytest.mark.parametrize("command", ["services", "pass"])
@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("services:\n  - unit: nginx\n    probes: [{htp: x}]\n", 3, "services[0].probes[0]: htp is no word here; did you mean http?"),
        ("services:\n  - unit: nginx\n    grace: -5s\n", 3, "services[0].grace: '-5s' is below 0"),
        ("# hot\nservices_starved: -3\n", 2, "services_starved: -3 is no percentage"),
        ("window: Sun 25:00-26:00\n", 1, "variable window: window 'Sun 25:00-26:00': there is no time 25:00"),
        ("services:\n  - unit: a\n    depends_on:\n      - web2/b\n      - wbe2/b\n", 5, "there is no host wbe2 in the inventory"),
        ("services:\n  - unit: a\n    probes:\n      - {tcp: 80, from: db9}\n", 4, "there is no host db9 in the inventory"),
    ],
)
def test_a_bad_policy_is_shown_where_it_stands(
    healer: Healer, inventory: Path, *, command: str, text: str, line: int, message: str
) -> None:
    """File and line are those of the mistake itself; nobody was logged in to."""
    folder = inventory.parent / "group_vars"
    folder.mkdir()
    (folder / "web.yml").write_text(text)
    said = healer(command, "--check", "-i", str(inventory))
    assert 65 == said.code
    assert f"{folder}/web.yml:{line}:" in said.err
    assert message in said.err


def test_a_template_in_a_policy_is_judged_as_what_it_stands_for(healer: Healer, inventory: Path) -> None:
    """The place is then that of the variable with the template."""
    folder = inventory.parent / "group_vars"
    folder.mkdir()
    (folder / "all.yml").write_text('patience: -5s\nservices:\n  - unit: nginx\n    grace: "{{ patience }}"\n')
    said = healer("services", "--check", "-i", str(inventory))
    assert (65, True) == (said.code, f"{folder}/all.yml:4:5: host web1: services[0].grace: '-5s' is below 0" in said.err)
