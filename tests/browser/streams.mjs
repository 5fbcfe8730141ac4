// Measures the stream: many clients of the centre, so many changes a second, and how long each took from being accepted by
// ingest to being received by every client. `KEZEK=… node streams.mjs [clients] [changes per second] [seconds]`.

import { readFileSync } from "node:fs";
import net from "node:net";
import { Service } from "./service.mjs";

const [clients, rate, seconds] = [1000, 50, 20].map((usual, i) => Number(process.argv[2 + i] ?? usual));
const service = await new Service(process.env.KEZEK ?? "../../target/debug/kezek").start();
const sent = new Map(), delays = [], seen = Array.from({ length: clients }, () => 0);
const MARK = /"arrival_id":"m-(\d+)"/g;
let closed = 0;

function take(n, text) {
  const at = performance.now();
  let newest = seen[n];
  for (const m of text.matchAll(MARK)) newest = Math.max(newest, Number(m[1]));
  for (let i = seen[n] + 1; i <= newest; i += 1) if (sent.has(i)) delays.push(at - sent.get(i));
  seen[n] = newest;
}
const sockets = Array.from({ length: clients }, (_, n) => {
  const s = net.connect(service.port, "127.0.0.1", () => s.write(`GET /api/stream?page=centre HTTP/1.1\r\nHost: 127.0.0.1:${service.port}\r\n\r\n`));
  s.setEncoding("latin1");
  s.on("data", (d) => take(n, d));
  s.on("close", () => { closed += 1; });
  s.on("error", () => { });
  return s;
});
await new Promise((go) => setTimeout(go, 3_000));
const began = performance.now();
for (let i = 1; i <= rate * seconds; i += 1) {
  const due = began + (i * 1000) / rate, wait = due - performance.now();
  if (wait > 0) await new Promise((go) => setTimeout(go, wait));
  // From the scheduled time: a slow ingest must not hide a wait.
  sent.set(i, due);
  service.take("anpr.reads", { id: `m-${i}`, at: new Date().toISOString(), checkpoint: "kordai", camera: "kordai/gate-in", plate: `${100 + (i % 900)}MSR${10 + (i % 9)}`, country: "KZ", confidence: 0.9 }).catch(() => { });
}
await new Promise((go) => setTimeout(go, 3_000));
delays.sort((a, b) => a - b);
const at = (share) => Math.round(delays[Math.min(delays.length - 1, Math.floor(delays.length * share))] ?? NaN);
const rss = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${service.process.pid}/status`, "utf8"))[1]) >> 10;
console.log(`${clients} clients, ${rate}/s for ${seconds} s: received ${delays.length} of ${clients * rate * seconds}, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms, closed ${closed}, service ${rss} MiB`);
for (const s of sockets) s.destroy();
await service.end();
