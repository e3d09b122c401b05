"""A plug-in room: one file for each thing that a playbook can ask for."""
