#!/bin/sh
# Boots one host again and again for as long as it asks for a reboot (systemd-nspawn then exits with 133).
# Arguments: RECORD GROUP LINK SECOND BRIDGE NSPAWN...
#   RECORD  gets "pid start-time" of this process        GROUP           control group of the host, below the root
#   LINK    our end of the host's link                   SECOND, BRIDGE  our end of a second link and its bridge, or two ""
set -u
record=$1 group=$2 link=$3 second=$4 bridge=$5
shift 5

start_time() {
    # Field 22 of proc(5) stat; the name in field 2 may hold anything, so count from behind it.
    read -r stat </proc/$$/stat
    # shellcheck disable=SC2086 # splitting into fields is wanted
    set -- ${stat##*) }
    shift 19
    echo "$1"
}
echo "$$ $(start_time)" >"$record.part" && mv "$record.part" "$record" || exit 1

attach_second() {
    # nspawn makes both ends of this link but ties our end to nothing. Gives up after 30 s, or when this script is killed.
    tries=300
    until ip link set "$second" master "$bridge" up 2>/dev/null || [ "$tries" -eq 0 ]; do
        tries=$((tries - 1))
        sleep 0.1
        kill -0 $$ 2>/dev/null || return
    done
}

status=133
while [ "$status" -eq 133 ]; do
    # A host that was killed leaves its links behind, and the next boot would fail with "File exists".
    ip link delete "$link" 2>/dev/null
    if [ -n "$second" ]; then
        ip link delete "$second" 2>/dev/null
        attach_second &
    fi
    sh "${0%/*}/in_group.sh" "$group" "$@"
    status=$?
done
ip link delete "$link" 2>/dev/null
exit "$status"
