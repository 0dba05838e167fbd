// The figures of this moment, and the last minutes of them as a chart.

import { byId, el, put, svg } from "./dom.js";
import { bytes, count, perSecond, short, span } from "./format.js";
import { sum } from "./meter.js";
import { Chart } from "./chart.js";
import { handed, oldest } from "./endpoints.js";

const room = 300; // seconds that the chart shows, once the page was open for so long
const least = 60;

const total = (ledger, get) => ledger.endpoints.reduce((n, e) => n + get(e), 0);
const delivered = (l) => total(l, (e) => e.delivered);
const written = (l) => total(l, handed); // what is delivered grows in jumps, from proof to proof
const lost = (l) => sum(l.dropped) - l.dropped.rule + total(l, (e) => sum(e.dropped)); // not what a rule drops: that is meant

const lines = [
  { label: "received", color: "--s1", get: (l) => l.received },
  { label: "emitted", color: "--s3", get: (l) => l.emitted },
  { label: "written", color: "--s5", get: written },
  { label: "lost", color: "--s7", get: lost },
];

// Each tile: its label, its figure, and what stands below.
const tiles = [
  ["received", (s) => perSecond(s.meter.rate((l) => l.received)), (s) => count(s.ledger.received) + " in all"],
  ["emitted by aggregates", (s) => perSecond(s.meter.rate((l) => l.emitted)), (s) => count(s.ledger.emitted) + " in all"],
  ["written to endpoints", (s) => perSecond(s.meter.rate(written)), (s) => count(delivered(s.ledger)) + " delivered"],
  ["waiting for endpoints", (s) => short(total(s.ledger, (e) => e.queued + e.spooled)), (s) => waiting(s.status)],
  ["lost", (s) => perSecond(s.meter.rate(lost)), (s) => count(lost(s.ledger)) + " in all"],
  ["live series", (s) => short(series(s.status)), (s) => count(s.status.history.series) + " results kept"],
];

function waiting(status) {
  const all = status.clusters.flatMap((c) => c.endpoints);
  const size = all.reduce((n, e) => n + e.queued_bytes + (e.spool?.points ? e.spool.bytes : 0), 0);
  const age = Math.max(0, ...all.map(oldest));
  return bytes(size) + (age > 0 ? ", oldest " + span(age) : "");
}

const series = (status) => status.rules.reduce((n, r) => n + (r.aggregate?.series ?? 0), 0);

let chart;
const figures = [];
const legend = [];
const data = [[], ...lines.map(() => [])]; // times, and the rates of each line

export const now = {
  start() {
    for (const [label] of tiles) {
      const tile = { big: el("p", { class: "big" }, "–"), small: el("p", { class: "small" }) };
      byId("tiles").append(el("div", { class: "tile" }, el("p", { class: "label" }, label), tile.big, tile.small));
      figures.push(tile);
    }
    for (const line of lines) {
      const figure = el("b", {}, "–");
      const swatch = svg("svg", { width: 12, height: 4, "aria-hidden": "true" }, svg("rect", { width: 12, height: 4, rx: 2, fill: `var(${line.color})` }));
      byId("now-legend").append(el("li", {}, swatch, line.label, figure));
      legend.push(figure);
    }
    chart = new Chart(byId("now-chart"), (i) => write(i));
    draw();
  },

  // beat takes a reading also while the chart is out of sight, so that it has no hole.
  beat(state) {
    const rates = lines.map((line) => state.meter.step(line.get));
    if (rates.some(Number.isNaN)) return;
    const time = Date.now() / 1000;
    if (data[0].length && time - data[0].at(-1) > 5) add(time - 1, lines.map(() => null)); // a hole is one
    add(time, rates);
    while (data[0][0] < time - room - 10) data.forEach((column) => column.shift());
  },

  show(state) {
    tiles.forEach(([, big, small], i) => {
      put(figures[i].big, big(state));
      put(figures[i].small, small(state));
    });
    draw();
    if (pointed === null) write(null);
  },
};

const opened = Date.now() / 1000;
let pointed = null; // which point the pointer is on

function add(time, rates) {
  data[0].push(time);
  rates.forEach((r, i) => data[i + 1].push(r));
}

function write(i) {
  pointed = i;
  const at = i ?? data[0].length - 1;
  legend.forEach((figure, k) => put(figure, perSecond(data[k + 1][at] ?? NaN)));
}

function draw() {
  const end = Date.now() / 1000;
  chart.show(lines, data, [Math.max(end - room, Math.min(opened, end - least)), end]);
}
