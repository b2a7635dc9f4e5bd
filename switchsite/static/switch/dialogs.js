// The dialog of an action for the keyboard, as https://www.w3.org/WAI/ARIA/apg/patterns/dialog-modal/ has it: the focus
// goes in when it opens, stays while it is open, and goes back when it closes. The theme shows it, and Escape closes it.

// A form is sent by htmx only once its page has settled; until then the browser would send it to the address of the page.
// It settles before it is shown: whoever presses Enter at once is heard.
htmx.config.defaultSettleDelay = 0;

const FIELD = "input:not([type=hidden]), select, textarea";
const REACHED = `a[href], button, ${FIELD}`;

function visible(dialog, selector) {
  return [...dialog.querySelectorAll(selector)].filter((each) => !each.disabled && each.checkVisibility());
}

// A heading comes before a button: what cannot be undone is not to be one Enter away.
function enter(dialog) {
  const heading = dialog.querySelector("h1");
  dialog.setAttribute("role", "dialog");
  dialog.setAttribute("aria-modal", "true");
  dialog.setAttribute("aria-label", heading.textContent.trim());
  heading.tabIndex = -1;
  (visible(dialog, FIELD)[0] ?? heading).focus();
}

function leave(dialog, opener) {
  for (const name of ["role", "aria-modal", "aria-label"]) dialog.removeAttribute(name);
  opener?.focus();
}

function keepInside(dialog, event) {
  const stops = visible(dialog, REACHED);
  const [first, last] = [stops[0], stops.at(-1)];
  const focused = document.activeElement;
  const isInside = dialog.contains(focused);
  const next = event.shiftKey ? last : first;
  const isAtTheEnd = event.shiftKey ? focused === first || !stops.includes(focused) : focused === last;
  if (isInside && !isAtTheEnd) return;
  event.preventDefault();
  next.focus();
}

function watch(dialog) {
  let [isOpen, opener] = [false, null];
  // What shows and hides it is the style of the layer that holds it.
  new MutationObserver(() => {
    const wasOpen = isOpen;
    isOpen = dialog.checkVisibility() && dialog.querySelector("h1") !== null;
    if (isOpen && !wasOpen) {
      opener = document.activeElement;
      enter(dialog);
    } else if (wasOpen && !isOpen) leave(dialog, opener);
  }).observe(dialog.parentElement, { attributes: true, attributeFilter: ["style"] });
  document.addEventListener("keydown", (event) => event.key === "Tab" && isOpen && keepInside(dialog, event));
}

const dialog = document.getElementById("modal-content");
if (dialog) watch(dialog);
