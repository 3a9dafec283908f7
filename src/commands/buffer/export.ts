/**
 * `millrace buffer export`: the kept events as NDJSON, beside a running gateway too. It only reads. Of a damaged log it prints what
 * can be read and is proven, and says what is missing.
 */
import { parseArgs } from 'node:util'
import { openLogReader } from '../../buffer/log-reader.ts'
import { eventLine } from '../../buffer/stored-event.ts'
import { UsageError } from '../command.ts'
import { CONFIG_OPTION } from '../options.ts'
import { type Action, NONE_OPEN, openSite, SOME_OPEN } from './site.ts'

export const exportEvents: Action = async (context) => {
  const options = { ...CONFIG_OPTION, after: { type: 'string' } } as const
  const { values } = parseArgs({ args: [...context.args], options })
  const { after = '0' } = values
  if (!/^\d+$/.test(after)) throw new UsageError(`--after wants the number of an event, not "${after}"`)
  using log = openLogReader(openSite(values, context).outbox.file)
  const missing: string[] = []
  for (const { events, faults } of log.readablePages(Number(after))) {
    if (context.signal.aborted) break
    await context.out(events.map(eventLine).join(''))
    missing.push(...faults)
  }
  if (missing.length === 0) return NONE_OPEN
  context.err(damageText(missing))
  return SOME_OPEN
}

/** How many faults are named. */
const NAMED_MAX = 20

function damageText(missing: readonly string[]): string {
  const named = missing.slice(0, NAMED_MAX).map((fault) => `  ${fault}`)
  const more = missing.length > NAMED_MAX ? [`  and ${missing.length - NAMED_MAX} more`] : []
  const lines = [
    'millrace buffer: the log is damaged; this was left out:',
    ...named,
    ...more,
    'the gateway sets it aside and goes on with what can be proven, at its next start at the latest',
  ]
  return `${lines.join('\n')}\n`
}
