// The centre: what is counted, an alert with its evidence, the search in any writing, a vehicle's page.

import { holds, open, same, test, until } from "./check.mjs";
import { called, wanted } from "./story.mjs";

test("map, counters, an alert and its detail with evidence and trail", async ({ browser, service }) => {
  const { page, part, faults } = await open(browser, service.base, "/");
  await part("map").locator("canvas").waitFor();
  const alert = await wanted(service, "330WAN08", "road/tar-kln");
  const row = page.locator(`[data-testid="alert"][data-alert="${alert.alert_id}"]`);
  await row.waitFor();
  await row.click();
  await part("alert-detail").waitFor();
  const detail = await part("alert-detail").innerText();
  for (const word of ["330WAN08", "road/tar-kln", alert.group]) holds(detail.includes(word), `the detail lacks ${word}: ${detail}`);
  const painted = await page.evaluate(() => { const c = document.querySelector("#map canvas"); const d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data; const seen = new Set(); for (let i = 0; i < d.length; i += 4) seen.add(d[i] << 16 | d[i + 1] << 8 | d[i + 2]); return seen.size; });
  holds(painted > 5, `the map has ${painted} colours`);
  const counted = await until(async () => Number(await page.locator('[data-counter="alerts"] b').innerText()) || 0, "alerts are counted");
  holds(counted >= 1, "one alert at least");
  same(faults(), [], "faults");
});

const VIN = "XTC651150B1234567", OWNER = "870512300455";
test("search: separators, look-alike letters, Cyrillic, VIN, ИИН, booking", async ({ browser, service }) => {
  const booking = await called(service, "404HAB08", { vehicle: { vin: VIN }, owner: OWNER });
  const { page, part, faults } = await open(browser, service.base, "/");
  for (const q of ["404HAB08", "404 hab-08", "404 нав 08", "4O4HAB08", VIN.toLowerCase(), OWNER, booking]) {
    await part("search").fill("");
    await part("search").fill(q);
    await part("search-result").filter({ hasText: "404HAB08" }).first().waitFor({ timeout: 8_000 }).catch(() => { throw new Error(`«${q}» finds nothing`); });
  }
  await part("search").fill("999ZZZ99");
  await page.locator(".results p").waitFor();
  await part("search").fill("404HAB08");
  await part("search-result").first().waitFor();
  await part("search").press("ArrowDown");
  await page.keyboard.press("Enter");
  await part("vehicle").waitFor();
  holds((await part("vehicle").innerText()).includes(booking), "the booking is on the vehicle's page");
  await part("vehicle").getByRole("button", { name: "Почему?" }).first().click();
  holds((await part("why").first().innerText()).length > 20, "explained");
  same(faults(), [], "faults");
});

test("the stream: a snapshot, then changes; resumed by its id without a new snapshot", async ({ service }) => {
  const follow = async (headers, done) => {
    const stop = new AbortController();
    const answer = await fetch(`${service.base}/api/stream?page=centre`, { headers, signal: stop.signal });
    let text = "";
    try { for await (const chunk of answer.body) { text += new TextDecoder().decode(chunk); if (done(text)) break; } } finally { stop.abort(); }
    return text;
  };
  const first = await follow({}, (t) => /event: snapshot\nid: .+\ndata: .+\n\n/.test(t));
  const id = /\nid: (.+)\n/.exec(first)[1];
  const change = follow({ "last-event-id": id }, (t) => /event: (snapshot|change)\n/.test(t));
  await called(service, "515STR08");
  const next = await change;
  holds(next.includes("event: change") && !next.includes("event: snapshot"), `resumed with ${next.slice(0, 60)}`);
  const unknown = await follow({ "last-event-id": "of-another-life" }, (t) => /event: (snapshot|change)\n/.test(t));
  holds(unknown.includes("event: snapshot"), "an unknown id gets everything");
});
