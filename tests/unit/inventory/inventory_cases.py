"""Inventories that healer and Ansible must read alike: what each looks like, which sources are given, which patterns are asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent


@dataclass(frozen=True)
class Case:
    """One inventory: files by path below the case's folder. A path that ends in `.sh` or `.py` is made executable."""

    name: str
    files: Mapping[str, str]
    sources: Sequence[str] = ("hosts",)
    playbook_dir: str = ""
    patterns: Sequence[str] = field(default=("all",))

    def write(self, folder: Path) -> None:
        """Write the files below the folder."""
        for name, text in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text))
            path.chmod(0o755 if path.suffix in {".sh", ".py"} else 0o644)

    def given(self, folder: Path) -> list[str]:
        """Return what `-i` gets; comma lists are no paths."""
        return [source if "," in source else str(folder / source) for source in self.sources]


def script(listing: str, host: str = "{}") -> str:
    """Return an inventory script that prints these texts."""
    return f"#!/bin/sh\nif [ \"$1\" = --list ]; then cat <<'END'\n{listing}\nEND\nelse cat <<'END'\n{host}\nEND\nfi\n"


TREE = """
    lone
    [web]
    web[01:06]
    [db]
    db1
    db2
    [prod:children]
    web
    db
    [eu]
    web02
    db2
    far.example.org
    [world:children]
    prod
    eu
"""

PATTERNS = (
    "all", "*", "web", "web:db", "web,db", "web:&eu", "prod:&eu", "prod:!eu", "!eu", "&eu", "!web:!db", "web*", "web0?", "~web0[1-3]",
    "~(web|db).*", "web[0]", "web[-1]", "web[0:2]", "web[2:]", "web[1:1]", "web[0:0]", "db1", "db1:web[0]", "db1,db2,db1", "prod[1]",
    "web:&eu:!web02", "ungrouped", "un*", "*.example.org", "far.example.org", "web[0],db[0]", "eu:prod", "world", "prod:!web[0:3]",
    " web , db ", "web:&prod:!web03", "a*", "w*", "[wd]*", "~x|web01", "all:!ungrouped", "db1:!db1", "web[9:12]", "~.*2$",
)  # fmt: skip

