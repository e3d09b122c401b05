# shellcheck shell=sh
# What the next act would destroy: how the unit stands, its last lines, and what its processes wait for. Reads only; each piece is bounded.
# 1: unit; then the words of a debugger, which gets the main process's number behind them: only where the policy names one.

unit=$1
shift
most=16384
few=8

# piece SECONDS COMMAND...: its output under its own words, cut off.
piece() {
  patience=$1
  shift
  printf '\n== %s\n' "$*"
  if command -v timeout >/dev/null 2>&1; then
    timeout "$patience" "$@" 2>&1 </dev/null | head -c "$most"
  else
    "$@" 2>&1 </dev/null | head -c "$most"
  fi
  echo
}

# told FILE: what it says, under its name; silent where it cannot be read.
told() {
  content=$(head -c 4096 "$1" 2>/dev/null | tr '\0' ' ')
  [ -z "$content" ] || printf '\n-- %s\n%s\n' "$1" "$content"
}

shown() {
  systemctl show -p "$1" -- "$unit" 2>/dev/null | sed -n "s/^$1=//p"
}

processes() {
  for group in "/sys/fs/cgroup$1/cgroup.procs" "/sys/fs/cgroup/systemd$1/cgroup.procs"; do
    [ -r "$group" ] && cat "$group" && return
  done
}

main='' group=''
if command -v systemctl >/dev/null 2>&1; then
  main=$(shown MainPID) group=$(shown ControlGroup)
  piece 3 systemctl status --no-pager --full --lines=0 -- "$unit"
  piece 3 systemctl show -- "$unit"
  piece 4 journalctl --no-pager --quiet --output=short-iso --lines=200 --unit="$unit"
fi
[ "$main" = 0 ] && main=''

pids=$({
  [ -z "$main" ] || echo "$main"
  [ -z "$group" ] || processes "$group" 2>/dev/null
} | awk -v few="$few" '!seen[$1]++ && ++count <= few')
for pid in $pids; do
  for what in status wchan stack; do
    told "/proc/$pid/$what"
  done
done
[ -z "$main" ] || told "/proc/$main/limits"

if [ -n "$pids" ] && command -v ss >/dev/null 2>&1; then
  printf '\n== its sockets\n'
  pattern=$(for pid in $pids; do printf '%spid=%s,' "${between-}" "$pid" && between='|'; done)
  ss -H -a -n -p -t -u -x 2>/dev/null | grep -E "$pattern" | head -n 60 | head -c "$most"
fi
for pressure in /proc/pressure/cpu /proc/pressure/io /proc/pressure/memory /proc/loadavg; do
  told "$pressure"
done
[ "$#" = 0 ] || [ -z "$main" ] || piece 5 "$@" "$main"
exit 0
