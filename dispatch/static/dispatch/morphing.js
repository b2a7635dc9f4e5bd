// Makes a part of a page into what the hub says it is now, and touches nothing else: what has the focus keeps it, what
// was opened stays open, and nothing flickers.

const KEPT = new Set(["open"]);

/** The children of `target` become those of `source`. */
export function morph(target, source) {
  const focused = document.activeElement;
  morphChildren(target, source);
  if (focused !== document.activeElement && focused.isConnected) focused.focus({ preventScroll: true });
}

function morphChildren(target, source) {
  const byKey = new Map([...target.children].filter(keyOf).map((child) => [keyOf(child), child]));
  let place = skipBlank(target.firstChild);
  for (const wanted of [...source.childNodes].filter((node) => !isBlank(node))) {
    const key = keyOf(wanted);
    const found = key ? byKey.get(key) : place && !keyOf(place) && isAlike(place, wanted) ? place : null;
    if (!found) {
      target.insertBefore(document.importNode(wanted, true), place);
      continue;
    }
    if (found === place) place = skipBlank(place.nextSibling);
    else target.insertBefore(found, place);
    morphNode(found, wanted);
  }
  while (place) {
    const next = skipBlank(place.nextSibling);
    place.remove();
    place = next;
  }
}

function morphNode(target, source) {
  if (target.nodeType !== Node.ELEMENT_NODE) {
    if (target.nodeValue !== source.nodeValue) target.nodeValue = source.nodeValue;
    return;
  }
  if (target.isEqualNode(source)) return;
  for (const { name, value } of source.attributes) {
    if (target.getAttribute(name) !== value) target.setAttribute(name, value);
  }
  for (const { name } of [...target.attributes]) {
    if (!source.hasAttribute(name) && !KEPT.has(name)) target.removeAttribute(name);
  }
  morphChildren(target, source);
}

function isAlike(one, other) {
  return one.nodeType === other.nodeType && one.nodeName === other.nodeName;
}

function keyOf(node) {
  return node.nodeType === Node.ELEMENT_NODE ? node.dataset.key || node.id || "" : "";
}

/** White space between elements, which differs from where a part was put. */
function isBlank(node) {
  return node.nodeType === Node.TEXT_NODE && node.nodeValue.trim() === "";
}

function skipBlank(node) {
  while (node && isBlank(node)) node = node.nextSibling;
  return node;
}
