# shellcheck shell=sh disable=SC2154
# logrotate's configuration as text, who runs it, when it last did, and what it complains about. Needs places.sh. Prints, tab separated:
#   absent                   where there is no logrotate
#   text     PATH^_LINE      of the configuration
#   runs     timer|cron
#   last     SECONDS         when its state was last written
#   fault    LINE            as `logrotate -d` prints it, which tries nothing and writes nothing
#   untried  REASON          why that was not asked
main=/etc/logrotate.conf
[ -e "$main" ] || main=/usr/etc/logrotate.conf

# Those that logrotate itself passes over by their ending are left out (logrotate.conf(5), tabooext).
included() {
  awk '$1 == "include" { print $2 }' "$main" | while IFS= read -r place; do
    place=$(near_path "$place") || continue
    if [ -f "$place" ]; then printf '%s\n' "$place"; fi
    for file in "$place"/*; do
      case $file in
        *,v | *~ | *.bak | *.backup | *.cfsaved | *.disabled | *.dpkg-* | *.rpm* | *.rhn-cfg-tmp-* | *.swp | *.tmp | *.ucf-*) continue ;;
      esac
      [ ! -f "$file" ] || printf '%s\n' "$file"
    done
  done
}

# Debian's cron job leaves it to the timer where systemd runs the host.
runs() {
  if [ -d /run/systemd/system ] && systemctl --quiet is-active logrotate.timer 2>/dev/null; then
    printf 'runs\ttimer\n'
  elif have cron || have crond || have anacron || have busybox; then
    for job in /etc/cron.daily/logrotate /etc/cron.hourly/logrotate /etc/periodic/daily/logrotate /etc/cron.d/logrotate /etc/crontab; do
      if [ ! -f "$job" ] || ! grep -q logrotate "$job"; then continue; fi
      if [ -d /run/systemd/system ] && grep -q '/run/systemd/system' "$job"; then continue; fi
      printf 'runs\tcron\n'
      break
    done
  fi
}

# A pattern that leads to a dead network share would hang it.
far_away() {
  awk '{ for (i = 7; i < NF && $i != "-"; i++) { } }
    $5 !~ /^\/(proc|sys|dev|run)\// && $(i + 1) ~ /^(nfs|cifs|smb|ceph|gluster|9p|afs|autofs|ncp|coda|lustre|beegfs|fuse)/ { print $5; exit }' \
    /proc/self/mountinfo
}

complaints() {
  share=$(far_away)
  if [ -n "$share" ]; then
    printf 'untried\tthe host has a network share at %s\n' "$share"
    return
  fi
  said=$(cd / && timeout -k 1 10 logrotate -d "$main" 2>&1 </dev/null)
  case $? in 124 | 137) printf 'untried\tit did not come to its end within 10 s\n' ;; esac
  printf '%s\n' "$said" | grep -E '^error: |^ +log .* -- skipping|^destination .* already exists|^Ignoring .* because (it is|the file owner)' |
    head -n 100 | cut -c 1-500 | sed "s/^ */fault$tab/"
}

if have logrotate && [ -r "$main" ]; then
  # shellcheck disable=SC2016 # awk's own
  {
    printf '%s\n' "$main"
    included
  } | tr '\n' '\0' | xargs -0 -r awk '{ print "text\t" FILENAME "\037" $0 }'
  runs
  for state in /var/lib/logrotate/status /var/lib/logrotate/logrotate.status /var/lib/logrotate.status /var/lib/misc/logrotate.status; do
    [ ! -f "$state" ] || { stat -c "last$tab%Y" "$state" && break; }
  done
  complaints
else
  echo absent
fi
echo end
