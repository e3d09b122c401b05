# shellcheck shell=sh
# How docker's daemon is told what it does. Its file is not read: passwords of proxies may stand in it. Prints, tab separated:
#   runs               where a daemon runs
#   flag     NAME      of its arguments that name a file of their own, or say how it logs; without what they say
#   present            where it has the usual file
#   checks             where it can tell of a file whether it would start with it (Docker 23)
tab=$(printf '\t')
for each in /proc/[0-9]*; do
  name=
  { read -r name <"$each/comm"; } 2>/dev/null || continue
  [ "$name" = dockerd ] || continue
  echo runs
  tr '\0' '\n' 2>/dev/null <"$each/cmdline" |
    sed -n -e "s/^\(--log-driver\).*/flag$tab\1/p" -e "s/^\(--log-opt\).*/flag$tab\1/p" -e "s/^\(--config-file\).*/flag$tab\1/p"
done
if [ -e /etc/docker/daemon.json ] || [ -L /etc/docker/daemon.json ]; then echo present; fi
if have dockerd && timeout -k 1 10 dockerd --help 2>/dev/null </dev/null | grep -q -e --validate; then echo checks; fi
echo end
