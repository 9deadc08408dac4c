// Writes the tables of the chart's README.md from values.yaml and the thresholds of the rules: `readme.mjs [--check]`. What stands in README.md before the line MARK is kept.
//
// In values.yaml a line "## Title" begins a section; comments after it up to a blank line are its text. A comment right above a
// value that starts with the value's whole path is its row. A value without one that is no map of such values is a fault.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(new URL("../../tests/chart/package.json", import.meta.url));
const { isMap, parseDocument } = require("yaml");

const MARK = "<!-- What follows is made from values.yaml by deploy/helm/readme.mjs. -->";

// Comments and blank lines right above an offset, without their #.
function linesAbove(text, offset) {
  const above = [];
  for (const line of text.slice(0, offset).split("\n").slice(0, -1).reverse()) {
    if (!/^ *(#|$)/.test(line)) break;
    above.unshift(line.replace(/^ *# ?/, ""));
  }
  return above;
}

// Title and text of the section that begins in `lines`, and the lines after it.
function sectionIn(lines) {
  const title = lines.findIndex((line) => line.startsWith("# "));
  if (title < 0) return [null, lines];
  const rest = lines.slice(title + 1);
  const end = rest.indexOf("") < 0 ? rest.length : rest.indexOf("");
  return [{ title: lines[title].slice(2), text: rest.slice(0, end).join(" "), rows: [] }, rest.slice(end + 1)];
}

function* rowsOf(source, map, path, faults) {
  for (const { key, value } of map.items) {
    const name = [...path, key.value].join(".");
    const [section, lines] = sectionIn(linesAbove(source, key.range[0]));
    if (section) yield section;
    const text = lines.join(" ").trim();
    if (text.startsWith(`${name} `)) {
      yield { name, text: text.slice(name.length + 1), value: value.toJSON() };
    } else if (isMap(value) && value.items.length > 0) {
      yield* rowsOf(source, value, [...path, key.value], faults);
    } else {
      faults.push(`values.yaml: ${name}: expected a comment above it that starts with "${name} "`);
    }
  }
}

function sectionsOf(text) {
  const document = parseDocument(text);
  const sections = [];
  const faults = [];
  for (const row of rowsOf(text, document.contents, [], faults)) {
    if (row.rows) sections.push(row);
    else sections.at(-1).rows.push(row);
  }
  if (faults.length > 0) throw new Error(faults.join("\n"));
  return sections;
}

const cell = (text) => text.replaceAll("|", "\\|");
const table = (rows) =>
  ["| value | default | |", "|---|---|---|"]
    .concat(rows.map(({ name, text, value }) => `| \`${name}\` | \`${cell(JSON.stringify(value))}\` | ${cell(text)} |`))
    .join("\n");

// A line each: `name: default  # meaning`.
function thresholdsTable(thresholds) {
  const rows = parseDocument(thresholds).toJSON();
  const meanings = thresholds.split("\n").map((line) => /^(\w+): .*?(?:  # (.*))?$/.exec(line)).filter(Boolean);
  return table(meanings.map(([, name, text]) => ({ name, value: rows[name], text: text ?? "" })));
}

function render(readme, values, thresholds) {
  const sections = sectionsOf(values).map(({ title, text, rows }) => [`## ${title}`, text, table(rows)].filter(Boolean).join("\n\n"));
  sections.push(`## Thresholds of the rules\n\nNames for \`prometheusRule.thresholds\`. \`selector\` is by default what finds the series of this release.\n\n${thresholdsTable(thresholds)}`);
  return `${readme.split(MARK)[0]}${MARK}\n\n${sections.join("\n\n")}\n`;
}

const chart = new URL("holter/", import.meta.url);
const path = new URL("README.md", chart);
const readme = readFileSync(path, "utf8");
const textOf = (name) => readFileSync(new URL(name, chart), "utf8");
const fresh = render(readme, textOf("values.yaml"), textOf("files/prometheus/thresholds.yaml"));
if (process.argv[2] !== "--check") {
  writeFileSync(path, fresh);
} else if (fresh !== readme) {
  console.error("README.md is not what values.yaml says: run `node deploy/helm/readme.mjs`");
  process.exit(1);
}
