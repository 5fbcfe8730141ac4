// The map: outline, corridor graph (schematic), checkpoints, cameras, scales, groups, vehicles with alerts. Drawn
// on a canvas: five thousand vehicles cost a few milliseconds. The unchanging part is drawn once per view.
// Everything shown here is also in the lists beside it; the canvas is a picture for assistive tools.

import { lang, name, t } from "./text.js";

const css = (n) => getComputedStyle(document.documentElement).getPropertyValue(n).trim();

export class BorderMap {
  constructor(box, { onPick }) {
    this.box = box;
    this.canvas = document.createElement("canvas");
    this.canvas.setAttribute("role", "img");
    this.canvas.dataset.tLabel = "map.title";
    box.prepend(this.canvas);
    this.base = document.createElement("canvas");
    this.tip = document.createElement("div");
    this.tip.className = "map-tip";
    this.tip.hidden = true;
    box.append(this.tip);
    this.view = { k: 1, x: 0, y: 0 };
    this.state = {};
    this.trail = [];
    this.way = [];
    this.onPick = onPick;
    this.dirty = true;
    new ResizeObserver(() => this.resize()).observe(box);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.invalidate());
    this.pointer();
  }

  async load() {
    const [outline, catalogue] = await Promise.all([fetch("/assets/geo/kazakhstan.json"), fetch("/api/catalogue")]);
    this.rings = (await outline.json()).rings;
    this.catalogue = await catalogue.json();
    this.nodes = new Map(this.catalogue.nodes.map((n) => [n.id, n]));
    this.resize();
    return this.catalogue;
  }

  /** Buttons to zoom, for those without a wheel. */
  buttons() {
    const make = (sign, label, f) => { const b = document.createElement("button"); b.type = "button"; b.textContent = sign; b.dataset.tLabel = label; b.addEventListener("click", f); return b; };
    const tools = document.createElement("div");
    tools.className = "map-tools";
    tools.append(make("+", "map.closer", () => this.zoom(1.6)), make("−", "map.farther", () => this.zoom(1 / 1.6)));
    this.box.append(tools);
  }
  zoom(f, dx = 0, dy = 0) {
    const k = Math.min(12, Math.max(1, this.view.k * f));
    f = k / this.view.k;
    this.view = k === 1 ? { k, x: 0, y: 0 } : { k, x: dx - (dx - this.view.x) * f, y: dy - (dy - this.view.y) * f };
    this.invalidate();
  }

  show(state) { this.state = state; this.later(); }
  /** Where a vehicle was seen, and by which nodes it was expected. */
  showTrail(points, way = []) {
    this.trail = points.filter((p) => typeof p.lat === "number" && typeof p.lon === "number");
    this.way = way.map((id) => this.nodes?.get(id)).filter(Boolean);
    this.later();
  }

  resize() {
    const r = this.box.getBoundingClientRect();
    const scale = devicePixelRatio || 1;
    this.w = r.width; this.h = r.height;
    for (const c of [this.canvas, this.base]) { c.width = Math.max(1, r.width * scale); c.height = Math.max(1, r.height * scale); }
    this.canvas.style.width = `${r.width}px`;
    this.canvas.style.height = `${r.height}px`;
    this.invalidate();
  }
  invalidate() { this.dirty = true; this.later(); }
  later() { if (!this.asked) { this.asked = true; requestAnimationFrame(() => { this.asked = false; this.draw(); }); } }

  /** Degrees → pixels (equirectangular at 48° N). */
  at(lat, lon) {
    const [west, east, south, north] = [45.8, 88, 40, 56];
    const ratio = Math.cos((48.2 * Math.PI) / 180);
    const k = Math.min(this.w / ((east - west) * ratio), this.h / (north - south)) * 0.96;
    const x = this.w / 2 + (lon - (west + east) / 2) * ratio * k;
    const y = this.h / 2 - (lat - (south + north) / 2) * k;
    return [(x - this.w / 2) * this.view.k + this.w / 2 + this.view.x, (y - this.h / 2) * this.view.k + this.h / 2 + this.view.y];
  }

  drawBase() {
    const c = this.base.getContext("2d");
    const s = devicePixelRatio || 1;
    c.setTransform(s, 0, 0, s, 0, 0);
    c.clearRect(0, 0, this.w, this.h);
    c.fillStyle = css("--land");
    c.strokeStyle = css("--border");
    c.lineWidth = 1.2;
    c.beginPath();
    for (const ring of this.rings) { ring.forEach(([lon, lat], i) => { const p = this.at(lat, lon); if (i) c.lineTo(...p); else c.moveTo(...p); }); c.closePath(); }
    c.fill("evenodd");
    c.stroke();
    c.strokeStyle = css("--road");
    c.lineWidth = 1.4;
    c.beginPath();
    for (const e of this.catalogue.edges) {
      const a = this.nodes.get(e.from), b = this.nodes.get(e.to);
      if (a && b) { c.moveTo(...this.at(a.lat, a.lon)); c.lineTo(...this.at(b.lat, b.lon)); }
    }
    c.stroke();
    c.fillStyle = css("--device");
    for (const d of this.catalogue.devices) {
      const [x, y] = this.at(d.lat, d.lon);
      if (d.kind === "scale") c.fillRect(x - 2, y - 2, 4, 4); else { c.beginPath(); c.arc(x, y, 1.6, 0, 7); c.fill(); }
    }
    c.fillStyle = css("--muted");
    c.font = "11px system-ui, sans-serif";
    for (const n of this.catalogue.nodes) if (/^[A-Z]{3}$/.test(n.id) && (this.view.k > 2 || ["ALA", "AST", "SHY", "AKB", "KRG", "URA", "SEM", "KOS"].includes(n.id))) {
      c.fillText(n.name.replace(/ \(.*/, ""), ...this.at(n.lat - 0.25, n.lon + 0.15));
    }
    this.dirty = false;
  }

  draw() {
    if (!this.catalogue || !this.w) return;
    if (this.dirty) this.drawBase();
    const c = this.canvas.getContext("2d");
    const s = devicePixelRatio || 1;
    c.setTransform(1, 0, 0, 1, 0, 0);
    c.clearRect(0, 0, this.canvas.width, this.canvas.height);
    c.drawImage(this.base, 0, 0);
    c.setTransform(s, 0, 0, s, 0, 0);
    this.spots = [];
    const busy = new Map((this.state.checkpoints ?? []).map((p) => [p.checkpoint, p]));
    const faults = new Set((this.state.devices ?? []).map((d) => d.device));
    for (const p of this.catalogue.checkpoints) {
      const [x, y] = this.at(p.lat, p.lon);
      const now = busy.get(p.checkpoint);
      const abnormal = now && (now.barrier_held || now.mode === "offline");
      c.beginPath();
      c.rect(x - 4, y - 4, 8, 8);
      c.fillStyle = abnormal ? css("--warn") : now?.queue ? css("--accent") : css("--panel");
      c.fill();
      c.strokeStyle = css("--ink");
      c.lineWidth = 1;
      c.stroke();
      if (now?.waiting) { c.strokeStyle = css("--warn"); c.lineWidth = 2; c.strokeRect(x - 7, y - 7, 14, 14); }
      this.spots.push({ x, y, label: () => `${name(p.name)}${now ? ` · ${t("col.queue")} ${now.queue}, ${t("col.free")} ${now.free ?? "–"}` : ""}`, checkpoint: p.checkpoint });
    }
    c.strokeStyle = css("--warn");
    c.lineWidth = 2;
    for (const d of this.catalogue.devices) if (faults.has(d.device)) {
      const [x, y] = this.at(d.lat, d.lon);
      c.beginPath(); c.moveTo(x - 4, y - 4); c.lineTo(x + 4, y + 4); c.moveTo(x + 4, y - 4); c.lineTo(x - 4, y + 4); c.stroke();
      this.spots.push({ x, y, label: () => `${d.device} · ${t("map.fault")}` });
    }
    c.fillStyle = css("--accent");
    for (const g of this.state.groups ?? []) if (g.lat !== null && g.lat !== undefined) {
      const [x, y] = this.at(g.lat, g.lon);
      c.beginPath(); c.moveTo(x, y - 6); c.lineTo(x + 5, y + 4); c.lineTo(x - 5, y + 4); c.closePath(); c.fill();
      this.spots.push({ x, y, label: () => `${t("map.group")} ${g.group}` });
    }
    this.line(c, this.way, css("--accent"), 5, []);
    this.line(c, this.trail, css("--ink"), 2, [5, 3]);
    for (const v of this.state.vehicles ?? []) {
      const [x, y] = this.at(v.lat, v.lon);
      const high = v.severity >= 3;
      c.beginPath();
      // Shape says it too: diamonds for high, circles for the rest.
      if (high) { c.moveTo(x, y - 7); c.lineTo(x + 7, y); c.lineTo(x, y + 7); c.lineTo(x - 7, y); c.closePath(); } else c.arc(x, y, 4, 0, 7);
      c.fillStyle = high ? css("--alarm") : css("--warn");
      c.fill();
      c.strokeStyle = css("--panel");
      c.lineWidth = 1;
      c.stroke();
      this.spots.push({ x, y, label: () => v.plate, alert: v.alert_id });
    }
  }

  line(c, points, colour, width, dash) {
    if (!points.length) return;
    c.strokeStyle = colour;
    c.lineWidth = width;
    c.setLineDash(dash);
    c.beginPath();
    points.forEach((p, i) => { const q = this.at(p.lat, p.lon); if (i) c.lineTo(...q); else c.moveTo(...q); });
    c.stroke();
    c.setLineDash([]);
  }

  near(event) {
    const r = this.canvas.getBoundingClientRect();
    const [px, py] = [event.clientX - r.left, event.clientY - r.top];
    let best = null, least = 144;
    for (const s of this.spots ?? []) { const d = (s.x - px) ** 2 + (s.y - py) ** 2; if (d <= least) { least = d; best = s; } }
    return best;
  }

  pointer() {
    let drag = null;
    this.canvas.addEventListener("wheel", (e) => {
      e.preventDefault();
      const r = this.canvas.getBoundingClientRect();
      this.zoom(Math.exp(-e.deltaY / 400), e.clientX - r.left - this.w / 2, e.clientY - r.top - this.h / 2);
    }, { passive: false });
    this.canvas.addEventListener("pointerdown", (e) => { drag = { x: e.clientX, y: e.clientY, v: { ...this.view }, moved: false }; this.canvas.setPointerCapture(e.pointerId); });
    this.canvas.addEventListener("pointermove", (e) => {
      if (drag) {
        const [dx, dy] = [e.clientX - drag.x, e.clientY - drag.y];
        drag.moved ||= Math.abs(dx) + Math.abs(dy) > 4;
        if (drag.moved) { this.view = { k: drag.v.k, x: drag.v.x + dx, y: drag.v.y + dy }; this.invalidate(); }
        return;
      }
      const s = this.near(e);
      this.tip.hidden = !s;
      if (s) { this.tip.textContent = s.label(); this.tip.style.left = `${Math.min(s.x + 10, this.w - 180)}px`; this.tip.style.top = `${s.y + 10}px`; this.tip.lang = lang; }
    });
    this.canvas.addEventListener("pointerup", (e) => { if (drag && !drag.moved) { const s = this.near(e); if (s) this.onPick(s); } drag = null; });
    this.canvas.addEventListener("pointerleave", () => { this.tip.hidden = true; });
  }
}
