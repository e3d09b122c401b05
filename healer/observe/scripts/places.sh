# shellcheck shell=sh disable=SC2154
# On which disk a thing lies, and whether it may be looked at. Needs local_mounts.sh.
tab=$(printf '\t')
mounts=$(local_mounts)

disks() {
  printf '%s\n' "$mounts" | awk -F '\t' '$2 == "disk"'
}

# near_path PATH: its real path, where it is there and on no network share.
near_path() {
  case $(mount_of "$1") in *far | '') return 1 ;; esac
  real_=$(timeout -k 1 5 readlink -f -- "$1" 2>/dev/null) || return 1
  [ "$real_" = "$1" ] || case $(mount_of "$real_") in *far | '') return 1 ;; esac
  [ -e "$real_" ] && printf '%s\n' "$real_"
}

# told_places: what the parser needs to name the mount of a st_dev:
#   mount ID CLASS DEVICE POINT     fs UNIT BLOCKS POINT     device ST_DEV POINT
told_places() {
  disks | sed "s/^/mount$tab/"
  disks | cut -f 4- | tr '\n' '\0' | xargs -0 -r stat -f -c "fs$tab%S$tab%b$tab%n" 2>/dev/null
  disks | cut -f 4- | tr '\n' '\0' | xargs -0 -r stat -c "device$tab%d$tab%n" 2>/dev/null
}
