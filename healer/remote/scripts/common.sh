#!/bin/sh
# The ground that every script of the job protocol stands on; it is put in front of each of them before it is sent.
#
# Static text: whatever differs comes in as an argument or on standard input. $1 is the root folder ("/" on a real host).
# Answers are one line on standard output; a refusal is `refused CODE FIELDS...` with exit status 78, and nothing was done then.
# Time is the host's uptime: a wall clock may jump, uptime only grows, and a boot ends every lease by itself.

# shellcheck disable=SC2034  # the scripts behind this one read what is set here

LC_ALL=C
: "${PATH:=/bin}"
case :$PATH: in
    *:/usr/sbin:*) ;;
    *) PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin ;;
esac
export LC_ALL PATH
umask 077
set -u

root=${1%/}
shift
run=$root/run/healer
lib=$root/var/lib/healer
uid=$(id -u)
locked=''

refuse() {
    printf 'refused'
    printf ' %s' "$@"
    printf '\n'
    unlock
    exit 78
}

# Sets `now` (uptime, whole seconds) and `boot`.
look() {
    now='' boot=''
    read -r now boot <"$root/proc/uptime"
    now=${now%%.*}
    read -r boot <"$root/proc/sys/kernel/random/boot_id"
    case $now:$boot in
        *[!0-9a-f:-]* | :* | *:) refuse unreadable "$root/proc" ;;
    esac
}

# A real folder that belongs to us and that nobody else may write.
is_ours() {
    [ -d "$1" ] && [ ! -L "$1" ] || return 1
    # shellcheck disable=SC2012,SC2046  # mode and owner stand before the name, whatever the name is; stat(1) is not POSIX
    set -- $(ls -ldn -- "$1")
    case $1 in
        d????-??-*) [ "$3" = "$uid" ] ;;
        *) return 1 ;;
    esac
}

folder() {
    [ -e "$1" ] || [ -L "$1" ] || mkdir -p -- "$1" || refuse unwritable "$1"
    is_ours "$1" || refuse tampered "$1"
}

folders() {
    for each in "$run" "$run/jobs" "$lib" "$lib/jobs"; do
        folder "$each"
    done
}

nap() {
    sleep 0.1 2>/dev/null || sleep 1
}

# Before coreutils 8.24 sync takes no file; then everything is synced.
flush() {
    sync -- "$1" 2>/dev/null || sync
}

# Replace a file whole: a reader sees the old line or the new one.
put() {
    if ! { printf '%s\n' "$2" >"$1.new" && mv -f -- "$1.new" "$1"; }; then
        refuse unwritable "$1"
    fi
}

put_synced() {
    if ! { printf '%s\n' "$2" >"$1.new" && flush "$1.new" && mv -f -- "$1.new" "$1" && flush "${1%/*}"; }; then
        refuse unwritable "$1"
    fi
}

# Field 22 of /proc/PID/stat: with the pid it names one process for the time of one boot. Fails when that process is gone or a zombie.
# The name in field 2 may hold anything, so fields are counted from the last parenthesis on. Sets `ticks` and `session`.
process() {
    ticks='' session=''
    [ -r "/proc/$1/stat" ] || return 1
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    # shellcheck disable=SC2086  # numbers
    set -- ${stat##*) }
    [ "$#" -ge 20 ] || return 1
    session=$4 ticks=${20}
    case $1 in
        [ZX]) return 1 ;;
    esac
}

same_process() {
    process "$1" && [ "$ticks" = "$2" ]
}

# Whether anything still lives in the session that a dead leader opened (dpkg, when only apt-get was killed).
session_lives() {
    for each in /proc/[0-9]*; do
        if process "${each#/proc/}" && [ "$session" = "$1" ]; then
            return 0
        fi
    done
    return 1
}

# Whether the act in folder $1 runs now. Sets `act_holder`.
alive() {
    act_holder=''
    [ ! -e "$1/rc" ] && [ -f "$1/begun" ] || return 1
    read -r act_boot act_pid act_ticks act_holder <"$1/begun"
    [ "$act_boot" = "$boot" ] || return 1
    same_process "$act_pid" "$act_ticks" && return 0
    [ -f "$1/child" ] || return 1
    read -r child_pid child_ticks <"$1/child"
    same_process "$child_pid" "$child_ticks" || session_lives "$child_pid"
}

