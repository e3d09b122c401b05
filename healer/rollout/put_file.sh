# Places standard input as the file $1 with owner $2, group $3 and mode $4; keeps a copy of the old one when $5 is yes.
# What follows is a command that must accept the new file (its name replaces a lone %s) before it is put in place.
# Exit: 0 nothing was to be done, 100 placed, other: not placed, the old file stands as it was.
set -u
umask 077
path=$1 owner=$2 group=$3 mode=$4 backup=$5
shift 5
if [ -L "$path" ] && [ ! -e "$path" ]; then
    echo "$path is a link that leads nowhere: not followed" >&2
    exit 1
fi
# Whoever may write the folder can plant a link to any file of the host: only links that root itself made are followed.
if [ -L "$path" ]; then
    maker=$(stat -c %u -- "$path") || exit 1
    [ "$maker" = 0 ] || {
        echo "$path is a link that belongs to user $maker: not followed" >&2
        exit 1
    }
    path=$(readlink -f -- "$path")
fi
if [ -e "$path" ] && [ ! -f "$path" ]; then
    echo "$path is there and is no regular file" >&2
    exit 1
fi
folder=${path%/*}
[ -d "${folder:-/}" ] || {
    echo "the folder ${folder:-/} does not exist" >&2
    exit 1
}
# Programs that read every file of a folder must not take the new one for one more: logrotate and cron leave names out that end in `~`.
new=$(mktemp -u -- "${folder:-/}/.healer.XXXXXXXX")~ || exit 1
(set -C && : >"$new") || exit 1
trap 'rm -f -- "$new"' EXIT
cat >"$new" || exit 1
chown -- "$owner:$group" "$new" && chmod -- "$mode" "$new" || exit 1
if [ -f "$path" ] && cmp -s -- "$new" "$path" &&
    [ "$(stat -c '%U:%G:%a:%u:%g' -- "$new")" = "$(stat -c '%U:%G:%a:%u:%g' -- "$path")" ]; then
    exit 0
fi
if [ $# -gt 0 ]; then
    count=$#
    while [ "$count" -gt 0 ]; do
        word=$1
        shift
        [ "$word" = "%s" ] && word=$new
        set -- "$@" "$word"
        count=$((count - 1))
    done
    "$@" || {
        echo "the new content of $path was not accepted by: $*" >&2
        exit 1
    }
fi
if [ "$backup" = yes ] && [ -f "$path" ]; then
    cp -p -- "$path" "$path.healer-$(date -u +%Y%m%dT%H%M%SZ)" || exit 1
fi
sync "$new" 2>/dev/null || sync
mv -f -- "$new" "$path" || exit 1
trap - EXIT
exit 100
