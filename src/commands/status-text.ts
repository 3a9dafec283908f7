/**
 * The report of `status` for people: what runs, what is seen, and at the end, where the eye is, what is wrong and what to do.
 * Moments are in the plant's own time with its zone, and how long they are ago.
 */
import type { StatusReport } from '../console/report.ts'
import { printable } from '../domain/errors.ts'
import { counted } from './counted.ts'
import { ageText, localText } from './moments.ts'
import { pairText } from './pair-text.ts'
import { painter, type Terminal, wrapped } from './terminal.ts'
import { shortError, troubleTexts } from './trouble-texts.ts'

/** More signals are only counted here: `status --json` names them. */
const SIGNAL_LINES_MAX = 20
/** Of why scans were not stored, and what was noticed: likewise. */
const KINDS_MAX = 4
const LABEL_WIDTH = 10
/** So long a change of a map is news; `millrace maps` knows the older ones. */
const CHANGED_SHOWN_MS = 24 * 3_600_000

interface Reader extends Terminal {
  readonly nowMs: number
  /** IANA name of the plant's time zone. */
  readonly timezone: string
}

/** Whole lines with their ends. */
export function statusText(report: StatusReport, reader: Reader): string {
  const paint = painter(reader)
  // Devices and servers may put anything into what they say.
  const line = (label: string, text: string) =>
    wrapped(label.padEnd(LABEL_WIDTH) + printable(text), reader, LABEL_WIDTH)
  const since = sinceText(reader)
  const headline = report.healthy ? paint('green', 'healthy') : paint('red', 'DEGRADED')
  const lines = [
    `${report.gateway} ${headline}, up ${ageText(report.uptime_s * 1_000)}, version ${report.version}`,
    line('central', centralText(report, since)),
    line('outbox', outboxText(report)),
    ...(report.pair ? [line('pair', pairText(report.pair, since(report.pair.since)))] : []),
    ...routeTexts(report, since).map((text) => line('route', text)),
    ...releaseTexts(report, since).map((text) => line('release', text)),
    ...report.machines.map((machine) => line('machine', machineText(machine, since))),
    ...changedMaps(report, reader).map((text) => line('changed', text)),
    ...report.devices.map((device) => line('device', deviceText(device, since))),
    ...report.scanners.flatMap((scanner) => [
      line('scanner', scannerText(scanner, reader)),
      ...listed(scanner.refused, ({ why }) => why, reader).map((text) =>
        line('refused', `${scanner.scanner} ${text}`),
      ),
      ...listed(scanner.noticed, ({ what }) => what, reader).map((text) =>
        line('noticed', `${scanner.scanner} ${text}`),
      ),
    ]),
    ...badgesTexts(report, reader).map((text) => line('badges', text)),
    ...signalTexts(report, since).map((text) => line('signal', text)),
    ...report.passed_over.map((file) => line('beside', besideText(file))),
    ...troubleTexts(report, since).map((text) => line('wrong', text).replace('wrong', paint('red', 'wrong'))),
  ]
  return `${lines.join('\n')}\n`
}

type Since = (since: string) => string

/** ` since 02:13:05 CET (3 min)` */
function sinceText(reader: Reader): Since {
  return (since) => `since ${momentText(since, reader)}`
}

function momentText(moment: string, { nowMs, timezone }: Reader): string {
  const atMs = Date.parse(moment)
  return `${localText(atMs, nowMs, timezone)} (${ageText(nowMs - atMs)})`
}

function centralText({ central: { state, since, cause } }: StatusReport, sinceOf: Since): string {
  return `${state} ${sinceOf(since)}${cause === undefined ? '' : `: ${cause}`}`
}

/** Central has a line of its own. */
function routeTexts({ routes: [, ...others] }: StatusReport, sinceOf: Since): readonly string[] {
  return others.map(({ route, state, since, cause, pending, missed, quarantined, forecast }) => {
    const lacks = missed === 0 ? '' : `, ${counted(missed, 'event')} missed`
    const aside = quarantined === 0 ? '' : `, ${quarantined} in quarantine`
    const waiting = `${counted(pending, 'event')} pending${outlookText(forecast)}`
    const standing = `${route} ${state} ${sinceOf(since)}, ${waiting}${lacks}${aside}`
    return `${standing}${cause === undefined ? '' : `: ${cause}`}`
  })
}

/** Where files of this computer hold, there is nothing to say. */
function releaseTexts({ configuration }: StatusReport, sinceOf: Since): readonly string[] {
  const { kind, from, release, signer, since } = configuration
  if (kind === 'files') return []
  if (release === null || since === null) return [`none yet, of ${from}`]
  return [`${release} ${sinceOf(since)}, of ${from}${signer === null ? '' : `, signed by ${signer}`}`]
}

function outboxText({ outbox: { pending, oldest_s }, routes }: StatusReport): string {
  const age = oldest_s === null ? '' : `, the oldest ${ageText(oldest_s * 1_000)} old`
  // What waits is what the slowest route that must deliver has not got.
  const slowest = routes.find((route) => route.must === 'deliver' && route.pending === pending)
  return `${counted(pending, 'event')} pending${age}${outlookText(slowest?.forecast)}`
}

/** Only of a backlog that goes out: what is on its way is none, and why nothing goes out is said with the route. */
function outlookText(forecast: StatusReport['routes'][number]['forecast']): string {
  const { outlook, minutes = null, out_per_min: out = null } = forecast ?? {}
  if (out === null || out === 0) return ''
  const pace = `, ${out} a minute go out`
  if (outlook === 'drains' && minutes !== null)
    return `${pace}: gone in about ${ageText(minutes * 60_000)} at this pace`
  return outlook === 'grows' ? `${pace}, and more come` : ''
}

