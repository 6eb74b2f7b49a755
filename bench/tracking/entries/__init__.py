"""One file each: a tracker that `bench run --log` can name."""
