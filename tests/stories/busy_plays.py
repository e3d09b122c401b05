"""Plays that are killed and gone on with: one in which all kinds of things happen, and one that fails when something is owed already."""

from collections.abc import Sequence

from fake_host import FakeHost, unit, update
from world import World

from healer.model.facts import RebootOwed, Units, Updates

EVERYTHING = """
- hosts: web,!lb
  become: true
  rolling:
    max_unavailable: 1
    soak: 10
    drain: [{command: "lb out"}]
    undrain: [{command: "lb in"}]
  prepare:
    - packages: {state: refreshed}
    - command: {cmd: cat /token, mutating: false}
      register: token
  tasks:
    - copy: {dest: /etc/web.conf, content: "token {{ token.stdout }}"}
      notify: reload
    - packages: {}
    - service: {name: web, state: restarted}
    - service: {name: "{{ item }}", state: stopped}
      loop: "{{ facts.units.units.values() | selectattr('sub', 'equalto', 'old') | map(attribute='name') | list }}"
    - command: {cmd: "try it"}
      register: tried
      until: "'third' in tried.stdout"
      retries: 5
    - command: "tell {{ inventory_hostname }}"
      delegate_to: lb
    - command: {cmd: "hide {{ token.stdout }}"}
      no_log: true
      changed_when: true
    - reboot: {policy: never}
    - reboot: {policy: always}
  handlers:
    - name: reload
      service: {name: web, state: reloaded}
  health:
    - command: {cmd: check, mutating: false}
- hosts: web,!lb
  become: true
  rolling: {max_unavailable: 2, canary: 0, soak: 0}
  tasks:
    - command: "and more"
"""
HALTING = """
- hosts: web
  become: true
  rolling: {max_unavailable: 1, canary: 1, soak: 0, max_failures: 0, drain: [{command: lb out}], undrain: [{command: lb in}]}
  tasks:
    - copy: {dest: /etc/one, content: new}
      notify: reload
    - command: fragile
  handlers:
    - name: reload
      service: {name: web, state: reloaded}
"""


def everything(names: Sequence[str]) -> World:
    """Return hosts with everything to do, and a load balancer."""
    world = World([*names, "lb"])
    for host in world.hosts.values():
        host.facts["updates"] = Updates((update("openssl"),), list_age=60.0)
        host.facts["reboot_owed"] = RebootOwed(("a new kernel",))
        units = ("web", "old1", "old2")
        host.facts["units"] = Units({f"{n}.service": unit(f"{n}.service", sub="old" if n != "web" else "running") for n in units}, ())
        host.programs["cat /token"] = lambda _host, _argv: (0, "t0ken-value")
        host.programs["try it"] = _third_time
        host.programs["apt upgrade"] = lambda one, argv: (0, f"healer: unpacked {argv[-1]} on {one.name}\n")
        host.boots = _booted
    return world


def _third_time(host: FakeHost, _argv: tuple[str, ...]) -> tuple[int, str]:
    return 0, f"{('first', 'second', 'third')[min(host.what.count('try it'), 2)]} try"


def _booted(host: FakeHost) -> None:
    host.facts["units"] = Units({"web.service": unit("web.service", invocation=f"boot {host.boot}")}, ())
