# shellcheck shell=sh
# Helpers that stand before every section.

# have PROGRAM: whether it can be run here.
have() {
  command -v "$1" >/dev/null 2>&1
}

# fail WORDS...: end the section; the words become the reason why the reading is unknown.
fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

# first_line FILE: its first line, or nothing.
first_line() {
  first_line_=
  if [ -r "$1" ]; then
    IFS= read -r first_line_ <"$1" 2>/dev/null || :
  fi
  printf '%s' "$first_line_"
}

# is_root: whether the section runs as root.
is_root() {
  [ "$(id -u)" = 0 ]
}

# container_kind: systemd-detect-virt's word for the container that this is, or nothing on a machine with a kernel of its own.
container_kind() {
  if have systemd-detect-virt; then
    container_=$(systemd-detect-virt --container 2>/dev/null) || container_=
    [ "$container_" = none ] || printf '%s' "$container_"
  elif [ -r /run/systemd/container ]; then
    first_line /run/systemd/container
  elif [ -e /run/.containerenv ]; then
    printf podman
  elif [ -e /.dockerenv ]; then
    printf docker
  elif [ -d /proc/vz ] && [ ! -d /proc/bc ]; then
    printf openvz
  else
    tr '\0' '\n' 2>/dev/null </proc/1/environ | sed -n 's/^container=//p'
  fi
}

# needs_systemd: end the section where another program is the service manager.
needs_systemd() {
  [ -d /run/systemd/system ] || fail "systemd does not run this host"
  have systemctl || fail "there is no systemctl here"
}

# again COMMAND...: what it prints in the first of five goes in which it comes to its end. For scans of /proc: mawk gives up on a file
# that it cannot read to its end, and a process that ends at that moment makes its file such a one. The next scan finds it gone.
again() {
  attempts_=5
  until said_=$("$@"); do
    attempts_=$((attempts_ - 1))
    [ "$attempts_" -gt 0 ] || return 1
  done
  printf '%s\n' "$said_"
}
