// The officer's desk: arrivals that wait, the longest first. An answer is chosen, then confirmed, then sent as an order;
// what is shown as done is what came back committed. One key each; the console opens, holds and releases a barrier.

import { attr, clock, differing, h, keyed, table, text } from "./dom.js";
import { freshId, send, session, start } from "./shell.js";
import { lang, name, onLanguage, relabel, t, tc } from "./text.js";
import { COMMAND_COLUMNS, decision, ground, plate, proper, share, since, slot } from "./words.js";

const $ = (id) => document.getElementById(id);
const asked = new URLSearchParams(location.search).get("checkpoint") ?? "";
const LONG_WAIT_MS = 120_000;
let feed = null, list = [], picked = null, sure = null, devices = [];
const sent = new Map(); // arrival → what was sent and waits for its commit

const decided = table([
  { t: "col.time", value: (a) => clock(a.decided_at) }, { t: "col.plate", proper: true, testid: "plate", value: (a) => a.plate },
  { t: "col.outcome", value: (a) => decision(a) }, { t: "col.clause", value: (a) => ground(a) },
], { label: "officer.decided" });
$("decided").append(decided.el);
const commands = table(COMMAND_COLUMNS, { label: "commands.title" });
$("commands").append(commands.el);

/** The read's plate against a candidate's, differing characters marked; said in words for a screen reader. */
function compared(read, candidate) {
  const el = plate("", { "data-testid": "plate", "data-plate": candidate });
  for (const [c, differs] of differing(read, candidate)) el.append(differs ? h("mark", { class: "diff" }, c) : c);
  return el;
}

function candidate(a, c, i) {
  const about = [c.posterior === undefined ? "" : share(c.posterior), c.number ? `№ ${c.number}` : "", tc("status", c.status), slot(c.slot_start)].filter(Boolean).join(" · ");
  return h("li", { class: "cand" }, compared(a.plate, c.plate ?? ""), h("span", { class: "about" }, about, c.booking_id ? [" · ", proper(c.booking_id)] : ""),
    c.booking_id ? h("button", { type: "button", "data-testid": "resolve", "data-booking": c.booking_id, onclick: () => choose(a.arrival_id, c) }, i < 9 ? h("kbd", { "aria-hidden": "true" }, i + 1) : "", t("officer.resolve")) : "");
}

function make(a) {
  return h("li", { class: "arrival", "data-testid": "arrival", "data-arrival": a.arrival_id, tabindex: "-1", onclick: () => select(a.arrival_id), onfocusin: () => select(a.arrival_id) });
}

function update(el, a) {
  const key = JSON.stringify([lang, a.revision, a.candidates, sure?.arrival === a.arrival_id ? sure : null, sent.get(a.arrival_id) ?? null]);
  el.classList.toggle("picked", picked === a.arrival_id);
  if (el._drawn === key) return;
  el._drawn = key;
  const had = el.contains(document.activeElement) ? document.activeElement.dataset.testid : null;
  const pictures = [a.image_ref, ...(a.reads ?? []).map((r) => r?.image_ref)].filter(Boolean);
  el.replaceChildren(
    h("div", { class: "head" }, h("span", { class: "read", translate: "no", "data-testid": "plate" }, a.plate || "—"), h("span", {}, proper(a.country)),
      h("span", {}, proper(a.camera)), h("span", { class: "abnormal" }, `! ${tc("reason", a.reason)}`), h("span", { class: "muted small" }, ground(a)), h("span", { class: "wait", "data-since": a.first_at })),
    pictures.length ? h("p", { class: "small wrap" }, `${t("officer.picture")}: `, proper(pictures.join(", "))) : "",
    h("h3", {}, t(a.candidates?.length ? "officer.candidates" : "officer.no_candidates")),
    h("ul", { class: "cands" }, (a.candidates ?? []).map((c, i) => candidate(a, c, i))),
    h("div", { class: "actions" }, h("button", { type: "button", "data-testid": "reject", onclick: () => choose(a.arrival_id, null) }, h("kbd", { "aria-hidden": "true" }, "N"), t("officer.reject"))),
    sent.has(a.arrival_id) ? h("p", { class: "note", role: "status" }, t("officer.sent")) : sure?.arrival === a.arrival_id ? question(a) : "");
  if (had) el.querySelector(`[data-testid="${sure?.arrival === a.arrival_id ? "confirm" : had}"]`)?.focus();
}

