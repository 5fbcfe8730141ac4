// What happens in the tests' country: trucks booked for the coming hour at a checkpoint without a zone, so that they are
// called at once; a misread at the gate; a wanted truck on the road.

import { until } from "./check.mjs";

const now = () => new Date().toISOString();
let n = 0;
const id = (prefix) => `${prefix}-${process.pid}-${(n += 1)}`;

/** The coming full hour, as Kazakhstan's clocks show it. */
function comingHour() {
  const parts = new Intl.DateTimeFormat("sv", { timeZone: "Asia/Almaty", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", hourCycle: "h23" }).format(Date.now() + 3_600_000);
  return { kind: "exact", date: parts.slice(0, 10), hour: Number(parts.slice(11, 13)) };
}

/** Books a truck at `aisha-bibi`, all checks in order; waits until it is called. */
export async function called(service, plate, more = {}) {
  const booking = id("B");
  await service.take("bookings", { id: id("r"), at: now(), type: "requested", booking_id: booking, account_id: "acc-1", scheme: "qorgan-2025", checkpoint: "aisha-bibi", slot: comingHour(),
    vehicle: { plate, country: "KZ", category: "N3", ...more.vehicle }, owner: { resident: true, kind: "legal", id: more.owner ?? "990140001234" }, drivers: [{ resident: true, document: "N1234567" }] });
  await service.take("checks", ...[["insurance", "vehicle"], ["biometrics", "driver:0"], ["accompanying_documents", "vehicle"]].map(([check, subject]) =>
    ({ id: id("c"), at: now(), booking_id: booking, plate, check, subject, result: "ok", source: "test" })));
  await until(async () => (await service.get(`/api/explain/${booking}`, service.auth)).body?.status === "called", `${plate} is called`);
  return booking;
}

/** A read at the gate; gives its id, which is the arrival's. */
export async function read(service, plate, more = {}) {
  const of = id("read");
  await service.take("anpr.reads", { id: of, at: now(), checkpoint: "aisha-bibi", camera: "aisha-bibi/gate-in", plate, country: "KZ", confidence: 0.9, ...more });
  return of;
}

/** The barrier's answers to a command. */
export async function barrier(service, command, ...types) {
  for (const type of types) await service.take("barrier.events", { id: id("be"), at: now(), checkpoint: command.checkpoint, barrier: command.barrier, type, command_id: command.command_id });
}

/** A wanted truck seen by a road camera; gives the alert when a group has it. */
export async function wanted(service, plate, camera) {
  await service.take("risk.profiles", { id: id("p"), at: now(), profile_id: id("profile"), kind: "watch_plate", plate, country: "KZ" });
  await service.take("road.hits", { id: id("h"), at: now(), camera, plate, country: "KZ", confidence: 0.99 });
  return until(async () => (await service.get("/api/alerts", service.auth)).body?.find((a) => a.plate === plate && a.group), `an alert with a group for ${plate}`);
}
