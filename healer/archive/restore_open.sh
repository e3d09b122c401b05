# Opens a file for reading, as descriptor 3, for the script OP. Arguments: OP PATH DEVICE INODE START LENGTH.
# What the path leads to is compared with device and inode once it is open, so that no other file can be put in its place.
# Exit: 10 it is not there any more, 13 it cannot be opened, else as OP.
LC_ALL=C
export LC_ALL
op=$1
shift
[ -f "$1" ] || {
    printf '%s is not there any more\n' "$1" >&2
    exit 10
}
command exec 3<"$1" || exit 13
exec sh -c "$op" healer "$@"
