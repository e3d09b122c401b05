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
in_turn() {
    while :; do
        wait_for_locks
        "$@" && return 0
        status=$?
        [ -n "$(first_holder)" ] || return "$status"
        sleep 2
        waited=$((waited + 2))
    done
}

journal_is_dirty() {
    [ -n "$(find /var/lib/dpkg/updates -maxdepth 1 -name '[0-9]*' 2>/dev/null)" ]
}
