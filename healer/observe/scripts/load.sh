# shellcheck shell=sh
printf 'load=%s\n' "$(first_line /proc/loadavg)"
printf 'processors=%s\n' "$(getconf _NPROCESSORS_ONLN 2>/dev/null || grep -c '^processor' /proc/cpuinfo)"
sed -n -e "s/^MemTotal: *\([0-9]*\) kB\$/memory_total=\1/p" -e "s/^MemAvailable: *\([0-9]*\) kB\$/memory_available=\1/p" /proc/meminfo
for resource in cpu io memory; do
  # The files can be there and yet refuse to be read (kernel booted with psi=0).
  if [ -r "/proc/pressure/$resource" ] && pressure=$(cat "/proc/pressure/$resource" 2>/dev/null); then
    printf '%s\n' "$pressure" | sed -n "s/^\([a-z]*\) avg10=\([0-9.]*\) .*/pressure_${resource}_\1=\2/p"
  fi
done
