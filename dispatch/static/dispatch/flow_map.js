// Draws the flow map from the data that stands in the page, and anew when that has changed.

import { sankey, sankeyLinkHorizontal } from "../switch/bundles/sankey.js";

const SVG = "http://www.w3.org/2000/svg";
const LEAST = 3;
const BAR = 12;
const HEAD = 28;
// In a wide window the labels stand beside the bars; in a narrow one, drawn at its own size, above them.
const WIDE = { width: 1000, margin: 170, row: 26, letters: 24, middle: 0.5 };
const LEAST_WIDE = 640;
const LETTER = 6.4;

const picture = document.getElementById("flow-picture");
const tables = document.getElementById("flow-tables");
const curve = sankeyLinkHorizontal();
let drawn = "";

draw();
tables.addEventListener("refreshed", draw);
addEventListener("resize", draw);

function draw() {
  const data = document.getElementById("flow-data").textContent;
  const shape = shapeFor(picture.clientWidth);
  const wanted = `${shape.width} ${data}`;
  if (wanted === drawn) return;
  drawn = wanted;
  const focused = document.activeElement?.dataset?.node;
  const found = JSON.parse(data);
  picture.replaceChildren(...(found.links.length ? [pictureOf(found, shape)] : []));
  if (focused) picture.querySelector(`[data-node="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}

function shapeFor(room) {
  if (room >= LEAST_WIDE) return WIDE;
  const style = getComputedStyle(picture);
  const width = Math.max(280, Math.floor(room - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight)));
  const each = Math.floor(width / 3 / LETTER) - 1;
  return { width, margin: 0, row: 38, letters: each, middle: 1 / 3, isNarrow: true };
}

function pictureOf({ nodes, links }, shape) {
  const rows = Math.max(...[0, 1, 2].map((column) => nodes.filter((node) => node.column === column).length));
  const height = Math.max(160, rows * shape.row);
  const graph = layOut(nodes, links, height, shape);
  const svg = make("svg", { viewBox: `0 0 ${shape.width} ${height + HEAD}`, class: "flow", role: "group", "aria-label": "Flow map" });
  ["Publishers", "Topics", "Subscribers"].forEach((name, column) => svg.append(headOf(name, column, shape)));
  svg.append(...graph.links.map(pathOf), ...graph.nodes.map((node) => nodeOf(node, shape)));
  return svg;
}

function layOut(nodes, links, height, { width, margin, row, middle, isNarrow }) {
  const total = links.reduce((sum, link) => sum + link.value, 0);
  const graph = sankey()
    .nodeWidth(BAR)
    .nodePadding(row - BAR)
    .nodeAlign((node) => node.column)
    .nodeSort(null)
    .extent([[margin, HEAD + (isNarrow ? 16 : 0)], [width - margin, height + HEAD - 8]])({
      nodes: nodes.map((node) => ({ ...node, ...(node.isSilent ? { fixedValue: total / 1000 } : {}) })),
      links: links.map((link) => ({ ...link })),
    });
  for (const node of graph.nodes.filter((each) => isNarrow && each.column === 1)) {
    [node.x0, node.x1] = [width * middle, width * middle + BAR];
  }
  return graph;
}

function headOf(name, column, { width, middle, isNarrow }) {
  const x = [0, width * middle, width][column];
  const head = make("text", { x, y: 12, class: "flow-head", "text-anchor": ["start", isNarrow ? "start" : "middle", "end"][column] });
  head.textContent = name;
  return head;
}

function pathOf(link) {
  const path = make("path", {
    d: curve(link),
    class: link.isFailed ? "flow-link flow-failed" : "flow-link",
    "stroke-width": Math.max(1, link.width),
  });
  path.append(titleOf(link.title));
  return path;
}

function nodeOf(node, shape) {
  const kind = node.isSilent || node.isUnheard ? "flow-lonely" : node.isFailing ? "flow-failing" : "";
  const anchor = make("a", { href: node.url, class: `flow-node ${kind}`, "data-node": node.key, "aria-label": node.title });
  const height = Math.max(LEAST, node.y1 - node.y0);
  const label = make("text", shape.isNarrow ? placeAbove(node) : placeBeside(node, height));
  label.textContent = labelOf(node, shape);
  anchor.append(titleOf(node.title), make("rect", { x: node.x0, y: node.y0, width: node.x1 - node.x0, height }), label);
  return anchor;
}

function placeBeside(node, height) {
  const isLeft = node.column === 0;
  return {
    x: isLeft ? node.x0 - 6 : node.x1 + 6,
    y: node.y0 + height / 2,
    "dominant-baseline": "middle",
    "text-anchor": isLeft ? "end" : "start",
  };
}

function placeAbove(node) {
  const isRight = node.column === 2;
  return { x: isRight ? node.x1 : node.x0, y: node.y0 - 4, "text-anchor": isRight ? "end" : "start" };
}

function labelOf(node, { letters, isNarrow }) {
  const isWarned = node.isUnheard || node.isSilent;
  if (isNarrow) return isWarned ? `⚠ ${short(node.name, letters - 2)}` : short(node.name, letters);
  return short(node.name, letters) + (node.isUnheard ? " ⚠ nobody" : node.isSilent ? " ⚠ never" : "");
}

function short(text, length) {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

function titleOf(text) {
  const title = make("title", {});
  title.textContent = text;
  return title;
}

function make(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}
