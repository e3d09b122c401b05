"""The link breaks while an archive is on its way: nothing is given back that was not verified, and the next pass goes on."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from console import Console, finished, sh, wait_for
from fault_proxy import FaultProxy
from lab_cuts import routed
from log_writers import Filler, clean, kept, restored, sha256, sha256_of, used

from healer.lab.lab import Lab
from healer.lab.machine import LabHost

MIB = 2**20
FLAGS = ("--over", "30%", "--target", "20%", "--json")


@pytest.fixture
def host(log_lab: Lab) -> Iterator[LabHost]:
    """Return a host, and clean it afterwards."""
    host = log_lab.host("h2")
    clean(host)
    yield host
    clean(host)


def test_a_stream_that_is_cut_each_time_frees_nothing_and_the_next_pass_goes_on(log_lab: Lab, host: LabHost, tmp_path: Path) -> None:
    """Cut again and again before its end: no archive counts, not a block is freed, nobody has to let the host go; the next pass frees."""
    console, filler = Console(tmp_path, log_lab), Filler(host, "/var/log/shop/app.log", most=120 * MIB).start()
    before, blocks = sha256(host, filler.path), sh(host, f"sync; stat -c '%i %s %b' {filler.path}")
    with routed(console, {"h2": True}) as proxies:
        proxy = proxies["h2"]
        cut_on(proxy)
        answer = console.healer("logs", *FLAGS)
        assert (1, {"h2": "failed"}) == (answer.code, answer.ends), answer.text
        assert proxy.fired > 1
        assert "app.log was not archived" in answer.text
        assert "Traceback" not in answer.err
        archives = [name for name in kept(console, "h2") if name.startswith("app.log")]
        assert ([], blocks, before) == (archives, sh(host, f"stat -c '%i %s %b' {filler.path}"), sha256(host, filler.path))
        proxy.forget()

        answer = console.healer("logs", *FLAGS)

        assert (0, {"h2": "changed"}) == (answer.code, answer.ends), answer.text
        assert used(host) <= 30
        assert before == sha256_of(restored(console, "h2", filler.path))


def cut_on(proxy: FaultProxy) -> None:
    """Cut the link after each 20 MiB that have come from the host."""
    proxy.after(lambda: (proxy.cut(), cut_on(proxy)), down=20 * MIB)


def test_a_link_that_comes_back_at_once_costs_nothing(log_lab: Lab, host: LabHost, tmp_path: Path) -> None:
    """Cut in the middle of the stream and free again: the archive is made anew within the same pass, once, and nothing is missing."""
    console, filler = Console(tmp_path, log_lab), Filler(host, "/var/log/shop/app.log", most=120 * MIB).start()
    before, writer = sha256(host, filler.path), filler.process
    with routed(console, {"h2": True}) as proxies:
        proxy = proxies["h2"]
        proxy.after(proxy.reset, down=20 * MIB)
        answer = finished(console.spawn("logs", *FLAGS))
        assert (0, {"h2": "changed"}, 1) == (answer.code, answer.ends, proxy.fired), answer.text
        assert [name for name in kept(console, "h2") if name.startswith("app.log.")] == kept(console, "h2")
        filler.speak()
        wait_for(lambda: sh(host, f"tail -n 1 {filler.path}").endswith("alive"))
        whole = restored(console, "h2", filler.path).read_bytes()

    assert writer == filler.process
    (tmp_path / "without").write_bytes(whole.removesuffix(b"alive\n"))
    assert before == sha256_of(tmp_path / "without")
