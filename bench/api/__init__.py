"""The Python door: what `import bench` offers, through the same plan, evaluation and record as the command line."""
