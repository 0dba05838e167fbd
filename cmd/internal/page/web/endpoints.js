// Each endpoint: whether it is there, what goes to it, what waits for it, and what was lost on the way.

import { attribute, byId, el, keyed, later, put, row } from "./dom.js";
import { ago, bytes, count, perSecond, plain, short, span } from "./format.js";
import { sum } from "./meter.js";

const columns = [
  { label: "state", class: "wide" },
  { label: "in", class: "n" },
  { label: "out", class: "n" },
  { label: "queued", class: "n two" },
  { label: "unproven", class: "n" },
  { label: "spooled", class: "n" },
  { label: "oldest", class: "n" },
  { label: "lost", class: "n" },
  { label: "about", class: "why wide" },
];

const most = 200; // rows that are shown

const key = (e) => e.cluster + "\n" + e.endpoint;
const rank = { down: 0, connecting: 1, closed: 2, up: 3 };

// join puts together what the ledger and the status say of each endpoint, those in trouble first.
function join(state) {
  const told = new Map();
  for (const c of state.status.clusters) for (const e of c.endpoints) told.set(key(e), e);
  return state.ledger.endpoints
    .map((counts) => ({ counts, key: key(counts), status: told.get(key(counts)) }))
    .sort((a, b) => order(a) - order(b));
}

const order = (e) => (e.counts.removed ? 4 : (rank[e.status?.state] ?? 2));

function about(e) {
  if (e.counts.removed) return "no longer configured";
  if (!e.status) return "";
  const since = e.status.state + " " + ago(e.status.since).replace(" ago", "");
  if (e.status.state === "up") return since + (e.status.reconnects ? `, ${count(e.status.reconnects)} reconnects` : "");
  return since + (e.status.error ? ": " + plain(e.status.error) : "");
}

// oldest is for how long what waits longest for an endpoint has waited, in memory or on disk.
export const oldest = (status) => Math.max(status?.oldest_ms ?? 0, status?.spool?.oldest_ms ?? 0) / 1000;

// handed is how many points of the ledger's were written to an endpoint, whether it has proven to have read them or not yet.
export const handed = (e) => e.delivered + e.unproven;

function trouble(e) {
  return e.status?.spool?.error ? "spool: " + plain(e.status.spool.error) : "";
}

function make(e) {
  const tr = row(columns);
  tr.children[0].replaceWith(
    el("th", { scope: "row", class: "wide name", title: plain(e.counts.endpoint) }, el("span", { class: "dot" }), " ",
      el("span", { class: "dim" }, plain(e.counts.cluster)), " ", plain(e.counts.endpoint), el("span", { class: "unseen" })),
  );
  return tr;
}

let filter = "";
let last = null;

function update(tr, e) {
  const [c, s, key] = [e.counts, e.status, e.key];
  const find = (l) => l.endpoints.find((x) => x.cluster + "\n" + x.endpoint === key);
  const rate = (get) => perSecond(last.meter.rate((l) => { const found = find(l); return found && get(found); }));
  const [dot, unseen] = [tr.firstChild.firstChild, tr.firstChild.lastChild];
  const stateName = c.removed ? "removed" : (s?.state ?? "unknown");
  attribute(dot, "class", "dot " + stateName);
  put(unseen, " " + stateName);
  const lost = sum(c.dropped);
  const texts = [
    rate((x) => x.enqueued), rate(handed),
    short(c.queued) + (c.queued && s?.queued_bytes ? " · " + bytes(s.queued_bytes) : ""), short(c.unproven), short(c.spooled),
    oldest(s) ? span(oldest(s)) : "–", short(lost), trouble(e) || about(e),
  ];
  texts.forEach((text, i) => put(tr.children[i + 1], text));
  attribute(tr.children[7], "class", "n" + (lost > 0 ? " is-bad" : ""));
  attribute(tr.children[8], "class", "why wide " + (stateName === "down" || trouble(e) ? "is-bad" : "dim"));
  attribute(tr.children[5], "title", s?.spool ? `${count(c.spooled)} points in ${count(s.spool.segments)} files of ${bytes(s.spool.bytes)}` : "no spool is configured");
  attribute(tr.children[8], "title", texts[7]);
}

function show(state) {
  last = state;
  const all = join(state);
  const fit = all.filter((e) => (e.key + " " + (e.status?.state ?? "")).toLowerCase().includes(filter));
  keyed(byId("endpoints-table").tBodies[0], fit.slice(0, most), (e) => e.key, make, update);
  byId("endpoints-empty").hidden = fit.length > 0;
  put(byId("endpoints-empty"), all.length ? "No endpoint matches." : "There are no clusters in the configuration.");
  const up = all.filter((e) => e.status?.state === "up").length;
  const more = fit.length > most ? `; the first ${most} are shown` : "";
  put(byId("endpoints-sum"), `${up} of ${all.length} up` + more);
}

export const endpoints = {
  start() {
    const head = el("tr");
    for (const c of columns) head.append(el("th", { scope: "col", class: c.class.startsWith("n") ? "n" : null }, c.label === "state" ? "endpoint" : c.label));
    byId("endpoints-table").tHead.append(head);
    byId("endpoints-filter").addEventListener("input", later(100, () => {
      filter = byId("endpoints-filter").value.trim().toLowerCase();
      if (last) show(last);
    }));
  },
  show,
};
