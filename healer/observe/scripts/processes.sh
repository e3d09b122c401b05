# Which code runs here: every process with the files that it maps executable. Read only; forks a fixed number of times.
#
# running_code prints, tab separated:
#   init     CGROUP-OF-PROCESS-1
#   unreadable COUNT
#   process  PID START-TICKS PARENT OWN APART CGROUP NAME
#   mapped   PID FLAG BASE INODE PATH
# OWN is 1 for the observing shell and its ancestors, and for the user's manager that systemd started for this very login and that
# ends with it; APART is 1 for another pid namespace. PATH is as the kernel shows it (\012 for a newline, " (deleted)" at the end).
# BASE is what to set before PATH to find the file in the process' own mount namespace. FLAG is "host" where that namespace or its
# root is this one's, "other" where not, "maybe" for a root changed inside a private namespace: there the kernel's path may be meant
# from this root.
running_code() {
    again scan_processes
}

scan_processes() {
    {
        printf 'pid %s\n' /proc/[0-9]*
        # Numbers, not names: no name service is asked.
        ls -ldn /proc/self/ns/mnt /proc/self/ns/pid /proc/[0-9]*/ns/mnt /proc/[0-9]*/ns/pid /proc/[0-9]*/exe 2>/dev/null
        stat -L -c 'root %d:%i %n' / /proc/[0-9]*/root 2>/dev/null
        stat -L -c 'exe %i %n' /proc/[0-9]*/exe 2>/dev/null
    } | awk -v self="$$" '
        function read_stat(pid,    line, right, rest) {
            if ((getline line < ("/proc/" pid "/stat")) <= 0) { close("/proc/" pid "/stat"); return 0 }
            close("/proc/" pid "/stat")
            if (!match(line, /\)[^)]*$/)) return 0
            right = RSTART
            name[pid] = substr(line, index(line, "(") + 1, right - index(line, "(") - 1)
            gsub(/\t/, " ", name[pid])
            split(substr(line, right + 2), rest, " ")
            state = rest[1]; parent[pid] = rest[2]; flags = rest[7]; start[pid] = rest[20]
            # PF_KTHREAD; a zombie runs nothing any more
            return int(flags / 2097152) % 2 == 0 && state !~ /[ZXx]/
        }
        function read_cgroup(pid,    line, found, file) {
            file = "/proc/" pid "/cgroup"; found = ""
            while ((getline line < file) > 0) {
                if (line ~ /^[0-9]+:name=systemd:/) { sub(/^[0-9]+:name=systemd:/, "", line); found = line; break }
                if (line ~ /^0::/ && found == "") found = substr(line, 4)
            }
            close(file)
            return found
        }
        function ignored(path) {
            return path ~ /^\/(SYSV|drm|dev\/|memfd:|\[aio\]|i915|anon_hugepage|#[0-9]+|tmp\/|var\/tmp\/|run\/|var\/run\/)/ ||
                path ~ /\/orcexec\.|\/jna[0-9]+\.tmp|\/\.cache\/JNA\//
        }
        function mapped(pid, inode, path) {
            if (ignored(path) || ((pid, path) in seen)) return
            seen[pid, path] = 1
            print "mapped\t" pid "\t" flag[pid] "\t" base[pid] "\t" inode "\t" path
        }
        function read_maps(pid,    line, got, part) {
            while ((got = (getline line < ("/proc/" pid "/maps"))) > 0)
                if (match(line, /^[0-9a-f]+-[0-9a-f]+ [r-][w-]x[sp] [0-9a-f]+ [0-9a-f]+:[0-9a-f]+ [1-9][0-9]* +\//)) {
                    split(line, part, " ")
                    mapped(pid, part[5], substr(line, RLENGTH))
                }
            close("/proc/" pid "/maps")
            return got == 0
        }
        function place(pid,    key) {
            base[pid] = ""; flag[pid] = "host"
            if (!(pid in mnt) || mnt[pid] == mnt["self"]) return
            key = mnt[pid] SUBSEP root[""]
            if (apart(pid)) { flag[pid] = "other"; key = mnt[pid] SUBSEP root[pid] }
            else if (root[pid] != root[""] && !(key in first)) { flag[pid] = "maybe"; key = mnt[pid] SUBSEP root[pid] }
            if (!(key in first)) first[key] = pid
            base[pid] = "/proc/" first[key] "/root"
        }
        function ours(pid) {
            # The programs that this look itself started come and go while it looks.
            for (pid = parent[pid]; pid > 0; pid = parent[pid]) if (pid == self) return 1
            return 0
        }
        function manages_login(group) {
            return slice != "" && index(group, slice "user@") == 1 && group ~ /\/user@[0-9]+\.service\/init\.scope$/
        }
        function apart(pid) { return (pid in pidns) && pidns[pid] != pidns["self"] }
        $1 == "pid" { split($2, part, "/"); pids[++count] = part[3]; next }
        $1 == "root" { split($3, part, "/"); root[part[3]] = $2; next }
        $1 == "exe" { split($3, part, "/"); exe_inode[part[3]] = $2; next }
        match($0, / \/proc\/[0-9a-z]+\/(exe|ns\/mnt|ns\/pid) -> /) {
            split(substr($0, RSTART + 1, RLENGTH - 5), part, "/")
            target = substr($0, RSTART + RLENGTH)
            if (part[4] == "exe") exe[part[3]] = target
            else if (part[5] == "mnt") mnt[part[3]] = target
            else pidns[part[3]] = target
        }
        END {
            for (i = 1; i <= count; i++) if (read_stat(pids[i])) alive[pids[i]] = 1
            for (pid = self; pid > 0; pid = parent[pid]) own[pid] = 1
            for (i = 1; i <= count; i++) {
                pid = pids[i]
                if ((pid in mnt) && root[pid] == root[""] && !((mnt[pid], root[pid]) in first)) first[mnt[pid], root[pid]] = pid
            }
            group = read_cgroup(self)
            slice = match(group, /\/user-[0-9]+\.slice\//) ? substr(group, 1, RSTART + RLENGTH - 1) : ""
            print "init\t" read_cgroup(1)
            for (i = 1; i <= count; i++) {
                pid = pids[i]
                if (!(pid in alive) || ours(pid)) continue
                place(pid)
                group = read_cgroup(pid)
                mine = (pid in own) || manages_login(group)
                print "process\t" pid "\t" start[pid] "\t" parent[pid] "\t" mine + 0 "\t" apart(pid) "\t" group "\t" name[pid]
                if (!read_maps(pid) && read_stat(pid)) unreadable++
                # A program that moved its own text into huge pages maps no file any more; the link still tells.
                if ((pid in exe_inode) && exe[pid] ~ /^\/.* \(deleted\)$/) mapped(pid, exe_inode[pid], exe[pid])
            }
            print "unreadable\t" unreadable + 0
        }'
}
