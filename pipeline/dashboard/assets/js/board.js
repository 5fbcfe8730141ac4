// The information board of a checkpoint: who is called, in order. When the link or the content is dead it says so: an old
// call must not send a truck anywhere.

import { attr, h, keyed, text } from "./dom.js";
import { start } from "./shell.js";
import { name, onLanguage, t, tc } from "./text.js";
import { plate } from "./words.js";

const $ = (id) => document.getElementById(id);
const checkpoint = decodeURIComponent(location.pathname.split("/")[2] ?? "");
let feed = null, place = null;

function draw(state) {
  const rows = state.board?.rows ?? [];
  keyed($("rows"), rows, (r) => `${r.number}/${r.plate}/${r.lane}`,
    () => h("li", { class: "called", "data-testid": "row" }, h("span", { class: "number" }), plate("", { "data-testid": "plate" }), h("span", { class: "lane" }), h("span", { class: "where" })),
    (li, r) => {
      const [number, seen, lane, where] = li.children;
      text(number, r.number ?? "–");
      text(seen, r.plate);
      text(lane, r.lane === "priority" ? tc("lane", r.lane) : "");
      text(where, tc("boardstate", r.state));
      where.classList.toggle("go", r.state === "released");
      attr(li, "data-state", r.state);
    });
  $("none").hidden = rows.length > 0;
  text($("mode"), tc("mode", state.mode));
  alive();
}

/** Content past its `valid_until` is dead, whatever the link says. */
function alive() {
  if (!feed) return;
  const board = feed.state.board, rows = board?.rows ?? [];
  const old = rows.length > 0 && board.valid_until && feed.now() > Date.parse(board.valid_until);
  const dead = Boolean(old) || document.documentElement.classList.contains("is-stale");
  if ($("dead").hidden === dead) $("dead").hidden = !dead;
  document.body.classList.toggle("is-dead", dead);
  const zone = place?.zone ?? "Asia/Almaty";
  text($("time"), new Intl.DateTimeFormat("ru", { hour: "2-digit", minute: "2-digit", timeZone: zone }).format(feed.now()));
}
const label = () => text($("place"), name(place?.name) || checkpoint);

feed = await start({ query: { page: "board", checkpoint }, draw, nav: false });
const answer = await fetch("/api/catalogue").catch(() => null);
if (answer?.ok) place = (await answer.json()).checkpoints.find((c) => c.checkpoint === checkpoint);
label();
alive();
if (answer?.ok && !place) { text($("none"), t("board.unknown")); $("none").dataset.t = "board.unknown"; $("none").hidden = false; }
onLanguage(label);
setInterval(alive, 500);
