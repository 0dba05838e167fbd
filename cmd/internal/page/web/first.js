// What a daemon that nothing has come to shows: how to send it the first line.

import { byId, put } from "./dom.js";

// place returns where lines can be sent to from this browser's side: the first TCP listener for lines.
function place(status) {
  for (const l of status.listeners) {
    if (l.protocol !== "line") continue;
    for (const address of l.address) {
      const found = /^tcp:\/\/(.*):(\d+)$/.exec(address);
      if (!found) continue;
      const everywhere = ["", "0.0.0.0", "[::]", "127.0.0.1", "[::1]"].includes(found[1]);
      return { host: everywhere ? location.hostname.replace(/^\[|\]$/g, "") : found[1], port: found[2] };
    }
  }
  return null;
}

export const first = {
  start() {
    const copy = byId("first-copy");
    if (!navigator.clipboard) copy.hidden = true;
    copy.addEventListener("click", async () => {
      await navigator.clipboard.writeText(byId("first-command").textContent);
      put(copy, "Copied");
      setTimeout(() => put(copy, "Copy"), 1500);
    });
  },

  beat(state) {
    const empty = state.ledger.received === 0;
    byId("first").hidden = !empty;
    if (!empty) return;
    const to = place(state.status);
    put(byId("first-text"), to ? "Send a first line, from a shell that reaches this machine:" : "No listener takes lines over TCP; send to one of: " + addresses(state.status));
    byId("first-command").parentNode.hidden = !to;
    if (to) put(byId("first-command"), `echo "test.load 3.5" | nc -q0 ${to.host} ${to.port}`);
  },
};

const addresses = (status) => status.listeners.flatMap((l) => l.address).join(", ") || "(there is none)";
