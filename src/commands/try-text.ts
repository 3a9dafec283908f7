/** What `millrace try` shows to people. */
import { printable } from '../domain/errors.ts'
import type { MachineMap } from '../domain/machine-map.ts'
import { addressOf } from '../workbench/live/address-text.ts'
import { type Causes, doubtOf } from '../workbench/live/causes.ts'
import type { LivePicture, LiveSignal } from '../workbench/live/live-map.ts'
import { obstacleText } from '../workbench/live/obstacle-text.ts'
import { ruleText } from '../workbench/live/rule-text.ts'
import { painter, type Terminal, wrapped } from './terminal.ts'

const INDENT = 6

/** Everything at one moment. */
export function livePage(map: MachineMap, picture: LivePicture, causes: Causes, terminal: Terminal): string {
  const paint = painter(terminal)
  const lines = [
    `${map.machine} (${map.file}), played live: nothing is stored`,
    ...picture.devices.map(
      ({ id, state, error }) => `${id} ${state}${error === undefined ? '' : `: ${error}`}`,
    ),
    '',
    'signals',
    ...picture.signals.flatMap((one) => signalLines(one, causes)),
    '',
    'rules, the first that matches decides',
    ...ruleLines(map, picture).map(({ text, isMatch }) => (isMatch ? paint('green', text) : text)),
    '',
    ...verdictLines(picture).map((line) => line),
  ]
  return `${lines.map((line) => wrapped(line, terminal, INDENT)).join('\n')}\n`
}

function signalLines(one: LiveSignal, causes: Causes): readonly string[] {
  const { spec, raw, value, quality, ageMs, device } = one
  const place = addressOf(spec.address, device.protocol)
  if (raw === undefined) return [printable(`  ${spec.name}  ${place}  not read yet`)]
  const unit = spec.unit === undefined ? '' : ` ${spec.unit}`
  const meant =
    String(value) === String(raw) ? `${String(value)}${unit}` : `${String(value)}${unit} (raw ${String(raw)})`
  const age = ageMs === undefined ? '' : `  for ${secondsText(ageMs)}`
  const doubt = doubtOf(one)
  return [
    `  ${spec.name}  ${place}  ${value === null ? 'no value' : meant}  ${quality}${age}`,
    ...(doubt === undefined ? [] : [`      ${doubt}`]),
    ...(causes.get(spec.name) ?? []).map((cause) => `      ${cause}`),
  ].map(printable)
}

function ruleLines({ rules }: MachineMap, { verdict }: LivePicture) {
  return rules.map((rule, n) => {
    const isMatch = n === verdict.rule
    return { text: `${isMatch ? '>' : ' '} ${String(n + 1).padStart(2)}. ${ruleText(rule)}`, isMatch }
  })
}

function verdictLines({ verdict }: LivePicture): readonly string[] {
  const { status, next, obstacle, isTransient } = verdict
  return [
    ...(status
      ? [`status: ${status.is}${reasonText(status.reason.code)} for ${secondsText(status.sinceMs)}`]
      : ['status: none yet']),
    ...(next
      ? [
          `next: ${next.is}${reasonText(next.reason.code)} in ${secondsText(next.inMs)}, if it is shown until then`,
        ]
      : []),
    ...(isTransient ? ['a transient state is shown: the status before it goes on'] : []),
    ...(obstacle ? [`cannot be decided: ${obstacleText(obstacle)}`] : []),
    ...downtimeLine(status?.downtimeInMs),
  ].map(printable)
}

function downtimeLine(inMs: number | undefined): readonly string[] {
  if (inMs === undefined) return []
  return [
    inMs === 0 ? 'downtime: it would be one by now' : `downtime: it would be one in ${secondsText(inMs)}`,
  ]
}

function reasonText(code: string | null): string {
  return code === null ? '' : ` (${code})`
}

function secondsText(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`
}

/** What changes rarely, a line each: for an output that cannot be redrawn. */
export function newsOf({ rules }: MachineMap, { devices, verdict }: LivePicture): readonly string[] {
  const { status, rule, obstacle } = verdict
  const matching = rule === undefined ? undefined : rules[rule]
  return [
    ...devices.map(({ id, state, error }) => `${id} ${state}${error === undefined ? '' : `: ${error}`}`),
    ...(matching ? [`rule ${(rule ?? 0) + 1} matches: ${ruleText(matching)}`] : []),
    ...(status ? [`status: ${status.is}${reasonText(status.reason.code)}`] : []),
    ...(obstacle ? [`cannot be decided: ${obstacleText(obstacle)}`] : []),
  ].map(printable)
}
