# Installs, or with `download` only fetches, exactly what was planned: MODE LOCK_TIMEOUT keep|new NAME=VERSION... -- COMPANION=VERSION...
mode=$1
lock_timeout=$2
conffile=$3
shift 3
planned=
companions=
into=planned
for pin; do
    case $into-$pin in
        planned---) into=companions ;;
        planned-*) planned="$planned$pin
" ;;
        *) companions="$companions$pin
" ;;
    esac
done
set -f

is_full() {
    [ -d "$1" ] || return 1
    [ "$(df -Pk "$1" | awk 'NR == 2 { print $4 }')" -ge 1024 ] || return 0
    [ "$(df -Pi "$1" | awk 'NR == 2 { print $2 > 0 ? $4 : 1000 }')" -lt 10 ]
}

# dpkg would ask about a configuration file that was changed here AND has a new default: name those, they are decided beforehand.
predict_conffiles() {
    for pin in $pins; do
        deb=$(archive "$pin")
        # shellcheck disable=SC2016
        [ -z "$deb" ] || dpkg-query -W -f='${Conffiles}\n' "${pin%%=*}" 2>/dev/null | while read -r path recorded flag; do
            if [ -n "$flag" ] || [ ! -f "$path" ] || [ "$recorded" = newconffile ]; then continue; fi
            here=$(md5sum <"$path")
            [ "${here%% *}" != "$recorded" ] || continue
            new=$(dpkg-deb --fsys-tarfile "$deb" | tar -xOf - ".$path" 2>/dev/null | md5sum)
            [ "${new%% *}" = "$recorded" ] || [ "${new%% *}" = "${here%% *}" ] || say "conffile-$conffile $path ${pin%%=*}"
        done
    done
}

apt_install() {
    case $conffile in
        new) choice=--force-confnew ;;
        *) choice=--force-confold UCF_FORCE_CONFFOLD=1 && export UCF_FORCE_CONFFOLD ;;
    esac
    # --force-confdef alone would ask where a package names no default.
    # shellcheck disable=SC2086
    "$how" apt-get -q -y --no-remove -o "DPkg::Lock::Timeout=$lock_timeout" -o Dpkg::Use-Pty=0 -o Acquire::Retries=2 \
        -o Acquire::http::Timeout=30 -o Dpkg::Options::=--force-confdef -o "Dpkg::Options::=$choice" "$@" install $pins
}

wait_for_locks
if [ "${HEALER_ATTEMPT:-1}" -gt 1 ] && [ "$mode" != download ]; then
    say "attempt $HEALER_ATTEMPT: the one before was cut off, so what it left is ended first"
    # shellcheck disable=SC2154
    repaired || exit "$left"
fi
! journal_is_dirty || stop 41 'an earlier transaction was interrupted; it must be repaired first'
before=$(installed)

