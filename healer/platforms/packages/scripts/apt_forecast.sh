# Reads running_code. Needs owners_of_paths, untouched and fingerprint. $1 is the fingerprint of an earlier answer of apt_updates.sh, the
# others the packages that had an update then: where nothing has changed since, apt is not asked for them. Prints `init` and `process` lines as they came, and
#   running   PACKAGE PID PATH    a process maps a file of a package with an update
#   restarts  PACKAGE UNIT        an active unit that the scripts of such a package restart
scan=$(cat)
set -f
if [ -n "${1-}" ] && [ "$1" = "$(fingerprint)" ]; then
    shift
    pending=$(printf '%s\n' "$@")
else
    # shellcheck disable=SC2016
    names=$(dpkg-query -W -f='${db:Status-Abbrev}${Package}:${Architecture}\n' | sed -n 's/^.i.//p' | sed 's/:all$//')
    # shellcheck disable=SC2086
    pending=$(untouched apt-cache policy $names | awk '
    /^[^ ]/ { name = $1; sub(/:$/, "", name); sub(/:.*/, "", name) }
    $1 == "Installed:" { installed = $2 }
    $1 == "Candidate:" && $2 != installed && $2 != "(none)" && installed != "(none)" { print name }' | sort -u)
fi
owned=$(printf '%s\n' "$scan" | awk -F '\t' '
    $1 == "mapped" && $3 != "other" { sub(/ \(deleted\)$/, "", $6); if (!($6 in told)) { told[$6] = 1; print $6 } }' | owners_of_paths)
{
    # shellcheck disable=SC2086
    printf 'pending\t%s\n' $pending
    printf '%s\n' "$owned"
    printf '%s\n' "$scan"
} | awk -F '\t' '
    $1 == "pending" { pending[$2] = 1 }
    $1 == "owner" { count = split($2, name, " "); for (i = 1; i <= count; i++) if (name[i] in pending) owner[$3] = name[i] }
    $1 == "init" { print }
    $1 == "process" { process[$2] = $0 }
    $1 == "mapped" && $3 != "other" {
        sub(/ \(deleted\)$/, "", $6)
        if (!($6 in owner)) next
        if ($2 in process) { print process[$2]; delete process[$2] }
        print "running\t" owner[$6] "\t" $2 "\t" $6
    }'
# What debhelper writes, and what people write by hand: deb-systemd-invoke and systemctl ACTION UNIT..., invoke-rc.d NAME ACTION.
set +f
# shellcheck disable=SC2016
scripts=$(for name in $pending; do
    for file in "/var/lib/dpkg/info/$name.postinst" "/var/lib/dpkg/info/$name":*.postinst; do
        [ ! -r "$file" ] || printf '%s\n' "$file"
    done
done | tr '\n' '\0' | xargs -0 -r awk '
    FNR == 1 { package = FILENAME; sub(/.*\//, "", package); sub(/(:[^:]*)?\.postinst$/, "", package) }
    /^[ \t]*#/ { next }
    /(deb-systemd-invoke|systemctl)[ \t]+(--?[a-z-]+[ \t]+)*("?[$]\{?_dh_action\}?"?|restart|try-restart)[ \t]/ {
        for (i = 1; i <= NF; i++) { gsub(/[\047"]/, "", $i); if ($i ~ /^[A-Za-z0-9_.@:-]+\.service$/) print package "\t" $i }
        next
    }
    match($0, /invoke-rc\.d[ \t]+(--[a-z-]+[ \t]+)*[a-z0-9][A-Za-z0-9_.+-]*[ \t]+([$]_dh_action|restart|upgrade)/) {
        count = split(substr($0, RSTART, RLENGTH), word, /[ \t]+/)
        print package "\t" word[count - 1] ".service"
    }' | sort -u)
if [ -n "$scripts" ] && [ -d /run/systemd/system ]; then
    # shellcheck disable=SC2046
    active=$(systemctl show -p Id -p ActiveState -- $(printf '%s\n' "$scripts" | cut -f2 | sort -u) 2>/dev/null)
    { printf '%s\n' "$active"; echo '--'; printf '%s\n' "$scripts"; } | awk -F '[=\t]' '
        function tell() { if (state == "active") on[id] = 1; id = state = "" }
        $0 == "--" { tell(); second = 1; next }
        second { if ($2 in on) print "restarts\t" $1 "\t" $2; next }
        $1 == "Id" { id = $2 }
        $1 == "ActiveState" { state = $2 }
        NF == 0 { tell() }'
fi
