// Completes what is typed into an input with data-suggest, from the address that stands there. Without it one types on.

const WAIT_MS = 200;

function options(list, found) {
  list.replaceChildren(
    ...found.map(({ value, label }) => {
      const option = document.createElement("option");
      option.value = value;
      if (label) option.label = label;
      return option;
    }),
  );
}

function suggest(input, number) {
  const list = document.createElement("datalist");
  list.id = `suggestions-${number}`;
  input.after(list);
  input.setAttribute("list", list.id);
  let timer, asked;
  async function ask() {
    const text = input.value.trim();
    if (text === asked) return;
    asked = text;
    const address = new URL(input.dataset.suggest, location.href);
    address.searchParams.set("q", text);
    const answer = await fetch(address, { headers: { Accept: "application/json" } }).catch(() => null);
    if (answer?.ok && text === input.value.trim()) options(list, (await answer.json()).results);
  }
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT_MS);
  });
  input.addEventListener("focus", ask);
}

document.querySelectorAll("input[data-suggest]").forEach(suggest);
