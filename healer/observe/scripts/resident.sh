# shellcheck shell=sh disable=SC2154
# What changes in the frame of an observation that is repeated: only standard output is listened to. What a section complains about comes
# after it as a section of its own, whose name begins with an exclamation mark.

mark() {
  printf '\n%s %s\n' "$nonce" "$*"
}

section() {
  name=$1 seconds=$2 rights=$3 text=$4
  shift 4
  mark begin "$name"
  if [ "$rights" = root ] && [ "$user" != 0 ]; then
    mark end "$name" root
    return
  fi
  {
    said=$(bounded "$seconds" sh -c "$prelude
$text" healer-observe "$@" </dev/null 2>&1 >&3 3>&-)
    status=$?
  } 3>&1
  mark end "$name" "$status"
  if [ "$status" != 0 ] && [ -n "$said" ]; then
    mark begin "!$name"
    printf '%s\n' "$said"
    mark end "!$name" 0
  fi
}

# one_round: observe, and print all of it in one piece, so that whoever follows many hosts wakes up once. What comes after the mark pushes it
# out of the reader's hands, who holds back what may be the beginning of the command's end.
one_round() {
  printed=$(observe "$@")
  printf '\n%s\n\n%s round\n%80s\n' "$printed" "$nonce" ' ' || exit 1
}
