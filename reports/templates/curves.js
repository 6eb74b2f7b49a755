// The switches above the curves: over which axis, absolute or relative to clean, which models. Without scripts every
// panel shows all models over the strength. What is chosen stands in the address, so that a link restores it.
const figures = [...document.querySelectorAll("[data-curves]")].map(svg => ({ svg, facts: JSON.parse(svg.dataset.curves) }));
const view = { x: "strength", y: "absolute", hidden: new Set() };

function outline(points) {
  return points.length ? "M" + points.map(([x, y]) => x.toFixed(1) + " " + y.toFixed(1)).join("L") : "";
}

function words(group, entries) {
  const marks = entries.map(([at, text]) => {
    const found = document.createElementNS("http://www.w3.org/2000/svg", "text");
    for (const [name, value] of Object.entries(at)) found.setAttribute(name, value);
    found.textContent = text;
    return found;
  });
  group.replaceChildren(...marks);
}

function axes({ svg, facts }, over, [low, high, numbers]) {
  const [left, top, right, bottom] = facts.box;
  const heightOf = value => bottom + (top - bottom) * (value - low) / (high - low);
  svg.querySelector(".grid").innerHTML = numbers.map(one => `<path d="M${left} ${heightOf(one)}H${right}"/>`).join("");
  words(svg.querySelector(".y"), numbers.map(one => [{ x: left - 5, y: heightOf(one) + 3.5, "text-anchor": "end" }, String(one)]));
  words(svg.querySelector(".x"), [
    ...over.words.map(([x, text]) => [{ x, y: bottom + 13, "text-anchor": "middle" }, text]),
    [{ x: (left + right) / 2, y: bottom + 28, "text-anchor": "middle", class: "quiet" }, over.label],
  ]);
  return heightOf;
}

function redraw(figure) {
  const { svg, facts } = figure, over = facts.axes[view.x] || facts.axes.strength;
  const relative = view.y === "relative" && "relative" in facts.heights; // a figure of one model's perturbations is absolute
  const heightOf = axes(figure, over, facts.heights[relative ? "relative" : "absolute"]);
  for (const group of svg.querySelectorAll(".series")) {
    const own = facts.lines[group.dataset.model], clean = own[0][0];
    const scaled = values => values.map(one => (one === null || (relative && !clean)) ? null : relative ? one / clean : one);
    const values = scaled(own[0]), [lows, highs] = relative ? [[], []] : own.slice(1); // a ratio's interval is another one
    const at = ys => over.places.map((x, i) => [x, ys[i] ?? null]).filter(([x, y]) => x !== null && y !== null).map(([x, y]) => [x, heightOf(y)]);
    group.querySelector(".line").setAttribute("d", outline(at(values)));
    group.querySelector(".band").setAttribute("d", outline([...at(highs), ...at(lows).reverse()]));
    over.places.forEach((x, i) => {
      const point = group.querySelector(".p" + i);
      if (!point) return;
      const there = x !== null && values[i] !== null;
      point.classList.toggle("gone", !there);
      if (there) point.firstElementChild.nextElementSibling.setAttribute("transform", `translate(${x} ${heightOf(values[i])})`);
    });
    const star = group.querySelector(".seen"), end = at(values).pop();
    if (star && end) { star.setAttribute("x", end[0] + 5); star.setAttribute("y", end[1] + 4); }
    group.classList.toggle("gone", view.hidden.has(group.dataset.model));
  }
}

function showCurves() {
  figures.forEach(redraw);
  for (const button of document.querySelectorAll("[data-x]")) button.setAttribute("aria-pressed", button.dataset.x === view.x);
  for (const button of document.querySelectorAll("[data-y]")) button.setAttribute("aria-pressed", button.dataset.y === view.y);
  for (const entry of document.querySelectorAll("[data-series]")) entry.firstElementChild.setAttribute("aria-pressed", !view.hidden.has(entry.dataset.series));
}

for (const entry of document.querySelectorAll("[data-series]")) {
  entry.append(element("button", { type: "button", "data-toggle": entry.dataset.series }, ...entry.childNodes));
}
for (const group of document.querySelectorAll(".switches")) group.hidden = false;
for (const button of document.querySelectorAll("[data-x],[data-y],[data-toggle]")) {
  button.addEventListener("click", () => {
    const { x, y, toggle } = button.dataset;
    if (x) view.x = x;
    if (y) view.y = y;
    if (toggle !== undefined) view.hidden.has(toggle) ? view.hidden.delete(toggle) : view.hidden.add(toggle);
    showCurves();
    remember({ x: view.x, y: view.y, hidden: [...view.hidden] });
  });
}

for (const { svg } of figures) {
  svg.addEventListener("click", event => {
    if (!event.target.closest("a")) svg.closest("figure").classList.toggle("large");
  });
}

recalled(saved => {
  if (["rmse", "psnr", "ssim"].includes(saved.x)) view.x = saved.x;
  if (saved.y === "relative") view.y = saved.y;
  if (Array.isArray(saved.hidden)) view.hidden = new Set(saved.hidden);
});
if (figures.length) showCurves();
