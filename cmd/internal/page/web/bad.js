// Lines that were no samples, lately: who sent them, what was wrong, and what they look like.

import { Optional } from "./api.js";
import { attribute, byId, el, fillCells, keyed, put, row } from "./dom.js";
import { ago, count, plain, words } from "./format.js";

const every = 2000; // milliseconds between two looks
const most = 100; // rows that are shown

const columns = [
  { label: "reason", class: "two" },
  { label: "sender", class: "name two" },
  { label: "listener", class: "name dim two" },
  { label: "lines", class: "n" },
  { label: "last", class: "n" },
  { label: "what came", class: "wide name" },
];

const call = new Optional("/api/bad", { limit: most });
let next = 0;

const senders = (n) => (n === 1 ? "one sender" : count(n) + " senders");

const key = (b) => [b.peer, b.listener, b.reason].join("\n");

function update(tr, b) {
  const text = b.samples.map((s) => plain(s.text) + (s.cut ? "…" : ""));
  fillCells(tr, [words(b.reason), plain(b.peer) || "unix socket", plain(b.listener), count(b.lines), ago(b.last), text[0] ?? ""]);
  attribute(tr.lastChild, "title", text.join("\n"));
}

export const bad = {
  start() {
    byId("bad-table").tHead.append(el("tr", {}, ...columns.map((c) => el("th", { scope: "col", class: c.class === "n" ? "n" : null }, c.label))));
  },

  // The section is hidden, and so out of sight, until the daemon has once answered the call.
  async beat() {
    if (performance.now() < next || !call.there) return;
    next = performance.now() + every;
    let answer = null;
    try {
      answer = await call.ask();
    } catch {
      return;
    }
    byId("bad").hidden = document.querySelector('nav a[href="#bad"]').hidden = answer === null;
    if (!answer) return;
    const rows = answer.bad.toSorted((a, b) => (a.last < b.last ? 1 : -1));
    keyed(byId("bad-table").tBodies[0], rows, key, () => row(columns), update);
    byId("bad-empty").hidden = rows.length > 0;
    byId("bad-table").tHead.hidden = rows.length === 0;
    put(byId("bad-sum"), rows.length ? "from " + senders(new Set(rows.map((b) => b.peer)).size) : "");
  },
};