# Which of the planned packages are to be upgraded, which are new. A package that was removed since counts as new and, when nothing
# asks for it, is not brought back.
wanted=$({ printf '%s\n' "$before"; echo '--'; printf '%s' "$planned"; } | awk '
    $0 == "--" { second = 1; next }
    !second { version[$1] = $2; next }
    { at = index($0, "="); name = substr($0, 1, at - 1); if ((name in version) && version[name] != substr($0, at + 1)) print }')
if [ -z "$wanted" ]; then
    [ "${HEALER_ATTEMPT:-1}" -eq 1 ] || tell_versions "$before" "$(printf '%s' "$planned")"
    say 'everything is already as planned'
    exit 10
fi
# shellcheck disable=SC2086
simulation=$(apt-get -s -q -o Debug::NoLocking=1 --only-upgrade install $wanted) ||
    stop 43 'the plan no longer holds: apt does not offer these versions any more'
gone=$(printf '%s\n' "$simulation" | awk '/^(Remv|Purg) / { printf "%s ", $2 }')
[ -z "$gone" ] || stop 43 "the plan no longer holds: it would remove $gone"

# What dependencies pull in must be among the planned or their companions, at the version named there.
pins=$({ printf '%s\n' "$wanted"; echo '--'; printf '%s%s' "$planned" "$companions"; echo '--'; printf '%s\n' "$simulation"; } | awk '
    $0 == "--" { part++; next }
    { at = index($0, "=") }
    !part { pinned[substr($0, 1, at - 1)] = 1; print; next }
    part == 1 { if (!(substr($0, 1, at - 1) in known)) known[substr($0, 1, at - 1)] = $0; next }
    /^Inst / && !($2 in pinned) { print ($2 in known) ? known[$2] : "unplanned=" $2 }')
unplanned=$(printf '%s\n' "$pins" | sed -n 's/^unplanned=//p' | tr '\n' ' ')
[ -z "$unplanned" ] || stop 43 "the plan no longer holds: it would also install $unplanned"

# shellcheck disable=SC2086
download=$(apt-get -q -q -y --print-uris --no-remove install $pins | awk '/^\047/ { sum += $3 } END { printf "%d", sum / 1024 }')
unpacked=$download
for pin in $pins; do
    deb=$(archive "$pin")
    [ -z "$deb" ] || unpacked=$((unpacked + $(stat -c %s "$deb") / 1024))
done
room /var/cache/apt/archives $((download + 20480))
room /var/lib/dpkg 20480
room / 20480
room /usr $((4 * unpacked + 20480))
case " $pins" in
    *linux-image-* | *initramfs-tools* | *-microcode=* | *firmware-*) room /boot 102400 ;;
esac

how=heard
# shellcheck disable=SC2154
apt_install -d || stop 44 "not every package could be fetched: $why"
how=in_turn
predict_conffiles
keep_former "$pins" "$before"
if [ "$mode" = download ]; then
    simulate_return "$pins"
    exit 0
fi
automatic=$(apt-mark showauto)
units=$(units_now)
began=$(date +%s)
apt_install
status=$?
if [ "$status" -gt 128 ]; then
    say "apt-get was ended by signal $((status - 128)): what it left is ended, and it goes on"
    if repaired; then
        apt_install
        status=$?
    fi
fi

# Packages named on apt's command line lose their mark as automatic; new ones are here only because others depend on them.
restore=$({ printf '%s\n' "$automatic"; echo '--'; printf '%s\n' "$before"; echo '--'; printf '%s\n' "$pins"; } | awk '
    $0 == "--" { part++; next }
    !part { automatic[$1] = 1; next }
    part == 1 { present[$1] = 1; next }
    { sub(/=.*/, ""); if (($0 in automatic) || !($0 in present)) print }')
# shellcheck disable=SC2086
[ -z "$restore" ] || apt-mark -q auto $restore >/dev/null || say 'the marks of automatic packages could not be restored'

# What the attempt before has moved already is a part of it too.
tell_versions "$before" "$({ printf '%s\n' "$pins" && { [ "${HEALER_ATTEMPT:-1}" -eq 1 ] || printf '%s' "$planned"; }; } | sort -u)"
tell_restarts "$units"
# Their times of modification come from the package: only the change time tells that they are new.
find /etc -xdev \( -name '*.dpkg-dist' -o -name '*.dpkg-new' -o -name '*.ucf-dist' \) -newerct "@$began" -print 2>/dev/null |
    sed 's/^/healer: conffile-left /'
# When a disk is full what apt says of it may find no room either: the exit code still tells.
if [ "$status" -ne 0 ]; then
    for path in /var/lib/dpkg /var/cache/apt/archives / /usr /boot; do
        is_full "$path" && stop 47 "no room is left in $path"
    done
fi
[ "$status" -eq 0 ] || stop "$status" "apt-get ended with status $status"
missed=$(missed "$pins")
[ -z "$missed" ] || stop 45 "not at the planned version: $missed"
