"""The journal's schema and how older journals get there. Forward only."""