# Whether any act runs on this host. Sets `active` (its folder) and `act_holder`.
any_alive() {
    active=''
    [ -f "$run/active" ] || return 1
    read -r active <"$run/active"
    alive "$active"
}

# Sets the lease's fields; all empty where none was granted in this boot.
read_lease() {
    lease_holder='' lease_boot='' lease_epoch=0 lease_since=0 lease_until=0
    [ -f "$run/lease" ] && read -r lease_holder lease_boot lease_epoch lease_since lease_until <"$run/lease"
    [ "$lease_boot" = "$boot" ] || lease_holder=''
}

write_lease() {
    put "$run/lease" "$1 $boot $2 $3 $((now + $4))"
}

# Refuse unless holder $1, boot $2 and epoch $3 are the host's current ones.
check_lease() {
    [ "$2" = "$boot" ] || refuse boot "$boot"
    if [ "$1" != "$lease_holder" ] || [ "$3" != "$lease_epoch" ]; then
        refuse stale "${lease_holder:--}" "$lease_epoch"
    fi
}

# Sets `state`, `status` and `reason` of the act in folder $1. `rc` is looked at again before an act is called lost: it may just have ended.
judge() {
    state=absent status=- reason='it was never started'
    [ -e "$1" ] || [ -L "$1" ] || return 0
    is_ours "$1" || refuse tampered "$1"
    if [ ! -f "$1/begun" ]; then
        judge_unbegun "$1"
    elif [ -f "$1/rc" ]; then
        judge_ended "$1"
    elif alive "$1"; then
        state=running reason=''
    elif [ -f "$1/rc" ]; then
        judge_ended "$1"
    elif [ "$act_boot" != "$boot" ]; then
        state=lost reason='the host was booted since it began, and it left no result'
    else
        state=lost reason='it was killed, or could not write its result'
    fi
}

judge_ended() {
    state=ended
    read -r status reason <"$1/rc"
}

judge_unbegun() {
    reason='its start was cut half-way, before the command ran'
    if [ -d "$root/run/systemd/system" ] && systemctl is-active --quiet "healer-${1##*/}.service" 2>/dev/null; then
        state=starting reason='it was handed to systemd and has not begun yet'
    fi
}

# Answer with the state of the act in folder $1 and its output from byte $2 on, or its last $2 bytes if that is below 0, at most $3 bytes. State first: an ended act's output is whole.
report() {
    judge "$1"
    printf '%s %s %s\n' "$state" "$status" "$reason"
    if [ -f "$1/out" ]; then
        case $2 in
            -*) set -- "$1" "${2#-}" "$3" ;;
            *) set -- "$1" "+$(($2 + 1))" "$3" ;;
        esac
        tail -c "$2" "$1/out" | head -c "$3"
    fi
    return 0
}

# One caller at a time. flock(1) goes with its process; where there is none, a folder does, and a dead owner's folder is broken.
lock() {
    tries=0
    if command -v flock >/dev/null 2>&1; then
        exec 9>"$run/lock"
        until flock -n 9; do
            patience
        done
        locked=flock
    else
        until mkdir "$run/lock.d" 2>/dev/null; do
            break_dead_lock
            patience
        done
        process $$
        printf '%s\n' "$$ $ticks" >"$run/lock.d/owner"
        locked=folder
    fi
}

patience() {
    tries=$((tries + 1))
    [ "$tries" -le 100 ] || refuse crowded "$run"
    nap
}

# Only one may break at a time, and it looks again: else two could take the same dead lock for theirs.
break_dead_lock() {
    [ -f "$run/lock.d/owner" ] && mkdir "$run/lock.breaking" 2>/dev/null || return 0
    if read -r owner_pid owner_ticks <"$run/lock.d/owner" && ! same_process "$owner_pid" "$owner_ticks"; then
        rm -rf -- "$run/lock.d"
    fi
    rmdir "$run/lock.breaking"
}

unlock() {
    case $locked in
        flock) exec 9>&- ;;
        folder) rm -rf -- "$run/lock.d" ;;
    esac
    locked=''
}
trap unlock EXIT
