"""Tables and cautions, from the rows of a run."""
