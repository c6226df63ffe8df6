// Without a line: the face of the site, and "my bookings" as they were read last.
// Everything else is always asked of the server.
"use strict";
const FILES = [{% for file in files %}"{{ file|escapejs }}", {% endfor %}];
const PAGES = ["/offline/", "/offline/?form=1"];
const FACE = "face " + FILES.join(" "), OWN = "own";

self.addEventListener("install", (event) => {
  const kept = caches.open(FACE).then((cache) => cache.addAll([...FILES, ...PAGES]));
  event.waitUntil(kept.then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const old = (name) => name !== FACE && name !== OWN;
  const swept = caches.keys().then((names) =>
    Promise.all(names.filter(old).map((name) => caches.delete(name))));
  event.waitUntil(swept.then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const request = event.request, url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (request.mode === "navigate") event.respondWith(opened(request, url));
  else if (FILES.includes(url.pathname)) event.respondWith(file(request));
});

async function file(request) {
  return (await caches.match(request, { ignoreVary: true })) || fetch(request);
}

async function opened(request, url) {
  let answer;
  try {
    answer = await fetch(request);
  } catch (error) {
    return withoutLine(request, url);
  }
  if (url.pathname.startsWith("/accounts/") && request.method === "POST") await caches.delete(OWN);
  if (url.pathname === "/bookings/" && request.method === "GET") await remember(url, answer);
  else if (answer.headers.has("X-Readable-Offline")) await remember(url, answer);
  return answer;
}

async function remember(url, answer) {
  // Who is not signed in any more, or says that the phone is shared, keeps nothing.
  if (!answer.headers.has("X-Readable-Offline")) return caches.delete(OWN);
  if (answer.ok && !answer.redirected) await (await caches.open(OWN)).put(url.pathname, answer.clone());
}

async function withoutLine(request, url) {
  const own = await caches.open(OWN);
  const kept = request.method === "GET" && await own.match(url.pathname, { ignoreVary: true });
  if (kept) {
    // The note that says from when the page is.
    const text = (await kept.text()).replace("hidden data-read-offline", "data-read-offline");
    return new Response(text, { headers: { "Content-Type": "text/html; charset=utf-8" } });
  }
  return caches.match(request.method === "GET" ? PAGES[0] : PAGES[1], { ignoreVary: true });
}
