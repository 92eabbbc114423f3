/* A lab inside another page (`?embed=1`): it says what happens in it to the page around, and takes what that page asks.
   start.js loads this file where it is wanted. The messages are listed in docs/instructors.md; labkit/embed.py is the other
   end: the log stands in the page as text, and a request goes to Python through a hidden field of marimo's. */
(() => {
  const SOURCE = "mlsys-lab", VERSION = 1, around = window.parent;
  const lab = JSON.parse(document.querySelector("script[data-lk]").dataset.lk).lab;
  const alone = around === window;
  const post = (message) => { if (!alone) around.postMessage(message, "*"); };
  const tell = (type, rest = {}) => post({ source: SOURCE, version: VERSION, type, lab, ...rest });

  // the height: of what is shown, not of the window, so that it may shrink as well
  let height = 0;
  const measure = () => {
    const box = document.getElementById("lk-first") ?? document.getElementById("App");
    if (!box) return;
    const now = Math.ceil([...box.children].reduce((sum, child) => {
      const { marginTop, marginBottom } = getComputedStyle(child);
      return sum + child.getBoundingClientRect().height + parseFloat(marginTop) + parseFloat(marginBottom);
    }, 0));
    if (!now || Math.abs(now - height) < 2) return;
    height = now;
    tell("height", { height });
    post({ subject: "lti.frameResize", height });
  };
  const sizes = new ResizeObserver(measure), sized = new WeakSet();

  // the log, and what is new in it
  const key = (entry) => `${entry.at} ${entry.kind}`;
  let text = "", log = null, seen = new Set(), done = -1, wasComplete = false, ready = false;
  const state = () => ({ done: Object.values(log.complete).filter(Boolean).length, total: Object.keys(log.complete).length, entries: log.entries.length });
  function follow() {
    const next = document.querySelector("#export[data-lk-awake='yes'] .lk-log")?.textContent;
    if (!next || next === text) return;
    let found;
    try { found = JSON.parse(next); } catch { return; } // half drawn: the rest follows
    const same = log && found.attempt === log.attempt && !quiet;
    const changed = !log || JSON.stringify([found.attempt, found.learner, found.entries]) !== JSON.stringify([log.attempt, log.learner, log.entries]);
    const fresh = same ? found.entries.filter((entry) => !seen.has(key(entry))) : [];
    text = next;
    log = found;
    seen = new Set(log.entries.map(key));
    if (!ready) { ready = true; tell("ready", state()); }
    for (const entry of fresh) tell("entry", { entry, ...state() });
    const now = state();
    if (now.done !== done) { done = now.done; tell("progress", now); }
    if (changed) tell("log", { log: text, ...now });
    const complete = now.total > 0 && now.done === now.total;
    if (complete && !wasComplete) tell("complete", now);
    if (fresh.length) setTimeout(() => aloud(fresh.at(-1), complete && !wasComplete), 600); // what came of it is drawn by then
    wasComplete = complete;
  }

  // said aloud by the page around (Canvas)
  function aloud(entry, complete) {
    const agrees = { true: " The simulator agrees.", false: " The simulator does not agree." };
    const held = (entry.constraints ?? []).filter((c) => c.holds).length;
    const words = {
      prediction: () => document.querySelector(`#part-${CSS.escape(entry.part)} .lk-reveal strong`)?.textContent ?? "Prediction locked.",
      observation: () => `Run recorded.${agrees[entry.right] ?? ""}`,
      decision: () => `Decision recorded; ${held} of ${entry.constraints?.length ?? 0} limits hold.`,
      drill: () => (entry.right ? "Right." : "Not yet."),
    }[entry.kind]?.();
    if (words) post({ subject: "lti.screenReaderAlert", body: complete ? `${words} Everything is done.` : words });
  }

  // what the page around asks: one request at a time, in their order
  const waiting = [];
  let asked = null, quiet = false, count = 0;
  function next() {
    if (asked || !ready || !waiting.length) return;
    const field = document.querySelector(".lk-frame marimo-text");
    if (!field) return;
    asked = { ...waiting.shift(), n: ++count };
    quiet = true;
    field.dispatchEvent(new CustomEvent("marimo-value-input", { bubbles: true, composed: true, detail: { value: JSON.stringify(asked), element: field } }));
  }
  function answered() {
    const raw = document.querySelector(".lk-frame")?.dataset.lkAnswer;
    const answer = raw && asked ? JSON.parse(raw) : null;
    if (answer?.n !== asked?.n || !answer) return;
    follow();
    const { type } = asked;
    asked = null;
    quiet = false;
    if (answer.reload) return location.reload(); // the page around hears "ready" again, and asks again
    tell(type === "restore" ? "restored" : type, { ok: answer.ok, reason: answer.reason });
    next();
  }
  addEventListener("message", ({ source, data }) => {
    if (alone || source !== around || data?.target !== SOURCE) return;
    if (data.version !== VERSION) return tell("refused", { reason: `This lab speaks version ${VERSION} of these messages.` });
    if (data.type === "log?") { if (ready) tell("log", { log: text, ...state() }); } // before "ready" there is none, and the first one follows it
    else if (data.type === "restore" && typeof data.log === "string") waiting.push({ type: "restore", log: data.log });
    else if (data.type === "learner" && typeof data.name === "string") waiting.push({ type: "learner", name: data.name });
    else return tell("refused", { reason: "This lab knows the messages log?, restore (with log, a text) and learner (with name, a text)." });
    next();
  });

  // the log to the clipboard, or selected where the frame may not write there
  document.addEventListener("click", async ({ target }) => {
    if (!target.closest?.("[data-lk-copy]")) return;
    const shown = document.querySelector(".lk-log"), said = document.querySelector("[data-lk-copied]");
    const range = document.createRange();
    range.selectNodeContents(shown);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    let copied = document.execCommand("copy"); // the older way first: frames of other sites may use it without asking
    if (!copied) await navigator.clipboard?.writeText(text).then(() => { copied = true; }, () => {});
    said.textContent = copied ? "Copied. Paste it into a text file." : "It is selected: press Ctrl+C (⌘C on a Mac), then paste it into a text file.";
  });

  const look = () => {
    for (const box of [document.getElementById("lk-first"), document.getElementById("App")])
      for (const child of box?.children ?? []) if (!sized.has(child)) { sized.add(child); sizes.observe(child); }
    follow();
    answered();
    next();
    measure();
  };
  let due = 0;
  const soon = () => { clearTimeout(due); due = setTimeout(look, 30); }; // no animation frame: a frame that is out of sight gets none
  const begin = () => { new MutationObserver(soon).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ["data-lk-answer", "data-lk-awake", "open"] }); look(); };
  if (document.body) begin(); else addEventListener("DOMContentLoaded", begin);
})();
