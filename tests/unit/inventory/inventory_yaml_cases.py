"""More inventories that healer and Ansible must read alike: YAML, JSON, scripts, folders and variable files."""

from pathlib import Path

from inventory_cases import CASES, Case, script

YAML_CASES = (
    Case(
        "YAML tree",
        {
            "hosts.yml": """
                all:
                  hosts:
                    lone:
                  vars: {v: all, w: all}
                  children:
                    web:
                      hosts:
                        web[01:03]:
                          x: 1
                        web02: {x: 2, y: [1, {z: true}]}
                      vars:
                        v: web
                    db:
                      hosts: {db1: null, "db2:2222": {port: 5}}
                    prod:
                      children:
                        web:
                        db:
                      vars: {v: prod, u: prod}
            """
        },
        ["hosts.yml"],
        patterns=("all", "prod", "web[1]"),
    ),
    Case(
        "YAML types",
        {
            "hosts.yaml": """
                web:
                  hosts:
                    a:
                      yes1: yes
                      off1: off
                      octal: 0644
                      hexa: 0x1f
                      sexa: 12:30:45
                      under: 1_000
                      float: 1.5
                      exp: 1e5
                      exp2: 1.0e+5
                      null1: ~
                      null2:
                      date: 2024-02-29
                      stamp: 2024-02-29 12:00:00
                      zulu: 2024-02-29T12:00:00Z
                      version: "1.10"
                      bare: 1.10
                      multi: |
                        two
                        lines
                      folded: >-
                        one
                        line
                      quoted: 'it''s'
                      tmpl: "{{ x }}"
                      set: !!set {only}
                      str: !!str 5
                      int: !!int "5"
                      "quoted key": 1
            """
        },
        ["hosts.yaml"],
    ),
    Case(
        "YAML anchors and merges",
        {
            "hosts.yml": """
                all:
                  vars:
                    base: &base {a: 1, b: 2}
                    over: {<<: *base, b: 3}
                    both: [*base, *base]
                  children:
                    web: &web
                      hosts: {h1: , h2: }
                    copy: *web
            """
        },
        ["hosts.yml"],
    ),
    Case("YAML duplicate keys", {"hosts.yml": "web:\n  hosts:\n    a: {v: 1, v: 2}\n    a: {w: 3}\n    b:\n"}, ["hosts.yml"]),
    Case("YAML hosts as a text", {"hosts.yml": "web:\n  hosts: lone\n  children: db\ndb:\n  hosts: other\n"}, ["hosts.yml"]),
    Case("YAML without a suffix", {"hosts": "---\nweb:\n  hosts:\n    a:\n"}),
    Case(
        "YAML key order",
        {"hosts.yml": "p:\n  children:\n    c2: {hosts: {y: }}\n    c1: {hosts: {x: }}\n  hosts: {z: }\nq: {hosts: {z: , x: }}\n"},
        ["hosts.yml"],
        patterns=("all", "p", "*"),
    ),
    Case("YAML unsafe", {"hosts.yml": "web:\n  hosts:\n    a: {v: !unsafe 'x', w: !unsafe '1', l: !unsafe [1, b]}\n"}, ["hosts.yml"]),
    Case("YAML groups that are null", {"hosts.yml": "web:\ndb:\n  hosts:\n  vars:\n  children:\n"}, ["hosts.yml"]),
    Case(
        "YAML priority",
        {"hosts.yml": "z: {hosts: {h: }, vars: {v: z}}\na: {hosts: {h: }, vars: {v: a, ansible_group_priority: 5}}\n"},
        ["hosts.yml"],
    ),
    Case("INI text named .yml", {"hosts.yml": "[web]\na x=1\n"}, ["hosts.yml"]),
    Case("one bare host named .yml", {"hosts.yml": "a\nb\n"}, ["hosts.yml"]),
    Case("an empty .yml", {"hosts.yml": "# nothing\n"}, ["hosts.yml"]),
    Case("an INI file named .ini", {"hosts.ini": "[web]\na\n"}, ["hosts.ini"]),
    Case("an INI file with another suffix", {"hosts.production": "[web]\na: 1\n".replace(": 1", "")}, ["hosts.production"]),
    Case(
        "JSON",
        {"hosts.json": '{"web": {"hosts": {"a": {"x": 1e5, "y": null, "z": 1.0, "u": "\\u00fc"}}, "vars": {"t": true}}}'},
        ["hosts.json"],
    ),
    Case("JSON with tabs", {"hosts.json": '{\n\t"web": {\n\t\t"hosts": {"a": {}}\n\t}\n}'}, ["hosts.json"]),
    Case(
        "script with _meta",
        {
            "inv.sh": script(
                '{"web": {"hosts": ["a", "b"], "vars": {"v": 1}, "children": ["sub"]}, "sub": ["c"], "_meta": {"hostvars": {"a": {"x": [1]}, "nobody": {"y": 1}}}}'
            )
        },
        ["inv.sh"],
        patterns=("all", "web"),
    ),
    Case("script without _meta", {"inv.sh": script('{"web": {"hosts": ["a"]}, "db": ["b"]}', '{"x": 5, "s": "t"}')}, ["inv.sh"]),
    Case("script with silent --host", {"inv.sh": script('{"web": ["a"]}', "")}, ["inv.sh"]),
    Case("script that prints nothing", {"inv.sh": script("{}")}, ["inv.sh"]),
    Case(
        "script with wrapped text",
        {"inv.sh": script('{"web": {"hosts": ["a"]}, "_meta": {"hostvars": {"a": {"n": {"deep": [1, 2.5, null]}}}}}')},
        ["inv.sh"],
    ),
    Case("an executable that is none", {"inv.sh": "[web]\na x=1\n"}, ["inv.sh"]),
    Case("host list", {}, ["web1,web2:2222, 10.0.0.1 ,::1,web1:22"]),
    Case("a single host in a list", {}, ["localhost,"]),
    Case(
        "folder of inventories",
        {
            "inv/10-hosts": "[web]\na v=1\nb\n",
            "inv/20-more.yml": "web:\n  hosts:\n    a: {v: 2}\n    c:\nprod:\n  children:\n    web:\n",
            "inv/30-vars.ini": "[web:vars]\nk=5\n[all2:children]\nweb\n",
            "inv/40-dyn.sh": script('{"dyn": {"hosts": ["d", "a"]}, "_meta": {"hostvars": {"d": {"q": 1}}}}'),
            "inv/.hidden": "[oops]\nz\n",
            "inv/README.md": "no inventory",
            "inv/old.bak": "[oops]\nz\n",
            "inv/x.retry": "z",
            "inv/conf.cfg": "[defaults]\nx = 1\n",
            "inv/hosts~": "[oops]\nz\n",
            "inv/group_vars/web.yml": "from_file: yes\nk: 6\n",
            "inv/host_vars/a.yml": "v: file\n",
            "inv/sub/hosts": "[nested]\nn\n",
            "inv/sub/group_vars/nested.yml": "not: read\n",
        },
        ["inv"],
        patterns=("all", "web", "*"),
    ),
    Case(
        "group_vars and host_vars",
        {
            "hosts": "[web]\na v=line\nb\n[web:vars]\nv=section\ng=section\n[all:vars]\nv=all\ng=all\nn=all\n[prod:children]\nweb\n[prod:vars]\ng=prod\n",
            "group_vars/all.yml": "v: all_file\ng: all_file\nn: all_file\no: all_file\n",
            "group_vars/web/1.yml": "v: web1\ng: web1\nlist: [1]\nd: {a: 1, b: 2}\n",
            "group_vars/web/2.yaml": "g: web2\nd: {c: 3}\n",
            "group_vars/web/deeper/3": "deep: yes\n",
            "group_vars/web/skip.txt": "no: no\n",
            "group_vars/web/.hidden.yml": "no: no\n",
            "group_vars/web/back.yml~": "no: no\n",
            "group_vars/prod": "g: prod_file\np: 1\n",
            "group_vars/prod.yml": "p: never\n",
            "group_vars/nobody.yml": "{not read: [",
            "host_vars/a": "v: host_file\n",
            "host_vars/b.json": '{"j": 1e3}',
        },
    ),
    Case(
        "empty variable files",
        {"hosts": "[web]\na\n", "group_vars/web.yml": "# nothing\n", "host_vars/a.yml": "---\n", "group_vars/all/empty.yml": ""},
    ),
    Case(
        "variables beside the playbook",
        {
            "inv/hosts": "[web]\na\n[web:vars]\nv=inv\n",
            "inv/group_vars/all.yml": "v: inv_all\nw: inv_all\nx: inv_all\n",
            "inv/group_vars/web.yml": "w: inv_web\nz: inv_web\n",
            "inv/host_vars/a.yml": "h: inv\n",
            "play/group_vars/all.yml": "w: play_all\nx: play_all\n",
            "play/group_vars/web.yml": "z: play_web\n",
            "play/host_vars/a.yml": "h: play\n",
        },
        ["inv/hosts"],
        playbook_dir="play",
    ),
    Case(
        "several sources in order",
        {
            "one/hosts": "[web]\na v=1\n[db]\nd\n",
            "one/group_vars/web.yml": "f: one\ng: one\n",
            "one/group_vars/db.yml": "f: one\n",
            "two/hosts": "[web]\na v=2 w=2\nb\n[web:vars]\nk=1\n[prod:children]\nweb\ndb\n",
            "two/group_vars/web.yml": "f: two\n",
            "two/group_vars/prod.yml": "f: two\n",
        },
        ["one/hosts", "two/hosts", "x,y"],
        patterns=("all", "prod"),
    ),
    Case(
        "several sources in the other order",
        {"one/hosts": "[web]\na v=1\n", "two/hosts": "[web]\na v=2\n", "one/host_vars/a": "f: 1\n", "two/host_vars/a": "f: 2\n"},
        ["two/hosts", "one/hosts"],
    ),
    Case(
        "the same group in INI and YAML",
        {"a": "[web]\nh1\n", "b.yml": "web: {hosts: {h2: }, vars: {v: 1}}\n"},
        ["b.yml", "a"],
        patterns=("web",),
    ),
    Case(
        "names with dots and colons in host_vars",
        {"hosts": "a.example.org\nfe80::1\n", "host_vars/a.example.org": "x: 1\n", "host_vars/fe80::1.yml": "y: 2\n"},
    ),
)

EXAMPLE = Path(__file__).parents[3] / "inventory.example.ini"

ALL_CASES = (*CASES, *YAML_CASES, Case("the example", {"hosts": EXAMPLE.read_text()}, patterns=("all", "prod:!db", "web[0]")))
