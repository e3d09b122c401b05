# shellcheck shell=sh
# The services that are in trouble, and those that the words name: units, or patterns of them. Programs are started as few as can be,
# for this is read every few seconds.

header() {
  IFS= read -r boot_ </proc/sys/kernel/random/boot_id 2>/dev/null || fail "the kernel tells no boot id"
  read -r uptime_ _ </proc/uptime 2>/dev/null || fail "the kernel does not tell for how long it has been up"
  printf 'manager=%s\nboot_id=%s\nuptime=%s\n' "$1" "$boot_" "$uptime_"
}

by_systemd() {
  listed=$(systemctl list-units --type=service --state=failed,auto-restart,auto-restart-queued \
    --all --full --plain --no-legend --no-pager) || fail "systemctl could not list the services in trouble"
  set -f
  # Some versions put a bullet before the name of a unit that has failed.
  while read -r first second _; do
    case $first in
      *.service) set -- "$@" "$first" ;;
      *) case $second in *.service) set -- "$@" "$second" ;; esac ;;
    esac
  done <<END
$listed
END
  header systemd
  echo '-- services'
  [ $# -gt 0 ] || return 0
  properties=Id,Names,LoadState,ActiveState,SubState,Result,Type,UnitFileState,Restart,NRestarts,InvocationID,MainPID,ExecMainStatus
  properties=$properties,ActiveEnterTimestampMonotonic,StateChangeTimestampMonotonic,CPUUsageNSec,Job,TriggeredBy,CanReload
  properties=$properties,RefuseManualStop,FragmentPath
  systemctl show --no-pager --all "--property=$properties" -- "$@" || fail "systemctl could not show the services"
}

# block NAME ACTIVE SUB ENABLED: one service in the words of systemd.
block() {
  printf 'Id=%s.service\nNames=%s.service\nLoadState=loaded\nActiveState=%s\nSubState=%s\nUnitFileState=%s\nFragmentPath=/etc/init.d/%s\n\n' \
    "$1" "$1" "$2" "$3" "$4" "$1"
}

# each WORD COMMAND: call the command with the name of every init script that the unit or pattern stands for.
each() {
  IFS=
  # shellcheck disable=SC2086
  for file_ in /etc/init.d/${1%.service}; do
    [ ! -x "$file_" ] || "$2" "${file_##*/}"
  done
  unset IFS
}

line_feed='
'

openrc_state() {
  for state_ in started starting stopping inactive failed; do
    [ ! -e "/run/openrc/$state_/$1" ] || break
    state_=stopped
  done
  # A daemon that has crashed is `started` for OpenRC.
  case $line_feed$crashed$line_feed in *"$line_feed$1$line_feed"*) state_=crashed ;; esac
  enabled_=disabled
  for level_ in /etc/runlevels/*/"$1"; do
    [ ! -e "$level_" ] || enabled_=enabled
  done
  case $state_ in
    started) block "$1" active running "$enabled_" ;;
    starting) block "$1" activating start "$enabled_" ;;
    stopping) block "$1" deactivating stop "$enabled_" ;;
    failed | crashed) block "$1" failed "$state_" "$enabled_" ;;
    *) block "$1" inactive dead "$enabled_" ;;
  esac
}

by_openrc() {
  # It ends with 1 when none has crashed.
  crashed=$(rc-status --crashed 2>/dev/null) || [ -z "$crashed" ] || fail "rc-status could not list the services that have crashed"
  header openrc
  echo '-- services'
  for word; do
    each "$word" openrc_state
  done
  while read -r name_; do
    [ -z "$name_" ] || openrc_state "$name_"
  done <<END
$crashed
END
}

sysv_state() {
  status_=0
  timeout 5 "/etc/init.d/$1" status >/dev/null 2>&1 </dev/null || status_=$?
  enabled_=disabled
  for link_ in /etc/rc[2-5].d/S[0-9]*"$1" /etc/rc.d/rc[2-5].d/S[0-9]*"$1"; do
    case ${link_##*/S} in [0-9][0-9]"$1") [ ! -e "$link_" ] || enabled_=enabled ;; esac
  done
  # The Linux Standard Base says what the status means: 1 and 2 are dead with a pid file or a lock left, 3 is stopped.
  case $status_ in
    0) block "$1" active running "$enabled_" ;;
    1 | 2) block "$1" failed dead "$enabled_" ;;
    3) block "$1" inactive dead "$enabled_" ;;
    *) block "$1" unknown unknown "$enabled_" ;;
  esac
}

by_sysv() {
  [ $# -gt 0 ] || fail "init scripts do not tell which services have failed: name them in the variable services"
  header sysv
  echo '-- services'
  for word; do
    each "$word" sysv_state
  done
}

for word; do
  printf 'named=%s\n' "$word"
done
if [ -d /run/systemd/system ]; then
  needs_systemd
  by_systemd "$@"
elif [ -d /run/openrc ] && have rc-status; then
  by_openrc "$@"
elif [ -d /etc/init.d ] && [ "$(first_line /proc/1/comm)" = init ]; then
  by_sysv "$@"
else
  fail "neither systemd nor OpenRC nor init scripts run this host"
fi
