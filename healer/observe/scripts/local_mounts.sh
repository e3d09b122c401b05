# shellcheck shell=sh disable=SC2154
# Which mounts may be looked at: lstat(2) and statfs(2) on a dead network share never come back, so everything else is kept away from.

# An awk function: "disk" for a file system of this machine's own disks, "memory", or "far". The root counts whatever it is.
near_='
  function near(kind, point) {
    if (point == "/" || kind ~ /^(ext[234]|xfs|btrfs|zfs|f2fs|jfs|bcachefs|vfat|exfat|reiserfs|nilfs2)$/) return "disk"
    return kind ~ /^(tmpfs|ramfs)$/ ? "memory" : "far"
  }
  # The kernel writes space, tab and backslash of paths in octal (proc_pid_mountinfo(5)).
  function plain(word) {
    gsub(/\\040/, " ", word); gsub(/\\011/, "\t", word); gsub(/\\043/, "#", word); gsub(/\\134/, "\\\\", word)
    return word
  }'

# local_mounts: "ID<TAB>disk|memory|far<TAB>DEVICE<TAB>POINT" a mount, in the order of mounting.
local_mounts() {
  awk "$near_"'
    { for (i = 7; i < NF && $i != "-"; i++) { } }
    { point = plain($5); print $1 "\t" near($(i + 1), point) "\t" $(i + 2) "\t" point }' /proc/self/mountinfo
}

# mount_of PATH: "ID CLASS" of the mount on which it lies, by the text of $mounts alone.
mount_of() {
  printf '%s\n' "$mounts" | path=$1 awk '
    BEGIN { path = ENVIRON["path"] "/" }
    {
      split($0, part, "\t")
      point = substr($0, length(part[1] part[2] part[3]) + 4)
      if (point != "/") point = point "/"
      if (index(path, point) == 1 && length(point) >= longest) { longest = length(point); found = part[1] " " part[2] }
    }
    END { print found }'
}
