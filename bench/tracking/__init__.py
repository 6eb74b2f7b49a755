"""Trackers: what a training measures while it goes on, the final scores and the report, sent to a user's own tool."""

from bench.tracking.tracker import TRACKERS, Tracker, TrackerEntry

__all__ = ["TRACKERS", "Tracker", "TrackerEntry"]
