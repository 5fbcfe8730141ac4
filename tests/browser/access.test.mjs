// Who may see and do what: a service with users, in another process.

import { writeFileSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { holds, open, same, test } from "./check.mjs";
import { Service } from "./service.mjs";
import { called, wanted } from "./story.mjs";

const PASSWORD = "border-2026";
const HASH = "$argon2id$v=19$m=256,t=2,p=1$a2V6ZWstYnJvd3Nlci10ZXN0cw$GMlDEv2h7OL/KKVW5yKpTNiBqihBtYnY54qwsYZVeZ4";
const USERS = [["aliya", "centre", "*"], ["oraz", "officer", "aisha-bibi"], ["marat", "officer", "dostyk"], ["dana", "group", "zhambyl"], ["nurlan", "analyst", "*"], ["saule", "auditor", "*"]];
const EVERYBODY = USERS.map((u) => u[0]);
const basic = (name) => ({ authorization: `Basic ${Buffer.from(`${name}:${PASSWORD}`).toString("base64")}` });

async function withUsers(binary, run) {
  const file = path.join(mkdtempSync(path.join(tmpdir(), "kezek-users-")), "users");
  writeFileSync(file, USERS.map(([name, role, scope]) => `${name} ${HASH} ${role} ${scope}`).join("\n"));
  const service = new Service(binary, { KEZEK_HTTP__USERS_FILE: file });
  service.auth = basic("aliya");
  await service.start();
  try { await run(service); } finally { await service.end(); }
}

test("roles: what each may look up, order and take, and what it sees masked", async ({ binary }) => withUsers(binary, async (service) => {
  const plate = "273ACC08";
  const booking = await called(service, plate);
  const status = async (route, name) => (await service.get(route, name ? basic(name) : {})).status;
  for (const [route, allowed] of [
    ["/api/search?q=273ACC08", EVERYBODY], ["/api/vehicles/KZ/273ACC08", EVERYBODY],
    ["/api/alerts", EVERYBODY], [`/api/explain/${booking}`, EVERYBODY],
    ["/api/topics/bookings?from=0", ["aliya", "nurlan", "saule"]],
  ]) for (const name of [null, ...USERS.map((u) => u[0])]) same([route, name, await status(route, name)], [route, name, allowed.includes(name) ? 200 : 403], "may look");
  for (const route of ["/api/checkpoints", "/api/checkpoints/aisha-bibi", "/api/public/slots/aisha-bibi", `/api/public/bookings/${booking}`, "/public", "/board/aisha-bibi", "/healthz"]) {
    same(await status(route, null), 200, route);
    holds(!(await (await fetch(service.base + route)).text()).includes(plate), `${route} holds a whole plate`);
  }
  const masked = JSON.stringify([(await service.get("/api/search?q=273ACC08", basic("nurlan"))).body, (await service.get("/api/vehicles/KZ/273ACC08", basic("nurlan"))).body, await (await fetch(`${service.base}/api/topics/bookings?from=0`, { headers: basic("nurlan") })).text()]);
  holds(masked.includes("273***08") && !masked.includes(plate) && !masked.includes("N1234567"), "the analyst's plates are masked, documents dropped");

  const hold = (id) => ({ id, type: "barrier_hold", checkpoint: "aisha-bibi", barrier: "aisha-bibi/barrier-1", reason: "test" });
  for (const [name, expected] of [["dana", 403], ["nurlan", 403], ["saule", 403], ["marat", 403], ["oraz", 200], ["aliya", 200]]) {
    const body = { ...hold(`h-${name}`), actor: { id: "somebody-else", role: "minister" } };
    same([name, (await service.post("/api/controls", body, basic(name))).status], [name, expected], "may order");
  }
  same((await service.topic("controls")).map((c) => [c.actor.id, c.actor.role]), [["oraz", "officer"], ["aliya", "centre"]], "who ordered is not believed but known");
  for (const [name, group, expected] of [["dana", "zhambyl/group-1", 200], ["dana", "zhetisu/group-1", 403], ["oraz", "zhambyl/group-1", 403]]) {
    same([name, group, (await service.post("/api/groups", { id: `g-${name}-${group}`, type: "position", group, lat: 43, lon: 71 }, basic(name))).status], [name, group, expected], "may report");
  }
  same((await service.post("/api/ingest/bookings", "{}", basic("oraz"))).status, 403, "an officer takes no records");
  same((await service.post("/api/ingest/bookings", "{}")).status, 403, "nor does the public");
  same((await service.get("/api/search?q=1", { authorization: `Basic ${Buffer.from("aliya:wrong").toString("base64")}` })).status, 401, "a wrong password");
}));

test("sign-in: a cookie no script reads, the CSRF token, another site, signing out", async ({ browser, binary }) => withUsers(binary, async (service) => {
  const { page, context, part, faults } = await open(browser, service.base, "/officer");
  same(new URL(page.url()).pathname, "/sign-in", "sent to sign in");
  await page.locator("#name").fill("oraz");
  await page.locator("#password").fill("wrong");
  await page.keyboard.press("Enter");
  await page.locator("#wrong:not([hidden])").waitFor();
  await page.locator("#password").fill(PASSWORD);
  await page.keyboard.press("Enter");
  await page.waitForURL(`${service.base}/officer`);
  await page.waitForFunction(() => document.querySelector(".link-state")?.textContent.includes("●"));
  const [cookie] = await context.cookies();
  same([cookie.httpOnly, cookie.sameSite], [true, "Strict"], "the cookie");
  same(await page.evaluate(() => document.cookie), "", "no script reads it");
  same(await page.locator("#checkpoint option").evaluateAll((all) => all.map((o) => o.value)), ["aisha-bibi"], "only the own checkpoint");
  const order = (headers) => page.evaluate(async (h) => (await fetch("/api/controls", { method: "POST", headers: { "content-type": "application/json", ...h },
    body: JSON.stringify({ id: "x1", type: "barrier_hold", checkpoint: "aisha-bibi", barrier: "aisha-bibi/barrier-1", reason: "r" }) })).status, headers);
  same(await order({}), 403, "without the token");
  same(await order({ "x-csrf-token": "0".repeat(64) }), 403, "with another token");
  const session = { cookie: `kezek_session=${cookie.value}` };
  same((await service.post("/api/controls", {}, { ...session, origin: "https://elsewhere.example" })).status, 403, "asked for by another site");
  holds((await service.get("/api/session", { ...session })).body.csrf.length >= 32, "the token is told to the own page");
  await page.goto(`${service.base}/`);
  same(new URL(page.url()).pathname, "/sign-in", "the centre is not the officer's");
  await page.goto(`${service.base}/officer`);
  await page.locator("header button").filter({ hasText: "Выйти" }).click();
  await page.waitForURL(/sign-in/);
  same((await service.get("/api/session", session)).body.roles, ["public"], "the session has ended");
  const over = await fetch(`${service.base}/api/session`, { method: "POST", headers: { "content-type": "application/json", host: "kezek.example" }, body: JSON.stringify({ name: "oraz", password: PASSWORD }) });
  holds(over.ok, "signs in");
  same(faults().filter((f) => !f.includes("403 (Forbidden)")), [], "faults besides the two refused orders");
  same(await part("lang-ru").count(), 1, "languages on the sign-in page");
}));

test("the analyst's centre shows masked plates only", async ({ browser, binary }) => withUsers(binary, async (service) => {
  await wanted(service, "454ANA08", "road/tar-kln");
  const { page, part, faults } = await open(browser, service.base, "/");
  await page.locator("#name").fill("nurlan");
  await page.locator("#password").fill(PASSWORD);
  await page.keyboard.press("Enter");
  await part("alert").filter({ hasText: "454***08" }).waitFor();
  holds(!(await page.locator("body").innerHTML()).includes("454ANA08"), "no whole plate anywhere in the page");
  await part("alert").first().click();
  await part("alert-detail").waitFor();
  holds(!(await page.locator("body").innerHTML()).includes("454ANA08"), "nor in the detail");
  same(faults(), [], "faults");
}));