function question(a) {
  const c = sure.candidate;
  return h("div", { class: "sure", role: "group" },
    h("p", {}, c ? [t("officer.sure_open"), " ", compared(a.plate, c.plate ?? ""), " ", proper(c.booking_id), "?"] : t("officer.sure_reject")),
    h("button", { type: "button", class: "main", "data-testid": "confirm", onclick: confirm }, h("kbd", { "aria-hidden": "true" }, "Enter"), t("officer.confirm")),
    h("button", { type: "button", onclick: cancel }, h("kbd", { "aria-hidden": "true" }, "Esc"), t("officer.cancel")));
}

function select(id) { if (picked !== id) { picked = id; drawList(); } }

function choose(arrival, candidate) {
  if (sent.has(arrival)) return;
  // The order's id is made with the choice: pressed twice, or sent twice, it is one order.
  sure = { arrival, candidate, id: freshId("desk") };
  picked = arrival;
  drawList();
  document.querySelector('[data-testid="confirm"]')?.focus();
}
function cancel() { const id = sure?.arrival; sure = null; drawList(); if (id) cardOf(id)?.querySelector('[data-testid="resolve"], [data-testid="reject"]')?.focus(); }
const cardOf = (id) => document.querySelector(`[data-arrival="${CSS.escape(id)}"]`);

async function confirm() {
  if (!sure) return;
  const { arrival, candidate, id } = sure, a = list.find((x) => x.arrival_id === arrival);
  if (!a || sent.has(arrival)) return;
  const chosen = sure;
  sent.set(arrival, a.revision);
  sure = null;
  drawList();
  try {
    const done = await send("/api/controls", { id, type: "read_resolved", checkpoint: a.checkpoint, read_id: arrival, booking_id: candidate?.booking_id ?? null });
    say($("said"), done.ok ? `${t("officer.recorded")}: ${a.plate} → ${candidate ? candidate.plate : t("officer.reject")}` : `${t("officer.failed")} (${done.message ?? done.status})`, !done.ok);
    if (!done.ok) { sent.delete(arrival); sure = chosen; }
  } catch {
    say($("said"), t("officer.failed"), true);
    sent.delete(arrival);
    sure = chosen;
  }
  drawList();
}
function say(el, what, bad) { text(el, what); el.classList.toggle("bad", bad); }

function drawList() {
  for (const [id, revision] of sent) { const a = list.find((x) => x.arrival_id === id); if (!a || a.revision > revision) sent.delete(id); }
  if (sure && !list.some((a) => a.arrival_id === sure.arrival)) sure = null;
  if (!list.some((a) => a.arrival_id === picked)) picked = list[0]?.arrival_id ?? null;
  keyed($("arrivals"), list, (a) => a.arrival_id, make, update);
  text($("waiting-count"), list.length);
  $("nobody").hidden = list.length > 0;
  waits();
}
function waits() {
  const now = feed?.now() ?? Date.now();
  for (const el of document.querySelectorAll("[data-since]")) {
    text(el, `${t("officer.waits")} ${since(el.dataset.since, now)}`);
    el.classList.toggle("long", now - Date.parse(el.dataset.since) > LONG_WAIT_MS);
  }
}

addEventListener("keydown", (e) => {
  if (e.ctrlKey || e.altKey || e.metaKey || e.target.closest?.("input, select, textarea")) return;
  const at = list.findIndex((a) => a.arrival_id === picked), a = list[at];
  if (/^[1-9]$/.test(e.key)) { const c = a?.candidates?.filter((x) => x.booking_id)[Number(e.key) - 1]; if (c) choose(a.arrival_id, c); }
  else if (e.code === "KeyR") { const c = a?.candidates?.find((x) => x.booking_id); if (c) choose(a.arrival_id, c); }
  else if (e.code === "KeyN") { if (a) choose(a.arrival_id, null); }
  else if (e.code === "KeyJ" || e.code === "KeyK") { const next = list[at + (e.code === "KeyJ" ? 1 : -1)]; if (next) { sure = null; select(next.arrival_id); cardOf(next.arrival_id)?.focus(); } }
  else if (e.key === "Enter" && sure && !e.target.closest?.("button, a")) confirm();
  else if (e.key === "Escape" && sure) cancel();
  else return;
  e.preventDefault();
});