function machineText(machine: StatusReport['machines'][number], sinceOf: Since): string {
  const { status, since, reason, work_order, declared, shift, map, pulse, shadow_since } = machine
  const observed = pulse?.observed_cycle_s ?? null
  const parts = [
    status === null || since === null ? 'not seen yet' : `${status} ${sinceOf(since)}`,
    ...(reason === null ? [] : [reason]),
    ...(declared === null ? [] : [`declared as ${declared}`]),
    ...(work_order === null ? [] : [`work order ${work_order}`]),
    ...(shift === null ? [] : [`shift ${shift}`]),
    ...(pulse && observed !== null
      ? [`its cycle takes ${observed} s (ideal_cycle: ${pulse.ideal_cycle_s}s in its map)`]
      : []),
    ...(shadow_since === undefined ? [] : [`in shadow ${sinceOf(shadow_since)}: nothing of it is reported`]),
    ...(map && map.faults.length > 0
      ? [`${map.file} has ${counted(map.faults.length, 'fault')}, and the last good map stays in force`]
      : []),
  ]
  return `${machine.machine} ${parts.join(', ')}`
}

/** Whoever has saved a map wants to see what became of it. */
function changedMaps({ machines }: StatusReport, reader: Reader): readonly string[] {
  return machines.flatMap(({ machine, map }) => {
    const { at, what } = map?.changed ?? {}
    if (at === undefined || reader.nowMs - Date.parse(at) > CHANGED_SHOWN_MS) return []
    return [`${machine}, ${momentText(at, reader)}: ${what}`]
  })
}

function deviceText(
  { device, state, since, error, remark = '' }: StatusReport['devices'][number],
  sinceOf: Since,
): string {
  const fault = state === 'connected' ? shortError(error ?? '') : (error ?? '')
  const words = [fault, remark].filter((part) => part !== '').join('; ')
  return `${device} ${state} ${sinceOf(since)}${words === '' ? '' : `: ${words}`}`
}

/** `ST-12 connected since 02:13:05 CET (3 min), /dev/ttyACM0; last scan 02:14:11 CET (2 min): good; 7 good, 1 refused` */
function scannerText(scanner: StatusReport['scanners'][number], reader: Reader): string {
  const { state, error, where, remark, last_scan, last_answer } = scanner
  const port = state === 'connected' ? where : error
  const isAnswered = last_answer !== null && (last_scan === null || last_answer.at >= last_scan)
  const answer = isAnswered
    ? [last_answer.verdict, last_answer.why].filter((word) => word)
    : ['not answered yet']
  const scan =
    last_scan === null ? 'nothing scanned since the start' : `last scan ${momentText(last_scan, reader)}`
  return [
    `${scanner.scanner} ${state} ${sinceText(reader)(scanner.since)}${port ? `, ${port}` : ''}`,
    last_scan === null && !isAnswered ? scan : `${scan}: ${answer.join(', ')}`,
    scanner.operator === null ? 'nobody is badged in' : `user ${scanner.operator} is badged in`,
    ...(scanner.held === 0 ? [] : [`${counted(scanner.held, 'scan')} waiting for more`]),
    ...scanCounts(scanner),
    ...(remark === undefined ? [] : [remark]),
  ].join('; ')
}

/** The latest first: `3 times: nobody has badged in (last 02:13:05 CET); once: the badge is not valid here (…)` */
function listed<One extends { readonly count: number; readonly last: string }>(
  all: readonly One[],
  wordsOf: (one: One) => string,
  { nowMs, timezone }: Reader,
): readonly string[] {
  if (all.length === 0) return []
  const latest = all.toSorted((a, b) => b.last.localeCompare(a.last))
  const shown = latest.slice(0, KINDS_MAX).map((one) => {
    const times = one.count === 1 ? 'once' : `${one.count} times`
    return `${times}: ${wordsOf(one)} (last ${localText(Date.parse(one.last), nowMs, timezone)})`
  })
  const more = all.length - shown.length
  return [[...shown, ...(more > 0 ? [`and for ${counted(more, 'more reason')}`] : [])].join('; ')]
}

function badgesTexts({ masterdata }: StatusReport, reader: Reader): readonly string[] {
  if (!masterdata?.users_read) return []
  return [`as central had them at ${momentText(masterdata.users_read, reader)}`]
}

function scanCounts(scanner: StatusReport['scanners'][number]): readonly string[] {
  const { good, bad, late, unsent, discarded_bytes, last_discarded } = scanner
  const counts = [
    [good, 'good'],
    [bad, 'refused'],
    [late, 'answered late'],
    [unsent, 'not heard of by the scanner'],
  ] as const
  const answers = counts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`)
  const why = last_discarded === null ? '' : ` (the last ones: ${last_discarded.why})`
  const bytes = discarded_bytes === 0 ? [] : [`${counted(discarded_bytes, 'byte')} without a scan${why}`]
  return answers.length + bytes.length === 0 ? [] : [[...answers, ...bytes].join(', ')]
}

function besideText({ file, what, hint }: StatusReport['passed_over'][number]): string {
  return `${file} ${what}${hint === undefined ? '' : `; ${hint}`}`
}

/** Signals that something depends on are among what is wrong. */
function signalTexts({ signals, signals_more }: StatusReport, sinceOf: Since): readonly string[] {
  const others = signals.filter(({ needed }) => !needed)
  const shown = others
    .slice(0, SIGNAL_LINES_MAX)
    .map(
      ({ machine, device, signal, quality, detail, since }) =>
        `${signal} of ${machine ?? device} ${quality} ${sinceOf(since)}, and nothing depends on it: ${detail}`,
    )
  const more = others.length - shown.length + signals_more
  return more > 0 ? [...shown, `and ${more} more: status --json names them`] : shown
}
