// The situational centre: map, alerts, queues, what was decided, how the sources are.

import { attr, clock, h, keyed, table, text } from "./dom.js";
import { BorderMap } from "./map.js";
import { dayChart, latencyChart } from "./chart.js";
import { start } from "./shell.js";
import { lang, locale, name, onLanguage, relabel, t, tc } from "./text.js";
import { searchBox } from "./search.js";
import { showVehicle } from "./vehicle.js";
import { COMMAND_COLUMNS, day, decision, plate, proper, share } from "./words.js";

const $ = (id) => document.getElementById(id);
const COUNTERS = [["active"], ["waiting", true], ["alerts", true], ["opened"], ["refused"], ["crossed"], ["commands"], ["dead_letters", true]];
let latest = {}, names = new Map(), allQueues = false, picked = null, opened = null, dayOf = null;

if (new URLSearchParams(location.search).has("wall")) document.body.classList.add("wall");

const map = new BorderMap($("map"), { onPick: (spot) => { if (spot.alert) openAlert(spot.alert); else if (spot.checkpoint) pick(spot.checkpoint); } });
map.buttons();

const queues = table([
  { t: "col.checkpoint", proper: true, value: (c) => h("button", { type: "button", class: "link", translate: "no", "data-cp": c.checkpoint }, name(c.name)) },
  { t: "col.queue", num: true, value: (c) => c.queue },
  { t: "col.in_zone", num: true, value: (c) => c.in_zone },
  { t: "col.called", num: true, value: (c) => c.called },
  { t: "col.at_gate", num: true, value: (c) => c.at_gate },
  { t: "col.free", num: true, value: (c) => (c.capacity === null ? "–" : `${c.free}/${c.capacity}`) },
  { t: "col.state", value: (c) => (c.barrier_held ? h("span", { class: "abnormal" }, `■ ${t("officer.held")}`) : c.waiting ? h("span", { class: "abnormal" }, `! ${t("officer.ask")}: ${c.waiting}`) : tc("mode", c.mode)) },
], { label: "queues.title" });
queues.el.classList.add("queues-list");
$("queues").append(queues.el);
queues.el.addEventListener("click", (e) => { const cp = e.target.closest("[data-cp]")?.dataset.cp; if (cp) pick(cp); });

const arrivals = table([
  { t: "col.time", value: (a) => clock(a.decided_at) },
  { t: "col.camera", proper: true, value: (a) => a.camera },
  { t: "col.plate", value: (a) => h("button", { type: "button", class: "link plate", translate: "no", "data-testid": "plate", "data-plate": a.plate, "data-country": a.country ?? "" }, a.plate) },
  { t: "col.outcome", value: (a) => (a.outcome === "ask_officer" ? h("span", { class: "abnormal" }, `! ${decision(a)}`) : decision(a)) },
], { label: "arrivals.title" });
$("arrivals").append(arrivals.el);
$("arrivals").addEventListener("click", (e) => { const b = e.target.closest("[data-plate]"); if (b) openVehicle(b.dataset.country, b.dataset.plate); });

const commands = table(COMMAND_COLUMNS, { label: "commands.title" });
$("commands").append(commands.el);
const sources = table([
  { t: "col.source", proper: true, value: (s) => s.source },
  { t: "col.state", value: (s) => (s.state === "ok" ? tc("sourcestate", s.state) : h("span", { class: "abnormal" }, `! ${tc("sourcestate", s.state)}`)) },
  { t: "col.time", value: (s) => clock(s.last_at) },
  { t: "col.lag", num: true, value: (s) => (typeof s.lag_s === "number" ? new Intl.NumberFormat(locale(), { maximumFractionDigits: 1 }).format(s.lag_s) : "") },
], { label: "sources.title" });
$("sources").append(sources.el);

$("all-queues").addEventListener("click", () => { allQueues = !allQueues; attr($("all-queues"), "aria-pressed", allQueues); drawQueues(); relabel(); });

const sign = (severity) => (severity >= 3 ? "◆" : severity === 2 ? "●" : "○");

