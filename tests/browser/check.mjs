// The runner: tests one after another in one browser, each with a page that fails on console errors and on any request to
// another host. Prints what passed and what failed; the last line counts.

/** A test that hangs fails instead of holding up the others. */
const DEADLINE_MS = 60_000;
const tests = [];
/** Registers a test. */
export function test(name, run) { tests.push({ name, run }); }

/** Fails with both values. */
export function same(actual, expected, what) {
  const [a, e] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== e) throw new Error(`${what}: ${a}, expected ${e}`);
}
/** Fails with the reason. */
export function holds(truth, what) { if (!truth) throw new Error(what); }

/** Waits until `look` gives something true; gives it. */
export async function until(look, what, ms = 15_000) {
  const end = Date.now() + ms;
  for (;;) {
    const got = await look();
    if (got) return got;
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
    await new Promise((go) => setTimeout(go, 50));
  }
}

/** A page of its own context that records what must not happen; `faults()` gives it. */
export async function open(browser, base, path, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1366, height: 900 }, locale: "ru-KZ", ...options });
  context.setDefaultTimeout(12_000);
  const page = await context.newPage();
  const faults = [];
  // A link that is cut on purpose is told by the browser itself.
  const allowed = /Failed to load resource: (net::ERR_|the server responded with a status of (401|404))|net::ERR_INTERNET_DISCONNECTED/;
  page.on("console", (m) => { if (m.type() === "error" && !allowed.test(m.text())) faults.push(`console: ${m.text()}`); });
  page.on("pageerror", (e) => faults.push(`exception: ${e.message}`));
  page.on("request", (r) => { if (!r.url().startsWith(base) && !r.url().startsWith("data:")) faults.push(`request to ${r.url()}`); });
  await page.goto(base + path);
  return { page, context, faults: () => faults, part: (id) => page.locator(`[data-testid="${id}"]`) };
}

const deadline = (name) => new Promise((_, fail) => setTimeout(fail, DEADLINE_MS, new Error(`${name}: not done within ${DEADLINE_MS} ms`)).unref());

/** Runs all, gives the number of failures. */
export async function runAll(world) {
  let failed = 0;
  const only = process.env.ONLY ?? "";
  const chosen = tests.filter((t) => t.name.includes(only));
  for (const { name, run } of chosen) {
    const began = Date.now();
    try {
      await Promise.race([run(world), deadline(name)]);
      console.log(`ok    ${name} (${Date.now() - began} ms)`);
    } catch (e) {
      failed += 1;
      console.log(`FAIL  ${name} (${Date.now() - began} ms)\n      ${String(e.stack ?? e).split("\n").slice(0, 12).join("\n      ")}`);
    } finally {
      for (const c of world.browser.contexts()) await c.close();
    }
  }
  console.log(`${chosen.length - failed} passed, ${failed} failed`);
  return failed;
}
