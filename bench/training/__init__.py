"""Training one model by its recipe; Lightning does the loop. Imported only when something is to be trained."""
