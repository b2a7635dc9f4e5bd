// Puts the workbench at the filter's field and the test at the target URL's, and keeps them up with the form.
import { ask, field, placeBelow, saved, settled, written } from "./asking.js";
import { comparison } from "./comparison.js";
import { FilterEditor } from "./editor.js";
import { counted, element, problem } from "./elements.js";
import { setUpTrial } from "./trial.js";
import { explanation } from "./tree.js";

const bench = document.getElementById("switch-workbench");
const trial = document.getElementById("switch-test");
const part = (name) => document.getElementById(`switch-${name}`);
let names = {};

if (trial) setUpTrial(trial);
if (bench && field("filter_expression")) setUpWorkbench();
if (part("event") || part("test-event")) setUpEvents();

function setUpWorkbench() {
  const check = settled(250, (isLatest) => judge(editor, isLatest));
  const editor = new FilterEditor(field("filter_expression"), () => names, check);
  placeBelow(editor.textarea, bench);
  part("payload").addEventListener("input", check);
  part("event")?.addEventListener("change", () => {
    part("own").hidden = part("event").value !== "";
    check();
  });
  part("back-test")?.addEventListener("click", () => compare(editor));
  check();
}

async function judge(editor, isLatest) {
  const expression = editor.text;
  const answer = await ask("check", { expression });
  if (!isLatest()) return;
  editor.point(answer.refused ?? null);
  tellVerdict(expression, answer);
  if (answer.refused || answer.problem) return part("explanation").replaceChildren();
  const shown = await explained(expression);
  if (isLatest()) part("explanation").replaceChildren(...shown);
}

function tellVerdict(expression, { refused, slip, problem: trouble }) {
  const verdict = part("verdict");
  verdict.classList.toggle("switch-problem", Boolean(refused || trouble));
  verdict.classList.toggle("switch-note", Boolean(slip));
  if (trouble) verdict.textContent = trouble;
  else if (refused) verdict.replaceChildren(refused.message, refused.hint ? element("strong", {}, ` ${refused.hint}`) : "");
  else if (slip) verdict.replaceChildren(`This is a filter, but is it the one you mean? ${slip.message}`, element("strong", {}, ` ${slip.hint}`));
  else verdict.textContent = expression.trim() ? "This is a filter." : "No filter: every event of the topic is taken.";
}

async function explained(expression) {
  const event = part("event")?.value ?? "";
  const answer = await ask("explanation", event ? { expression, event } : { expression, payload: part("payload").value });
  return answer.problem ? [problem(answer.problem)] : answer.refused ? [] : explanation(answer);
}

async function compare(editor) {
  const button = part("back-test");
  button.disabled = true;
  part("comparison").replaceChildren(element("p", {}, "Asking the events…"));
  const answer = await ask("comparison", { expression: editor.text, topic: written("topic", saved.topic) });
  const trouble = answer.problem ?? (answer.refused && "The expression is no filter yet: mend it first.");
  part("comparison").replaceChildren(...(trouble ? [problem(trouble)] : comparison(answer)));
  button.disabled = false;
}

function setUpEvents() {
  const load = settled(400, loadEvents);
  field("topic")?.addEventListener("input", load);
  load();
}

async function loadEvents(isLatest) {
  const topic = written("topic", saved.topic);
  const answer = topic ? await ask("recent", { topic }) : { events: [], names: {} };
  if (!isLatest()) return;
  names = answer.names ?? {};
  for (const select of [part("event"), part("test-event")]) if (select) offer(select, answer.events ?? []);
  tellEvents(topic, answer);
}

// Keeps what is chosen, and the first choice, which is no event.
function offer(select, events) {
  const chosen = select.value;
  const options = events.map(({ id, topic, received_at: at }) => new Option(`${when(at)} ${topic} …${id.slice(-8)}`, id));
  select.replaceChildren(select.options[0], ...options);
  select.value = events.some(({ id }) => id === chosen) ? chosen : "";
  if (select.value !== chosen) select.dispatchEvent(new Event("change"));
}

function when(moment) {
  return moment.slice(0, 19).replace("T", " ") + " UTC";
}

function tellEvents(topic, { events = [], problem: trouble }) {
  const note = part("events-note");
  if (!note) return;
  if (trouble) note.textContent = trouble;
  else if (!topic) note.textContent = "Write a topic, and its newest events can be chosen here.";
  else if (!events.length) note.textContent = "No event of this topic is in the ledger yet: paste a payload.";
  else note.textContent = `The topic's newest ${counted(events.length, "event")} can be chosen.`;
}
