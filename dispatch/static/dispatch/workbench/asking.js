// Asks the hub, as the form would: with its token, and with what stands in it now.
const settings = document.getElementById("switch-urls").dataset;

export const saved = { subscriber: settings.subscriber, topic: settings.topic, targetUrl: settings.targetUrl };

export function field(name) {
  return document.querySelector(`form [name=${name}]`);
}

// The field's value, or the saved one where the form shows it as text only.
export function written(name, otherwise = "") {
  return field(name)?.value.trim() ?? otherwise;
}

// Puts `section` below everything that belongs to a field: its errors and its help.
export function placeBelow(input, section) {
  const help = document.getElementById(`${input.id}_helptext`);
  (help ?? input).parentElement.append(section);
  section.hidden = false;
}

// The answer, or {problem} in words where there is none.
export async function ask(question, fields) {
  try {
    const response = await fetch(settings[question], {
      method: "POST",
      headers: { "X-CSRFToken": field("csrfmiddlewaretoken").value },
      body: new URLSearchParams({ subscriber: saved.subscriber, ...fields }),
    });
    if (response.status === 403) return { problem: "You may not ask this, or your session is over: load the page again." };
    if (!response.ok || response.redirected) return { problem: `The hub answered ${response.status}: load the page again.` };
    return await response.json();
  } catch {
    return { problem: "The hub cannot be reached. It is asked again at the next change." };
  }
}

// Calls `work` once the calls have paused; of several answers only that to the last call counts.
export function settled(milliseconds, work) {
  let timer;
  let latest = 0;
  return () => {
    const mine = ++latest;
    clearTimeout(timer);
    timer = setTimeout(() => work(() => mine === latest), milliseconds);
  };
}
