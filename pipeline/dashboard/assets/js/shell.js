// What every page has: the head with languages and the state of the link, who one is, and writing.

import { h, text, attr } from "./dom.js";
import { follow } from "./live.js";
import { languageButtons, lang, locale, onLanguage, relabel, startLanguage, t } from "./text.js";

let me = null;

/** Who one is; asked once. */
export async function session() {
  if (!me) { const answer = await fetch("/api/session"); me = answer.ok ? await answer.json() : { roles: [], name: "" }; }
  return me;
}

/** Sends an order. `{ok, status, message}`; throws only when there is no connection. */
export async function send(path, record) {
  const who = await session();
  const answer = await fetch(path, { method: "POST", headers: { "content-type": "application/json", "x-csrf-token": who.csrf ?? "" }, body: JSON.stringify(record) });
  const body = await answer.json().catch(() => ({}));
  // A restarted server has other tokens: who one is, is asked again.
  if (answer.status === 403) me = null;
  return { ok: answer.ok, status: answer.status, message: body.message };
}

/** A fresh id for an order. */
export function freshId(prefix) {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return `${prefix}-${[...bytes].map((b) => b.toString(16).padStart(2, "0")).join("")}`;
}

const PAGES = [["centre", "/", "title.centre"], ["officer", "/officer", "title.officer"], ["group", "/tablet", "title.tablet"], ["public", "/public", "title.public"]];

/** Builds the head, follows the feed, and calls `draw` on every change of state or language. */
export async function start({ query, draw, nav = true, extra = [] }) {
  const stale = h("p", { class: "stale", "data-testid": "stale", role: "status", hidden: true });
  const state = h("span", { class: "link-state" });
  const pages = h("nav", { class: "pages", "data-t-label": "nav.pages" });
  const out = h("button", { type: "button", class: "quiet", hidden: true, "data-t": "nav.sign_out", onclick: signOut });
  const head = document.querySelector("header.top");
  head.append(h("a", { href: "#content", class: "skip", "data-t": "nav.skip" }), h("h1", { "data-t": document.querySelector("title").dataset.t }), ...extra,
    h("div", { class: "head-end" }, pages, state, languageButtons(), out));
  head.after(stale);
  await startLanguage();

  const feed = { value: null };
  let health = null;
  const redraw = (changed) => { if (feed.value && Object.keys(feed.value.state).length) { draw(feed.value.state, changed, feed.value); relabel(); } };
  const showHealth = (now) => {
    health = now;
    attr(stale, "hidden", !now.stale);
    document.documentElement.classList.toggle("is-stale", now.stale);
    const seconds = new Intl.NumberFormat(locale(), { maximumFractionDigits: 0 }).format(now.ageMs / 1000);
    text(stale, now.stale ? `${t(now.why === "engine" ? "live.not_ready" : "live.stale")} · ${t("live.age")}: ${seconds} ${t("live.seconds")}` : "");
    text(state, now.stale ? "" : `● ${t("live.ok")} · ${t("live.age")} ${seconds} ${t("live.seconds")}`);
  };
  onLanguage(() => { redraw(null); if (health) showHealth(health); });
  if (query) feed.value = follow(query, (_, changed) => redraw(changed), showHealth);

  if (nav) {
    const who = await session();
    for (const [role, href, key] of PAGES) {
      if (who.roles.includes(role) || role === "public" || (who.roles.includes("centre"))) {
        pages.append(h("a", { href, "data-t": key, "aria-current": location.pathname === href ? "page" : null }));
      }
    }
    out.hidden = !(who.name && who.name !== "local");
    relabel(head);
  }
  return feed.value;
}

async function signOut() {
  await fetch("/api/session", { method: "DELETE" });
  location.href = "/sign-in";
}
