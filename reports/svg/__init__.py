"""Figures of the page: plain SVG text, one function each from numbers to an element; nothing heavy is imported."""
