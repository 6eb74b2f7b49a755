"""The mathematics that several perturbations share."""
