"""What a package job tells at its end, in lines that begin with `healer: `: the only part of its output that a program reads."""

from dataclasses import dataclass

_MARK = "healer: "


@dataclass(frozen=True, slots=True)
class Receipt:
    """`versions` are (package, before, after), `before` empty for a new package and `after` for one that is gone.

    `restarted` are units that the packages' own scripts restarted. `conffiles` are paths of configuration files that were changed on
    the host and have a new default; `left` are the files that the package manager put beside them. `kept` are former versions (package,
    version) that were laid aside, `unkept` those that could not be had. `notes` is everything else.
    """

    versions: tuple[tuple[str, str, str], ...] = ()
    restarted: tuple[str, ...] = ()
    conffiles: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    kept: tuple[tuple[str, str], ...] = ()
    unkept: tuple[tuple[str, str], ...] = ()


def read_receipt(output: str) -> Receipt:
    """Return the receipt in a job's output; lines of other programs are passed over."""
    versions, restarted, conffiles, left, notes = [], [], [], [], []
    kept: dict[str, list[tuple[str, str]]] = {"kept": [], "not-kept": []}
    for line in output.split("\n"):
        if not line.startswith(_MARK):
            continue
        match line.removeprefix(_MARK).split(" "):
            case ["version", package, before, after]:
                versions.append((package, before.removeprefix("-"), after.removeprefix("-")))
            case ["restarted-by-scripts", unit]:
                restarted.append(unit)
            case ["conffile-keep" | "conffile-new", *path, _package]:
                conffiles.append(" ".join(path))
            case ["conffile-left", *path]:
                left.append(" ".join(path))
            case ["kept" | "not-kept" as word, package, version]:
                kept[word].append((package, version))
            case words:
                notes.append(" ".join(words))
    former = tuple(kept["kept"]), tuple(kept["not-kept"])
    return Receipt(tuple(versions), tuple(restarted), tuple(conffiles), tuple(left), tuple(notes), *former)
