/** What is measured, what is documented, what alerts ask for and what the dashboards show are one list. */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { FAMILIES } from '../../../src/metrics/catalogue.ts'
import { dashboards } from '../../../tools/dashboards/main.ts'
import { alertRules, metricsPage } from '../../../tools/metrics-page.ts'
import { sourceFiles } from '../../style/source-files.ts'
import { declaredCodes } from '../../style/trouble-codes.ts'
import { testFolder } from '../../support/buffer.ts'
import { dashboardFaults, expressionsOf } from '../../support/dashboard-faults.ts'
import { promtool } from '../../support/promtool.ts'

const page = readFileSync('docs/metrics.md', 'utf8')
/** Two hours and more of 29 alerts are played, perhaps while the computer has other things to do. */
const PLAYED_MAX_MS = 240_000
/** Every scraper makes it for itself. */
const OF_PROMETHEUS = ['up']

test('docs/metrics.md lists every metric and every alert, and no other (sh src/node.sh tools/metrics-page.ts --write)', () => {
  expect(page).toBe(metricsPage(page))
})

test('what the page says in words is measured too', () => {
  const named = page.match(/\bmillrace_\w+/g) ?? []
  expect(named.filter((name) => !isMeasured(name))).toEqual([])
})

test('a name says its unit, and that it only grows', () => {
  for (const { name, type, help } of FAMILIES) {
    expect(name, name).toMatch(/^(millrace|process)_[a-z0-9_]+$/)
    expect(name.endsWith('_total'), name).toBe(type === 'counter')
    expect(name, name).not.toMatch(/_(ms|milliseconds|minutes|hours|kb|mb|megabytes|percent)(_|$)/)
    expect(help, name).toMatch(/^[A-Z0-9].*\.$/)
    if (type === 'histogram') expect(name, name).toMatch(/_seconds$/)
  }
  expect(new Set(FAMILIES.map(({ name }) => name)).size).toBe(FAMILIES.length)
})

test('alerts ask for what is measured', () => {
  const asked = alertRules().flatMap(({ expr }) => metricsIn(expr))
  expect(asked.filter((name) => !isMeasured(name))).toEqual([])
})

test('each trouble has one alert, by its code', () => {
  const byCode = alertRules().flatMap(({ alert, expr }) => {
    const [, matchers] = /millrace_troubles\{([^}]*)\}/.exec(expr) ?? []
    if (matchers === undefined) return []
    const all = [...matchers.matchAll(/code(=|!)~"([^"]*)"/g)].map(([, sign, pattern]) => ({
      isMeant: sign === '=',
      whole: new RegExp(`^(?:${pattern})$`),
    }))
    return [
      { alert, covers: (code: string) => all.every(({ isMeant, whole }) => whole.test(code) === isMeant) },
    ]
  })
  const codes = declaredCodes(sourceFiles('src'))
  for (const code of codes) {
    const alerts = byCode.filter(({ covers }) => covers(code)).map(({ alert }) => alert)
    expect(alerts, code).toHaveLength(1)
  }
})

test('each alert says what it means and what to do, and where that leads to is there', () => {
  for (const { alert, labels, annotations } of alertRules()) {
    expect(['critical', 'warning', 'info'], alert).toContain(labels.severity)
    expect(annotations.summary.length, alert).toBeGreaterThan(20)
    const [, file = '', heading] = /See (docs\/\S+\.md), (.*)$/.exec(annotations.action) ?? []
    if (file === '') continue
    expect(existsSync(file), alert).toBe(true)
    if (heading !== 'by the code') expect(headingsOf(file), alert).toContain(heading)
  }
})

test.skipIf(!promtool)(
  'each alert fires and clears, as Prometheus itself plays it',
  () => {
    execFileSync(promtool ?? '', ['check', 'rules', 'packaging/prometheus/millrace-alerts.yaml'])
    execFileSync(promtool ?? '', ['test', 'rules', 'test/cases/alerts/alerts.yaml'])
    const tried = readFileSync('test/cases/alerts/alerts.yaml', 'utf8')
    for (const { alert } of alertRules()) expect(tried, alert).toContain(`alertname: ${alert}\n`)
  },
  PLAYED_MAX_MS,
)

test('the dashboards are what tools/dashboards makes, and as Grafana wants them', () => {
  for (const { file, text } of dashboards()) {
    expect(readFileSync(file, 'utf8'), file).toBe(text)
    expect(dashboardFaults(JSON.parse(text)), file).toEqual([])
  }
  expect(readdirSync('packaging/grafana').sort()).toEqual(
    dashboards()
      .map(({ file }) => file.slice('packaging/grafana/'.length))
      .sort(),
  )
})

test('the dashboards ask for what is measured, with labels that it has', () => {
  for (const { file, text } of dashboards()) {
    const expressions = expressionsOf(JSON.parse(text))
    expect(expressions.length, file).toBeGreaterThan(10)
    for (const expression of expressions) {
      expect(
        metricsIn(expression).filter((name) => !isMeasured(name)),
        expression,
      ).toEqual([])
      expect(unknownLabels(expression), expression).toEqual([])
    }
  }
})

test.skipIf(!promtool)('Prometheus understands every question of the dashboards', () => {
  const expressions = dashboards().flatMap(({ text }) => expressionsOf(JSON.parse(text)))
  const rules = expressions.map((expr, index) => ({
    record: `asked:${index}`,
    expr: expr.replaceAll('$__rate_interval', '1m'),
  }))
  const file = join(testFolder(), 'asked.yaml')
  // JSON is YAML too.
  writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboards', rules }] }))
  const said = execFileSync(promtool ?? '', ['check', 'rules', '--lint=none', file], { encoding: 'utf8' })
  expect(said).toContain(`${expressions.length} rules found`)
})

function headingsOf(file: string): readonly string[] {
  return [...readFileSync(file, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading)
}

function metricsIn(expression: string): readonly string[] {
  return expression.match(/\b(?:millrace_\w+|process_\w+|up(?=[{\s]))/g) ?? []
}

function isMeasured(name: string): boolean {
  return OF_PROMETHEUS.includes(name) || familyOf(name) !== undefined
}

function familyOf(name: string) {
  return FAMILIES.find(
    (family) =>
      family.name === name ||
      (family.type === 'histogram' &&
        [`${family.name}_bucket`, `${family.name}_sum`, `${family.name}_count`].includes(name)),
  )
}

/** Labels in a selector that neither the metric has nor Prometheus adds. */
function unknownLabels(expression: string): readonly string[] {
  return [...expression.matchAll(/\b(\w+)\{([^}]*)\}/g)].flatMap(([, name = '', selector = '']) => {
    const known = ['job', 'instance', 'le', ...(familyOf(name)?.labels ?? [])]
    return [...selector.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)]
      .map(([, label = '']) => label)
      .filter((label) => !known.includes(label))
      .map((label) => `${name}: ${label}`)
  })
}
