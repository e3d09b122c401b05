# Gives the blocks of the span back. Arguments after the span: METHOD(collapse|punch|truncate|delete) MARK.
# Prints `healer: freed BEFORE AFTER` (allocated bytes), and `healer: lost BYTES` where the file was cut off beyond the span.
# shellcheck disable=SC2154  # span_common.sh stands in front
method=$1 mark=$2

unmarked() {
    [ -n "$mark" ] || return 0
    needs "${hasher%% *}" dd
    [ "$(mark_now)" = "$mark" ] || no 10 "$path does not hold the bytes any more that were archived"
}

# fallocate(1) opens the descriptor's own file again, whatever its name has become.
allocate() {
    needs fallocate
    said=$(fallocate "$@" /proc/self/fd/3 2>&1) && return 0
    case $said in
        *'not supported'* | *'nvalid'* | *sage*) no 11 "the file system or fallocate cannot do it: $said" ;;
        *) no 14 "fallocate: $said" ;;
    esac
}

collapse() {
    [ "$start" -eq 0 ] || no 11 'only the head of a file can be collapsed'
    [ "$length" -lt "$size" ] || no 11 'a file cannot be collapsed whole'
    block=$(stat -f -c %S /proc/self/fd/3)
    [ $((length % block)) -eq 0 ] || no 11 "$length is no multiple of the block size $block"
    allocate --collapse-range --offset 0 --length "$length"
}

# The size is read at the last moment; what is written between that and the cut is lost too, and nobody can tell how much it is.
truncate_whole() {
    identify
    dd if=/dev/null of=/proc/self/fd/3 bs=1 count=0 2>/dev/null || no 14 "$path could not be cut off"
    printf 'healer: lost %s\n' $((size - start - length))
}

nobody_has_it() {
    needs find timeout
    for each in $(opened_by 30); do
        case $each in
            unknown) no 12 "who has $path open cannot be told within 30 s" ;;
            "/proc/$$/"*) ;;
            *) [ "$(stat -L -c %d "$each" 2>/dev/null)" != "$device" ] || no 12 "$path is open as $each" ;;
        esac
    done
}

# The folder that the opener entered is still the current one, so that no link can lead elsewhere.
# shellcheck disable=SC2016  # perl's own variables
unlink_with_perl='my ($name, @want) = @ARGV; my @is = lstat $name;
@is && "@is[0, 1, 7]" eq "@want" or exit 10; unlink $name or exit 14;'
unlink_with_python='import os, sys
try:
    now = os.lstat(sys.argv[1])
except OSError:
    sys.exit(10)
if [str(now.st_dev), str(now.st_ino), str(now.st_size)] != sys.argv[2:]:
    sys.exit(10)
os.unlink(sys.argv[1])'

delete() {
    [ "$links" -eq 1 ] || no 11 "$path has $links names"
    [ "$size" -eq $((start + length)) ] || no 10 "$path has $size bytes, not $((start + length))"
    nobody_has_it
    folder=${path%/*}
    [ "$(readlink /proc/self/cwd)" = "${folder:-/}" ] || no 12 "$path is open in a process"
    set -- "${path##*/}" "$device" "$inode" "$size"
    if perl -e 1 2>/dev/null; then
        perl -e "$unlink_with_perl" -- "$@"
    else
        python3 -I -S -c "$unlink_with_python" "$@"
    fi || no 10 "$path is another file now, or cannot be deleted"
}

identify
before=$allocated
unmarked
identify
case $method in
    collapse) collapse ;;
    punch) allocate --punch-hole --offset "$start" --length "$length" ;;
    truncate) truncate_whole ;;
    delete) delete ;;
esac
set -- "$(stat -L -c '%b %B %h' /proc/self/fd/3)"
# shellcheck disable=SC2086  # numbers
set -- $1
after=$(($1 * $2))
[ "$3" -gt 0 ] || [ "$method" != delete ] || after=0
printf 'healer: freed %s %s\n' "$before" "$after"
