// Rates, from counts that are read again and again.

const most = 4; // readings that a rate is taken over, so that it does not flicker

// A Meter keeps the latest readings of counts.
export class Meter {
  #readings = [];

  // push takes a reading. Counts that fell mean that the daemon was started anew.
  push(counts, total) {
    const now = { time: performance.now(), counts, total };
    const last = this.#readings.at(-1);
    if (last && (total < last.total || now.time - last.time > 30_000)) this.#readings = [];
    this.#readings.push(now);
    if (this.#readings.length > most) this.#readings.shift();
  }

  get latest() {
    return this.#readings.at(-1)?.counts;
  }

  // rate returns how much what get reads of the counts grows in a second, or NaN if that is not known yet.
  rate(get) {
    return this.#between(this.#readings[0], get);
  }

  // step returns the same between the last two readings.
  step(get) {
    return this.#between(this.#readings.at(-2), get);
  }

  #between(from, get) {
    const to = this.#readings.at(-1);
    if (!from || from === to) return NaN;
    const [before, after] = [get(from.counts), get(to.counts)];
    if (before === undefined || after === undefined) return NaN;
    return Math.max(0, after - before) / ((to.time - from.time) / 1000);
  }
}

// sum adds the numbers of an object: the reasons of a ledger.
export const sum = (object) => Object.values(object ?? {}).reduce((a, b) => a + b, 0);
