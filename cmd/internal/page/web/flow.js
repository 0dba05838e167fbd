// The ledger as a flow: listeners, what came, the table, the ends, the endpoints.

import { byId, keyed, attribute, put, svg } from "./dom.js";
import { perSecond, plain, short } from "./format.js";
import { sum } from "./meter.js";
import { showAccount } from "./account.js";

const slot = 24; // the least height of a node with its label beside it
const above = 19; // the height of a label above its node
const gap = 7; // between nodes
const thin = 1.5; // the least height of a node, and of a band
const bar = 9; // a node's width
const shown = { sources: 6, endpoints: 12 }; // nodes of their own; the rest share one

// Where the columns begin, as parts of the width, and where a node's label is.
const columns = [
  { at: 0.21, label: "left" },
  { at: 0.335, label: "above" },
  { at: 0.48, label: "above" },
  { at: 0.615, label: "above" },
  { at: 0.755, label: "right" },
];

// graph makes the nodes and bands from the figures that get reads.
function graph(state, figure) {
  const l = (get) => figure(state.meter, get) || 0;
  const nodes = new Map();
  const links = [];
  const add = (id, column, label, kind = "") => nodes.set(id, { id, column, label, kind, in: 0, out: 0 });
  const link = (from, to, value, kind = "", arrives = value) => {
    links.push({ from, to, value, arrives, kind });
    nodes.get(from).out += value;
    nodes.get(to).in += arrives;
  };
  sources(state, figure, l, add, link);
  const [accepted, invalid, emitted, own] = [l((x) => x.accepted), l((x) => sum(x.invalid)), l((x) => x.emitted), l((x) => x.self)];
  add("emitted", 1, "results", "made");
  add("table", 2, "the table");
  add("invalid", 2, "invalid", "bad");
  link("received", "table", accepted);
  link("received", "invalid", invalid, "bad");
  link("emitted", "table", emitted, "made");
  if (state.ledger.self > 0) {
    add("self", 1, "own figures", "calm");
    link("self", "table", own, "calm");
  }
  const ends = [
    ["sent", "sent", "", (x) => x.sent],
    ["aggregated", "aggregated", "made", (x) => x.aggregated],
    ["dropped", "dropped", "bad", (x) => sum(x.dropped)],
    ["unrouted", "unrouted", "warn", (x) => x.unrouted],
  ];
  for (const [id, label, kind, get] of ends) {
    add(id, 3, label, kind);
    link("table", id, l(get), kind);
  }
  endpoints(state, l, add, link);
  return { nodes: [...nodes.values()], links };
}

// sources adds the listeners. What came is one figure, which they share by what each of them says that it took.
function sources(state, figure, l, add, link) {
  const received = l((x) => x.received);
  add("received", 1, "received");
  const all = state.status.listeners.map((s, i) => ({
    name: s.name, share: figure(state.statusMeter, (x) => x.listeners[i] && x.listeners[i].received) || 0,
  }));
  const total = all.reduce((n, s) => n + s.share, 0) || 1;
  all.forEach((s, i) => {
    const id = i < shown.sources || all.length === shown.sources + 1 ? "listener" + i : "listeners";
    if (i <= shown.sources) add(id, 0, id === "listeners" ? `${all.length - shown.sources} more` : firstOf(plain(s.name)));
    link(id, "received", (received * s.share) / total);
  });
}

// firstOf writes a listener's addresses as the first and how many more there are.
function firstOf(name) {
  const [address, ...rest] = name.split(", ");
  return address + (rest.length ? ` +${rest.length}` : "");
}

// endpoints adds where points go, the busiest on their own. What is sent once may go to several of them, so more may
// arrive than left.
function endpoints(state, l, add, link) {
  const list = state.ledger.endpoints.map((e, i) => ({
    ...e, i, value: l((x) => x.endpoints[i]?.endpoint === e.endpoint && x.endpoints[i].enqueued),
  }));
  const total = list.reduce((n, e) => n + e.value, 0);
  const sent = l((x) => x.sent);
  const states = new Map(state.status.clusters.flatMap((c) => c.endpoints.map((e) => [c.name + "\n" + e.endpoint, e.state])));
  const single = busiest(list);
  for (const e of list) {
    const id = single.has(e.i) ? "endpoint" + e.i : "endpoints";
    if (single.has(e.i)) add(id, 4, `${plain(e.cluster)} ${plain(e.endpoint)}`, states.get(e.cluster + "\n" + e.endpoint) === "down" ? "bad" : "");
  }
  if (single.size < list.length) add("endpoints", 4, `${list.length - single.size} more`);
  const rest = { leaves: 0, arrives: 0 };
  for (const e of list) {
    const leaves = total > 0 ? (sent * e.value) / total : 0;
    if (single.has(e.i)) link("sent", "endpoint" + e.i, leaves, "", e.value);
    else [rest.leaves, rest.arrives] = [rest.leaves + leaves, rest.arrives + e.value];
  }
  if (single.size < list.length) link("sent", "endpoints", rest.leaves, "", rest.arrives);
}

// busiest says which endpoints have nodes of their own. It is decided again only now and then, so that members of a
// cluster that get nearly the same do not change places all the time.
function busiest(list) {
  if (list.length <= shown.endpoints) return new Set(list.map((e) => e.i));
  if (chosen.of !== list.length || performance.now() - chosen.at > 60_000) {
    const first = list.toSorted((a, b) => b.enqueued - a.enqueued).slice(0, shown.endpoints - 1);
    chosen = { of: list.length, at: performance.now(), single: new Set(first.map((e) => e.i)) };
  }
  return chosen.single;
}

