"""The house rules that no ready-made tool checks: sizes, cycles, plug-in rooms, and who may touch the clock, processes and output."""

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PRODUCT = ROOT / "healer"
FUNCTION_LINES, FILE_LINES, BLANKET_HANDLERS = 40, 350, 3
PLUGIN_ROOMS = {
    "inventory/readers",
    "observe/facts",
    "observe/probes",
    "platforms/packages",
    "platforms/services",
    "reclaim/sources",
    "report/formats",
    "steps",
}

RESERVED = {
    "subprocess": {
        "inventory/readers/script.py": "inventory scripts are programs",
        "lab/": "the lab is built with the machine's own tools",
        "observe/vantage.py": "this machine as the place that a probe asks from",
        "watch/installing.py": "systemctl is told of new units",
        "remote/pipe_wire.py": "a shell on this very machine",
        "remote/ssh_config.py": "ssh -G knows the exact rules of its configuration",
    },
    "time": {"clock.py": "the only clock", "lab/processes.py": "the lab waits for real processes"},
    "random": {"clock.py": "the only dice"},
    "secrets": {
        "cli/carrying.py": "run ids",
        "lab/": "names and networks that nobody else has",
        "observe/collect.py": "the nonce of an observation's frame",
        "remote/exchange.py": "the nonces of a command's frame",
    },
}
"""Module of the standard library -> the files (or folders) that may import it, and why."""

WALL_CLOCK = {
    "clock.py": "the only clock",
    "cli/": "run ids, and what `healer doctor` sees",
    "plans.py": "a saved plan says when it was made",
}
"""Who may ask the machine for the time."""

FOREIGN = (
    r"(?<![\w.$}])/work\b",
    r"\.library\b",
    r"/opt/py",
    r"/root/\.pyenv",
    r"pypi\.org|pythonhosted",
    r"(?:deb|security|ftp|archive|snapshot)\.debian\.org",
    r"\w+\.ubuntu\.com",
    r"dl\.fedoraproject|mirrors?\.\w+\.(?:org|com|net)",
)
"""Paths of one particular machine, and hosts of package registries: the set-up of whoever uses healer names those."""


@cache
def sources() -> dict[str, ast.Module]:
    """Return every module of the product by its path below `healer/`."""
    return {str(file.relative_to(PRODUCT)): ast.parse(file.read_text(encoding="utf-8")) for file in sorted(PRODUCT.rglob("*.py"))}


def dotted(path: str) -> str:
    """Return a file's module name."""
    return ".".join(("healer", *Path(path).with_suffix("").parts)).removesuffix(".__init__")


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function and method."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def lines_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return a function's lines, its docstring not counted."""
    total = (function.end_lineno or 0) - function.lineno + 1
    first = function.body[0]
    has_docstring = ast.get_docstring(function) is not None
    return total - ((first.end_lineno or 0) - first.lineno + 1 if has_docstring else 0)


def imports(tree: ast.Module, modules: frozenset[str]) -> Iterator[str]:
    """Yield the names of all imported modules, wherever the import stands: inside functions and `if TYPE_CHECKING` too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            yield from {f"{base}.{alias.name}" if f"{base}.{alias.name}" in modules else base for alias in node.names}


def relative_imports(tree: ast.Module) -> list[int]:
    """Return the lines of relative imports."""
    return [node.lineno for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level]


def within(path: str, places: Iterable[str]) -> bool:
    """Return whether the file is one of these, or lies in one of these folders (which end in a slash)."""
    return any(path == place or (place.endswith("/") and path.startswith(place)) for place in places)


def calls(tree: ast.Module, names: set[str]) -> list[int]:
    """Return the lines that call functions of these names."""
    found = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) in names)
    return [node.lineno for node in found]


def blanket_handlers(tree: ast.Module) -> list[int]:
    """Return the lines of handlers that catch everything, except those that raise it again as it was."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and "Exception" in _caught(node):
            passes_on = isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None
            found += [] if passes_on else [node.lineno]
    return found


def _caught(handler: ast.ExceptHandler) -> set[str]:
    if handler.type is None:
        return {"Exception"}
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return {ast.unparse(one).removeprefix("Base") for one in types}


@cache
def texts() -> dict[str, str]:
    """Return every text that is shipped or read by people, by its path; tests are not among them."""
    folders = ("healer", "playbooks", "docs", "tools")
    files = [file for folder in folders for file in (ROOT / folder).rglob("*") if file.suffix in {".py", ".sh", ".yml", ".md"}]
    single = ("README.md", "CHANGELOG.md", "Makefile", "pyproject.toml", "constraints.txt", "inventory.example.ini", ".ci/run")
    return {str(file.relative_to(ROOT)): file.read_text(encoding="utf-8") for file in (*files, *(ROOT / name for name in single))}


def plugin_files() -> list[str]:
    """Return the files that are plug-ins: those of the rooms, but the contract and private helpers."""
    return [path for path in sources() if str(Path(path).parent) in PLUGIN_ROOMS and not re.match(r"contract|_", Path(path).name)]


def users(module: str) -> list[str]:
    """Return the files that import a module of the standard library."""
    return [path for path, tree in sources().items() if module in set(imports(tree, frozenset()))]


