# The ground of every script that works on a span: descriptor 3 is the file. Arguments: PATH DEVICE INODE START LENGTH WORDS...
# Whatever is done goes through descriptor 3; `path` is for words only. A LENGTH of -1 is all to the end.
# Exit: 10 identity differs, 11 not supported here, 12 busy, 13 cannot be opened, 14 it went wrong, 15 no room.
# shellcheck disable=SC2034  # the scripts behind this one read what is set here
path=$1 device=$2 inode=$3 start=$4 length=$5
shift 5

needs() {
    for each in "$@"; do
        command -v "$each" >/dev/null 2>&1 || no 11 "there is no $each on this host"
    done
}

# Sets size, allocated (bytes) and links; refuses any other file than the one that was named.
identify() {
    set -- "$(stat -L -c '%d %i %s %b %B %h %F' /proc/self/fd/3 2>/dev/null)"
    # shellcheck disable=SC2086  # numbers, and the kind of file
    set -- $1
    if [ "${1-}" != "$device" ] || [ "${2-}" != "$inode" ]; then
        no 10 "$path is another file now: device and inode are ${1-?}:${2-?}, not $device:$inode"
    fi
    [ "${7-}" = regular ] || no 10 "$path is no regular file"
    size=$3 allocated=$(($4 * $5)) links=$6
    [ "$length" != -1 ] || length=$((size - start))
    [ "$length" -gt 0 ] || no 10 "$path has no bytes beyond $start"
    [ "$size" -ge $((start + length)) ] || no 10 "$path has $size bytes, fewer than $((start + length)): somebody cut it off"
}

# Run a command whose output goes into a pipe. A pipe of a MiB (F_SETPIPE_SZ) spares a busy host most of the changes between both ends.
piped() {
    # shellcheck disable=SC2016  # perl's own variables
    if [ -n "$perl" ]; then
        perl -e 'fcntl STDOUT, 1031, 1048576; exec { $ARGV[0] } @ARGV' -- "$@"
    else
        "$@"
    fi
}
perl=$(command -v perl)

# Print $2 bytes from byte $1 on, and never more.
read_range() {
    if [ "$exact" = yes ]; then
        piped dd bs=1048576 iflag=skip_bytes,count_bytes,fullblock skip="$1" count="$2" 2>/dev/null </proc/self/fd/3
    else
        tail -c "+$(($1 + 1))" </proc/self/fd/3 | head -c "$2"
    fi
}
exact=no
if dd bs=1 count=0 iflag=skip_bytes,count_bytes,fullblock </dev/null >/dev/null 2>&1; then
    exact=yes
fi

# Print the sha256 of standard input. openssl is several times quicker than sha256sum; it is believed when it knows the digest of nothing.
hasher=sha256sum
case $(openssl dgst -sha256 -r </dev/null 2>/dev/null) in
    e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855*) hasher='openssl dgst -sha256 -r' ;;
esac
digest() {
    digested=$($hasher)
    printf '%s' "${digested%% *}"
}

# Print the sha256 of the span's last MiB.
mark_now() {
    piece=1048576
    [ "$length" -gt "$piece" ] || piece=$length
    read_range $((start + length - piece)) "$piece" | digest
}

# Print who has the file open, a descriptor a line, and `unknown` where that cannot be told within $1 seconds: a look at other descriptors
# can hang on a dead network mount. The own descriptor is closed for it.
opened_by() {
    exec 3<&-
    timeout "$1" find -L /proc/[0-9]*/fd -maxdepth 1 -inum "$inode" -type f 2>/dev/null
    [ "$?" -ne 124 ] || printf '%s\n' unknown
}
