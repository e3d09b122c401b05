"""The upgrades of the last two days, read from a log and with programs that are made for it."""

import time
from pathlib import Path

from shell_facts import SHELLS, program, reading, why

from healer.model.services import PackageChange

SYSTEMCTL = """
case $1 in
  list-units) echo "* web.service loaded failed failed Web" ;;
  show) for unit; do case $unit in *.service)
    printf 'Id=%s\\nFragmentPath=/opt/%s\\nExecStart={ path=/opt/bin/%s ; argv[]=x path=/opt/other }\\n\\n' "$unit" "$unit" "${unit%.service}" ;;
  esac; done ;;
esac
"""


def stamp(ago: float) -> str:
    """Return the local time so many seconds ago, as dpkg writes it."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(time.time() - ago))


def places(folder: Path) -> dict[str, Path | str]:
    """Make a host where nginx owns the program of web.service, and libx nothing that matters."""
    log = folder / "dpkg.log"
    (folder / "dpkg.log.1").write_text(f"{stamp(300000)} upgrade nginx:amd64 0.8 0.9\n{stamp(90000)} upgrade libx:amd64 1 2\n")
    log.write_text(
        f"{stamp(50)} startup archives unpack\n{stamp(40)} upgrade nginx:amd64 1.0-1 1.1-1\n{stamp(30)} status installed nginx:amd64 1.1-1\n"
    )
    program(folder / "bin", "systemctl", SYSTEMCTL)
    program(folder / "bin", "dpkg-query", 'case $1 in -S) printf "nginx:amd64: /opt/bin/web\\nother: /opt/db.service\\n" ;; esac')
    program(folder / "bin", "apt-get", "")
    return {"/var/log/dpkg.log": log, "/run/systemd/system": folder}


@SHELLS
def test_upgrades_are_told_with_the_services_that_they_belong_to(shell: str, tmp_path: Path) -> None:
    """The last two days count, in order; a unit belongs to the package that owns its unit file or its program."""
    found = reading("package_changes", places(tmp_path), ("db.service",), shell=shell, programs=tmp_path / "bin")
    assert isinstance(found, tuple), found
    assert [("libx", "1", "2", ()), ("nginx", "1.0-1", "1.1-1", ("web.service",))] == [
        (one.package, one.old, one.new, one.units) for one in found if isinstance(one, PackageChange)
    ]
    assert abs(time.time() - 40 - found[-1].at) < 30


def test_without_an_upgrade_nobody_is_asked_whose_files_they_are(tmp_path: Path) -> None:
    """A quiet host costs two short readings of its log."""
    made = places(tmp_path)
    for name in ("dpkg.log", "dpkg.log.1"):
        (tmp_path / name).write_text(f"{stamp(40)} status installed nginx:amd64 1.1-1\n")
    program(tmp_path / "bin", "systemctl", f"touch {tmp_path}/asked")
    assert () == reading("package_changes", made, ("db.service",), programs=tmp_path / "bin")
    assert not (tmp_path / "asked").exists()


def test_without_the_log_nothing_is_known(tmp_path: Path) -> None:
    """Where dpkg has written no log, other package managers may have done anything."""
    assert "log of dpkg" in why(reading("package_changes", {"/var/log/dpkg.log": tmp_path / "none"}))
