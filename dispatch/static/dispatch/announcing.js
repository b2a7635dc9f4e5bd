// Says above a list how many rows are new since it was opened: "12 new: show". The list itself stands still.

const EVERY = 5000;
const WAIT = 10000;
const ID = /\/([0-9a-f]{8}-[0-9a-f-]{27}|[0-9]+)\/change\//;
// Only the newest page has rows before its first that are new.
const PAGES = ["p", "before", "after", "cursor"];

const query = new URLSearchParams(location.search);
const list = document.querySelector("#changelist");
if (list && !PAGES.some((name) => query.has(name))) announce(list);

function announce(list) {
  const first = firstId(list);
  const line = lineAbove(list);
  let timer = null;

  async function look() {
    clearTimeout(timer);
    if (document.hidden) return;
    try {
      show(line, await ask(first));
    } catch {
      // What is not known is not announced; the next look may tell.
    }
    timer = setTimeout(look, EVERY);
  }

  document.addEventListener("visibilitychange", look);
  timer = setTimeout(look, EVERY);
}

/** An empty list has no first id: whatever comes is new. */
function firstId(list) {
  for (const link of list.querySelectorAll("#result_list tbody a[href]")) {
    const found = link.pathname.startsWith(location.pathname) && ID.exec(link.pathname);
    if (found) return found[1];
  }
  return "0";
}

function lineAbove(list) {
  const line = document.createElement("p");
  line.className = "switch-news";
  line.setAttribute("role", "status");
  list.prepend(line);
  return line;
}

async function ask(first) {
  const asked = new URLSearchParams(query);
  asked.set("first", first);
  const answer = await fetch(`${location.pathname}newer/?${asked}`, { signal: AbortSignal.timeout(WAIT) });
  if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
  return answer.json();
}

function show(line, { count, most }) {
  const text = count === 0 ? "" : `${count > most ? `${most}+` : count} new: show`;
  if (line.textContent === text) return;
  const link = document.createElement("a");
  link.href = location.href;
  link.textContent = text;
  line.replaceChildren(...(text ? [link] : []));
}
