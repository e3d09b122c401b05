# shellcheck shell=sh
# What is at hand for giving blocks back. Programs are really run: a name in PATH proves nothing.
quick() {
  timeout -k 1 5 "$@" </dev/null 2>/dev/null
}

# Either must be able to refuse a symbolic link.
if quick perl -MFcntl=O_NOFOLLOW -e 'exit !O_NOFOLLOW'; then
  echo opener perl
elif quick python3 -I -S -c 'import os; os.O_NOFOLLOW' >/dev/null; then
  echo opener python3
fi

# Busybox has a fallocate that knows neither.
case $(quick fallocate --help) in *--collapse-range*) echo collapse ;; esac
case $(quick fallocate --help) in *--punch-hole*) echo punch ;; esac

# The unified hierarchy alone has this file at its root (kernel, admin-guide/cgroup-v2).
if [ -d /run/systemd/system ] && [ -r /sys/fs/cgroup/cgroup.controllers ]; then
  quick systemctl --version | sed -n '1s/^systemd \([0-9][0-9]*\).*/systemd \1/p'
fi
echo end
