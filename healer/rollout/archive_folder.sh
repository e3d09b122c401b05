# Keeps the span, compressed, as file NAME of FOLDER on another file system. Arguments after the span: FOLDER NAME.
# It is read back and compared before it gets its name. Prints `healer: kept SHA256 MARK LENGTH STORED FILE`.
# shellcheck disable=SC2154  # span_common.sh stands in front
needs gzip "${hasher%% *}" tee dd df
identify
folder=$1 name=$2
umask 077
[ -d "$folder" ] || mkdir -p -- "$folder" || no 15 "$folder cannot be made"
cd -P -- "$folder" || no 15 "$folder cannot be entered"
[ "$(pwd -P)" = "$folder" ] || no 15 "$folder leads to $(pwd -P): links are not followed"
# shellcheck disable=SC2012,SC2046  # mode and owner stand before the name, whatever the name is
set -- $(ls -ldn .)
case $1 in
    d????-??-*) [ "$3" = "$(id -u)" ] || no 15 "$folder belongs to user $3" ;;
    *) no 15 "others may write $folder" ;;
esac
[ "$(stat -c %d .)" != "$device" ] || no 15 "$folder lies on the same file system as the log"

# The raw bytes must fit, and a tenth of the disk stays free.
# shellcheck disable=SC2046  # numbers
set -- $(df -Pk . | sed -n '2s/.* \([0-9][0-9]*\)  *\([0-9][0-9]*\)  *\([0-9][0-9]*\)  *[0-9]*% .*/\1 \3/p')
[ "$#" -eq 2 ] || no 15 "how full the disk of $folder is cannot be told"
wanted=$((length / 1024 + 1 + $1 / 10))
[ "$2" -ge "$wanted" ] || no 15 "$folder has $2 KiB free; $wanted KiB are wanted for $length bytes and a tenth of the disk"

part=.$name.part
trap 'rm -f -- "$part" "$part.count"' EXIT
trap 'exit 14' HUP INT TERM
rm -f -- "$part"
sum=$({ read_range "$start" "$length" | tee /proc/self/fd/4 | gzip -1 -c >"$part"; } 4>&1 | digest)
sync "$part" 2>/dev/null || sync
again=$({ gzip -dc <"$part" | tee /proc/self/fd/4 | wc -c >"$part.count"; } 4>&1 | digest)
read -r count <"$part.count"
[ "$count" = "$length" ] || no 14 "$count bytes were kept, $length were wanted: nothing is kept"
[ "$again" = "$sum" ] || no 14 "what was kept is not what was read: nothing is kept"
# Only after the comparison is the file long enough for certain.
identify
mark=$(mark_now)
mv -f -- "$part" "$name" || no 14 "$folder/$name cannot be made"
sync . 2>/dev/null || sync
printf 'healer: kept %s %s %s %s %s\n' "$sum" "$mark" "$length" "$(stat -c %s -- "$name")" "$folder/$name"
