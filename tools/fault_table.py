"""Writes the table of faults in docs/safety.md from the marks and docstrings of the tests: `fault_table.py [--check]`."""

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "safety.md"
BEGIN, END = "<!-- faults: made by tools/fault_table.py -->", "<!-- faults: end -->"
sys.path.insert(0, str(ROOT / "tests" / "faults"))

from matrix import NIGHTLY, NOT_SHOWN, ROWS  # noqa: E402  it lies beside the tests


def marked_tests() -> dict[str, list[tuple[str, str]]]:
    """Return (test, its rule) by row of the matrix, in the order of the files."""
    found: dict[str, list[tuple[str, str]]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for row in _rows(node):
                    found.setdefault(row, []).append((node.name, (ast.get_docstring(node) or "").splitlines()[0]))
    return found


def _rows(node: ast.FunctionDef) -> Iterator[str]:
    for mark in node.decorator_list:
        if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.fault":
            yield from (str(ast.literal_eval(row)) for row in mark.args)


def table(tests: Mapping[str, list[tuple[str, str]]]) -> str:
    """Return the table as Markdown."""
    lines = ["| | Fault | What the tests show |", "|---|---|---|"]
    for row, fault in ROWS.items():
        shown = "<br>".join(rule for _, rule in tests.get(row, ())) or f"*not shown:* {NOT_SHOWN.get(row, 'nobody has tried it yet.')}"
        lines.append(f"| {row} | {fault} | {shown.replace('|', '/')} |")
    return "\n".join(lines)


def complaints(tests: Mapping[str, list[tuple[str, str]]]) -> list[str]:
    """Return what is wrong with the marks: rows that do not exist, rows without test and reason, reasons beside a test."""
    wrong = [f"{row}: no such row, but {tests[row][0][0]} shows it" for row in tests if row not in ROWS]
    wrong += [f"{row}: neither test nor reason ({ROWS[row]})" for row in ROWS if not {row} & (tests.keys() | NOT_SHOWN.keys() | NIGHTLY)]
    return wrong + [f"{row}: has a test, and a reason why it has none" for row in NOT_SHOWN if row in tests]


def page_with(text: str) -> str:
    """Return the page with this table in it."""
    page = PAGE.read_text(encoding="utf-8")
    head, _, rest = page.partition(BEGIN)
    return f"{head}{BEGIN}\n\n{text}\n\n{END}{rest.partition(END)[2]}"


def main() -> int:
    """Write the table, or with --check say whether it is the one that the tests make."""
    tests = marked_tests()
    fresh = page_with(table(tests))
    if "--check" not in sys.argv:
        PAGE.write_text(fresh, encoding="utf-8")
    elif fresh != PAGE.read_text(encoding="utf-8"):
        sys.exit("docs/safety.md: the table of faults is not what the tests show; run tools/fault_table.py")
    for line in (wrong := complaints(tests)):
        sys.stderr.write(f"{line}\n")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
