// What everybody may see: masked on the way out of the service, not on the page.

import { holds, open, same, test } from "./check.mjs";
import { called } from "./story.mjs";

test("board and public page: masked rows, and no answer that they ask for holds a whole plate", async ({ browser, service }) => {
  const plate = "618PUB08";
  const booking = await called(service, plate);
  for (const path of ["/public?checkpoint=aisha-bibi", "/board/aisha-bibi"]) {
    const asked = [];
    const { page, part, faults } = await open(browser, service.base, "/healthz");
    page.on("request", (r) => { if (r.method() === "GET" && !r.url().includes("/api/stream")) asked.push(r.url()); });
    await page.goto(service.base + path);
    await part("row").filter({ hasText: "618***08" }).first().waitFor();
    same(await part("plate").filter({ hasText: plate }).count(), 0, "whole plates on the page");
    if (path.startsWith("/public")) {
      await page.locator("#number").fill(booking);
      await page.keyboard.press("Enter");
      await page.locator("#answer").filter({ hasText: "В очереди" }).waitFor();
      await page.locator("#number").fill("no-such-number");
      await page.keyboard.press("Enter");
      await page.locator("#answer").filter({ hasText: "нет" }).waitFor();
      holds(await page.locator(".day").count() >= 3, "free places by day");
    }
    holds(asked.length > 3, "requests are seen");
    for (const url of asked) holds(!(await (await fetch(url)).text()).includes(plate), `${url} holds a whole plate`);
    same(faults(), [], "faults");
  }
  for (const page of ["public", "board&checkpoint=aisha-bibi"]) {
    const stop = new AbortController();
    const answer = await fetch(`${service.base}/api/stream?page=${page}`, { signal: stop.signal });
    let text = "";
    for await (const chunk of answer.body) { text += new TextDecoder().decode(chunk); if (text.includes("event: beat")) break; }
    stop.abort();
    holds(text.includes("618***08") && !text.includes(plate), `the feed of ${page}`);
  }
});
