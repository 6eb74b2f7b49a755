// A click on a column's title sorts the table by it. Without scripts the tables stand as they were written.
"use strict";
const UNITS = { k: 1e3, M: 1e6, G: 1e9 };

function valueOf(text) {
  const found = text.replace(/−/g, "-").replace(/,/g, "").match(/^([+-]?\d+(?:\.\d+)?)(?:\s([kMG])$)?/);
  return found ? Number(found[1]) * (UNITS[found[2]] || 1) : null;
}

function sorted(rows, column, words, sign) {
  const keyed = rows.map(row => {
    const text = row.cells[column].textContent.trim();
    return { row, key: words ? text : valueOf(text) };
  });
  keyed.sort((a, b) => {
    if (a.key === null || b.key === null) return (a.key === null) - (b.key === null); // no number: last, either way
    return sign * (words ? a.key.localeCompare(b.key, "en", { numeric: true }) : a.key - b.key);
  });
  return keyed.map(one => one.row);
}

function sortBy(table, head) {
  const ascending = head.getAttribute("aria-sort") !== "ascending";
  for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
  const body = table.tBodies[0];
  body.append(...sorted([...body.rows], head.cellIndex, head.classList.contains("words"), ascending ? 1 : -1));
}

for (const table of document.querySelectorAll(".table table")) {
  if (table.tBodies[0].rows.length < 3) continue;
  for (const head of table.tHead.rows[0].cells) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => sortBy(table, head));
  }
}
