# shellcheck shell=sh
needs_systemd
systemctl show --no-pager \
  --property=Id,LoadState,ActiveState,SubState,Type,NRestarts,InvocationID,MainPID,RefuseManualStop,UnitFileState,FragmentPath \
  '*.service' || fail "systemctl could not show the services"
printf '\n%s\n' '-- failed'
systemctl list-units --state=failed --all --full --plain --no-legend --no-pager || fail "systemctl could not list the failed units"
