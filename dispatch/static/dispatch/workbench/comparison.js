// The back-test in words: how many were looked at, what the new expression takes, gains and loses.
import { counted, element } from "./elements.js";

const GROUPS = [
  ["gained", "It gains", "Taken by the new expression, not by the saved one"],
  ["lost", "It loses", "Taken by the saved expression, not by the new one"],
  ["unknown", "It cannot judge", "Unknown to the new expression, and so not taken"],
  ["taken", "It takes", "Taken by the new expression"],
];

export function comparison(found) {
  if (!found.looked_at) return [element("p", {}, "No event of this topic is in the ledger: nothing to test it on.")];
  const shown = found.has_saved ? GROUPS : GROUPS.filter(([name]) => name === "taken" || name === "unknown");
  return [element("p", { className: "switch-sentence" }, summary(found)), ...shown.map((group) => listed(found, group))];
}

function summary({ looked_at: seen, is_cut_short: isCutShort, has_saved: hasSaved, taken, gained, lost }) {
  const bound = isCutShort ? " (the two seconds were over)" : "";
  const change = hasSaved ? ` Against the saved filter it gains ${counted(gained.count, "event")} and loses ${counted(lost.count, "event")}.` : "";
  return `Of the newest ${counted(seen, "event")} of the topic${bound} it takes ${counted(taken.count, "event")}.${change}`;
}

function listed(found, [name, title, meaning]) {
  const { count, events } = found[name];
  if (!count) return element("p", {}, `${title}: none.`);
  const summaryLine = element("summary", {}, `${title}: ${counted(count, "event")}`);
  const more = count > events.length ? element("p", { className: "switch-faint" }, `The newest ${events.length} are shown.`) : "";
  const items = events.map(({ id, url }) => element("li", {}, element("a", { href: url, className: "switch-link" }, id)));
  const isOpen = name === "gained" || name === "lost";
  return element("details", { open: isOpen }, summaryLine, element("p", {}, `${meaning}.`), element("ul", { className: "switch-ids" }, ...items), more);
}
