// Labels in Kazakh, Russian and English. Static parts carry `data-t`; what is drawn anew asks `t`.

const LANGS = ["kk", "ru", "en"];
let labels = {};
export let lang = "ru";
const listeners = [];

/** The label of a key. */
export function t(key) { return labels[key] ?? key; }
/** The label of a code of the contract, or the code itself. */
export function tc(group, code) { return code === null || code === undefined || code === "" ? "" : labels[`${group}.${code}`] ?? String(code); }
/** A name given in three languages. */
export function name(names) { return names ? names[lang] ?? names.ru ?? names.en ?? "" : ""; }

/** The locale of numbers: a browser without Kazakh writes them as in Russian, never as in English. */
export const locale = () => (Intl.NumberFormat.supportedLocalesOf(lang).length ? lang : "ru");

/** Called after every change of language. */
export function onLanguage(f) { listeners.push(f); }

function chosen() {
  const asked = new URLSearchParams(location.search).get("lang");
  if (LANGS.includes(asked)) return asked;
  try { const kept = localStorage.getItem("kezek-lang"); if (LANGS.includes(kept)) return kept; } catch { /* storage may be shut */ }
  const own = (navigator.languages ?? []).map((l) => l.slice(0, 2)).find((l) => LANGS.includes(l));
  return own ?? "ru";
}

/** Puts labels on everything below `root` that asks for one. */
export function relabel(root = document) {
  for (const el of root.querySelectorAll("[data-t]:not(title)")) { const s = t(el.dataset.t); if (el.textContent !== s) el.textContent = s; }
  for (const el of root.querySelectorAll("[data-t-label]")) el.setAttribute("aria-label", t(el.dataset.tLabel));
  for (const el of root.querySelectorAll("[data-t-placeholder]")) el.setAttribute("placeholder", t(el.dataset.tPlaceholder));
}

export async function setLanguage(next) {
  // Kept at once: who goes on to another page before the labels are here has chosen all the same.
  try { localStorage.setItem("kezek-lang", next); } catch { /* not kept */ }
  const answer = await fetch(`/assets/labels/${next}.json`);
  if (!answer.ok) return;
  labels = await answer.json();
  lang = next;
  document.documentElement.lang = next;
  const title = document.querySelector("title[data-t]");
  if (title) document.title = `${t(title.dataset.t)} · Kezek`;
  relabel();
  for (const b of document.querySelectorAll("[data-lang]")) b.setAttribute("aria-pressed", String(b.dataset.lang === next));
  for (const f of listeners) f();
}

/** Buttons for the three languages, in their own names. */
export function languageButtons() {
  const box = document.createElement("div");
  box.className = "langs";
  box.setAttribute("role", "group");
  box.dataset.tLabel = "nav.language";
  for (const [code, own] of [["kk", "Қаз"], ["ru", "Рус"], ["en", "Eng"]]) {
    const b = document.createElement("button");
    b.type = "button";
    b.dataset.lang = code;
    b.dataset.testid = `lang-${code}`;
    b.lang = code;
    b.setAttribute("translate", "no");
    b.textContent = own;
    b.addEventListener("click", () => setLanguage(code));
    box.append(b);
  }
  return box;
}

export const startLanguage = () => setLanguage(chosen());
