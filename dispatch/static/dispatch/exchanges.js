// Fetches what an attempt has sent and got once its [data-exchange] is opened, from the address that stands there. Where
// that fails, the link to the attempt's own page stays.

import { offerCopies } from "./copying.js";

async function load(details) {
  const address = details.dataset.exchange;
  delete details.dataset.exchange;
  const answer = await fetch(address).catch(() => null);
  if (!answer?.ok || answer.redirected) {
    details.dataset.exchange = address; // it is asked again when it is opened again
    return;
  }
  details.querySelector("p").outerHTML = await answer.text();
  offerCopies(details);
}

for (const details of document.querySelectorAll("[data-exchange]")) {
  details.addEventListener("toggle", () => details.open && details.dataset.exchange && load(details));
}
