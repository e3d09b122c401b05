# shellcheck shell=sh
if have ss && listing=$(ss -lntup 2>/dev/null); then
  printf '%s\n' "$listing"
  exit 0
fi
# Without ss: the kernel's own tables. Addresses in them are words in the byte order of the machine.
[ -r /proc/net/tcp ] || fail "there is no ss here, and /proc/net/tcp cannot be read"
if [ "$(printf '\1\0' | od -An -tu2 | tr -d ' ')" = 1 ]; then
  echo 'table little'
else
  echo 'table big'
fi
for protocol in tcp tcp6 udp udp6; do
  [ ! -r "/proc/net/$protocol" ] || sed "s/^/$protocol /" "/proc/net/$protocol"
done
