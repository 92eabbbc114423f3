/* Start Python at once, not when the front end has arrived: open its worker now and hand it over when marimo asks for one.
   marimo's messages to it are sent ahead; the worker takes the first of each kind and leaves marimo's own. What the worker
   says before marimo listens is kept and said again. */
(() => {
  const guard = window.lkGuard; // guard.js: it has looked whether the lab can run here, and says what is wrong
  const about = JSON.parse(document.currentScript.dataset.lk);
  const absolute = (place) => new URL(place, document.baseURI).href;
  const script = absolute(about.worker), Native = window.Worker;
  const address = origin === "null" ? `data:application/javascript,${encodeURIComponent(`import ${JSON.stringify(script)}`)}` : script; // as marimo does in a sandboxed frame
  if (matchMedia("(prefers-color-scheme: dark)").matches) document.documentElement.classList.add("dark") // until marimo sets it on the body

  if (about.embed && new URLSearchParams(location.search).get("embed") === "1") {
    document.documentElement.classList.add("lk-embed");
    document.head.append(Object.assign(document.createElement("script"), { src: absolute(about.embed) }));
  }
  if (about.own && !guard.reason) fetch(absolute(about.own)).catch(() => {}); // Python asks for it a little later, and waits while it does

  let worker, answered = false, modules = false;
  const options = { name: "marimo", get type() { modules = true; return "module"; } }; // who does not look runs no modules in a worker
  const send = (data) => worker.postMessage({ "[transport-id]": "marimo-transport", data });
  if (!guard.reason) try {
    worker = new Native(address, options);
    if (!modules) throw new TypeError("no modules");
    send({ type: "message", id: "bootstrap", payload: { version: about.version, pyodideIndexUrl: absolute(about.runtime), pyodideLockfileUrl: absolute(about.lock), pypiIndexUrl: absolute(about.index).replaceAll("%7B", "{").replaceAll("%7D", "}") } });
    const kept = [], listen = worker.addEventListener.bind(worker);
    let taken = false;
    listen("message", (event) => {
      answered = true;
      if (event.data?.lk) { event.stopImmediatePropagation(); hear(event.data.lk); return; } // not for marimo: worker_network.js
      follow(event.data?.data);
      if (!taken) kept.push(event.data);
    });
    listen("error", () => { if (!answered) guard.lost(script); });
    worker.addEventListener = (kind, ...rest) => {
      listen(kind, ...rest);
      if (kind === "message" && !taken) {
        taken = true;
        queueMicrotask(() => kept.splice(0).forEach((data) => rest[0].call(worker, new MessageEvent("message", { data }))));
      }
    };
    window.Worker = function Worker(place, options) {
      if (String(place) !== address) return new Native(place, options);
      window.Worker = Native;
      return worker;
    };
    window.Worker.prototype = Native.prototype;
  } catch {
    worker = null;
    guard.stop(modules ? "worker" : "old");
  }

  /* The page calls this at its end, before marimo's scripts run: the notebook starts with what marimo asks for a little later. */
  window.lkParsed = () => {
    delete window.lkParsed;
    const mount = window.__MARIMO_MOUNT_CONFIG__, code = document.querySelector("marimo-code");
    if (worker && mount && code) {
      const asked = {};
      for (const [key, value] of new URLSearchParams(location.search)) asked[key] = key in asked ? [].concat(asked[key], value) : value;
      const userConfig = { ...mount.config, runtime: { ...mount.config.runtime, auto_instantiate: true } };
      send({ type: "request", id: "start", method: "startSession", params: { queryParameters: asked, code: decodeURIComponent(code.textContent).trim(), filename: mount.filename, userConfig } });
    }
    watch();
  };

  /* The line that says what is loading, and how far it is. */
  const steps = ["Python is loading", "Python starts", "The notebook starts", "The controls wake up in a moment"];
  let step = 0, over = false, ran = false;
  let bytes = 0, front = 0, usual = true; // what is here of Python and of the front end; about.bytes is all of both
  const say = (words) => {
    if (over || guard.reason || guard.failing()) return;
    usual = !words;
    const share = step < 2 ? Math.min(0.99, (bytes + front) / about.bytes) : 0;
    const far = share > 0.005 ? `, ${Math.round(100 * share)} % is here` : "";
    guard.say(words ?? `You can read already. ${steps[step]}${far} (${step + 1} of ${steps.length})`, null, (step < 2 ? Math.max(0.1, 2 * share) : step + 0.5) / steps.length);
  };
  const watching = new PerformanceObserver((list) => {
    for (const { decodedBodySize } of list.getEntries()) front += decodedBodySize;
    if (usual && step < 2) say();
    if (over) watching.disconnect();
  });
  watching.observe({ type: "resource", buffered: true });
  const reach = (n) => { if (n > step) { step = n; say(); } };
  function hear(lk) {
    if (lk.bytes > bytes) bytes = lk.bytes;
    if (lk.lost) guard.lost(lk.lost, true, lk.why);
    else say(lk.again && `A part of Python did not arrive. Trying again (${lk.again} of ${lk.of}) … You can read already.`);
  }
  function follow(message) {
    if (message?.type !== "message") return;
    if (message.id === "initializingMessage") reach(/dependencies/.test(message.payload?.message) ? 1 : 0);
    if (message.id === "initialized") reach(2);
    if (message.id === "kernelMessage") {
      reach(3);
      if (/^\{"op": ?"completed-run"/.test(message.payload?.message)) setTimeout(() => { ran = true; look(); }, 3000);
    }
    if (message.id === "initializedError" && !guard.failing()) { // what did not arrive is told already
      guard.say(`Python did not start: ${message.payload?.error ?? "unknown reason"}. What you recorded before is kept, and the text stays readable.`, () => location.reload());
      over = true;
    }
  }

  /* Once the lab is awake, keep it on this device: sw.js. Where the browser has no service worker, or refuses it, nothing is lost. */
  async function keep() {
    if (!about.offline) return; // in a package (scorm_self.py)
    try {
      const workers = navigator.serviceWorker; // a sandboxed frame throws
      if (!workers) return refused(isSecureContext ? "this browser has no service worker" : "its address does not begin with https");
      await workers.register(absolute(about.offline));
      (await workers.ready).active.postMessage({ ask: "lab", lab: about.lab });
    } catch (error) {
      if (["SecurityError", "NotSupportedError"].includes(error?.name)) refused("the browser blocks what it needs for that (a service worker)");
    }
  }

  /* Say once a visit that the lab is not kept; a page around the lab has its own words for what a frame may do. */
  function refused(why) {
    if (window.top !== window || sessionStorage.getItem("lk-refused")) return;
    sessionStorage.setItem("lk-refused", "told");
    const line = Object.assign(document.createElement("div"), { id: "lk-start", className: "lk-line" }), close = document.createElement("button");
    line.setAttribute("role", "status");
    close.textContent = "Close";
    close.onclick = () => line.remove();
    line.append(`The lab works, but only with a network: it cannot be kept on this device, because ${why}. Stay connected while you work on it.`, close);
    document.body.append(line);
  }

  /* Take the first view away when marimo shows the same, at the same place, and its controls are awake: what was typed before
     would be gone when their cell has run. A lab that ran to its end without saying so, because a cell failed, is shown too. */
  let look = () => {};
  function watch() {
    const first = document.getElementById("lk-first"), root = document.getElementById("root");
    const mark = first?.querySelector("h1,h2,p") ? "h1,h2,p" : "";
    const end = () => {
      if (ended) return; // a look that waited may come after the last one
      over = ended = true;
      guard.ready();
      looking.disconnect();
      keep();
    };
    let shown = !first, ended = false, formulas = 0;
    look = () => {
      const awake = root.querySelector("[data-lk-awake]");
      if (!(ran || (awake ? awake.dataset.lkAwake === "yes" : step >= 3))) return;
      if (!shown && mark && root.querySelector(`.output-area :is(${mark})`)) {
        formulas ||= performance.now();
        const waiting = [...root.querySelectorAll("marimo-tex")].some((formula) => !(formula.shadowRoot ?? formula).querySelector(".katex"));
        if (!waiting || performance.now() - formulas > 1500) {
          shown = true;
          const app = document.getElementById("App"), at = first.scrollTop;
          first.remove();
          document.documentElement.classList.remove("dark");
          if (app) app.scrollTop = at;
        } else setTimeout(look, 50);
      }
      if (shown) end();
    };
    const looking = new MutationObserver(look);
    looking.observe(root, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-lk-awake"] });
    say();
    setTimeout(() => say("This takes longer than usual. A slow connection, or an old device; nothing is lost by waiting or by reloading"), 60000);
  }
})();
