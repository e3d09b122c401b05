# shellcheck shell=sh
# The endings of dpkg and ucf, rpm, apk and pacman. A name with a line feed in it is left out: it could pass for two.
find /etc -xdev \( -name '*.dpkg-dist' -o -name '*.dpkg-new' -o -name '*.ucf-dist' -o -name '*.rpmnew' -o -name '*.rpmsave' \
  -o -name '*.apk-new' -o -name '*.pacnew' \) ! -name '*
*' -print && echo '-- all'
