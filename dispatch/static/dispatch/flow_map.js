// Draws the flow map from the data that stands in the page, and anew when that has changed.

import { sankey, sankeyLinkHorizontal } from "../switch/bundles/sankey.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 1000;
const LABELS = 170;
const ROW = 26;
const LEAST = 3;

const picture = document.getElementById("flow-picture");
const tables = document.getElementById("flow-tables");
const curve = sankeyLinkHorizontal();
let drawn = "";

draw();
tables.addEventListener("refreshed", draw);

function draw() {
  const data = document.getElementById("flow-data").textContent;
  if (data === drawn) return;
  drawn = data;
  const focused = document.activeElement?.dataset?.node;
  const found = JSON.parse(data);
  picture.replaceChildren(...(found.links.length ? [pictureOf(found)] : []));
  if (focused) picture.querySelector(`[data-node="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}

function pictureOf({ nodes, links }) {
  const rows = Math.max(...[0, 1, 2].map((column) => nodes.filter((node) => node.column === column).length));
  const height = Math.max(160, rows * ROW);
  const graph = layOut(nodes, links, height);
  const svg = make("svg", { viewBox: `0 0 ${WIDTH} ${height + 28}`, class: "flow", role: "group", "aria-label": "Flow map" });
  ["Publishers", "Topics", "Subscribers"].forEach((name, column) => svg.append(headOf(name, column)));
  svg.append(...graph.links.map(pathOf), ...graph.nodes.map(nodeOf));
  return svg;
}

function layOut(nodes, links, height) {
  const total = links.reduce((sum, link) => sum + link.value, 0);
  return sankey()
    .nodeWidth(12)
    .nodePadding(ROW - 12)
    .nodeAlign((node) => node.column)
    .nodeSort(null)
    .extent([[LABELS, 28], [WIDTH - LABELS, height + 20]])({
      nodes: nodes.map((node) => ({ ...node, ...(node.isSilent ? { fixedValue: total / 1000 } : {}) })),
      links: links.map((link) => ({ ...link })),
    });
}

function headOf(name, column) {
  const x = [0, WIDTH / 2, WIDTH][column];
  const head = make("text", { x, y: 12, class: "flow-head", "text-anchor": ["start", "middle", "end"][column] });
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

function nodeOf(node) {
  const kind = node.isSilent || node.isUnheard ? "flow-lonely" : node.isFailing ? "flow-failing" : "";
  const anchor = make("a", { href: node.url, class: `flow-node ${kind}`, "data-node": node.key, "aria-label": node.title });
  const height = Math.max(LEAST, node.y1 - node.y0);
  const isLeft = node.column === 0;
  const label = make("text", {
    x: isLeft ? node.x0 - 6 : node.x1 + 6,
    y: node.y0 + height / 2,
    "dominant-baseline": "middle",
    "text-anchor": isLeft ? "end" : "start",
  });
  label.textContent = short(node.name, 24) + (node.isUnheard ? " ⚠ nobody" : node.isSilent ? " ⚠ never" : "");
  anchor.append(titleOf(node.title), make("rect", { x: node.x0, y: node.y0, width: node.x1 - node.x0, height }), label);
  return anchor;
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
