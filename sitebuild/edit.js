/* The page of a lab's code (edit_page.py). It runs before start.js and gives marimo's editor what it needs here:
   - one Python instead of two: marimo would start a second one only to save;
   - a place of its own for each lab's edited code, in this browser, read again before Python starts;
   - no question to a package index: what the site lacks is answered with a sentence. */
(() => {
  const { lab, of } = JSON.parse(document.currentScript.dataset.lkEdit);
  const KEY = `mlsys-labs.edit.${lab}`, Native = window.Worker, TRANSPORT = "[transport-id]", NAME = "marimo-transport";
  const LACKING = "This site has no package index, so nothing can be installed here. Download the notebook and run it on your own machine.";

  // --- the edited code, kept in this browser
  const read = () => { try { return JSON.parse(localStorage.getItem(KEY)); } catch { return null; } };
  const kept = read();
  const say = (words) => { const line = document.getElementById("lk-copy-said"); if (line) line.textContent = words; };
  const time = (at) => new Date(at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
  const offer = () => { const button = document.getElementById("lk-copy-anew"); if (button) button.hidden = false; };
  const keep = (code) => {
    const at = Date.now();
    try {
      localStorage.setItem(KEY, JSON.stringify({ code, of: kept?.of ?? of, at }));
      say(`Your code was kept in this browser, ${time(at)}.`);
    } catch {
      say("Your code cannot be kept: this browser's storage is full or forbidden. Download it before you leave (menu, Export…).");
    }
    offer();
  };
  if (location.hash.startsWith("#code/")) history.replaceState(null, "", location.pathname + location.search); // marimo's copy in the address; ours is in the storage

  /* The builder puts this around marimo's configuration: code that was kept takes the place of the lab's own. */
  window.lkNotebook = (config) => {
    delete window.lkNotebook;
    const code = document.querySelector("marimo-code");
    if (kept?.code && code) {
      code.textContent = encodeURIComponent(kept.code);
      Object.assign(config, { notebook: null, session: null });
      say(`This is your code of ${time(kept.at)}, kept in this browser.` + (kept.of === of ? "" : " The lab was changed since then."));
      offer();
    }
    document.getElementById("lk-copy-anew")?.addEventListener("click", () => {
      if (!confirm("Throw your changes away and take the lab's own code?")) return;
      try { localStorage.removeItem(KEY); } catch {}
      location.reload();
    });
    return Object.freeze(config);
  };

  // --- Python's worker, and the second one that marimo would start to save
  let python, count = 0, saved = false;
  const waiting = new Map();
  const ask = (method, params) => new Promise((done, failed) => {
    const id = `edit-${++count}`;
    waiting.set(id, { done, failed });
    Native.prototype.postMessage.call(python, { [TRANSPORT]: NAME, data: { type: "request", id, method, params } });
  });
  const tell = (worker, data) => worker.dispatchEvent(new MessageEvent("message", { data: { [TRANSPORT]: NAME, data } }));
  const answer = async (worker, { id, params }, doing) => {
    try {
      tell(worker, { type: "response", id, success: true, payload: await doing(params) });
    } catch (error) {
      tell(worker, { type: "response", id, success: false, error: String(error?.message ?? error) });
    }
  };
  const save = {
    saveNotebook: async (params) => {
      await ask("saveNotebook", params);
      keep(await ask("readFile", "notebook.py"));
      saved = true;
      return null;
    },
    // Right after a save marimo reads the code for the page's address and for one store that all notebooks share; neither is wanted.
    readNotebook: async () => (saved ? ((saved = false), "") : ask("readFile", "notebook.py")),
    readFile: (name) => ask("readFile", name),
  };
  class Saver extends EventTarget {
    postMessage({ data }) { if (data?.type === "request") answer(this, data, save[data.method]); }
    terminate() {}
  }
  const instead = (data) => {
    if (data?.type !== "request") return null;
    if (data.method === "saveNotebook") return () => null; // the same again, for marimo's second Python
    if (data.method === "addPackage") return () => ({ success: false, error: LACKING });
    if (data.method === "bridge" && data.params?.functionName === "format") return () => { throw new Error("This site has no formatter. Your code stays as it is."); };
    return null;
  };
  const follow = (worker) => {
    python = worker;
    worker.addEventListener("message", (event) => {
      const data = event.data?.data, asked = data?.type === "response" && waiting.get(data.id);
      if (asked) {
        waiting.delete(data.id);
        if (data.success) asked.done(data.payload); else asked.failed(new Error(data.error));
      }
      // marimo would offer to install what is missing, and ask the public index for its versions
      const offered = data?.id === "kernelMessage" && String(data.payload?.message).startsWith('{"op": "missing-package-alert"');
      if (asked || offered) event.stopImmediatePropagation();
    });
    worker.postMessage = (message, ...rest) => {
      const doing = instead(message?.data);
      if (doing) answer(worker, message.data, doing); else Native.prototype.postMessage.call(worker, message, ...rest);
    };
    return worker;
  };
  window.Worker = function Worker(place, options) {
    const address = decodeURIComponent(place);
    if (/\/save-worker-[^/]*$/.test(address.replace(/"$/, ""))) return new Saver();
    const worker = new Native(place, options);
    return /\/worker-[^/]*$/.test(address) ? follow(worker) : worker;
  };
  window.Worker.prototype = Native.prototype;

  // --- the code as it was built stands there until marimo shows its cells
  const looking = new MutationObserver(() => {
    if (!document.querySelector("#root .cm-content")) return;
    looking.disconnect();
    document.getElementById("lk-code")?.remove();
    document.documentElement.classList.remove("dark");
  });
  addEventListener("DOMContentLoaded", () => looking.observe(document.getElementById("root"), { subtree: true, childList: true }));
})();
