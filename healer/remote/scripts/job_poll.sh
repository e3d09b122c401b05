#!/bin/sh
# Ask for an act: ACT DETACHED(yes|no) OFFSET LIMIT NAPS. Answers as `report`. Changes nothing on the host.
#
# While the act runs and has nothing new to fill an answer with, the answer is held back for so many tenths of a second at most: then
# its end is told when it comes, and not at the next asking.
# shellcheck disable=SC2154  # common.sh stands in front

base=$run/jobs
[ "$2" = no ] || base=$lib/jobs
for each in "${base%/*}" "$base"; do
    [ ! -e "$each" ] || is_ours "$each" || refuse tampered "$each"
done
look

# Whether there is less output from byte $2 on than an answer can hold.
caught_up() {
    # shellcheck disable=SC2046  # wc pads its number with blanks on some systems
    [ ! -f "$1/out" ] || [ $(wc -c <"$1/out") -lt $(($2 + $3)) ]
}

tries=0
judge "$base/$1"
while [ "$state" = running ] && [ ! -e "$base/$1/rc" ] && [ "$tries" -lt "$5" ] && caught_up "$base/$1" "$3" "$4"; do
    tries=$((tries + 1))
    nap
done
report "$base/$1" "$3" "$4"
