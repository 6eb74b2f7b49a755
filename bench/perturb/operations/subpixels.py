"""Parts of a pixel, in which coordinates between pixels are whole numbers."""

BITS = 11
"""A pixel is divided into 2^11 parts: two weights and a grey level fit 30 bits, so all sums are exact in int32."""

FAR = float(1 << 18)
"""Coordinates beyond this are taken as this; in parts of a pixel they fit int32."""
