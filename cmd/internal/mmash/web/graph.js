// Polls the values of the labels that are plotted and draws each with its rolling average.
"use strict";

const controls = document.getElementById("controls");

// setting returns a number of the form, within its bounds.
function setting(name) {
  const input = controls.elements[name];
  const n = Number(input.value) || Number(input.defaultValue);
  return Math.min(Math.max(n, Number(input.min)), Number(input.max));
}

for (const section of document.querySelectorAll("section[data-label]")) {
  const canvas = section.querySelector("canvas");
  const output = section.querySelector("output");
  const values = [];
  let plotting = false, updating = true, running = false;

  async function run() {
    if (running) return;
    for (running = true; plotting; ) {
      if (updating && !document.hidden) await sample();
      await new Promise((done) => setTimeout(done, setting("pause")));
    }
    running = false;
  }

  async function sample() {
    const label = section.dataset.label;
    try {
      const response = await fetch("/stats/" + encodeURIComponent(label) + "?exact=1&aggr=" + controls.elements.aggr.value);
      const answer = await response.json();
      if (!response.ok) throw new Error(answer.error);
      const v = answer[label];
      if (typeof v !== "number") return;
      values.push(v);
      output.value = String(v);
      draw();
    } catch (error) {
      output.value = error.message;
    }
  }

  function draw() {
    values.splice(0, Math.max(0, values.length - setting("samples")));
    const most = Math.min(setting("rolling"), setting("samples"));
    const rolling = values.map((_, i) => {
      const last = values.slice(Math.max(0, i + 1 - most), i + 1);
      return last.reduce((a, b) => a + b, 0) / last.length;
    });
    const low = Math.min(...values), high = Math.max(...values), span = high - low || 1;
    const ink = canvas.getContext("2d");
    ink.clearRect(0, 0, canvas.width, canvas.height);
    for (const [series, color] of [[values, "#3b82f6"], [rolling, "#f59e0b"]]) {
      ink.beginPath();
      ink.strokeStyle = color;
      ink.lineWidth = 2;
      series.forEach((v, i) => {
        const x = (i / Math.max(1, setting("samples") - 1)) * canvas.width;
        const y = canvas.height - 8 - ((v - low) / span) * (canvas.height - 16);
        ink.lineTo(x, y);
      });
      ink.stroke();
    }
  }

  section.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.do === "plot") {
      plotting = !plotting;
      canvas.hidden = !plotting;
      button.setAttribute("aria-pressed", plotting);
      run();
    } else {
      updating = !updating;
      button.setAttribute("aria-pressed", updating);
    }
  });
}
