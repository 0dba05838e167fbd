// Making and changing elements. Names of metrics are whatever somebody sent, so text only ever becomes text: nothing here
// or elsewhere on the page parses markup.

const svgSpace = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value === true) node.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(key, value);
  }
  node.append(...children.filter((c) => c !== null && c !== undefined && c !== false));
  return node;
}

// el makes an element; children are elements, or strings, which become text.
export const el = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);

export const svg = (tag, attributes, ...children) => fill(document.createElementNS(svgSpace, tag), attributes, children);

export const byId = (id) => document.getElementById(id);

// put sets an element's text, if it is another one: so nothing is laid out anew for figures that stand still.
export function put(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function attribute(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

// keyed makes the children of parent stand for items, in their order. A child is made once for each key, and kept while
// its key is there, so that focus and selection stay where they are.
export function keyed(parent, items, key, make, update) {
  const old = (parent.keyedChildren ??= new Map());
  const now = new Map();
  let at = parent.firstChild;
  for (const item of items) {
    const k = key(item);
    if (now.has(k)) continue;
    const node = old.get(k) ?? make(item);
    update?.(node, item);
    now.set(k, node);
    if (node === at) at = at.nextSibling;
    else parent.insertBefore(node, at);
  }
  for (const [k, node] of old) if (now.get(k) !== node) node.remove();
  parent.keyedChildren = now;
}

// cells makes a table's row of named cells, which fillCells writes. The label shows on narrow screens, where there is no
// head.
export function row(columns, attributes) {
  const tr = el("tr", attributes);
  for (const c of columns) tr.append(el(c.head ? "th" : "td", { class: c.class, "data-label": c.label, scope: c.head ? "row" : null }));
  return tr;
}

export function fillCells(tr, texts) {
  texts.forEach((text, i) => put(tr.children[i], text));
}

// later returns f, run once things have been quiet for a while.
export function later(milliseconds, f) {
  let timer = 0;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => f(...args), milliseconds);
  };
}
