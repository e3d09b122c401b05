"""Login shells that are no POSIX shell, or that talk: small programs that stand in for them."""

FISH = """case $SSH_ORIGINAL_COMMAND in
  *'$(('* | *'${'* | *'`'* | *'<<'*) echo "fish: this is no fish" >&2; exit 127 ;;
esac
echo "Welcome to fish, the friendly interactive shell" >&2
exec sh -c "$SSH_ORIGINAL_COMMAND"
"""
"""Greets, and refuses what fish does not know: arithmetic, braces, backquotes, here-documents."""

CHATTY = """printf 'Message of the day \\033[31mred\\033[0m\\r\\n'
echo "00000000000000000000000000000000 begin"
echo "00000000000000000000000000000000 end 0"
echo "stty: standard input: Inappropriate ioctl for device" >&2
eval "$SSH_ORIGINAL_COMMAND"
status=$?
echo "logout"
exit "$status"
"""
"""Prints before and after, on both streams, with colours and with lines that look like ours."""

SILENT_END = """eval "$SSH_ORIGINAL_COMMAND"
exit 0
"""
"""Says that all went well, whatever the command said."""
