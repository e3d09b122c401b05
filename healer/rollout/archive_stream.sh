# Writes the span to standard output and its sha256 and length in the last line of standard error. Writes no file.
# Where the host has zstd it is compressed; gzip takes four times as long and would be what everybody waits for, so else it goes as it is.
# shellcheck disable=SC2154  # span_common.sh stands in front
needs "${hasher%% *}" dd
identify
send() {
    if zstd -V >/dev/null 2>&1; then
        read_range "$start" "$length" | zstd -1 -q -c --single-thread
    else
        printf 'healer: raw\n'
        read_range "$start" "$length"
    fi
}
# Two readers side by side cost less than one whose output is doubled; should they not have read the same, the archive is not kept.
exec 5>&1
sum=$(
    send >&5 &
    read_range "$start" "$length" | digest
    wait
)
printf 'healer: read %s %s\n' "$sum" "$length" >&2
