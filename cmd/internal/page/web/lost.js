// What did not arrive, was not taken or was thrown away, by reason.

import { attribute, byId, el, keyed, put } from "./dom.js";
import { count, perSecond, plain, words } from "./format.js";

// gather lists every reason that has happened: what it is called, how often, and how to read its rate.
function gather(state) {
  const found = [];
  const add = (label, total, meter, get, grave) => {
    if (total > 0) found.push({ label, total, rate: meter.rate(get), grave });
  };
  const l = state.ledger;
  for (const [why, n] of Object.entries(l.invalid)) add("invalid: " + words(why), n, state.meter, (x) => x.invalid[why], false);
  for (const [why, n] of Object.entries(l.dropped)) add("dropped: " + words(why), n, state.meter, (x) => x.dropped[why], why !== "rule");
  add("unrouted", l.unrouted, state.meter, (x) => x.unrouted, false);
  const losses = {};
  for (const e of l.endpoints) for (const [why, n] of Object.entries(e.dropped)) losses[why] = (losses[why] ?? 0) + n;
  for (const [why, n] of Object.entries(losses)) {
    add("lost on the way: " + words(why), n, state.meter, (x) => x.endpoints.reduce((sum, e) => sum + (e.dropped[why] ?? 0), 0), true);
  }
  state.status.listeners.forEach((listener, i) => {
    const at = (get) => (s) => s.listeners[i] && get(s.listeners[i]);
    const each = (label, get, grave) => add(`${plain(listener.name)}: ${label}`, get(listener), state.statusMeter, at(get), grave);
    each("datagrams dropped by the kernel", (x) => x.kernel_dropped, true);
    each("connections over the limit", (x) => x.refused.connections, true);
    each("no descriptor left", (x) => x.refused.descriptors, true);
    each("peers not allowed", (x) => x.refused.allow + x.refused.proxy_from, false);
    each("broken streams", (x) => x.broken.proxy + x.broken.tls + x.broken.compress, false);
  });
  return found.sort((a, b) => b.total - a.total);
}

export const meterRow = () => el("li", { class: "meter" }, el("span", { class: "label" }), el("span", { class: "rate" }), el("span", { class: "total" }), el("progress", { max: 1, value: 0, "aria-hidden": "true" }));

// fillMeter writes a row of meterRow: how much of all of it is this.
export function fillMeter(li, { label, rate, total, share, grave, title }) {
  put(li.children[0], label);
  attribute(li.children[0], "title", title ?? label);
  put(li.children[1], rate);
  put(li.children[2], total);
  if (Math.abs(li.children[3].value - share) > 0.002) li.children[3].value = share;
  attribute(li, "class", grave ? "meter bad" : "meter");
}

export const lost = {
  show(state) {
    const found = gather(state);
    const most = Math.max(1, ...found.map((f) => f.total));
    keyed(byId("reasons"), found, (f) => f.label, meterRow, (li, f) =>
      fillMeter(li, { label: f.label, rate: perSecond(f.rate), total: count(f.total), share: f.total / most, grave: f.grave }));
    byId("lost-empty").hidden = found.length > 0;
    put(byId("lost-sum"), found.length ? "a second, and since the start" : "");
  },
};
