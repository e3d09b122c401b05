# Goes back to exactly these versions, or does nothing: rollback LOCK_TIMEOUT keep|new NAME=FORMER... -- NAME=LATTER...
# shellcheck disable=SC2034,SC2154
lock_timeout=$2
conffile=$3
shift 3
pins=
latter=
into=pins
for pin; do
    case $into-$pin in
        pins---) into=latter ;;
        pins-*) pins="$pins$pin
" ;;
        *) latter="$latter$pin
" ;;
    esac
done
set -f

# A file that was cut short would stop dpkg half-way, so it is read to its end; and it must be what its name says.
whole() {
    [ "$(dpkg-deb -f "$1" Version 2>/dev/null)" = "${2#*=}" ] && dpkg-deb --fsys-tarfile "$1" >/dev/null 2>&1
}

offered() {
    apt-cache madison "${1%%=*}" 2>/dev/null | awk -F ' *[|] *' -v version="${1#*=}" '$2 == version { found = 1 } END { exit !found }'
}

wait_for_locks
if [ "${HEALER_ATTEMPT:-1}" -gt 1 ]; then
    say "attempt $HEALER_ATTEMPT: the one before was cut off, so what it left is ended first"
    repaired || exit "$left"
fi
! journal_is_dirty || stop 41 'an earlier transaction was interrupted; it must be repaired first'
before=$(installed)
wanted=$({ printf '%s\n' "$before"; echo '--'; printf '%s' "$pins"; } | awk '
    $0 == "--" { second = 1; next }
    !second { version[$1] = $2; next }
    { at = index($0, "="); if (version[substr($0, 1, at - 1)] != substr($0, at + 1)) print }')
if [ -z "$wanted" ]; then
    say 'everything is at its former version already'
    exit 10
fi

# Whoever has moved or removed one of them since did so for a reason, and it may be months ago that the upgrade was made.
moved=$({ printf '%s\n' "$before"; echo '--'; printf '%s\n' "$wanted"; echo '--'; printf '%s' "$latter"; } | awk '
    $0 == "--" { part++; next }
    !part { version[$1] = $2; next }
    { at = index($0, "="); name = substr($0, 1, at - 1); there = substr($0, at + 1) }
    part == 1 { wanted[name] = 1; next }
    !(name in wanted) || version[name] == there { next }
    { printf "%s %s %s", (found++ ? "," : ""), name, (version[name] == "" ? "is gone" : "is at " version[name] ", not " there) }')
[ -z "$moved" ] || stop 50 "somebody else was at work on the packages meanwhile:$moved: nothing was done"

targets=
absent=
unpacked=0
for pin in $wanted; do
    deb=$(archive "$pin" "$kept" /var/cache/apt/archives)
    if [ -n "$deb" ] && whole "$deb" "$pin"; then
        targets="$targets $deb"
        unpacked=$((unpacked + $(stat -c %s "$deb") / 1024))
    elif offered "$pin"; then
        targets="$targets $pin"
    else
        absent="$absent ${pin%%=*} ${pin#*=}"
    fi
done
[ -z "$absent" ] || stop 48 "no archive of$absent is at hand: nothing was done"

# shellcheck disable=SC2086
simulation=$(apt-get -s -q -o Debug::NoLocking=1 --allow-downgrades install $targets 2>&1) ||
    stop 49 "apt would not go back: $(printf '%s\n' "$simulation" | grep '^E: ' | tail -n 1): nothing was done"
touched=$({ printf '%s\n' "$wanted"; echo '--'; printf '%s\n' "$simulation"; } | awk '
    $0 == "--" { second = 1; next }
    !second { wanted[substr($0, 1, index($0, "=") - 1)] = 1; next }
    /^(Inst|Remv|Purg) / && ($1 != "Inst" || !($2 in wanted)) { printf "%s%s", ($1 == "Inst" ? " " : " removal of "), $2 }')
[ -z "$touched" ] || stop 49 "going back would touch more than what was upgraded:$touched: nothing was done"

room /var/lib/dpkg 20480
room / 20480
room /usr $((4 * unpacked + 20480))

case $conffile in
    new) choice=--force-confnew ;;
    *) choice=--force-confold UCF_FORCE_CONFFOLD=1 && export UCF_FORCE_CONFFOLD ;;
esac
go_back() {
    # The archives lie where apt's own user may not read.
    # shellcheck disable=SC2086
    in_turn apt-get -q -y --no-remove --allow-downgrades -o "DPkg::Lock::Timeout=$lock_timeout" -o Dpkg::Use-Pty=0 \
        -o APT::Sandbox::User=root -o Acquire::Retries=2 -o Acquire::http::Timeout=30 -o Dpkg::Options::=--force-confdef \
        -o "Dpkg::Options::=$choice" "$@" install $targets
}
go_back -d || stop 44 'not every former version could be fetched: nothing was done'
automatic=$(apt-mark showauto)
units=$(units_now)
go_back
status=$?
restore=$({ printf '%s\n' "$automatic"; echo '--'; printf '%s\n' "$wanted"; } | awk '
    $0 == "--" { second = 1; next }
    !second { automatic[$1] = 1; next }
    { sub(/=.*/, ""); if ($0 in automatic) print }')
# shellcheck disable=SC2086
[ -z "$restore" ] || apt-mark -q auto $restore >/dev/null || say 'the marks of automatic packages could not be restored'
tell_versions "$before" "$wanted"
tell_restarts "$units"
[ "$status" -eq 0 ] || stop "$status" "apt-get ended with status $status"
left=$(missed "$wanted")
[ -z "$left" ] || stop 45 "not at the former version: $left"
