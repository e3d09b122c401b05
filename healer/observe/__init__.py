"""What is there: asks a host everything in one round trip and parses the answers."""
