// An editor for JSON that knows a schema: it completes names and values, and marks where faults are.

import { el, fill } from "./dom.js";

const MOST = 12;

/// Where each member of a document begins and ends, by its pointer, as far as the text can be read; and what stands open at its end.
export function scan(text) {
  const places = new Map();
  const open = [];
  let at = 0;
  const space = () => { while (/\s/.test(text[at] ?? "")) at += 1; };
  const word = () => {
    const start = at;
    at += 1;
    while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
    if (at >= text.length) throw start;
    at += 1;
    return JSON.parse(text.slice(start, at));
  };
  function value(pointer) {
    space();
    const start = at;
    if (text[at] === "{" || text[at] === "[") {
      const isObject = text[at] === "{";
      const frame = { pointer, isObject, members: {}, name: null, index: 0 };
      open.push(frame);
      at += 1;
      for (;;) {
        space();
        if (text[at] === (isObject ? "}" : "]")) { at += 1; break; }
        if (text[at] === ",") { at += 1; frame.name = null; continue; }
        if (at >= text.length) throw at;
        let inner = `${pointer}/${frame.index}`;
        if (isObject) {
          if (text[at] !== '"') throw at;
          frame.name = null;
          const name = word();
          frame.name = name;
          space();
          if (text[at] !== ":") throw at;
          at += 1;
          inner = `${pointer}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
        }
        const read = value(inner);
        if (isObject) frame.members[frame.name] = read;
        frame.index += 1;
      }
      open.pop();
      places.set(pointer, [start, at]);
      return isObject ? frame.members : undefined;
    }
    let read;
    if (text[at] === '"') read = word();
    else {
      while (at < text.length && !/[\s,\]}]/.test(text[at])) at += 1;
      if (at === start) throw at;
      if (at >= text.length) throw start;
      read = text.slice(start, at);
    }
    places.set(pointer, [start, at]);
    return read;
  }
  try {
    value("");
    return { places, open: [] };
  } catch (place) {
    if (typeof place !== "number") throw place;
    return { places, open, stopped: place };
  }
}

/// Reads a JSON Schema: what may stand at some place of a document that is being written.
class Schema {
  constructor(root) { this.root = root; }

  /// All schemas of which one holds: references and choices are followed.
  choices(schema, members = {}) {
    if (!schema || typeof schema !== "object") return [];
    if (schema.$ref) return this.choices(schema.$ref.slice(2).split("/").reduce((value, name) => value?.[name.replaceAll("~1", "/").replaceAll("~0", "~")], this.root), members);
    const inner = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
    if (inner.length === 0) return [schema];
    const all = inner.flatMap((one) => this.choices(one, members));
    // An object that says its type is of that type.
    const named = all.filter((one) => one.properties?.type?.enum?.includes(members.type));
    return members.type && named.length ? named : all;
  }

  /// What may stand inside of the frames that are open.
  within(open) {
    let schemas = [this.root];
    open.forEach((frame, depth) => {
      schemas = schemas.flatMap((schema) => this.choices(schema, frame.members));
      if (depth === open.length - 1) return;
      schemas = schemas.flatMap((schema) => (frame.isObject ? schema.properties?.[frame.name] ?? schema.additionalProperties : schema.items)).filter((schema) => schema && typeof schema === "object");
    });
    return schemas;
  }

  /// Suggestions for what is begun at the end of some text.
  suggestions(text) {
    const { open, stopped } = scan(text);
    const frame = open.at(-1);
    if (!frame) return null;
    const begun = text.slice(stopped);
    if (begun !== "" && !/^"?[\w.-]*$/.test(begun)) return null;
    const start = begun.replace(/^"/, "").toLowerCase();
    const schemas = this.within(open);
    if (frame.isObject && frame.name === null) {
      const members = schemas.flatMap((schema) => Object.entries(schema.properties ?? {}));
      return { begun, options: unique(members.filter(([name]) => !(name in frame.members)).map(([name, schema]) => [`"${name}": `, name, schema.description])).filter(([, name]) => name.toLowerCase().startsWith(start)) };
    }
    const inside = schemas.map((schema) => (frame.isObject ? schema.properties?.[frame.name] ?? schema.additionalProperties : schema.items)).flatMap((schema) => this.choices(schema));
    const values = inside.flatMap((schema) => [...(schema.enum ?? []), ...(schema.type === "boolean" ? [true, false] : []), ...(schema.const !== undefined ? [schema.const] : []), ...(schema.default !== undefined && schema.default !== null ? [schema.default] : [])]);
    return { begun, options: unique(values.map((value) => [JSON.stringify(value), String(typeof value === "object" ? JSON.stringify(value) : value)])).filter(([, name]) => name.toLowerCase().startsWith(start)) };
  }
}

const unique = (options) => [...new Map(options.map((option) => [option[0], option])).values()];

/// The editor.
///
/// - `element` to show, `value` to read, `write` to put other text in its place, `mark` to say where faults are, `find` to go to a place.
export function editor({ value, label, schema, onchange }) {
  const reader = new Schema(schema);
  let [options, chosen, begun] = [[], 0, ""];
  const list = el("ul", { role: "listbox", id: "suggestions", "aria-label": "What may stand here", hidden: true });
  const gutter = el("div", { class: "gutter", "aria-hidden": "true" });
  const area = el("textarea", {
    id: "spec", rows: "24", spellcheck: "false", wrap: "off", "aria-label": label, "aria-describedby": "checked", "aria-autocomplete": "list", "aria-controls": "suggestions",
    oninput: () => { number(); suggest(); onchange(); }, onscroll: () => { gutter.scrollTop = area.scrollTop; }, onkeydown: key, onblur: () => setTimeout(close, 150),
  }, value);
  let marks = new Map();

  function number() {
    const lines = area.value.split("\n").length;
    if (gutter.childElementCount === lines && marks.size === 0) return;
    fill(gutter, Array.from({ length: lines }, (_, line) => el("span", { class: marks.has(line) ? "bad" : "", title: marks.get(line) }, String(line + 1))));
  }

  function suggest() {
    const before = area.value.slice(0, area.selectionStart);
    const found = area.selectionStart === area.selectionEnd ? reader.suggestions(before) : null;
    [options, begun, chosen] = [found?.options.slice(0, MOST) ?? [], found?.begun ?? "", 0];
    list.hidden = options.length === 0;
    draw();
  }

  function draw() {
    fill(list, options.map(([, name, text], index) => el("li", { role: "option", id: `option-${index}`, "aria-selected": String(index === chosen), onmousedown: (event) => { event.preventDefault(); take(index); } },
      el("code", {}, name), text && el("small", {}, ` ${text}`))));
    if (list.hidden) area.removeAttribute("aria-activedescendant");
    else area.setAttribute("aria-activedescendant", `option-${chosen}`);
  }

  function close() {
    list.hidden = true;
    draw();
  }

  function take(index) {
    const [text] = options[index];
    const start = area.selectionStart - begun.length;
    const end = begun.startsWith('"') && area.value[area.selectionEnd] === '"' ? area.selectionEnd + 1 : area.selectionEnd;
    area.setRangeText(text, start, end, "end");
    close();
    number();
    onchange();
  }

  function key(event) {
    if (event.key === " " && event.ctrlKey) {
      event.preventDefault();
      return suggest();
    }
    if (list.hidden) return;
    const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (way) {
      chosen = (chosen + way + options.length) % options.length;
      draw();
    } else if (event.key === "Enter" || event.key === "Tab") take(chosen);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  }

  const lineOf = (place) => area.value.slice(0, place).split("\n").length - 1;
  /// The innermost place that a pointer names, as far as it is there.
  function placeOf(pointer) {
    const { places } = scan(area.value);
    for (let part = pointer; ; part = part.slice(0, part.lastIndexOf("/"))) {
      if (places.has(part)) return places.get(part);
      if (part === "" || !part.includes("/")) return [0, 0];
    }
  }

  number();
  return {
    element: el("div", { class: "editor" }, gutter, area, list),
    get value() { return area.value; },
    write(text) {
      area.value = text;
      number();
      onchange();
    },
    mark(faults) {
      marks = new Map(faults.map(({ pointer, detail }) => [lineOf(placeOf(pointer)[0]), detail]));
      number();
      if (faults.length === 0) for (const span of gutter.querySelectorAll(".bad")) span.className = "";
    },
    find(pointer) {
      const [start, end] = placeOf(pointer);
      area.focus();
      area.setSelectionRange(start, end);
      const height = area.scrollHeight / area.value.split("\n").length;
      area.scrollTop = Math.max(0, (lineOf(start) - 4) * height);
    },
  };
}
