// Keeps every element with `data-refresh` (where to ask) up to date, each `data-every` seconds, while the tab is seen.

import { morph } from "./morphing.js";
import { tellTimes } from "./times.js";

const WAIT_SECONDS = 10;

for (const part of document.querySelectorAll("[data-refresh]")) keepUp(part);

function keepUp(part) {
  const every = Number(part.dataset.every) * 1000;
  let timer = null;
  let isAsking = false;
  let answered = new Date();

  async function refresh() {
    clearTimeout(timer);
    if (document.hidden || isAsking) return;
    isAsking = true;
    try {
      await update(part);
      answered = new Date();
    } catch (error) {
      tell(part, error instanceof SignedOut ? signIn() : away(answered));
    } finally {
      isAsking = false;
      timer = setTimeout(refresh, every);
    }
  }

  document.addEventListener("visibilitychange", refresh);
  timer = setTimeout(refresh, every);
}

class SignedOut extends Error {}

async function update(part) {
  const answer = await fetch(part.dataset.refresh, {
    headers: { "X-Requested-With": "fetch" },
    signal: AbortSignal.timeout(WAIT_SECONDS * 1000),
  });
  if (answer.redirected || answer.status === 403) throw new SignedOut();
  if (!answer.ok) throw new Error(String(answer.status));
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  tellTimes(page); // as the page tells them already, so that what has not changed is not touched
  morph(part, page.body);
  part.dispatchEvent(new CustomEvent("refreshed"));
}

function tell(part, ...content) {
  const line = part.querySelector("[data-updated]");
  if (!line) return;
  line.classList.add("board-stale");
  line.replaceChildren(...content);
}

function away(answered) {
  return `The hub does not answer. These figures are of ${answered.toLocaleTimeString()}; it is asked again.`;
}

function signIn() {
  const link = document.createElement("a");
  link.href = location.href;
  link.textContent = "You are signed out, and these figures stand still. Sign in again.";
  return link;
}
