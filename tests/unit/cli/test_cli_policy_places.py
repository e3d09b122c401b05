"""A mistake in the inventory's policy is told where it can be put right: file, line and column, before any host is asked."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from cli_calls import Healer

SERVICES = """\
services:
  - unit: nginx.service
    probes:
      - {http: "http://127.0.0.1/"}
      - WORD
"""


@pytest.mark.parametrize(
    ("command", "files", "place", "words"),
    [
        ("services", {"group_vars/all.yml": SERVICES.replace("WORD", 'htp: "http://127.0.0.1/"')}, "group_vars/all.yml:5:9", "htp"),
        ("services", {"group_vars/all.yml": SERVICES.replace("WORD", "{tcp: 80, timeout: -5}")}, "group_vars/all.yml:5:19", "-5"),
        ("services", {"group_vars/all.yml": SERVICES.replace("WORD", "{tcp: 80, from: web9}")}, "group_vars/all.yml:5:19", "'web9'"),
        (
            "services",
            {"group_vars/web.yml": "# c\nservices:\n- unit: a\n  depends_on:\n  - b.service\n  - db9/c.service\n"},
            "group_vars/web.yml:6:5",
            "there is no host 'db9' in the inventory.",
        ),
        ("services", {"host_vars/web1/b.yml": "services: [{unit: a, heals: 0}]", "host_vars/web1/a.yml": "services: []"}, "host_vars/web1/b.yml:1:22", "0"),
        ("services", {"group_vars/all.yml": "common:\n- htp: x\nservices:\n- {unit: a, probes: '{{ common }}'}\n"}, "group_vars/all.yml:2:3", "htp"),
        ("services", {"group_vars/all.yml": "services_meltdown: -1\n"}, "group_vars/all.yml:1:1", "-1"),
        ("services", {"group_vars/all.yml": "maintenance:\n  until: soon\n"}, "group_vars/all.yml:2:3", "soon"),
        ("services", {"group_vars/all.yml": "x: 1\nwindow: Sun 25:00-26:00\n"}, "group_vars/all.yml:2:1", "variable window"),
        ("patch", {"group_vars/all.yml": "x: 1\nwindow: Sunday-ish\n"}, "group_vars/all.yml:2:1", "variable window"),
        ("logs", {"group_vars/all.yml": "# a\n# b\nlogs_over: 120\n"}, "group_vars/all.yml:3:1", "policy.over is 120"),
        ("logs", {"group_vars/all.yml": "logs_paths:\n- /var/log\n- var/log\n"}, "group_vars/all.yml:3:3", "no absolute path"),
        ("logs", {"group_vars/all.yml": "logs_over: 70%\n"}, "group_vars/all.yml:1:1", "not below the trigger"),
        ("logs", {"inv": "\nweb1 logs_most_files=0\n"}, "inv:2", "policy.most_files is 0"),
    ],
)  # fmt: skip
def test_the_place_of_a_mistake(healer: Healer, tmp_path: Path, *, command: str, files: Mapping[str, str], place: str, words: str) -> None:
    """Unknown words, impossible times, thresholds out of range and hosts that are not there end with 65 and their place; no run begins."""
    for name, text in {"inv": "[web]\nweb1 ansible_port=1 ansible_host=127.0.0.1\n[db]\ndb1\n", **files}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    said = healer(command, "-i", str(tmp_path / "inv"))
    assert (65, True, True) == (said.code, f"{tmp_path}/{place}: host " in said.err, words in said.err), said
    assert "no run is in the journal yet" in healer("show").err


def test_a_mistake_of_the_command_line_stays_with_the_playbook(healer: Healer, inventory: Path) -> None:
    """What was given with -e stands in no file: the playbook's place is told."""
    said = healer("run", "logs", "-i", str(inventory), "-e", "logs_over=120")
    assert (65, True, True) == (said.code, "logs.yml:" in said.err, "policy.over" in said.err), said
