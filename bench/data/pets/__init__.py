"""Oxford-IIIT Pet on disk: its two layouts, and its download."""
