// Phrases that more than one page tells: a decision, a slot, a share, a wait.

import { clock, h } from "./dom.js";
import { locale, t, tc } from "./text.js";

/** Outcome and reason of a decision. */
export const decision = (d) => [tc("outcome", d.outcome), tc("reason", d.reason)].filter(Boolean).join(" · ");

/** Rule and clause, as the law is cited. */
export const ground = (d) => [d.rule, d.clause].filter(Boolean).join(", ");

/** A number between 0 and 1 as a share that does not round doubt away. */
export function share(p) {
  if (typeof p !== "number") return "";
  const digits = p > 0.99 && p < 1 ? 3 : p < 0.01 ? 3 : 0;
  return new Intl.NumberFormat(locale(), { style: "percent", maximumFractionDigits: digits }).format(p);
}

/** Local day of an RFC 3339 text, in the reader's language. */
export function day(at, long = false) {
  if (!at) return "";
  const [y, m, d] = at.slice(0, 10).split("-").map(Number);
  const weekday = new Date(Date.UTC(y, m - 1, d)).getUTCDay();
  const month = t(`month.${m}`);
  // Browsers differ in what they know of Kazakh: the names are ours.
  return long ? `${t(`weekday.${weekday}`)}, ${d} ${month}` : `${d} ${[...month].length > 4 ? `${[...month].slice(0, 3).join("")}.` : month}`;
}

/** `14:00, 15 January`. */
export const slot = (at) => (at ? `${at.slice(11, 16)}, ${day(at)}` : "");

/** Minutes and seconds since an RFC 3339 text. */
export function since(at, nowMs) {
  const seconds = Math.max(0, Math.round((nowMs - Date.parse(at)) / 1000));
  const [hh, mm, ss] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (n) => String(n).padStart(2, "0");
  return hh ? `${hh}:${two(mm)}:${two(ss)}` : `${two(mm)}:${two(ss)}`;
}

/** A plate, which no translator touches. */
export const plate = (text, attrs = {}) => h("span", { class: "plate", translate: "no", ...attrs }, text ?? "");

/** A proper name. */
export const proper = (text) => h("span", { translate: "no" }, text ?? "");

/** Columns that show barrier commands. */
export const COMMAND_COLUMNS = [
  { t: "col.time", value: (c) => clock(c.issued_at) },
  { t: "col.barrier", proper: true, value: (c) => c.barrier },
  { t: "col.plate", proper: true, testid: "plate", value: (c) => c.plate ?? "" },
  { t: "col.action", value: (c) => [tc("action", c.action), tc("mode", c.mode)].filter(Boolean).join(", ") },
  { t: "col.result", value: (c) => tc("result", c.result) || t("result.none") },
];
