/**
 * `millrace buffer quarantine`: rows that central refused for themselves. They lie in central, so everything here works
 * beside a running gateway; a retry is the uploader's own, under the lock of the stream row.
 */
import { parseArgs } from 'node:util'
import type { QuarantinedEvent, QuarantineKey } from '../../domain/destination.ts'
import { isUnreadable } from '../../domain/events/event.ts'
import { ownerCode } from '../../domain/owner.ts'
import { allQuarantined, openLedger } from '../../routes/mes/ledger.ts'
import { createMesDestination } from '../../routes/mes/route.ts'
import { systemClock } from '../../runtime/clock.ts'
import { createRetryStride, retryPage } from '../../uploader/quarantine.ts'
import { type CommandContext, UsageError } from '../command.ts'
import { CONFIG_OPTION } from '../options.ts'
import { wrongAction } from '../wrong-action.ts'
import { discard } from './discard.ts'
import { type Action, deliveredTo, jsonLine, NONE_OPEN, openSite, type Site, SOME_OPEN } from './site.ts'

export const quarantine: Action = async (context) => {
  const [action, ...args] = context.args
  const within = { ...context, args }
  if (action === 'list') return list(within)
  if (action === 'show') return show(within)
  if (action === 'retry') return retry(within)
  if (action === 'discard') return discard(within)
  throw wrongAction('buffer quarantine', action, ['list', 'show', 'retry', 'discard'])
}

const OPTIONS = { ...CONFIG_OPTION, json: { type: 'boolean' } } as const

/** What to do about rows that are set aside. */
const NEXT_STEPS = `once the cause is mended they land by themselves within a minute, or at once with:
  millrace buffer quarantine retry
rows that nobody wants are given up with:
  millrace buffer quarantine discard SEQ --why TEXT
`

async function list(context: CommandContext): Promise<number> {
  const { values } = parseArgs({ args: [...context.args], options: OPTIONS })
  const site = openSite(values, context)
  await using ledger = await openLedger(site.settings, context.signal, deliveredTo(site))
  let count = 0
  for await (const row of allQuarantined(ledger)) {
    count += 1
    context.out(values.json ? jsonLine(row) : `${line(row)}\n`)
  }
  if (count === 0 && !values.json) context.out('the quarantine is empty\n')
  if (count > 0 && !values.json) context.err(NEXT_STEPS)
  return count === 0 ? NONE_OPEN : SOME_OPEN
}

async function show(context: CommandContext): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...context.args],
    options: OPTIONS,
    allowPositionals: true,
  })
  const seq = sequenceNumber(positionals)
  const site = openSite(values, context)
  await using ledger = await openLedger(site.settings, context.signal, deliveredTo(site))
  let found = false
  // One number may be there once for each incarnation.
  for await (const row of allQuarantined(ledger)) {
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
  const site = openSite(values, context)
  const landed = await retryAll(site, context.signal)
  await using ledger = await openLedger(site.settings, context.signal, deliveredTo(site))
  let left = 0
  for await (const row of allQuarantined(ledger)) {
    left += 1
    context.out(`refused ${line(row)}\n`)
  }
  context.out(`${landed} landed, ${left} still in quarantine\n`)
  return left === 0 ? NONE_OPEN : SOME_OPEN
}

/** Once round the quarantine, in key order, a page a transaction. Whatever was set aside under our name may land. */
async function retryAll(site: Site, signal: AbortSignal): Promise<number> {
  await using session = await createMesDestination(site.settings).connect(signal, deliveredTo(site))
  let landed = 0
  let after: QuarantineKey | undefined
  let isLast: boolean
  const stride = createRetryStride()
  do {
    const page = await session.transaction((transaction) =>
      retryPage(transaction, { clock: systemClock, mayWrite: () => true, after, stride }),
    )
    landed += page.landed
    after = page.next
    isLast = page.isLast
  } while (!isLast && !signal.aborted)
  return landed
}

function sequenceNumber(positionals: readonly string[]): number {
  const [text = ''] = positionals
  if (positionals.length === 1 && /^\d+$/.test(text)) return Number(text)
  throw new UsageError('name one event by its number, as quarantine list shows it')
}

function line({ seq, event, reason }: QuarantinedEvent): string {
  return `${seq}  ${ownerCode(event.subject)}  ${event.kind} ${event.at}  ${reason}`
}

function describe({ incarnation, seq, event, reason }: QuarantinedEvent): string {
  const found = isUnreadable(event) ? { payload: event.payload } : event
  const fields = Object.entries(found)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `  ${name}: ${shown(value)}\n`)
  return `event ${seq} of incarnation ${incarnation}\nrefused: ${reason}\n${fields.join('')}`
}

function shown(value: unknown): string {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value)
}
