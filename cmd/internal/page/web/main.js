// The page's beat: it asks the daemon for its ledger and status, and lets the parts that are in sight show them. While
// the page is hidden nothing is asked.

import { ask } from "./api.js";
import { byId, put } from "./dom.js";
import { at, plain, span } from "./format.js";
import { Meter } from "./meter.js";
import { now } from "./now.js";
import { first } from "./first.js";
import { flow } from "./flow.js";
import { endpoints } from "./endpoints.js";
import { explain } from "./explain.js";
import { graphs } from "./graphs.js";
import { lost } from "./lost.js";
import { rules } from "./rules.js";
import { busy } from "./busy.js";
import { bad } from "./bad.js";

const beat = 1000; // milliseconds between two looks at the ledger; status is asked at every second one

// What the parts show.
const state = { ledger: null, status: null, meter: new Meter(), statusMeter: new Meter(), heard: 0, error: null };

// Each part's place and what it does: show is called after each answer while the place is in sight, beat also otherwise.
const parts = { now, first, flow, endpoints, explain, graphs, lost, rules, busy, bad };
const inSight = new Set();

async function look(withStatus) {
  try {
    const [ledger, status] = await Promise.all([ask("/api/ledger"), withStatus ? ask("/api/status") : null]);
    state.ledger = ledger;
    state.meter.push(ledger, ledger.received);
    if (status) {
      state.status = status;
      state.statusMeter.push(status, status.uptime_seconds);
    }
    state.heard = Date.now();
    state.error = null;
  } catch (error) {
    state.error = error;
  }
}

function show(fresh) {
  pulse();
  if (!fresh || !state.status) return;
  for (const [name, part] of Object.entries(parts)) {
    part.beat?.(state);
    if (inSight.has(name)) part.show?.(state);
  }
}

// pulse shows whether the daemon answers and its ledger balances.
function pulse() {
  const lost = state.error !== null;
  document.documentElement.classList.toggle("stale", lost && state.heard > 0);
  let [kind, text] = ["", "asking…"];
  if (lost) [kind, text] = ["bad", state.heard ? "no answer since " + at(state.heard) : "no answer"];
  else if (state.ledger) [kind, text] = state.ledger.balanced ? ["good", "the ledger balances"] : ["bad", "the ledger does not balance"];
  byId("pulse-dot").className = "dot " + kind;
  put(byId("pulse-text"), text);
  if (!state.status) return;
  const s = state.status;
  put(byId("about"), `${s.version} · up ${span(s.uptime_seconds)} · ${plain(s.config)}`);
  byId("about").title = `configuration ${s.config}, hash ${s.config_hash}`;
  put(byId("footing"), `configuration ${s.config_hash.slice(0, 12)}`);
}

const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

const visible = () =>
  new Promise((done) => {
    if (!document.hidden) return done();
    document.addEventListener("visibilitychange", function seen() {
      if (document.hidden) return;
      document.removeEventListener("visibilitychange", seen);
      done();
    });
  });

async function run() {
  for (let turn = 0; ; turn++) {
    await visible();
    const begin = performance.now();
    await look(turn % 2 === 0 || !state.status);
    show(state.error === null);
    await pause(Math.max(200, beat * (state.error ? 2 : 1) - (performance.now() - begin)));
  }
}

// watch notes which parts are in sight, and marks the one that is read in the navigation.
function watch() {
  const near = new IntersectionObserver(
    (seen) => {
      for (const { target, isIntersecting } of seen) {
        if (!isIntersecting) inSight.delete(target.id);
        else if (!inSight.has(target.id)) {
          inSight.add(target.id);
          if (state.status) parts[target.id].show?.(state);
        }
      }
    },
    { rootMargin: "200px 0px" },
  );
  const links = new Map([...document.querySelectorAll("nav a")].map((a) => [a.hash.slice(1), a]));
  const reading = new IntersectionObserver(
    (seen) => {
      for (const { target, isIntersecting } of seen) {
        const link = links.get(target.id === "first" ? "now" : target.id);
        if (isIntersecting && link) {
          links.forEach((other) => other.removeAttribute("aria-current"));
          link.setAttribute("aria-current", "true");
        }
      }
    },
    { rootMargin: "-100px 0px -75% 0px" },
  );
  for (const name of Object.keys(parts)) {
    near.observe(byId(name));
    reading.observe(byId(name));
  }
}

document.title = `plumbago on ${location.host}`;
for (const part of Object.values(parts)) part.start?.(state);
watch();
run();
