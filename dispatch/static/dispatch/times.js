// Tells every <time> of the page as so long ago, with the reader's own time and UTC in its title. Without this script
// the page shows UTC.

const UNITS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

function pad(number) {
  return String(number).padStart(2, "0");
}

function localDate(moment) {
  return `${moment.getFullYear()}-${pad(moment.getMonth() + 1)}-${pad(moment.getDate())}`;
}

function localClock(moment) {
  return [moment.getHours(), moment.getMinutes(), moment.getSeconds()].map(pad).join(":");
}

export function ago(moment, now) {
  const seconds = Math.round((moment - now) / 1000);
  const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? UNITS.at(-1);
  return relative.format(Math.trunc(seconds / size), unit);
}

function tell(element, now) {
  const moment = new Date(element.dateTime);
  if (Number.isNaN(moment.getTime())) return;
  element.dataset.utc ??= element.title;
  const told = ago(moment, now);
  const clock = localDate(moment) === localDate(now) ? localClock(moment) : `${localDate(moment)} ${localClock(moment)}`;
  const text = element.dataset.form === "long" ? `${clock} (${told})` : told;
  if (element.textContent !== text) element.textContent = text;
  element.title = `${localDate(moment)} ${localClock(moment)} ${zone}\n${element.dataset.utc}`;
}

export function tellTimes(root = document) {
  const now = new Date();
  for (const element of root.querySelectorAll("time[data-form]")) tell(element, now);
}

tellTimes();
setInterval(() => document.hidden || tellTimes(), 10_000);
document.addEventListener("visibilitychange", () => document.hidden || tellTimes());
