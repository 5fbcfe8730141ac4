// One box: a plate in any writing, a VIN, an ИИН/БИН, a booking. Answers come while one types; arrows move among them.

import { h } from "./dom.js";
import { relabel, t, tc } from "./text.js";
import { plate, proper } from "./words.js";

const WAIT_MS = 180;

/** The box. `onVehicle(country, plate)` is called with what was chosen. */
export function searchBox({ onVehicle }) {
  const list = h("div", { class: "results", id: "results", role: "group", "data-t-label": "search.results", hidden: true });
  const input = h("input", { id: "search", type: "search", "data-testid": "search", autocomplete: "off", spellcheck: "false", maxlength: "100", "data-t-label": "search.label", "data-t-placeholder": "search.label", "aria-controls": "results" });
  const form = h("form", { class: "search", role: "search" }, input, h("button", { "data-t": "search.go" }), list);
  let timer = null, asked = 0;

  const close = () => { list.hidden = true; };
  async function ask() {
    const q = input.value.trim();
    const mine = ++asked;
    if (q.length < 2) { close(); return []; }
    const answer = await fetch(`/api/search?${new URLSearchParams({ q })}`);
    if (mine !== asked) return [];
    const found = answer.ok ? (await answer.json()).results : [];
    list.replaceChildren(...(found.length ? found.map(one) : [h("p", { class: "muted" }, t(answer.ok ? "search.none" : "error.forbidden"))]));
    list.hidden = false;
    relabel(list);
    return found;
  }
  function one(r) {
    return h("button", { type: "button", "data-testid": "search-result", "data-plate": r.plate, onclick: () => { close(); onVehicle(r.country, r.plate); } },
      h("span", {}, plate(r.plate, { "data-testid": "plate" }), " ", proper(r.country)),
      h("span", { class: "muted small" }, [tc("matched", r.matched), tc("status", r.status), r.alerts ? `${t("totals.alerts")}: ${r.alerts}` : ""].filter(Boolean).join(" · "), " ", proper(r.checkpoint), " ", proper(r.last_camera)));
  }

  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, WAIT_MS); });
  form.addEventListener("submit", async (e) => { e.preventDefault(); clearTimeout(timer); const found = await ask(); if (found.length === 1 && document.activeElement !== input) onVehicle(found[0].country, found[0].plate); else list.querySelector("button")?.focus(); });
  form.addEventListener("keydown", (e) => {
    if (e.key === "Escape") { close(); input.focus(); return; }
    if (list.hidden || (e.key !== "ArrowDown" && e.key !== "ArrowUp")) return;
    const all = [input, ...list.querySelectorAll("button")];
    const next = all[all.indexOf(document.activeElement) + (e.key === "ArrowDown" ? 1 : -1)];
    if (next) { e.preventDefault(); next.focus(); }
  });
  document.addEventListener("pointerdown", (e) => { if (!form.contains(e.target)) close(); });
  return form;
}
