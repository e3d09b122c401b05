# shellcheck shell=sh
if is_root; then
  echo 'root=yes'
else
  echo 'root=no'
fi

# Left by update-notifier, unattended-upgrades or reboot-notifier; plain Debian has none of them.
for file in /run/reboot-required /var/run/reboot-required; do
  [ -e "$file" ] || continue
  echo 'required=yes'
  [ ! -r "$file.pkgs" ] || sort -u "$file.pkgs" | sed 's/^/asked_by=/'
  break
done

# This boot began when process 1 started: in a container the kernel's own boot time is that of the machine around it.
boot=$(sed -n 's/^btime //p' /proc/stat)
started=$(sed 's/.*) //' /proc/1/stat | cut -d ' ' -f 20)
ticks=$(getconf CLK_TCK 2>/dev/null || echo 100)
began=$((boot + started / ticks))
[ "$began" -le "$(date +%s)" ] || began=$boot
printf 'boot=%s\n' "$began"

# stale PID: a replaced file whose code the process runs, or nothing. The mark "(deleted)" alone proves nothing: a file may be
# called so, and what was mapped may have been no file at all; the inode behind the path decides.
stale() {
  grep '^[^ ]* ..x. .* (deleted)$' "/proc/$1/maps" 2>/dev/null | while read -r _ _ _ _ inode path; do
    case $path in
      /memfd:* | /dev/* | /SYSV* | /drm* | '/[aio]'* | /tmp/* | /var/tmp/* | /run/* | '/#'*) continue ;;
      /*) ;;
      *) continue ;;
    esac
    now=$(stat -L -c %i "/proc/$1/root$path" 2>/dev/null) || now=
    [ "$now" = "$inode" ] && continue
    path=${path% (deleted)}
    printf '%s\n' "$path"
    break
  done
}

# Process 1 and what hosts cannot live without for a moment: they are not restarted in place.
if is_root; then
  space=$(readlink /proc/1/ns/pid)
  for folder in /proc/[0-9]*; do
    pid=${folder#/proc/}
    name=$(first_line "$folder/comm")
    case $name in
      dbus-daemon | dbus-broker* | systemd-logind)
        grep -q '/system\.slice/\(dbus\|dbus-broker\|systemd-logind\)\.service$' "$folder/cgroup" 2>/dev/null || continue
        # Containers have a bus of their own, which a boot of this host would not be needed for.
        [ "$(readlink "$folder/ns/pid")" = "$space" ] || continue
        ;;
      *) [ "$pid" = 1 ] || continue ;;
    esac
    file=$(stale "$pid")
    [ -z "$file" ] || printf 'stale=%s %s %s\n' "$pid" "$name" "$file"
  done
fi

# When the packages that only a boot brings into force were installed: the package database's own files tell.
if have dpkg-query; then
  for file in /var/lib/dpkg/info/libc6*.list /var/lib/dpkg/info/systemd.list /var/lib/dpkg/info/dbus*.list \
    /var/lib/dpkg/info/intel-microcode.list /var/lib/dpkg/info/amd64-microcode.list; do
    [ -e "$file" ] || continue
    name=${file##*/}
    name=${name%.list}
    case ${name%%:*} in
      libc6 | systemd | dbus | dbus-daemon | dbus-broker | *-microcode) printf 'installed=%s %s\n' "${name%%:*}" "$(stat -c %Y "$file")" ;;
    esac
  done
elif have rpm; then
  for name in glibc systemd dbus dbus-daemon dbus-broker microcode_ctl linux-firmware; do
    rpm -q --qf 'installed=%{NAME} %{INSTALLTIME}\n' "$name" 2>/dev/null | grep '^installed=' || :
  done
elif have pacman; then
  for file in /var/lib/pacman/local/glibc-[0-9]*/desc /var/lib/pacman/local/systemd-[0-9]*/desc \
    /var/lib/pacman/local/dbus-[0-9]*/desc /var/lib/pacman/local/*-ucode-[0-9]*/desc; do
    [ -e "$file" ] || continue
    name=${file%/desc}
    name=${name##*/}
    name=${name%-*}
    printf 'installed=%s %s\n' "${name%-*}" "$(stat -c %Y "$file")"
  done
fi
echo '-- kernel'
