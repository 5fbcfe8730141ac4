// The interface's edges: errors as JSON, sizes, resends, headers.

import { holds, same, test } from "./check.mjs";

test("errors are {code, message} whatever goes wrong", async ({ service }) => {
  for (const [route, status] of [["/api/nothing", 404], ["/api/vehicles/KZ/000XXX00", 404], ["/api/checkpoints/atlantis", 404], ["/api/explain/none", 404], ["/api/alerts/none", 404], ["/api/topics/none?from=0", 404],
    ["/api/topics/bookings?from=x", 400], ["/api/topics/journal?from=0", 403], ["/api/stream?page=none", 400], ["/api/stream?page=board&checkpoint=atlantis", 404], ["/api/ingest/bookings", 405], ["/assets/none.js", 404]]) {
    const answer = await service.get(route);
    same([route, answer.status, typeof answer.body?.code, typeof answer.body?.message], [route, status, "string", "string"], "an error");
  }
  const { csrf } = (await service.get("/api/session")).body;
  for (const [route, body, status] of [["/api/controls", "no json", 400], ["/api/controls", { id: "1", type: "fly", checkpoint: "dostyk" }, 400], ["/api/controls", { id: "1", type: "opened", checkpoint: "atlantis" }, 400],
    ["/api/controls", { id: "1", type: "barrier_open", checkpoint: "dostyk", barrier: "nur-zholy/barrier-1", reason: "r" }, 400], ["/api/groups", { id: "1", type: "seen", group: "nowhere/group-1", alert_id: "a" }, 400],
    ["/api/ingest/none", "{}", 404], ["/api/ingest/boards", "{}", 404]]) {
    const answer = await service.post(route, body, { "x-csrf-token": csrf });
    same([route, answer.status, typeof answer.body?.code], [route, status, "string"], JSON.stringify(body));
  }
});

test("ingest: 413 beyond a mebibyte, resends once, bad lines counted and kept", async ({ service }) => {
  const over = await service.post("/api/ingest/crossings", JSON.stringify({ id: "big", pad: "x".repeat(1 << 20) }));
  same([over.status, over.body.code], [413, "too_large"], "too large");
  const record = { id: "crossing-1", at: new Date().toISOString(), checkpoint: "taskala", direction: "exit", plate: "111RES08", country: "KZ" };
  const lines = `${JSON.stringify(record)}\nnot json\n`;
  for (let i = 0; i < 2; i += 1) same((await service.post("/api/ingest/crossings", lines)).body, { accepted: 2 }, "all lines are counted");
  const dead = (await service.topic("dead.letters")).filter((d) => d.topic === "crossings");
  holds(dead.some((d) => d.reason === "not_json" && Buffer.from(d.raw, "base64").toString() === "not json"), "the bad line is kept whole");
  const page = await fetch(`${service.base}/api/topics/crossings?from=0`);
  const got = (await page.text()).split("\n").filter(Boolean).map((l) => JSON.parse(l));
  holds(got.every((r) => Number.isInteger(r.partition) && Number.isInteger(r.offset) && r.received_at && r.value), "partition, offset, received_at, value");
});

test("headers: nothing inline, nothing from elsewhere, no framing, no guessing", async ({ service }) => {
  for (const route of ["/", "/public", "/api/checkpoints"]) {
    const { headers } = await service.get(route);
    const csp = headers.get("content-security-policy");
    holds(csp.includes("default-src 'none'") && !csp.includes("unsafe"), csp);
    same([headers.get("x-content-type-options"), headers.get("x-frame-options"), headers.get("referrer-policy")], ["nosniff", "DENY", "no-referrer"], route);
  }
  const list = (await service.get("/api/checkpoints")).body;
  holds(Array.isArray(list) && list.length > 40 && list.every((c) => typeof c.checkpoint === "string"), "a list with `checkpoint`");
});
