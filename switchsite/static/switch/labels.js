// Django's double lists label a bare span, which assistive technology is free to ignore: as an image it is read.
function mend() {
  for (const each of document.querySelectorAll(".help-tooltip[aria-label]")) each.setAttribute("role", "img");
}

// Django makes the lists at the same event, in a listener that comes later.
window.addEventListener("load", () => setTimeout(mend));
