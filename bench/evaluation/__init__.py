"""One cell: decode, perturb, predict, count; the precision, size and examples of a model."""