function alertRow(a) {
  const b = h("button", { type: "button", class: "alert", "data-testid": "alert", onclick: () => openAlert(b._item.alert_id) },
    h("span", { class: "sign", "aria-hidden": "true" }), h("span", { class: "what" }), h("span", { class: "when" }), h("span", { class: "line2" }));
  const li = h("li", {}, b);
  b._item = a;
  return li;
}
function updateAlert(li, a) {
  const b = li.firstElementChild;
  b._item = a;
  b.className = `alert s${a.severity}`;
  attr(b, "data-alert", a.alert_id);
  attr(b, "aria-expanded", opened === a.alert_id);
  const [mark, what, when, line2] = b.children;
  text(mark, sign(a.severity));
  const key = `${lang}|${a.plate}|${a.kind}|${a.severity}`;
  if (what._key !== key) { what._key = key; what.replaceChildren(a.plate ? plate(a.plate, { "data-testid": "plate" }) : "", ` ${tc("kind", a.kind)}`, h("span", { class: "muted" }, ` · ${tc("severity", a.severity)}`)); }
  text(when, clock(a.updated_at ?? a.at));
  text(line2, [regionName(a.region), a.group ? `${t("alerts.group")} ${a.group}` : a.escalated ? t("alerts.escalated") : a.desk_only ? t("alerts.desk_only") : "", a.task_state ? tc("task", a.task_state) : ""].filter(Boolean).join(" · "));
}
const regionName = (id) => name(names.get(id)) || id || "";

function evidence(item) {
  if (typeof item !== "object" || item === null) return h("li", {}, String(item));
  return h("li", {}, Object.entries(item).filter(([, v]) => v !== null && typeof v !== "object").map(([k, v], i) =>
    [i ? ", " : "", h("span", { class: "muted" }, `${tc("evidence", k)} `), /plate|camera|device|station|booking|seal|checkpoint|road|^group|booked|other|^read|profile|sight|declaration|blank|account|^rule/.test(k) ? proper(v) : /(^at|_at|deadline)$/.test(k) ? `${day(v)} ${clock(v)}` : k === "error" ? share(v) : typeof v === "number" ? new Intl.NumberFormat(locale()).format(v) : tc("what", v)]));
}

function closeDetail() {
  opened = null;
  $("detail").hidden = true;
  $("detail").replaceChildren();
  $("detail").removeAttribute("data-testid");
  map.showTrail([]);
  drawAlerts();
}
function detailHead(title) {
  return h("header", {}, h("h2", {}, title), h("button", { type: "button", class: "quiet", onclick: () => { closeDetail(); $("search").focus(); } }, t("alerts.close")));
}

async function openAlert(id) {
  opened = id;
  drawAlerts();
  const answer = await fetch(`/api/alerts/${encodeURIComponent(id)}`);
  if (!answer.ok || opened !== id) return;
  const a = await answer.json();
  const box = $("detail");
  attr(box, "data-testid", "alert-detail");
  attr(box, "data-alert", id);
  const fact = (key, value) => (value ? [h("dt", {}, t(key)), h("dd", {}, value)] : []);
  box.replaceChildren(detailHead(`${sign(a.severity)} ${tc("kind", a.kind)}`), a.text?.[lang] ? h("p", {}, a.text[lang]) : "",
    h("dl", { class: "facts" },
      fact("col.plate", a.plate ? h("button", { type: "button", class: "link plate", translate: "no", "data-testid": "plate", onclick: () => openVehicle(a.country, a.plate) }, a.plate) : null),
      fact("alerts.severity", tc("severity", a.severity)), fact("col.state", tc("state", a.state)), fact("alerts.score", share(a.score)),
      fact("alerts.region", regionName(a.region)), fact("alerts.group", a.group ? proper(a.group) : null), fact("alerts.task", a.task_state ? tc("task", a.task_state) : null),
      fact("col.booking", a.booking_id ? proper(a.booking_id) : null), fact("alerts.raised", a.raised_at ? clock(a.raised_at) : null)),
    h("h3", {}, t("alerts.evidence")), h("ul", { class: "evidence" }, (a.evidence ?? []).map(evidence).filter((li) => li.firstChild)),
    h("h3", {}, t("alerts.history")), h("ul", { class: "evidence" }, (a.updates ?? []).map((u) => h("li", {}, `${clock(u.at)} ${tc("state", u.state)}${u.escalated ? ` · ${t("alerts.escalated")}` : ""}`))));
  box.hidden = false;
  box.focus({ preventScroll: false });
  if (a.plate) {
    const v = await fetch(`/api/vehicles/${encodeURIComponent(a.country ?? "-")}/${encodeURIComponent(a.plate)}`);
    const way = (a.evidence ?? []).find((e) => Array.isArray(e?.expected_way))?.expected_way ?? [];
    if (v.ok && opened === id) map.showTrail((await v.json()).sights, way);
  }
}

