// Small tools over the DOM: elements, keyed lists that keep nodes (and so focus) in place, plates.

/** Makes an element. Attributes set to null or false are left out; `on*` are listeners. */
export function h(tag, attrs = {}, ...children) {
  const el = document.createElement(tag);
  for (const [k, v] of Object.entries(attrs)) {
    if (v === null || v === undefined || v === false) continue;
    if (k.startsWith("on")) el.addEventListener(k.slice(2), v);
    else el.setAttribute(k, v === true ? "" : String(v));
  }
  el.append(...children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false));
  return el;
}

/** Sets text only where it differs: untouched nodes are not laid out again. */
export function text(el, value) {
  const s = value === null || value === undefined ? "" : String(value);
  if (el.textContent !== s) el.textContent = s;
  return el;
}

/** Sets or removes an attribute only where it differs. */
export function attr(el, name, value) {
  if (value === null || value === undefined || value === false) { if (el.hasAttribute(name)) el.removeAttribute(name); return; }
  const s = value === true ? "" : String(value);
  if (el.getAttribute(name) !== s) el.setAttribute(name, s);
}

/** Brings the children of `parent` in line with `items`, node by key. */
export function keyed(parent, items, keyOf, make, update) {
  const old = new Map();
  for (const node of [...parent.children]) { if (node._key === undefined) node.remove(); else old.set(node._key, node); }
  let at = parent.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    let node = old.get(key);
    if (node) old.delete(key);
    else { node = make(item); node._key = key; }
    node._item = item;
    update(node, item);
    if (node === at) at = at.nextElementSibling;
    else parent.insertBefore(node, at);
  }
  for (const node of old.values()) node.remove();
}

/** A table whose columns are functions of the row. */
export function table(columns, attrs = {}) {
  const body = h("tbody");
  const head = columns.map((c) => h("th", { scope: "col", "data-t": c.t, class: c.num ? "num" : null }));
  const el = h("div", { class: "scroll", tabindex: "0", role: "region", "data-t-label": attrs.label ?? null },
    h("table", {}, h("thead", {}, h("tr", {}, head)), body));
  return {
    el,
    show(items, keyOf, decorate = () => {}) {
      keyed(body, items, keyOf,
        () => h("tr", { "data-testid": "row" }, columns.map((c) => h("td", { class: c.num ? "num" : null, translate: c.proper ? "no" : null, "data-testid": c.testid ?? null }))),
        (tr, item) => { columns.forEach((c, i) => cell(tr.children[i], c.value(item))); decorate(tr, item); });
    },
  };
}

function cell(td, value) {
  if (value instanceof Node) { if (td.firstChild?.isEqualNode?.(value) !== true || td.childNodes.length !== 1) td.replaceChildren(value); }
  else text(td, value);
}

/** Local wall time of an RFC 3339 text, as the place itself shows it. */
export const clock = (at) => (typeof at === "string" && at.length >= 19 ? at.slice(11, 19) : "");
export const hourMinute = (at) => (typeof at === "string" && at.length >= 16 ? at.slice(11, 16) : "");

/** Aligns a read with a plate: the plate's characters, those that differ marked. */
export function differing(read, plate) {
  const a = [...(read ?? "")], b = [...(plate ?? "")];
  const n = a.length, m = b.length;
  const cost = Array.from({ length: n + 1 }, (_, i) => [i, ...Array(m).fill(0)]);
  for (let j = 0; j <= m; j++) cost[0][j] = j;
  for (let i = 1; i <= n; i++) for (let j = 1; j <= m; j++) {
    cost[i][j] = Math.min(cost[i - 1][j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1), cost[i - 1][j] + 1, cost[i][j - 1] + 1);
  }
  const out = [];
  for (let i = n, j = m; i > 0 || j > 0;) {
    if (i > 0 && j > 0 && cost[i][j] === cost[i - 1][j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)) { out.unshift([b[j - 1], a[i - 1] !== b[j - 1]]); i--; j--; }
    else if (j > 0 && cost[i][j] === cost[i][j - 1] + 1) { out.unshift([b[j - 1], true]); j--; }
    else { out.unshift(["·", true]); i--; }
  }
  return out;
}
