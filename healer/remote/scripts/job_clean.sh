#!/bin/sh
# Forget acts whose result is journalled. With ACT: that one. With `--aged MINUTES FORGOTTEN`: of all that ended longer ago only `begun`
# and `rc` are kept, so that a late resume still finds them done; after FORGOTTEN more minutes, and for starts cut half-way, nothing is.
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

# Emptying a folder makes it young again: its second age counts from then on.
tidy() {
    if aged "$1" "$2" || [ ! -f "$1/begun" ]; then
        forget "$1"
        return 0
    fi
    found=''
    for part in out stdin spec wrapper launch child timedout refused rc.new; do
        [ ! -e "$1/$part" ] || found=yes
    done
    [ -n "$found" ] || return 0
    (cd -- "$1" && rm -f -- out stdin spec wrapper launch child timedout refused rc.new)
    count=$((count + 1))
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
                *) tidy "$each" "$3" ;;
            esac
        fi
    done
done
printf 'cleaned %s\n' "$count"
