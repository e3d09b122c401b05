"""Speed and memory, measured by hand against the barest program that does the same. Results stand in docs/benchmarks.md."""
