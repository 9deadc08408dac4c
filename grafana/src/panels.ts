// One function a kind of panel; what all panels of a kind have in common is said here and nowhere else.
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  GraphDrawStyle,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  StackingConfigBuilder,
  StackingMode,
  SortOrder,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  DashboardLink,
  DynamicConfigValue,
  FieldColorBuilder,
  FieldColorModeId,
  Panel,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard';
import * as heatmaps from '@grafana/grafana-foundation-sdk/heatmap';
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';
import * as stats from '@grafana/grafana-foundation-sdk/stat';
import * as timelines from '@grafana/grafana-foundation-sdk/statetimeline';
import * as graphs from '@grafana/grafana-foundation-sdk/timeseries';

import { Colours } from './words';

export const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };
/** Columns of a board. */
export const FULL = 24;

export interface Query {
  expr: string;
  /** Grafana's legend format, as in {{reason}}. */
  legend?: string;
}

/** Colours, each from its value upwards, in rising order; the first is also the colour below its value. */
export type Steps = Record<string, number>;

export interface Spec {
  title: string;
  /** What one learns from it; shown by the panel's "i". */
  about: string;
  width: number;
  height?: number;
  /** Grafana's id of a unit. */
  unit: string;
  queries: Query[];
  steps?: Steps;
  words?: ValueMapping[];
  colours?: Colours;
  links?: Builder<DashboardLink>[];
}

/** What the SDK's builders of panels share without a common type. */
interface PanelBuilder extends Builder<Panel> {
  title(title: string): this;
  description(description: string): this;
  datasource(datasource: typeof DATASOURCE): this;
  span(width: number): this;
  height(height: number): this;
  unit(unit: string): this;
  withTarget(target: Builder<prometheus.Dataquery>): this;
  thresholds(thresholds: ThresholdsConfigBuilder): this;
  colorScheme(scheme: FieldColorBuilder): this;
  mappings(mappings: ValueMapping[]): this;
  dataLinks(links: Builder<DashboardLink>[]): this;
  overrideByName(name: string, properties: DynamicConfigValue[]): this;
}

function target({ expr, legend }: Query, index: number): prometheus.DataqueryBuilder {
  const query = new prometheus.DataqueryBuilder()
    .datasource(DATASOURCE)
    .refId(String.fromCharCode(65 + index))
    .expr(expr);
  return legend ? query.legendFormat(legend) : query;
}

export function rangeTarget(query: Query, index: number): prometheus.DataqueryBuilder {
  return target(query, index).range();
}

export function tableTarget(query: Query, index: number): prometheus.DataqueryBuilder {
  return target(query, index).instant().format(prometheus.PromQueryFormat.Table);
}

export function thresholds(steps: Steps): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps(Object.entries(steps).map(([color, value], index) => ({ value: index === 0 ? null : value, color })));
}

export function fixedColour(colour: string): DynamicConfigValue {
  return { id: 'color', value: { mode: FieldColorModeId.Fixed, fixedColor: colour } };
}

/** Everything but the targets, which differ in format, and what only one kind has. */
export function dress<P extends PanelBuilder>(panel: P, spec: Spec, height: number): P {
  panel
    .title(spec.title)
    .description(spec.about)
    .datasource(DATASOURCE)
    .unit(spec.unit)
    .span(spec.width)
    .height(spec.height ?? height);
  if (spec.steps) panel.thresholds(thresholds(spec.steps));
  if (spec.words) panel.mappings(spec.words);
  if (spec.links) panel.dataLinks(spec.links);
  for (const [name, colour] of Object.entries(spec.colours ?? {})) panel.overrideByName(name, [fixedColour(colour)]);
  return panel;
}

/** One number, coloured by its steps. `instant` for what is already an answer over the time shown, which a graph would only repeat. */
export function stat(spec: Spec & { instant?: boolean; names?: boolean }): stats.PanelBuilder {
  const panel = dress(new stats.PanelBuilder(), { steps: { text: 0 }, ...spec }, 4)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']).fields('').values(false))
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
    .colorMode(BigValueColorMode.Value)
    .noValue('—')
    .graphMode(spec.instant || spec.words ? BigValueGraphMode.None : BigValueGraphMode.Area)
    .textMode(spec.names ? BigValueTextMode.Name : BigValueTextMode.Auto);
  // Increases are estimates: 24.2 connections were 24.
  if (spec.unit === 'short') panel.decimals(0);
  spec.queries.forEach((query, index) =>
    panel.withTarget(spec.instant ? target(query, index).instant() : rangeTarget(query, index)),
  );
  return panel;
}

/** A moment, told from now: `expr` gives seconds since 1970. */
export function moment({ expr, ...spec }: Omit<Spec, 'unit' | 'queries'> & { expr: string }): stats.PanelBuilder {
  return stat({ ...spec, unit: 'dateTimeFromNow', instant: true, queries: [{ expr: `1000 * ${expr}` }] });
}

export interface GraphSpec extends Spec {
  /** Stacked bars: what adds up to a whole. */
  stacked?: boolean;
  /** The axis begins where the values do, not at nought. */
  near?: boolean;
  max?: number;
}

export function graph(spec: GraphSpec): graphs.PanelBuilder {
  const panel = dress(new graphs.PanelBuilder(), spec, 8)
    .showPoints(VisibilityMode.Auto)
    .lineWidth(spec.stacked ? 0 : 1)
    .fillOpacity(spec.stacked ? 70 : 10)
    .legend(legend())
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending));
  if (!spec.near) panel.min(0);
  if (spec.max !== undefined) panel.max(spec.max);
  if (spec.stacked) {
    panel.drawStyle(GraphDrawStyle.Bars).stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group('A'));
  }
  if (spec.steps) panel.thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));
  spec.queries.forEach((query, index) => panel.withTarget(rangeTarget(query, index)));
  return panel;
}

function legend(): VizLegendOptionsBuilder {
  return new VizLegendOptionsBuilder()
    .displayMode(LegendDisplayMode.List)
    .placement(LegendPlacement.Bottom)
    .showLegend(true);
}

/** Buckets of a classic histogram over time. The query is sum by (le) of their rates. */
export function heatmap(spec: Omit<Spec, 'queries'> & { expr: string }): heatmaps.PanelBuilder {
  return dress(new heatmaps.PanelBuilder(), { ...spec, queries: [] }, 8)
    .withTarget(rangeTarget({ expr: spec.expr, legend: '{{le}}' }, 0).format(prometheus.PromQueryFormat.Heatmap))
    .calculate(false)
    .cellGap(0)
    .yAxis(new heatmaps.YAxisConfigBuilder().unit(spec.unit))
    .cellValues(new heatmaps.CellValuesBuilder().unit('cps'))
    .color(new heatmaps.HeatmapColorOptionsBuilder().mode(heatmaps.HeatmapColorMode.Scheme).scheme('Turbo').steps(64))
    .tooltip(new heatmaps.HeatmapTooltipBuilder().yHistogram(true));
}

/** A lane a series, coloured by its steps or its words. */
export function timeline(spec: Spec): timelines.PanelBuilder {
  const panel = dress(new timelines.PanelBuilder(), spec, 9)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
    .mergeValues(true)
    .showValue(VisibilityMode.Never)
    .rowHeight(0.9)
    .fillOpacity(80)
    .lineWidth(0)
    .legend(legend());
  spec.queries.forEach((query, index) => panel.withTarget(rangeTarget(query, index)));
  return panel;
}
