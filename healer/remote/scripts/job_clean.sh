#!/bin/sh
# Forget acts whose result is journalled. With ACT: that one. With `--aged MINUTES`: all that ended longer ago, and starts cut half-way.
# Answers `cleaned COUNT`. An act that runs is never forgotten.
# shellcheck disable=SC2154  # common.sh stands in front

folders
lock
look
count=0

forget() {
    judge "$1"
    case $state in
        running | starting) refuse running "${1##*/}" ;;
        absent) [ -d "$1" ] || return 0 ;;
    esac
    rm -rf -- "$1"
    count=$((count + 1))
}

# Minutes by the host's wall clock: good enough for tidying, which decides nothing.
aged() {
    [ -d "$1" ] && [ -n "$(find "$1" -prune -mmin "+$2")" ]
}

for base in "$run/jobs" "$lib/jobs"; do
    if [ "$1" != --aged ]; then
        forget "$base/$1"
        continue
    fi
    for each in "$base"/* "$base"/.new-*; do
        if aged "$each" "$2"; then
            judge "$each"
            case $state in
                running | starting) ;;
                *) forget "$each" ;;
            esac
        fi
    done
done
printf 'cleaned %s\n' "$count"
