# shellcheck shell=sh
# Read every few seconds where a host is watched, and so without a program for what the shell can read.
printf 'load=%s\n' "$(first_line /proc/loadavg)"
printf 'processors=%s\n' "$(getconf _NPROCESSORS_ONLN 2>/dev/null || grep -c '^processor' /proc/cpuinfo)"
while read -r key amount _; do
  case $key in
    MemTotal:) printf 'memory_total=%s\n' "$amount" ;;
    MemAvailable:) printf 'memory_available=%s\n' "$amount" ;;
  esac
done </proc/meminfo
for resource in cpu io memory; do
  # The files can be there and yet refuse to be read (kernel booted with psi=0).
  while read -r kind ten sixty _; do
    printf "pressure_${resource}_%s=%s\npressure_${resource}_%s_60=%s\n" "$kind" "${ten#avg10=}" "$kind" "${sixty#avg60=}"
  done 2>/dev/null <"/proc/pressure/$resource"
done
:
