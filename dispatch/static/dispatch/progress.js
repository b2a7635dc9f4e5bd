// Keeps each [data-progress] up to date from the address that stands there, until it is over; then a page about it alone
// is loaded anew once, since more of it has changed. Hidden tabs ask nothing. Without this script, reload the page.

const EVERY_MS = 1_500;
// Rows that may be selected, a form that may be half filled in, an open dialog: no page that has them is loaded anew.
const BUSY = "#result_list, .warn-unsaved-form, [role=dialog], dialog[open]";
const watched = new Set(document.querySelectorAll("[data-progress]"));

// Of a backlog only what is left is known: it is measured against the most that this browser has seen of it.
function percentOf(element, { percent, left }) {
  if (left === undefined) return percent;
  const key = `most ${element.dataset.progress}`;
  const most = Math.max(left, Number(sessionStorage.getItem(key) ?? 0));
  if (left === 0) sessionStorage.removeItem(key);
  else sessionStorage.setItem(key, most);
  return most === 0 ? 100 : Math.floor((100 * (most - left)) / most);
}

function show(element, told) {
  const bar = element.querySelector("progress");
  const percent = percentOf(element, told);
  if (percent === null) bar.removeAttribute("value");
  else bar.value = percent;
  if (told.text !== undefined) element.querySelector("[data-progress-text]").textContent = told.text;
}

async function look(element) {
  const answer = await fetch(element.dataset.progress, { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok) return; // the hub may be starting anew: ask again
  const told = await answer.json();
  show(element, told);
  if (!told.is_over) return;
  watched.delete(element);
  if (!document.querySelector(BUSY)) location.reload();
}

async function round() {
  if (!document.hidden) await Promise.all([...watched].map(look));
  if (watched.size > 0) setTimeout(round, EVERY_MS);
}

for (const element of watched) if (element.dataset.left) show(element, { left: Number(element.dataset.left) });
if (watched.size > 0) setTimeout(round, EVERY_MS);
