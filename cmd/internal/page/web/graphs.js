// Graphs of what is kept: the series that were picked, on one chart, as their points come.

import { ask } from "./api.js";
import { byId, el, put, svg } from "./dom.js";
import { count, plain, value } from "./format.js";
import { Chart } from "./chart.js";
import { finder } from "./finder.js";
import { questions } from "./questions.js";

const most = 8; // series on the chart: so many colours can be told apart
const overlap = 6; // points that are asked for again, as late samples may have changed them

const picks = []; // what is on the chart, in its order
let chart;
let past = 0; // how many seconds are shown; 0 is all
let pointed = null; // the index of the time under the pointer
let times = [];

const seconds = (period) => {
  const [, n, unit] = /^(\d+)([smhd])$/.exec(period) ?? [0, 10, "s"];
  return n * { s: 1, m: 60, h: 3600, d: 86400 }[unit];
};

// pick puts a result on the chart, or takes it off if it is there. A name that nothing is kept of yet is tried again.
export async function pick(name, stay = false) {
  const at = picks.findIndex((p) => p.name === name);
  if (at >= 0 && !stay) return drop(picks[at]);
  if (at < 0) {
    if (picks.length >= most) return put(byId("found-note"), `${most} series are on the chart: take one off first.`);
    const used = new Set(picks.map((p) => p.color));
    const color = Array.from({ length: most }, (_, i) => `--s${i + 1}`).find((c) => !used.has(c));
    const p = { name, series: name, fn: "", period: "", color, points: [], due: 0, choices: [] };
    p.row = makeRow(p);
    picks.push(p);
    byId("picked").append(p.row.li);
    remember();
    await fetchPoints(p);
    choices(p);
    draw();
  }
  if (stay) byId("graphs").scrollIntoView({ block: "start" });
}

function drop(p) {
  picks.splice(picks.indexOf(p), 1);
  p.row.li.remove();
  remember();
  draw();
}

function makeRow(p) {
  const swatch = svg("svg", { width: 14, height: 6, "aria-hidden": "true" }, svg("rect", { width: 14, height: 4, y: 1, rx: 2, fill: `var(${p.color})` }));
  const row = {
    name: el("span", { class: "name", title: plain(p.name) }, plain(p.name)),
    fn: el("select", { "aria-label": "Function of " + plain(p.name), onchange: () => choose(p, row.fn.value, p.period) }),
    period: el("select", { "aria-label": "Period of " + plain(p.name), onchange: () => choose(p, p.label, row.period.value) }),
    figure: el("span", { class: "figure" }, "–"),
    off: el("button", { type: "button", "aria-label": "Take " + plain(p.name) + " off the chart", onclick: () => drop(p) }, "×"),
  };
  row.li = el("li", {}, swatch, row.name, row.fn, row.period, row.figure, row.off);
  return row;
}

// choices finds out which functions and periods there are of the pick's series. Results that share both, as windows do,
// are told apart by what their names say behind the series' own.
async function choices(p) {
  if (!p.period) return;
  try {
    const { results } = await ask("/api/results", { series: p.series, limit: 200 });
    const twin = (r) => results.some((x) => x !== r && x.fn === r.fn && x.period === r.period);
    p.choices = results.map((r) => ({ ...r, label: twin(r) ? r.name.slice(r.series.length).replace(/^\./, "") || r.fn : r.fn }));
  } catch {
    p.choices = [];
  }
  p.label = p.choices.find((c) => c.name === p.name)?.label ?? p.fn;
  const options = (select, texts, chosen) => select.replaceChildren(...[...new Set(texts)].map((t) => el("option", { value: t, selected: t === chosen }, plain(t))));
  options(p.row.fn, p.choices.filter((c) => c.period === p.period).map((c) => c.label), p.label);
  options(p.row.period, p.choices.map((c) => c.period).sort((a, b) => seconds(a) - seconds(b)), p.period);
}

// choose has the pick show another function or period: that function of the period if there is one.
async function choose(p, label, period) {
  const there = p.choices.filter((c) => c.period === period);
  const to = there.find((c) => c.label === label) ?? there.find((c) => c.fn === p.fn) ?? there[0];
  if (!to) return;
  Object.assign(p, { name: to.name, points: [], due: 0 });
  put(p.row.name, plain(p.name));
  remember();
  await fetchPoints(p);
  await choices(p);
  draw();
}

