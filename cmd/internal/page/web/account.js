// The ledger in figures, and its laws.

import { attribute, byId, el, keyed, put } from "./dom.js";
import { count, perSecond, words } from "./format.js";
import { sum } from "./meter.js";

// entries lists the account's rows as `plumbago ledger` has them; parts of a figure stand below it.
function* entries(l) {
  yield ["received", (x) => x.received];
  for (const why of happened(l.invalid)) yield ["invalid: " + words(why), (x) => x.invalid[why], true];
  yield ["accepted", (x) => x.accepted];
  yield ["emitted by aggregates", (x) => x.emitted];
  if (l.self > 0) yield ["own figures", (x) => x.self];
  yield ["sent", (x) => x.sent];
  yield ["aggregated", (x) => x.aggregated];
  yield ["both sent and aggregated", (x) => x.both, true];
  for (const why of happened(l.dropped)) yield ["dropped: " + words(why), (x) => x.dropped[why]];
  yield ["unrouted", (x) => x.unrouted];
  const all = (get) => (x) => x.endpoints.reduce((n, e) => n + get(e), 0);
  yield ["enqueued, at all endpoints", all((e) => e.enqueued)];
  yield ["delivered", all((e) => e.delivered), true, true]; // it grows in jumps: a rate of it would mislead
  yield ["unproven", all((e) => e.unproven), true, true];
  yield ["queued", all((e) => e.queued), true, true];
  yield ["spooled", all((e) => e.spooled), true, true];
  const reasons = new Set(l.endpoints.flatMap((e) => happened(e.dropped)));
  for (const why of reasons) yield ["lost: " + words(why), all((e) => e.dropped[why] ?? 0), true];
}

const happened = (reasons) => Object.keys(reasons).filter((why) => reasons[why] > 0);

// laws returns each law with its figures: what stands on the left, what on the right, and whether they are equal.
function laws(l) {
  const [invalid, dropped] = [sum(l.invalid), sum(l.dropped)];
  const came = l.accepted + l.emitted + l.self + l.both;
  const left = l.sent + l.aggregated + dropped + l.unrouted;
  const own = l.self > 0 ? ` + ${count(l.self)} own` : "";
  const wrong = l.endpoints.filter((e) => e.enqueued !== e.delivered + e.unproven + sum(e.dropped) + e.queued + e.spooled);
  return [
    [l.received === l.accepted + invalid, `${count(l.received)} received`, `= ${count(l.accepted)} accepted + ${count(invalid)} invalid`],
    [came === left, `${count(l.accepted)} accepted + ${count(l.emitted)} emitted${own} + ${count(l.both)} both`,
      `= ${count(l.sent)} sent + ${count(l.aggregated)} aggregated + ${count(dropped)} dropped + ${count(l.unrouted)} unrouted`],
    [wrong.length === 0, wrong.length === 0 ? `all ${l.endpoints.length} endpoints` : `${wrong.length} endpoints do not balance`,
      "enqueued = delivered + unproven + queued + spooled + lost"],
  ];
}

export function showAccount(state) {
  const l = state.ledger;
  keyed(byId("laws"), laws(l).map((law, i) => ({ law, i })), (x) => x.i,
    () => el("li", {}, el("span"), el("span", {}, el("b"), " ", el("span"))),
    (li, { law: [holds, head, text] }) => {
      attribute(li.firstChild, "class", holds ? "mark-ok" : "mark-no");
      put(li.firstChild, holds ? "✓" : "✗");
      put(li.lastChild.firstChild, head);
      put(li.lastChild.lastChild, text);
    });
  if (!byId("account-details").open) return;
  keyed(byId("account").tBodies[0], [...entries(l)], (e) => e[0],
    ([label, , below]) => el("tr", { class: below ? "sub" : null }, el("td", {}, label), el("td", { class: "n" }), el("td", { class: "n" })),
    (tr, [, get, , level]) => {
      put(tr.children[1], level ? "" : perSecond(state.meter.rate(get)));
      put(tr.children[2], count(get(l)));
    });
}
