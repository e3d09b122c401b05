# shellcheck shell=sh disable=SC2154
# What else takes room: cores, crash dumps, kernels, logs of docker's containers, and, where inodes are short, folders with many entries.
# Needs places.sh. Writes nothing. Prints, tab separated, paths last:
#   file     KIND ST_DEV INODE SIZE BLOCKS MTIME PATH      KIND is core, crash or docker_log; BLOCKS are of 512 bytes
#   running  RELEASE                                       the kernel
#   package  dpkg|rpm STATUS KILOBYTES NAME                of installed kernels
#   boot     ST_DEV BLOCKS NAME                            a file in /boot
#   modules  ST_DEV RELEASE
#   inodes   ENTRIES ST_DEV MTIME INODE PATH
{ find / -maxdepth 0 -printf ''; } 2>/dev/null || fail "it needs the find of GNU, and this host has another"
feed='
'
most=500

# files KIND FOLDER TESTS...: the files of it that fit, hard-linked ones apart.
files() {
  kind=$1
  folder=$(near_path "$2") || return 0
  shift 2
  find "$folder" -xdev "$@" -type f -links 1 ! -path "*$feed*" -printf "file\t$kind\t%D\t%i\t%s\t%b\t%T@\t%p\n" 2>/dev/null | head -n "$most"
}

# Files in the folder where the kernel itself writes cores, by a pattern that must have "core" in its name; only those that are ELF cores
# (type 4 at byte 16): anybody may give a file such a name.
kernel_cores() {
  pattern=$(first_line /proc/sys/kernel/core_pattern)
  name=${pattern##*/} folder=${pattern%/*}
  case $pattern in /*) ;; *) return 0 ;; esac
  case $folder in '' | *%* | /var/lib/systemd/coredump | /var/crash) return 0 ;; esac
  case $name in *core*) ;; *) return 0 ;; esac
  files core "$folder" -maxdepth 1 -name "$(printf '%s\n' "$name" | sed 's/[][*?\\]/\\&/g; s/%%/%/g; s/%[a-zA-Z]/*/g')*" |
    while IFS= read -r row; do
      path=$(printf '%s\n' "$row" | cut -f 8-)
      case $(od -A n -t x1 -N 18 -- "$path" 2>/dev/null | tr -d ' \n') in
        7f454c46??01*0400 | 7f454c46??02*0004) printf '%s\n' "$row" ;;
      esac
    done
}

kernels() {
  if have dpkg-query; then
    # shellcheck disable=SC2016 # dpkg-query expands these, not the shell
    dpkg-query -W -f='package\tdpkg\t${db:Status-Abbrev}\t${Installed-Size}\t${Package}\n' 'linux-image-[0-9]*' 'linux-image-unsigned-[0-9]*' \
      'linux-modules-[0-9]*' 'linux-modules-extra-[0-9]*' 2>/dev/null
  elif have rpm; then
    rpm -q --qf 'package\trpm\tii\t%{SIZE}\t%{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}\n' kernel-core kernel 2>/dev/null | grep '^package'
  fi
}

# Entries by folder, where a disk has used four fifths of its inodes: at most 20 s, behind everybody else.
crowded() {
  disks | cut -f 4- | tr '\n' '\0' | xargs -0 -r stat -f -c '%c %d %n' 2>/dev/null |
    awk '$1 > 0 && ($1 - $2) * 5 >= $1 * 4 { print substr($0, length($1 $2) + 3) }' | while IFS= read -r point; do
    # shellcheck disable=SC2016 # the inner shell expands these
    timeout -k 1 20 nice sh -c 'if ionice -c 3 -p $$ 2>/dev/null; then :; fi
      exec find "$1" -xdev -printf "%h\n"' sh "$point" 2>/dev/null |
      awk '{ entries[$0]++ } END { for (folder in entries) if (entries[folder] >= 1000) print entries[folder] "\t" folder }' |
      sort -rn | head -n 5 | while IFS=$tab read -r count folder; do
      [ ! -d "$folder" ] || printf 'inodes\t%s\t%s\n' "$count" "$(stat -c "%d$tab%Y$tab%i$tab%n" -- "$folder")"
    done
  done
}

files core /var/lib/systemd/coredump -maxdepth 1 -name 'core.*'
kernel_cores
files crash /var/crash -maxdepth 2 \( -name '*.crash' -o -name 'vmcore*' -o -name 'dump.*' -o -name 'core*' \)
files docker_log /var/lib/docker/containers -mindepth 2 -maxdepth 2 -name '*-json.log'
if [ -z "$(container_kind)" ]; then
  kernels
  printf 'running\t%s\n' "$(uname -r)"
  [ ! -d /boot ] || find /boot -maxdepth 1 -type f -name '*-[0-9]*' -printf 'boot\t%D\t%b\t%f\n'
  if folder=$(near_path /lib/modules); then find "$folder" -mindepth 1 -maxdepth 1 -type d -printf 'modules\t%D\t%f\n'; fi
fi
crowded
told_places
echo end
