# Put a log away under another name, and let its writer open a new one.
#   reopen.sh PATH DEVICE INODE SIGNAL PID STARTED SECONDS
# Exit codes: 0 done; 3 the file is not the one that was seen; 4 the writer is not; 5 the folder is not safe; 6 no new file could be made:
# nothing was done in all of these. 7: the writer did not let go in time, and the file has its name back. 8: it did not, and the file keeps
# the new name, because the new one is in use. No line is lost in any of them: whoever writes, writes to a file that has a name.
LC_ALL=C
export LC_ALL
umask 077
path=$1 device=$2 inode=$3 signal=$4 pid=$5 started=$6 seconds=$7

same() {
    [ ! -L "$1" ] && [ -f "$1" ] && [ "$(stat -c %d:%i:%h -- "$1")" = "$device:$inode:1" ]
}

# Field 22 of proc_pid_stat(5); the name in parentheses may hold anything.
alive() {
    read -r line <"/proc/$pid/stat" || return 1
    # shellcheck disable=SC2086
    set -- ${line##*) }
    [ "${20}" = "$started" ]
}

# Only the links are read: looking at what they point to could hang on a dead network mount.
held() {
    find /proc/[0-9]*/fd -maxdepth 1 -type l -printf '%l\n' 2>/dev/null | grep -qxF -- "$1"
}

owner=$(stat -c %u -- "${path%/*}/") || exit 5
rights=$(stat -c %a -- "${path%/*}/") || exit 5
[ "$owner" = 0 ] || [ "$owner" = "$(id -u)" ] || exit 5
case $rights in *[2367]) exit 5 ;; esac
same "$path" || exit 3
alive 2>/dev/null || exit 4

stamp=$(date -u +%Y%m%dT%H%M%SZ)
aside=$path.healer-$stamp
fresh=$path.healer-$stamp-1
if [ -e "$aside" ] || [ -L "$aside" ] || [ -e "$fresh" ] || [ -L "$fresh" ]; then exit 6; fi

# The new file has its owner, rights, access list and label before anybody can open it.
cp -P --attributes-only --preserve=mode,ownership,context,xattr -- "$path" "$fresh" 2>/dev/null ||
    cp -P --attributes-only --preserve=mode,ownership,xattr -- "$path" "$fresh" 2>/dev/null || {
    rm -f -- "$fresh"
    exit 6
}
if ! same "$path" || ! mv -nT -- "$path" "$aside"; then
    rm -f -- "$fresh"
    exit 3
fi
if ! same "$aside"; then
    mv -nT -- "$aside" "$path"
    rm -f -- "$fresh"
    exit 3
fi
# Whoever opens the log for each line may have made it meanwhile: then that is the new one.
mv -nT -- "$fresh" "$path"
[ ! -e "$fresh" ] || rm -f -- "$fresh"

if alive 2>/dev/null && kill -s "$signal" "$pid" 2>/dev/null; then
    end=$(($(date +%s) + seconds))
    while held "$aside"; do
        [ "$(date +%s)" -lt "$end" ] || break
        sleep 0.2 2>/dev/null || sleep 1
    done
    held "$aside" || exit 0
fi

if [ -s "$path" ] || held "$path"; then exit 8; fi
mv -nT -- "$path" "$fresh"
mv -nT -- "$aside" "$path"
if [ ! -s "$fresh" ] && ! held "$fresh"; then rm -f -- "$fresh"; fi
same "$path" || exit 8
exit 7
