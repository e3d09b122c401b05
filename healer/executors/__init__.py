"""Where the work of the hosts runs."""
