/* The first script of a lab's page: what must work before the front end, or without it. It is written in the JavaScript of
   2009, so that a browser which reads nothing newer still says why the lab does not start.

   - The browser lacks something, or forbids it: a sentence (`stop`), no further script, and the text stays.
   - A file does not arrive: try a few times with growing pauses, load the page anew when it arrives (`lost`), else a sentence
     with a button. Nothing recorded is in danger: the lab has not begun, and its log is where labkit keeps it.
   - The browser refuses localStorage and sessionStorage (a sandboxed frame, blocked site data): the page gets both in memory, so
     that the front end neither stops nor complains; what a student records is kept by labkit, not there. */
(function () {
  var STAYS = " The text stays readable.";
  var SAY = {
    file: "This page was opened as a file, and browsers run no lab from a file. Open the address where your course has the labs; or run" +
      " \"python3 -m http.server\" in the folder that has index.html and open http://localhost:8000.",
    old: "This browser is too old for the labs. Update it, or open this page in another one: Chrome or Edge from version 110, Firefox" +
      " from 115, Safari from 16.4.",
    wasm: "WebAssembly is switched off in this browser, and Python needs it. Allow it for this address (Safari: turn Lockdown Mode off" +
      " for this site; Edge: add this site to the exceptions of enhanced security) and reload, or open this page in another browser.",
    worker: "This browser does not let the page run Python in the background (a web worker). Allow scripts for this address and reload," +
      " or open this page in another browser or in a window of its own.",
    storage: "This browser lets the page store nothing, so your work will not be saved: allow site data (cookies) for this address and" +
      " reload, or export your log before you leave."
  };
  var guard = (window.lkGuard = { reason: "", note: "", awake: false, failing: function () { return failed !== null; } });

  var waiting = null; // words for a line that is not there yet
  function line() { // null as well while the page is read and only the line's beginning is there
    var box = document.getElementById("lk-start");
    return box && box.querySelector("button") ? box : null;
  }

  /** Put words into the start line. `button`: what "Try again" does; `share`: how far the start is, 0 to 1. */
  guard.say = function (words, button, share) {
    var box = line(), bar, again;
    waiting = box ? null : [words, button, share];
    if (!box) return;
    box.hidden = false;
    box.querySelector("span").textContent = guard.note ? words + " " + guard.note : words;
    bar = box.querySelector("progress");
    bar.hidden = share === undefined;
    if (!bar.hidden) bar.value = share;
    again = box.querySelector("button");
    again.hidden = !button;
    again.onclick = button || null;
  };

  document.addEventListener("DOMContentLoaded", function () { if (waiting) guard.say.apply(guard, waiting); });

  function stands() { document.documentElement.className += " lk-stands"; } // the page no longer says that Python is starting

  /** The lab is awake: no more to say. */
  guard.ready = function () {
    var box = line();
    guard.awake = true;
    if (box) box.parentNode.removeChild(box);
    if (reloads()) count(0);
  };

  /** The lab cannot run here; the scripts that are still to come stay away. */
  guard.stop = function (why) {
    var rule = document.createElement("meta");
    if (guard.reason) return;
    guard.reason = why;
    guard.note = "";
    rule.httpEquiv = "Content-Security-Policy";
    rule.content = "script-src 'unsafe-inline'";
    document.head.appendChild(rule);
    stands();
    guard.say(SAY[why] + STAYS);
  };

  /** Whether something may be done. A policy of the server against building functions says nothing about the browser's age. */
  function works(test) { try { return !!test(); } catch (e) { return e instanceof EvalError; } }

  /* What is older lacks one of these: modules, classes with static blocks, looking behind in patterns, arrays that are sorted into new ones. */
  function modern() {
    return "noModule" in document.createElement("script") && [].toSorted && Object.hasOwn && window.structuredClone && window.Worker &&
      new Function("class A { #a = 1; static { A.b ??= /(?<=a)b/ } async *c() { for await (const d of this?.e ?? []) yield d } } return A")();
  }
  function runsWasm() { return new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])) && WebAssembly.Tag; }

  if (location.protocol === "file:") guard.stop("file");
  else if (!works(modern)) guard.stop("old");
  else if (!works(runsWasm)) guard.stop("wasm");

  function inMemory() {
    var kept = {};
    function own(key) { return Object.prototype.hasOwnProperty.call(kept, key); }
    return {
      get length() { return Object.keys(kept).length; },
      key: function (n) { var keys = Object.keys(kept); return n < keys.length ? keys[n] : null; },
      getItem: function (key) { return own(key) ? kept[key] : null; },
      setItem: function (key, text) { kept[String(key)] = String(text); },
      removeItem: function (key) { delete kept[key]; },
      clear: function () { kept = {}; }
    };
  }
  ["localStorage", "sessionStorage"].forEach(function (name) {
    if (works(function () { return window[name].length >= 0; })) return;
    if (!guard.reason) guard.note = SAY.storage;
    try { Object.defineProperty(window, name, { configurable: true, value: inMemory() }); } catch (e) { /* the front end complains then */ }
  });

  /* A file that does not arrive. */
  var PAUSES = [1, 2, 4, 8], RELOADS = 3, failed = null, busy = false;
  function reloads() { return works(function () { return history.state.lkReloads; }) ? history.state.lkReloads : 0; }
  function count(n) { try { history.replaceState({ lkReloads: n }, ""); } catch (e) { /* then it is not counted */ } }
  function reload() { count(reloads() + 1); location.reload(); }

  /** `address` did not arrive. `tried`: it was tried often enough already. */
  guard.lost = function (address, tried, why) {
    if (guard.reason || guard.awake || failed) return;
    failed = String(address).split("?again=")[0];
    if (window.origin === "null") return framed();
    if (tried || reloads() >= RELOADS) explain(why || "");
    else attempt(0);
  };
  function attempt(n) {
    guard.say("A part of the lab did not arrive. Trying again (" + (n + 1) + " of " + PAUSES.length + ") …" + STAYS, null);
    setTimeout(function () {
      probe(reload, function (why) { if (n + 1 < PAUSES.length) attempt(n + 1); else explain(why); });
    }, 1000 * PAUSES[n]);
  }
  function probe(yes, no) {
    fetch(failed, { cache: "reload" }).then(function (answer) {
      if (!answer.ok) return no("The server answered with " + answer.status + ".");
      return answer.arrayBuffer().then(yes);
    }).then(null, function () { no("There is no connection to " + location.host + "."); });
  }
  function explain(why) {
    busy = false;
    stands();
    guard.say("The lab did not start: " + failed.split("/").pop() + " did not arrive. " + (why ? why + " " : "") +
      "Check the connection, then try again. What you recorded before is kept, and the text stays readable.", again);
  }
  function again() {
    if (busy) return;
    busy = true;
    guard.say("Trying again …", null);
    probe(function () { count(0); location.reload(); }, explain);
  }
  window.addEventListener("online", function () { if (failed && !guard.awake && window.origin !== "null") again(); });

  /* A frame without an origin, on a host that does not answer such frames (no Access-Control-Allow-Origin), gets no script. */
  function framed() {
    var link = document.createElement("a"), box;
    guard.say("The lab cannot start inside this page: its scripts did not load. Open it in a window of its own:", null);
    link.href = link.textContent = location.href;
    link.target = "_blank";
    link.rel = "noopener";
    function put() { box = line(); if (box) box.querySelector("span").appendChild(link); }
    if (line()) put(); else document.addEventListener("DOMContentLoaded", put);
  }

  window.addEventListener("error", function (event) {
    var from = event.target || {};
    if (from.localName === "script" && from.src) guard.lost(from.src);
    if (from.localName === "link" && /stylesheet/.test(from.rel)) guard.lost(from.href);
  }, true);
  document.addEventListener("securitypolicyviolation", function (event) { // a policy that the server added
    if (event.effectiveDirective === "worker-src") guard.stop("worker");
  });
  window.addEventListener("vite:preloadError", function (event) { // a part of the front end that is loaded a little later
    var found = /https?:\S+/.exec(String(event.payload && event.payload.message));
    guard.lost(found ? found[0] : location.href);
  });
})();
