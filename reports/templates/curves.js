// Curves are drawn anew from the numbers beside them: other axes, other models, larger. Without scripts they stand as drawn.
const LARGE = [940, 460], ROOM = { left: 38, right: 14, top: 40, bottom: 42 };

function make(tag, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null) made.setAttribute(name, value);
  made.append(...children);
  return made;
}
const px = value => String(Number(value.toFixed(1)));
const words = (x, y, shown, kind, anchor = null) => make("text", { x: px(x), y: px(y), class: kind, "text-anchor": anchor }, shown);
const path = points => "M" + points.map(([x, y]) => `${px(x)} ${px(y)}`).join("L");
const line = (x1, y1, x2, y2, kind) => make("line", { x1: px(x1), y1: px(y1), x2: px(x2), y2: px(y2), class: kind });

function runs(items) {
  const found = [[]];
  for (const item of items) item === null ? found.push([]) : found.at(-1).push(item);
  return found.filter(part => part.length);
}

function scored(value, low, high) {
  const bounds = low === null || high === null ? "" : ` [${low.toFixed(3)}, ${high.toFixed(3)}]`;
  return (value.toFixed(3) + bounds).replaceAll("-", "−");
}

function frame(panel, x, y, across, up, [width, height]) {
  const right = width - ROOM.right, bottom = height - ROOM.bottom;
  const made = make("g", { class: "frame" }, words(0, 14, panel.title, "head"), words(ROOM.left - 6, 31, y.title, "axis-title"));
  for (const [value, shown] of y.ticks) {
    made.append(line(ROOM.left, up(value), right, up(value), "grid"), words(ROOM.left - 6, up(value) + 4, shown, "tick", "end"));
  }
  for (const [place, shown] of x.ticks) {
    made.append(line(across(place), bottom, across(place), bottom + 4, "rule"), words(across(place), bottom + 17, shown, "tick", "middle"));
  }
  made.append(line(ROOM.left, bottom, right, bottom, "rule"), words(right, height - 6, x.title, "axis-title", "end"));
  return made;
}

function band(xs, low, high, up) {
  const parts = runs(xs.map((x, i) => [x, low[i], high[i]].includes(null) ? null : [x, up(low[i]), up(high[i])]));
  const wide = parts.filter(part => part.length > 1)
    .map(part => path([...part.map(([x, , top]) => [x, top]), ...part.map(([x, bottom]) => [x, bottom]).reverse()]) + "Z");
  const single = parts.filter(part => part.length === 1).map(([[x, bottom, top]]) => path([[x, top], [x, bottom]]));
  return [["band", wide], ["whisker", single]].filter(([, found]) => found.length).map(([kind, found]) => make("path", { d: found.join(""), class: kind }));
}

// The curve of one model; of values relative to the clean one no interval is known.
function curve(panel, number, look, xs, up, relative) {
  const clean = panel.y[number][0], none = panel.levels.map(() => null);
  const values = panel.y[number].map(value => !relative || value === null ? value : clean ? value / clean : null);
  const low = relative ? none : panel.low[number], high = relative ? none : panel.high[number];
  const points = values.map((value, i) => value === null || xs[i] === null ? null : [xs[i], up(value)]);
  const made = make("g", { class: `series ${look.colour} s${number}` }, ...band(xs, low, high, up));
  made.append(make("path", { d: runs(points).map(path).join(""), class: "curve", "stroke-dasharray": look.dashes }));
  points.forEach((at, i) => at && made.append(make(
    "path", { class: "mark", d: look.shape, transform: `translate(${at[0].toFixed(1)} ${at[1].toFixed(1)})` },
    make("title", {}, `${look.label}, ${panel.levels[i]}: ${scored(values[i], low[i], high[i])}`))));
  const end = points.findLast(at => at);
  if (end && panel.seen.includes(number)) made.append(words(end[0] + 5, end[1] + 4, "†", "seen"));
  return end ? made : "";
}

function draw(svg, data, panel, state, large) {
  const size = large ? LARGE : data.size, x = panel.x[state.x], y = data.y[state.y];
  const across = place => ROOM.left + (size[0] - ROOM.left - ROOM.right) * place / 1000;
  const up = value => size[1] - ROOM.bottom - (size[1] - ROOM.bottom - ROOM.top) * (value - y.low) / (y.high - y.low);
  const xs = x.at.map(place => place === null ? null : across(place));
  for (const old of [...svg.children]) if (!["title", "desc"].includes(old.tagName)) old.remove();
  svg.setAttribute("viewBox", `0 0 ${size.join(" ")}`);
  svg.append(frame(panel, x, y, across, up, size));
  data.series.forEach((look, number) => {
    if (!state.off.has(number)) svg.append(curve(panel, number, look, xs, up, state.y === "relative"));
  });
  svg.dispatchEvent(new Event("drawn"));
}

function button(shown, pressed, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.setAttribute("aria-pressed", pressed);
  made.append(...shown);
  made.addEventListener("click", act);
  return made;
}

for (const place of document.querySelectorAll(".curves")) {
  const data = JSON.parse(place.querySelector("script").textContent), name = place.dataset.name;
  const [x, y, off, large] = (view.get(name) || "").split("~");
  const state = {
    x: x in data.x ? x : Object.keys(data.x)[0], y: y in data.y ? y : "value",
    off: new Set((off || "").split(".").filter(Boolean).map(Number)), large: large ? Number(large) : -1,
  };
  const charts = [...place.querySelectorAll(".plot > svg")], plain = `${state.x}`;
  const redraw = () => charts.forEach((svg, i) => {
    svg.parentNode.classList.toggle("large", i === state.large);
    draw(svg, data, data.panels[i], state, i === state.large);
  });
  const change = () => {
    const first = Object.keys(data.x)[0], usual = state.x === first && state.y === "value" && !state.off.size && state.large < 0;
    view.set(name, usual ? "" : [state.x, state.y, [...state.off].join("."), state.large < 0 ? "" : state.large].join("~"));
    redraw();
  };
  [...place.querySelectorAll(":scope > .key > li")].forEach((entry, number) => {
    const toggle = button(entry.childNodes, !state.off.has(number), () => {
      state.off.delete(number) || state.off.add(number);
      toggle.setAttribute("aria-pressed", !state.off.has(number));
      change();
    });
    entry.append(toggle);
  });
  const modes = document.createElement("div");
  modes.className = "modes";
  for (const [key, title, found] of [["x", "x:", data.x], ["y", "y:", { value: data.y.value.title, ...(data.y.relative && { relative: data.y.relative.title }) }]]) {
    if (Object.keys(found).length < 2) continue;
    const buttons = Object.entries(found).map(([value, shown]) => button([shown], state[key] === value, event => {
      state[key] = value;
      buttons.forEach(one => one.setAttribute("aria-pressed", one === event.currentTarget));
      change();
    }));
    const part = document.createElement("span");
    part.append(title, ...buttons);
    modes.append(part);
  }
  place.querySelector(":scope > .key").before(modes);
  if (charts.length > 1) charts.forEach((svg, i) => svg.addEventListener("click", () => {
    state.large = state.large === i ? -1 : i;
    change();
    svg.parentNode.scrollIntoView({ block: "nearest" });
  }));
  if (view.get(name)) redraw();
}
