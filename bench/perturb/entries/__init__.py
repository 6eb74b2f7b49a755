"""The perturbations, one file each."""
