"""Figures of the page as inline SVG: each one a function from rows to Markup, drawn without any library."""
