// The filter language for CodeMirror: its colours, and what may come next.
import { HighlightStyle, StreamLanguage, syntaxHighlighting, tags } from "../../switch/bundles/editor.js";

const WORDS = /^(?:and|or|not|in|is|if|else|for)\b/;
const CONSTANTS = /^(?:True|False|None)\b/;
const FUNCTIONS = ["len", "int", "float", "str", "bool", "abs", "min", "max", "round", "any", "all"];
const METHODS = ["get", "lower", "upper", "strip", "startswith", "endswith", "split"];
const FUNCTION = new RegExp(`^(?:${FUNCTIONS.join("|")})(?=\\()`);
const METHOD = new RegExp(`^\\.(?:${METHODS.join("|")})(?=\\()`);
const PATTERNS = [
  [/^"(?:[^"\\]|\\.)*"?|^'(?:[^'\\]|\\.)*'?/, "string"],
  [/^\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/, "number"],
  [WORDS, "keyword"],
  [CONSTANTS, "atom"],
  [FUNCTION, "standard"],
  [METHOD, "standard"],
  [/^data\b/, "variableName"],
  [/^(?:==|!=|<=|>=|\*\*|\/\/|[<>+\-*/%])/, "operator"],
  [/^[A-Za-z_]\w*/, "name"],
];

function token(stream) {
  if (stream.eatSpace()) return null;
  const found = PATTERNS.find(([pattern]) => stream.match(pattern));
  if (found) return found[1];
  stream.next();
  return null;
}

const colours = HighlightStyle.define([
  { tag: tags.string, class: "switch-c-text" },
  { tag: tags.number, class: "switch-c-number" },
  { tag: [tags.keyword, tags.operator], class: "switch-c-word" },
  { tag: tags.atom, class: "switch-c-number" },
  { tag: tags.standard(tags.name), class: "switch-c-function" },
  { tag: tags.variableName, class: "switch-c-data" },
]);

const tokens = { standard: tags.standard(tags.name) };
const language = StreamLanguage.define({
  name: "filter",
  token,
  tokenTable: tokens,
  languageData: { closeBrackets: { brackets: ["(", "[", '"', "'"] } },
});

export const filterLanguage = [language, syntaxHighlighting(colours)];

const STEP = String.raw`\[(?:"[^"\]]*"|'[^'\]]*'|\d+)\]|\.get\((?:"[^"]*"|'[^']*')\)`;
const OPEN_KEY = new RegExp(String.raw`data((?:${STEP})*)(\[|\.get\()(["']?)([^"'\]\)]*)$`);
const EACH_STEP = new RegExp(STEP, "g");
const WORD = /[A-Za-z_.]\w*$/;

// Keys that recent payloads hold, at the place where one is being written; else the words of the language.
export function completions(names) {
  return (context) => {
    const before = context.state.sliceDoc(0, context.pos);
    const key = before.match(OPEN_KEY);
    return key ? keys(names(), key, context) : words(before, context);
  };
}

function keys(names, [, path, opening, quote, typed], context) {
  const below = (path.match(EACH_STEP) ?? []).reduce((node, step) => node?.[nameIn(step)], names);
  const mark = quote || '"';
  const options = Object.keys(below ?? {})
    .filter((name) => name !== "[]")
    .map((name) => ({ label: name, apply: placing(written(name, mark).slice(quote.length), mark, opening), type: "property" }));
  return options.length ? { from: context.pos - typed.length, options, validFor: /^[^"'\]\)]*$/ } : null;
}

// Writes the key to its end, over the quotation mark and bracket that closed by themselves, and goes on behind them.
function placing(key, mark, opening) {
  const bracket = opening === "[" ? "]" : ")";
  return (view, completion, from, to) => {
    const after = view.state.sliceDoc(to, to + 2);
    const closed = [mark + bracket, mark, bracket].find((closing) => after.startsWith(closing)) ?? "";
    const insert = key + bracket;
    view.dispatch({
      changes: { from, to: to + closed.length, insert },
      selection: { anchor: from + insert.length },
      userEvent: "input.complete",
    });
  };
}

function nameIn(step) {
  const text = step.match(/["'](.*)["']/);
  return text ? text[1] : "[]";
}

function written(name, mark) {
  return mark + name.replaceAll("\\", "\\\\").replaceAll(mark, `\\${mark}`) + mark;
}

function words(before, context) {
  const word = before.match(WORD);
  if (!word && !context.explicit) return null;
  const typed = word?.[0] ?? "";
  const options = typed.startsWith(".")
    ? METHODS.map((name) => ({ label: `.${name}`, apply: `.${name}(`, type: "method" }))
    : [
        { label: "data", type: "variable", boost: 1 },
        ...FUNCTIONS.map((name) => ({ label: name, apply: `${name}(`, type: "function" })),
        ...["and", "or", "not", "in", "is None", "True", "False"].map((label) => ({ label, type: "keyword" })),
      ];
  return { from: context.pos - typed.length, options, validFor: /^[.\w]*$/ };
}
