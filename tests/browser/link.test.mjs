// The link: killed and started again under open pages. They say so within five seconds and recover by themselves.

import { holds, open, same, test } from "./check.mjs";

test("stale within 5 s of losing the source on every page, and recovered without a reload", async ({ browser, service }) => {
  const paths = ["/", "/officer", "/tablet?group=zhambyl/group-1", "/board/aisha-bibi", "/public"];
  const pages = [];
  for (const path of paths) pages.push(await open(browser, service.base, path));
  for (const { page, part } of pages) {
    await page.waitForFunction(() => document.querySelector(".link-state")?.textContent.includes("●"));
    same(await part("stale").isVisible(), false, "fresh");
    await page.evaluate(() => { window.same = true; });
  }
  await service.kill();
  const killed = Date.now();
  for (const { part } of pages) await part("stale").filter({ visible: true }).waitFor({ timeout: 5_000 });
  holds(Date.now() - killed < 5_500, `${Date.now() - killed} ms`);
  await pages[3].page.locator("#dead:not([hidden])").waitFor({ timeout: 2_000 });
  await service.start();
  for (const { page, part } of pages) {
    await part("stale").waitFor({ state: "hidden", timeout: 15_000 });
    holds(await page.evaluate(() => window.same === true), "the page was not loaded anew");
  }
});
