/* The service worker: labs open without a network.

   A build has a list of its files with their hashes (offline.py). Installing fetches what every lab needs, whole or not
   at all; a newer build waits until no page of the older one is open, which is the browser's own rule. What a device kept
   of the older build and what did not change is taken over, so an update fetches only what is new. */
const BUILD = "@BUILD@", PREFIX = "mlsys-labs-", CACHE = PREFIX + BUILD;
const at = (path) => new URL(path, registration.scope).href;
const LIST = at(`offline.${BUILD}.json`), CODE = at(`offline-edit.${BUILD}.json`); // the second is of the pages of the labs' code
const TYPES = { html: "text/html; charset=utf-8", js: "text/javascript", mjs: "text/javascript", css: "text/css", wasm: "application/wasm", json: "application/json", svg: "image/svg+xml" };

const digest = async (data) => [...new Uint8Array(await crypto.subtle.digest("SHA-256", data))].map((b) => b.toString(16).padStart(2, "0")).join("").slice(0, 32);

/** The list of this build; it is the first thing that is kept. */
async function list(which = LIST) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(which);
  if (kept) return kept.json();
  const answer = await fetch(which, { cache: "no-cache" });
  if (!answer.ok) throw new Error(`the list of the site's files did not arrive (${answer.status})`);
  await cache.put(which, answer.clone());
  return answer.json();
}

/** A file of this build: from an older cache if it is the same, else from the network; never another version of it. */
async function fresh(path, hash, older) {
  for (const name of older) {
    const data = await (await (await caches.open(name)).match(at(path)))?.arrayBuffer();
    if (data && (await digest(data)) === hash) return data;
  }
  for (const cache of ["default", "reload"]) {
    const answer = await fetch(at(path), { cache });
    const data = answer.ok ? await answer.arrayBuffer() : null;
    if (data && (await digest(data)) === hash) return data;
  }
  throw new Error(`${path} is not the file of this build; the site is being updated, or the connection broke`);
}

/** Keep these files; `tell` hears how far it is, in bytes. Stops at the first one that cannot be had. */
async function keep(paths, tell = () => {}, which = LIST) {
  const { files } = await list(which), cache = await caches.open(CACHE);
  const here = new Set((await cache.keys()).map((request) => request.url));
  const older = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  const todo = [...new Set(paths)].filter((path) => files[path] && !here.has(at(path)));
  const all = todo.reduce((sum, path) => sum + files[path][1], 0);
  let done = 0;
  const one = async () => {
    for (let path = todo.shift(); path; path = todo.shift()) {
      const [hash, size] = files[path];
      const type = TYPES[path.split(".").pop()] ?? "application/octet-stream";
      await cache.put(at(path), new Response(await fresh(path, hash, older), { headers: { "Content-Type": type } }));
      tell((done += size), all);
    }
  };
  await Promise.all([one(), one(), one(), one()]);
}

/** The labs that open without a network. */
async function kept() {
  const { labs } = await list(), cache = await caches.open(CACHE);
  const here = new Set((await cache.keys()).map((request) => request.url));
  return Object.keys(labs).filter((lab) => labs[lab].every((path) => here.has(at(path))));
}

async function install() {
  const { core, labs } = await list();
  const wanted = [...core], code = [];
  for (const name of (await caches.keys()).filter((n) => n.startsWith(PREFIX) && n !== CACHE)) {
    const had = new Set((await (await caches.open(name)).keys()).map((request) => request.url));
    for (const paths of Object.values(labs)) if (had.has(at(paths[0]))) wanted.push(...paths);
    if ([...had].some((url) => url.endsWith(".edit.html")))
      for (const paths of Object.values((await list(CODE)).labs)) if (had.has(at(paths[0]))) code.push(...paths);
  }
  await keep(wanted);
  if (code.length) await keep(code, undefined, CODE);
}

async function activate() {
  for (const name of await caches.keys()) if (name.startsWith(PREFIX) && name !== CACHE) await caches.delete(name);
  await clients.claim();
}

addEventListener("install", (event) => event.waitUntil(install()));
addEventListener("activate", (event) => event.waitUntil(activate()));

addEventListener("message", (event) => {
  const [port] = event.ports, { ask, lab } = event.data ?? {};
  const reply = (words) => port?.postMessage(words);
  const answer = {
    kept: async () => reply({ kept: await kept() }),
    lab: async () => {
      const which = lab?.endsWith(".edit") ? CODE : LIST, { labs } = await list(which);
      await keep(labs[lab] ?? [], undefined, which);
      reply({ kept: await kept() });
    },
    all: async () => {
      const { core, labs, rest } = await list();
      await keep([...core, ...Object.values(labs).flat(), ...rest], (done, all) => reply({ done, all }));
      reply({ kept: await kept() });
    },
  }[ask];
  if (answer) event.waitUntil(answer().catch((error) => reply({ error: String(error?.message ?? error) })));
});

addEventListener("fetch", (event) => {
  const { request } = event, url = new URL(request.url);
  if (request.method !== "GET" || !url.href.startsWith(registration.scope) || request.headers.has("range")) return;
  event.respondWith(respond(request, url));
});

async function respond(request, url) {
  const path = url.origin + url.pathname + (url.pathname.endsWith("/") ? "index.html" : "");
  const found = await (await caches.open(CACHE)).match(path);
  if (found) return found;
  try {
    return await fetch(request);
  } catch (error) {
    if (request.mode !== "navigate") throw error;
    const home = at("index.html");
    return new Response(
      `<!DOCTYPE html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>No network</title>
<body style="font:1.1em/1.5 sans-serif;max-width:38em;margin:3em auto;padding:0 1em;color-scheme:light dark"><h1>This page is not on this device</h1>
<p>There is no network now, and this page was not opened here before. What you did in other labs is kept.
<a href="${home}">The front page</a> shows which labs open without a network.</p>
<p><button onclick="location.reload()">Try again</button></p></body></html>`,
      { status: 503, headers: { "Content-Type": "text/html; charset=utf-8" } });
  }
}
