// The desk: a misread truck waits, the officer says who it is, the order goes through the log and comes back as a command.

import { readFileSync } from "node:fs";
import { holds, open, same, test, until } from "./check.mjs";
import { barrier, called, read } from "./story.mjs";

const RU = JSON.parse(readFileSync(new URL("../../pipeline/dashboard/assets/labels/ru.json", import.meta.url), "utf8"));

test("an arrival waits; resolve and confirm make a command by hand, shown and explained", async ({ browser, service }) => {
  const booking = await called(service, "663OPT08");
  const { page, part, faults } = await open(browser, service.base, "/officer?checkpoint=aisha-bibi");
  const arrival = await read(service, "683OPT08");
  const card = page.locator(`[data-testid="arrival"][data-arrival="${arrival}"]`);
  await card.waitFor();
  same(await card.locator("mark").allInnerTexts(), ["6"], "the differing character");
  await card.locator(`[data-testid="resolve"][data-booking="${booking}"]`).click();
  same((await service.topic("barrier.commands")).filter((c) => c.arrival_id === arrival).length, 0, "nothing before the confirmation");
  await part("confirm").click();
  const command = await until(async () => (await service.topic("barrier.commands")).find((c) => c.arrival_id === arrival), "a command");
  same([command.action, command.mode, command.booking_id, command.decision.outcome], ["open", "manual", booking, "open"], "the command");
  await page.locator(`[data-command="${command.command_id}"]`).waitFor();
  await card.waitFor({ state: "detached" });
  const control = (await service.topic("controls")).filter((c) => c.read_id === arrival);
  same(control.map((c) => [c.type, c.booking_id, c.checkpoint]), [["read_resolved", booking, "aisha-bibi"]], "one record of the officer");
  for (const id of [arrival, command.command_id, booking]) {
    const told = (await service.get(`/api/explain/${encodeURIComponent(id)}`)).body;
    same([told.command_id, told.mode], [command.command_id, "manual"], `explained by ${id}`);
    holds(["kk", "ru", "en"].every((l) => told.explanation[l].length > 5), "explained in three languages");
  }
  await barrier(service, command, "received", "executed", "passed");
  await page.locator(`[data-command="${command.command_id}"] td:last-child`).filter({ hasText: RU["result.passed"] }).waitFor();
  same(faults(), [], "faults");
});

test("by keyboard alone: next, choose, think again, none of these", async ({ browser, service }) => {
  await called(service, "741KZT08");
  await called(service, "852MNB08");
  const { page, part } = await open(browser, service.base, "/officer?checkpoint=aisha-bibi");
  const [first, second] = [await read(service, "747KZT08"), await read(service, "858MNB08")];
  await page.locator(`[data-arrival="${second}"]`).waitFor();
  await page.locator(`[data-arrival="${first}"].picked`).waitFor();
  await page.keyboard.press("j");
  await page.locator(`[data-arrival="${second}"].picked`).waitFor();
  await page.keyboard.press("1");
  await part("confirm").waitFor();
  await page.keyboard.press("Escape");
  await part("confirm").waitFor({ state: "detached" });
  await page.keyboard.press("n");
  await page.keyboard.press("Enter");
  const decision = await until(async () => (await service.topic("gate.decisions")).findLast((d) => d.arrival_id === second && d.outcome === "refuse"), "refused by the officer");
  same(decision.reason, "no_match", "the reason");
  await page.locator(`[data-arrival="${second}"]`).waitFor({ state: "detached" });
  await page.keyboard.press("r");
  await page.keyboard.press("Enter");
  await until(async () => (await service.topic("barrier.commands")).some((c) => c.arrival_id === first), "opened by keys");
  same((await service.topic("barrier.commands")).filter((c) => c.arrival_id === second).length, 0, "the refused one");
});

test("the console needs a reason, asks again, and holds and opens by hand", async ({ browser, service }) => {
  const { page, part } = await open(browser, service.base, "/officer?checkpoint=taskala");
  await page.locator("#barrier").selectOption("taskala/barrier-1");
  await page.locator('[data-order="barrier_hold"]').click();
  holds((await page.locator("#console-said").innerText()).length > 3, "a reason is asked for");
  await page.locator("#console-reason").fill("Осмотр");
  await page.locator('[data-order="barrier_hold"]').click();
  await part("console-confirm").click();
  await page.locator("#held li").filter({ hasText: "taskala/barrier-1" }).waitFor();
  await page.locator('[data-order="barrier_release"]').click();
  await part("console-confirm").click();
  await page.locator("#held li").waitFor({ state: "detached" });
  const commands = (await service.topic("barrier.commands")).filter((c) => c.barrier === "taskala/barrier-1");
  same(commands.map((c) => [c.action, c.mode]), [["hold", "manual"], ["release", "manual"]], "commands");
  same((await service.topic("controls")).find((c) => c.type === "barrier_hold").reason, "Осмотр", "the reason is kept");
});
