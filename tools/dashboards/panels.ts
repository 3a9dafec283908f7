/** The panels of Grafana's dashboards, as its schema has them (version 39, Grafana 11): only what differs from panel to panel is asked for. */

/** Every panel reads from the data source that is chosen at the top. */
const DATASOURCE = { type: 'prometheus', uid: `\${datasource}` }

/** What is asked of Prometheus, and how its series are named. */
interface Query {
  readonly expr: string
  readonly legend?: string
}

/** A panel without its place. */
export interface Panel {
  readonly title: string
  readonly description: string
  readonly type: 'stat' | 'timeseries' | 'table' | 'state-timeline' | 'row'
  readonly width: number
  readonly height: number
  readonly rest: object
}

interface PanelText {
  readonly title: string
  readonly description: string
  readonly unit?: string
  readonly width?: number
}

/** One number. @param warnAt from there on it is red */
export function stat(text: PanelText, expr: string, warnAt?: number): Panel {
  return {
    ...{ ...text, type: 'stat', width: text.width ?? 4, height: 4 },
    rest: {
      ...common(text, warnAt),
      options: {
        ...{ colorMode: 'background', graphMode: 'area', justifyMode: 'auto', orientation: 'auto' },
        ...{
          textMode: 'auto',
          wideLayout: true,
          showPercentChange: false,
          percentChangeColorMode: 'standard',
        },
        reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
      },
      targets: targets([{ expr }]),
    },
  }
}

/** Lines over time. */
export function lines(text: PanelText, ...queries: readonly Query[]): Panel {
  return {
    ...{ ...text, type: 'timeseries', width: text.width ?? 12, height: 8 },
    rest: {
      ...common(text),
      options: {
        legend: { displayMode: 'list', placement: 'bottom', showLegend: true, calcs: [] },
        tooltip: { mode: 'multi', sort: 'desc' },
      },
      targets: targets(queries),
    },
  }
}

/** Which value of a label each thing had when: `machine` and `status`. */
export function stretches(text: PanelText, query: Query): Panel {
  return {
    ...{ ...text, type: 'state-timeline', width: 24, height: 9 },
    rest: {
      ...common(text),
      options: {
        ...{ mergeValues: true, showValue: 'never', alignValue: 'left', rowHeight: 0.9 },
        legend: { displayMode: 'list', placement: 'bottom', showLegend: false, calcs: [] },
        tooltip: { mode: 'single', sort: 'none' },
      },
      targets: targets([query]),
    },
  }
}

/** One column of a table: the query that fills it, and its heading. */
interface Column {
  readonly heading: string
  readonly expr: string
  readonly unit?: string
}

interface TableText extends PanelText {
  /** The label by which the columns belong together, and its heading. */
  readonly by: string
  readonly heading: string
  /** Where a click on it leads. */
  readonly link?: { readonly title: string; readonly url: string }
}

/** A table with a row for each value of a label. */
export function table(text: TableText, columns: readonly Column[]): Panel {
  const { title, description, by, heading, link } = text
  const names = columns.map((column, index) => [`Value #${letter(index)}`, column] as const)
  const overrides = names.flatMap(([field, { unit }]) =>
    unit === undefined
      ? []
      : [{ matcher: { id: 'byName', options: field }, properties: [{ id: 'unit', value: unit }] }],
  )
  const linked = link && [
    { matcher: { id: 'byName', options: by }, properties: [{ id: 'links', value: [link] }] },
  ]
  const renameByName = Object.fromEntries([
    [by, heading],
    ...names.map(([field, column]) => [field, column.heading]),
  ])
  return {
    ...{ title, description, type: 'table', width: text.width ?? 24, height: 9 },
    rest: {
      datasource: DATASOURCE,
      fieldConfig: { defaults: { unit: text.unit ?? 'short' }, overrides: [...overrides, ...(linked ?? [])] },
      options: {
        showHeader: true,
        cellHeight: 'sm',
        footer: { show: false, reducer: ['sum'], countRows: false, fields: '' },
      },
      targets: targets(columns).map((target) => ({
        ...target,
        format: 'table',
        instant: true,
        range: false,
      })),
      transformations: [
        { id: 'joinByField', options: { byField: by, mode: 'outer' } },
        { id: 'filterFieldsByName', options: { include: { names: [by, ...names.map(([field]) => field)] } } },
        { id: 'organize', options: { excludeByName: {}, indexByName: {}, renameByName } },
      ],
    },
  }
}

/** A heading across the dashboard. */
export function row(title: string): Panel {
  return { title, description: '', type: 'row', width: 24, height: 1, rest: { collapsed: false, panels: [] } }
}

/** Gives each panel its place: from left to right, and on from the next line where there is no room. */
export function placed(panels: readonly Panel[]): readonly object[] {
  let [x, y, lineHeight] = [0, 0, 0]
  return panels.map(({ title, description, type, width, height, rest }, index) => {
    if (x + width > 24) [x, y, lineHeight] = [0, y + lineHeight, 0]
    const gridPos = { x, y, w: width, h: height }
    x += width
    lineHeight = Math.max(lineHeight, height)
    return { id: index + 1, type, title, ...(description !== '' && { description }), gridPos, ...rest }
  })
}

function common({ unit = 'short' }: PanelText, warnAt?: number): object {
  const steps = [
    { color: 'green', value: null },
    ...(warnAt === undefined ? [] : [{ color: 'red', value: warnAt }]),
  ]
  const defaults = {
    unit,
    thresholds: { mode: 'absolute', steps },
    mappings: [],
    color: { mode: warnAt === undefined ? 'palette-classic' : 'thresholds' },
  }
  return { datasource: DATASOURCE, fieldConfig: { defaults, overrides: [] } }
}

function targets(queries: readonly Query[]): readonly object[] {
  return queries.map(({ expr, legend = '' }, index) => ({
    ...{ refId: letter(index), datasource: DATASOURCE, editorMode: 'code', expr },
    ...{ legendFormat: legend === '' ? '__auto' : legend, range: true, instant: false },
  }))
}

function letter(index: number): string {
  return String.fromCharCode('A'.charCodeAt(0) + index)
}
