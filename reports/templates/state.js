// What a reader has chosen stands behind the # of the address, as JSON: a link to the page restores it.
"use strict";
const chosen = (() => {
  try { return JSON.parse(decodeURIComponent(location.hash.match(/^#view=(.*)$/)[1])) || {}; } catch { return {}; }
})();

function remember(changes) {
  Object.assign(chosen, changes);
  history.replaceState(null, "", "#view=" + encodeURIComponent(JSON.stringify(chosen)));
}

function recalled(restore) {
  try { if (Object.keys(chosen).length) restore(chosen); } catch { /* an address that somebody mistyped restores nothing */ }
}

// The bar of contents may need several lines: what sticks below it must know its height.
const contents = document.querySelector("nav");
const measureContents = () => document.documentElement.style.setProperty("--bar-height", contents.offsetHeight + "px");
window.addEventListener("resize", measureContents);
measureContents();
