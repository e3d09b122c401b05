#!/bin/sh
# Grant the host's lease: HOLDER SECONDS [HOLDER BOOT EPOCH]. Answers `lease BOOT EPOCH`.
#
# The last three are a lease whose holder is over: if it is exactly the one in force, it counts as run out. Whoever asks must know that for
# sure; the epoch grows all the same, so that even a holder which is not over can do nothing more with it, and its act that runs is respected.
# The epoch grows with each take-over and is kept over boots, so that whoever held the lease before can be told apart for ever.
# shellcheck disable=SC2154  # common.sh stands in front

holder=$1 seconds=$2 over="${3-} ${4-} ${5-}"
folders
lock
look
read_lease

# The first holder of the lease in force keeps its epoch, also while an act of its own outlives the lease.
if [ -n "$lease_holder" ] && [ "$lease_holder" != "$holder" ] && [ "$now" -lt "$lease_until" ] &&
    [ "$lease_holder $lease_boot $lease_epoch" != "$over" ]; then
    refuse leased "$lease_holder" "$((now - lease_since))" "$((lease_until - now))"
fi
own_act=''
if any_alive; then
    [ "$act_holder" = "$holder" ] || refuse working "$act_holder" "${active##*/}"
    own_act=yes
fi
if [ "$lease_holder" = "$holder" ] && { [ "$now" -lt "$lease_until" ] || [ -n "$own_act" ]; }; then
    write_lease "$holder" "$lease_epoch" "$lease_since" "$seconds"
    printf 'lease %s %s\n' "$boot" "$lease_epoch"
    exit 0
fi

epoch=0
if [ -f "$lib/epoch" ]; then
    read -r epoch <"$lib/epoch"
fi
case $epoch:$lease_epoch in
    *[!0-9:]* | :* | *:) refuse tampered "$lib/epoch" ;;
esac
# Should the kept epoch be lost, the lease in /run still knows one.
[ "$epoch" -ge "$lease_epoch" ] || epoch=$lease_epoch
epoch=$((epoch + 1))
put_synced "$lib/epoch" "$epoch"
write_lease "$holder" "$epoch" "$now" "$seconds"
printf 'lease %s %s\n' "$boot" "$epoch"
