# shellcheck shell=sh disable=SC2154
# Repeats the observation in the variable `round`, every so many seconds. It ends when a round cannot be written to its end: because
# nobody is there any more who reads it, or because nobody has read for `limit` seconds. It prints nothing itself, so that it never hangs
# at that. The round goes in by standard input, where other users of the host do not see its nonce.
follow() {
  while printf 'bound=%s user=%s\n%s\n' "$bound" "$user" "$round" | bounded "$limit" sh -s -- "$@"; do
    sleep "$every"
  done
}
