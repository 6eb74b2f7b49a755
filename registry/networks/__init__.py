"""Networks and segmenters, as the entries of the models build them."""
