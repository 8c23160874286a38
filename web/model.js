// The model as its graph: layers with shapes and parameters, and along each edge the size of the signal that goes forward and
// of the gradient that comes back.

import { get } from "./api.js";
import { el, fill, svg } from "./dom.js";
import { integer, number } from "./format.js";

const box = { width: 220, height: 58, across: 300, down: 112 };
const shape = (dimensions) => dimensions.join(" × ") || "scalar";

export async function graph(place, run, { signal }) {
  const { summary } = await get(`v1/runs/${run}/model`, { signal });
  const picture = el("div", { class: "wide" });
  fill(place,
    el("p", { class: "quiet" }, `${integer(summary.parameter_count)} parameters. Along an edge: the spread of what goes forward (→), and the norm of the loss's gradient there (←), at the newest step observed. `,
      "A thicker edge has a larger gradient, by its logarithm."), picture);

  async function refresh() {
    const { activations } = await get(`v1/runs/${run}/activations?max_points=2`, { signal });
    const newest = new Map(activations.map((row) => [row.layer, row]));
    fill(picture, drawing(summary, newest));
  }
  await refresh();
  return refresh;
}

function drawing(summary, newest) {
  const nodes = [
    ...summary.inputs.map((input) => ({ name: input.name, type: "input", shape: input.shape, inputs: [] })),
    ...summary.layers.map((layer) => ({ name: layer.name, type: layer.type, shape: layer.output_shape, inputs: layer.inputs, parameters: layer.parameters })),
  ];
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const depth = (node) => (node.depth ??= Math.max(-1, ...node.inputs.map((name) => depth(byName.get(name)))) + 1);
  nodes.forEach(depth);
  const rows = Map.groupBy(nodes, (node) => node.depth);
  const widest = Math.max(...[...rows.values()].map((row) => row.length));
  for (const [row, members] of rows) {
    members.forEach((node, index) => {
      node.x = ((widest - members.length) / 2 + index) * box.across + 20;
      node.y = row * box.down + 10;
    });
  }
  const strengths = [...newest.values()].map((row) => row.gradient?.l2).filter((value) => value > 0).map(Math.log10);
  const [low, high] = [Math.min(...strengths), Math.max(...strengths)];
  const width = (row) => (row?.gradient?.l2 > 0 ? 1.5 + (5 * (Math.log10(row.gradient.l2) - low)) / (high - low || 1) : 1);
  const edges = nodes.flatMap((node) => node.inputs.map((name) => edge(byName.get(name), node, newest.get(name), width(newest.get(name)))));
  const [across, down] = [widest * box.across + 40, rows.size * box.down];
  return svg("svg", { class: "graph", viewBox: `0 0 ${across} ${down}`, width: across, height: down, role: "img", "aria-label": `the model's ${nodes.length - summary.inputs.length} layers, from its input down to its output` },
    edges, nodes.map((node) => card(node, newest.get(node.name))));
}

function edge(from, to, row, width) {
  const [x0, y0, x1, y1] = [from.x + box.width / 2, from.y + box.height, to.x + box.width / 2, to.y];
  const middle = (y0 + y1) / 2;
  const [x, y] = [(x0 + x1) / 2 + 8, middle];
  return svg("g", {}, svg("path", { d: `M${x0} ${y0} C${x0} ${middle} ${x1} ${middle} ${x1} ${y1}`, "stroke-width": width.toFixed(1) }),
    row && svg("text", { x, y: y - 2, class: "signal" }, `→ ${number(row.standard_deviation, 3)}`),
    row?.gradient && svg("text", { x, y: y + 13, class: "error-signal" }, `← ${number(row.gradient.l2, 3)}`));
}

function card(node, row) {
  const dead = row?.dead_fraction > 0.5 || row?.saturated_fraction > 0.9;
  return svg("g", { class: dead ? "node suspect" : "node", transform: `translate(${node.x} ${node.y})` },
    svg("title", {}, `${node.name}: ${node.type}, ${shape(node.shape)}`), svg("rect", { width: box.width, height: box.height, rx: 6 }),
    svg("text", { x: 10, y: 18, class: "name" }, node.name.length > 28 ? `${node.name.slice(0, 27)}…` : node.name),
    svg("text", { x: 10, y: 34 }, `${node.type}, ${shape(node.shape)}`),
    node.parameters > 0 && svg("text", { x: 10, y: 50 }, `${integer(node.parameters)} parameters`));
}
