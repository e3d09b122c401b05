# shellcheck shell=sh disable=SC2154
# The way back of a transaction, made ready before it: the former versions are kept, and going back to them is simulated. Needs
# apt_packages. Nothing in here ends the job: what could not be had is said, and the host is not rolled back then.

# keep_former PINS BEFORE: lays the former version of each package into healer's own folder, for caches get cleaned and sources drop
# what is old. What no transaction of the last day has laid there makes room.
keep_former() {
    (umask 077 && mkdir -p "$kept") || return 0
    former=$({ printf '%s\n' "$2"; echo '--'; printf '%s\n' "$1"; } | awk '
        $0 == "--" { second = 1; next }
        !second { version[$1] = $2; next }
        { sub(/=.*/, ""); if ($0 in version) print $0 "=" version[$0] }')
    wanted_files=$(for pin in $former; do archive "$pin" "$kept"; done)
    # A play may have several transactions, so the change time decides.
    find "$kept" -maxdepth 1 -name '*.deb' -cmin +1440 | while read -r deb; do
        printf '%s\n' "$wanted_files" | grep -q -x -F -- "$deb" || rm -f -- "$deb"
    done
    missing=
    for pin in $former; do
        [ -n "$(archive "$pin" "$kept")" ] || from_cache "$pin" || missing="$missing $pin"
    done
    # One version that no source offers any more fails the whole call: then each is asked for alone.
    # shellcheck disable=SC2086
    [ -z "$missing" ] || fetch $missing || for pin in $missing; do fetch "$pin"; done
    for pin in $former; do
        word=kept
        [ -n "$(archive "$pin" "$kept")" ] || word=not-kept
        say "$word ${pin%%=*} ${pin#*=}"
    done
}

# roomy KILOBYTES: whether that much may be laid into the folder, and leave something for others.
roomy() {
    left=$(df -Pk "$kept" | awk 'NR == 2 { print $4 }')
    [ "${left:-0}" -ge $(($1 + 51200)) ]
}

from_cache() {
    deb=$(archive "$1")
    [ -n "$deb" ] || return 1
    ln -f -- "$deb" "$kept/" 2>/dev/null || { roomy $(($(stat -c %s "$deb") / 1024)) && cp -p -- "$deb" "$kept/"; }
}

fetch() {
    size=$(apt-cache show "$@" 2>/dev/null | awk '$1 == "Size:" { sum += $2 } END { if (sum) print int(sum / 1024) + 1 }')
    [ -n "$size" ] && roomy "$size" || return 1
    (cd "$kept" && apt-get -q -q -o APT::Sandbox::User=root -o Acquire::Retries=2 -o Acquire::http::Timeout=30 download "$@" >/dev/null 2>&1)
}

# simulate_return PINS: asks apt what going back would touch once these are installed. apt reads its status file by its real path, so what
# is pretended has to be a file: one below /run that is gone at the end. What was found stands beside the archives, for the next look.
simulate_return() {
    (umask 077 && mkdir -p /run/healer) && place=$(mktemp -d /run/healer/pretended.XXXXXX) || return 0
    # shellcheck disable=SC2086
    apt-cache show $1 2>/dev/null >"$place/new"
    awk -v native="$(dpkg --print-architecture)" '
        BEGIN { RS = ""; ORS = "\n\n"; FS = "\n" }
        function key(    i, name, architecture) {
            for (i = 1; i <= NF; i++) {
                if ($i ~ /^Package: /) name = substr($i, 10)
                if ($i ~ /^Architecture: /) architecture = substr($i, 15)
            }
            return name ":" (architecture == "all" ? native : architecture)
        }
        FNR == NR { if (!(key() in fresh)) { fresh[key()] = 1; sub(/\n/, "\nStatus: install ok installed\n"); print } next }
        !(key() in fresh)' "$place/new" /var/lib/dpkg/status >"$place/status"
    targets=
    for pin in $former; do
        deb=$(archive "$pin" "$kept")
        targets="$targets ${deb:-$pin}"
    done
    # shellcheck disable=SC2086
    simulated=$(apt-get -s -q -o Debug::NoLocking=1 -o Dir::State::status="$place/status" -o Dir::Cache::pkgcache= --allow-downgrades \
        install $targets 2>&1)
    failed=$?
    rm -rf -- "$place"
    (umask 077 && {
        printf '%s\n' "$1" | sed '/^$/d; s/^/pin	/'
        [ "$failed" -eq 0 ] || printf 'unknown\tapt would not go back: %s\n' "$(printf '%s\n' "$simulated" | grep '^E: ' | tail -n 1 | tr '\t' ' ')"
        { printf '%s\n' "$1"; echo '--'; printf '%s\n' "$simulated"; } | awk '
            $0 == "--" { second = 1; next }
            !second { sub(/=.*/, ""); planned[$0] = 1; next }
            /^(Inst|Remv|Purg) / && ($1 != "Inst" || !($2 in planned)) { print "touches\t" $2 }'
    } >"$kept/simulated")
}
