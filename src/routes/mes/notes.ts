/**
 * The text of the column `notes`: `key=value; …`, short, because people read it in lists. It is made here, and read back here
 * from rows of central.
 *
 * `cause=state:fault,fault:101; rule=3f9a; cont; dur=12.345s; end=no_data`; of a row where nothing was seen
 * `unseen=state bad: exception 2 at 40201; rule=3f9a`
 */
import type { DowntimeAmended, DowntimeFindings } from '../../domain/events/downtime.ts'
import type { Ending, Evidence, Mark } from '../../domain/events/event.ts'
import { type EndingNotes, parseStatusNotes, parseStopNotes } from '../../domain/events/notes-0.ts'
import type { StatusFindings, Unseen } from '../../domain/events/status.ts'

const SEPARATOR = '; '

/** How a mark reads behind the findings, and behind the duration. */
const MARK_WORDS: Readonly<Record<Mark, readonly [opening: string, ending: string]>> = {
  cont: ['cont', 'cont'],
  clock_stepped: ['clock=stepped', 'clock=stepped'],
  no_data: ['end=no_data', 'end=no_data'],
  reconfigured: ['reconfigured', 'reconfigured'],
  unplanned: ['unplanned', 'end=unplanned'],
  adopted: ['cause=adopted', 'end=adopted'],
}

/** Notes of a row of `machine_status_history`. */
export function statusNotes(findings: StatusFindings, ended: Ending | null = null): string {
  const { remark, correctedFrom, cause, countedUnseen, unseen, rule, marks } = findings
  return joined([
    remark,
    correctedText(correctedFrom),
    cause.length === 0 ? undefined : `cause=${causeText(cause)}`,
    unseen && `unseen=${unseenText(unseen)}`,
    countedUnseen === null ? undefined : `counted_unseen=${countedUnseen}`,
    rule === null ? undefined : `rule=${rule}`,
    ...marks.map((mark) => MARK_WORDS[mark][0]),
    ...endingParts(ended),
  ])
}

/** Notes of a row of `downtime_events`. */
export function downtimeNotes(findings: DowntimeFindings, ended: DowntimeAmended['ended'] = null): string {
  const { remark, correctedFrom, code, laterCodes, rule, continues } = findings
  return joined([
    remark,
    correctedText(correctedFrom),
    code === null ? undefined : `code=${code}`,
    laterCodes.length === 0 ? undefined : `later=${laterCodes.join(',')}`,
    rule === null ? undefined : `rule=${rule}`,
    continues && 'continues',
    ...(isAdopted(ended) ? markWords(ended) : endingParts(ended)),
  ])
}

/** How long a stop lasted that `buffer adopt` ended is not known exactly: nobody saw its end. */
function isAdopted(ended: Ending | null): ended is Ending {
  return ended?.marks.includes('adopted') ?? false
}

function endingParts(ended: Ending | null): readonly string[] {
  if (!ended) return []
  return [`dur=${(ended.durationMs / 1000).toFixed(3)}s`, ...markWords(ended)]
}

function markWords({ marks }: Ending): readonly string[] {
  return marks.map((mark) => MARK_WORDS[mark][1])
}

/** Read back, it is part of the remark, in front of what the gateway writes by itself. */
function correctedText(reasons: readonly string[] | undefined): string | undefined {
  return reasons && reasons.length > 0 ? `corrected=${reasons.join(',')}` : undefined
}

function causeText(cause: readonly Evidence[]): string {
  return cause.map(({ signal, value }) => `${signal}:${value}`).join(',')
}

function unseenText({ why, device, signal, detail }: Unseen): string {
  if (why === 'unmapped') return 'map taken away'
  if (why === 'shadow') return 'map put into shadow'
  if (why === 'out_of_service') return 'machine out of service'
  const who = signal ?? (device === null ? 'gateway' : `device ${device}`)
  const what = `${who} ${why}`
  return detail === null ? what : `${what}: ${detail}`
}

function joined(parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined).join(SEPARATOR)
}

/**
 * What a row's notes say. Notes that the gateway would not have written in this way, such as people's own, become the remark as
 * a whole. So the text that is made again of what is found here is always the text that was read.
 */
export function readStatusNotes(notes: string): StatusFindings & { readonly ended: EndingNotes } {
  const { findings, ended } = parseStatusNotes(notes, 'ended')
  const ending =
    ended.durationMs === undefined ? null : { ...ended, durationMs: ended.durationMs, minutes: 0 }
  const isWhole = statusNotes(findings, ending) === notes
  return isWhole ? { ...findings, ended } : { ...NOTHING, remark: notes, ended }
}

const NOTHING = { cause: [], countedUnseen: null, rule: null, marks: [] } as const

/** The same for a row of `downtime_events`. */
export function readDowntimeNotes(
  notes: string,
): Pick<DowntimeFindings, 'code' | 'laterCodes' | 'rule' | 'continues' | 'remark'> {
  return parseStopNotes(notes, 'open').findings
}
