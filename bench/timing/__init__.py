"""How fast a model is: scenarios, stages, what they cost, and the limits of the machine beside them."""