CASES = (
    Case("patterns over a tree", {"hosts": TREE}, patterns=PATTERNS),
    Case("one host", {"hosts": "web1\n"}),
    Case("nothing at all", {"hosts": ""}),
    Case("comments only", {"hosts": "# nothing\n; here\n"}),
    Case("an empty group", {"hosts": "[web]\n"}),
    Case("ungrouped and grouped", {"hosts": "a\nb\n[web]\na\nc\n"}),
    Case("a host in [ungrouped] and elsewhere", {"hosts": "[ungrouped]\na\nb\n[web]\nb\n"}),
    Case("hosts in [all]", {"hosts": "[all]\na\nb\n[web]\nb\n"}, patterns=("all", "ungrouped")),
    Case("numeric ranges", {"hosts": "[web]\nweb[01:20:2]\nw[1:3]\nx[08:11].example.org\ny[0:6:3]-z\n"}),
    Case("letter ranges", {"hosts": "[db]\ndb-[a:f]\nx[a:e:2]\nY[A:C]\nz[y:B]\n"}),
    Case("two ranges in a name", {"hosts": "r[1:2]s[a:b].lan\n10.0.[0:1].[8:10]\n"}),
    Case("an open range start", {"hosts": "n[:3]\n"}),
    Case("ports", {"hosts": "a:22\nb:2222 x=1\nc[1:2]:2022\n10.0.0.1:23\nd:22 ansible_port=24\n"}),
    Case("ports of a host seen before", {"hosts": "[x]\na\n[y]\na:2222\n"}),
    Case("IPv6", {"hosts": "::1\nfe80::1\n[2001:db8::1]:2222\n2001:db8::[1:3]\n[fe80::5]:22 x=y\n"}),
    Case("odd names", {"hosts": "under_score\nUPPER\nümlaut\ntrailing-\n_lead\n1234\nuser@host\na..b\n"}),
    Case(
        "value types on host lines",
        {
            "hosts": """
                a i=1 f=1.5 t=True n=None s=text q='quoted words' l=[1,2] d='{"k": "v"}' neg=-3 hexa=0x10 octal=010 yes=yes false=false
                b e='' empty= plus=+5 tup=(1,2) nested="[1, {'a': (2, 3)}]" str1="'1'" str2='"1"' eq=a=b=c under=1_000 cplx=1j dots=...
                c path=/a/b#c url=http://x:1/#frag  # a comment
                d bytes="b'abc'" sett="{3}" big=123456789012345678901234567890 exp=1e3 raw="r'x'" fstr="f'x'" none=none
                e tmpl="{{ other }}" json='["a", "b"]' bs=a\\b sp=a\\ b
            """
        },
    ),
    Case(
        "value types in :vars",
        {
            "hosts": """
                [web]
                a
                [web:vars]
                i=1
                spaced = some words here
                quoted="stays quoted once"
                single = 'x'
                hash=5 # five
                text=five # five
                bool=True
                lower=true
                list=[1, 2, 'c']
                dict={'a': 1, 2: 'b'}
                eq=a=b
                empty=
                semi=1 ; 2
                tuple=1,2
                tmpl={{ x }}
                date=2024-01-01
                zero=007
                float=.5
            """
        },
    ),
    Case(
        "comments everywhere",
        {"hosts": "# c\n[web] # the web\na # one\n; not me\n  ; nor me\nb\n[x:children] # kids\nweb # yes\n[web:vars]\n# v\nk=v\n"},
        patterns=(),
    ),
    Case("whitespace and CRLF", {"hosts": "  [web]  \r\n\ta x=1\r\n\r\n   b   y=2   \r\n"}),
    Case("the last assignment wins", {"hosts": "[x]\na v=1 v=2\na v=3\n[y]\na v=4 w=5\n[x]\na w=6\n"}),
    Case("sections again and order", {"hosts": "[a]\nh1\n[b]\nh2\n[a]\nh3\n[c]\nh2\nh0\n"}, patterns=("all", "h*", "a", "b:a")),
    Case("children before they exist", {"hosts": "[p:children]\nx\ny\nz\n[y]\nh2\n[x]\nh1\n[z]\nh3\n"}, patterns=("p", "all")),
    Case("children some of them known", {"hosts": "[y]\nh2\n[p:children]\nx\ny\n[x]\nh1\n"}, patterns=("p",)),
    Case("vars before the group", {"hosts": "[web:vars]\nk=1\n[web]\na\n"}),
    Case("vars of a child only named", {"hosts": "[p:children]\nweb\n[web:vars]\nk=1\n[web]\na\n"}),
    Case(
        "groups five deep",
        {"hosts": "[a:children]\nb\n[b:children]\nc\n[c:children]\nd\n[d:children]\ne\n[e]\nh\n[e:vars]\nv=e\n[a:vars]\nv=a\nw=a\n"},
    ),
    Case(
        "a diamond",
        {"hosts": "[top:children]\nl\nr\n[l:children]\nbot\n[r:children]\nbot\n[bot]\nh\n[l:vars]\nv=l\n[r:vars]\nv=r\n[top:vars]\nv=t\n"},
    ),
    Case(
        "depth is the longest way",
        {
            "hosts": "[s]\nh\n[t]\nh\n[a:children]\ns\n[b:children]\na\n[c:children]\nt\n[s:vars]\nv=s\n[t:vars]\nv=t\n[a:vars]\nw=a\n[c:vars]\nw=c\n"
        },
    ),
    Case(
        "depth found late",
        {"hosts": "[s]\nh\n[t:children]\ns\n[u]\nh\n[u:vars]\nv=u\n[s:vars]\nv=s\n[z:children]\nu\n[y:children]\nz\n[x:children]\ny\n"},
    ),
    Case("same depth, by name", {"hosts": "[zeta]\nh\n[alpha]\nh\n[zeta:vars]\nv=z\n[alpha:vars]\nv=a\n"}),
    Case("group priority", {"hosts": "[zeta]\nh\n[alpha]\nh\n[zeta:vars]\nv=z\n[alpha:vars]\nv=a\nansible_group_priority=10\n"}),
    Case("all and ungrouped variables", {"hosts": "h\n[all:vars]\na=1\nb=1\nc=1\n[ungrouped:vars]\nb=2\nc=2\n"}),
    Case("host beats group beats all", {"hosts": "[w]\nh v=host\ni\n[w:vars]\nv=group\n[all:vars]\nv=all\nx=all\n"}),
    Case("ungrouped has children", {"hosts": "[ungrouped:children]\nweb\n[web]\na\n"}),
    Case(
        "dashes and dots in group names",
        {"hosts": "[web-servers]\na\n[eu.west]\nb\n[web-servers:vars]\nx=1\n"},
        patterns=("web-servers", "eu.west"),
    ),
    Case("localhost by name", {"hosts": "localhost ansible_connection=local\n127.0.0.1\n"}, patterns=("localhost", "all")),
    Case("reserved names", {"hosts": "h inventory_hostname=x groups=y group_names=z playbook_dir=q environment=prod\n"}),
)
