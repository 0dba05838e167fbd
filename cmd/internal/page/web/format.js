// How figures, times and names are written.

const grouped = new Intl.NumberFormat("en");
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

// none stands for what is not known.
export const none = "–";

const known = (n) => typeof n === "number" && Number.isFinite(n);

// count writes a whole number in full.
export const count = (n) => (known(n) ? grouped.format(Math.round(n)) : none);

// short writes a number with three digits: 1.23k.
export function short(n) {
  if (!known(n)) return none;
  const size = Math.abs(n);
  if (size >= 999.5) {
    for (const [unit, by] of [["k", 1e3], ["M", 1e6], ["G", 1e9], ["T", 1e12]]) {
      if (size < 999.5 * by || unit === "T") return digits(n / by) + unit;
    }
  }
  if (size === 0) return "0";
  return size < 0.01 ? "<0.01" : digits(n);
}

// digits writes three of them, without zeros behind the point.
function digits(n) {
  const size = Math.abs(n);
  const text = n.toFixed(size < 9.995 ? 2 : size < 99.95 ? 1 : 0);
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

export const perSecond = (n) => (known(n) ? short(n) + "/s" : none);

// bytes writes a size in units of 1024.
export function bytes(n) {
  if (!known(n)) return none;
  if (n < 1024) return n + " B";
  let unit = -1;
  do {
    n /= 1024;
    unit++;
  } while (n >= 1023.5 && unit < 3);
  return digits(n) + " " + ["KiB", "MiB", "GiB", "TiB"][unit];
}

// span writes a length of time given in seconds, in at most two units.
export function span(seconds) {
  if (!known(seconds)) return none;
  if (seconds < 1) return seconds <= 0 ? "0 s" : Math.round(seconds * 1000) + " ms";
  const s = Math.floor(seconds);
  if (s < 60) return s + " s";
  if (s < 3600) return join(s, 60, "min", 1, "s");
  if (s < 86400) return join(s, 3600, "h", 60, "min");
  return join(s, 86400, "d", 3600, "h");
}

function join(s, big, bigUnit, small, smallUnit) {
  const rest = Math.floor((s % big) / small);
  return Math.floor(s / big) + " " + bigUnit + (rest ? " " + rest + " " + smallUnit : "");
}

// ago writes how long since a time that the daemon gave; its clock and ours may differ a little.
export function ago(time) {
  const seconds = (Date.now() - new Date(time).getTime()) / 1000;
  return seconds < 1 ? "now" : span(seconds) + " ago";
}

export const at = (milliseconds) => clock.format(milliseconds);
export const onDay = (milliseconds) => day.format(milliseconds);

// value writes a point's value: as much of it as matters to the eye.
export function value(v) {
  if (!known(v)) return none;
  const size = Math.abs(v);
  if (size !== 0 && (size < 1e-4 || size >= 1e15)) return v.toExponential(3);
  return new Intl.NumberFormat("en", { maximumSignificantDigits: size >= 1e6 ? 9 : 6 }).format(v);
}

const deceptive = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]/g;

// plain writes a name or line from outside so that it shows what it holds: what would be invisible, or turn the text
// around, is written as an escape.
export const plain = (text) =>
  String(text).replace(deceptive, (c) => {
    const code = c.charCodeAt(0);
    return code < 256 ? "\\x" + code.toString(16).padStart(2, "0") : "\\u" + code.toString(16).padStart(4, "0");
  });

// words writes a reason of the ledger for people: series_limit as "series limit".
export const words = (reason) => reason.replaceAll("_", " ");
