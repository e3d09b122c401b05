# Stands in front of the script that opens a span's file, and of those that work on it.
LC_ALL=C
export LC_ALL
set -u

# Exit with code $1 and say why.
no() {
    code=$1
    shift
    printf '%s\n' "$*" >&2
    exit "$code"
}

# Field 22 of /proc/PID/stat. The name in field 2 may hold anything, so fields are counted from the last parenthesis on.
ticks() {
    line=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
    # shellcheck disable=SC2086  # numbers
    set -- ${line##*) }
    [ "$#" -lt 20 ] || printf '%s' "${20}"
}
