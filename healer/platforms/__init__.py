"""How each system says it: adapters without any I/O."""
