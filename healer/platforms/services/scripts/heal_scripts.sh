# shellcheck shell=sh
# The same for a service of OpenRC or of init scripts, of which only can be told whether it runs. Words and ends as in heal_systemd.sh.

rung=$1 name=${2%.service} seen=$3 stays=${6%%.*}

end() {
  code=$1
  shift
  printf 'healer: %s %s\n' "$name" "$*"
  exit "$code"
}

control() {
  if command -v rc-service >/dev/null 2>&1; then
    rc-service "$name" "$1" </dev/null
  else
    service "$name" "$1" </dev/null
  fi
}

runs() {
  control status >/dev/null 2>&1
}

if runs; then now=active; else now=failed; fi
case $seen:$now in
  active:failed | failed:active | inactive:active) end 3 "is left alone: it is $now now, and was $seen" ;;
esac
case $rung in
  start | restart | reload) control "$rung" || end 4 "$rung was refused" ;;
  *) end 4 "cannot be brought back by $rung here: nothing tells which processes are its own" ;;
esac
runs || end 4 'is not up'
sleep "$stays"
runs || end 5 'came up and did not stay up'
end 0 "is up since $stays s"
