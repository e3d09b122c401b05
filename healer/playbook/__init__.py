"""What is wanted: schema, loader and renderer of playbooks."""
