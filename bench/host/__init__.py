"""What knows nothing of segmentation: files, the screen, the machine, hashes, the guard of package names."""
