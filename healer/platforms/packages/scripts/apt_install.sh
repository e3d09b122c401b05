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

# NAME VERSION of everything installed, whole or not; packages of the host's own architecture without it, as apt prints them.
installed() {
    # shellcheck disable=SC2016
    dpkg-query -W -f='${db:Status-Abbrev}${Package}:${Architecture} ${Version}\n' |
        awk -v native=":$(dpkg --print-architecture)" '
            /^.[^nc]/ { name = substr($0, 4); sub(/ .*/, "", name); sub(":all$", "", name); sub(native "$", "", name); print name, $NF }'
}

units_now() {
    systemctl show '*.service' -p Id -p ActiveState -p InvocationID 2>/dev/null | awk -F= '
        function tell() { if (state == "active" && call != "") print id, call; id = state = call = "" }
        $1 == "Id" { id = $2 }
        $1 == "ActiveState" { state = $2 }
        $1 == "InvocationID" { call = $2 }
        NF == 0 { tell() }
        END { tell() }'
}

archive() {
    set +f
    for deb in "/var/cache/apt/archives/${1%%[:=]*}_$(printf '%s' "${1#*=}" | sed 's/:/%3a/g')"_*.deb; do
        [ ! -e "$deb" ] || printf '%s\n' "$deb"
    done | head -n 1
    set -f
}

# room PATH KILOBYTES: stop unless PATH has that many free, and a thousand inodes where their number is fixed.
room() {
    [ -d "$1" ] || return 0
    free=$(df -Pk "$1" | awk 'NR == 2 { print $4 }')
    [ "${free:-0}" -ge "$2" ] || stop 42 "not enough room in $1: $2 kB are needed, ${free:-0} kB are free"
    free=$(df -Pi "$1" | awk 'NR == 2 && $2 > 0 { print $4 }')
    [ "${free:-1000}" -ge 1000 ] || stop 42 "not enough room in $1: only $free inodes are free"
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
    in_turn apt-get -q -y --no-remove -o "DPkg::Lock::Timeout=$lock_timeout" -o Dpkg::Use-Pty=0 -o Acquire::Retries=2 \
        -o Acquire::http::Timeout=30 -o Dpkg::Options::=--force-confdef -o "Dpkg::Options::=$choice" "$@" install $pins
}

wait_for_locks
! journal_is_dirty || stop 41 'an earlier transaction was interrupted; it must be repaired first'
before=$(installed)

# Which of the planned packages are to be upgraded, which are new. A package that was removed since counts as new and, when nothing
# asks for it, is not brought back.
wanted=$({ printf '%s\n' "$before"; echo '--'; printf '%s' "$planned"; } | awk '
    $0 == "--" { second = 1; next }
    !second { version[$1] = $2; next }
    { at = index($0, "="); name = substr($0, 1, at - 1); if ((name in version) && version[name] != substr($0, at + 1)) print }')
if [ -z "$wanted" ]; then
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

apt_install -d || stop 44 'not every package could be fetched'
predict_conffiles
if [ "$mode" = download ]; then
    exit 0
fi
automatic=$(apt-mark showauto)
units=$(units_now)
began=$(date +%s)
apt_install
status=$?

# Packages named on apt's command line lose their mark as automatic; new ones are here only because others depend on them.
restore=$({ printf '%s\n' "$automatic"; echo '--'; printf '%s\n' "$before"; echo '--'; printf '%s\n' "$pins"; } | awk '
    $0 == "--" { part++; next }
    !part { automatic[$1] = 1; next }
    part == 1 { present[$1] = 1; next }
    { sub(/=.*/, ""); if (($0 in automatic) || !($0 in present)) print }')
# shellcheck disable=SC2086
[ -z "$restore" ] || apt-mark -q auto $restore >/dev/null || say 'the marks of automatic packages could not be restored'

{ printf '%s\n' "$before"; echo '--'; installed; echo '--'; printf '%s\n' "$pins"; } | awk '
    $0 == "--" { part++; next }
    !part { old[$1] = $2; next }
    part == 1 { now[$1] = $2; next }
    { sub(/=.*/, ""); print "healer: version " $0 " " ($0 in old ? old[$0] : "-") " " ($0 in now ? now[$0] : "-") }'
{ printf '%s\n' "$units"; echo '--'; units_now; } | awk '
    $0 == "--" { second = 1; next }
    !second { call[$1] = $2; next }
    ($1 in call) && call[$1] != $2 { print "healer: restarted-by-scripts " $1 }'
# Their times of modification come from the package: only the change time tells that they are new.
find /etc -xdev \( -name '*.dpkg-dist' -o -name '*.dpkg-new' -o -name '*.ucf-dist' \) -newerct "@$began" -print 2>/dev/null |
    sed 's/^/healer: conffile-left /'
[ "$status" -eq 0 ] || stop "$status" "apt-get ended with status $status"
missed=$({ installed; echo '--'; printf '%s\n' "$pins"; } | awk '
    $0 == "--" { second = 1; next }
    !second { now[$1] = $2; next }
    { at = index($0, "="); if (now[substr($0, 1, at - 1)] != substr($0, at + 1)) printf "%s ", substr($0, 1, at - 1) }')
[ -z "$missed" ] || stop 45 "not at the planned version: $missed"
