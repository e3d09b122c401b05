#!/bin/sh
# Every check and every test. The lab's tests need root on Linux with systemd-nspawn; elsewhere they are left out, and that is said.
set -eu
bin=$1
sh tools/lint.sh "$bin"
if "$bin/python" -m healer.lab.requirements; then
    exec "$bin/pytest" -q --side-by-side --cov --cov-report=term:skip-covered
fi
echo "test: the tests on real hosts are left out on this machine for the reasons above" >&2
exec "$bin/pytest" -q -m "not system"
