# Gives the head of an append-only log back: its writers stand still while what lies beyond the span is moved to the front.
# Arguments after the span: MARK WRITER... (each PID:STARTED:FD). Prints `healer: freed BEFORE AFTER CENTISECONDS`.
#
# Until the file is cut off everything is still there twice, so that a death in between loses nothing. The writers go on whatever becomes
# of this process: a watchman in a session of its own sees to it.
# shellcheck disable=SC2154  # span_common.sh stands in front
mark=$1
shift
writers=$* pids=''
most=16777216 patience=120

# Hundredths of a second since the boot.
centiseconds() {
    read -r up _ </proc/uptime
    printf '%s' "${up%.*}${up#*.}"
}

# Whether the descriptor /proc/PID/fd/N is open for writing, and whether each write goes to the end. O_APPEND is 02000 on most machines.
flags_of() {
    shown=$(sed -n 's/^flags:[[:space:]]*//p' "${1%/fd/*}/fdinfo/${1##*/}" 2>/dev/null)
    writes=$((${shown:-0} & 3)) appends=$((${shown:-0} & 02000))
}

known_writer() {
    set -- "$1" "${1%%:*}" "${1#*:}"
    [ "$(ticks "$2")" = "${3%%:*}" ] || no 10 "process $2 is not there any more, or is another one"
    [ "$2" -gt 1 ] || no 11 'process 1 cannot be stopped'
    is=$(stat -L -c '%d:%i' "/proc/$2/fd/${3##*:}" 2>/dev/null)
    [ "$is" = "$device:$inode" ] || no 10 "process $2 does not write $path any more"
    pids="$pids $2"
}

# Every descriptor of the file that is open for writing belongs to a named writer, and appends.
only_those() {
    for each in $(opened_by "$1"); do
        case $each in
            unknown) no 12 "who has $path open cannot be told in time" ;;
            "/proc/$$/"*) continue ;;
        esac
        [ "$(stat -L -c %d "$each" 2>/dev/null)" = "$device" ] || continue
        flags_of "$each"
        [ "$writes" -ne 0 ] || continue
        owner=${each#/proc/}
        case " $pids " in
            *" ${owner%%/*} "*) [ "$appends" -ne 0 ] || no 11 "process ${owner%%/*} does not append, so it would leave a hole" ;;
            *) no 12 "process ${owner%%/*} writes $path too" ;;
        esac
    done
}

# Prints the states of all threads of the writers, a letter each.
states() {
    for each in $pids; do
        cat "/proc/$each/task/"*/stat 2>/dev/null
    done | sed -n 's/.*) \([A-Za-z]\) .*/\1/p' | tr -d '\n'
}

go_on() {
    for each in $pids; do
        kill -CONT "$each" 2>/dev/null
    done
}

# When this returns the watchman is in its session: whoever kills this process and its group from now on does not hit him.
watch_over() {
    # shellcheck disable=SC2016,SC2086  # the watchman's own variables; numbers
    setsid sh -c 'main=$1 left=100; shift
        {
            while kill -0 "$main" 2>/dev/null && [ "$left" -gt 0 ]; do left=$((left - 1)); sleep 0.1; done
            for each; do kill -CONT "$each" 2>/dev/null; done
        } </dev/null >/dev/null 2>&1 &' healer $$ $pids 3<&- || no 11 'there can be no watchman over the writers'
}

too_late() {
    [ $(($(centiseconds) - since)) -gt "$patience" ]
}

stand_still() {
    since=$(centiseconds)
    for each in $pids; do
        kill -STOP "$each" || no 12 "process $each cannot be stopped"
    done
    while :; do
        case $(states) in
            *[!TtXZ]*) ;;
            *) break ;;
        esac
        too_late && no 12 'a writer does not stand still in time'
        sleep 0.02
    done
}

# From the lower end on, so that nothing unread is overwritten; compared before the file is cut off.
move_to_the_front() {
    tail=$((size - length))
    [ "$tail" -le "$most" ] || no 12 "$tail bytes were written meanwhile: too many to be moved in time"
    if [ "$tail" -gt 0 ]; then
        sum=$(read_range "$length" "$tail" | digest)
        too_late && no 12 'it takes too long; nothing was done'
        dd if=/proc/self/fd/3 of=/proc/self/fd/3 bs=262144 iflag=skip_bytes,count_bytes,fullblock conv=notrunc \
            skip="$length" count="$tail" 2>/dev/null || no 14 'what lies beyond the span could not be moved; the file was not cut off'
        [ "$(read_range 0 "$tail" | digest)" = "$sum" ] || no 14 'what was moved is not what was there; the file was not cut off'
    fi
    dd if=/dev/null of=/proc/self/fd/3 bs=1 count=0 seek="$tail" 2>/dev/null || no 14 'the file could not be cut off'
}

needs dd "${hasher%% *}" find timeout setsid sed tr
[ "$exact" = yes ] || no 11 'dd of this host cannot count bytes'
[ "$start" -eq 0 ] || no 11 'only the head of a file can be taken away'
identify
before=$allocated
[ $((size - length)) -le $((length < most ? length : most)) ] || no 12 'too much lies beyond the span to be moved in time'
[ -z "$mark" ] || [ "$(mark_now)" = "$mark" ] || no 10 "$path does not hold the bytes any more that were archived"
for each in $writers; do
    known_writer "$each"
done
[ -n "$pids" ] || no 11 'no writer was named'
case $(states) in
    *[Tt]*) no 12 'a writer stands still already' ;;
esac
only_those 30
trap go_on EXIT
trap 'exit 14' HUP INT TERM
watch_over
stand_still
identify
only_those 1
too_late && no 12 'it takes too long; nothing was done'
trap '' HUP INT TERM
move_to_the_front
go_on
trap - EXIT
took=$(($(centiseconds) - since))
# shellcheck disable=SC2046  # numbers
set -- $(stat -L -c '%b %B' /proc/self/fd/3)
printf 'healer: freed %s %s %s\n' "$before" "$(($1 * $2))" "$took"
