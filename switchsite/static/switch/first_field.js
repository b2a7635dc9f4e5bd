// The browser gives the focus to the field with `autofocus` while it reads the page, which the theme hides until its
// scripts have begun: a hidden field takes none. So it is given again once the page is shown, unless somebody was quicker.

const page = document.documentElement;

function focusFirst() {
  if (page.hasAttribute("x-cloak")) return false;
  if (document.activeElement === document.body) document.querySelector("[autofocus]")?.focus();
  return true;
}

if (!focusFirst()) {
  const observer = new MutationObserver(() => focusFirst() && observer.disconnect());
  observer.observe(page, { attributes: true, attributeFilter: ["x-cloak"] });
}
