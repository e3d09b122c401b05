# shellcheck shell=sh
# What is at the path $1: file, directory, link (to nothing), other, absent, or hidden where the login may not look.
path=$1
if [ -f "$path" ]; then
  echo file
elif [ -d "$path" ]; then
  echo directory
elif [ -e "$path" ]; then
  echo other
elif [ -L "$path" ]; then
  echo link
else
  # A name that is not seen is absent only if the folder that would hold it may be searched.
  above=$(dirname -- "$path")
  while [ ! -e "$above" ] && [ "$above" != / ] && [ "$above" != . ]; do
    above=$(dirname -- "$above")
  done
  if [ -x "$above" ]; then
    echo absent
  else
    echo hidden
  fi
fi
