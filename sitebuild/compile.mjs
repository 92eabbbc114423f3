// Run compile.py on the browser's own Python: node compile.mjs PYODIDE_FOLDER WORK_FOLDER COMPILE_PY
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [pyodide, work, script] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${pyodide}/pyodide.mjs`).href);
const python = await loadPyodide({
  indexURL: pyodide,
  lockFileContents: JSON.parse(readFileSync(`${work}/no-packages.json`, "utf8")), // the standard library is enough
  env: {
    HOME: "/tmp",
    PYTHONHASHSEED: "0", // constant sets keep one order: the same source gives the same bytes
    PYTHONNODEBUGRANGES: "1", // a traceback names the line, not the column: a third less to download
  },
});
python.mountNodeFS("/work", work);
python.runPython(readFileSync(script, "utf8"));
