# shellcheck shell=sh disable=SC2034,SC2154
# What jobs that install have in common: what is installed, which units run, and where a version's archive lies.
kept=/var/lib/healer/packages

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

# room PATH KILOBYTES: stop unless PATH has that many free, and a thousand inodes where their number is fixed.
room() {
    [ -d "$1" ] || return 0
    free=$(df -Pk "$1" | awk 'NR == 2 { print $4 }')
    [ "${free:-0}" -ge "$2" ] || stop 42 "not enough room in $1: $2 kB are needed, ${free:-0} kB are free"
    free=$(df -Pi "$1" | awk 'NR == 2 && $2 > 0 { print $4 }')
    [ "${free:-1000}" -ge 1000 ] || stop 42 "not enough room in $1: only $free inodes are free"
}

# archive NAME=VERSION [FOLDER...]: the file that holds this version, in apt's cache unless folders are named; nothing where there is none.
# Another architecture's file, which differs in its ending only, is another package.
archive() {
    pin=$1
    shift
    [ "$#" -gt 0 ] || set -- /var/cache/apt/archives
    case ${pin%%=*} in
        *:*) kinds=${pin%%=*} && kinds=${kinds#*:} ;;
        *) kinds="$(dpkg --print-architecture) all" ;;
    esac
    for folder; do
        for kind in $kinds; do
            deb="$folder/${pin%%[:=]*}_$(printf '%s' "${pin#*=}" | sed 's/:/%3a/g')_$kind.deb"
            [ ! -e "$deb" ] || printf '%s\n' "$deb"
        done
    done | head -n 1
}

# tell_versions BEFORE PINS: what was moved, from which version to which.
tell_versions() {
    { printf '%s\n' "$1"; echo '--'; installed; echo '--'; printf '%s\n' "$2"; } | awk '
        $0 == "--" { part++; next }
        !part { old[$1] = $2; next }
        part == 1 { now[$1] = $2; next }
        { sub(/=.*/, ""); print "healer: version " $0 " " ($0 in old ? old[$0] : "-") " " ($0 in now ? now[$0] : "-") }'
}

# tell_restarts UNITS: which of the units that ran before run anew.
tell_restarts() {
    { printf '%s\n' "$1"; echo '--'; units_now; } | awk '
        $0 == "--" { second = 1; next }
        !second { call[$1] = $2; next }
        ($1 in call) && call[$1] != $2 { print "healer: restarted-by-scripts " $1 }'
}

# missed PINS: which of them are not at their version.
missed() {
    { installed; echo '--'; printf '%s\n' "$1"; } | awk '
        $0 == "--" { second = 1; next }
        !second { now[$1] = $2; next }
        { at = index($0, "="); if (now[substr($0, 1, at - 1)] != substr($0, at + 1)) printf "%s ", substr($0, 1, at - 1) }'
}

# Ends what was cut off; what it cannot end is the end of this job too.
repaired() {
    repair "$lock_timeout"
    left=$?
    [ "$left" -eq 0 ] || [ "$left" -eq 10 ]
}
