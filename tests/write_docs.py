"""Write the tables of docs/ that come from the entries. usage: python tests/write_docs.py   (or `make docs`)."""

from pathlib import Path

from bench.perturb import catalogue as perturbations

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGES = {"perturbations.md": perturbations.rewritten}
"""What writes each page's table: (text of the page) -> the text with its table made anew."""

for name, rewritten in PAGES.items():
    page = DOCS / name
    text = page.read_text(encoding="utf-8")
    page.write_text(rewritten(text), encoding="utf-8")
    print(f"{page}: {'as it was' if rewritten(text) == text else 'written'}")
