#!/bin/sh
# Ask for an act: ACT DETACHED(yes|no) OFFSET LIMIT. Answers as `report`. Changes nothing on the host.
# shellcheck disable=SC2154  # common.sh stands in front

base=$run/jobs
[ "$2" = no ] || base=$lib/jobs
for each in "${base%/*}" "$base"; do
    [ ! -e "$each" ] || is_ours "$each" || refuse tampered "$each"
done
look
report "$base/$1" "$3" "$4"
