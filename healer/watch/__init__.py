"""What looks after a fleet again and again: the pass that cron or systemd calls, the watch that stays, their schedule, and who is told.

It stands above the pipeline: what it does to hosts it does by ordinary runs, with the locks, leases and budgets of every run.
"""
