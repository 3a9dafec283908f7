/**
 * What Grafana would stumble over in a dashboard, by the model of its JSON (docs "JSON model", schema version 39): what it needs, what
 * may stand where, and that no panel lies upon another.
 */
import { z } from 'zod'

const datasource = z.strictObject({ type: z.literal('prometheus'), uid: z.literal(`\${datasource}`) })

const target = z.strictObject({
  refId: z.string().regex(/^[A-Z]$/),
  datasource,
  editorMode: z.literal('code'),
  expr: z.string().min(1),
  legendFormat: z.string(),
  range: z.boolean(),
  instant: z.boolean(),
  format: z.enum(['table', 'time_series', 'heatmap']).optional(),
})

const thresholds = z.strictObject({
  mode: z.enum(['absolute', 'percentage']),
  steps: z.array(z.strictObject({ color: z.string(), value: z.number().nullable() })).min(1),
})

const fieldConfig = z.strictObject({
  defaults: z.strictObject({
    unit: z.enum(['short', 's', 'bytes', 'cps']),
    thresholds: thresholds.optional(),
    mappings: z.array(z.never()).optional(),
    color: z.strictObject({ mode: z.enum(['palette-classic', 'thresholds']) }).optional(),
  }),
  overrides: z.array(
    z.strictObject({
      matcher: z.strictObject({ id: z.literal('byName'), options: z.string() }),
      properties: z.array(z.strictObject({ id: z.enum(['unit', 'links']), value: z.unknown() })),
    }),
  ),
})

const gridPos = z.strictObject({
  x: z.int().min(0).max(23),
  y: z.int().min(0),
  w: z.int().min(1).max(24),
  h: z.int().min(1),
})

const placed = { id: z.int().min(1), title: z.string().min(1), gridPos }
const drawn = {
  ...placed,
  description: z.string().min(1),
  datasource,
  fieldConfig,
  targets: z.array(target).min(1),
}

const panel = z.discriminatedUnion('type', [
  z.strictObject({ ...placed, type: z.literal('row'), collapsed: z.literal(false), panels: z.tuple([]) }),
  z.strictObject({
    ...drawn,
    type: z.enum(['stat', 'timeseries', 'state-timeline']),
    options: z.looseObject({}),
  }),
  z.strictObject({
    ...drawn,
    type: z.literal('table'),
    options: z.looseObject({ showHeader: z.boolean() }),
    transformations: z.array(z.strictObject({ id: z.string(), options: z.looseObject({}) })),
  }),
])

const variable = z.looseObject({
  name: z.string().regex(/^\w+$/),
  type: z.enum(['datasource', 'query']),
  refresh: z.int(),
  multi: z.boolean(),
  includeAll: z.boolean(),
})

const dashboard = z.strictObject({
  uid: z.string().regex(/^[\w-]{1,40}$/),
  title: z.string().min(1),
  tags: z.array(z.string()),
  schemaVersion: z.int().min(36),
  version: z.int(),
  editable: z.boolean(),
  graphTooltip: z.union([z.literal(0), z.literal(1), z.literal(2)]),
  refresh: z.string(),
  timezone: z.enum(['browser', 'utc']),
  weekStart: z.string(),
  fiscalYearStartMonth: z.int(),
  time: z.strictObject({ from: z.string(), to: z.string() }),
  timepicker: z.looseObject({}),
  annotations: z.strictObject({ list: z.array(z.looseObject({})) }),
  links: z.array(z.looseObject({ type: z.enum(['dashboards', 'link']), title: z.string() })),
  templating: z.strictObject({ list: z.array(variable).min(1) }),
  panels: z.array(panel).min(1),
})

/** Every fault, with its place. */
export function dashboardFaults(json: unknown): readonly string[] {
  const read = dashboard.safeParse(json)
  if (!read.success) return read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
  const { panels, templating } = read.data
  const ids = panels.map(({ id }) => id)
  const known = [...templating.list.map(({ name }) => name), '__rate_interval', '__data']
  const named = JSON.stringify(json).match(/(?<=\$\{?)[a-z_]\w*/g) ?? []
  return [
    ...(new Set(ids).size === ids.length ? [] : ['two panels have one id']),
    ...panels.flatMap(({ title, gridPos: { x, w } }) =>
      x + w > 24 ? [`${title} is wider than the page`] : [],
    ),
    ...panels.flatMap((one, index) =>
      panels
        .slice(index + 1)
        .flatMap((other) =>
          overlap(one.gridPos, other.gridPos) ? [`${one.title} lies upon ${other.title}`] : [],
        ),
    ),
    ...named.filter((name) => !known.includes(name)).map((name) => `nobody has chosen $${name}`),
  ]
}

/** Everything that is asked of Prometheus. */
export function expressionsOf(json: unknown): readonly string[] {
  const { panels } = dashboard.parse(json)
  return panels.flatMap((one) => ('targets' in one ? one.targets.map(({ expr }) => expr) : []))
}

type Place = z.output<typeof gridPos>

function overlap(one: Place, other: Place): boolean {
  const apart = one.x + one.w <= other.x || other.x + other.w <= one.x
  return !(apart || one.y + one.h <= other.y || other.y + other.h <= one.y)
}
