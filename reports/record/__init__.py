"""Reading a run folder: its files, its boards, its metrics, its ranking."""
