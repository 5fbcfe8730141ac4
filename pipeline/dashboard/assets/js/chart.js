// Two small charts in SVG: the hours of a day against their capacity, and how long commands took to become visible.
// Every chart says its figures in words too, for those who do not see it.

const NS = "http://www.w3.org/2000/svg";

function s(tag, attrs, ...children) {
  const el = document.createElementNS(NS, tag);
  for (const [k, v] of Object.entries(attrs)) el.setAttribute(k, String(v));
  el.append(...children);
  return el;
}

const W = 420, H = 165, LEFT = 34, RIGHT = 8, TOP = 10, BOTTOM = 22;

function frame(box, label, max, unit) {
  const root = s("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": label });
  const y = (v) => H - BOTTOM - (v / max) * (H - TOP - BOTTOM);
  for (const v of [0, max / 2, max]) {
    root.append(s("line", { class: "grid", x1: LEFT, x2: W - RIGHT, y1: y(v), y2: y(v) }),
      s("text", { x: LEFT - 5, y: y(v) + 4, "text-anchor": "end" }, `${Number.isInteger(v) ? v : v.toFixed(1)}${unit}`));
  }
  box.replaceChildren(root);
  return { root, y };
}

/** A round figure at or above `v`. */
function ceiling(v) {
  const step = 10 ** Math.floor(Math.log10(Math.max(v, 1)));
  return [1, 2, 4, 5, 10].map((k) => k * step).find((k) => k >= v) ?? v;
}

/** `hours`: `{slot_start, capacity, confirmed, held}` of one day; `now` an RFC 3339 text or null. */
export function dayChart(box, hours, now, words) {
  const max = ceiling(Math.max(4, ...hours.map((h) => Math.max(h.capacity, h.confirmed + h.held))));
  const busiest = hours.reduce((a, h) => (h.confirmed + h.held > a.n ? { n: h.confirmed + h.held, at: h.slot_start } : a), { n: 0, at: "" });
  const label = `${words.title}: ${words.booked} ${hours.reduce((n, h) => n + h.confirmed + h.held, 0)}, ${words.capacity} ${hours.reduce((n, h) => n + h.capacity, 0)}`
    + (busiest.n ? `, ${words.busiest} ${busiest.at.slice(11, 16)} (${busiest.n})` : "");
  const { root, y } = frame(box, label, max, "");
  const step = (W - LEFT - RIGHT) / 24;
  const x = (h) => LEFT + h * step;
  const of = (h) => Number(h.slot_start.slice(11, 13));
  for (const h of hours) {
    const taken = h.confirmed, over = taken > h.capacity;
    root.append(s("rect", { class: over ? "over" : "bar", x: x(of(h)) + 2, width: step - 4, y: y(taken), height: y(0) - y(taken) },
      s("title", {}, `${h.slot_start.slice(11, 16)}: ${taken} / ${h.capacity}`)));
    if (h.held) root.append(s("rect", { class: "held", x: x(of(h)) + 2, width: step - 4, y: y(taken + h.held), height: y(taken) - y(taken + h.held) }));
  }
  let path = "";
  for (const h of hours) path += `M${x(of(h))} ${y(h.capacity)}H${x(of(h)) + step}`;
  root.append(s("path", { class: "cap", d: path }));
  for (let h = 0; h <= 24; h += 6) root.append(s("text", { x: x(h), y: H - 6, "text-anchor": h === 24 ? "end" : "middle" }, `${String(h).padStart(2, "0")}:00`));
  if (now) { const at = x(Number(now.slice(11, 13)) + Number(now.slice(14, 16)) / 60); root.append(s("line", { class: "now", x1: at, x2: at, y1: TOP, y2: H - BOTTOM })); }
}

/** `latency`: `{n, p50, p90, p99, points: [[ms since 1970, ms]]}`. */
export function latencyChart(box, latency, words) {
  if (!latency?.n) { box.textContent = words.none; return; }
  const max = ceiling(Math.max(10, ...latency.points.map((p) => p[1])));
  const { root, y } = frame(box, `${words.title}: p50 ${latency.p50}, p90 ${latency.p90}, p99 ${latency.p99} ${words.ms}`, max, "");
  const times = latency.points.map((p) => p[0]);
  const [from, to] = [Math.min(...times), Math.max(...times)];
  const x = (t) => LEFT + 4 + (to > from ? (t - from) / (to - from) : 1) * (W - LEFT - RIGHT - 8);
  for (const [t, v] of latency.points) root.append(s("circle", { class: "dot", cx: x(t).toFixed(1), cy: y(v).toFixed(1), r: 2.2 }));
  const near = latency.p99 - latency.p50 < max / 10;
  for (const [key, v] of near ? [["p99", latency.p99]] : [["p50", latency.p50], ["p99", latency.p99]]) root.append(s("line", { class: "now", x1: LEFT, x2: W - RIGHT, y1: y(v), y2: y(v) }),
    s("text", { x: W - RIGHT, y: y(v) - 3, "text-anchor": "end" }, `${key} ${v} ${words.ms}`));
}
