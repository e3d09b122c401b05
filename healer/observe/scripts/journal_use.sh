# shellcheck shell=sh disable=SC2154
# The files of systemd's journal, and its configured bound. Needs places.sh. Prints, tab separated, paths last:
#   base    ST_DEV PATH
#   file    ST_DEV INODE SIZE BLOCKS MTIME CTIME ATIME BIRTH PATH      BLOCKS are of 512 bytes, times are epoch seconds
#   active  MICROSECONDS PATH       when the first entry of a file was written that is still written to; from its header
#   conf    PATH                    a file of journald's configuration; and cap PATH^_VALUE
{ find / -maxdepth 0 -printf ''; } 2>/dev/null || fail "it needs the find of GNU, and this host has another"
numbers='%D\t%i\t%s\t%b\t%T@\t%C@\t%A@\t%B@\t%p\n'

# Little-endian on every host (systemd, JOURNAL_FILE_FORMAT): the realtime of the first entry stands at byte 184 of the header.
heads() {
  for active in "$1"/*/*.journal; do
    case $active in *@*) continue ;; esac
    if [ -L "$active" ] || [ ! -f "$active" ]; then continue; fi
    printf 'active\t%s\t%s\n' "$(od -A n -t u8 -j 184 -N 8 --endian=little -- "$active" 2>/dev/null | tr -d ' ')" "$active"
  done
}

for base in /var/log/journal /run/log/journal; do
  base=$(near_path "$base") || continue
  find "$base" -maxdepth 0 -type d -printf 'base\t%D\t%p\n'
  find "$base" -mindepth 2 -maxdepth 2 -type f \( -name '*.journal' -o -name '*.journal~' \) -printf "file\t$numbers"
  heads "$base"
done

set --
for conf in /etc/systemd/journald.conf /run/systemd/journald.conf /usr/local/lib/systemd/journald.conf /usr/lib/systemd/journald.conf \
  /etc/systemd/journald.conf.d/*.conf /run/systemd/journald.conf.d/*.conf /usr/local/lib/systemd/journald.conf.d/*.conf \
  /usr/lib/systemd/journald.conf.d/*.conf; do
  if [ ! -f "$conf" ] || [ ! -r "$conf" ]; then continue; fi
  printf 'conf\t%s\n' "$conf"
  set -- "$@" "$conf"
done
[ "$#" -eq 0 ] || awk '
  /^[ \t]*SystemMaxUse[ \t]*=/ { value = $0; sub(/^[^=]*=[ \t]*/, "", value); sub(/[ \t]+$/, "", value); print "cap\t" FILENAME "\037" value }
  ' "$@"
told_places
echo end
