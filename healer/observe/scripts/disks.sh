# shellcheck shell=sh
# statfs(2) through stat(1), one mount at a time, and only where the disk is local: a dead network share would hang df for ever.
[ -r /proc/self/mounts ] || fail "/proc/self/mounts cannot be read"
while read -r device mount kind options _; do
  # What a container is shown of the machine around it (systemd's container interface) is not its own.
  case $mount in /run/host/* | /proc/* | /sys/* | /dev/*) continue ;; esac
  case $kind in
    squashfs | iso9660 | udf | erofs | cramfs | romfs | fuse.*) [ "$mount" = / ] || continue ;;
    ext[234] | xfs | btrfs | zfs | f2fs | jfs | bcachefs | vfat | exfat | reiserfs | nilfs2) ;;
    *) [ "$mount" = / ] || continue ;;
  esac
  # Mount paths come with \040 for a space; %b reads \0040.
  path=$(printf '%b' "$(printf '%s' "$mount" | sed 's/\\\([0-7][0-7][0-7]\)/\\0\1/g')")
  # Containers get single files mounted in: the disk behind them is not theirs to look after.
  [ -d "$path" ] || continue
  if numbers=$(stat -f -c '%S %b %f %a %c %d' "$path" 2>/dev/null); then
    printf '%s %s %s %s %s\n' "$device" "$mount" "$kind" "$options" "$numbers"
  elif [ "$mount" = / ]; then
    fail "the root file system does not answer"
  fi
done </proc/self/mounts
