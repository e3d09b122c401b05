# shellcheck shell=sh disable=SC2154
# What lies in apt's folder of archives: "cache ST_DEV BLOCKS FILES PATH". Needs near_path.
if folder=$(near_path /var/cache/apt/archives); then
    device=$(stat -c %d "$folder")
    find "$folder" -maxdepth 2 -xdev -type f ! -name lock \( -path "$folder/*.deb" -o -path "$folder/partial/*" \) -exec stat -c '%b' {} + |
        awk -v device="$device" -v folder="$folder" '{ sum += $1; count++ } END { printf "cache\t%s\t%.0f\t%d\t%s\n", device, sum, count, folder }'
fi
