"""Intervals, ranks, comparisons and robustness summaries; knows counts, not files."""
