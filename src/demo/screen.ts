/** What the demo's output can take. */
export interface Screen {
  readonly out: (text: string) => void
  /** Whether lines may be redrawn in place and coloured; else each is written once, from top to bottom. */
  readonly redraws: boolean
  /** No line is longer; undefined where that does not matter, as in files. */
  readonly columns: number | undefined
  /** IANA name of the zone in which times are shown. */
  readonly timeZone: string
}

/** As much of a line as the screen is wide, with dots where something is cut off. Without colours in it. */
export function cut(line: string, { columns }: Pick<Screen, 'columns'>): string {
  if (columns === undefined || line.length <= columns) return line
  return `${line.slice(0, columns - DOTS.length)}${DOTS}`
}

/** ASCII, like all that the demo says: a terminal may be set to any character set. */
const DOTS = '...'

/** `09:00:00.000`, in the screen's zone. */
export function clockText(atMs: number, { timeZone }: Pick<Screen, 'timeZone'>): string {
  return new Intl.DateTimeFormat('en-GB', { timeZone, ...TIME, fractionalSecondDigits: 3 }).format(atMs)
}

/** The zone as people call it, `CET`. */
export function zoneText(atMs: number, { timeZone }: Pick<Screen, 'timeZone'>): string {
  const parts = new Intl.DateTimeFormat('en-GB', { timeZone, timeZoneName: 'short' }).formatToParts(atMs)
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? timeZone
}

const TIME = { hour: '2-digit', minute: '2-digit', second: '2-digit' } as const
