# Needs lock_holders. Prints the clock's rate, the uptime, and per holder: lock file, process, start in ticks, cgroup, command.
echo "ticks $(getconf CLK_TCK 2>/dev/null || echo 100)"
read -r up _ </proc/uptime
echo "uptime $up"
lock_holders | sort -u | while IFS='	' read -r pid path; do
    start=$(awk '{ sub(/.*\) /, ""); print $20 }' "/proc/$pid/stat" 2>/dev/null)
    group=$(awk -F: '/^[0-9]+:name=systemd:/ { v1 = $3 } /^0::/ { v2 = $3 } END { print v1 != "" ? v1 : v2 }' "/proc/$pid/cgroup" 2>/dev/null)
    command=$(tr '\0\n\t' '   ' <"/proc/$pid/cmdline" 2>/dev/null | cut -c1-200)
    [ -z "$start" ] || printf 'holder\t%s\t%s\t%s\t%s\t%s\n' "$path" "$pid" "$start" "$group" "$command"
done
