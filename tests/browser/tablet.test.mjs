// The tablet: a task, its acceptance as a record of `groups` and a state that comes back; minutes without a connection.

import { holds, open, same, test, until } from "./check.mjs";
import { wanted } from "./story.mjs";

test("accept, stop and outcome; what is said offline is sent once", async ({ browser, service }) => {
  const alert = await wanted(service, "771TAB08", "road/kln-mrk");
  const { page, context, part, faults } = await open(browser, service.base, `/tablet?group=${alert.group}`, { viewport: { width: 800, height: 1100 }, hasTouch: true });
  const task = page.locator('[data-testid="task"]').filter({ hasText: "771TAB08" });
  await task.waitFor();
  const id = await task.getAttribute("data-task");
  same((await service.topic("group.tasks")).find((t) => t.task_id === id).alert_id, alert.alert_id, "the task is of the alert");
  const state = (s) => page.locator(`[data-task="${id}"][data-state="${s}"]`).waitFor();
  await state("sent");
  await task.locator('[data-testid="accept"]').click();
  await state("accepted");
  const box = await task.locator('[data-testid="stop"]').boundingBox();
  holds(box.height >= 44, `the button is ${box.height} px high`);

  await page.waitForFunction(() => navigator.serviceWorker.controller !== null || navigator.serviceWorker.ready.then(() => true));
  await context.setOffline(true);
  await task.locator('[data-testid="stop"]').click();
  await page.locator("#queued:not([hidden])").waitFor();
  await part("stale").filter({ visible: true }).waitFor({ timeout: 5_000 });
  same(await task.getAttribute("data-state"), "accepted", "nothing is shown as done before it is recorded");
  await context.setOffline(false);
  await part("stale").waitFor({ state: "hidden" });
  await state("stop_started");
  await page.locator("#queued").waitFor({ state: "hidden" });
  const stops = (await service.topic("groups")).filter((g) => g.type === "stop_started" && g.plate === "771TAB08");
  same(stops.length, 1, "one record of the stop");
  await page.locator(".clock").filter({ hasText: /\d\d:\d\d/ }).waitFor();
  await task.locator('[data-testid="outcome-released"]').click();
  await state("finished");
  same(faults(), [], "faults");
});

test("opens without a connection from what the device keeps", async ({ browser, service }) => {
  const { page, context } = await open(browser, service.base, "/tablet?group=zhambyl/group-2");
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
  await page.reload();
  await context.setOffline(true);
  await page.reload();
  await page.locator('[data-testid="lang-kk"]').click();
  await page.waitForFunction(() => document.documentElement.lang === "kk");
  await until(async () => (await page.locator("h1").innerText()).length > 3, "the head is whole");
});
