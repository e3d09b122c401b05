# What may be a log below /var/log and the folders that are this section's words, and every big file that somebody writes; with who
# has it open. Needs local_mounts.sh and openers.sh. Forks a fixed number of times, writes nothing, and opens files only to ask where
# their data begin. Prints, tab separated, paths last:
#   machine  NAME                      of the processor: the bits of open(2)'s flags differ
#   mount    ID CLASS DEVICE POINT     fs UNIT BLOCKS POINT     device ST_DEV POINT
#   root     PATH
#   file     BLOCKS ST_DEV INODE LINKS SIZE MODE UID GID MTIME PATH      BLOCKS are of 512 bytes
#   link     ... the same ... PATH^_TARGET
#   odd      COUNT                     names that no line can hold, and those beyond the largest
# and what openers.sh tells of.
# shellcheck disable=SC2154
{ stat --printf= / && find / -maxdepth 0 -printf ''; } 2>/dev/null || fail "it needs the find and stat of GNU, and this host has others"
[ -r /proc/self/mountinfo ] || fail "/proc/self/mountinfo cannot be read"

feed='
'
# Between a link's name and its target: names that hold it are left out, as those with a line feed.
apart=$(printf '\037')
most=2000
mounts=$(local_mounts)
points=$feed$(printf '%s\n' "$mounts" | cut -f 4-)$feed

# folders FOLDER...: those that are there and may be looked at, by their real names; one within another on the same mount is left out.
folders() {
  for folder in "$@"; do
    case $(mount_of "$folder") in *far | '') continue ;; esac
    folder=$(timeout -k 1 5 readlink -f -- "$folder") || continue
    on=$(mount_of "$folder")
    case $folder in / | *"$feed"*) continue ;; esac
    case $on in *far) continue ;; esac
    [ -d "$folder" ] && printf '%s\t%s\n' "$on" "$folder"
  done | awk -F '\t' '
    { on[NR] = $1; path[NR] = substr($0, length($1) + 2) }
    function within(one, other) { return on[one] == on[other] && index(path[one], path[other] "/") == 1 }
    END {
      for (i = 1; i <= NR; i++) {
        keep = !(path[i] in seen); seen[path[i]] = 1
        for (j = 1; j <= NR; j++) if (within(i, j)) keep = 0
        if (keep) print path[i]
      }
    }'
}

# starts FOLDER: where find may begin, each with a NUL behind it, so that it never meets a mount.
starts() {
  case $points in
    *"$feed$1/"*) ;;
    *)
      printf '%s\0' "$1"
      return
      ;;
  esac
  for entry in "$1"/* "$1"/.[!.]* "$1"/..?*; do
    case $points in
      *"$feed$entry$feed"*) ;;
      *"$feed$entry/"*) starts "$entry" ;;
      *) if [ -L "$entry" ] || [ -e "$entry" ]; then printf '%s\0' "$entry"; fi ;;
    esac
  done
}

search() {
# shellcheck disable=SC2016
  printf '%s\n' "$roots" | while IFS= read -r root; do [ -z "$root" ] || starts "$root"; done |
    feed=$feed apart=$apart xargs -0 -r sh -c '
      numbers="%b\t%D\t%i\t%n\t%s\t%m\t%U\t%G\t%T@\t%p"
      exec find "$@" -xdev \( -type f -o -type l \) \( \
        \( -path "*$feed*" -o -path "*$apart*" -o -lname "*$feed*" -o -lname "*$apart*" \) -printf "odd\n" -o \
        -type f -printf "file\t$numbers\n" -o -printf "link\t$numbers$apart%l\n" \)' sh 2>/dev/null
}

# The largest only, kept in a heap whose top is the smallest of them: sort(1) would need a file for many.
largest() {
  awk -F '\t' -v most="$most" '
    function swap(i, j,    kept) { kept = size[i]; size[i] = size[j]; size[j] = kept; kept = row[i]; row[i] = row[j]; row[j] = kept }
    function up(i) { while (i > 1 && size[i] < size[int(i / 2)]) { swap(i, int(i / 2)); i = int(i / 2) } }
    function down(i,    child) {
      while ((child = 2 * i) <= count) {
        if (child < count && size[child + 1] < size[child]) child++
        if (size[i] <= size[child]) return
        swap(i, child); i = child
      }
    }
    $1 == "odd" { odd++; next }
    count < most { size[++count] = $2 + 0; row[count] = $0; up(count); next }
    { odd++ }
    $2 + 0 > size[1] { size[1] = $2 + 0; row[1] = $0; down(1) }
    END { for (i = 1; i <= count; i++) print row[i]; print "odd\t" odd + 0 }'
}

disks() {
  printf '%s\n' "$mounts" | awk -F '\t' '$2 == "disk"'
}

points_of_disks() {
  disks | cut -f 4- | tr '\n' '\0'
}

printf 'machine\t%s\n' "$(uname -m)"
disks | sed 's/^/mount\t/'
points_of_disks | xargs -0 -r stat -f --printf='fs\t%S\t%b\t%n\n' 2>/dev/null
points_of_disks | xargs -0 -r stat --printf='device\t%d\t%n\n' 2>/dev/null
roots=$(folders /var/log "$@")
printf '%s\n' "$roots" | awk '$0 != "" { print "root\t" $0 }'
found=$(search | largest)
printf '%s\n' "$found"
if is_root; then
  seen=$(again openers) || fail "who has which file open cannot be read to the end"
  printf '%s\n' "$seen"
  printf '%s\n' "$found" "$seen" | mapped
else
  seen=
  printf '%s\tit needs root, which is not to be had on this host\n' blind unmapped
fi
printf '%s\n' "$seen" | named
printf '%s\n' "$found" "$seen" | data_begin
echo end
