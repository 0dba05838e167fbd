// The box for questions about the kept past.

import { ask } from "./api.js";
import { byId, el } from "./dom.js";
import { plain, value } from "./format.js";

const shown = 200; // rows of an answer

const examples = ['avg_over_time("servers.*.cpu", "5 minutes")', 'max_over_time("**", "1 hour", "series")', 'rate("switch1.if.*.rx", "1 hour")', 'count("**")'];

async function answer(event) {
  event.preventDefault();
  const place = byId("query-answer");
  const expr = byId("query-text").value.trim();
  if (!expr) return place.replaceChildren();
  try {
    const { results } = await ask("/api/query", { expr });
    place.replaceChildren(results?.length ? table(results) : el("p", { class: "note" }, "There are no points in that window."));
  } catch (error) {
    place.replaceChildren(el("p", { class: "wrong" }, plain(error.message)));
  }
}

function table(results) {
  const body = el("tbody");
  for (const r of results.slice(0, shown)) body.append(el("tr", {}, el("th", { scope: "row", class: "name" }, plain(r.name)), el("td", { class: "n" }, value(r.value))));
  const more = results.length > shown ? el("p", { class: "note" }, `${results.length - shown} more are not shown.`) : null;
  return el("div", { class: "answers", tabindex: 0 }, el("table", {}, body), more);
}

export const questions = {
  start() {
    byId("query-examples").append(...examples.map((e) => el("option", { value: e })));
    byId("query-form").addEventListener("submit", answer);
  },
};
