"""How far trainings of one model with different seeds lie apart, beside the interval over images."""

from typing import TYPE_CHECKING

from reports.record.boards import boards
from reports.section import Section
from reports.tables.seed_tables import seeds_table, trainings

if TYPE_CHECKING:
    from reports.section import Page

_TEMPLATE = """
{% from "parts.html" import table %}
<p>These models were trained several times. Only the seed of the training changed: the first weights, the order of the
images and their augmentation. Two things make a score uncertain, and each column covers one of them:</p>
<ul>
<li><b>Over images</b>: the 95 % interval of one trained network. It covers the choice of the test images, and says
nothing of another training.</li>
<li><b>Over seeds</b>: the least and the greatest score of the trainings, on the same test images. It covers the
training, and says nothing of other images. The standard deviation (sd) is that of a sample.</li>
</ul>
<p>Few seeds show a spread only roughly.</p>
{% for entry in tables %}{{ table(entry) }}{% endfor %}
"""


def _draw(page: "Page") -> str:
    run = page.run
    shown = [board for dataset in run.record.datasets for board in boards(run, dataset.label) if trainings(board)]
    return page.html(_TEMPLATE, tables=[seeds_table(run, board) for board in shown]) if shown else ""


ENTRY = Section(28, "Seeds of the training", _draw)
