# lock_holders: who holds the locks of apt and dpkg, one line each: PID, tab, lock file. The files always exist: only the lock tells.
lock_holders() {
    stat -c '%D %i %n' /var/lib/dpkg/lock-frontend /var/lib/dpkg/lock /var/cache/apt/archives/lock /var/lib/apt/lists/lock \
        /run/unattended-upgrades.lock 2>/dev/null | awk '
        function device(hex,    length_) {
            length_ = length(hex)
            if (length_ > 5 || length_ < 3) return ""
            return (length_ == 3 ? "0" : "") substr(hex, 1, length_ - 2) ":" substr(hex, length_ - 1)
        }
        { path[$2] = $3; where[$2] = device($1) }
        END {
            while ((getline line < "/proc/locks") > 0) {
                # 1: POSIX  ADVISORY  WRITE 1234 fe:00:131094 0 EOF; a waiting one has "->" as its second word
                if (split(line, word, " ") < 6 || word[2] == "->" || split(word[6], place, ":") != 3 || !(place[3] in path)) continue
                # file systems without a device of their own show other numbers here than stat does
                if (place[1] != "00" && where[place[3]] != "" && where[place[3]] != place[1] ":" place[2]) continue
                print word[5] "\t" path[place[3]]
            }
        }'
}
