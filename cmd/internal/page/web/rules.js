// The table: each rule, what it met, and what its aggregate holds.

import { attribute, byId, el, fillCells, keyed, later, put, row } from "./dom.js";
import { ago, count, none, perSecond, plain, short } from "./format.js";

const columns = [
  { label: "rule", class: "n lead" },
  { label: "match", class: "wide match", head: true },
  { label: "does", class: "" },
  { label: "hits a second", class: "n" },
  { label: "hits", class: "n" },
  { label: "last", class: "n" },
  { label: "series", class: "n" },
  { label: "emitted", class: "n" },
  { label: "late", class: "n" },
];

const most = 200; // rows that are shown

let filter = "";
let last = null;

function update(tr, r) {
  const a = r.aggregate;
  fillCells(tr, [
    String(r.rule), plain(r.match), r.action ?? (a ? "aggregate" : none),
    perSecond(last.statusMeter.rate((s) => s.rules[r.rule - 1]?.hits)), count(r.hits), r.last_hit ? ago(r.last_hit) : "never",
    a ? count(a.series) : none, a ? short(a.emitted) : none, a ? short(a.late) : none,
  ]);
  attribute(tr.children[1], "title", `${plain(r.match)} (${r.file ? plain(r.file) + ":" : "line "}${r.line})`);
  for (const i of [6, 7, 8]) attribute(tr.children[i], "class", "n" + (a ? "" : " none") + (i === 8 && a?.late > 0 ? " is-warn" : ""));
  attribute(tr, "class", r.hits === 0 ? "dim" : "");
}

function show(state) {
  last = state;
  const all = state.status.rules;
  const fit = all.filter((r) => `${r.rule} ${r.match} ${r.action ?? ""}`.toLowerCase().includes(filter));
  keyed(byId("rules-table").tBodies[0], fit.slice(0, most), (r) => r.rule, () => row(columns), update);
  byId("rules-empty").hidden = fit.length > 0;
  put(byId("rules-empty"), all.length ? "No rule matches." : "The table has no rules: everything that comes is unrouted.");
  const idle = all.filter((r) => r.hits === 0).length;
  const more = fit.length > most ? `; the first ${most} are shown` : "";
  put(byId("rules-sum"), `${count(all.length)} in the table` + (idle ? `, ${count(idle)} never met` : "") + more);
}

export const rules = {
  start() {
    const head = el("tr");
    for (const c of columns) head.append(el("th", { scope: "col", class: c.class.startsWith("n") ? "n" : null }, c.label));
    byId("rules-table").tHead.append(head);
    byId("rules-filter").addEventListener("input", later(100, () => {
      filter = byId("rules-filter").value.trim().toLowerCase();
      if (last) show(last);
    }));
  },
  show,
};
