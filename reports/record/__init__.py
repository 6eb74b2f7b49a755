"""Reads a run's folder."""