async function openVehicle(country, text) {
  closeDetail();
  opened = `${country}/${text}`;
  const box = $("detail");
  box.replaceChildren(detailHead(t("vehicle.title")));
  box.hidden = false;
  const sights = await showVehicle(box, country, text);
  if (sights) map.showTrail(sights);
  box.focus({ preventScroll: false });
}

async function pick(checkpoint) {
  picked = checkpoint;
  drawQueues();
  relabel();
  await drawDay();
}

async function drawDay() {
  const cp = picked ?? busiest();
  if (!cp) return;
  const answer = await fetch(`/api/checkpoints/${encodeURIComponent(cp)}`);
  if (!answer.ok) return;
  dayOf = await answer.json();
  showDay();
}
function showDay() {
  if (!dayOf) return;
  text($("day-name"), name(dayOf.name));
  dayChart($("day-chart"), dayOf.day ?? [], dayOf.now, { title: `${t("chart.day")} ${name(dayOf.name)}`, booked: t("col.booked"), capacity: t("col.capacity"), busiest: t("chart.busiest") });
}
const busiest = () => [...(latest.checkpoints ?? [])].sort((a, b) => b.queue - a.queue)[0]?.checkpoint;

function drawQueues() {
  const list = (latest.checkpoints ?? []).filter((c) => allQueues || c.queue || c.waiting || c.barrier_held || c.mode === "offline").sort((a, b) => b.queue - a.queue);
  queues.show(list, (c) => c.checkpoint, (tr, c) => { attr(tr, "data-checkpoint", c.checkpoint); tr.classList.toggle("picked", c.checkpoint === picked); });
}
function drawAlerts() {
  keyed($("alerts"), latest.alerts ?? [], (a) => a.alert_id, alertRow, updateAlert);
  $("no-alerts").hidden = (latest.alerts ?? []).length > 0;
}

function draw(state, changed) {
  latest = state;
  const has = (s) => changed === null || changed.includes(s);
  if (has("totals")) keyed($("counters"), COUNTERS, (c) => c[0],
    (c) => h("div", { class: "counter", "data-testid": "counter", "data-counter": c[0] }, h("b", {}), h("span", { "data-t": `totals.${c[0]}` })),
    (el, c) => { const n = state.totals?.[c[0]] ?? 0; text(el.firstChild, new Intl.NumberFormat(locale()).format(n)); el.classList.toggle("attention", Boolean(c[1]) && n > 0); });
  if (has("checkpoints")) { drawQueues(); if (!dayOf) drawDay(); }
  if (has("alerts")) drawAlerts();
  if (has("arrivals")) arrivals.show((state.arrivals ?? []).slice(0, 14), (a) => a.arrival_id + a.camera);
  if (has("commands")) commands.show((state.commands ?? []).slice(0, 10), (c) => c.command_id);
  if (has("latency")) latencyChart($("latency-chart"), state.latency, { title: t("chart.latency"), ms: t("chart.ms"), none: t("commands.none") });
  if (has("sources")) { sources.show(state.sources ?? [], (s) => s.source); $("no-sources").hidden = (state.sources ?? []).length > 0; }
  map.show(state);
}

onLanguage(() => { showDay(); map.invalidate(); });
setInterval(() => { if (!document.hidden) drawDay(); }, 10_000);

const [, catalogue] = await Promise.all([
  start({ query: { page: "centre" }, draw, extra: [searchBox({ onVehicle: openVehicle })] }),
  map.load(),
]);
names = new Map(catalogue.regions.map((r) => [r.region, r.name]));
drawAlerts();
