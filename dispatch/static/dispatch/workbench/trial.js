// Sends a test, and shows what was sent and what came back.
import { ask, field, placeBelow, saved, written } from "./asking.js";
import { element, problem } from "./elements.js";

const UNSAVED = "The target URL is not saved yet: a made-up sample is sent to it, unsigned and with nothing that the hub keeps.";
const SAVED = "Sent now to the saved URL, as a delivery would be, with the saved secret and limits. It is logged, but counted nowhere, and not tried again.";

export function setUpTrial(section) {
  const target = field("target_url");
  const events = section.querySelector("#switch-test-event");
  const note = section.querySelector("#switch-test-note");
  const isSaved = () => saved.subscriber !== "" && written("target_url", saved.targetUrl) === saved.targetUrl;
  const tell = () => {
    note.textContent = isSaved() ? SAVED : UNSAVED;
    if (events) {
      events.disabled = !isSaved();
      if (!isSaved()) events.value = "";
    }
  };
  target?.addEventListener("input", tell);
  tell();
  section.querySelector("#switch-send").addEventListener("click", (event) => send(section, event.currentTarget));
  if (target) placeBelow(target, section);
  section.hidden = false;
}

async function send(section, button) {
  const shown = section.querySelector("#switch-trial");
  button.disabled = true;
  shown.replaceChildren(element("p", {}, "Sending…"));
  const fields = {
    topic: written("topic", saved.topic),
    target_url: written("target_url", saved.targetUrl),
    ...(field("filter_expression") && { filter_expression: written("filter_expression") }),
    event: section.querySelector("#switch-test-event")?.value ?? "",
  };
  const answer = await ask("trial", fields);
  shown.replaceChildren(...(answer.problem ? [problem(answer.problem)] : told(answer)));
  button.disabled = false;
}

function told(trial) {
  const notes = trial.notes.map((text) => element("p", { className: "switch-note" }, text));
  return [result(trial), ...notes, ...message("Request", trial.request, requestLine), ...message("Response", trial.response, statusLine)];
}

function result({ response, is_success: isSuccess, error, total_ms: milliseconds }) {
  const took = `${milliseconds.toFixed(0)} ms`;
  const text = response
    ? `It answered ${response.status} after ${took}${isSuccess ? "" : ", which is a failure: a delivery would be tried again or given up"}.`
    : `No answer came. ${error}`;
  return element("p", { className: "switch-sentence" }, badge(isSuccess), " ", text);
}

function badge(isSuccess) {
  return element("span", { className: `switch-state switch-is-${isSuccess}` }, isSuccess ? "success" : "failure");
}

function message(title, content, firstLine) {
  if (!content) return [];
  const headers = content.headers.map(({ name, value }) => `${name}: ${value}`);
  const text = [firstLine(content), ...headers, "", content.body].join("\n");
  return [element("h3", {}, title), element("pre", { className: "switch-code", tabIndex: 0 }, text)];
}

const requestLine = ({ method, url }) => `${method} ${url}`;
const statusLine = ({ status }) => `HTTP ${status}`;
