"""Real throw-away servers on this machine, so that healer can be tried and tested on something that can break.

Every host boots its own systemd, sshd, apt and nginx inside systemd-nspawn. `Lab.up` in `healer.lab.lab` is the door.
"""
