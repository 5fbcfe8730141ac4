// The tablet of a mobile group: its task, the way to the meeting point, and what the group answers. Works without a
// connection for minutes: answers wait in the outbox. What is shown as the state is what came back committed.

import { attr, clock, h, keyed, text } from "./dom.js";
import { Outbox } from "./outbox.js";
import { freshId, session, start } from "./shell.js";
import { lang, locale, name, onLanguage, t, tc } from "./text.js";
import { sketch } from "./sketch.js";
import { plate, proper, since } from "./words.js";

const $ = (id) => document.getElementById(id);
const WARN_MS = 90 * 60_000, LIMIT_MS = 120 * 60_000;
const OPEN = ["sent", "seen", "accepted", "stop_started"];
let group = new URLSearchParams(location.search).get("group") ?? "", feed = null, catalogue = null, outbox = null;
const waitingFor = (task, type = null) => outbox?.list.some((x) => x.record.task === task.task_id && (type ? x.record.type === type : x.record.type !== "seen"));
function say(type, task, more = {}) {
  outbox.put("/api/groups", { id: freshId("tablet"), at: new Date().toISOString(), group, type, alert_id: task.alert_id, task: task.task_id, ...more });
  redraw();
}

const button = (key, attrs, onclick) => h("button", { type: "button", ...attrs, onclick }, t(key));

function buttons(task) {
  const asking = waitingFor(task), off = asking ? { disabled: true } : {};
  if (task.state === "sent" || task.state === "seen") return [
    button("tablet.accept", { class: "main", "data-testid": "accept", ...off }, () => say("accepted", task)),
    button("tablet.seen", { "data-testid": "seen", disabled: asking || task.state === "seen" || waitingFor(task, "seen") }, () => say("seen", task)),
    button("tablet.decline", { "data-testid": "decline", ...off }, () => say("declined", task))];
  if (task.state === "accepted") return [
    button("tablet.stop", { class: "main", "data-testid": "stop", ...off }, () => say("stop_started", task, { plate: task.plate })),
    button("tablet.decline", { "data-testid": "decline", ...off }, () => say("declined", task))];
  if (task.state === "stop_started") return ["released", "escorted", "detained"].map((outcome) =>
    button(`tablet.${outcome}`, { "data-testid": `outcome-${outcome}`, ...off }, () => say("stop_finished", task, { outcome })));
  return [];
}

function update(el, task) {
  attr(el, "data-state", task.state);
  el.classList.toggle("ended", !OPEN.includes(task.state));
  const key = JSON.stringify([lang, task, waitingFor(task), waitingFor(task, "seen"), Boolean(catalogue)]);
  if (el._drawn === key) return;
  el._drawn = key;
  const had = el.contains(document.activeElement);
  const open = OPEN.includes(task.state);
  el.replaceChildren(...[
    h("p", {}, h("span", { class: "state" }, tc("task", task.state)), waitingFor(task) ? h("span", { class: "abnormal" }, ` … ${t("tablet.queued")}`) : ""),
    h("p", { class: "big", translate: "no", "data-testid": "plate" }, task.plate || "—"),
    h("p", {}, `${tc("kind", task.alert?.kind)} · ${tc("severity", task.alert?.severity)}`),
    open && task.eta_min !== null && task.eta_min !== undefined ? h("p", { class: "eta" }, `${new Intl.NumberFormat(locale()).format(task.eta_min)} ${t("tablet.eta")}`) : null,
    task.state === "stop_started" ? h("div", {}, h("p", {}, t("tablet.clock")), h("p", { class: "clock", role: "timer", "data-stop": task.stop_started_at }), h("p", { class: "limit" })) : null,
    open ? h("div", { class: "buttons" }, buttons(task)) : null,
    open && catalogue && task.meet ? h("div", { class: "sketch" }, sketch(catalogue, feed?.state.group, task, { title: t("tablet.route"), meet: t("tablet.meet"), us: t("tablet.group") })) : null,
    open && catalogue && task.meet ? h("p", { class: "small muted" }, `${t("tablet.meet")}: ${task.meet.lat.toFixed(3)}, ${task.meet.lon.toFixed(3)} · ${t("tablet.schematic")}`) : null,
    task.trail?.length ? h("div", {}, h("h3", {}, t("tablet.trail")), h("ul", { class: "evidence" }, task.trail.slice(0, 4).map((s) => h("li", {}, `${clock(s.at)} `, proper(s.camera))))) : null,
  ].filter(Boolean));
  if (had) el.querySelector("button:not([disabled])")?.focus();
  clocks();
}

function clocks() {
  const now = feed?.now() ?? Date.now();
  for (const el of document.querySelectorAll("[data-stop]")) {
    const took = now - Date.parse(el.dataset.stop);
    text(el, since(el.dataset.stop, now));
    el.classList.toggle("warn", took >= WARN_MS && took < LIMIT_MS);
    el.classList.toggle("over", took >= LIMIT_MS);
    text(el.nextElementSibling, took >= LIMIT_MS ? t("tablet.clock_over") : took >= WARN_MS ? t("tablet.clock_warn") : "");
  }
}

function redraw() {
  const tasks = [...(feed?.state.tasks ?? [])].sort((a, b) => OPEN.includes(b.state) - OPEN.includes(a.state));
  keyed($("tasks"), tasks, (x) => x.task_id, (x) => h("li", { class: "task", "data-testid": "task", "data-task": x.task_id, "data-state": x.state }), update);
  $("none").hidden = !group || tasks.some((x) => OPEN.includes(x.state));
}

function boxChanged(list, refused) {
  $("queued").hidden = !list.length;
  text($("queued"), list.length ? `${t("tablet.queued")}: ${list.length}` : "");
  $("failed").hidden = !refused;
  text($("failed"), refused ? `${t("officer.failed")} (${refused.message})` : "");
  redraw();
}

function chooser() {
  const groups = (catalogue?.regions ?? []).flatMap((r) => [1, 2].map((n) => [`${r.region}/group-${n}`, `${name(r.name)} · group-${n}`]));
  $("group").replaceChildren(h("option", { value: "" }, t("tablet.choose")), ...groups.map(([value, label]) => h("option", { value }, label)));
  $("group").value = group;
}
$("group").addEventListener("change", () => { if ($("group").value) location.search = `?group=${encodeURIComponent($("group").value)}`; });

if ("serviceWorker" in navigator) navigator.serviceWorker.register("/tablet-worker.js", { scope: "/tablet" }).catch(() => { /* works without, only not offline */ });

const who = await session().catch(() => ({ roles: [], scope: "" }));
if (!group && who.roles.length === 1 && who.scope.includes("/")) group = who.scope;
feed = await start({ query: group ? { page: "tablet", group } : null, draw: (_, __, f) => { feed = f; redraw(); } });
outbox = new Outbox(boxChanged);
boxChanged(outbox.list, null);
const answer = await fetch("/api/catalogue").catch(() => null);
if (answer?.ok) catalogue = await answer.json();
chooser();
redraw();
onLanguage(() => { chooser(); redraw(); });
setInterval(clocks, 1000);
