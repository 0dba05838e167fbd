// Finding series by parts of their names.

import { ask } from "./api.js";
import { attribute, byId, el, keyed, later, put } from "./dom.js";
import { count, plain, value } from "./format.js";

const shown = 60; // series in the list
const again = 5000; // milliseconds until the same is asked again, as new series come

let chosen = () => {};
let list = []; // what is shown: a result for each series, which stands for it
let active = -1; // which of them the keys are on
let onChart = new Set();
let asked = 0;
let next = 0; // when it is asked again

async function find() {
  const turn = ++asked;
  next = performance.now() + again;
  let found;
  try {
    found = await ask("/api/results", { search: byId("search").value, limit: shown * 6 });
  } catch (error) {
    return put(byId("found-note"), plain(error.message));
  }
  if (turn !== asked) return;
  const held = list[active]?.series;
  const bySeries = new Map();
  for (const r of found.results) {
    if (r.stands || !bySeries.has(r.series)) bySeries.set(r.series, r);
  }
  list = [...bySeries.values()].slice(0, shown);
  active = held === undefined ? -1 : list.findIndex((r) => r.series === held);
  draw();
  note(found, bySeries.size);
}

function note(found, series) {
  const searched = byId("search").value.trim() !== "";
  const rest = series > shown || found.results.length < found.total;
  let text = `${count(found.total)} results` + (rest ? `; the first ${list.length} series are shown, type to narrow it down` : "");
  if (found.total === 0) text = searched ? "No result has that in its name." : "Nothing is kept yet: aggregates emit their first results when a slice ends.";
  put(byId("found-note"), text);
}

function draw() {
  keyed(byId("found"), list, (r) => r.series,
    (r) => el("li", { role: "option", title: plain(r.series), onmousedown: (e) => e.preventDefault(), onclick: () => take(list.findIndex((x) => x.series === r.series)) },
      el("span", { class: "name" }, plain(r.series)), el("span", { class: "figure" })),
    (li, r) => {
      const i = list.indexOf(r);
      attribute(li, "id", "found-" + i);
      attribute(li, "aria-selected", String(i === active));
      li.classList.toggle("on", onChart.has(r.name));
      put(li.lastChild, value(r.last));
    });
  const input = byId("search");
  if (active >= 0) attribute(input, "aria-activedescendant", "found-" + active);
  else input.removeAttribute("aria-activedescendant");
}

function take(i) {
  if (!list[i]) return;
  active = i;
  chosen(list[i].name);
  draw();
}

function key(event) {
  const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };
  if (event.key in moves && list.length) {
    active = Math.max(0, Math.min(list.length - 1, active + moves[event.key]));
    draw();
    byId("found-" + active).scrollIntoView({ block: "nearest" });
  } else if (event.key === "Enter") take(Math.max(0, active));
  else return;
  event.preventDefault();
}

export const finder = {
  start(onChoice) {
    chosen = onChoice;
    byId("search").addEventListener("input", later(200, find));
    byId("search").addEventListener("keydown", key);
  },

  // mark says which results are on the chart.
  mark(names) {
    onChart = names;
    draw();
  },

  show() {
    if (performance.now() >= next) find();
  },
};
