# shellcheck shell=sh disable=SC2154
# The frame of an observation: every section runs between marks that carry a nonce nobody on the host can know beforehand.
# The collector puts `nonce=...`, `bound=` and `prelude=...` before this text and, after it, one `section` line a fact.
# Standard output and standard error get the same marks, so what a section complains about is found again without temporary files.

LC_ALL=C
PATH=${PATH:-/usr/bin:/bin}:/usr/local/sbin:/usr/sbin:/sbin
export LC_ALL PATH
# A login's own settings must not change what the tools print.
unset ENV BASH_ENV CDPATH GREP_OPTIONS GREP_COLOR BLOCK_SIZE BLOCKSIZE DF_BLOCK_SIZE POSIXLY_CORRECT SYSTEMD_COLORS LS_COLORS
umask 077
# The home folder may lie on a network share that hangs.
cd / || exit 1

mark() {
  printf '\n%s %s\n' "$nonce" "$*"
  printf '\n%s %s\n' "$nonce" "$*" >&2
}

# Old busybox has a `timeout` with other options, and some hosts have none. What repeats an observation has found both out already.
if [ -z "$bound" ]; then
  bound='none'
  if timeout -k 1 5 true 2>/dev/null; then
    bound='kill'
  elif timeout 5 true 2>/dev/null; then
    bound='plain'
  fi
  user=$(id -u 2>/dev/null || echo unknown)
fi

bounded() {
  case $bound in
    kill) timeout -k 2 "$@" ;;
    plain) timeout "$@" ;;
    *)
      shift
      "$@"
      ;;
  esac
}

# section NAME SECONDS root|any TEXT [WORD...]: the words become the text's positional parameters.
section() {
  name=$1 seconds=$2 rights=$3 text=$4
  shift 4
  mark begin "$name"
  if [ "$rights" = root ] && [ "$user" != 0 ]; then
    mark end "$name" root
    return
  fi
  # A text of its own for `sh -c`: a slip in one section cannot cost the others, and `timeout` can end it.
  bounded "$seconds" sh -c "$prelude
$text" healer-observe "$@" </dev/null
  mark end "$name" "$?"
}
