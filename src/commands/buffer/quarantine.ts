/**
 * `millrace buffer quarantine`: rows that central refused for themselves. They lie in central, so everything here works
 * beside a running gateway; a retry is the uploader's own, under the lock of the stream row.
 */
import { parseArgs } from 'node:util'
import type { QuarantinedEvent, QuarantineKey } from '../../domain/destination.ts'
import type { Event } from '../../domain/event.ts'
import { type Ledger, openLedger } from '../../routes/mes/ledger.ts'
import { createPostgresCentral } from '../../routes/mes/route.ts'
import { retryPage } from '../../uploader/quarantine.ts'
import { type CommandContext, UsageError } from '../command.ts'
import { CONFIG_OPTION } from '../options.ts'
import { type Action, jsonLine, NONE_OPEN, openSite, SOME_OPEN } from './site.ts'

/** Rows asked for at a time. */
const PAGE_ROWS = 500

export const quarantine: Action = async (context) => {
  const [action, ...args] = context.args
  const within = { ...context, args }
  if (action === 'list') return list(within)
  if (action === 'show') return show(within)
  if (action === 'retry') return retry(within)
  throw new UsageError(
    action === undefined ? 'say list, show or retry' : `there is no "quarantine ${action}"`,
  )
}

/** Every row that is set aside, page by page. */
export async function* setAside(ledger: Ledger): AsyncGenerator<QuarantinedEvent> {
  let after: QuarantineKey | undefined
  do {
    const rows = await ledger.quarantined(after, PAGE_ROWS)
    yield* rows
    after = rows.length < PAGE_ROWS ? undefined : rows.at(-1)
  } while (after)
}

const OPTIONS = { ...CONFIG_OPTION, json: { type: 'boolean' } } as const

async function list(context: CommandContext): Promise<number> {
  const { values } = parseArgs({ args: [...context.args], options: OPTIONS })
  await using ledger = await openLedger(openSite(values, context).settings, context.signal)
  let count = 0
  for await (const row of setAside(ledger)) {
    count += 1
    context.out(values.json ? jsonLine(row) : `${line(row)}\n`)
  }
  if (count === 0 && !values.json) context.out('the quarantine is empty\n')
  return count === 0 ? NONE_OPEN : SOME_OPEN
}

async function show(context: CommandContext): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...context.args],
    options: OPTIONS,
    allowPositionals: true,
  })
  const seq = sequenceNumber(positionals)
  await using ledger = await openLedger(openSite(values, context).settings, context.signal)
  let found = false
  // One number may be there once for each incarnation.
  for await (const row of setAside(ledger)) {
    if (row.seq !== seq) continue
    found = true
    context.out(values.json ? jsonLine(row) : describe(row))
  }
  if (!found)
    context.err(`no event ${seq} is in quarantine; millrace buffer quarantine list names those that are\n`)
  return SOME_OPEN
}

async function retry(context: CommandContext): Promise<number> {
  const { values } = parseArgs({ args: [...context.args], options: CONFIG_OPTION })
  const { settings } = openSite(values, context)
  const landed = await retryAll(settings, context.signal)
  await using ledger = await openLedger(settings, context.signal)
  let left = 0
  for await (const row of setAside(ledger)) {
    left += 1
    context.out(`refused ${line(row)}\n`)
  }
  context.out(`${landed} landed, ${left} still in quarantine\n`)
  return left === 0 ? NONE_OPEN : SOME_OPEN
}

/** Once round the quarantine, in key order, a page a transaction. Whatever was set aside under our name may land. */
async function retryAll(
  settings: Parameters<typeof createPostgresCentral>[0],
  signal: AbortSignal,
): Promise<number> {
  await using session = await createPostgresCentral(settings).connect(signal)
  let landed = 0
  let after: QuarantineKey | undefined
  do {
    const page = await session.transaction((transaction) => retryPage(transaction, () => true, after))
    landed += page.landed
    after = page.next
  } while (after && !signal.aborted)
  return landed
}

function sequenceNumber(positionals: readonly string[]): number {
  const [text = ''] = positionals
  if (positionals.length === 1 && /^\d+$/.test(text)) return Number(text)
  throw new UsageError('name one event by its number, as quarantine list shows it')
}

function line({ seq, event, reason }: QuarantinedEvent): string {
  return `${seq}  ${event.machine}  ${event.kind} ${timeOf(event)}  ${reason}`
}

function describe({ incarnation, seq, event, reason }: QuarantinedEvent): string {
  const fields = Object.entries(event).map(([name, value]) => `  ${name}: ${value}\n`)
  return `event ${seq} of incarnation ${incarnation}\nrefused: ${reason}\n${fields.join('')}`
}

/** The time by which the event's row is found again. */
export function timeOf(event: Event): string {
  return 'changedAt' in event ? event.changedAt : event.startedAt
}
