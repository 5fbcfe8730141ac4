// Follows a page's feed: sections of state, merged as they come. A beat comes every second; without one for
// 3.5 s the page is stale, says so, and goes on trying by itself.

const STALE_MS = 3500;

/** Follows. `onState(state, changedSections)`; `onHealth({stale, why, ageMs})`. */
export function follow(query, onState, onHealth) {
  const state = {};
  let source = null, last = null, heard = performance.now(), ready = true, retry = null;
  const clock = { serverMs: null, atMs: 0 };

  function open() {
    retry = null;
    const params = new URLSearchParams(query);
    if (last) params.set("last", last);
    source = new EventSource(`/api/stream?${params}`);
    const take = (whole) => (event) => {
      heard = performance.now();
      if (event.lastEventId) last = event.lastEventId;
      const part = JSON.parse(event.data);
      Object.assign(state, part);
      onState(state, whole ? Object.keys(state) : Object.keys(part));
      health();
    };
    source.addEventListener("snapshot", take(true));
    source.addEventListener("change", take(false));
    source.addEventListener("beat", (event) => {
      heard = performance.now();
      const beat = JSON.parse(event.data);
      ready = beat.ready;
      const wall = beat.wall, now = beat.now ? Date.parse(beat.now) : wall;
      // Recorded time may run elsewhere than the wall's; a few idle minutes are not that.
      clock.serverMs = Math.abs(wall - now) > 1_800_000 && now > 86_400_000 ? now : wall;
      clock.atMs = performance.now();
      health();
    });
    source.onerror = () => {
      source.close();
      if (retry === null) retry = setTimeout(open, 700 + Math.random() * 600);
    };
  }
  function health() {
    const ageMs = performance.now() - heard;
    onHealth({ stale: ageMs > STALE_MS || !ready, why: ageMs > STALE_MS ? "link" : ready ? null : "engine", ageMs });
  }
  setInterval(() => {
    health();
    // A link that went silent without an error is opened anew.
    if (performance.now() - heard > 2 * STALE_MS && retry === null && source) { source.close(); retry = setTimeout(open, 300); heard = Math.max(heard, performance.now() - 1.5 * STALE_MS); }
  }, 500);
  // The device says that the network is gone: an open stream may hang silently, so it is tried anew at once.
  addEventListener("offline", () => { source?.close(); if (retry === null) retry = setTimeout(open, 300); });
  addEventListener("online", () => { if (retry === null && source?.readyState === EventSource.CLOSED) open(); });
  addEventListener("pagehide", () => source?.close());
  addEventListener("pageshow", (e) => { if (e.persisted) open(); });
  open();
  return {
    state,
    /** The source's time, ms since 1970. */
    now: () => (clock.serverMs === null ? Date.now() : clock.serverMs + (performance.now() - clock.atMs)),
  };
}
