# shellcheck shell=sh
release=$(uname -r)
printf 'release=%s\n' "$release"
printf 'build=%s\n' "$(uname -v)"
printf 'container=%s\n' "$(container_kind)"
[ ! -d "/lib/modules/$release" ] || echo 'modules=present'

# The images that could boot. Where images carry no version in their name (Arch, Alpine) the modules' folders tell.
found=
for image in /boot/vmlinuz-[0-9]* /boot/vmlinux-[0-9]* /usr/lib/modules/*/vmlinuz; do
  [ -e "$image" ] || continue
  case $image in
    *rescue* | *.old | *.dpkg-*) continue ;;
    */vmlinuz) image=${image%/vmlinuz} && image=${image##*/} ;;
    *) image=${image##*/vmlinu?-} ;;
  esac
  found=yes
  printf 'image=%s\n' "$image"
done
if [ -z "$found" ] && { [ -e /boot/vmlinuz-linux ] || [ -e /boot/vmlinuz-lts ] || [ -e /boot/vmlinuz-virt ]; }; then
  for modules in /lib/modules/*/modules.dep; do
    [ -e "$modules" ] || continue
    modules=${modules%/modules.dep}
    printf 'image=%s\n' "${modules##*/}"
  done
fi

# Debian and Ubuntu rebuild a kernel under the same release: only the package's version tells the builds apart.
if have dpkg-query; then
  # shellcheck disable=SC2016 # dpkg-query expands these, not the shell
  dpkg-query -W -f='package=${db:Status-Abbrev} ${Package} ${Version}\n' 'linux-image-[0-9]*' 'linux-image-unsigned-[0-9]*' 2>/dev/null |
    grep '^package=.i ' || :
fi

# What boots next: grubby knows (root only); else GRUB's own first entry, where the first entry is what GRUB takes.
if have grubby && default=$(grubby --default-kernel 2>/dev/null) && [ -n "$default" ]; then
  printf 'default=%s\n' "${default##*/vmlinuz-}"
elif [ -r /boot/grub/grub.cfg ] && grep -q '^ *set default="0"' /boot/grub/grub.cfg; then
  sed -n 's/^[[:space:]]*linux[^ ]*[[:space:]][^ ]*vmlinuz-\([0-9][^ ]*\).*/default=\1/p' /boot/grub/grub.cfg | head -n 1
fi
