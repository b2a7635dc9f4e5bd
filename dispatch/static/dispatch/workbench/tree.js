// The explanation of a filter: each part of it, what it comes to, and why it may be unknown.
import { element } from "./elements.js";

const SENTENCES = {
  true: "It holds: the event would go to the subscriber.",
  false: "It does not hold: the event would not go to the subscriber.",
  unknown: "It is unknown, which does not hold: the event would not go to the subscriber.",
};

export function explanation({ verdict, explanation: whole }) {
  const sentence = element("p", { className: "switch-sentence" }, badge(verdict), " ", SENTENCES[verdict]);
  return whole.text ? [sentence, element("ul", { className: "switch-tree" }, part(whole))] : [sentence];
}

function part({ text, verdict, value, unknown, parts }) {
  const shown = unknown ? element("span", { className: "switch-why" }, unknown) : outcome(value);
  const row = element("div", { className: "switch-part" }, isJudgement(value, unknown) ? badge(verdict) : "", element("code", {}, text), shown);
  return element("li", {}, row, parts.length ? element("ul", {}, ...parts.map(part)) : "");
}

// A part that is true or false says no more than its badge; what is a value has none.
function isJudgement(value, unknown) {
  return unknown !== "" || value === "true" || value === "false";
}

function outcome(value) {
  return isJudgement(value, "") ? "" : element("span", { className: "switch-value" }, `= ${value}`);
}

function badge(verdict) {
  return element("span", { className: `switch-state switch-is-${verdict}` }, verdict);
}
