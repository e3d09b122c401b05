"""From a mistake in an argument back to the variable that holds it: through templates, as far as the variable's own parts."""

import pytest

from healer.rollout.origins import Path, origin

PLAY = {
    "policy": {"over": "{{ logs_over | default('85%') }}", "paths": "{{ logs_paths | default(['/var/log']) }}", "horizon": "24h"},
    "services_policy": {"services": "{{ services | default([]) }}"},
    "round": "{{ round }}",
}
OWN = {
    "logs_over": 120,
    "logs_paths": ["/a", "b"],
    "services": [{"unit": "a", "probes": "{{ common }}"}],
    "common": [{"htp": 1}],
    "policy": "never seen: the play's own stands above it",
    "low": 1,
    "high": "{{ low }}",
}


@pytest.mark.parametrize(
    ("arguments", "path", "expected"),
    [
        ({"policy": "{{ policy }}"}, ("policy", "over"), ("logs_over",)),
        ({"policy": "{{ policy }}"}, ("policy", "paths", 1), ("logs_paths", 1)),
        ({"policy": "{{ policy }}"}, ("policy", "horizon"), None),
        ({"policy": "{{ policy }}"}, ("policy",), ("logs_over",)),
        ({"policy": "{{ services_policy }}"}, ("policy", "services", 0, "unit"), ("services", 0, "unit")),
        ({"policy": "{{ services_policy }}"}, ("policy", "services", 0, "probes", 0, "htp"), ("common", 0, "htp")),
        ({"policy": {"services": "{{ services }}"}}, ("policy", "services", 0, "missing"), ("services", 0)),
        ({"policy": {"services": "{{ services }}"}}, ("policy", "services", 7, "unit"), ("services",)),
        ({"a": "{{ high }} of {{ logs_over }}"}, ("a",), ("low",)),
        ({"a": "{{ inventory_hostname }} of {{ logs_over }}"}, ("a",), ("logs_over",)),
        ({"a": "{{ round }}"}, ("a",), None),
        ({"a": "plain", "b": "{{ low }}"}, ("a",), None),
        ({"a": "{{ low }}"}, (), ("low",)),
        ("{{ low }}", ("free",), ("low",)),
    ],
)
def test_the_way_to_the_variable(arguments: object, path: Path, expected: Path | None) -> None:
    """Names of the play lead on to names of the host; what the host does not hold leads nowhere, a circle neither."""
    assert expected == origin(arguments, path, PLAY, OWN)
