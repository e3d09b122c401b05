# shellcheck shell=sh disable=SC2154
# Who has which file open, by device and inode: another mount namespace shows other paths. Needs local_mounts.sh.

# heard WORD COMMAND...: its output and, at the end, "WORD<TAB>COMPLAINT" if it could not look at something that is still there.
heard() {
  word_=$1
  shift
  {
    "$@" 2>&1 >&3 3>&- | awk -v word="$word_" '
      !/No such (file or directory|process)$/ { said = $0 }
      END { if (said != "") print word "\t" said }' >&3 3>&-
  } 3>&1
}

# of_all FILE COMMAND...: give the command this file of every process. 123: the command complained, which heard looks into.
of_all() {
  file_=$1
  shift
  printf '%s\0' /proc/[0-9]*/"$file_" | xargs -0 "$@"
  case $? in 0 | 123) ;; *) echo "the program that looks at all processes was stopped" >&2 ;; esac
}

# A line a descriptor, path and target; a line feed in a target, which could pass for another descriptor, becomes \001.
descriptors() {
  of_all fd sh -c 'exec find "$@" -mindepth 1 -maxdepth 1 -printf "%p %l\\0"' sh | tr '\n\0' '\001\n'
}

# What a descriptor's file is, by /proc alone: its mount, and from that and the inode its identity. Where the kernel does not tell the
# inode (before 5.14), and where st_dev is not the mount's (btrfs, overlay), stat is to be asked. Reads $found and descriptors; prints
#   open     ST_DEV INODE PID FD POSITION FLAGS                           of files in $found
#   other    ST_DEV INODE PID FD POSITION FLAGS CLASS OWN TARGET          of others; ST_DEV is "?" where stat is to be asked. OWN says that
#                                                                         the mount is one of this namespace, so that TARGET is meant here
#   ask      FD-PATH                                                      what stat is to be asked about
#   unclear  INODE                                                        of a file on a mount that nobody knows
on_local_mounts() {
  awk "$near_"'
    function st_dev(numbers,    part) {
      split(numbers, part, ":")
      if (part[1] == 0) return "?"
      return sprintf("%.0f", part[1] % 4096 * 256 + part[2] % 256 + int(part[2] / 256) * 1048576 + int(part[1] / 4096) * 17592186044416)
    }
    function learn(file, ours,    line, part, i, n) {
      while ((getline line < file) > 0) {
        n = split(line, part, " ")
        for (i = 7; i < n && part[i] != "-"; i++) { }
        if (ours) own[part[1]] = 1
        if (part[1] in class) continue
        class[part[1]] = near(part[i + 1], ours ? part[5] : "")
        device[part[1]] = st_dev(part[3])
      }
      close(file)
    }
    function ask(pid, fd,    file, line, part) {
      flags = position = mount = inode = ""
      file = "/proc/" pid "/fdinfo/" fd
      while (inode == "" && (getline line < file) > 0) {
        split(line, part, "\t")
        if (part[1] == "pos:") position = part[2]
        else if (part[1] == "flags:") flags = part[2]
        else if (part[1] == "mnt_id:") mount = part[2]
        else if (part[1] == "ino:") inode = part[2]
      }
      close(file)
      return flags != ""
    }
    function writes() { return substr(flags, length(flags)) % 4 }
    BEGIN { learn("/proc/self/mountinfo", 1) }
    /^file\t/ { split($0, part, "\t"); found[part[3], part[4]] = 1; next }
    !/^\/proc\// { if (/^blind\t/) print; next }
    { target = substr($0, length($1) + 2) }
    target == "" && system("test -e " $1) == 0 { print "blind\tthe descriptors of some process cannot be read"; next }
    # Devices, and memory of the kernel that has no place in any folder.
    target !~ /^\// { next }
    target ~ /^\/(dev\/(null|zero|full|random|urandom|console|ptmx|tty[a-zA-Z0-9]*|pts\/[0-9]+|pts\/ptmx)$|memfd:|SYSV|\[aio\]|anon_hugepage|i915|drm mm object)/ { next }
    {
      split($1, part, "/")
      pid = part[3]; fd = part[5]
      if (!ask(pid, fd)) next
      if (mount == "") { print "blind\tthis kernel does not tell on which mount a descriptor is"; next }
      if (!(mount in class) && !(pid in learned)) { learned[pid] = 1; learn("/proc/" pid "/mountinfo", 0) }
      if (!(mount in class)) {
        print inode == "" ? "blind\ta file is open on a mount that is not there any more" : "unclear\t" inode
        next
      }
      if (class[mount] == "far") next
      from = inode == "" ? "?" : device[mount]
      row = "\t" from "\t" inode "\t" pid "\t" fd "\t" position "\t" flags
      if ((from, inode) in found) { print "open" row; next }
      print "other" row "\t" class[mount] "\t" (mount in own) "\t" target
      if (from == "?") print "ask\t" $1
      else if ((writes() || target ~ / \(deleted\)$/) && !((from, inode) in asked)) { asked[from, inode] = 1; print "ask\t" $1 }
    }
    END { print "looked" }'
}

