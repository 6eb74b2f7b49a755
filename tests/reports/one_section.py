"""Draws one section of a made-up run by itself, with a pen that draws nothing."""

import re

from markupsafe import Markup

from reports.record.run import open_run
from reports.section import SECTIONS, Page


class Pen:
    """Stands in for the folder of figures: notes what it is asked to draw."""

    def __init__(self):
        self.names, self.alts = [], []

    def draw(self, name, alt, plot):
        """Note the name and the alternative text."""
        self.names.append(name)
        self.alts.append(alt)
        assert callable(plot)
        return Markup("<svg></svg>")


def drawn(made, name):
    """Return the HTML of one section of a made-up run."""
    return str(SECTIONS[name].draw(Page(open_run(made.write()), Pen())))


def plain(html):
    """Return the text a reader sees, with single spaces."""
    spaced = re.sub(r"(</(?:dt|dd|td|th|span)>)", r"\1 ", html)
    return " ".join(Markup(spaced).striptags().split())