// place gives every node its place, all at one scale, and says how high the whole is.
function place(nodes, width) {
  const lists = columns.map((_, i) => nodes.filter((n) => n.column === i));
  const height = Math.max(250, ...lists.map((list) => list.length * (slot + gap))) + 30;
  let scale = Infinity;
  for (const list of lists) {
    const all = list.reduce((n, x) => n + (x.value = Math.max(x.in, x.out)), 0);
    if (all > 0) scale = Math.min(scale, (height - list.length * (slot + gap)) / all);
  }
  if (!Number.isFinite(scale)) scale = 0;
  lists.forEach((list, i) => {
    const over = columns[i].label === "above" ? above : 0;
    const slots = list.map((n) => (over ? over + Math.max(thin, n.value * scale) : Math.max(slot, n.value * scale)) + gap);
    const spare = height - slots.reduce((a, b) => a + b, 0);
    const apart = Math.max(0, Math.min(20, spare / list.length)); // where there is little traffic the labels have room
    let y = (spare - apart * (list.length - 1)) / 2;
    list.forEach((n, k) => {
      n.height = Math.max(thin, n.value * scale);
      n.x = Math.round(columns[i].at * width);
      n.y = over ? y + over : y + (slots[k] - gap - n.height) / 2;
      y += slots[k] + apart;
    });
  });
  return { height, scale };
}

// bands returns the outline of each link. At a node, links lie one below the other.
function bands(nodes, links, scale) {
  const byName = new Map(nodes.map((n) => [n.id, n]));
  const used = new Map();
  const take = (id, way, value) => {
    const key = id + way;
    const from = used.get(key) ?? 0;
    used.set(key, from + value * scale);
    return from;
  };
  return links.map((link) => {
    const [a, b] = [byName.get(link.from), byName.get(link.to)];
    const [x0, x1] = [a.x + bar, b.x];
    const y0 = a.y + take(a.id, " out", link.value);
    const y1 = b.y + take(b.id, " in", link.arrives);
    const [h0, h1] = [Math.max(thin, link.value * scale), Math.max(thin, link.arrives * scale)];
    const m = (x0 + x1) / 2;
    const p = (n) => n.toFixed(1);
    return {
      key: link.from + ">" + link.to, kind: link.kind,
      path: `M${x0} ${p(y0)}C${m} ${p(y0)} ${m} ${p(y1)} ${x1} ${p(y1)}V${p(y1 + h1)}C${m} ${p(y1 + h1)} ${m} ${p(y0 + h0)} ${x0} ${p(y0 + h0)}Z`,
    };
  });
}

const tag = () => svg("g", {}, svg("rect", { width: bar, rx: 1.5 }), svg("text", {}, svg("tspan"), svg("tspan", { class: "figure" })));

// cut leaves what there is room for of a label at the edge, from both ends.
function cut(n, width) {
  const space = n.column === 0 ? columns[0].at * width : n.column === 4 ? (1 - columns[4].at) * width : Infinity;
  const letters = Math.max(8, Math.floor((space - 90) / 6.8));
  if (n.label.length <= letters) return n.label;
  const tail = Math.ceil(letters * 0.6);
  return n.label.slice(0, letters - tail - 1) + "…" + n.label.slice(-tail);
}

let chosen = { of: 0, at: 0, single: new Set() };
let mode = "rate";
let picture;
let last = null;

function draw(state) {
  const host = byId("flow-diagram");
  const width = host.clientWidth;
  if (width < 500) return; // a narrow screen has the account below, in figures
  const figure = mode === "rate" ? (meter, get) => meter.rate(get) : (meter, get) => get(meter.latest ?? {});
  const { nodes, links } = graph(state, mode === "rate" ? figure : safely(figure));
  const { height, scale } = place(nodes, width);
  const write = mode === "rate" ? perSecond : short;
  attribute(picture.root, "viewBox", `0 0 ${width} ${height}`);
  attribute(picture.root, "height", String(height));
  keyed(picture.bands, bands(nodes, links, scale), (b) => b.key, () => svg("path"), (node, b) => {
    attribute(node, "d", b.path);
    attribute(node, "class", "band " + b.kind);
  });
  keyed(picture.nodes, nodes, (n) => n.id, tag, (g, n) => {
    const [rect, text] = g.children;
    for (const [name, value] of Object.entries({ x: n.x, y: n.y.toFixed(1), height: n.height.toFixed(1), class: "node " + n.kind })) attribute(rect, name, String(value));
    const side = columns[n.column].label;
    attribute(text, "x", String({ left: n.x - 8, above: n.x, right: n.x + bar + 7 }[side]));
    attribute(text, "y", (side === "above" ? n.y - 5 : n.y + n.height / 2 + 4).toFixed(1));
    attribute(text, "text-anchor", side === "left" ? "end" : "start");
    put(text.children[0], cut(n, width));
    put(text.children[1], "  " + write(n.value));
  });
}

// safely lets a figure be read of a status that was not taken yet.
const safely = (figure) => (meter, get) => (meter.latest ? figure(meter, get) : 0);

export const flow = {
  start() {
    picture = { bands: svg("g"), nodes: svg("g") };
    picture.root = svg("svg", { role: "img", "aria-label": "The flow of samples from listeners through the table to endpoints; the account below has its figures" }, picture.bands, picture.nodes);
    byId("flow-diagram").append(picture.root);
    byId("account-details").open = matchMedia("(max-width: 980px)").matches;
    for (const input of document.getElementsByName("flow-mode")) {
      input.addEventListener("change", () => {
        mode = input.value;
        if (last) draw(last);
      });
    }
    new ResizeObserver(() => last && draw(last)).observe(byId("flow-diagram"));
  },

  show(state) {
    last = state;
    draw(state);
    showAccount(state);
  },
};