// fetchPoints gets what is new of a pick.
async function fetchPoints(p) {
  const name = p.name;
  const known = p.points.at(-Math.min(overlap, p.points.length))?.[0];
  p.due = performance.now() + 3000;
  try {
    if (!p.period && !(await isKept(name))) return;
    const h = await ask("/api/history", known === undefined ? { name } : { name, after: known - 1 });
    if (p.name !== name) return;
    Object.assign(p, { series: h.series, fn: h.fn, period: h.period });
    const from = h.points[0]?.[0] ?? Infinity;
    p.points = [...p.points.filter(([t]) => t < from), ...h.points];
    const oldest = (p.points.at(-1)?.[0] ?? 0) - 86400; // the daemon keeps less; a page that stays open must, too
    if (p.points[0]?.[0] < oldest) p.points = p.points.filter(([t]) => t >= oldest);
    p.due = performance.now() + Math.min(15, Math.max(1, seconds(h.period) / 4)) * 1000;
  } catch (error) {
    if (error.status === 404) p.points = [];
  }
}

// isKept says whether there are points of a result. It is asked before the first of them are, since the browser tells the
// console of every answer that is an error.
async function isKept(name) {
  const { results, total } = await ask("/api/results", { search: name, limit: 500 });
  return total > results.length || results.some((r) => r.name === name);
}

// column makes two columns of a pick's points. Where periods are missing the line is broken.
function column(p) {
  const step = seconds(p.period || "10s") * 1.5;
  const [t, v] = [[], []];
  for (const [time, y] of p.points) {
    if (t.length && time - t.at(-1) > step) {
      t.push(t.at(-1) + step / 1.5);
      v.push(null);
    }
    t.push(time);
    v.push(y);
  }
  return [t, v];
}

function draw() {
  const drawn = picks.filter((p) => p.points.length);
  byId("graph-empty").hidden = drawn.length > 0;
  put(byId("graph-empty"), picks.length ? "Nothing is kept of it yet: points come when the first slice ends." : "Pick a series to see it here. Several share the chart.");
  const data = drawn.length ? uPlot.join(drawn.map(column)) : [[]];
  times = data[0];
  const [first, last] = [times[0] ?? 0, times.at(-1) ?? 1];
  const from = past ? last - past : first;
  chart.show(drawn.map((p) => ({ label: p.name, color: p.color })), data, [from === last ? from - 60 : from, last]);
  figures();
}

// figures writes each pick's newest value, or the one under the pointer.
function figures() {
  const time = pointed === null ? Infinity : times[pointed];
  for (const p of picks) put(p.row.figure, value(p.points.findLast(([t]) => t <= time)?.[1]));
}

// remember has the address say what is on the chart, so that it can be sent to somebody.
function remember() {
  const query = new URLSearchParams(picks.map((p) => ["graph", p.name])).toString();
  history.replaceState(null, "", location.pathname + (query ? "?" + query : "") + location.hash);
  finder.mark(new Set(picks.map((p) => p.name)));
}

async function refresh() {
  const due = picks.filter((p) => p.due <= performance.now());
  if (!due.length) return;
  const blank = due.filter((p) => !p.period);
  await Promise.all(due.map(fetchPoints));
  blank.forEach(choices);
  draw();
}

export const graphs = {
  start() {
    chart = new Chart(byId("graph"), (i) => {
      pointed = i;
      figures();
    });
    for (const input of document.getElementsByName("graph-span")) {
      input.addEventListener("change", () => {
        past = Number(input.value);
        draw();
      });
    }
    finder.start(pick);
    questions.start();
    for (const name of new URLSearchParams(location.search).getAll("graph").slice(0, most)) pick(name);
  },

  show(state) {
    const kept = state.status.history;
    put(byId("kept-sum"), `${count(kept.points)} points of ${count(kept.series)} results` + (kept.not_kept ? `; nothing of ${count(kept.not_kept)} more` : ""));
    finder.show();
    refresh();
  },
};
