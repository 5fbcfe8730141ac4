// Signing in.

import { text } from "./dom.js";
import { start } from "./shell.js";
import { t } from "./text.js";

const $ = (id) => document.getElementById(id);

/** Only a page of ours: a link must not send a person elsewhere after signing in. */
function target() {
  const to = new URLSearchParams(location.search).get("to") ?? "/";
  return /^\/(?![/\\])[\w/.?=&%-]*$/.test(to) ? to : "/";
}

$("form").addEventListener("submit", async (e) => {
  e.preventDefault();
  const answer = await fetch("/api/session", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ name: $("name").value, password: $("password").value }) }).catch(() => null);
  if (answer?.ok) { location.assign(target()); return; }
  $("wrong").hidden = false;
  text($("wrong"), t(answer?.status === 401 ? "sign_in.wrong" : answer?.status === 429 ? "sign_in.wait" : "error.failed"));
  $("password").select();
});

await start({ query: null, draw: () => {}, nav: false });
$("name").focus();
