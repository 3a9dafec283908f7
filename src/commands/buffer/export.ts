/** `millrace buffer export`: the kept events as NDJSON, beside a running gateway too. It only reads. */
import { parseArgs } from 'node:util'
import { openLogReader } from '../../buffer/log-reader.ts'
import { eventLine } from '../../buffer/stored-event.ts'
import { UsageError } from '../command.ts'
import { CONFIG_OPTION } from '../options.ts'
import { type Action, NONE_OPEN, openSite } from './site.ts'

export const exportEvents: Action = async (context) => {
  const options = { ...CONFIG_OPTION, after: { type: 'string' } } as const
  const { values } = parseArgs({ args: [...context.args], options })
  const { after = '0' } = values
  if (!/^\d+$/.test(after)) throw new UsageError(`--after wants the number of an event, not "${after}"`)
  using log = openLogReader(openSite(values, context).outbox.file)
  for (const { events } of log.pages(Number(after))) {
    if (context.signal.aborted) break
    await context.out(events.map(eventLine).join(''))
  }
  return NONE_OPEN
}
