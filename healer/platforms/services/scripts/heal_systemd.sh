# shellcheck shell=sh
# One rung for one unit of systemd, once: it looks in the same breath whether the unit still is as it was seen, acts, and waits for the proof.
# 1: rung, 2: unit, 3: its state as it was seen, `crash_loop` where it changes all the time, 4: its invocation then (empty: not compared),
# 5: seconds for the rung, 6: seconds that it has to stay up, 7: its restart counter as it was seen (-1: not known).
# Ends with 0: it is up and stayed so, 3: somebody else is at it and nothing was done, 4: it is not up, 5: it did not stay up.

rung=$1 unit=$2 seen=$3 seen_invocation=$4 seconds=${5%%.*} stays=${6%%.*} seen_restarts=${7:--1}
waited=0

end() {
  code=$1
  shift
  printf 'healer: %s %s\n' "$unit" "$*"
  exit "$code"
}

# look: how the unit is now.
look() {
  active='' sub='' invocation='' job='' restarts='' result=''
  while IFS='=' read -r key value; do
    case $key in
      ActiveState) active=$value ;;
      SubState) sub=$value ;;
      InvocationID) invocation=$value ;;
      Job) job=$value ;;
      NRestarts) restarts=$value ;;
      Result) result=$value ;;
    esac
  done <<ANSWER
$(systemctl show -p ActiveState -p SubState -p InvocationID -p Job -p NRestarts -p Result -- "$unit" 2>/dev/null)
ANSWER
  [ "$job" = 0 ] && job=''
  [ -n "$active" ] || end 4 'cannot be asked about: systemctl show says nothing'
}

# A unit between two of its own restarts has no job: systemd has only set a timer, which a start of ours takes the place of.
nobody_asks() {
  look
  [ -z "$job" ] || end 3 'is left alone: somebody else has just asked for something (a job is queued)'
}

# One that crashes again and again changes state and invocation all by itself, and systemd counts each of its own starts. A start that was
# not counted is somebody else's (theirs begins the count anew): it is left alone if it holds; if it does not, it was no help.
loops_still() {
  nobody_asks
  [ "$active" = active ] && [ "$invocation" != "$seen_invocation" ] || return 0
  [ "$seen_restarts" -lt 0 ] || [ "${restarts:-0}" -le "$seen_restarts" ] || return 0
  theirs=$invocation lasted=0
  while [ "$lasted" -lt "$stays" ]; do
    sleep 1
    lasted=$((lasted + 1))
    nobody_asks
    [ "$active" = active ] && [ "$invocation" = "$theirs" ] || return 0
  done
  end 3 'is left alone: somebody else has started it meanwhile, and it stays up'
}

as_it_was() {
  nobody_asks
  [ -z "$seen_invocation" ] || [ "$invocation" = "$seen_invocation" ] ||
    end 3 "is left alone: somebody else has started it meanwhile (it is $active)"
  [ -z "$seen" ] || [ "$active" = "$seen" ] || end 3 "is left alone: it is $active now, and was $seen"
}

# One that will not stop keeps its restart queued for as long as its own patience says: the next rung must not take that for somebody else's.
second() {
  sleep 1
  waited=$((waited + 1))
  [ "$waited" -lt "$seconds" ] && return
  [ "$rung" != restart ] || [ -z "$job" ] || systemctl cancel "$job" 2>/dev/null
  end 4 "is not up after $seconds s: it is $active ($sub${result:+, $result})"
}

ask() {
  systemctl --no-block "$1" -- "$unit" || end 4 "systemctl $1 was refused"
}

# Units that failed too often would not be started before their failures are forgotten, systemctl(1).
start_anew() {
  systemctl reset-failed -- "$unit" 2>/dev/null
  ask "$1"
}

if [ "$seen" = crash_loop ]; then loops_still; else as_it_was; fi
before=$invocation
case $rung in
  # One that crashes again and again may be up for a moment, and a start of what is up does nothing.
  start) if [ "$active" = active ]; then start_anew restart; else start_anew start; fi ;;
  restart) start_anew restart ;;
  reload) ask reload ;;
  kill)
    systemctl kill -s KILL -- "$unit" || end 4 'its processes cannot be killed'
    look
    while [ "$invocation" = "$before" ]; do
      case $active in active | deactivating | reloading) ;; *) break ;; esac
      second
      look
    done
    start_anew start
    ;;
  *) end 4 "has no rung $rung" ;;
esac

look
while [ "$active" != active ] || [ -n "$job" ]; do
  case $active:$job in
    failed: | inactive:) end 4 "is not up: it is $active ($sub${result:+, $result})" ;;
  esac
  second
  look
done
[ "$rung" = reload ] || [ -z "$invocation" ] || [ "$invocation" != "$before" ] || end 4 'still is what it was: it was not started anew'

mine=$invocation counted=$restarts lasted=0
while [ "$lasted" -lt "$stays" ]; do
  sleep 1
  lasted=$((lasted + 1))
  look
  if [ "$active" != active ] || [ "$invocation" != "$mine" ] || [ "$restarts" != "$counted" ]; then
    end 5 "came up and did not stay up: it is $active ($sub${result:+, $result}) after $lasted s"
  fi
done
end 0 "is up since $lasted s"
