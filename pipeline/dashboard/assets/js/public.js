// For everybody: free places by day, who is called, the state of a booking by its number. It asks for nothing that carries
// a whole plate, and shows none.

import { h, table, text } from "./dom.js";
import { start } from "./shell.js";
import { lang, name, onLanguage, t, tc } from "./text.js";
import { day, slot } from "./words.js";

const $ = (id) => document.getElementById(id);
let state = {}, answer = null, slots = null, chosen = new URLSearchParams(location.search).get("checkpoint") ?? "";

const queues = table([
  { t: "col.checkpoint", proper: true, value: (c) => name(c.name) },
  { t: "col.queue", num: true, value: (c) => c.queue },
  { t: "col.called", num: true, value: (c) => c.called },
  { t: "col.free", num: true, value: (c) => (c.capacity === null ? "–" : c.free) },
], { label: "queues.title" });
$("queues").append(queues.el);
const called = table([
  { t: "col.number", num: true, value: (r) => r.number ?? "–" },
  { t: "col.plate", proper: true, testid: "plate", value: (r) => r.plate },
  { t: "col.lane", value: (r) => tc("lane", r.lane) },
  { t: "col.state", value: (r) => tc("boardstate", r.state) },
], { label: "board.called" });
$("called").append(called.el);

function choices() {
  const list = [...(state.checkpoints ?? [])].sort((a, b) => b.queue - a.queue || name(a.name).localeCompare(name(b.name), lang));
  if (!chosen && list.length) { chosen = list[0].checkpoint; freePlaces(); }
  const key = `${lang}|${list.length}`;
  if ($("checkpoint")._drawn !== key) {
    $("checkpoint")._drawn = key;
    const sorted = [...list].sort((a, b) => name(a.name).localeCompare(name(b.name), lang));
    $("checkpoint").replaceChildren(...sorted.map((c) => h("option", { value: c.checkpoint }, name(c.name))));
  }
  $("checkpoint").value = chosen;
}
$("checkpoint").addEventListener("change", () => { chosen = $("checkpoint").value; draw(state, null); freePlaces(); });

async function freePlaces() {
  if (!chosen) return;
  const got = await fetch(`/api/public/slots/${encodeURIComponent(chosen)}`).catch(() => null);
  if (got?.ok) { slots = (await got.json()).slots; showPlaces(); }
}
function showPlaces() {
  if (!slots) return;
  const days = new Map();
  for (const s of slots) { const d = s.slot_start.slice(0, 10); if (!days.has(d)) days.set(d, []); days.get(d).push(s); }
  $("days").replaceChildren(...[...days].map(([d, list]) => {
    const free = list.filter((s) => s.free > 0);
    return h("section", { class: "day" }, h("h3", {}, day(d, true)), h("p", {}, h("span", { class: "n" }, String(free.reduce((n, s) => n + s.free, 0))), ` ${t("public.free_short")}`),
      h("ul", { class: "hours" }, free.map((s) => h("li", {}, `${s.slot_start.slice(11, 16)} · ${s.free}`))));
  }));
  $("no-slots").hidden = slots.length > 0;
}

const REGISTER = { crossed: "crossed", late: "late", refused: "failed", annulled: "revoked", cancelled: "revoked", revoked: "revoked" };
function showAnswer() {
  $("answer").hidden = !answer;
  if (!answer) return;
  if (answer.none) { text($("answer"), t("public.not_found")); return; }
  const place = (state.checkpoints ?? []).find((c) => c.checkpoint === answer.checkpoint);
  $("answer").replaceChildren(h("strong", {}, `«${t(`register.${REGISTER[answer.status] ?? "queue"}`)}»`), ` · ${tc("status", answer.status)} · `, h("span", { translate: "no" }, place ? name(place.name) : answer.checkpoint ?? ""),
    answer.number ? ` · № ${answer.number}` : "", answer.slot_start ? ` · ${slot(answer.slot_start)}` : "");
}
$("ask").addEventListener("submit", async (e) => {
  e.preventDefault();
  const got = await fetch(`/api/public/bookings/${encodeURIComponent($("number").value.trim())}`).catch(() => null);
  answer = got?.ok ? await got.json() : { none: true };
  showAnswer();
});

function draw(next) {
  state = next;
  choices();
  queues.show((state.checkpoints ?? []).filter((c) => c.queue).sort((a, b) => b.queue - a.queue).slice(0, 15), (c) => c.checkpoint);
  const rows = (state.boards ?? []).find((b) => b.board === `${chosen}/board-1`)?.rows ?? [];
  called.show(rows, (r) => `${r.number}/${r.plate}/${r.lane}`);
  $("nobody").hidden = rows.length > 0;
}
await start({ query: { page: "public" }, draw });
await freePlaces();
onLanguage(() => { showPlaces(); showAnswer(); choices(); });
setInterval(() => { if (!document.hidden) freePlaces(); }, 15_000);
