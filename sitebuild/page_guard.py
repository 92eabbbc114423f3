"""The first script of a lab's page: what must work before marimo's front end, or without it.

Where the browser refuses localStorage and sessionStorage (a sandboxed frame, blocked site data), the page gets both in
memory, so that the front end neither stops nor complains; what a student records is kept by labkit, not there.

Where scripts do not load, the page says so instead of staying empty: it may stand in a sandboxed frame, which has no
origin, on a host that does not answer such frames (no Access-Control-Allow-Origin header); or the connection broke.
"""

SCRIPT = """<script>
(() => {
  for (const name of ["localStorage", "sessionStorage"]) {
    try {
      window[name].length;
    } catch {
      const kept = new Map();
      const value = {
        get length() { return kept.size; },
        key: (n) => [...kept.keys()][n] ?? null,
        getItem: (key) => kept.get(String(key)) ?? null,
        setItem: (key, text) => { kept.set(String(key), String(text)); },
        removeItem: (key) => { kept.delete(String(key)); },
        clear: () => kept.clear(),
      };
      Object.defineProperty(window, name, { configurable: true, value });
    }
  }
  const say = () => {
    if (document.getElementById("lk-blocked")) return;
    const note = document.createElement("p"), link = document.createElement("a");
    note.id = "lk-blocked";
    note.setAttribute("role", "alert");
    note.style.cssText = "max-width:40em;margin:2em auto;padding:0 1em;font:1.1em/1.5 sans-serif";
    link.href = link.textContent = location.href;
    link.target = "_blank";
    link.rel = "noopener";
    note.append(
      "This lab cannot start here: its scripts did not load. If it stands inside a page of another site, open it in a window of its own: ",
      link, ". Otherwise check the connection and reload.");
    document.body.prepend(note);
  };
  addEventListener("error", (event) => {
    if (event.target.localName !== "script" || !event.target.src) return;
    if (document.body) say(); else addEventListener("DOMContentLoaded", say);
  }, true);
})();
</script>"""
