// What the reader chose stands in the page's address, behind the place: #robustness?x=rmse. Without scripts nothing is chosen.
"use strict";
const view = {
  of: () => new URLSearchParams(location.hash.split("?")[1] || ""),
  get: key => view.of().get(key),
  set(key, value) {
    const found = view.of();
    if (value) found.set(key, value);
    else found.delete(key);
    const place = location.hash.split("?")[0] || "#";
    history.replaceState(null, "", [...found].length ? `${place}?${found}` : place);
  },
};
if (location.hash.includes("?")) {
  document.getElementById(decodeURIComponent(location.hash.slice(1).split("?")[0]))?.scrollIntoView();
}
