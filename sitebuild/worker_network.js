/* Stands before marimo's worker script: files that Python needs are asked for again, with growing pauses, when they do not arrive
   whole; the page hears of it. WebAssembly starts whatever type the server gives its file. */
(() => {
  const PAUSES = [1, 2, 4, 8], tell = (lk) => postMessage({ lk }), native = fetch, { WebAssembly } = self;
  const often = async (url, attempt) => {
    for (let n = 0; ; n++) {
      try {
        const got = await attempt(n);
        if (n) tell({ came: url });
        return got;
      } catch (error) {
        tell(n < PAUSES.length ? { again: n + 1, of: PAUSES.length } : { lost: url, why: error?.lk ?? "" });
        if (n === PAUSES.length) throw error;
        await new Promise((go) => setTimeout(go, 1000 * PAUSES[n]));
      }
    }
  };
  const ask = async (url, options, n) => {
    const answer = await native(url, n ? { ...options, cache: "reload" } : options); // what a cache kept may be what is broken
    if (!answer.ok) throw Object.assign(new Error(`${url}: ${answer.status}`), { lk: `The server answered with ${answer.status}.` });
    return answer;
  };
  let bytes = 0, told = 0;
  const count = (more) => {
    bytes += more;
    if (Math.abs(bytes - told) > 5e4) tell({ bytes: (told = bytes) });
  };
  const whole = async (answer) => {
    const parts = [], reader = answer.body.getReader();
    let size = 0;
    try {
      for (let next = await reader.read(); !next.done; next = await reader.read()) {
        parts.push(next.value);
        size += next.value.length;
        count(next.value.length);
      }
    } catch (error) {
      count(-size);
      throw error;
    }
    const data = new Uint8Array(size);
    let at = 0;
    for (const part of parts) { data.set(part, at); at += part.length; }
    return data;
  };
  self.fetch = async (place, options = {}) => {
    const url = String(place?.url ?? place);
    if (!/^https?:/.test(url) || url.includes("/no-index/") || (options.method ?? place?.method ?? "GET") !== "GET") return native(place, options);
    return often(url, async (n) => {
      const answer = await ask(url, options, n);
      return url.endsWith(".wasm") ? answer : new Response(await whole(answer), answer); // or again
    });
  };
  const streaming = WebAssembly.instantiateStreaming;
  WebAssembly.instantiateStreaming = async (coming, imports) => {
    const answer = await coming, { url } = answer; // streamed, the usual way; again from the bytes if that breaks
    const typed = answer.headers.get("Content-Type") === "application/wasm" ? answer : new Response(answer.body, { headers: { "Content-Type": "application/wasm" } });
    try {
      return await streaming.call(WebAssembly, typed, imports);
    } catch {
      return often(url, async () => WebAssembly.instantiate(await (await ask(url, {}, 1)).arrayBuffer(), imports));
    }
  };
  self.lkImport = (url) => often(url, (n) => import(n ? `${url}?again=${n}` : url)); // a browser may remember that an address failed
  self.lkTell = (kind, value) => tell({ [kind]: value, of: PAUSES.length }); // for Python: sitecustomize.py
  new PerformanceObserver((list) => { // what is not read piece by piece above
    for (const { name, decodedBodySize } of list.getEntries()) if (name.includes("pyodide.asm.")) count(decodedBodySize);
  }).observe({ type: "resource", buffered: true });
})();
