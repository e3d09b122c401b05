# shellcheck shell=sh
# Processes in the D state, zombies, kills for memory, and sockets whose queue of connections is full. Prints, tab separated:
#   init     CGROUP-OF-PROCESS-1
#   oom      COUNT
#   blocked  PID START-TICKS PARENT WCHAN CGROUP NAME
#   zombies  COUNT PARENT CGROUP NAME-OF-PARENT
#   killed   UNIT
#   backlog  PORT WAITING MOST PID CGROUP NAME
#   end
# Whoever looks at more than a few processes in the shell is slow, so awk picks those that matter from all of them.
TAB=$(printf '\t')

# cgroup_of PID: its line, as systemd names it.
cgroup_of() {
  cgroup_=
  while IFS=: read -r _ controllers_ path_; do
    case $controllers_ in
      name=systemd)
        cgroup_=$path_
        break
        ;;
      '') cgroup_=$path_ ;;
    esac
  done 2>/dev/null <"/proc/$1/cgroup"
}

# name_of PID
name_of() {
  name_=$(first_line "/proc/$1/comm" | tr '\t' ' ')
}

# Fields after the name of proc(5): 1 state, 2 parent, 7 flags, 20 start. Kernel threads wait in the D state by trade.
# shellcheck disable=SC2016
picked() {
  cat /proc/[0-9]*/stat 2>/dev/null | awk '
    match($0, /\)[^)]*$/) {
      split(substr($0, RSTART + 2), rest, " ")
      if (int(rest[7] / 2097152) % 2) next
      if (rest[1] == "D" && blocked++ < 200) print "blocked\t" $1 "\t" rest[20] "\t" rest[2]
      if (rest[1] == "Z") dead[rest[2]]++
    }
    END { for (pid in dead) print "zombies\t" dead[pid] "\t" pid }'
}

processes() {
  while IFS=$TAB read -r kind_ one_ two_ three_; do
    case $kind_ in
      blocked)
        cgroup_of "$one_"
        name_of "$one_"
        # One that goes on before it is looked at was not stuck.
        [ -n "$name_" ] || continue
        printf 'blocked\t%s\t%s\t%s\t%s\t%s\t%s\n' "$one_" "$two_" "$three_" "$(first_line "/proc/$one_/wchan")" "$cgroup_" "$name_"
        ;;
      zombies)
        cgroup_of "$two_"
        name_of "$two_"
        printf 'zombies\t%s\t%s\t%s\t%s\n' "$one_" "$two_" "$cgroup_" "$name_"
        ;;
    esac
  done
}

# The kernel counts in the group of the unit, as long as that lives; systemd remembers why the unit ended.
killed() {
  groups_=/sys/fs/cgroup
  grep -ls '^oom_kill [1-9]' $groups_/*.slice/*.service/memory.events $groups_/*.slice/*/*.service/memory.events \
    $groups_/memory/*.slice/*.service/memory.oom_control |
    sed 's#/memory\.[a-z_]*$##; s#.*/#killed'"$TAB"'#'
  [ -d /run/systemd/system ] && have systemctl || return 0
  set --
  while read -r first second _; do
    case $first in *.service) set -- "$@" "$first" ;; *) case $second in *.service) set -- "$@" "$second" ;; esac ;; esac
  done <<END
$(systemctl list-units --type=service --state=failed,auto-restart --all --full --plain --no-legend --no-pager 2>/dev/null)
END
  [ $# -gt 0 ] || return 0
  systemctl show --property=Id,Result -- "$@" 2>/dev/null | awk -F= '
    $1 == "Id" { id = $2 } $1 == "Result" { result = $2 } NF == 0 { tell() } END { tell() }
    function tell() { if (result == "oom-kill") print "killed\t" id; result = "" }'
}

# Only where a queue is full the processes are searched for who should have emptied it.
backlogs() {
  have ss || return 0
  ss -ltnH 2>/dev/null | awk '$3 > 0 && $2 >= $3 { found = 1 } END { exit !found }' || return 0
  ss -ltnpH 2>/dev/null | awk '$3 > 0 && $2 >= $3 {
      port = $4; sub(/.*:/, "", port)
      pid = match($0, /pid=[0-9]+/) ? substr($0, RSTART + 4, RLENGTH - 4) : "0"
      print port, $2, $3, pid
    }' | while read -r port_ waiting_ most_ pid_; do
    cgroup_of "$pid_"
    name_of "$pid_"
    printf 'backlog\t%s\t%s\t%s\t%s\t%s\t%s\n' "$port_" "$waiting_" "$most_" "$pid_" "$cgroup_" "$name_"
  done
}

[ -r /proc/self/stat ] || fail "there is no /proc here"
cgroup_of 1
printf 'init\t%s\n' "$cgroup_"
printf 'oom\t%s\n' "$(sed -n 's/^oom_kill //p' /proc/vmstat)"
picked | processes
killed
backlogs
echo end
