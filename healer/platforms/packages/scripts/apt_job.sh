# shellcheck shell=sh disable=SC2154
# What every job of apt begins with, after lock_holders. The job sets lock_timeout, in seconds. Data comes as arguments only; nothing asks a question; nobody else's process is ended.
LC_ALL=C.UTF-8
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
DEBIAN_FRONTEND=noninteractive
DEBIAN_PRIORITY=critical
APT_LISTCHANGES_FRONTEND=none
# needrestart's hook would restart services before their turn and, on a terminal, ask.
NEEDRESTART_SUSPEND=1
NEEDRESTART_MODE=l
export LC_ALL PATH DEBIAN_FRONTEND DEBIAN_PRIORITY APT_LISTCHANGES_FRONTEND NEEDRESTART_SUSPEND NEEDRESTART_MODE
# Files that package scripts create must not inherit a caller's private mask.
umask 022
cd / || exit 1
exec </dev/null 2>&1
waited=0
told=

say() {
    printf 'healer: %s\n' "$*"
}

stop() {
    code=$1
    shift
    say "$*"
    exit "$code"
}

first_holder() {
    lock_holders | head -n 1 | while IFS='	' read -r pid path; do
        command=$(tr '\0\n\t' '   ' <"/proc/$pid/cmdline" 2>/dev/null | cut -c1-120)
        printf '%s, held by process %s (%s)\n' "$path" "$pid" "${command:-already gone}"
    done
}

# Waits until nobody holds a lock. apt-get itself waits for one lock of the four only, and only when it is told to.
wait_for_locks() {
    while holder=$(first_holder) && [ -n "$holder" ]; do
        [ "$holder" = "$told" ] || say "waiting for $holder"
        told=$holder
        [ "$waited" -lt "$lock_timeout" ] || stop 75 "busy after $waited s: $holder"
        sleep 2
        waited=$((waited + 2))
    done
}

# Runs a program of the package manager. When it fails while somebody else holds a lock, that was the reason: wait, and try again.
# Not when a signal ended it: then whoever holds the lock is what it has left behind.
in_turn() {
    while :; do
        wait_for_locks
        "$@" && return 0
        status=$?
        [ "$status" -le 128 ] || return "$status"
        [ -n "$(first_holder)" ] || return "$status"
        sleep 2
        waited=$((waited + 2))
    done
}

# Runs a program as in_turn does, prints what it says, and keeps its gravest complaint in `why`: a signature before anything else.
heard() {
    said=$(in_turn "$@" 2>&1)
    status=$?
    printf '%s\n' "$said"
    [ "$status" -ne 75 ] || exit 75
    # shellcheck disable=SC2034  # for whoever called
    why=$(printf '%s\n' "$said" | awk '
        /^[EW]: GPG error/ && signature == "" { signature = $0 }
        /^E:/ && error == "" { error = $0; count = 6 }
        # A wrong hash is told over several lines.
        count-- > 0 && /Hash Sum mismatch|File has unexpected size/ && error !~ /Hash Sum|unexpected size/ { error = error " " $0 }
        END { text = signature != "" ? signature : error; sub(/^[EW]: */, "", text); print substr(text, 1, 300) }')
    return "$status"
}

journal_is_dirty() {
    [ -n "$(find /var/lib/dpkg/updates -maxdepth 1 -name '[0-9]*' 2>/dev/null)" ]
}
