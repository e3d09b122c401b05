#!/bin/sh
# Makes this checkout ready: system packages (as root, where apt is), a virtual environment, the pinned Python packages.
# Quick when nothing is to be done. Says plainly what it cannot do, and goes on where the rest is still of use.
set -eu
venv=$1
policy=/usr/sbin/policy-rc.d
made_policy=

# Program (or file) and the package that brings it; a program that is there in whatever way is not asked for again.
needed() {
    cat <<'END'
python3 python3
ssh-keygen openssh-client
/usr/sbin/sshd openssh-server
sudo sudo
shellcheck shellcheck
busybox busybox
zsh zsh
fish fish
tcsh tcsh
systemd-nspawn systemd-container
mmdebstrap mmdebstrap
mkfs.btrfs btrfs-progs
mkfs.ext4 e2fsprogs
losetup mount
ip iproute2
nsenter util-linux
gpg gpg
gpgconf gpgconf
tar tar
strace strace
tmux tmux
END
}

missing_packages() {
    needed | while read -r program package; do
        PATH=$PATH:/usr/sbin:/sbin command -v "$program" >/dev/null 2>&1 || printf '%s ' "$package"
    done
    # It has no program of its own, and without it `python3 -m venv` makes half an environment.
    dpkg-query -W -f='${Status}' python3-venv 2>/dev/null | grep -q ' installed$' || printf 'python3-venv '
}

tidy_up() {
    [ -z "$made_policy" ] || rm -f "$policy"
    made_policy=
}
trap tidy_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# Nothing that is installed for tests may start a service, now or at the next boot.
start_nothing() {
    [ ! -e "$policy" ] || return 0
    made_policy=yes
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
}

apt_install() {
    DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get -q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
        install --no-install-recommends "$@" </dev/null
}

install_packages() {
    missing=$(missing_packages)
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" != 0 ]; then
        echo "setup: not root, so these packages stay missing, and tests that need them will fail: $missing" >&2
        return 0
    fi
    echo "setup: installing $missing"
    start_nothing
    apt-get -q -o Acquire::Retries=2 update >/dev/null </dev/null ||
        echo "setup: the package lists could not be refreshed; trying with what is there" >&2
    # One name that the archive lacks must not keep the others away.
    # shellcheck disable=SC2086  # a list of package names
    apt_install $missing >/dev/null 2>&1 || for package in $missing; do
        said=$(apt_install "$package" 2>&1) || printf 'setup: %s could not be installed: %s\n' "$package" "$(echo "$said" | tail -n 1)" >&2
    done
    case " $missing" in
        *' openssh-server '*) systemctl -q disable ssh.service ssh.socket >/dev/null 2>&1 || true ;;
    esac
    tidy_up
}

python_is_new() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    for python in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11; do
        if [ -n "$python" ] && command -v "$python" >/dev/null 2>&1 && python_is_new "$python"; then
            return 0
        fi
    done
    echo "setup: Python 3.11 or newer is needed, and $(python3 --version 2>/dev/null || echo 'no Python') is here." >&2
    echo "setup: on Ubuntu 22.04: apt-get install python3.11 python3.11-venv; elsewhere install one and set PYTHON=/path/to/python3" >&2
    exit 1
}

if command -v dpkg-query >/dev/null 2>&1; then
    install_packages
else
    echo "setup: no apt on this machine; install yourself: $(needed | cut -d ' ' -f 2 | tr '\n' ' ')" >&2
fi

stamp=$venv/.ready
if [ -e "$stamp" ] && "$venv/bin/python" -c '' 2>/dev/null && [ -z "$(find pyproject.toml constraints.txt -newer "$stamp")" ]; then
    exit 0
fi
find_python
if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    echo "setup: virtual environment in $venv"
    "$python" -m venv --clear "$venv" >"$venv.log" 2>&1 || {
        cat "$venv.log" >&2
        echo "setup: no virtual environment could be made; on Debian and Ubuntu: apt-get install python3-venv" >&2
        exit 1
    }
    rm -f "$venv.log"
fi
echo "setup: installing the pinned Python packages"
"$venv/bin/python" -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[dev]' </dev/null || {
    echo "setup: pip could not install the Python packages; is the network or a package mirror there?" >&2
    exit 1
}
touch "$stamp"
