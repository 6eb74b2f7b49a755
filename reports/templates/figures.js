// A button saves a figure as it is shown now, as an SVG file that needs no style sheet. Without scripts there is none.
const LOOKS = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "opacity", "font-family", "font-size", "font-weight", "display"];

function standalone(svg) {
  const copy = svg.cloneNode(true), shown = [svg, ...svg.querySelectorAll("*")];
  [copy, ...copy.querySelectorAll("*")].forEach((part, i) => {
    const computed = getComputedStyle(shown[i]);
    for (const name of part.closest("title, desc") ? [] : LOOKS) part.setAttribute(name, computed.getPropertyValue(name));
    for (const name of [...part.attributes].map(one => one.name).filter(one => /^(class|tabindex|data-)/.test(one))) part.removeAttribute(name);
  });
  const box = svg.viewBox.baseVal, paper = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  for (const name of ["width", "height"]) { paper.setAttribute(name, box[name]); copy.setAttribute(name, box[name]); }
  paper.setAttribute("fill", getComputedStyle(document.body).backgroundColor);
  copy.prepend(paper);
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return new XMLSerializer().serializeToString(copy);
}

for (const svg of document.querySelectorAll(".plot > svg.figure")) {
  const words = svg.getAttribute("aria-label");
  const saver = element("button", { type: "button", class: "save", "aria-label": "Save as SVG: " + words }, "SVG");
  saver.addEventListener("click", event => {
    event.stopPropagation();
    save(words.replace(/[^\p{L}\p{N}]+/gu, "-").slice(0, 60) + ".svg", "image/svg+xml", standalone(svg));
  });
  svg.after(saver);
}

// One stop of the keyboard a figure: the arrows go along a line, and up and down to the next one.
const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
for (const svg of document.querySelectorAll("svg.figure")) {
  const rows = [...new Set([...svg.querySelectorAll("[tabindex]")].map(point => point.parentNode))];
  const stops = row => [...row.children].filter(point => point.hasAttribute("tabindex") && point.checkVisibility());
  svg.querySelectorAll("[tabindex]").forEach((point, i) => point.setAttribute("tabindex", i ? "-1" : "0"));
  svg.addEventListener("keydown", event => {
    const [down, right] = STEPS[event.key] || [0, 0], row = rows.indexOf(event.target.parentNode);
    if (!(down || right) || row < 0) return;
    const shown = rows.filter(one => stops(one).length), at = stops(rows[row]).indexOf(event.target);
    const next = stops(shown[(shown.indexOf(rows[row]) + down + shown.length) % shown.length]);
    next[Math.max(0, Math.min(at + right, next.length - 1))].focus();
    event.preventDefault();
  });
}
