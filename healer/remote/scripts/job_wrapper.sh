#!/bin/sh
# Stands beside an act on the host: lets it begin once, bounds its time, and leaves its result as a file. Arguments: DIR supervise|payload.
# Exits 0 whatever the act does: the result is the file `rc`, and a unit that "failed" would alarm people.
#
#   begun  BOOT PID TICKS HOLDER   written under the lock: the once-only gate of the command itself
#   child  PID TICKS               the command, in a session of its own
#   out    both streams
#   rc     STATUS WORD             the result; its blocks are taken before the command runs, so that a full disk cannot swallow it
# shellcheck disable=SC2154  # common.sh stands in front

dir=$1 mode=$2

# Spec lines: `lease HOLDER BOOT EPOCH SECONDS`, `limits TIMEOUT GRACE`, `cd TEXT`, `env TEXT`, `arg TEXT`. TEXT is for printf %b.
decode() {
    case $1 in
        *\\*)
            text=$(printf '%b.' "$1")
            text=${text%.}
            ;;
        *) text=$1 ;;
    esac
}

# Becomes the command. Nothing is evaluated: words are read line by line and handed over as they are.
payload() {
    process $$
    put "$dir/child" "$$ $ticks"
    # What the command makes is for the host, not for the gate alone: the mask is the one that a login of root has.
    umask 022
    set --
    while IFS= read -r line; do
        decode "${line#* }"
        case $line in
            'arg '*) set -- "$@" "$text" ;;
            'env '*) export "${text?}" ;;
            'cd '*) cd -- "$text" || exit 125 ;;
        esac
    done <"$dir/spec"
    exec "$@" <"$dir/stdin"
}

# Inside the wrapper a refusal is left for the starter to find.
turn_away() {
    rm -f -- "$dir/rc.new"
    (refuse "$@" >"$dir/refused.new")
    mv -f -- "$dir/refused.new" "$dir/refused"
    unlock
    exit 0
}

begin() {
    lock
    look
    read_lease
    [ ! -e "$dir/begun" ] || exit 0
    if [ "$2" != "$boot" ] || [ "$1" != "$lease_holder" ] || [ "$3" != "$lease_epoch" ]; then
        turn_away stale "${lease_holder:--}" "$lease_epoch"
    fi
    if any_alive; then
        turn_away occupied "$act_holder" "${active##*/}"
    fi
    if ! { printf '%4096s\n' '' >"$dir/rc.new" && flush "$dir/rc.new"; }; then
        turn_away unwritable "$dir"
    fi
    process $$
    put "$run/active" "$dir"
    put_synced "$dir/begun" "$boot $$ $ticks $1"
    write_lease "$1" "$3" "$lease_since" "$4"
    unlock
}

end() {
    printf '%s\n' "$status $word" 1<>"$dir/rc.new"
    flush "$dir/rc.new" && mv -f -- "$dir/rc.new" "$dir/rc" && flush "$dir"
    lock
    look
    read_lease
    if [ "$1" = "$lease_holder" ] && [ "$3" = "$lease_epoch" ]; then
        write_lease "$1" "$3" "$lease_since" "$4"
    fi
    # Since `rc` is there the next act may have begun already.
    if [ -f "$run/active" ] && read -r active <"$run/active" && [ "$active" = "$dir" ]; then
        rm -f -- "$run/active"
    fi
    unlock
}

signal_all() {
    kill "-$1" "-$child" 2>/dev/null || kill "-$1" "$child" 2>/dev/null
}

rest() {
    sleep "$1" &
    sleeper=$!
    wait "$sleeper"
}

# Ends the command when its time is over. Told to stop, it takes its own sleep with it.
guard() {
    sleeper=''
    trap '[ -z "$sleeper" ] || kill "$sleeper" 2>/dev/null; exit 0' TERM
    rest "$1"
    : >"$dir/timedout"
    signal_all TERM
    rest "$2"
    signal_all KILL
}

# A caught signal interrupts wait(1p); a child that is not reaped yet can still be signalled.
await() {
    while :; do
        wait "$child"
        status=$?
        kill -0 "$child" 2>/dev/null || break
    done
    word=exited
    if [ -f "$dir/timedout" ]; then
        status=124 word="ended by the host: it ran longer than $1 s"
    fi
}

# Signals are caught, not ignored: ignored ones would be ignored in the command too. A shutdown must not cut the result off.
supervise() {
    trap : HUP INT TERM
    # shellcheck disable=SC2046  # four and two words without blanks
    set -- $(sed -n 's/^lease //p; s/^limits //p' "$dir/spec")
    begin "$@"
    set_apart=''
    if command -v setsid >/dev/null 2>&1; then
        set_apart=setsid
    fi
    # shellcheck disable=SC2086  # one word or none
    $set_apart /bin/sh "$dir/wrapper" "${root:-/}" "$dir" payload </dev/null >>"$dir/out" 2>&1 &
    child=$!
    guard "$5" "$6" </dev/null >/dev/null 2>&1 &
    guard=$!
    await "$5"
    kill "$guard" 2>/dev/null
    end "$@"
}

case $mode in
    payload) payload ;;
    supervise) supervise ;;
esac
exit 0
