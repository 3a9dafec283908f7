/** The tables of docs/metrics.md, made of the metrics and of the alert rules themselves. `--write` puts them into the page. */
import { readFileSync, writeFileSync } from 'node:fs'
import { argv } from 'node:process'
import { parse } from 'yaml'
import { CATALOGUE } from '../src/metrics/catalogue.ts'

const PAGE = 'docs/metrics.md'
const ALERTS = 'packaging/prometheus/millrace-alerts.yaml'

/** One rule, as Prometheus reads it. */
export interface AlertRule {
  readonly alert: string
  readonly expr: string
  readonly for?: string
  readonly labels: { readonly severity: string }
  readonly annotations: { readonly summary: string; readonly description: string; readonly action: string }
}

/** Every rule of the file. */
export function alertRules(): readonly AlertRule[] {
  const { groups } = parse(readFileSync(ALERTS, 'utf8')) as {
    readonly groups: readonly { readonly rules: readonly AlertRule[] }[]
  }
  return groups.flatMap(({ rules }) => rules)
}

/** The page with tables that are true. */
export function metricsPage(before: string): string {
  return between(between(before, 'alerts', alertTable()), 'metrics', metricTables())
}

function alertTable(): string {
  const rows = alertRules().map(
    ({ alert, labels, annotations, for: lasting }) =>
      `| \`${alert}\` | ${labels.severity} | ${cell(annotations.summary)}${lasting ? `; for ${lasting}` : ''} | ${cell(annotations.action)} |`,
  )
  return ['| Alert | Severity | Means | What to do |', '|---|---|---|---|', ...rows].join('\n')
}

function metricTables(): string {
  return CATALOGUE.map(([heading, families]) => {
    const rows = families.map(({ name, type, labels, help }) => {
      const own = labels.map((label) => `\`${label}\``).join(', ')
      return `| \`${name}\` | ${type} | ${own} | ${cell(help)} |`
    })
    return [`### ${heading}`, '', '| Metric | Type | Labels | Says |', '|---|---|---|---|', ...rows].join(
      '\n',
    )
  }).join('\n\n')
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

function between(page: string, name: string, text: string): string {
  const [begin, end] = [`<!-- ${name} -->\n`, `<!-- end of ${name} -->`]
  const [head = '', rest = ''] = page.split(begin)
  const [, tail = ''] = rest.split(end)
  return `${head}${begin}\n${text}\n\n${end}${tail}`
}

if (argv.includes('--write')) writeFileSync(PAGE, metricsPage(readFileSync(PAGE, 'utf8')))
