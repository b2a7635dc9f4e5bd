// Makes elements whose content is text and never markup.
export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  Object.assign(made, properties);
  made.append(...children.filter((child) => child !== null && child !== ""));
  return made;
}

export function problem(text) {
  return element("p", { className: "switch-problem" }, text);
}

// "1 event", "1,204 events"
export function counted(number, one, several = `${one}s`) {
  return `${number.toLocaleString("en")} ${number === 1 ? one : several}`;
}
