# Processes that run code which is no longer on disk. Needs running_code (processes.sh) and owners, which reads paths and prints
# "owner<TAB>PACKAGES<TAB>PATH". Prints, tab separated:
#   init CGROUP, unreadable COUNT, process ... as running_code does, of the processes that matter
#   file     PID PATH            PATH is what stands, or stood, on disk: without the kernel's and rpm's additions
#   openssl  PID APART PATH      a copy of OpenSSL that is mapped and unchanged
#   owner    PACKAGES PATH       packages are separated by spaces

# Every file that is to be looked at on disk, once.
places() {
    awk -F '\t' '
        function ask(path) { gsub(/\\012/, "\001", path); if (!(path in asked)) { asked[path] = 1; print path } }
        $1 == "mapped" { ask($4 $6); if ($3 == "maybe") ask($6) }'
}

# Newlines in names travel as \001 and become real ones only for stat. A file that is not there prints nothing.
inodes() {
    tr '\n\001' '\0\n' | xargs -0 stat -c '= %i %n' 2>/dev/null || true
}

compare() {
    awk '
        function clean(path) {
            sub(/ \(deleted\)$/, "", path)
            sub(/;[0-9A-Fa-f][0-9A-Fa-f][0-9A-Fa-f][0-9A-Fa-f][0-9A-Fa-f][0-9A-Fa-f][0-9A-Fa-f][0-9A-Fa-f]+$/, "", path)
            return path
        }
        function on_disk(path) { gsub(/\\012/, "\n", path); return inode[path] }
        function tell(pid) { if (!(pid in told)) { told[pid] = 1; print process[pid] } }
        BEGIN { FS = "\t" }
        !scanned && /^= / { split($0, part, " "); last = substr($0, length(part[2]) + 4); inode[last] = part[2]; next }
        !scanned && $0 == "scan" { scanned = 1; next }
        !scanned { number = inode[last]; delete inode[last]; last = last "\n" $0; inode[last] = number; next }
        $1 == "process" { process[$2] = $0; apart[$2] = $6; next }
        $1 == "init" || $1 == "unreadable" { print; next }
        on_disk($4 $6) == $5 || ($3 == "maybe" && on_disk($6) == $5) {
            if ($6 ~ /\/lib(ssl|crypto)\.so[^\/]*$/ && !(($4, $6) in copy)) {
                copy[$4, $6] = 1
                tell($2)
                print "openssl\t" $2 "\t" apart[$2] "\t" $6
            }
            next
        }
        { tell($2); print "file\t" $2 "\t" clean($6) }'
}

scan=$(running_code) || fail "the processes cannot be read to the end"
found=$({ printf '%s\n' "$scan" | places | inodes; printf 'scan\n%s\n' "$scan"; } | compare)
printf '%s\n' "$found"
printf '%s\n' "$found" | awk -F '\t' '
    $1 == "process" { apart[$2] = $6 }
    $1 == "file" && !apart[$2] { print $3 }
    $1 == "openssl" && !apart[$2] { print $4 }' | sort -u | owners
