"""What happened: the event store, its codec and its folds."""
