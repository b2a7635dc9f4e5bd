// The theme's links of a sorted column have an icon for a name, and say in words what they do in their title only.
for (const each of document.querySelectorAll(".sortoptions a[title]")) {
  each.setAttribute("aria-label", each.title);
  const way = each.classList.contains("ascending") ? "ascending" : each.classList.contains("descending") ? "descending" : "";
  if (way) each.closest("th").setAttribute("aria-sort", way);
}

// The text of an icon is the name of its glyph, such as "open_in_new", and no word of what it stands in.
function hideIcons() {
  for (const icon of document.querySelectorAll("span.material-symbols-outlined:not([aria-hidden])")) {
    icon.setAttribute("aria-hidden", "true");
  }
}

hideIcons();
new MutationObserver(hideIcons).observe(document.body, { childList: true, subtree: true });
document.getElementById("searchbar-submit")?.setAttribute("aria-label", "Search");

// Django's double lists label a bare span, which assistive technology is free to ignore: as an image it is read.
function mend() {
  for (const each of document.querySelectorAll(".help-tooltip[aria-label]")) each.setAttribute("role", "img");
}

// Django makes the lists at the same event, in a listener that comes later.
window.addEventListener("load", () => setTimeout(mend));
