/* The embed-code generator of the instructors' page: nothing but text in a field, made from what is chosen. */
(() => {
  const form = document.getElementById("embed"), { lab, high, sandbox, code, copy } = form.elements;
  const quoted = (text) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
  const write = () => {
    const name = lab.value.split("/").pop();
    const address = new URL(`labs/${lab.value}.html?embed=1`, document.baseURI).href;
    const title = lab.selectedOptions[0]?.textContent ?? name;
    const limits = sandbox.checked ? '\n  sandbox="allow-scripts allow-same-origin allow-downloads allow-forms"' : "";
    const frame = `<iframe id="${name}" src="${quoted(address)}"\n  title="${quoted(title)}" width="100%" height="800" style="border:0"\n  allow="clipboard-write"${limits}></iframe>`;
    const script = `<script>\naddEventListener("message", ({ source, data }) => {\n  const frame = document.getElementById("${name}");\n  if (source === frame.contentWindow && data.source === "mlsys-lab" && data.type === "height") frame.height = data.height;\n});\n<\/script>`;
    code.value = high.checked ? `${frame}\n${script}` : frame;
  };
  form.addEventListener("input", write);
  form.addEventListener("submit", (event) => event.preventDefault());
  copy.addEventListener("click", async () => {
    code.select();
    let copied = document.execCommand("copy");
    if (!copied) await navigator.clipboard?.writeText(code.value).then(() => { copied = true; }, () => {});
    form.querySelector("[role=status]").textContent = copied ? "Copied." : "It is selected: press Ctrl+C (⌘C on a Mac).";
  });
  write();
  form.hidden = false;
})();
