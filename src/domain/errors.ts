/**
 * The one family of errors. Each says what failed, on which device, and what to do next; whatever is no member of it is a
 * mistake in this program, and shown with its stack. Other rooms have members of their own where only they throw them.
 */
interface FaultOptions {
  readonly cause?: unknown
  /** What the reader should do next. */
  readonly hint?: string
}

export abstract class GatewayError extends Error {
  /** Whether the same may succeed later, without anybody changing anything here. */
  abstract readonly retryable: boolean
  /** Stable, in kebab-case, `part-what`: `central-login`, `buffer-full`. Logs are searched and alerts are named by it. */
  readonly code: string
  readonly hint: string | undefined
  constructor(code: string, message: string, options: FaultOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.hint = options.hint
  }
}

/** One fault of a configuration file, with its place. Lines and columns count from 1. */
export interface ConfigFault {
  readonly file: string
  readonly line: number
  readonly column: number
  /** Where in the document, dotted: `signals.state.type`. */
  readonly path: string
  readonly message: string
  /** What would be right: the nearest valid word, the allowed range. */
  readonly hint?: string
}

/** The code of a fault of `gateway.yaml` or of the environment. */
export const CONFIG_FAULTS = 'config-faults'

/** Configuration that cannot be used; carries every fault that was found, not only the first. */
export class ConfigError extends GatewayError {
  override readonly name = 'ConfigError'
  readonly retryable = false
  readonly faults: readonly ConfigFault[]
  constructor(faults: readonly ConfigFault[]) {
    super(CONFIG_FAULTS, faults.map(faultText).join('\n'))
    this.faults = faults
  }
}

/** `file:line:column: what, and the nearest valid word`, on one line, whatever the name of the file and its keys hold. */
export function faultText(fault: ConfigFault): string {
  return printable(`${fault.file}:${fault.line}:${fault.column}: ${withHint(fault.message, fault.hint)}`)
}

/** `what is wrong; what to do about it`. A question needs no semicolon behind it. */
export function withHint(what: string, hint: string | undefined): string {
  if (!hint) return what
  return `${what}${what.endsWith('?') ? '' : ';'} ${hint}`
}

/**
 * Control characters as `\u001b`: written as they are, they would move the cursor or change the colours of a terminal, begin a new line
 * or turn the order of what stands there around.
 */
export function printable(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu,
    (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** The link to a device is gone or could not be made. The collector tries again. */
export class LinkLost extends GatewayError {
  override readonly name = 'LinkLost'
  readonly retryable = true
  constructor(message: string, options: FaultOptions & { readonly code?: string } = {}) {
    super(options.code ?? 'link-lost', message, options)
  }
}

/** A file in SQLite failed, such as the outbox. Retryable where space or a healthy disk would mend it. */
export class StoreError extends GatewayError {
  override readonly name = 'StoreError'
  readonly retryable: boolean
  constructor(code: string, message: string, options: FaultOptions & { readonly retryable: boolean }) {
    super(code, message, options)
    this.retryable = options.retryable
  }
}

/** How the codes end of files that another program, or a newer version of this one, has written: `buffer-schema-newer`. */
export const NOT_OURS = { newer: 'schema-newer', foreign: 'foreign-file' } as const

/**
 * Whether starting again can never help, because what is wrong is a choice that only a person can take back: of a configuration, of a
 * program that is older than its files.
 */
export function wantsAPerson({ code }: GatewayError): boolean {
  return code === CONFIG_FAULTS || code.endsWith(`-${NOT_OURS.newer}`)
}

/** Makes errors of this code out of what the thread that owns a file could not do; the same call may succeed later. */
export function storeErrorsOf(
  code: string,
): (fault: { readonly message: string; readonly hint?: string }) => StoreError {
  return ({ message, hint }) =>
    new StoreError(code, message, { retryable: true, ...(hint === undefined ? {} : { hint }) })
}

/**
 * What a destination's refusal means for the batch:
 * `row`: it is proven that one event cannot be written, whatever the others are: it goes into quarantine;
 * `refused`: the destination spoke about the rows; whether one of them or the table is to blame, evidence decides;
 * `locked`: a row, or the table, is held by somebody else;
 * `wait`: nothing to do with rows (privilege, schema, disk, read-only, connection, serialization): the batch waits;
 * `unknown`: nobody knows whether the transaction was committed: ask the destination again.
 */
export type Refusal = 'row' | 'refused' | 'locked' | 'wait' | 'unknown'

interface DestinationFault extends FaultOptions {
  readonly refusal: Refusal
  readonly sqlstate?: string | null
  readonly refusedBy?: string
}

/** A destination cannot take something now, or has refused it. */
export class DestinationError extends GatewayError {
  override readonly name = 'DestinationError'
  readonly retryable = true
  readonly refusal: Refusal
  /** PostgreSQL's code of five characters where the server itself refused, else null. */
  readonly sqlstate: string | null
  /** What refused it: a constraint, a trigger, a sequence. Two refusals are by the same thing where this is the same text. */
  readonly refusedBy: string
  constructor(code: string, message: string, options: DestinationFault) {
    super(code, message, options)
    this.refusal = options.refusal
    this.sqlstate = options.sqlstate ?? null
    this.refusedBy = options.refusedBy ?? `${this.sqlstate} ${message}`
  }

  /** Whether it is about rows. Others may land, and the session can be used further. */
  get isAboutRows(): boolean {
    return this.refusal === 'row' || this.refusal === 'refused' || this.refusal === 'locked'
  }
}
