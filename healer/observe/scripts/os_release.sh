# shellcheck shell=sh disable=SC2154
# The architecture comes first: what follows is a file of the distribution's making.
if have dpkg; then
  architecture=$(dpkg --print-architecture)
elif have apk; then
  architecture=$(apk --print-arch)
else
  architecture=$(uname -m)
fi
printf '%s\n' "$architecture"
# os-release(5): /etc first, /usr/lib when there is none.
for file in /etc/os-release /usr/lib/os-release; do
  if [ -r "$file" ]; then
    cat "$file"
    exit
  fi
done
fail "there is no os-release file"
