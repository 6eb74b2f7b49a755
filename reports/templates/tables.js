// Tables: a click on a column's title sorts, a field above a long one filters, a button saves what is shown as CSV.
// Without scripts the tables stand as they were written.
const UNITS = { k: 1e3, M: 1e6, G: 1e9 };

function textOf(cell) {
  return [...cell.childNodes].filter(one => one.nodeName !== "SMALL").map(one => one.textContent).join("").trim();
}

function valueOf(text) {
  const found = text.replace(/−/g, "-").replace(/,/g, "").match(/^([+-]?\d+(?:\.\d+)?)(?:\s([kMG])$)?/);
  return found ? Number(found[1]) * (UNITS[found[2]] || 1) : null;
}

function sorted(rows, column, words, sign) {
  const keyed = rows.map(row => {
    const text = textOf(row.cells[column]);
    return { row, key: words ? text : valueOf(text) };
  });
  keyed.sort((a, b) => {
    if (a.key === null || b.key === null) return (a.key === null) - (b.key === null); // no number: last, either way
    return sign * (words ? a.key.localeCompare(b.key, "en", { numeric: true }) : a.key - b.key);
  });
  return keyed.map(one => one.row);
}

function sortBy(table, head, ascending) {
  for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
  const body = table.tBodies[0];
  body.append(...sorted([...body.rows], head.cellIndex, head.classList.contains("words"), ascending ? 1 : -1));
}

function filterBy(table, text) {
  const wanted = text.toLowerCase().split(/\s+/).filter(Boolean);
  for (const row of table.tBodies[0].rows) {
    const content = row.textContent.toLowerCase();
    row.hidden = !wanted.every(word => content.includes(word));
  }
}

function csvOf(table) {
  const rows = [table.tHead.rows[0], ...[...table.tBodies[0].rows].filter(row => !row.hidden)];
  const quoted = text => /[",\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
  const safe = text => /^[=+@\t]/.test(text) ? "'" + text : text; // a spreadsheet would run it
  return rows.map(row => [...row.cells].map(cell => quoted(safe(cell.textContent.replace(/\s+/g, " ").trim().replace(/−/g, "-")))).join(",")).join("\n") + "\n";
}

function save(name, type, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const tables = [...document.querySelectorAll(".table table")];
tables.forEach((table, place) => {
  const figure = table.closest("figure"), title = figure.querySelector("strong").textContent, rows = table.tBodies[0].rows.length;
  const kept = () => ({ ...chosen.tables, [place]: { sort: sortOf(table), filter: field ? field.value : "" } });
  for (const head of rows < 3 ? [] : table.tHead.rows[0].cells) {
    const button = element("button", { type: "button" }, ...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => { sortBy(table, head, head.getAttribute("aria-sort") !== "ascending"); remember({ tables: kept() }); });
  }
  const saver = element("button", { type: "button" }, "CSV");
  saver.setAttribute("aria-label", "Save as CSV: " + title);
  saver.addEventListener("click", () => save(title.replace(/[^\w]+/g, "-").slice(0, 60) + ".csv", "text/csv", csvOf(table)));
  const field = rows > 7 ? element("input", { type: "search", placeholder: "filter rows", "aria-label": "Filter the rows of: " + title }) : null;
  if (field) field.addEventListener("input", () => { filterBy(table, field.value); remember({ tables: kept() }); });
  figure.insertBefore(element("div", { class: "tools" }, ...(field ? [field] : []), saver), table.parentNode);
});

function sortOf(table) {
  const head = table.querySelector("[aria-sort]");
  return head ? [head.cellIndex, head.getAttribute("aria-sort") === "ascending"] : null;
}

recalled(saved => {
  for (const [place, { sort, filter }] of Object.entries(saved.tables || {})) {
    const table = tables[place], field = table && table.closest("figure").querySelector("[type=search]");
    if (table && sort) sortBy(table, table.tHead.rows[0].cells[sort[0]], sort[1]);
    if (field && filter) { field.value = filter; filterBy(table, filter); }
  }
});
