# shellcheck shell=sh
# Asks the probes that a host answers by itself, all at the same time. The words are, for each: how many words follow, a label that is
# printed as it is, the kind, how often a bad one is asked at most (5 s apart), the seconds for one go, and the kind's own words.
# Prints, tab separated: check VERDICT TRIES LABEL REASON, each line in one piece; at the end `all asked`.

# Old busybox has a `timeout` with other options.
if timeout -k 1 5 true 2>/dev/null; then
  within() { timeout -k 1 "$@"; }
elif timeout 5 true 2>/dev/null; then
  within() { timeout "$@"; }
else
  within() { return 125; }
fi
NO_BOUND="there is no program timeout here, so that nothing can be run"

answer() {
  verdict=$1
  shift
  reason=$*
}

# What timeout itself ends with: 124 or 137 when the time was over, 125 when it failed; 126 and 127 for what cannot be run.
check_command() {
  seconds_=$1
  shift
  status_=0
  within "$seconds_" "$@" >/dev/null 2>&1 </dev/null || status_=$?
  case $status_ in
    0) answer good "it ended with status 0" ;;
    124 | 137) answer bad "it did not end within $seconds_ s" ;;
    125) answer unknown "$NO_BOUND" ;;
    126 | 127) answer unknown "it could not be run (status $status_)" ;;
    *) answer bad "it ended with status $status_" ;;
  esac
}

check_heartbeat() {
  status_=0
  written_=$(within "$1" stat -L -c %Y -- "$3" 2>/dev/null) || status_=$?
  if [ "$status_" = 124 ]; then
    answer unknown "the file could not be looked at within $1 s"
  elif [ "$status_" = 125 ]; then
    answer unknown "$NO_BOUND"
  elif [ "$status_" != 0 ]; then
    # A name that is not seen is absent only if the folder that would hold it may be searched.
    if [ -x "${3%/*}/" ]; then answer bad "the file is not there"; else answer unknown "the file's folder cannot be looked into"; fi
  else
    age_=$(($(date +%s) - written_))
    if [ "$age_" -gt "$2" ]; then answer bad "the file is $age_ s old, more than $2 s"; else answer good "the file is $age_ s old"; fi
  fi
}

check_unit() {
  if [ -d /run/systemd/system ]; then
    word_=$(within "$1" systemctl is-active -- "$2" 2>/dev/null) || :
  elif have rc-service; then
    word_=inactive
    ! within "$1" rc-service "${2%.service}" status >/dev/null 2>&1 </dev/null || word_=active
  else
    word_=
  fi
  case $word_ in
    active | reloading) answer good "it is $word_" ;;
    inactive | failed | activating | deactivating | maintenance) answer bad "it is $word_" ;;
    *) answer unknown "its manager does not say whether it is active" ;;
  esac
}

# The lines since then: of a unit at most 5000, of a file at most its last 256 KiB, and none of one that nobody has written to since.
recent_lines() {
  since_=$(($(date +%s) - $2))
  if [ "$4" = unit ]; then
    within "$1" journalctl -q -o cat --no-pager -n 5000 "--since=@$since_" -u "$5"
  else
    written_=$(within "$1" stat -L -c %Y -- "$5") || return 1
    [ "$written_" -lt "$since_" ] || within "$1" tail -c 262144 -- "$5"
  fi
}

check_log_pattern() {
  found_=$(recent_lines "$@" 2>/dev/null) || { answer unknown "the log cannot be read"; return; }
  status_=0
  count_=$(printf '%s' "$found_" | within "$1" grep -E -c -e "$6" 2>/dev/null) || status_=$?
  if [ "$status_" -gt 1 ]; then
    answer unknown "the log could not be searched: the pattern makes no sense, or it took longer than $1 s"
  elif [ "$count_" -gt "$3" ]; then
    answer bad "$count_ lines match, more than $3"
  else
    answer good "$count_ lines match"
  fi
}

# A queue is full when as many wait as may. Without ss the kernel tells how many wait, not how many may.
check_backlog() {
  if have ss && rows_=$(within "$1" ss -ltnH "sport = :$2" 2>/dev/null); then
    [ -n "$rows_" ] || { answer bad "nothing listens on port $2"; return; }
    full_=$(printf '%s\n' "$rows_" | awk '$3 > 0 && $2 >= $3 { print $2 " of " $3; exit }')
    if [ -n "$full_" ]; then answer bad "$full_ connections wait to be accepted"; else answer good "the queue has room"; fi
    return
  fi
  [ -r /proc/net/tcp ] || { answer unknown "there is no ss here, and /proc/net/tcp cannot be read"; return; }
  waiting_=$(awk -v port=":$(printf %04X "$2")\$" '$4 == "0A" && $2 ~ port { print substr($5, 10) }' /proc/net/tcp /proc/net/tcp6 2>/dev/null)
  case $waiting_ in
    '') answer bad "nothing listens on port $2" ;;
    *[!0'
']*) answer unknown "connections wait to be accepted, and without ss nobody tells how many may" ;;
    *) answer good "nobody waits to be accepted" ;;
  esac
}

# one_check WORDS LABEL KIND TRIES SECONDS OWN...: the first WORDS words after the number are its own.
one_check() {
  count=$1
  shift
  rest=$(($# - count))
  while [ "$count" -gt 0 ]; do
    first=$1
    shift
    set -- "$@" "$first"
    count=$((count - 1))
  done
  shift "$rest"
  label=$1 kind=$2 tries=$3
  shift 3
  done_=0
  while :; do
    done_=$((done_ + 1))
    "check_$kind" "$@"
    if [ "$verdict" != bad ] || [ "$done_" -ge "$tries" ]; then break; fi
    sleep 5
  done
  printf 'check\t%s\t%s\t%s\t%s\n' "$verdict" "$done_" "$label" "$reason"
}

while [ $# -gt 0 ]; do
  one_check "$@" &
  shift $(($1 + 1))
done
wait
echo 'all asked'
