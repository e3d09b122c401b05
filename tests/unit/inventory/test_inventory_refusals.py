"""Where Ansible warns and goes on, healer refuses: with file, line and reason, and exit code 65."""

from pathlib import Path

import pytest
from inventory_cases import Case, script

from healer.inventory import documents
from healer.inventory.resolve import load_inventory
from healer.model.errors import InventoryError, UsageError

YML = ["hosts.yml"]

REFUSALS = (
    # INI
    (Case("unknown section type", {"hosts": "[web]\na\n[web:varz]\nk=1\n"}), "hosts", 3, "unknown type 'varz'"),
    (Case("malformed section", {"hosts": "[web servers]\na\n"}), "hosts", 1, "malformed"),
    (Case("empty section", {"hosts": "a\n[]\n"}), "hosts", 2, "malformed"),
    (Case("undefined child", {"hosts": "[prod:children]\nweb\ndb\n[web]\na\n"}), "hosts", 3, "the child 'db', which no source up to here declares"),
    (Case("vars of an undefined group", {"hosts": "[web]\na\n[wbe:vars]\nk=1\n"}), "hosts", 3, "Did you mean 'web'?"),
    (Case("child only given variables", {"hosts": "[p:children]\nweb\n[web:vars]\nk=1\n"}), "hosts", 2, "'web'"),
    (Case("loop of groups", {"hosts": "[a:children]\nb\n[b:children]\na\n"}), "hosts", 4, "each would contain the other"),
    (Case("a group in itself", {"hosts": "[a:children]\na\n"}), "hosts", 2, "each would contain the other"),
    (Case("all below a group", {"hosts": "[a:children]\nall\n"}), "hosts", 1, "each would contain the other"),
    (Case("host and group of one name", {"hosts": "[web]\na\n[db]\nweb\n"}), "hosts", 4, "both a host and a group"),
    (Case("empty range", {"hosts": "[web]\nweb[5:1]\n"}), "hosts", 2, "is empty"),
    (Case("empty letter range", {"hosts": "web[f:a]\n"}), "hosts", 1, "is empty"),
    (Case("range of unequal digits", {"hosts": "web[01:3]\n"}), "hosts", 1, "equally many digits"),
    (Case("range of a letter and a number", {"hosts": "web[a:3]\n"}), "hosts", 1, "two numbers or two single letters"),
    (Case("range without end", {"hosts": "web[1]\n"}), "hosts", 1, "[begin:end]"),
    (Case("range with step 0", {"hosts": "web[1:3:0]\n"}), "hosts", 1, "step"),
    (Case("half a range", {"hosts": "web[1:3\n"}), "hosts", 1, "without its partner"),
    (Case("huge range", {"hosts": "web[1:999999999]\n"}), "hosts", 1, "more than"),
    (Case("huge product of ranges", {"hosts": "w[1:999]x[1:999]\n"}), "hosts", 1, "more than"),
    (Case("host line without =", {"hosts": "[web]\na port 22\n"}), "hosts", 2, "not of the form key=value"),
    (Case("blanks round =", {"hosts": "a ansible_host = b\n"}), "hosts", 1, "not of the form key=value"),
    (Case("open quote", {"hosts": "a b='c\n"}), "hosts", 1, "No closing quotation"),
    (Case("variable among hosts", {"hosts": "[web]\na\nansible_user=root\n"}), "hosts", 3, "[GROUP:vars]"),
    (Case("comma list in a file", {"hosts": "web1,web2\n"}), "hosts", 1, "cannot be a host name"),
    (Case("option for a host", {"hosts": "-oProxyCommand\n"}), "hosts", 1, "cannot be a host name"),
    (Case("path for a host", {"hosts": "../../etc\n"}), "hosts", 1, "cannot be a host name"),
    (Case("port that is none", {"hosts": "web:abc\n"}), "hosts", 1, "not a port"),
    (Case("port missing", {"hosts": "[x]\nweb:\n"}), "hosts", 2, "not a port"),
    (Case("port too high", {"hosts": "web:70000\n"}), "hosts", 1, "70000 is not a port"),
    (Case("vars without =", {"hosts": "[web]\na\n[web:vars]\nk\n"}), "hosts", 4, "not of the form key=value"),
    (Case("vars without a name", {"hosts": "[web]\na\n[web:vars]\n=1\n"}), "hosts", 4, "name of a variable"),
    (Case("children with variables", {"hosts": "[p:children]\nweb x=1\n[web]\n"}), "hosts", 2, "not the name of a group"),
    (Case("value that breaks Python", {"hosts": "a v={[]:1}\n"}), "hosts", 1, "cannot be read"),
    (Case("priority that is no number", {"hosts": "[a]\nh\n[a:vars]\nansible_group_priority=high\n"}), "hosts", 3, "whole number"),
    (Case("YAML start in an INI file", {"hosts.ini": "---\nweb:\n"}, ["hosts.ini"]), "hosts.ini", 1, "YAML"),
    # YAML
    (Case("YAML syntax", {"hosts.yml": "web:\n  hosts:\n    a: [1\n"}, YML), "hosts.yml", 4, "is not YAML"),
    (Case("YAML tab", {"hosts.yml": "web:\n\thosts:\n"}, YML), "hosts.yml", 2, "is not YAML"),
    (Case("YAML list", {"hosts.yml": "- web\n"}, YML), "hosts.yml", 1, "must be a mapping of groups"),
    (Case("YAML list of hosts", {"hosts.yml": "web:\n  hosts:\n    - a\n"}, YML), "hosts.yml", 2, "end each name with a colon"),
    (Case("YAML unknown key", {"hosts.yml": "web:\n  host:\n    a:\n"}, YML), "hosts.yml", 2, "unknown key 'host'"),
    (Case("YAML group is text", {"hosts.yml": "web: a\n"}, YML), "hosts.yml", 1, "must be a mapping with hosts"),
    (Case("YAML child group is text", {"hosts.yml": "web:\n  children:\n    a: b\n"}, YML), "hosts.yml", 3, "must be a mapping with hosts"),
    (Case("YAML number as host", {"hosts.yml": "web:\n  hosts:\n    10:\n"}, YML), "hosts.yml", 3, "put it in quotes"),
    (Case("YAML truth as group", {"hosts.yml": "web:\n  hosts:\n    a:\nno:\n  hosts:\n"}, YML), "hosts.yml", 4, "put it in quotes"),
    (Case("YAML host variables as list", {"hosts.yml": "web:\n  hosts:\n    a: [1]\n"}, YML), "hosts.yml", 3, "variables must be a mapping"),
    (Case("YAML vars as list", {"hosts.yml": "web:\n  vars: [1]\n"}, YML), "hosts.yml", 2, "must be a mapping"),
    (Case("YAML number as variable", {"hosts.yml": "web:\n  vars:\n    1: x\n"}, YML), "hosts.yml", 3, "name of a variable"),
    (Case("YAML plugin", {"hosts.yml": "plugin: aws_ec2\nregions: [eu]\n"}, YML), "hosts.yml", 1, "Ansible inventory plugin"),
    (Case("YAML vault", {"hosts.yml": "web:\n  vars:\n    p: !vault |\n      $ANSIBLE_VAULT;1.1;AES256\n      6162\n"}, YML), "hosts.yml", 3, "ansible-vault"),
    (Case("YAML unknown tag", {"hosts.yml": "web:\n  vars:\n    p: !python/x y\n"}, YML), "hosts.yml", 3, "is not YAML"),
    (Case("YAML bytes", {"hosts.yml": "web:\n  vars:\n    p: !!binary aGk=\n"}, YML), "hosts.yml", 0, "raw bytes"),
    (Case("YAML loop", {"hosts.yml": "web:\n  vars:\n    p: &p [*p]\n"}, YML), "hosts.yml", 0, "contains itself"),
    (Case("YAML impossible date", {"hosts.yml": "web:\n  vars:\n    p: 2024-13-45\n"}, YML), "hosts.yml", 0, "is not YAML"),
    (Case("YAML two documents", {"hosts.yml": "web:\n---\ndb:\n"}, YML), "hosts.yml", 2, "is not YAML"),
    (Case("YAML loop of groups", {"hosts.yml": "a:\n  children:\n    b:\n      children:\n        a:\n"}, YML), "hosts.yml", 3, "each would contain"),
    (Case("YAML empty host name", {"hosts.yml": "web:\n  hosts:\n    '': {}\n"}, YML), "hosts.yml", 3, "host name is empty"),
    (Case("YAML empty range", {"hosts.yml": "web:\n  hosts:\n    w[3:1]:\n"}, YML), "hosts.yml", 3, "is empty"),
    (Case("script JSON in a file", {"hosts.json": '{"_meta": {"hostvars": {}}}'}, ["hosts.json"]), "hosts.json", 0, "inventory scripts print"),
    (Case("JSON vault", {"hosts.json": '{"w": {"vars": {"p": {"__ansible_vault": "x"}}}}'}, ["hosts.json"]), "hosts.json", 0, "ansible-vault"),
    # files
    (Case("missing file", {}), "hosts", 0, "no such inventory"),
    (Case("binary", {"hosts": "a\0b\n"}), "hosts", 0, "binary"),
    (Case("huge", {"hosts": "#" * (16 * 1024 * 1024 + 1)}), "hosts", 0, "larger than 16 MiB"),
    (Case("vault file", {"hosts": "$ANSIBLE_VAULT;1.1;AES256\n00\n"}), "hosts", 1, "encrypted"),
    (Case("TOML", {"hosts.toml": "[web.hosts]\na = {}\n"}, ["hosts.toml"]), "hosts.toml", 0, "no reader"),
    (Case("empty folder", {"inv/README.md": "x"}, ["inv"]), "inv", 0, "holds no inventory"),
    (Case("broken file in a folder", {"inv/a": "[web]\nh\n", "inv/b": "[x:oops]\n"}, ["inv"]), "inv/b", 1, "unknown type"),
    (Case("child from a later source", {"a": "[p:children]\nweb\n", "b": "[web]\nh\n"}, ["a", "b"]), "a", 2, "'web'"),
    (Case("clash over two sources", {"a": "[web]\nh\n", "b": "[x]\nweb\n"}, ["a", "b"]), "b", 2, "both a host and a group"),
    (Case("host list with a range", {}, ["web[1:3],"]), "web[1:3],", 0, "cannot be a host name"),
    (Case("host list that meant files", {}, ["./a,./b"]), "./a,./b", 0, "Is it a file that is not there?"),
    # variable files
    (Case("group_vars syntax", {"hosts": "[web]\na\n", "group_vars/web.yml": "a: 1\nb: [\n"}), "group_vars/web.yml", 3, "is not YAML"),
    (Case("group_vars list", {"hosts": "[web]\na\n", "group_vars/web.yml": "- a\n"}), "group_vars/web.yml", 1, "mapping of variables"),
    (Case("host_vars vault", {"hosts": "a\n", "host_vars/a/v.yml": "$ANSIBLE_VAULT;1.1;AES256\n00\n"}), "host_vars/a/v.yml", 1, "encrypted"),
    (Case("host_vars number", {"hosts": "a\n", "host_vars/a": "x: 1\n2: b\n"}), "host_vars/a", 2, "name of a variable"),
    (Case("group_vars is a file", {"hosts": "a\n", "group_vars": "x: 1\n"}), "group_vars", 0, "not a folder"),
    # scripts
    (Case("script fails", {"i.sh": "#!/bin/sh\necho first >&2\necho no token >&2\nexit 3\n"}, ["i.sh"]), "i.sh", 0, "ended with 3: no token"),
    (Case("script fails silently", {"i.sh": "#!/bin/sh\nexit 1\n"}, ["i.sh"]), "i.sh", 0, "it said nothing"),
    (Case("script prints no JSON", {"i.sh": script("oops")}, ["i.sh"]), "i.sh", 0, "is not JSON"),
    (Case("script prints a list", {"i.sh": script("[]")}, ["i.sh"]), "i.sh", 0, "is not a mapping"),
    (Case("script prints Latin 1", {"i.sh": "#!/bin/sh\nprintf '{\"\\344\": []}'\n"}, ["i.sh"]), "i.sh", 0, "UTF-8"),
    (Case("script without interpreter", {"i.sh": "#!/no/such/shell\n"}, ["i.sh"]), "i.sh", 0, "cannot be started"),
    (Case("script with hosts as mapping", {"i.sh": script('{"w": {"hosts": {"a": 1}}}')}, ["i.sh"]), "i.sh", 0, "w.hosts is not a list"),
    (Case("script with odd children", {"i.sh": script('{"w": {"children": "a"}}')}, ["i.sh"]), "i.sh", 0, "w.children is not a list"),
    (Case("script with odd vars", {"i.sh": script('{"w": {"vars": [1]}}')}, ["i.sh"]), "i.sh", 0, "w.vars is not a mapping"),
    (Case("script with bare host", {"i.sh": script('{"w": {"ansible_host": "x"}}')}, ["i.sh"]), "i.sh", 0, "host variables belong into _meta"),
    (Case("script with odd _meta", {"i.sh": script('{"w": ["a"], "_meta": {"hostvars": []}}')}, ["i.sh"]), "i.sh", 0, "_meta.hostvars is not a mapping"),
    (Case("script with an evil host", {"i.sh": script('{"w": ["-oX"]}')}, ["i.sh"]), "i.sh", 0, "w.hosts: '-oX'"),
    (Case("script whose --host fails", {"i.sh": script('{"w": ["a"]}', "oops")}, ["i.sh"]), "i.sh", 0, "--host a is not JSON"),
    (Case("script nested too deep", {"i.sh": script("[" * 100_000)}, ["i.sh"]), "i.sh", 0, "nested too deep"),
)  # fmt: skip


