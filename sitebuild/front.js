/* The front page's own script: the filter, the student's progress from this browser's logs, and all logs in one file.
   It reads the database that the labs write (labkit/storage_indexeddb.py); nothing is sent anywhere. */
(() => {
  const say = (words) => { document.getElementById("said").textContent = words; };
  const cards = [...document.querySelectorAll(".lab")];

  // the filter
  const find = document.getElementById("find");
  const filter = () => {
    const words = find.elements.words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const terms = [...find.querySelectorAll("[name=term]:checked")].map((box) => box.value);
    let shown = 0;
    for (const card of cards) {
      const text = card.textContent.toLowerCase();
      card.hidden = !(words.every((w) => text.includes(w)) && terms.every((t) => card.dataset.terms.split(" ").includes(t)));
      shown += !card.hidden;
    }
    document.getElementById("count").textContent = shown === cards.length ? "" : `${shown} of ${cards.length} labs`;
  };
  find.addEventListener("input", filter);
  find.addEventListener("submit", (e) => e.preventDefault());
  find.hidden = false;

  // this browser's logs
  const asked = (request) => new Promise((done, failed) => { request.onsuccess = () => done(request.result); request.onerror = () => failed(request.error); });
  const database = () => new Promise((done, failed) => {
    let request;
    try { request = indexedDB.open("mlsys-labs", 2); } catch (error) { return failed(error); }
    request.onupgradeneeded = () => {
      for (const name of ["logs", "current", "kept", "drafts"])
        if (!request.result.objectStoreNames.contains(name)) request.result.createObjectStore(name);
    };
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
    request.onblocked = () => failed(new Error("another tab holds the store"));
  });
  const read = async () => {
    const db = await database();
    try {
      const store = db.transaction("logs").objectStore("logs");
      return (await asked(store.getAll())).map((text) => { try { return [text, JSON.parse(text)]; } catch { return null; } }).filter(Boolean);
    } finally { db.close(); }
  };

  const progress = async () => {
    const logs = await read();
    let calibrated = 0, predictions = 0;
    for (const card of cards) {
      const mine = logs.filter(([, log]) => log.lab?.id === card.dataset.lab && log.entries?.length);
      if (!mine.length) continue;
      const [, log] = mine.reduce((a, b) => (b[1].entries.length > a[1].entries.length ? b : a));
      const count = (kind) => new Set(log.entries.filter((e) => e.kind === kind && (kind !== "drill" || e.right)).map((e) => e.part || e.question || kind)).size;
      const done = Math.min(count("prediction"), card.dataset.parts) + Math.min(count("observation"), card.dataset.parts) + count("decision") + Math.min(count("drill"), 3);
      const all = 2 * card.dataset.parts + 4;
      card.querySelector(".done").innerHTML = `${done >= all ? "done" : `${done} of ${all} steps`}<span class="bar"><i style="width:${(100 * Math.min(1, done / all)).toFixed(0)}%"></i></span>`;
      predictions += log.entries.filter((e) => e.kind === "prediction").length;
      calibrated += log.entries.filter((e) => e.kind === "observation" && e.right === true).length;
    }
    const started = cards.filter((c) => c.querySelector(".done").textContent).length;
    document.getElementById("mine").textContent = started
      ? `In this browser: ${started} ${started === 1 ? "lab" : "labs"} begun, ${predictions} predictions locked, ${calibrated} explanations that the simulator agrees with.`
      : "No lab has been begun in this browser yet.";
  };

  // all logs in one file, and back
  const take = async () => {
    const logs = await read();
    if (!logs.length) return say("There is no log in this browser to export.");
    const file = new Blob([JSON.stringify({ schema: "mlsys-decision-logs/1.0", logs: logs.map(([, log]) => log) }, null, 1)], { type: "application/json" });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(file);
    link.download = "mlsys-labs-logs.json";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    say(`${logs.length} ${logs.length === 1 ? "log" : "logs"} exported.`);
  };
  const bring = async (file) => {
    if (file.size > 50e6) return say("This file is too large for a collection of logs. Nothing was imported.");
    let found;
    try { found = JSON.parse(await file.text()); } catch { return say("This file is not JSON. Nothing was imported."); }
    const logs = found?.schema?.startsWith?.("mlsys-decision-logs/1.") ? found.logs : found?.schema?.startsWith?.("mlsys-decision-log/1.") ? [found] : null;
    if (!Array.isArray(logs)) return say("This file is no collection of decision logs of version 1. Nothing was imported.");
    const known = new Set(cards.map((c) => c.dataset.lab));
    const fit = logs.filter((l) => known.has(l?.lab?.id) && typeof l.attempt === "string" && Array.isArray(l.entries) && typeof l.head_hash === "string");
    const db = await database();
    let added = 0;
    try {
      const t = db.transaction(["logs", "current"], "readwrite");
      for (const log of fit) {
        const key = [log.lab.id, log.attempt];
        if ((await asked(t.objectStore("logs").getKey(key))) !== undefined) continue; // what is here already stays as it is
        t.objectStore("logs").put(JSON.stringify(log, null, 2) + "\n", key);
        if ((await asked(t.objectStore("current").getKey(log.lab.id))) === undefined) t.objectStore("current").put(log.attempt, log.lab.id);
        added += 1;
      }
      await new Promise((done, failed) => { t.oncomplete = done; t.onerror = () => failed(t.error); t.onabort = () => failed(t.error); });
    } finally { db.close(); }
    say(`${added} of ${logs.length} logs imported; what was here already stays. Each lab checks its log when you open it.`);
    await progress();
  };
  const off = (error) => say(`This browser does not let the page keep logs (${error?.name || error}). A log that you exported from a lab is not touched.`);
  document.getElementById("take").addEventListener("click", () => take().catch(off));
  document.getElementById("bring").addEventListener("change", (e) => { const [file] = e.target.files; if (file) bring(file).catch(off).finally(() => { e.target.value = ""; }); });
  document.getElementById("work").hidden = false;
  progress().catch(off);

  // labs that open without a network: sw.js keeps them
  const offline = async () => {
    const workers = navigator.serviceWorker, here = document.getElementById("here"), far = document.getElementById("far"), button = document.getElementById("keep");
    if (!workers) return;
    const ask = async (what, hear = () => {}) => {
      const { active } = await workers.ready, { port1, port2 } = new MessageChannel();
      return new Promise((done, failed) => {
        port1.onmessage = ({ data }) => (data.error ? failed(new Error(data.error)) : data.kept ? done(data.kept) : hear(data));
        active.postMessage({ ask: what }, [port2]);
      });
    };
    const show = (kept) => {
      here.textContent = `${kept.length} of ${cards.length} labs open on this device without a network.`;
      for (const card of cards) card.toggleAttribute("data-kept", kept.includes(card.dataset.lab));
      button.hidden = kept.length === cards.length;
    };
    here.textContent = "A lab that you opened once opens without a network too.";
    document.getElementById("device").hidden = false;
    button.addEventListener("click", async () => {
      button.disabled = true;
      far.hidden = false;
      here.textContent = "Fetching what the labs need …";
      try {
        await workers.register("sw.js");
        show(await ask("all", ({ done, all }) => { far.value = all ? done / all : 1; here.textContent = `${(done / 1e6).toFixed(0)} of ${(all / 1e6).toFixed(0)} MB kept`; }));
      } catch (error) {
        here.textContent = `Not all labs could be kept: ${error?.message || error}. What is here stays; try again when the connection is back.`;
      }
      far.hidden = true;
      button.disabled = false;
    });
    if (await workers.getRegistration()) show(await ask("kept"));
  };
  offline().catch(() => {});
})();
