"""Did it help: pure judgements of readings before and after."""
