// The rules of github.com/grafana/dashboard-linter, which is not to be had as a package, in our own words and for every panel, where the
// linter looks only at some types of panels. Its rules for LogQL are left out: there is no Loki here. A rule yields what it complains of.
import type { SyntaxNode } from '@lezer/common';
import type { LRParser } from '@lezer/lr';

import { Board, Panel, RATE_INTERVAL, Target, expand, panels } from './files';

// Its types are those of an ES module only, its code is not.
const { parser } = require('@prometheus-io/lezer-promql') as { parser: LRParser };

export interface Complaint {
  panel?: string;
  targetIdx?: number;
  about: string;
}
export interface Rule {
  name: string;
  check(board: Board): Iterable<Complaint>;
}

/** Of the linter's list, those that we use. */
const UNITS = ['none', 'short', 'percentunit', 's', 'dateTimeFromNow', 'cps', 'reqps', 'wps', 'Bps'];

function nodes(expr: string, name: string): { text: string; node: SyntaxNode }[] {
  const expanded = expand(expr);
  const found: { text: string; node: SyntaxNode }[] = [];
  parser.parse(expanded).iterate({
    enter: (ref) => {
      if (ref.name === name) found.push({ text: expanded.slice(ref.from, ref.to), node: ref.node });
    },
  });
  return found;
}

/** The function that a node is a direct argument of, `@` and parentheses aside. */
function calledBy(node: SyntaxNode, expr: string): string | undefined {
  let above = node.parent;
  while (above && ['StepInvariantExpr', 'ParenExpr', 'FunctionCallBody', 'OffsetExpr'].includes(above.name))
    above = above.parent;
  const callee = above?.name === 'FunctionCall' ? above.getChild('FunctionIdentifier') : null;
  return callee ? expand(expr).slice(callee.from, callee.to) : undefined;
}

function ofBoard(name: string, check: (board: Board) => Iterable<string>): Rule {
  return {
    name,
    *check(board) {
      for (const about of check(board)) yield { about };
    },
  };
}

function ofPanel(name: string, check: (panel: Panel) => Iterable<string>): Rule {
  return {
    name,
    *check(board) {
      for (const panel of panels(board)) for (const about of check(panel)) yield { panel: panel.title, about };
    },
  };
}

function ofTarget(name: string, check: (target: Target) => Iterable<string>): Rule {
  return {
    name,
    *check(board) {
      for (const panel of panels(board)) {
        for (const [targetIdx, target] of (panel.targets ?? []).entries()) {
          for (const about of check(target)) yield { panel: panel.title, targetIdx, about };
        }
      }
    },
  };
}

function ofMatcher(label: string): Rule {
  return ofTarget(`target-${label}-rule`, function* ({ expr }) {
    for (const { text } of nodes(expr, 'VectorSelector')) {
      if (!text.includes(`${label}=~"$${label}"`)) yield `${text} has no ${label}=~"$${label}"`;
    }
  });
}

function ofTemplate(name: string): Rule {
  return ofBoard(`template-${name}-rule`, function* ({ templating }) {
    const variable = templating.list.find((candidate) => candidate.name === name);
    if (!variable) return yield `no variable ${name}`;
    if (variable.type !== 'query') yield `${name} is no query`;
    if (variable.datasource?.uid !== '${datasource}') yield `${name} does not ask $datasource`;
    if (variable.label !== name[0].toUpperCase() + name.slice(1)) yield `${name} is labelled ${variable.label}`;
    if (!variable.multi) yield `${name} is no multi select`;
    if (variable.allValue !== '.+') yield `all of ${name} is ${variable.allValue}`;
  });
}

const queries = (board: Board) => board.templating.list.filter(({ type }) => type === 'query');

export const RULES: Rule[] = [
  ofBoard('template-datasource-rule', function* ({ templating }) {
    const sources = templating.list.filter(({ type }) => type === 'datasource');
    if (sources.length !== 1) return yield `${sources.length} datasource variables`;
    if (sources[0].name !== 'datasource') yield `named ${sources[0].name}`;
    if (sources[0].label !== 'Data source') yield `labelled ${sources[0].label}`;
    if (sources[0].query !== 'prometheus') yield `of ${sources[0].query}`;
  }),
  ofTemplate('job'),
  ofTemplate('instance'),
  ofBoard('template-label-promql-rule', function* (board) {
    for (const { name, query } of queries(board)) {
      const [, selector] = /^label_values\((.+), \w+\)$/.exec(query) ?? [];
      if (!selector || nodes(selector, '⚠').length > 0) yield `${name}: ${query}`;
    }
  }),
  ofBoard('template-on-time-change-reload-rule', function* (board) {
    for (const { name, refresh } of queries(board)) if (refresh !== 2) yield `${name} is refreshed by ${refresh}`;
  }),
  // Not in the linter's default set.
  ofBoard('template-unused-rule', function* (board) {
    const used = panels(board)
      .flatMap(({ targets }) => targets ?? [])
      .map(({ expr }) => expr)
      .join('\n');
    for (const { name } of queries(board)) if (!new RegExp(`\\$${name}\\b`).test(used)) yield `${name} is not used`;
  }),
  ofPanel('panel-datasource-rule', function* (panel) {
    const sources = [panel.datasource, ...(panel.targets ?? []).map(({ datasource }) => datasource)];
    for (const source of sources) if (source?.uid !== '${datasource}') yield `uses ${source?.uid}`;
  }),
  ofPanel('panel-title-description-rule', function* ({ title, description }) {
    if (!title || !description) yield 'has no title or no description';
  }),
  ofPanel('panel-units-rule', function* ({ fieldConfig }) {
    const overrides = (fieldConfig?.overrides ?? [])
      .flatMap(({ properties }) => properties)
      .filter(({ id }) => id === 'unit');
    for (const unit of [fieldConfig?.defaults.unit, ...overrides.map(({ value }) => value)]) {
      if (!UNITS.includes(unit ?? '')) yield `unit ${unit}`;
    }
  }),
  ofPanel('panel-no-targets-rule', function* ({ targets }) {
    if (!targets?.length) yield 'has no target';
  }),
  ofTarget('target-promql-rule', function* ({ expr }) {
    if (!expr || nodes(expr, '⚠').length > 0) yield expr;
  }),
  ofTarget('target-rate-interval-rule', function* ({ expr }) {
    for (const { text, node } of nodes(expr, 'MatrixSelector')) {
      const rated = ['rate', 'irate'].includes(calledBy(node, expr) ?? '');
      if (rated && !text.endsWith(`[${RATE_INTERVAL}]`)) yield `${text} is rated without $__rate_interval`;
    }
  }),
  ofMatcher('job'),
  ofMatcher('instance'),
  ofTarget('target-counter-agg-rule', function* ({ expr }) {
    for (const { text, node } of nodes(expr, 'VectorSelector')) {
      if (!/^\w+_total\b/.test(text)) continue;
      const ranged = node.parent?.name === 'MatrixSelector' ? node.parent : undefined;
      if (!ranged || !['rate', 'irate', 'increase'].includes(calledBy(ranged, expr) ?? ''))
        yield `${text} is a counter`;
    }
  }),
  ofBoard('uneditable-dashboard-rule', function* ({ editable }) {
    if (editable !== false) yield 'may be edited';
  }),
];
