# shellcheck shell=sh
printf 'machine_id=%s\n' "$(first_line /etc/machine-id)"
printf 'boot_id=%s\n' "$(first_line /proc/sys/kernel/random/boot_id)"
printf 'uptime=%s\n' "$(first_line /proc/uptime)"
printf 'container=%s\n' "$(container_kind)"
printf 'hostname=%s\n' "$(uname -n)"
printf 'user=%s\n' "$(id -u)"