@pytest.mark.parametrize(("case", "file", "line", "reason"), REFUSALS, ids=[case.name for case, *_ in REFUSALS])
def test_is_refused_with_file_line_and_reason(case: Case, file: str, line: int, reason: str, tmp_path: Path) -> None:
    """What Ansible passes over is an InventoryError that names the file, the line and the reason."""
    case.write(tmp_path)
    with pytest.raises(InventoryError) as caught:
        load_inventory(case.given(tmp_path))
    expected = file if "," in file else str(tmp_path / file)
    assert (expected, line) == (caught.value.file, caught.value.line)
    assert reason in str(caught.value)
    assert caught.value.exit_code == 65


def test_no_source_at_all_is_wrong_usage() -> None:
    """Without `-i` there is nothing to read, which is a mistake on the command line."""
    with pytest.raises(UsageError, match="No inventory was given"):
        load_inventory([])


def test_a_line_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    """Outside of comments every byte must be UTF-8."""
    (tmp_path / "hosts").write_bytes(b"# caf\xe9\n[web]\na\nb name=caf\xe9\n")
    with pytest.raises(InventoryError, match=r"hosts:4: is not UTF-8"):
        load_inventory([str(tmp_path / "hosts")])


def test_a_yaml_line_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    """YAML allows no other bytes, in comments neither."""
    (tmp_path / "hosts.yml").write_bytes(b"web:\n  hosts:\n    a: # caf\xe9\n")
    with pytest.raises(InventoryError, match=r"hosts.yml:3: is not UTF-8"):
        load_inventory([str(tmp_path / "hosts.yml")])


