// What a mark says shows at once, under the pointer and by keyboard (arrows); a figure can be saved. Without scripts the
// browser shows the same words where the pointer rests.
const tip = document.createElement("p"), LOOKS = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "opacity", "font-family", "font-size", "font-weight"];
tip.className = "tip";
tip.setAttribute("role", "status");
document.body.append(tip);
tip.hidden = true;

function show(mark) {
  document.querySelector(".chart .here")?.classList.remove("here");
  tip.hidden = !mark;
  if (!mark) return;
  mark.classList.add("here");
  tip.textContent = mark.querySelector("title").textContent;
  const at = mark.getBoundingClientRect(), width = document.documentElement.clientWidth;
  tip.style.left = `${scrollX + Math.max(4, Math.min(at.right + 8, width - tip.offsetWidth - 8))}px`;
  tip.style.top = `${scrollY + at.top - tip.offsetHeight - 6}px`;
}

// Left and right go along a curve or row, up and down to the same place of the next one.
function step(svg, key) {
  const rows = [...svg.querySelectorAll("g")].map(row => [...row.children].filter(one => one.querySelector(":scope > title"))).filter(row => row.length);
  const here = svg.querySelector(".here"), row = rows.findIndex(found => found.includes(here));
  if (!rows.length || !(key in { ArrowLeft: 1, ArrowRight: 1, ArrowUp: 1, ArrowDown: 1 })) return false;
  if (row < 0) return show(rows[0][0]), true;
  const column = rows[row].indexOf(here), down = { ArrowUp: -1, ArrowDown: 1 }[key] || 0, right = { ArrowLeft: -1, ArrowRight: 1 }[key] || 0;
  const next = rows[(row + down + rows.length) % rows.length];
  show(next[Math.max(0, Math.min(column + right, next.length - 1))]);
  return true;
}

function save(svg) {
  const copy = svg.cloneNode(true), originals = svg.querySelectorAll("*");
  copy.querySelectorAll("*").forEach((element, i) => {
    const computed = getComputedStyle(originals[i]);
    if (!["title", "desc"].includes(element.tagName)) for (const name of LOOKS) element.setAttribute(name, computed.getPropertyValue(name));
    element.removeAttribute("class");
  });
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  const box = svg.viewBox.baseVal, paper = getComputedStyle(document.body).backgroundColor;
  copy.prepend(make("rect", { x: box.x, y: box.y, width: box.width, height: box.height, fill: paper }));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([new XMLSerializer().serializeToString(copy)], { type: "image/svg+xml" }));
  link.download = svg.querySelector("title").textContent.replace(/[^\p{L}\p{N}]+/gu, "-").toLowerCase() + ".svg";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

for (const svg of document.querySelectorAll(".chart")) {
  svg.addEventListener("pointerover", event => show(event.target.closest?.(".chart *:has(> title)")));
  svg.addEventListener("pointerleave", () => show(null));
  svg.addEventListener("blur", () => show(null));
  svg.addEventListener("drawn", () => show(null));
  if (svg.getAttribute("role") === "img") {
    svg.setAttribute("tabindex", "0");
    svg.addEventListener("keydown", event => step(svg, event.key) && event.preventDefault());
  }
  const button = document.createElement("button");
  button.type = "button";
  button.className = "save";
  button.textContent = "SVG";
  button.setAttribute("aria-label", `Save the figure: ${svg.querySelector("title").textContent}`);
  button.addEventListener("click", () => save(svg));
  svg.closest(".plot")?.append(button);
}
