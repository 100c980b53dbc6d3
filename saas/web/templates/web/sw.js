/* The offline shell: pages come from the network; without one, the offline page in the brand's design. */
const CACHE = "shell-{{ version }}";
const SHELL = {{ shell|safe }};
self.addEventListener("install", (event) => event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(SHELL)).then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil(caches.keys().then((names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name)))).then(() => self.clients.claim())));
self.addEventListener("fetch", (event) => {
  const address = new URL(event.request.url);
  if (event.request.method !== "GET" || address.origin !== location.origin) return;
  if (event.request.mode === "navigate") { event.respondWith(fetch(event.request).catch(() => caches.match("/offline/"))); return; }
  if (SHELL.includes(address.pathname)) event.respondWith(fetch(event.request).catch(() => caches.match(event.request, { ignoreSearch: true })));
});
