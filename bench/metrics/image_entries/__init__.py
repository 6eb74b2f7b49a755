"""One file per further metric; its `ENTRY` is an `ImageMetric`."""
