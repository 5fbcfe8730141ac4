// Runs the browser tests: `KEZEK=path/to/kezek CHROMIUM=path/to/chromium node run.mjs`.

import { chromium } from "playwright-core";
import { runAll } from "./check.mjs";
import { Service } from "./service.mjs";
import "./api.test.mjs";
import "./centre.test.mjs";
import "./officer.test.mjs";
import "./tablet.test.mjs";
import "./public.test.mjs";
import "./pages.test.mjs";
import "./access.test.mjs";
import "./link.test.mjs";

const binary = process.env.KEZEK ?? "../../target/debug/kezek";
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"] });
const service = await new Service(binary).start();
let failed = 1;
try { failed = await runAll({ browser, service, binary }); } finally {
  await browser.close();
  await service.end();
}
process.exit(failed ? 1 : 0);
