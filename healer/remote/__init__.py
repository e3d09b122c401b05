"""How we reach a host: SSH, host keys, sudo, the job protocol."""
