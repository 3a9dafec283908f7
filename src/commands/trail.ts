/** `millrace trail`: who changed what, what the gateway did and found, and whether that record is whole. */
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { ChainHead, TrailRecord } from '../audit-trail/records.ts'
import { openTrail, trailFileIn } from '../audit-trail/trail-file.ts'
import { type TrailVerdict, verifyTrail } from '../audit-trail/verify.ts'
import { loadConfigWithoutSecrets } from '../config/load-config.ts'
import { printable } from '../domain/errors.ts'
import { systemClock } from '../runtime/clock.ts'
import { type Command, type CommandContext, UsageError } from './command.ts'
import { localText } from './moments.ts'
import { CONFIG_OPTION, configFile } from './options.ts'
import { wrongAction } from './wrong-action.ts'

const WHOLE = 0
const BROKEN = 1
const PAGE = 1_000
const DAY_MS = 86_400_000
/** Without `--since`. */
const SHOWN_MS = 7 * DAY_MS
const UNITS_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: DAY_MS }

export const trailCommand: Command = {
  name: 'trail',
  summary:
    'shows the audit trail: who changed what, and what the gateway did and found; verify: whether it is whole',
  usage: `millrace trail [--since WHEN] [--json] [--config config/gateway.yaml]
    oldest first; WHEN: 7d (the default), 12h, 30m, or a moment such as 2026-01-31T09:00:00Z
millrace trail verify [--head SEQ:HASH] [--json]
    whether nothing was changed, deleted, moved or cut off; --head: the last record as it was written down elsewhere,
    such as by the line audit-trail-head of a log that is kept on another computer`,
  exits: ['0 shown, or whole', '1 something is not what was recorded'],
  example: 'millrace trail verify',
  page: 'docs/audit-trail.md',
  async run(context) {
    const { args, env, cwd } = context
    const options = {
      ...CONFIG_OPTION,
      since: { type: 'string' },
      head: { type: 'string' },
      json: { type: 'boolean' },
    } as const
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
    const [action, ...more] = positionals
    if (action !== undefined && action !== 'verify') throw wrongAction('trail', action, ['verify'])
    if (more.length > 0) throw new UsageError(`"${more.join(' ')}" is not known here`)
    const { dataFolder, timezone } = loadConfigWithoutSecrets({ file: configFile(values, cwd), env, cwd })
    const file = trailFileIn(dataFolder)
    const asked = { ...context, file, timezone, isJson: values.json === true }
    const head = values.head === undefined ? undefined : headIn(values.head)
    if (!existsSync(file) && head === undefined) return nothingYet(asked)
    return action === 'verify' ? verify(asked, head) : show(asked, sinceMs(values.since))
  },
}

interface Asked extends CommandContext {
  readonly file: string
  readonly timezone: string
  readonly isJson: boolean
}

function nothingYet({ file, err }: Asked): number {
  err(`nothing is recorded yet: there is no ${file}\n`)
  return WHOLE
}

async function show({ file, timezone, isJson, out }: Asked, fromMs: number): Promise<number> {
  const nowMs = systemClock.now().wallMs
  for (const record of recordsSince(file, fromMs)) {
    await out(isJson ? `${JSON.stringify(jsonOf(record))}\n` : lineOf(record, nowMs, timezone))
  }
  return WHOLE
}

/** Oldest first. The clock may have been set meanwhile, so that the order of times is not that of records. */
function recordsSince(file: string, fromMs: number): readonly TrailRecord[] {
  using trail = openTrail(file, { isOwner: false })
  const found: TrailRecord[] = []
  let before: number | null = null
  for (;;) {
    const page: readonly TrailRecord[] = trail.records({ before, who: null, limit: PAGE })
    found.push(...page.filter(({ atMs }) => atMs >= fromMs))
    const last = page.at(-1)
    if (!last) return found.toReversed()
    before = last.id
  }
}

function jsonOf({ atMs, details, ...record }: TrailRecord): object {
  return { at: new Date(atMs).toISOString(), ...record, details: JSON.parse(details) as unknown }
}

function lineOf({ atMs, who, origin, what, details }: TrailRecord, nowMs: number, timezone: string): string {
  const { status } = JSON.parse(details) as { readonly status?: number }
  const refused = status !== undefined && status >= 400 ? ` (refused: ${status})` : ''
  const caller = origin === 'gateway' ? 'the gateway' : `${who ?? 'nobody known'} (${origin})`
  return `${localText(atMs, nowMs, timezone)}  ${printable(caller)}: ${printable(what)}${refused}\n`
}

function verify({ file, isJson, out }: Asked, head: ChainHead | undefined): number {
  const verdict = verifyTrail(file, head)
  out(isJson ? `${JSON.stringify(verdict)}\n` : verdictText(verdict))
  return verdict.problems.length === 0 ? WHOLE : BROKEN
}

function verdictText({ records, fromMs, toMs, cuts, heads, problems }: TrailVerdict): string {
  const day = (ms: number | null) => (ms === null ? '' : new Date(ms).toISOString())
  const span = records === 0 ? '' : `, from ${day(fromMs)} to ${day(toMs)}`
  const gone = cuts.reduce((sum, { first, last }) => sum + last - first + 1, 0)
  const lines = [
    `${records} records${span}`,
    ...(gone === 0
      ? []
      : [`${gone} older ones went in ${cuts.length} cuts, because the trail was full; each cut is recorded`]),
    ...problems.map((problem) => `wrong: ${printable(problem)}`),
    problems.length === 0 ? 'whole: nothing was changed, deleted, moved or cut off' : 'NOT whole',
    ...(heads ? [`last record: ${heads.gateway.seq}:${heads.gateway.hash}`] : []),
  ]
  return `${lines.join('\n')}\n`
}

function headIn(text: string): ChainHead {
  const [, seq, hash = ''] = /^(\d+):([0-9a-f]{64})$/.exec(text) ?? []
  if (seq === undefined)
    throw new UsageError(`--head is a number and 64 digits, as 1234:0f3a…, and not "${text}"`)
  return { seq: Number(seq), hash }
}

function sinceMs(text: string | undefined): number {
  const nowMs = systemClock.now().wallMs
  if (text === undefined) return nowMs - SHOWN_MS
  const [, count, unit = ''] = /^(\d+)([mhd])$/.exec(text) ?? []
  const unitMs = UNITS_MS[unit]
  if (count !== undefined && unitMs !== undefined) return nowMs - Number(count) * unitMs
  const atMs = Date.parse(text)
  if (Number.isNaN(atMs)) throw new UsageError(`--since is 7d, 12h, 30m or a moment, and not "${text}"`)
  return atMs
}