def offences(judge: Callable[[ast.Module], Iterable[object]], *, exempt: Iterable[str] = ()) -> list[str]:
    """Return `path: what` for everything that the judge finds in a module."""
    judged = ((path, tree) for path, tree in sources().items() if not within(path, exempt))
    return [f"{path}: {found}" for path, tree in judged for found in judge(tree)]


def too_long(tree: ast.Module) -> list[str]:
    """Return the functions that do not fit on a screen."""
    return [f"{one.name}: {lines_of(one)} lines" for one in functions(tree) if lines_of(one) > FUNCTION_LINES]


def test_a_function_fits_on_a_screen() -> None:
    """No function is longer than 40 lines, its docstring not counted."""
    assert [] == offences(too_long)


def test_a_file_has_one_concern() -> None:
    """No file is longer than 350 lines."""
    lines = {path: len((PRODUCT / path).read_text(encoding="utf-8").splitlines()) for path in sources()}
    assert {} == {path: number for path, number in lines.items() if number > FILE_LINES}


def test_a_module_says_why_it_exists() -> None:
    """Every module opens with a docstring."""
    assert [] == [path for path, tree in sources().items() if not ast.get_docstring(tree)]


def test_imports_are_absolute() -> None:
    """No import is relative: where a name comes from can be read in one line."""
    assert [] == offences(relative_imports)


def test_there_are_no_import_cycles() -> None:
    """No module imports itself through others, imports for type checkers and inside functions counted."""
    modules = frozenset(map(dotted, sources()))
    graph = {dotted(path): set(imports(tree, modules)) & modules - {dotted(path)} for path, tree in sources().items()}
    assert len(modules) == len(tuple(TopologicalSorter(graph).static_order()))


def test_the_plugin_rooms_are_those_that_are_known() -> None:
    """A folder has a contract exactly when it is a plug-in room."""
    assert {str(Path(path).parent) for path in sources() if path.endswith("/contract.py")} == PLUGIN_ROOMS


@pytest.mark.parametrize("room", sorted(PLUGIN_ROOMS))
def test_a_plugin_shows_itself(room: str) -> None:
    """Every file of a plug-in room gives its PLUGIN at module level."""
    ours = [path for path in plugin_files() if str(Path(path).parent) == room]
    assert ours
    assert [] == [path for path in ours if "PLUGIN" not in module_names(sources()[path])]


def module_names(tree: ast.Module) -> set[str]:
    """Return the names that a module assigns at its top level."""
    plain = [target for node in tree.body if isinstance(node, ast.Assign) for target in node.targets]
    annotated = [node.target for node in tree.body if isinstance(node, ast.AnnAssign)]
    return {ast.unparse(target) for target in (*plain, *annotated)}


def test_a_plugin_knows_no_neighbour() -> None:
    """No plug-in imports another one of its room, so that any of them can be taken out."""
    modules = frozenset(map(dotted, sources()))
    beside = {path: {dotted(other) for other in plugin_files() if Path(other).parent == Path(path).parent} for path in plugin_files()}
    assert {} == {path: known for path in beside if (known := set(imports(sources()[path], modules)) & beside[path])}


@pytest.mark.parametrize("module", RESERVED)
def test_the_outside_is_reached_through_few_doors(module: str) -> None:
    """Clock, dice and processes are used where the table says, and nowhere else."""
    assert [] == [path for path in users(module) if not within(path, RESERVED[module])]


@pytest.mark.parametrize("module", RESERVED)
def test_no_door_stands_open_for_nobody(module: str) -> None:
    """Every exception that the table grants is used."""
    assert [] == [place for place in RESERVED[module] if not any(within(path, (place,)) for path in users(module))]


def test_only_the_command_line_talks_to_people() -> None:
    """Nothing but the command line prints, asks or exits; the lab's little programs do too."""
    talk = {"print", "input", "exit", "sys.exit", "quit"}
    assert [] == offences(lambda tree: calls(tree, talk), exempt=("cli/", "lab/"))


def test_only_the_clock_tells_the_time() -> None:
    """No room asks the machine for the time: it is handed in, so that decisions can be tested."""
    asking = {"datetime.now", "datetime.utcnow", "date.today", "datetime.today"}
    assert [] == offences(lambda tree: calls(tree, asking), exempt=WALL_CLOCK)


def test_blanket_handlers_are_rare() -> None:
    """At most three places swallow every exception there is: where a thread, a user's code or the program ends."""
    found = offences(blanket_handlers)
    assert len(found) <= BLANKET_HANDLERS, found


def test_nothing_is_left_for_later() -> None:
    """No file holds a note to do something later, or a function that is not there yet."""
    later = re.compile(r"\b(?:TODO|FIXME|XXX|HACK|NotImplementedError)\b")
    assert [] == [path for path, text in texts().items() if later.search(text)]


@pytest.mark.parametrize("words", FOREIGN)
def test_nothing_belongs_to_one_machine(words: str) -> None:
    """No file names paths of the machine it was made on, or a package registry or mirror."""
    assert [] == [path for path, text in texts().items() if re.search(words, text)]


def test_test_files_have_names_of_their_own() -> None:
    """No two files with tests or helpers have the same name: pytest imports them without their folders."""
    names = Counter(file.name for file in (ROOT / "tests").rglob("*.py") if file.name != "conftest.py")
    assert [] == [name for name, count in names.items() if count > 1]
