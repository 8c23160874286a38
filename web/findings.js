// What the rules of the diagnosis found: as a list, and as marks on the plots that each of them is about.

import { get } from "./api.js";
import { el, fill, table } from "./dom.js";
import { number, words } from "./format.js";
import { shaded } from "./plot.js";

const colour = { info: "#56b4e9", warning: "#e69f00", critical: "#d55e00" };

/// Of each rule that is about more than the loss: the tab that shows it best, and what it is about there.
const subjects = {
  vanishing_gradient: ["gradients", "gradient"], exploding_gradient: ["gradients", "gradient"], zero_tensor: ["gradients", "gradient"], non_finite_origin: ["gradients", "gradient"],
  frozen_layer: ["gradients", "ratio"], unchanged_tensor: ["gradients", "ratio"], update_ratio: ["gradients", "ratio"],
  dead_relu: ["activations", "activation"], saturated_activation: ["activations", "activation"], initialisation: ["activations", "activation"],
};
const tabOf = (finding) => subjects[finding.rule]?.[0] ?? "curves";
const isAbout = (finding, subject) => subjects[finding.rule]?.[1] === subject;

export const findingsOf = async (run, signal) => (await get(`v1/runs/${run}/diagnosis`, { signal })).findings;

const title = (finding) => `${words(finding.rule)}${finding.layer ? ` in ${finding.layer}` : ""}`;

/// Shaded stretches of steps, for plots of curves; `subject` leaves those alone that are about it.
export function spans(findings, now, subject) {
  return findings.filter((one) => !subject || isAbout(one, subject))
    .map((one) => ({ from: one.from_step, to: one.to_step ?? now, text: words(one.rule), colour: colour[one.severity] }));
}

/// The same as shapes and texts of a plot whose x are steps.
export function shading(findings, now, subject) {
  return shaded(spans(findings, now, subject));
}

/// Frames around the rows of a heat map that a finding is about, over the steps for which it holds.
///
/// `rows` have a `name` and, where they are parameters, the `layer` that these belong to.
export function frames(findings, now, rows, subject) {
  const found = findings.filter((one) => isAbout(one, subject)).flatMap((finding) => rows.flatMap((row, index) => {
    const isHere = finding.parameter ? row.name === finding.parameter : [row.name, row.layer].includes(finding.layer);
    return isHere ? [{ finding, index }] : [];
  }));
  return {
    shapes: found.map(({ finding, index }) => ({ type: "rect", x0: finding.from_step, x1: finding.to_step ?? now, y0: index - 0.5, y1: index + 0.5, line: { color: colour[finding.severity], width: 2 } })),
    annotations: found.map(({ finding, index }) => ({ x: finding.from_step, y: index, text: words(finding.rule), showarrow: false, xanchor: "left", font: { size: 11, color: "#ffffff" }, bgcolor: "rgba(0,0,0,0.65)" })),
  };
}

/// The list, each with its figures, what may help, and the way to where it is seen.
export async function show(place, run, { signal, open }) {
  const renew = async () => {
    const { findings, checked } = await get(`v1/runs/${run}/diagnosis`, { signal });
    fill(place, findings.length === 0 && el("p", {}, `No rule finds anything wrong, of ${checked.length} that were checked.`),
      findings.map((one) => el("article", { class: `card finding ${one.severity}` },
        el("h2", {}, title(one), one.resolved && " (passed)"),
        el("p", { class: "quiet" }, `${one.severity}, from step ${one.from_step}${one.to_step ? ` to ${one.to_step}` : ""}`),
        el("p", {}, one.explanation), el("p", {}, el("strong", {}, "What may help: "), one.advice.text, one.advice.field && el("span", { class: "quiet" }, ` (${one.advice.field})`)),
        table(["Evidence", "Value"], Object.entries(one.evidence).map(([name, value]) => el("tr", {}, el("th", { scope: "row" }, words(name)), el("td", { class: "number" }, typeof value === "number" ? number(value) : String(value))))),
        el("button", { onclick: () => open(tabOf(one)) }, `Look at the ${tabOf(one)}`))));
  };
  await renew();
  return renew;
}
