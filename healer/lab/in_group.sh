#!/bin/sh
# Becomes another program inside a control group of its own. Arguments: GROUP PROGRAM...
# systemd-nspawn makes its `payload` and `supervisor` below the group that it finds itself in.
set -u
group=$1
shift
for tree in /sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
    [ -f "$tree/cgroup.procs" ] || continue
    mkdir -p "$tree/$group"
    echo $$ >"$tree/$group/cgroup.procs"
done
exec "$@"
