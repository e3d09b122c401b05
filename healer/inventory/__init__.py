"""Who: reads inventory sources and resolves them into one frozen Inventory."""