# A process whose first thread has ended shows no descriptors, though its other threads have them.
headless() {
  cat /proc/[0-9]*/stat 2>/dev/null | awk '
    match($0, /\) [ZX] [^)]*$/) {
      split(substr($0, RSTART + 2), part, " ")
      if (part[18] > 1) { print "blind\tthe first thread of a process has ended, which hides what the others have open"; exit }
    }'
}

opened_files() {
  { printf '%s\n' "$found"; heard blind descriptors; } | on_local_mounts
}

# openers, with $found as the files that matter beside the big ones. Prints, tab separated:
#   open     ST_DEV INODE PID FD POSITION FLAGS
#   big      BLOCKS ST_DEV INODE LINKS SIZE MODE UID GID MTIME OWN PID FD TARGET     written or deleted, of 10 MiB or more
#   process  PID START-TICKS PARENT APART CGROUP NAME     of the openers and of process 1; NAME as /proc/PID/status escapes it
#   blind    REASON                    what could not be looked at; and unclear, as above
#   done     openers                   that nothing was cut off
openers() {
  opened=$(again opened_files) || return 1
  {
    printf '%s\n' "$found" "$opened"
    printf '%s\n' "$opened" | sed -n 's/^ask\t//p' |
      xargs -r stat -L --printf='stat\t%n\t%d\t%i\t%f\t%h\t%s\t%b\t%a\t%u\t%g\t%.9Y\n' 2>/dev/null
    headless
  } | awk -F '\t' '
    function process(pid,    line, part, text, start, name, parent, apart, group) {
      if (pid in told) return
      told[pid] = 1
      while ((getline line < ("/proc/" pid "/stat")) > 0) text = text " " line
      close("/proc/" pid "/stat")
      if (!match(text, /\) [^)]*$/)) return
      split(substr(text, RSTART + 2), start, " ")
      while ((getline line < ("/proc/" pid "/status")) > 0) {
        if (line ~ /^Name:/) { name = substr(line, 7); gsub(/\t/, " ", name) }
        else if (line ~ /^PPid:/) { split(line, part, "\t"); parent = part[2] }
        else if (line ~ /^NSpid:/) { apart = split(line, part, "\t") > 2; break }
      }
      close("/proc/" pid "/status")
      while ((getline line < ("/proc/" pid "/cgroup")) > 0) {
        if (line ~ /^[0-9]+:name=systemd:/) { sub(/^[0-9]+:name=systemd:/, "", line); group = line; break }
        if (line ~ /^0::/ && group == "") group = substr(line, 4)
      }
      close("/proc/" pid "/cgroup")
      gsub(/\t/, " ", group)
      print "process\t" pid "\t" start[20] "\t" parent "\t" apart + 0 "\t" group "\t" name
    }
    function tell(device, inode, pid, fd, position, flags) {
      print "open\t" device "\t" inode "\t" pid "\t" fd "\t" position "\t" flags
      process(pid)
    }
    $1 == "file" { wanted[$3, $4] = 1; next }
    $1 == "open" { print; process($4); next }
    # Kept until all are known: a file may grow over the bound while it is looked at.
    $1 == "other" {
      number["/proc/" $4 "/fd/" $5] = ++count; device[count] = $2; inode[count] = $3; row[count] = $0
      next
    }
    # Regular files only: type bits 0x8000 of the mode.
    $1 == "stat" {
      at = number[$2]
      split(row[at], other, "\t")
      if ($5 !~ /^8...$/) next
      device[at] = $3; inode[at] = $4
      if ($8 < 20480 || (($3, $4) in wanted) || other[8] != "disk" || ($6 && substr(other[7], length(other[7])) % 4 == 0)) next
      wanted[$3, $4] = 1
      target = substr(row[at], length(other[1] other[2] other[3] other[4] other[5] other[6] other[7] other[8] other[9]) + 10)
      print "big\t" $8 "\t" $3 "\t" $4 "\t" $6 "\t" $7 "\t" $9 "\t" $10 "\t" $11 "\t" $12 "\t" other[9] "\t" other[4] "\t" other[5] "\t" target
      process(other[4])
      next
    }
    $1 == "unclear" || $1 == "blind"
    $1 == "looked" { looked = 1 }
    END {
      if (looked) print "done\topeners"
      process(1)
      for (i = 1; i <= count; i++) if ((device[i], inode[i]) in wanted) {
        split(row[i], other, "\t")
        tell(device[i], inode[i], other[4], other[5], other[6], other[7])
      }
    }'
}

