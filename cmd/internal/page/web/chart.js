// A chart over time, drawn by uPlot, in the page's colours.

import { short } from "./format.js";

const two = (n) => String(n).padStart(2, "0");

function times(_, splits, __, ___, step) {
  return splits.map((seconds) => {
    const t = new Date(seconds * 1000);
    const clock = two(t.getHours()) + ":" + two(t.getMinutes());
    if (step >= 86400) return `${t.getDate()}.${t.getMonth() + 1}.`;
    return step < 60 ? clock + ":" + two(t.getSeconds()) : clock;
  });
}

// color returns what a custom property of the page says now: it is another one in the dark.
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// A Chart fills its host. Series are {color, label}; data is uPlot's: times in seconds, then a list of values for each.
export class Chart {
  #host;
  #series = [];
  #data = [[]];
  #range = null;
  #plot = null;
  #onPoint;

  // onPoint is told the index of the point under the pointer, or null.
  constructor(host, onPoint) {
    this.#host = host;
    this.#onPoint = onPoint;
    new ResizeObserver(() => this.#resize()).observe(host);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#build());
  }

  // show draws series over the times from range[0] to range[1].
  show(series, data, range) {
    const same = series.length === this.#series.length && series.every((s, i) => s.color === this.#series[i].color && s.label === this.#series[i].label);
    this.#series = series;
    this.#data = data;
    this.#range = range;
    if (this.#plot && same) this.#plot.setData(data);
    else this.#build();
  }

  #size() {
    return { width: Math.max(100, this.#host.clientWidth), height: this.#host.clientHeight };
  }

  #resize() {
    if (!this.#plot) return;
    const { width, height } = this.#size();
    if (width !== this.#plot.width || height !== this.#plot.height) this.#plot.setSize({ width, height });
  }

  #build() {
    this.#plot?.destroy();
    this.#plot = null;
    if (this.#series.length === 0) return;
    const [ink, line] = [color("--dim"), color("--line")];
    const axis = { stroke: ink, font: "11px system-ui, sans-serif", grid: { stroke: line, width: 1 }, ticks: { show: false } };
    this.#plot = new uPlot(
      {
        ...this.#size(),
        legend: { show: false },
        padding: [10, 8, 0, 0],
        cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
        scales: { x: { range: () => this.#range }, y: { range: bounds } },
        axes: [
          { ...axis, values: times, size: 28, space: 70 },
          { ...axis, values: (_, splits) => splits.map(short), size: 52, space: 34 },
        ],
        series: [{}, ...this.#series.map((s) => ({ label: s.label, stroke: color(s.color), width: 1.6, points: { show: (_, i) => this.#sparse(i) } }))],
        hooks: { setCursor: [(u) => this.#onPoint?.(u.cursor.left >= 0 ? u.cursor.idx : null)] },
      },
      this.#data,
      this.#host,
    );
  }

  // sparse says whether a series has so few points that they are to be seen as such.
  #sparse(i) {
    let n = 0;
    for (const v of this.#data[i] ?? []) if (typeof v === "number" && ++n > 3) return false;
    return true;
  }
}

// bounds leaves a little room around the values, and shows zero where they are near it.
function bounds(_, low, high) {
  if (low === null || high === null || (low === 0 && high === 0)) return [0, 1];
  if (low >= 0 && low < high * 0.6) low = 0;
  const room = (high - low || Math.abs(high) || 1) * 0.08;
  return [low === 0 ? 0 : low - room, high + room];
}
