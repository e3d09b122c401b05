# fingerprint: one word for all that apt's simulation is made of: what is installed, the package lists, and how apt is set up. It changes
# with every refresh that brought something new. Empty where it cannot be had.
fingerprint() {
    word=$({
        cat /var/lib/dpkg/status
        find /var/lib/dpkg/updates /var/lib/apt/lists /var/lib/apt/extended_states /etc/apt ! -type d ! -name lock -exec stat -c '%n %s %Y %Z %i' {} + 2>/dev/null |
            LC_ALL=C sort
    } | sha256sum) && printf '%s\n' "${word%% *}"
}
