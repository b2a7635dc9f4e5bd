// The parts of CodeMirror that the filter's editor is put together from.
export { minimalSetup } from "codemirror";
export { EditorState, Compartment, Prec, StateEffect, StateField } from "@codemirror/state";
export { Decoration, EditorView, drawSelection, keymap, placeholder, tooltips } from "@codemirror/view";
export { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap, completionStatus, startCompletion } from "@codemirror/autocomplete";
export { HighlightStyle, StreamLanguage, bracketMatching, syntaxHighlighting } from "@codemirror/language";
export { forceLinting, lintKeymap, linter, setDiagnostics } from "@codemirror/lint";
export { tags } from "@lezer/highlight";
