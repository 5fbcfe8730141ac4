// A sketch of the way: the corridor graph around the group, the vehicle's last sights and the meeting point. Schematic.

const NS = "http://www.w3.org/2000/svg";
const W = 400, H = 200, EDGE = 26;

function s(tag, attrs, ...children) {
  const el = document.createElementNS(NS, tag);
  for (const [k, v] of Object.entries(attrs)) el.setAttribute(k, String(v));
  el.append(...children);
  return el;
}

/** Draws it. `task.trail` newest first. */
export function sketch(catalogue, group, task, words) {
  const trail = (task.trail ?? []).filter((p) => typeof p.lat === "number" && typeof p.lon === "number");
  const us = typeof group?.lat === "number" ? group : null;
  const points = [task.meet, ...(us ? [us] : []), ...trail.slice(0, 3)];
  const lats = points.map((p) => p.lat), lons = points.map((p) => p.lon);
  const squeeze = Math.cos((Math.max(...lats) * Math.PI) / 180);
  const [midLat, midLon] = [(Math.max(...lats) + Math.min(...lats)) / 2, (Math.max(...lons) + Math.min(...lons)) / 2];
  const k = Math.min((W - 2 * EDGE) / Math.max(0.5, (Math.max(...lons) - Math.min(...lons)) * squeeze), (H - 2 * EDGE) / Math.max(0.3, Math.max(...lats) - Math.min(...lats)));
  const at = (p) => [W / 2 + (p.lon - midLon) * squeeze * k, H / 2 - (p.lat - midLat) * k];
  const nodes = new Map(catalogue.nodes.map((n) => [n.id, n]));
  const root = s("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": words.title });
  let way = "";
  for (const e of catalogue.edges) {
    const a = nodes.get(e.from), b = nodes.get(e.to);
    if (!a || !b) continue;
    const [x1, y1] = at(a), [x2, y2] = at(b);
    if (Math.max(x1, x2) < 0 || Math.min(x1, x2) > W || Math.max(y1, y2) < 0 || Math.min(y1, y2) > H) continue;
    way += `M${x1.toFixed(1)} ${y1.toFixed(1)}L${x2.toFixed(1)} ${y2.toFixed(1)}`;
  }
  root.append(s("path", { class: "way", d: way }));
  trail.forEach((p, i) => { const [x, y] = at(p); root.append(s("circle", { class: "seen", cx: x, cy: y, r: i ? 3 : 5, opacity: 1 - i * 0.15 })); });
  if (us) { const [x, y] = at(us); root.append(s("path", { class: "us", d: `M${x} ${y - 8}l7 14h-14z` }), s("text", { x: x + 10, y: y + 4 }, words.us)); }
  const [x, y] = at(task.meet);
  root.append(s("circle", { class: "meet", cx: x, cy: y, r: 9 }), s("text", { x: Math.min(x + 13, W - 110), y: y - 8 }, words.meet));
  return root;
}
