// What a tablet said while it had no connection: kept on the device, in order, sent once. Every record carries an id made
// when the button was pressed, so a record whose answer was lost may be sent again and is still one record.

import { send } from "./shell.js";

const KEY = "kezek-outbox";
const MAX = 200;
const EVERY_MS = 2500;

export class Outbox {
  constructor(onChange) {
    this.onChange = onChange;
    this.busy = false;
    this.list = [];
    try { this.list = JSON.parse(localStorage.getItem(KEY) ?? "[]"); } catch { /* kept in memory only */ }
    addEventListener("online", () => this.flush());
    setInterval(() => this.flush(), EVERY_MS);
    this.flush();
  }
  keep() { try { localStorage.setItem(KEY, JSON.stringify(this.list)); } catch { /* kept in memory only */ } this.onChange(this.list, this.refused); }

  /** Takes a record with its id and time; `false` when the box is full. */
  put(path, record) {
    if (this.list.length >= MAX) return false;
    this.list.push({ path, record });
    this.refused = null;
    this.keep();
    this.flush();
    return true;
  }

  async flush() {
    if (this.busy || !this.list.length) return;
    this.busy = true;
    try {
      while (this.list.length) {
        const { path, record } = this.list[0];
        const done = await send(path, record);
        // Not now: the engine is away, or the session is asked anew. Everything else is an answer.
        if (done.status >= 500 || done.status === 429 || (done.status === 403 && !this.again)) { this.again = done.status === 403; break; }
        this.again = false;
        this.list.shift();
        if (!done.ok) this.refused = { record, message: done.message ?? String(done.status) };
        this.keep();
      }
    } catch { /* no connection: tried again */ } finally { this.busy = false; }
  }
}
