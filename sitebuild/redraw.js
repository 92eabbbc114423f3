/* Follows a slider without making the chart anew: the same chart with other numbers in it gets the numbers.

A chart that comes anew is compiled from Vega-Lite to Vega, parsed and laid out, ten times the work of moving its marks.
So a chart's specification is taken apart into its shape, the numbers and words that may differ from one setting to the
next, and its data; the shape is compiled once with a parameter in each such place, and while the shape stays, only what
differs is handed to the view that stands. Only specifications that ask for it (`usermeta.redraw`) are treated so. */
const lkCharts = new WeakMap(); // element → promise of its chart: {made, parts, asked}
const lkCompiled = new Map(); // shape and options → its Vega, of the charts drawn last
const LK_KEPT = 32;
const LK_LABELS = /^(split\()?(\["[^]*"\])\[(?:0|round\(datum\.index\*\d+\))\](,'\\n'\))?$/; // as Scale.axis writes them
const LK_PLACES = ["x", "y", "x2", "y2", "text"]; // channels whose constants may differ

/** {shape, values, axes, data}: the specification with names in place of numbers, these numbers, the names that an axis shows, the data. */
function lkParts(spec) {
  const values = {}, data = {}, axes = new Set(), ends = new Map();
  const named = (value) => {
    const expr = `lk_${Object.keys(values).length}`;
    values[expr] = value;
    return { expr };
  };
  const constants = (old, keys) => {
    const found = keys.filter((key) => ["number", "string"].includes(typeof old[key]));
    return { ...old, ...Object.fromEntries(found.map((key) => [key, named(old[key])])) };
  };
  const end = (value) => { // equal ends of scales share a name, so that layers still agree on their scale
    if (!ends.has(value)) ends.set(value, named(value));
    return ends.get(value);
  };
  const shown = (value) => {
    const { expr } = named(value);
    axes.add(expr);
    return { expr };
  };
  const axis = (old) => {
    const now = { ...old }, labels = LK_LABELS.exec(old.labelExpr ?? "");
    if (Array.isArray(old.values)) now.values = shown(old.values);
    if (typeof old.tickCount === "number") now.tickCount = shown(old.tickCount);
    if (labels) {
      const { expr } = shown(JSON.parse(labels[2]));
      now.labelExpr = `${labels[1] ?? ""}${expr}[round(datum.index*(length(${expr})-1))]${labels[3] ?? ""}`;
    }
    return now;
  };
  const channel = ([name, old]) => [name, LK_PLACES.includes(name) ? constants(apart(old), ["value", "datum"]) : apart(old)];
  const apart = (old) => {
    if (Array.isArray(old)) return old.map(apart);
    if (old === null || typeof old !== "object") return old;
    return Object.fromEntries(Object.entries(old).map(([key, value]) => {
      if (key === "data" && Array.isArray(value?.values)) {
        const name = `lk_data_${Object.keys(data).length}`;
        data[name] = value.values;
        return [key, { name }];
      }
      if (key === "scale" && Array.isArray(value?.domain) && value.domain.every(Number.isFinite)) return [key, { ...value, domain: value.domain.map(end) }];
      if (key === "mark" && value.type) return [key, constants(value, ["align", "dx", "dy"])]; // where words stand at their point
      if (key === "axis" && value) return [key, axis(value)];
      if (key === "encoding") return [key, Object.fromEntries(Object.entries(value).map(channel))];
      return [key, apart(value)];
    }));
  };
  const { description, ...rest } = spec;
  return { shape: apart(rest), values, axes, data };
}

/** The shape as a specification: what `lkParts` took out stands beside it. */
function lkWhole(spec, { shape, values, data }) {
  const params = Object.entries(values).map(([name, value]) => ({ name, value }));
  return { ...shape, description: spec.description, datasets: data, params };
}

/** A shape compiled before, with these numbers and data. */
function lkAgain(vega, spec, { values, data }) {
  const signals = vega.signals.map((signal) => (signal.name in values ? { ...signal, value: values[signal.name] } : signal));
  const sets = vega.data.map((set) => (set.name in data ? { ...set, values: data[set.name] } : set));
  return { ...vega, description: spec.description, signals, data: sets };
}

/** Hand to a view what differs. */
function lkUpdate(view, spec, old, now) {
  const differs = (a, b) => JSON.stringify(a) !== JSON.stringify(b);
  const changed = Object.keys(now.values).filter((name) => differs(old.values[name], now.values[name]));
  changed.forEach((name) => view.signal(name, now.values[name]));
  for (const name in now.data) if (differs(old.data[name], now.data[name])) view.data(name, now.data[name]);
  if (changed.some((name) => now.axes.has(name))) view.resize(); // wider labels leave less room for the plot
  return view.description(spec.description ?? "").runAsync();
}

/** In place of vega-embed: what it returns, for the chart that stands in the element from now on. */
function lkRedraw(embed, element, spec, options) {
  if (!spec?.usermeta?.redraw) return embed(element, spec, options);
  const before = lkCharts.get(element);
  const chart = (async () => {
    const old = await before?.catch(() => null);
    const parts = lkParts(spec), asked = JSON.stringify([parts.shape, options]);
    if (old?.asked === asked) {
      try {
        await lkUpdate(old.made.view, spec, old.parts, parts);
        return { made: old.made, parts, asked };
      } catch (error) {
        console.warn("A chart is made anew:", error);
      }
    }
    old?.made.finalize();
    const known = lkCompiled.get(asked);
    const made = await embed(element, known ? lkAgain(known, spec, parts) : lkWhole(spec, parts), options);
    lkCompiled.delete(asked); // the last used comes last
    lkCompiled.set(asked, known ?? { ...made.vgSpec, data: made.vgSpec.data.map(({ values, ...set }) => set) });
    if (lkCompiled.size > LK_KEPT) lkCompiled.delete(lkCompiled.keys().next().value);
    return { made, parts, asked };
  })();
  lkCharts.set(element, chart);
  // The page ends each chart before it asks for the next; the view is ended only if no next one has come for its element.
  const end = (made) => lkCharts.get(element) === chart && lkCharts.delete(element) && made.finalize();
  return chart.then(({ made }) => ({ ...made, finalize: () => setTimeout(end, 0, made) }));
}
