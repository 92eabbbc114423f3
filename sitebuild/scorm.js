/* The page of a SCORM package: the lab in a frame, hosted or from the package itself, and what it says put into the words of
   the learning management system. Every call to the system is guarded: what it refuses stays in the lab and is offered again.
   docs/instructors.md lists the messages between this page and the lab, and what the system holds. */
(() => {
  const { version, lab, address } = JSON.parse(document.currentScript.dataset.about);
  const frame = document.querySelector("iframe"), origin = new URL(address, location.href).origin, began = Date.now();
  const late = version !== "1.2", ROOM = late ? 64000 : 4096;
  const NAMES = late
    ? { name: "cmi.learner_name", id: "cmi.learner_id", data: "cmi.suspend_data", place: "cmi.location", mode: "cmi.mode", exit: "cmi.exit", time: "cmi.session_time", score: "cmi.score" }
    : { name: "cmi.core.student_name", id: "cmi.core.student_id", data: "cmi.suspend_data", place: "cmi.core.lesson_location", mode: "cmi.core.lesson_mode", exit: "cmi.core.exit", time: "cmi.core.session_time", score: "cmi.core.score" };
  const CALLS = late
    ? { begin: "Initialize", get: "GetValue", set: "SetValue", commit: "Commit", end: "Terminate" }
    : { begin: "LMSInitialize", get: "LMSGetValue", set: "LMSSetValue", commit: "LMSCommit", end: "LMSFinish" };
  const say = (words) => { document.getElementById("said").textContent = words; };

  // the system
  function find(from) {
    const name = late ? "API_1484_11" : "API";
    for (let window_ = from, n = 0; window_ && n < 12; n += 1) {
      try { if (window_[name]) return window_[name]; } catch { return null; } // a page of another site
      if (window_.parent === window_) return null;
      window_ = window_.parent;
    }
    return null;
  }
  let api = null, connected = false;
  try { api = find(window) ?? (window.opener ? find(window.opener) : null); } catch {}
  const call = (what, ...rest) => { try { return api?.[CALLS[what]]?.(...rest); } catch { return undefined; } };
  const yes = (answer) => answer === "true" || answer === true;
  const get = (name) => { const found = connected ? call("get", NAMES[name]) : ""; return ["string", "number"].includes(typeof found) ? String(found) : ""; };
  connected = yes(call("begin", ""));
  const watching = ["browse", "review"].includes(get("mode")); // what is done then does not count

  // the log, small enough to be kept by the system: without white space between its parts, deflated
  const through = async (bytes, stream) => new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer());
  async function packed(text) {
    const bytes = await through(new TextEncoder().encode(text.replace(/("(?:[^"\\]|\\.)*")|\s+/g, "$1")), new CompressionStream("deflate"));
    let raw = "";
    for (const byte of bytes) raw += String.fromCharCode(byte);
    return `log:${btoa(raw)}`;
  }
  async function unpacked(data) {
    const raw = atob(data.slice(4));
    return new TextDecoder("utf-8", { fatal: true }).decode(await through(Uint8Array.from(raw, (c) => c.charCodeAt(0)), new DecompressionStream("deflate")));
  }
  async function kept(text, log) {
    const whole = await packed(text).catch(() => "");
    if (whole && whole.length <= ROOM) return whole;
    return `head:${JSON.stringify({ attempt: log.attempt, head_hash: log.head_hash, entries: log.entries.length, at: log.entries.at(-1)?.at ?? null })}`;
  }

  // what the system holds from before
  const before = get("data");
  const read = (text) => { try { return Object(JSON.parse(text)); } catch { return null; } };
  let point = before.startsWith("head:") ? read(before.slice(5)) : null; // what is there was more than the system has room for
  const restored = before.startsWith("log:") ? unpacked(before).catch(() => null) : Promise.resolve(before && !point ? null : "");

  /** Score: the share of the checklist, drills among it. Completed: all but the drills. Passed: the drills too. */
  function standing(log) {
    const steps = Object.entries(log.complete ?? {}), right = steps.filter(([, ok]) => ok);
    const completed = steps.length > 0 && steps.every(([name, ok]) => ok || name.startsWith("Drill "));
    return { share: steps.length ? right.length / steps.length : 0, completed, passed: steps.length > 0 && right.length === steps.length, place: `${right.length} of ${steps.length}` };
  }
  function time() {
    const s = Math.max(0, (Date.now() - began) / 1000);
    const two = (n) => String(Math.floor(n)).padStart(2, "0");
    return late ? `PT${Math.floor(s)}S` : `${two(s / 3600)}:${two((s / 60) % 60)}:${two(s % 60)}`;
  }

  // writing: the latest log only, one write after another
  const REFUSED = "The course system did not take the last entry. It is kept in the lab and offered again; export the log before you leave.";
  const SILENT = "The course system does not answer, so nothing is reported. The lab works; export the log before you leave.";
  const STARTED = "Your work will be reported to the course system.";
  let latest = null, written = "", busy = false, writing = false, ended = false;
  async function write() {
    if (busy || ended || !writing || !latest || latest.text === written) return;
    busy = true;
    const { text, log } = latest;
    const data = await kept(text, log).catch(() => "");
    if (data && store(data, log)) {
      written = text;
      say(log.entries.length === 0 ? STARTED : `Your work is in the course system (${new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}).`);
    } else say(connected ? REFUSED : SILENT);
    busy = false;
    if (latest.text !== text) write();
  }
  function store(data, log) {
    connected ||= yes(call("begin", ""));
    if (!connected) return false;
    const { share, completed, passed, place } = standing(log);
    const set = (name, value) => yes(call("set", name, String(value)));
    const taken = [set(NAMES.data, data), set(NAMES.place, place), set(NAMES.exit, "suspend"), set(NAMES.time, time())];
    if (!watching) {
      taken.push(set(`${NAMES.score}.min`, 0), set(`${NAMES.score}.max`, 100), set(`${NAMES.score}.raw`, Math.round(100 * share)));
      if (late) {
        taken.push(set("cmi.score.scaled", share.toFixed(4)), set("cmi.progress_measure", share.toFixed(4)));
        taken.push(set("cmi.completion_status", completed ? "completed" : "incomplete"), set("cmi.success_status", passed ? "passed" : "unknown"));
      } else taken.push(set("cmi.core.lesson_status", passed ? "passed" : completed ? "completed" : "incomplete"));
    }
    return yes(call("commit", "")) && taken.every(Boolean);
  }
  setInterval(write, 15000); // what was refused is offered again
  addEventListener("pagehide", () => {
    if (!ended && connected) { // every entry is committed already; a later launch finds them
      call("set", NAMES.exit, "suspend");
      call("set", NAMES.time, time());
      call("commit", "");
      call("end", "");
    }
    ended = true;
  });
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); }); // the session with the system is over

  // the lab: first its student's name, then what the system kept, then what is new
  const ask = (message) => frame.contentWindow?.postMessage({ target: "mlsys-lab", version: 1, ...message }, origin);
  const [who, id] = [get("name").trim(), get("id").trim()];
  const name = who && id && who !== id ? `${who} (${id})` : who || id;
  async function restore() {
    const log = await restored;
    if (log) return ask({ type: "restore", log });
    begin(log === null ? "The course system holds earlier work that could not be read. Import the log that you exported, if you have one." : "");
  }
  function begin(problem = "") {
    const mine = latest?.log;
    const less = () => point && latest && latest.log.attempt !== point.attempt && latest.log.entries.length < point.entries;
    if (less()) {
      problem = `Your earlier work (${point.entries} entries) was too long for the course system. It is in the browser where you did it: go on there, or import the log that you exported.`;
      const wait = setInterval(() => { if (!less()) { clearInterval(wait); writing = true; write(); } }, 1000); // the better record stays until then
    } else {
      const nothing = !mine?.entries.length;
      if (nothing && before) written = latest?.text ?? ""; // an empty log takes the place of nothing
      writing = true;
      write();
      if (!problem && !connected) problem = SILENT;
      if (!problem && nothing) problem = STARTED;
    }
    if (problem) say(problem);
  }
  addEventListener("message", ({ source, data, origin: from }) => {
    if (source !== frame.contentWindow || from !== origin || data?.source !== "mlsys-lab" || data.version !== 1 || data.lab !== lab) return;
    if (data.type === "ready") {
      writing = false; // until the lab shows what the system kept
      if (name) ask({ type: "learner", name });
      else restore();
    } else if (data.type === "learner") {
      restore();
    } else if (data.type === "restored") {
      if (!data.ok) restored.then((text) => read(text)).then((log) => { point = log && { attempt: log.attempt, entries: log.entries?.length }; begin(`The work that the course system kept was not taken. ${data.reason}`); });
      else begin();
    } else if (data.type === "log" && typeof data.log === "string") {
      const log = read(data.log);
      if (!Array.isArray(log?.entries)) return;
      latest = { text: data.log, log };
      write();
    }
  });
  frame.src = address;
})();
