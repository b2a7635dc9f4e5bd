// An editor over the filter's textarea, which stays the form's field: what one of them says, the other says as well.
import {
  EditorState,
  EditorView,
  autocompletion,
  bracketMatching,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
  keymap,
  lintKeymap,
  linter,
  minimalSetup,
  placeholder,
  setDiagnostics,
} from "../../switch/bundles/editor.js";
import { completions, filterLanguage } from "./language.js";

export class FilterEditor {
  // `names` gives the names of keys to offer; `changed` is called after each change.
  constructor(textarea, names, changed) {
    this.textarea = textarea;
    this.changed = changed;
    this.view = new EditorView({ state: EditorState.create({ doc: textarea.value, extensions: this.extensions(names) }) });
    textarea.after(this.view.dom);
    textarea.classList.add("switch-covered");
    textarea.tabIndex = -1;
    textarea.setAttribute("aria-hidden", "true");
    textarea.addEventListener("input", () => this.follow());
    for (const label of textarea.labels) label.addEventListener("click", (event) => this.focusInstead(event));
  }

  extensions(names) {
    return [
      minimalSetup,
      filterLanguage,
      bracketMatching(),
      closeBrackets(),
      autocompletion({ override: [completions(names)], icons: false }),
      linter(null),
      EditorView.lineWrapping,
      placeholder("Every event of the topic"),
      keymap.of([...closeBracketsKeymap, ...completionKeymap, ...lintKeymap]),
      EditorView.contentAttributes.of({ "aria-label": "Filter expression", "aria-describedby": "switch-verdict" }),
      EditorView.updateListener.of((update) => update.docChanged && this.lead()),
    ];
  }

  get text() {
    return this.view.state.doc.toString();
  }

  lead() {
    if (this.textarea.value === this.text) return;
    this.textarea.value = this.text;
    this.textarea.dispatchEvent(new Event("change", { bubbles: true }));
    this.changed();
  }

  follow() {
    if (this.textarea.value === this.text) return;
    this.view.dispatch({ changes: { from: 0, to: this.view.state.doc.length, insert: this.textarea.value } });
    this.changed();
  }

  focusInstead(event) {
    event.preventDefault();
    this.view.focus();
  }

  // Underlines the place that a refusal points at; null takes the line away.
  point(refused) {
    this.view.dispatch(setDiagnostics(this.view.state, refused ? [this.diagnostic(refused)] : []));
    this.view.contentDOM.setAttribute("aria-invalid", refused ? "true" : "false");
  }

  diagnostic({ line, column, end_column: end, message, hint }) {
    const { number, from, to, text } = this.view.state.doc.line(Math.min(line, this.view.state.doc.lines));
    const at = (place) => (number === line ? from + units(text, place - 1) : to);
    const start = Math.min(at(column), to);
    return { from: start, to: Math.min(at(end), to), severity: "error", message: hint ? `${message} ${hint}` : message };
  }
}

// The hub counts characters, the editor UTF-16 units.
function units(text, characters) {
  return Array.from(text).slice(0, characters).join("").length;
}
