"""Right words and wrong ones: what a playbook may say, and what to write instead of a word that healer does not take."""

import difflib
from collections.abc import Iterable, Mapping
from types import MappingProxyType

PLAY_SECTIONS = ("prepare", "pre_tasks", "tasks", "post_tasks", "health", "handlers")

PLAY_WORDS = frozenset(
    {"name", "hosts", "vars", "become", "tags", "rolling", "serial", "max_fail_percentage", "gather_facts", *PLAY_SECTIONS},
)

ROLLING_WORDS = frozenset(
    {"canary", "max_unavailable", "domain", "settle", "soak", "max_failures", "drain", "undrain", "drained_when", "rollback"},
)

TASK_WORDS = frozenset(
    {
        "name", "when", "register", "loop", "loop_control", "until", "retries", "delay", "notify", "listen", "tags", "delegate_to",
        "ignore_errors", "no_log", "become", "vars", "changed_when", "failed_when",
    },
)  # fmt: skip

_INCLUDES = "Write the tasks into this file; parts of files are not read in for now."
_ROOT_ONLY = "healer becomes root or nobody: write become: true, and how is set by inventory variables."
_CONNECTION = "How a host is reached is said in the inventory (ansible_host, ansible_user, ansible_port)."
_LOOP = "Write loop: with a list."

REFUSED: Mapping[str, str] = MappingProxyType(
    {
        "block": "Write the tasks one under the other and repeat the when.",
        "rescue": "Use failed_when, ignore_errors with register, or a handler.",
        "always": "Use a handler: notified handlers run after a failure too.",
        "run_once": "Write a play of its own whose hosts: is that one host, or delegate_to.",
        "roles": _INCLUDES,
        "strategy": "Hosts always go on by themselves; rolling: says how many at once.",
        "any_errors_fatal": "Write rolling: {max_failures: 0}.",
        "max_parallel": "Write rolling: {max_unavailable: N}.",
        "throttle": "Write rolling: {max_unavailable: N}.",
        "order": "Canaries go first, then the inventory's order.",
        "force_handlers": "Notified handlers always run.",
        "vars_files": "Put variables into group_vars or host_vars beside the inventory, or give a file with -e @FILE.",
        "vars_prompt": "Give values with -e NAME=VALUE.",
        "remote_user": _CONNECTION,
        "connection": _CONNECTION,
        "port": _CONNECTION,
        "become_user": _ROOT_ONLY,
        "become_method": _ROOT_ONLY,
        "become_flags": _ROOT_ONLY,
        "environment": "Write environment: among the arguments of command or shell.",
        "local_action": "Write the step as usual and delegate_to: localhost.",
        "delegate_facts": "Facts belong to the host that they were read on.",
        "async": "Long acts already outlive the connection; leave it out.",
        "poll": "Long acts already outlive the connection; leave it out.",
        "args": "Write the arguments as a mapping under the step, for example command: {cmd: uptime, chdir: /tmp}.",
        "action": "Write the step's own name as the key.",
        "timeout": "Write timeout: among the step's arguments.",
        "check_mode": "A dry run is asked for on the command line with --check.",
        "diff": "A dry run is asked for on the command line with --check.",
        "module_defaults": "Write the arguments at each task.",
        "collections": "Steps are part of healer; leave it out.",
        "debugger": "Leave it out.",
        "ignore_unreachable": "A host that cannot be reached ends as unreachable; its siblings go on.",
        "with_items": _LOOP,
        "with_list": _LOOP,
        "with_dict": "Write loop: with the dict2items filter.",
        "with_together": _LOOP,
        "with_sequence": "Write loop: with range(...) and the list filter.",
        "with_fileglob": _LOOP,
    },
)

INSTEAD_OF_STEPS: Mapping[str, str] = MappingProxyType(
    {
        "apt": "packages",
        "yum": "packages",
        "dnf": "packages",
        "package": "packages",
        "zypper": "packages",
        "systemd": "service",
        "systemd_service": "service",
        "uri": "http",
        "get_url": "http",
        "raw": "shell",
        "script": "shell or python",
        "set_fact": "vars: or register:",
        "fail": "assert",
        "pause": "wait_for",
        "file": "command",
        "lineinfile": "template",
        "blockinfile": "template",
        "meta": "handlers",
    },
)

RESERVED_NAMES = frozenset({"hostvars", "groups", "group_names", "inventory_hostname", "inventory_hostname_short", "omit", "facts"})


def nearest(word: object, known: Iterable[str]) -> str:
    """Return `Did you mean 'x'?` for the known word that looks most like it, or an empty string."""
    close = difflib.get_close_matches(str(word), sorted(known), n=1, cutoff=0.6)
    return f"Did you mean {close[0]!r}?" if close else ""


def instead_of_keyword(word: str) -> str | None:
    """Return what to write instead of an Ansible keyword that is refused by name, or None when it is no such word."""
    if word.startswith(("include_", "import_")) or word == "include":
        return _INCLUDES
    return REFUSED.get(word, _LOOP if word.startswith("with_") else None)


def short_step_name(word: str) -> str:
    """Return a step's name without the collection that Ansible people write in front of it."""
    for prefix in ("ansible.builtin.", "ansible.legacy."):
        if word.startswith(prefix):
            return word.removeprefix(prefix)
    return word
