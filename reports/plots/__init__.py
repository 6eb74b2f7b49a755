"""Figures, from the rows of a run."""
