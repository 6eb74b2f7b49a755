"""Write the tables of docs/ that come from the entries. usage: python tests/write_docs.py   (or `make docs`)."""

from pathlib import Path

from bench.perturb import catalogue as perturbations
from registry.catalogue import model_table, rewritten

DOCS = Path(__file__).resolve().parents[1] / "docs"
TABLES = {"perturbations": perturbations.table, "models": model_table}
"""What makes the table of each page: docs/<name>.md."""

for name, table in TABLES.items():
    page = DOCS / f"{name}.md"
    before = page.read_text(encoding="utf-8")
    after = rewritten(before, name, table())
    page.write_text(after, encoding="utf-8")
    print(f"docs/{name}.md: {'as it was' if after == before else 'written'}")