def test_a_long_list_of_hosts_is_no_file_name(tmp_path: Path) -> None:
    """A list on the command line may be longer than any file name could be."""
    assert len(load_inventory([",".join(f"web{number}.example.org" for number in range(500))]).hosts) == 500


def test_a_missing_file_with_an_endless_name_is_refused() -> None:
    """What the file system cannot even look up is not there."""
    with pytest.raises(InventoryError, match="no such inventory"):
        load_inventory(["x" * 5000])


def test_a_comment_may_hold_any_bytes(tmp_path: Path) -> None:
    """An old comment in Latin 1 does not spoil an inventory."""
    (tmp_path / "hosts").write_bytes(b"# caf\xe9\n[web]\na\n")
    assert load_inventory([str(tmp_path / "hosts")]).members("web") == ("a",)


def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    """A socket, a device or a pipe is no inventory."""
    import os

    os.mkfifo(tmp_path / "hosts")
    with pytest.raises(InventoryError, match="neither a file nor a folder"):
        load_inventory([str(tmp_path / "hosts")])


def test_a_variable_file_that_is_a_dangling_link_is_refused(tmp_path: Path) -> None:
    """A link that leads nowhere means that variables are missing."""
    Case("x", {"hosts": "[web]\na\n", "group_vars/all.yml": "x: 1\n"}).write(tmp_path)
    (tmp_path / "group_vars" / "web.yml").symlink_to(tmp_path / "gone")
    with pytest.raises(InventoryError, match="cannot be read: No such file"):
        load_inventory([str(tmp_path / "hosts")])


