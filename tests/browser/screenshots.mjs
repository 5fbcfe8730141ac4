// Takes the pictures of the documentation from a running demo: `KEZEK=path/to/kezek node screenshots.mjs`.

import { mkdirSync } from "node:fs";
import { chromium } from "playwright-core";
import { open, until } from "./check.mjs";
import { Service } from "./service.mjs";

const FOLDER = new URL("../../pipeline/docs/img/", import.meta.url);
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
const service = await new Service(process.env.KEZEK ?? "../../target/debug/kezek", {}, ["demo", "--speed", "60"]).start();
mkdirSync(FOLDER, { recursive: true });

async function shot(name, path, options, ready) {
  const { page, context } = await open(browser, service.base, path, { viewport: { width: 1600, height: 900 }, locale: "en", ...options });
  await page.locator('[data-testid="lang-en"]').click();
  await ready?.(page);
  await page.waitForTimeout(700);
  await page.screenshot({ path: new URL(`${name}.png`, FOLDER).pathname });
  await context.close();
}

try {
  const alerts = () => service.get("/api/alerts?state=active").then((a) => a.body ?? []);
  const task = await until(async () => (await alerts()).find((a) => a.group?.endsWith("-1") && a.task_state === "sent"), "a task for a first group", 240_000);
  await shot("tablet-light", `/tablet?group=${task.group}`, { viewport: { width: 800, height: 1000 }, colorScheme: "light" }, (p) => p.locator('[data-testid="task"]').first().waitFor());
  await until(async () => (await alerts()).length >= 4, "four alerts", 240_000);
  await until(async () => (await service.get("/api/checkpoints")).body.some((c) => c.waiting > 1), "arrivals that wait", 240_000);
  for (const colorScheme of ["light", "dark"]) await shot(`centre-${colorScheme}`, "/", { colorScheme }, async (p) => {
    await p.locator('[data-testid="alert"].s4, [data-testid="alert"].s3').first().click();
    await p.locator('[data-testid="alert-detail"]').waitFor();
    await p.evaluate(() => scrollTo(0, 0));
  });
  await shot("officer-light", "/officer", { colorScheme: "light" }, async (p) => { await p.locator('[data-testid="resolve"]').first().click(); });
  await shot("board-dark", "/board/nur-zholy", { colorScheme: "dark" }, (p) => p.locator('[data-testid="row"]').first().waitFor());
  await shot("public-light", "/public?checkpoint=nur-zholy", { colorScheme: "light" }, (p) => p.locator('[data-testid="row"]').first().waitFor());
} finally {
  await browser.close();
  await service.end();
}
