# shellcheck shell=sh disable=SC2154,SC2034
# Purges the packages of one kernel: never the running one, and only where apt would remove nothing else. They can be installed again.
# Arguments: LOCK_TIMEOUT NAME...
lock_timeout=$1
shift
wait_for_locks
running=$(uname -r)
present=
for name; do
    case $name in *-"$running") stop 43 "$name belongs to the kernel that runs" ;; esac
    # shellcheck disable=SC2016  # dpkg-query expands it
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null)" != installed ] || present="$present $name"
done
[ -n "$present" ] || stop 10 "they are not installed any more"
# shellcheck disable=SC2086  # names of packages
would=$(apt-get -q -s -o Debug::NoLocking=1 purge $present 2>&1) || stop 43 "apt cannot tell what it would remove: $(printf '%s\n' "$would" | tail -n 1)"
others=$(printf '%s\n' "$would" | awk -v names="$present" '
    BEGIN { count = split(names, name, " "); for (i = 1; i <= count; i++) named[name[i]] = 1 }
    ($1 == "Remv" || $1 == "Purg" || $1 == "Inst") { bare = $2; sub(/:.*/, "", bare); if (!(bare in named)) printf "%s %s, ", tolower($1), $2 }')
[ -z "$others" ] || stop 43 "apt would also touch others: $others"
# shellcheck disable=SC2086
heard apt-get -q -y purge $present || stop 100 "apt-get failed: $why"
for name in $present; do
    # shellcheck disable=SC2016
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null)" != installed ] || stop 45 "$name is still there"
done
