"""The models: one file each, and nothing else."""
