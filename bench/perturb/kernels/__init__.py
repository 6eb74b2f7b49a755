"""CPU kernels of perturbations: one thread each, without Python's lock; imported only where they run."""
