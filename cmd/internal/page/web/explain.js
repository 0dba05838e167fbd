// The box that says what becomes of a name, and why.

import { ask } from "./api.js";
import { byId, el, later } from "./dom.js";
import { plain } from "./format.js";
import { pick } from "./graphs.js";

const ends = {
  sent: ["good", "It is sent"],
  aggregated: ["good", "It is folded into aggregates, and not sent itself"],
  dropped: ["bad", "It is dropped"],
  unrouted: ["warn", "No rule takes it: it is unrouted"],
};

// sentence says what a rule does with the name.
function sentence(s) {
  switch (s.action) {
    case "drop":
      return ["drops it"];
    case "rewrite":
      return s.name ? ["calls it ", el("code", {}, plain(s.name)), " from here on"] : ["makes no name of it"];
    case "aggregate":
      return ["folds it into", s.to?.length ? "" : " (which go on down the table, or stay in memory)"];
    default:
      return ["sends it to"];
  }
}

function step(s) {
  const where = (s.file ? plain(s.file.split("/").at(-1)) + ":" : "line ") + s.line;
  const tail = el("div", { class: "tail" });
  for (const name of s.outputs ?? []) {
    tail.append(el("button", { type: "button", class: "chip", title: "show it on the chart", onclick: () => pick(name, true) }, plain(name)));
  }
  for (const to of s.to ?? []) {
    for (const e of to.endpoints ?? []) tail.append(el("span", { class: "target" }, `${plain(to.cluster)} ${plain(e)}`));
  }
  return el("li", { class: s.action }, el("p", { class: "what" }, el("b", {}, `rule ${s.rule}`), " ", el("code", {}, plain(s.match)), " ", ...sentence(s),
    s.stop && s.action !== "drop" ? el("span", { class: "dim" }, " · its walk ends here") : null, el("span", { class: "dim", title: plain(s.file ?? "") }, ` (${where})`)), tail.firstChild ? tail : null);
}

let asked = 0;

async function answer() {
  const name = byId("explain-name").value.trim();
  const place = byId("explain-answer");
  const turn = ++asked;
  if (!name) return place.replaceChildren();
  try {
    const x = await ask("/api/explain", { name });
    if (turn !== asked) return;
    const [kind, text] = ends[x.end] ?? ["", x.end];
    place.replaceChildren(
      el("p", { class: "end" }, el("span", { class: "dot " + kind }), el("span", {}, text, x.name === name ? "." : el("span", { class: "dim" }, " as ", el("code", {}, plain(x.name))))),
      x.steps.length ? el("ol", { class: "steps" }, ...x.steps.map(step)) : el("p", { class: "note" }, "It meets no rule."),
    );
  } catch (error) {
    if (turn === asked) place.replaceChildren(el("p", { class: "wrong" }, plain(error.message)));
  }
}

export const explain = {
  start() {
    byId("explain-form").addEventListener("submit", (event) => {
      event.preventDefault();
      answer();
    });
    byId("explain-name").addEventListener("input", later(350, answer));
  },
};
