// A vehicle's page: bookings, journey, weighings, alerts, decisions; each decision and booking can be asked why.

import { clock, h, table } from "./dom.js";
import { lang, relabel, t, tc } from "./text.js";
import { day, decision, ground, plate, proper, slot } from "./words.js";

/** Why a command, a booking or an arrival is as it is, in the reader's language. */
export async function why(id) {
  const answer = await fetch(`/api/explain/${encodeURIComponent(id)}`);
  if (!answer.ok) return h("p", { class: "why" }, t(answer.status === 403 ? "error.forbidden" : "search.none"));
  const e = await answer.json();
  const events = (e.kind === "booking" ? e.events : e.revisions ?? e.arrival?.revisions) ?? [];
  const commands = e.commands ?? (e.command_id ? [e] : []);
  return h("div", { class: "why", "data-testid": "why" },
    h("p", {}, h("strong", {}, e.explanation?.[lang] ?? "")),
    h("ul", { class: "evidence" },
      events.map((v) => h("li", {}, `${clock(v.at ?? v.decided_at)} `, v.status ? tc("status", v.status) : decision(v), " ", h("span", { class: "muted" }, v.cause ?? ground(v)))),
      commands.filter((c) => c.command_id).map((c) => h("li", {}, `${clock(c.issued_at)} ${tc("action", c.action) || t("kind.command")}, ${tc("mode", c.mode)} `, h("code", { translate: "no", class: "wrap small" }, c.command_id)))));
}

/** A button that opens the explanation beneath itself, and closes it again. */
function whyButton(id) {
  const box = h("div", {});
  const b = h("button", { type: "button", class: "link", "aria-expanded": "false", onclick: async () => {
    if (box.firstChild) { box.replaceChildren(); b.setAttribute("aria-expanded", "false"); return; }
    box.replaceChildren(await why(id));
    b.setAttribute("aria-expanded", "true");
  } }, t("vehicle.why"));
  return h("div", {}, b, box);
}

function section(key, ...children) { return h("section", {}, h("h3", {}, t(key)), ...children); }

function rows(columns, items, keyOf) {
  const made = table(columns);
  made.show(items, keyOf);
  return made.el;
}

/** Fills `box` with the vehicle. Gives its sights, for the map; `null` when it is not known. */
export async function showVehicle(box, country, text) {
  const answer = await fetch(`/api/vehicles/${encodeURIComponent(country || "-")}/${encodeURIComponent(text)}`);
  if (!answer.ok) { box.append(h("p", {}, t("search.none"))); return null; }
  const v = await answer.json();
  const body = h("div", { class: "vehicle col", "data-testid": "vehicle" },
    h("p", {}, plate(v.plate), " ", proper(v.country)),
    v.bookings.length ? section("vehicle.bookings", v.bookings.map((b) => h("div", {}, h("p", {}, proper(b.booking_id), " · ", tc("status", b.status), " · ", proper(b.checkpoint), b.slot_start ? ` · ${slot(b.slot_start)}` : "", b.number ? ` · № ${b.number}` : ""), whyButton(b.booking_id)))) : null,
    v.alerts.length ? section("alerts.title", h("ul", { class: "evidence" }, v.alerts.map((a) => h("li", {}, `${tc("kind", a.kind)} · ${tc("state", a.state)} · ${t("alerts.severity")} ${a.severity}`)))) : null,
    v.decisions.length ? section("vehicle.decisions", v.decisions.slice(0, 12).map((d) => h("div", {}, h("p", {}, `${clock(d.decided_at)} `, proper(d.camera), ` · ${decision(d)} `, h("span", { class: "muted" }, ground(d))), whyButton(d.arrival_id)))) : null,
    v.journeys.length ? section("vehicle.journey", h("ul", { class: "evidence" }, v.journeys.map((j) => h("li", {}, `${tc("journeystate", j.state)} · `, proper(j.checkpoint ?? ""), j.eta ? ` · ${t("vehicle.eta")} ${slot(j.eta)}` : "")))) : null,
    v.sights.length ? section("vehicle.sights", rows([{ t: "col.time", value: (s) => `${day(s.at)} ${clock(s.at)}` }, { t: "col.camera", proper: true, value: (s) => s.camera }, { t: "col.speed", num: true, value: (s) => s.speed_kmh ?? "" }], [...v.sights].reverse(), (s) => s.at + s.camera)) : null,
    v.weighings.length ? section("vehicle.weighings", rows([{ t: "col.time", value: (w) => `${day(w.at)} ${clock(w.at)}` }, { t: "col.camera", proper: true, value: (w) => w.station }, { t: "col.gross", num: true, value: (w) => (w.gross_kg / 1000).toFixed(1) }, { t: "col.limit", num: true, value: (w) => (w.limit_kg ? (w.limit_kg / 1000).toFixed(1) : "") }], [...v.weighings].reverse(), (w) => w.at + w.station)) : null);
  box.append(body);
  relabel(box);
  return v.sights;
}
