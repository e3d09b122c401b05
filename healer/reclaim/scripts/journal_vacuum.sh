# Lets journalctl remove archived files of systemd's journal: those that are named, and no other. Arguments:
#   FOLDER BOUND FILE...    BOUND are epoch seconds; each FILE is ST_DEV:INODE:SIZE:NAME
# journalctl knows an age only. It removes what is older, the oldest first, by the time in the file's name or any older one that the file
# shows (its times, its birth, the attribute user.crtime_usec), and stops at the first that is not. So all others must be younger than
# BOUND by more than it may take journalctl to come to that: also files still written to, which may be archived at any moment.
# Exit: 0 all are gone, 10 it is not as it was seen, 11 that cannot be done here, 14 not all are gone.
LC_ALL=C
export LC_ALL
set -u
slack=20 patience=15
folder=$1 bound=$2
shift 2

no() {
    code=$1
    shift
    printf '%s\n' "$*" >&2
    exit "$code"
}

for program in journalctl stat awk od timeout; do
    command -v "$program" >/dev/null 2>&1 || no 11 "there is no $program here"
done
cd "$folder" || no 10 "$folder is not there"
[ "$(pwd -P)" = "$folder" ] || no 10 "$folder leads elsewhere: links are not followed"

# The attribute of a file's creation; nothing where no program here can read it, or where there is none.
created() {
    if command -v getfattr >/dev/null 2>&1; then
        getfattr --only-values -n user.crtime_usec -- "$1" 2>/dev/null | od -A n -t u8 --endian=little | tr -d ' '
    else
        python3 -I -S -c '
import os, sys
try:
    print(int.from_bytes(os.getxattr(sys.argv[1], "user.crtime_usec"), "little"))
except OSError:
    pass' "$1" 2>/dev/null
    fi
}

# NAME and the second in which it begins, of every file that journalctl may remove now or after it was archived. 0: not known.
begins() {
    for name in *.journal *.journal~; do
        if [ -L "$name" ] || [ ! -f "$name" ]; then continue; fi
        case $name in
            *[!A-Za-z0-9@._~:-]*) no 10 "$name has a name that journald does not give" ;;
            *@*.journal) first="x ${name##*-}" ;;
            *@*.journal~) first=${name##*@} && first="x ${first%%-*}" ;;
            *) first="d $(od -A n -t u8 -j 184 -N 8 --endian=little -- "$name" 2>/dev/null | tr -d ' ')" ;;
        esac
        # shellcheck disable=SC2086  # two words
        printf '%s %s %s %s\n' "$name" "$(stat -c '%W %X %Y %Z' -- "$name")" "c$(created "$name")" "$first"
    done | awk '
        function hex(word,    i, sum) {
            word = substr(word, 1, 16)
            for (i = 1; i <= length(word); i++) sum = sum * 16 + index("0123456789abcdef", substr(word, i, 1)) - 1
            return sum
        }
        {
            least = int(($7 == "x" ? hex($8) : $8) / 1000000)
            # No entry is in it yet: it begins when it was made.
            if ($7 == "d" && $8 == "0") least = $4
            made = substr($6, 2) / 1000000
            # Neither of the two that may be older than all the rest.
            if ($2 + 0 <= 0 && made <= 0) least = 0
            if (made > 0 && made < least) least = int(made)
            for (i = 2; i <= 5; i++) if ($i > 0 && $i < least) least = $i
            print $1, least
        }'
}

# The files that are to go, by name between spaces; and what they take.
going=' ' blocks=0
for file; do
    name=${file#*:*:*:}
    now=$(stat -c '%d:%i:%s:%n %b' -- "$name" 2>/dev/null) || no 10 "$folder/$name is not there any more"
    [ "${now% *}" = "$file" ] || no 10 "$folder/$name is another file, or it has changed"
    going="$going$name " blocks=$((blocks + ${now##* }))
done

found=$(begins) || no 10 "$found"
printf '%s\n' "$found" | {
    while read -r name begin; do
        case $going in
            *" $name "*) [ "${begin:-0}" -gt 0 ] && [ "$begin" -lt "$bound" ] || no 10 "$folder/$name is not older than the bound" ;;
            *) [ "${begin:-0}" -ge $((bound + slack)) ] || no 10 "$folder/$name would go too, or might: it is as old" ;;
        esac
    done
} || exit

# The first of the files that is still there.
remain() {
    for file; do
        [ ! -e "${file#*:*:*:}" ] || { printf '%s' "${file#*:*:*:}" && return; }
    done
}

vacuum() {
    age=$(($(date +%s) - bound))
    [ "$age" -gt 0 ] || no 10 "the host's clock stands before the bound"
    timeout -k 1 "$patience" journalctl --quiet --directory="$1" --vacuum-time="${age}s" || no 14 "journalctl could not do it"
}

vacuum "$folder"
left=$(remain "$@")
# An older journalctl passes over the folder that it is given, and looks only into those below it.
if [ -n "$left" ]; then
    above=${folder%/*}
    [ "$(find "$above" -mindepth 1 -maxdepth 1 -type d | wc -l)" -eq 1 ] || no 14 "$folder/$left is still there"
    vacuum "$above"
    left=$(remain "$@")
fi
[ -z "$left" ] || no 14 "$folder/$left is still there"
printf 'healer: freed %s 0\n' $((blocks * 512))