# mapped: which of the files on standard input, in rows "file" and "big", are in the memory of a process: "map MAJOR:MINOR INODE", and
# "unmapped REASON" for what could not be looked at, "done maps" at the end.
mapped() {
  inodes=$(awk -F '\t' '$1 == "file" || $1 == "big" { print " " $4 " " }')
  # The bare word is there for complaints, and so that there is a pattern at all.
  heard unmapped of_all maps cat | grep -F -e "unmapped${inodes:+$feed$inodes}" | awk '
    $1 == "unmapped" { print; next }
    !(($4, $5) in seen) { seen[$4, $5] = 1; print "map\t" $4 "\t" $5 }
    END { print "done\tmaps" }'
}

# Which of the big files are here under the name that their opener has for them: "name ST_DEV INODE PATH".
named() {
  { printf '%s\n' "$mounts" | sed 's/^/mount\t/'; cat; } | awk '
    function path(line, fields,    part, i, skip) {
      split(line, part, "\t")
      for (i = 1; i <= fields; i++) skip += length(part[i]) + 1
      return substr(line, skip + 1)
    }
    /^mount\t/ { split($0, part, "\t"); point[++count] = path($0, 4); class[count] = part[3]; next }
    /^big\t/ {
      split($0, part, "\t")
      if (part[5] == 0) next
      name = path($0, 13); longest = 0
      for (i = 1; i <= count; i++) {
        start = point[i] == "/" ? "/" : point[i] "/"
        if (index(name, start) == 1 && length(start) >= longest) { longest = length(start); where = class[i] }
      }
      if (where != "far") print name
    }' | tr '\n' '\0' | xargs -0 -r stat --printf='name\t%d\t%i\t%n\n' 2>/dev/null
}

# Where the data of files with holes begin: "data ST_DEV INODE OFFSET". Needs perl or python; without them it is not told.
data_begin() {
  holes=$(awk -F '\t' '
    $1 == "file" && $2 * 512 < $6 { print substr($0, length($1 $2 $3 $4 $5 $6 $7 $8 $9 $10) + 11) }
    $1 == "big" && $2 * 512 < $6 { print "/proc/" $12 "/fd/" $13 }')
  [ -n "$holes" ] || return 0
  # SEEK_DATA is 3; ENXIO, 6, says that there are none.
  if perl -MFcntl=O_NOFOLLOW -e 1 2>/dev/null; then
    printf '%s\n' "$holes" | perl -e '
      use Fcntl;
      while (my $path = <STDIN>) {
        chomp $path;
        sysopen(my $file, $path, O_RDONLY | O_NONBLOCK | ($path =~ m{^/proc/} ? 0 : O_NOFOLLOW)) or next;
        my @stat = stat $file;
        -f _ or next;
        my $at = sysseek($file, 0, 3);
        $at = $stat[7] if !defined $at && $! == 6;
        printf "data\t%s\t%s\t%s\n", $stat[0], $stat[1], $at + 0 if defined $at;
      }' 2>/dev/null
  elif python3 -I -S -c '' 2>/dev/null; then
    printf '%s\n' "$holes" | python3 -I -S -c '
import os, stat, sys
for line in sys.stdin.buffer:
    path = line[:-1]
    try:
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | (0 if path.startswith(b"/proc/") else os.O_NOFOLLOW))
    except OSError:
        continue
    known = os.fstat(file)
    try:
        at = os.lseek(file, 0, 3)
    except OSError as error:
        at = known.st_size if error.errno == 6 else None
    os.close(file)
    if at is not None and stat.S_ISREG(known.st_mode):
        print("data", known.st_dev, known.st_ino, at, sep="\t")' 2>/dev/null
  fi
  return 0
}
