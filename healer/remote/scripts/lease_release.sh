#!/bin/sh
# Give the lease back: HOLDER BOOT EPOCH. Answers `released`. Giving back what is no longer held is no fault: the end is the same.
# shellcheck disable=SC2154  # common.sh stands in front

folders
lock
look
read_lease
if [ "$2" = "$boot" ] && [ "$1" = "$lease_holder" ] && [ "$3" = "$lease_epoch" ]; then
    rm -f -- "$run/lease"
fi
printf 'released\n'
