"""Decides what may be taken from a disk that fills, in which order and how. Pure: facts and policy in, candidates out."""
