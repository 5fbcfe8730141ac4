// A service of our own on loopback, with the embedded log in a folder of its own.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { until } from "./check.mjs";

async function freePort() {
  const s = net.createServer();
  await new Promise((go) => s.listen(0, "127.0.0.1", go));
  const { port } = s.address();
  await new Promise((go) => s.close(go));
  return port;
}

export class Service {
  constructor(binary, env = {}, command = ["run"]) { Object.assign(this, { binary, env, command, said: "" }); }

  async start() {
    this.port ??= await freePort();
    this.folder ??= mkdtempSync(path.join(tmpdir(), "kezek-browser-"));
    this.base = `http://127.0.0.1:${this.port}`;
    const own = Object.fromEntries(Object.entries(process.env).filter(([k]) => !k.startsWith("KEZEK_")));
    this.process = spawn(this.binary, this.command, { stdio: ["ignore", "ignore", "pipe"], env: { ...own, KEZEK_HTTP__LISTEN: `127.0.0.1:${this.port}`, KEZEK_SQL__LISTEN: "127.0.0.1:0",
      KEZEK_LOG__DATA_DIR: this.folder, KEZEK_LOG__FSYNC: "false", ...this.env } });
    this.process.stderr.on("data", (d) => { this.said = (this.said + d).slice(-4000); });
    let gone = null;
    this.process.on("exit", (code) => { gone = code ?? "killed"; });
    await until(async () => { if (gone !== null) throw new Error(`the service ended (${gone}): ${this.said}`); return (await fetch(`${this.base}/readyz`).catch(() => null))?.ok; }, "ready", 60_000);
    return this;
  }
  /** Kills it at once; the folder stays. */
  async kill() {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const gone = new Promise((go) => this.process.once("exit", go));
    this.process.kill("SIGKILL");
    await gone;
  }
  async end() { await this.kill(); rmSync(this.folder, { recursive: true, force: true }); }

  async get(route, headers = {}) {
    const answer = await fetch(this.base + route, { headers });
    return { status: answer.status, type: answer.headers.get("content-type") ?? "", headers: answer.headers, body: await answer.json().catch(() => null) };
  }
  async post(route, body, headers = {}) {
    const answer = await fetch(this.base + route, { method: "POST", headers: { "content-type": "application/json", ...headers }, body: typeof body === "string" ? body : JSON.stringify(body) });
    return { status: answer.status, headers: answer.headers, body: await answer.json().catch(() => null) };
  }
  /** Takes records, as any producer would. */
  async take(topic, ...records) {
    const answer = await this.post(`/api/ingest/${topic}`, records.map((r) => JSON.stringify(r)).join("\n"), this.auth ?? {});
    if (answer.status !== 200) throw new Error(`ingest ${topic}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body.accepted;
  }
  /** Committed records of a topic. */
  async topic(name) {
    const answer = await fetch(`${this.base}/api/topics/${name}?from=0`, { headers: this.auth ?? {} });
    return (await answer.text()).split("\n").filter(Boolean).map((l) => JSON.parse(l).value);
  }
}
