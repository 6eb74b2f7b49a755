"""Corrupted copies of data sets: what `bench corrupt` does."""
