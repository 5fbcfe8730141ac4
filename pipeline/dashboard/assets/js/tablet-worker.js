// Keeps the tablet's shell on the device, so that the page opens without a connection. Data are never kept here: what is
// old must not look new. Network first: a new version is taken as soon as there is a link.

const CACHE = "kezek-tablet-1";
const SHELL = ["/tablet", "/assets/css/kezek.css", "/assets/icon.svg", "/assets/tablet.webmanifest", "/assets/labels/kk.json", "/assets/labels/ru.json", "/assets/labels/en.json",
  ...["tablet", "shell", "text", "dom", "live", "words", "outbox", "sketch"].map((f) => `/assets/js/${f}.js`), "/api/catalogue"];

self.addEventListener("install", (e) => { e.waitUntil(caches.open(CACHE).then((c) => c.addAll(SHELL)).then(() => self.skipWaiting())); });
self.addEventListener("activate", (e) => { e.waitUntil(caches.keys().then((all) => Promise.all(all.filter((k) => k !== CACHE).map((k) => caches.delete(k)))).then(() => self.clients.claim())); });
self.addEventListener("fetch", (e) => {
  const url = new URL(e.request.url);
  if (e.request.method !== "GET" || url.origin !== self.location.origin || !SHELL.includes(url.pathname)) return;
  e.respondWith(fetch(e.request).then((answer) => {
    if (answer.ok && !answer.redirected) { const copy = answer.clone(); e.waitUntil(caches.open(CACHE).then((c) => c.put(url.pathname, copy))); }
    return answer;
  }).catch(async () => (await caches.match(url.pathname)) ?? Response.error()));
});
