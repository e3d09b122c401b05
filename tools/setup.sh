#!/bin/sh
# Makes this checkout ready: system packages (as root, where apt is), a virtual environment, the pinned Python packages.
# Quick when nothing is to be done. Says plainly what it cannot do.
set -eu
venv=$1
packages="python3 python3-venv openssh-client openssh-server sudo shellcheck busybox-static systemd-container mmdebstrap btrfs-progs e2fsprogs
    iproute2 util-linux dpkg apt gpg gpgconf tar tmux"

python_is_new() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

missing_packages() {
    for package in $packages; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q ' installed$' || printf '%s ' "$package"
    done
}

install_packages() {
    missing=$(missing_packages)
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" != 0 ]; then
        echo "setup: not root, so these packages stay missing: $missing" >&2
        return 0
    fi
    echo "setup: installing $missing"
    # Nothing that is installed for tests may start a service on this machine.
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
        trap 'rm -f /usr/sbin/policy-rc.d' EXIT
    fi
    export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
    apt-get -q update >/dev/null || echo "setup: the package lists could not be refreshed; trying with what is there" >&2
    # shellcheck disable=SC2086  # a list of package names
    apt-get -q -y install --no-install-recommends $missing >/dev/null || {
        echo "setup: some packages could not be installed; the tests will say which they miss" >&2
    }
}

if command -v dpkg-query >/dev/null 2>&1; then
    install_packages
else
    echo "setup: no apt on this machine; install yourself: $packages" >&2
fi

stamp=$venv/.ready
if [ -e "$stamp" ] && [ -z "$(find pyproject.toml constraints.txt -newer "$stamp")" ]; then
    exit 0
fi
for python in "${PYTHON:-}" python3 python3.13 python3.12 python3.11; do
    [ -n "$python" ] && command -v "$python" >/dev/null 2>&1 && python_is_new "$python" && break
    python=
done
if [ -z "$python" ]; then
    echo "setup: no Python 3.11 or newer was found; install python3 or set PYTHON" >&2
    exit 1
fi
echo "setup: virtual environment in $venv"
[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
"$venv/bin/python" -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[dev]' || {
    echo "setup: pip could not install the Python packages; is the network or a package mirror there?" >&2
    exit 1
}
touch "$stamp"