def test_aliases_that_unfold_into_millions_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small YAML file cannot fill the memory."""
    monkeypatch.setattr(documents, "MOST_VALUES", 10_000)
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 8)]
    Case("x", {"hosts": "h\n", "host_vars/h.yml": "\n".join(lines)}).write(tmp_path)
    with pytest.raises(InventoryError, match="unfolds into more than"):
        load_inventory([str(tmp_path / "hosts")])


def test_duplicate_keys_are_told(tmp_path: Path) -> None:
    """Of two equal YAML keys the last one counts, as in Ansible, and a note names both lines."""
    Case("x", {"hosts.yml": "web:\n  hosts:\n    a: {v: 1}\n    a: {v: 2}\n"}).write(tmp_path)
    inventory = load_inventory([str(tmp_path / "hosts.yml")])
    assert dict(inventory.hosts["a"].variables) == {"v": 2}
    assert (f"{tmp_path}/hosts.yml:4: 'a' is also on line 3; the last one counts",) == inventory.notes


def test_unsafe_text_with_braces_is_told(tmp_path: Path) -> None:
    """`!unsafe` gives plain text; a note says that its braces would count where a playbook uses it."""
    Case("x", {"hosts": "a\n", "host_vars/a.yml": "p: !unsafe 'x{{y'\n"}).write(tmp_path)
    inventory = load_inventory([str(tmp_path / "hosts")])
    assert dict(inventory.hosts["a"].variables) == {"p": "x{{y"}
    assert "!unsafe" in inventory.notes[0]
