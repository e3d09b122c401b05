# Ends what an interrupted transaction began.
# shellcheck disable=SC2034
lock_timeout=$1
keep='--force-confdef --force-confold'
set -f
wait_for_locks
if ! journal_is_dirty && [ -z "$(dpkg --audit)" ]; then
    say 'nothing to repair'
    exit 10
fi
# shellcheck disable=SC2086
in_turn dpkg $keep --configure -a || say 'dpkg could not configure every package; apt tries to complete what is missing'
in_turn apt-get -q -y -f --no-remove -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold install ||
    stop 46 'apt could not complete the interrupted transaction'
left=$(dpkg --audit)
[ -z "$left" ] || stop 46 "still not whole: $(printf '%s' "$left" | tr '\n' ' ' | cut -c1-500)"
say 'the package database is whole again'
