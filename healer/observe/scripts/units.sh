# shellcheck shell=sh
needs_systemd
# Of those that rest only the ones count that are meant to run and did run in this boot: a daemon that ended has not failed for systemd.
shown=$(systemctl show --no-pager --all \
  --property=Id,LoadState,ActiveState,SubState,Type,NRestarts,InvocationID,MainPID,RefuseManualStop,UnitFileState,FragmentPath \
  '*.service') || fail "systemctl could not show the services"
printf '%s\n' "$shown" | awk 'BEGIN { RS = ""; ORS = "\n\n" }
  !/(^|\n)ActiveState=inactive(\n|$)/ || (/(^|\n)UnitFileState=enabled(\n|$)/ && /(^|\n)InvocationID=[0-9a-f]/)'
printf '\n%s\n' '-- failed'
systemctl list-units --state=failed --all --full --plain --no-legend --no-pager || fail "systemctl could not list the failed units"
