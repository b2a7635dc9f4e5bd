// Puts the text beside a [data-copy] button on the clipboard. Without a clipboard (plain HTTP) the text is selected.

async function copy(button) {
  const text = button.parentElement.querySelector("[data-copied]");
  try {
    await navigator.clipboard.writeText(text.textContent);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(text);
    button.textContent = "Selected: press Ctrl+C";
  }
}

/** Shows the buttons within `part`; without scripts they are of no use. */
export function offerCopies(part) {
  for (const button of part.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  }
}

offerCopies(document);