// The console

for (const b of document.querySelectorAll("[data-order]")) b.addEventListener("click", () => order(b.dataset.order));

function order(type) {
  const barrier = $("barrier").value, reason = $("console-reason").value.trim(), seen = $("console-plate").value.trim(), id = freshId("console");
  if (type !== "barrier_release" && !reason) { say($("console-said"), t("officer.reason_needed"), true); $("console-reason").focus(); return; }
  const go = h("button", { type: "button", class: "main", "data-testid": "console-confirm", onclick: async () => {
    $("console-sure").replaceChildren();
    try {
      const done = await send("/api/controls", { id, type, checkpoint: barrier.split("/")[0], barrier, reason: reason || null, plate: (type === "barrier_open" && seen) || null });
      say($("console-said"), done.ok ? `${t("officer.recorded")}: ${barrier}` : `${t("officer.failed")} (${done.message ?? done.status})`, !done.ok);
      if (done.ok) { $("console-reason").value = ""; $("console-plate").value = ""; }
    } catch { say($("console-said"), t("officer.failed"), true); }
  } }, t("officer.confirm"));
  const label = t({ barrier_open: "officer.open", barrier_hold: "officer.hold", barrier_release: "officer.release" }[type]);
  $("console-sure").replaceChildren(h("div", { class: "sure", role: "group" }, h("p", {}, `${label}: `, proper(barrier), seen && type === "barrier_open" ? [" ", plate(seen)] : "", reason ? ` (${reason})` : ""), go,
    h("button", { type: "button", onclick: () => $("console-sure").replaceChildren() }, t("officer.cancel"))));
  go.focus();
}
$("console").addEventListener("submit", (e) => e.preventDefault());

function draw(state, changed) {
  const has = (s) => changed === null || changed.includes(s);
  if (has("waiting")) { list = state.waiting ?? []; drawList(); }
  if (has("arrivals")) decided.show((state.arrivals ?? []).filter((a) => a.outcome !== "ask_officer").slice(0, 12), (a) => a.arrival_id + a.camera);
  if (has("commands")) commands.show((state.commands ?? []).slice(0, 12), (c) => c.command_id, (tr, c) => { attr(tr, "data-testid", "command"); attr(tr, "data-command", c.command_id); attr(tr, "data-arrival-of", c.arrival_id); });
  if (has("held")) keyed($("held"), state.held ?? [], (b) => b.barrier, () => h("li", { class: "abnormal" }), (el, b) => { text(el, `■ ${b.barrier}: ${t("officer.held")}${b.reason ? ` (${b.reason})` : ""}`); });
}

async function places() {
  const [answer, who] = await Promise.all([fetch("/api/catalogue"), session()]);
  devices = answer.ok ? (await answer.json()).checkpoints : [];
  const own = who.roles.length === 1 && who.roles[0] === "officer" && who.scope !== "*" ? who.scope : null;
  if (own) devices = devices.filter((c) => c.checkpoint === own);
  fill(own);
}
function fill(own) {
  const option = (value, label) => h("option", { value }, label);
  const kept = $("barrier").value;
  $("checkpoint").replaceChildren(...(own ? [] : [option("", t("officer.all"))]), ...devices.map((c) => option(c.checkpoint, name(c.name))));
  $("checkpoint").value = asked || own || "";
  $("barrier").replaceChildren(...devices.map((c) => option(`${c.checkpoint}/barrier-1`, `${name(c.name)} · barrier-1`)));
  $("barrier").value = kept || `${asked || "nur-zholy"}/barrier-1`;
  if ($("barrier").selectedIndex < 0) $("barrier").selectedIndex = 0;
}
$("checkpoint").addEventListener("change", () => { location.search = $("checkpoint").value ? `?checkpoint=${encodeURIComponent($("checkpoint").value)}` : ""; });

feed = await start({ query: asked ? { page: "officer", checkpoint: asked } : { page: "officer" }, draw });
await places();
onLanguage(() => fill(null));
setInterval(waits, 1000);
relabel();
