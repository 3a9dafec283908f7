/**
 * A sheet of signals as other programs write it, understood: what every format is turned into, before a device map is made of it.
 *
 * Nothing of a sheet is dropped in silence: a line that gives no signal is a doubt with its place, like one that gives a signal
 * of which something has to be checked.
 */

/** One signal of a sheet. `keys` are those of a signal in a device map, in the order in which they are written. */
export interface SheetSignal {
  readonly name: string
  /** Line of the file, counted from 1. */
  readonly line: number
  readonly keys: Readonly<Record<string, SheetValue>>
  /** What the sheet says of it in words. */
  readonly about?: string
}

/** What may stand behind a key. `names` is a table. */
export type SheetValue = string | number | Readonly<Record<string, string>>

/** What somebody has to look at, or what is missing in the map. Lines count from 1. */
export interface SheetDoubt {
  readonly line: number
  readonly what: string
  readonly hint?: string
  /** The line gave no signal. */
  readonly isLeftOut?: true
}

/** What a file came to. */
export interface Sheet {
  /** Which program's format it was taken for, in words. */
  readonly format: string
  readonly driver: 'modbus-tcp' | 'opcua'
  /** The machine that the sheet names, where it names one. */
  readonly machine?: string
  /** Keys below `device:` that follow from the sheet, beside the driver. */
  readonly device: Readonly<Record<string, SheetValue>>
  readonly signals: readonly SheetSignal[]
  readonly doubts: readonly SheetDoubt[]
}

/** What a caller knows beside the file. */
export interface SheetOptions {
  /** Which machine is meant, where the sheet has several. */
  readonly machine?: string | undefined
  /** The area of numbers that do not say theirs: `HR`, `IR`, `DI` or `CO`. */
  readonly area?: string | undefined
  /** Name of the controller within the node ids of a CODESYS server. */
  readonly controller?: string | undefined
}

/** Collects signals and doubts while a file is read. */
export class SheetDraft {
  readonly signals: SheetSignal[] = []
  readonly doubts: SheetDoubt[] = []
  /** With the number from which on a name may be free. */
  readonly #taken = new Map<string, number>()

  /** Names are made fit for a map; of two that are alike, the second gets a number. */
  signal(
    written: string,
    line: number,
    keys: Readonly<Record<string, SheetValue | undefined>>,
    about = '',
  ): void {
    const name = this.#freeName(fitName(written))
    if (name !== written) this.doubt(line, `"${written}" is called ${name} in the map`)
    const given = Object.entries(keys).filter(
      (entry): entry is [string, SheetValue] => entry[1] !== undefined,
    )
    this.signals.push({ name, line, keys: Object.fromEntries(given), ...(about !== '' && { about }) })
  }

  /** A line that gives a signal, and has to be looked at. */
  doubt(line: number, what: string, hint?: string): void {
    this.doubts.push({ line, what, ...(hint !== undefined && { hint }) })
  }

  /** A line that gives none. */
  leaveOut(line: number, what: string, hint?: string): void {
    this.doubts.push({ line, what, ...(hint !== undefined && { hint }), isLeftOut: true })
  }

  #freeName(name: string): string {
    let free = name
    let nth = this.#taken.get(name) ?? 2
    for (; this.#taken.has(free); nth += 1) free = `${name}_${nth}`
    this.#taken.set(name, nth)
    if (free !== name) this.#taken.set(free, 2)
    return free
  }
}

/** Words that rules give a meaning, so that no signal is called so (`maps/machine/signals/check-signal.ts`). */
const RESERVED: ReadonlySet<string> = new Set(['any', 'all', 'not', 'else'])
const NAME_MAX = 96

/** Letters, digits, `_`, `-` and `.`: what a signal may be called. `Motor 1/Run` becomes `Motor_1_Run`. */
function fitName(written: string): string {
  const fit = written
    .normalize('NFC')
    .replace(/[^\p{L}\p{N}_.-]+/gu, '_')
    .replace(/^[^\p{L}\p{N}_]+/u, '')
    .replace(/(?<=.)_+$/u, '')
    .slice(0, NAME_MAX)
  return fit === '' || RESERVED.has(fit) ? `signal_${fit}` : fit
}
