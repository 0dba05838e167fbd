// Who sends most, which prefixes are the busiest, and where series grow.

import { Optional } from "./api.js";
import { byId, el, keyed, put } from "./dom.js";
import { count, perSecond, plain, short } from "./format.js";
import { fillMeter, meterRow } from "./lost.js";

const every = 2000; // milliseconds between two looks
const most = 12; // rows of a list

// Each list: what is asked, and what a row of the answer says. size is what its bar shows.
const lists = [
  {
    title: "Prefixes, by lines a second",
    call: new Optional("/api/prefixes", { sort: "lines", limit: most }),
    rows: (a) => a.prefixes.filter((p) => p.lines_per_second > 0),
    row: (p) => ({ label: plain(p.prefix), key: p.prefix, size: p.lines_per_second, rate: perSecond(p.lines_per_second), total: short(p.series) + " names" }),
    empty: "Nothing comes at the moment.",
  },
  {
    title: "Prefixes, by new names",
    call: new Optional("/api/prefixes", { sort: "growth", limit: most }),
    rows: (a) => a.prefixes.filter((p) => p.growth_per_minute > 0),
    row: (p) => ({ label: plain(p.prefix), key: p.prefix, size: p.growth_per_minute, rate: "+" + short(p.growth_per_minute) + "/min", total: short(p.series) + " names" }),
    empty: "No name is new.",
  },
  {
    title: "Peers, by lines a second",
    call: new Optional("/api/peers", { sort: "rate", limit: most }),
    rows: (a) => a.peers,
    row: (p) => ({
      label: plain(p.peer) || "unix socket", key: p.peer + "\n" + p.listener, size: p.lines_per_second, rate: perSecond(p.lines_per_second),
      total: short(p.lines) + (p.bad ? ` · ${short(p.bad)} bad` : ""), grave: p.bad > p.lines / 100,
      title: `${plain(p.peer) || "unix socket"} to ${plain(p.listener)}: ${count(p.lines)} lines, ${count(p.bad)} bad` + (p.skew_seconds ? `, its clock ${p.skew_seconds} s ahead` : ""),
    }),
    empty: "Nobody has sent anything yet.",
  },
];

let next = 0;

function make(list) {
  list.place = el("ul");
  list.none = el("p", { class: "note" }, list.empty);
  list.block = el("div", { hidden: true }, el("h3", {}, list.title), list.place, list.none);
  byId("busy-lists").append(list.block);
}

async function fill(list) {
  let answer = null;
  try {
    answer = await list.call.ask();
  } catch {
    return;
  }
  list.block.hidden = answer === null;
  if (!answer) return;
  const rows = list.rows(answer).slice(0, most).map(list.row);
  const biggest = Math.max(1e-9, ...rows.map((r) => r.size));
  keyed(list.place, rows, (r) => r.key, meterRow, (li, r) => fillMeter(li, { ...r, share: r.size / biggest }));
  list.none.hidden = rows.length > 0;
  list.place.hidden = rows.length === 0;
  put(list.none, list.empty);
}

export const busy = {
  start() {
    lists.forEach(make);
  },

  // The section is hidden until the daemon has once answered; then it asks only while it is in sight.
  async beat() {
    if (!byId("busy").hidden || performance.now() < next) return;
    await this.show();
    const there = lists.some((list) => !list.block.hidden);
    byId("busy").hidden = document.querySelector('nav a[href="#busy"]').hidden = !there;
  },

  async show() {
    if (performance.now() < next) return;
    next = performance.now() + every;
    await Promise.all(lists.map(fill));
  },
};
