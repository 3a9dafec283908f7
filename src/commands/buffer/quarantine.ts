/**
 * `millrace buffer quarantine`: rows that destinations refused for themselves. They lie there, so everything here works
 * beside a running gateway; a retry is the uploader's own, under the lock of the stream row.
 */
import { parseArgs } from 'node:util'
import type { QuarantinedEvent, Route } from '../../domain/destination.ts'
import { isUnreadable } from '../../domain/events/event.ts'
import { ownerCode } from '../../domain/owner.ts'
import { setAsideFor } from '../../routes/set-aside.ts'
import { systemClock } from '../../runtime/clock.ts'
import { retryAll } from '../../uploader/quarantine.ts'
import { type CommandContext, UsageError } from '../command.ts'
import { CONFIG_OPTION } from '../options.ts'
import { wrongAction } from '../wrong-action.ts'
import { discard } from './discard.ts'
import { routesNamed, withEach } from './named-routes.ts'
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

const OPTIONS = { ...CONFIG_OPTION, route: { type: 'string' }, json: { type: 'boolean' } } as const

/** What to do about rows that are set aside. */
const NEXT_STEPS = `once the cause is mended they land by themselves within a minute, or at once with:
  millrace buffer quarantine retry
rows that nobody wants are given up with:
  millrace buffer quarantine discard SEQ --why TEXT
`
const OF_ROUTES = 'for those of a route other than central, add: --route NAME\n'

async function list(context: CommandContext): Promise<number> {
  const { values } = parseArgs({ args: [...context.args], options: OPTIONS })
  const site = openSite(values, context)
  const asked = routesNamed(site.routes, values.route)
  const { results, arePassedOver } = await withEach(asked, context, async (route) => {
    let count = 0
    for await (const row of quarantinedOf(route, site, context.signal)) {
      count += 1
      context.out(values.json ? jsonLine({ route: route.name, ...row }) : `${line(row, route, site)}\n`)
    }
    return count
  })
  const count = sum(results)
  if (count === 0 && !arePassedOver && !values.json) context.out('the quarantine is empty\n')
  if (count > 0 && !values.json) context.err(NEXT_STEPS + (site.routes.length > 1 ? OF_ROUTES : ''))
  return count === 0 && !arePassedOver ? NONE_OPEN : SOME_OPEN
}

async function show(context: CommandContext): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...context.args],
    options: OPTIONS,
    allowPositionals: true,
  })
  const seq = sequenceNumber(positionals)
  const site = openSite(values, context)
  let found = false
  await withEach(routesNamed(site.routes, values.route), context, async (route) => {
    // One number may be there once for each incarnation.
    for await (const row of quarantinedOf(route, site, context.signal)) {
      if (row.seq !== seq) continue
      found = true
      context.out(values.json ? jsonLine({ route: route.name, ...row }) : describe(row, route, site))
    }
  })
  if (!found)
    context.err(`no event ${seq} is in quarantine; millrace buffer quarantine list names those that are\n`)
  return SOME_OPEN
}

async function retry(context: CommandContext): Promise<number> {
  const { values } = parseArgs({
    args: [...context.args],
    options: { ...CONFIG_OPTION, route: OPTIONS.route },
  })
  const site = openSite(values, context)
  const asked = routesNamed(site.routes, values.route)
  const { results, arePassedOver } = await withEach(asked, context, async (route) => {
    const landed = await landedOf(route, site, context.signal)
    let left = 0
    for await (const row of quarantinedOf(route, site, context.signal)) {
      left += 1
      context.out(`refused ${line(row, route, site)}\n`)
    }
    return { landed, left }
  })
  const left = sum(results.map((one) => one.left))
  context.out(`${sum(results.map(({ landed }) => landed))} landed, ${left} still in quarantine\n`)
  return left === 0 && !arePassedOver ? NONE_OPEN : SOME_OPEN
}

function quarantinedOf(route: Route, site: Site, signal: AbortSignal): AsyncGenerator<QuarantinedEvent> {
  return setAsideFor(route, { settings: site.settings, last: deliveredTo(site, route.name), signal })
}

async function landedOf(route: Route, site: Site, signal: AbortSignal): Promise<number> {
  await using session = await route.destination.connect(signal, deliveredTo(site, route.name))
  return await retryAll(session, { clock: systemClock }, signal)
}

function sum(counts: readonly number[]): number {
  return counts.reduce((all, count) => all + count, 0)
}

function sequenceNumber(positionals: readonly string[]): number {
  const [text = ''] = positionals
  if (positionals.length === 1 && /^\d+$/.test(text)) return Number(text)
  throw new UsageError('name one event by its number, as quarantine list shows it')
}

/** Where there is nothing but central, its name says nothing. */
function routeText({ name }: Route, { routes }: Site, rest: string): string {
  return routes.length > 1 ? `${name}${rest}` : ''
}

function line({ seq, event, reason }: QuarantinedEvent, route: Route, site: Site): string {
  return `${routeText(route, site, '  ')}${seq}  ${ownerCode(event.subject)}  ${event.kind} ${event.at}  ${reason}`
}

function describe({ incarnation, seq, event, reason }: QuarantinedEvent, route: Route, site: Site): string {
  const found = isUnreadable(event) ? { payload: event.payload } : event
  const fields = Object.entries(found)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `  ${name}: ${shown(value)}\n`)
  return `${routeText(route, site, ': ')}event ${seq} of incarnation ${incarnation}\nrefused: ${reason}\n${fields.join('')}`
}

function shown(value: unknown): string {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value)
}
