#!/bin/sh
# Prolong the lease: HOLDER BOOT EPOCH SECONDS. Answers `lease BOOT EPOCH`.
# A lease that ran out but that nobody took over since is still the current one.
# shellcheck disable=SC2154  # common.sh stands in front

folders
lock
look
read_lease
check_lease "$1" "$2" "$3"
write_lease "$1" "$3" "$lease_since" "$4"
printf 'lease %s %s\n' "$boot" "$3"
