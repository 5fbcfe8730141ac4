// Every page, in three languages and from a phone's width to a wall's: whole labels, no overflow, nothing from elsewhere,
// nothing serious for axe, and light enough.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";
import { holds, open, same, test } from "./check.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
export const PAGES = { centre: "/", officer: "/officer", tablet: "/tablet?group=zhambyl/group-1", board: "/board/aisha-bibi", public: "/public", "sign-in": "/sign-in" };
const WIDTHS = [390, 768, 1366, 1920];
const LANGS = ["kk", "ru", "en"];
/** A key shown instead of its label. */
const KEY = /^(title|nav|live|search|map|totals|alerts|queues|col|arrivals|commands|sources|vehicle|officer|tablet|board|public|sign_in|error|chart|outcome|reason|status|kind|task|mode|lane|month|weekday)\.[\w-]+$/m;

for (const [name, path] of Object.entries(PAGES)) {
  test(`${name}: three languages, ${WIDTHS.join(", ")} px, no key for a label, no overflow, nothing from elsewhere`, async ({ browser, service }) => {
    const { page, part, faults } = await open(browser, service.base, path);
    for (const lang of LANGS) {
      await part(`lang-${lang}`).click();
      await page.waitForFunction((l) => document.documentElement.lang === l, lang);
      same(await part(`lang-${lang}`).getAttribute("aria-pressed"), "true", "the button of the language");
      const text = await page.locator("body").innerText();
      holds(!KEY.test(text), `${lang}: a key is shown: ${KEY.exec(text)}`);
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 900 });
        const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        holds(over <= 0, `${lang}, ${width} px: ${over} px too wide`);
      }
    }
    same(faults(), [], "faults");
  });

  test(`${name}: axe finds nothing serious, light and dark`, async ({ browser, service }) => {
    for (const colorScheme of ["light", "dark"]) {
      const { page, part } = await open(browser, service.base, path, { colorScheme, bypassCSP: true });
      await part("lang-ru").waitFor();
      await page.waitForFunction(() => document.title.includes("Kezek") && document.querySelector("h1")?.textContent);
      await page.evaluate(AXE);
      const found = await page.evaluate(async () => (await window.axe.run()).violations.filter((v) => v.impact === "serious" || v.impact === "critical")
        .map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).slice(0, 3).join(", ")}`));
      same(found, [], `${colorScheme}: serious findings`);
    }
  });
}

test("the first load of the centre is under 300 KiB compressed, the map's data left out", async ({ browser, service }) => {
  const sizes = [];
  const context = await browser.newContext();
  const page = await context.newPage();
  page.on("response", (r) => {
    const path = new URL(r.url()).pathname;
    if (path === "/api/stream" || path === "/api/catalogue" || path.startsWith("/assets/geo/")) return;
    sizes.push(r.body().then((b) => gzipSync(b).length, () => 0));
  });
  await page.goto(service.base);
  await page.locator('[data-testid="counter"]').first().waitFor();
  const total = (await Promise.all(sizes)).reduce((a, b) => a + b, 0);
  holds(total > 10_000 && total < 300 * 1024, `${total} bytes`);
});

test("languages hold for the next page, and names are not for translators", async ({ browser, service }) => {
  const { page, part } = await open(browser, service.base, "/public");
  await part("lang-kk").click();
  await page.goto(`${service.base}/board/aisha-bibi`);
  await page.waitForFunction(() => document.documentElement.lang === "kk");
  same(await page.locator("#place").getAttribute("translate"), "no", "the name of the checkpoint");
  await page.waitForFunction(() => document.getElementById("place").textContent.length > 2);
});
