# What lies in these folders, and behind these descriptors: /proc/PID/fd/N. Writes nothing.
# Prints `now SECONDS`, `folder PATH` before the files of a folder, `file DEVICE INODE SIZE CHANGED BORN NAME`, and `end`.
LC_ALL=C
export LC_ALL
printf 'now %s\n' "$(date +%s)"
for each in "$@"; do
    printf 'folder %s\n' "$each"
    case $each in
        /proc/*/fd/*) [ ! -f "$each" ] || stat -L -c 'file %d %i %s %Y %W .' "$each" 2>/dev/null ;;
        *)
            cd -- "$each" 2>/dev/null || continue
            find . ! -name . -prune -type f -exec stat -c 'file %d %i %s %Y %W %n' {} + 2>/dev/null
            ;;
    esac
done
echo end
