// A link that opens a dialog leads to nothing but the dialog's part of a page. Pressed before the scripts that open it
// are ready, it is pressed again once they are.
{
  let [areReady, pressed] = [false, null];
  document.addEventListener(
    "htmx:load",
    () => {
      areReady = true;
      pressed?.click();
    },
    { once: true },
  );
  document.addEventListener(
    "click",
    (event) => {
      const link = event.target.closest("a[hx-get]");
      if (areReady || !link) return;
      event.preventDefault();
      event.stopPropagation();
      pressed = link;
    },
    { capture: true },
  );
}
