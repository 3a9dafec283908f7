/** `millrace buffer resend`: sends kept events again whose rows were deleted in central; see `src/audit/resend.ts`. */
import { parseArgs } from 'node:util'
import { resend as sendAgain } from '../../audit/resend.ts'
import { openLogReader } from '../../buffer/log-reader.ts'
import { openLedger } from '../../routes/mes/ledger.ts'
import { CENTRAL, createMesDestination } from '../../routes/mes/route.ts'
import { UsageError } from '../command.ts'
import { CONFIG_OPTION } from '../options.ts'
import { recordDone } from '../record-done.ts'
import { type Action, NONE_OPEN, openSite, SOME_OPEN, whoAsks } from './site.ts'

export const resend: Action = async (context) => {
  const options = { ...CONFIG_OPTION, from: { type: 'string' }, to: { type: 'string' } } as const
  const { values } = parseArgs({ args: [...context.args], options })
  const range = { fromSeq: sequenceNumber(values.from, '--from'), toSeq: sequenceNumber(values.to, '--to') }
  if (range.fromSeq > range.toSeq) throw new UsageError('--from is behind --to')
  const { settings, outbox, config } = openSite(values, context)
  const { signal } = context
  using log = openLogReader(outbox.file)
  const { first, last: newest } = log.kept()
  const canLookForAll = range.fromSeq >= first && range.fromSeq <= newest
  if (!canLookForAll || range.toSeq > newest) context.err(keptText(first, newest))
  const last = log.recipient(CENTRAL)
  await using ledger = await openLedger(settings, signal, last)
  await using session = await createMesDestination(settings).connect(signal, last)
  const { sent, refused, complete } = await sendAgain(
    { log, ledger, session },
    { ...range, by: whoAsks(context) },
    signal,
  )
  for (const row of refused) context.out(`refused ${row}\n`)
  const what = `${sent} rows of the events ${range.fromSeq} to ${range.toSeq} were sent again`
  recordDone(context, config.dataFolder, 'rows-resent', what)
  context.out(`${sent} rows that were missing in central were sent again, ${refused.length} were refused\n`)
  if (!complete) context.err('not the whole range was looked at: run it again\n')
  return complete && refused.length === 0 && canLookForAll ? NONE_OPEN : SOME_OPEN
}

/** Numbers that are no longer kept, or were never given, cannot be looked for: that must not pass for "nothing is missing". */
function keptText(first: number, last: number): string {
  if (first > last) return 'this log keeps no event, so nothing can be looked for\n'
  return `this log keeps events ${first} to ${last}: others cannot be looked for, nor sent\n`
}

function sequenceNumber(text: string | undefined, option: string): number {
  if (text !== undefined && /^[1-9]\d*$/.test(text)) return Number(text)
  throw new UsageError(`${option} wants the number of an event, as millrace buffer audit shows it`)
}
