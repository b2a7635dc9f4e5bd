// The menu of a row for the keyboard. The theme keeps it at the end of the page, where Tab would find it last: the focus
// goes in when a key opens it, and back to its button when Escape, or Tab at either end, closes it.

const MENU = 'nav[id^="row-menu-"]';
const BUTTON = 'button[aria-controls^="row-menu-"]';

function buttonOf(menu) {
  return document.querySelector(`button[aria-controls="${menu.id}"]`);
}

function enterMenu(menu) {
  const first = menu.querySelector("a");
  if (menu.checkVisibility()) first.focus();
  return document.activeElement === first;
}

// What shows it is its style.
function enterMenuOnceShown(menu) {
  if (enterMenu(menu)) return;
  const observer = new MutationObserver(() => enterMenu(menu) && observer.disconnect());
  observer.observe(menu, { attributes: true, attributeFilter: ["style"] });
}

function leaveMenu(menu) {
  menu.dispatchEvent(new CustomEvent("close"));
  buttonOf(menu).focus();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.(BUTTON);
  const isByKey = event.detail === 0;
  if (button && isByKey) enterMenuOnceShown(document.getElementById(button.getAttribute("aria-controls")));
});

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.(MENU);
  if (!menu) return;
  const stops = [...menu.querySelectorAll("a")];
  const end = event.shiftKey ? stops[0] : stops.at(-1);
  if (event.key === "Escape" || (event.key === "Tab" && event.target === end)) {
    event.preventDefault();
    leaveMenu(menu);
  }
});
