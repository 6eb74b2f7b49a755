"""What is done with finished runs: verified, compared, gated, merged. Everything is computed from their cells."""
