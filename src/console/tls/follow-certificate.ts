/**
 * The certificate by which the console proves who it is. Files are read again when they change. While they cannot be used, the last good
 * one stays in use, or the gateway's own: the console says so, and never goes without TLS instead.
 */
import { stat } from 'node:fs/promises'
import { withHint } from '../../domain/errors.ts'
import type { Trouble } from '../../domain/health.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Log } from '../../runtime/log.ts'
import { NotReadable, readPlainText } from '../../runtime/plain-file.ts'
import { systemFault } from '../../runtime/system-fault.ts'
import type { ConsoleTls } from '../settings.ts'
import { type Certificate, CertificateFault, readCertificate } from './certificate.ts'
import { ownCertificate } from './own-certificate.ts'

const TLS_TROUBLES = { certificate: 'console-tls' } as const
const BYTES_MAX = 1_000_000
/** Whoever has to get a new one needs days for it. */
const SOON_MS = 14 * 86_400_000

interface CertificateParts {
  readonly tls?: ConsoleTls
  readonly dataFolder: string
  readonly names: readonly string[]
  readonly clock: Clock
  readonly log: Log
}

/** Follows it while somebody looks. */
export class FollowedCertificate {
  readonly #parts: CertificateParts
  #stamp = ''
  #trouble: Trouble | undefined
  #current: Certificate | undefined
  /** The current one is the gateway's own, since the given one could not be used so far. */
  #isStandIn = false

  constructor(parts: CertificateParts) {
    this.#parts = parts
  }

  /** What is wrong with it. */
  get troubles(): readonly Trouble[] {
    return this.#trouble ? [this.#trouble] : []
  }

  /** Undefined where the console goes without TLS. Never throws for what is wrong with files. */
  async look(): Promise<Certificate | undefined> {
    const { tls, clock } = this.#parts
    if (tls === undefined) return undefined
    const nowMs = clock.now().wallMs
    try {
      const found = tls === 'own' ? await this.#own(nowMs) : await this.#given(tls)
      this.#use(found)
      this.#isStandIn = false
      this.#judgeEnd(found, nowMs)
    } catch (error) {
      const { message, hint } = faultOf(error)
      this.#isStandIn ||= this.#current === undefined
      const instead = this.#isStandIn ? 'the gateway’s own is used instead' : 'the last good one is used'
      this.#found(`${message}; ${instead}`, hint)
      if (!this.#current) this.#use(await this.#own(nowMs))
    }
    return this.#current
  }

  #own(nowMs: number): Promise<Certificate> | Certificate {
    return this.#current && this.#parts.tls === 'own' && this.#current.endsMs > nowMs + SOON_MS
      ? this.#current
      : ownCertificate({ ...this.#parts, nowMs })
  }

  async #given({ certFile, keyFile }: Exclude<ConsoleTls, 'own'>): Promise<Certificate> {
    const stamp = await stampOf(certFile, keyFile)
    if (stamp === this.#stamp && this.#current && !this.#trouble) return this.#current
    const [cert, key] = await Promise.all([
      readPlainText(certFile, BYTES_MAX),
      readPlainText(keyFile, BYTES_MAX),
    ])
    try {
      const found = readCertificate(cert, key)
      this.#stamp = stamp
      return found
    } catch (error) {
      if (!(error instanceof CertificateFault)) throw error
      throw new CertificateFault(`${error.message} (${certFile}, ${keyFile})`, error.hint ?? '', error)
    }
  }

  #use(found: Certificate): void {
    if (found.fingerprint === this.#current?.fingerprint) return
    this.#current = found
    const { fingerprint } = found
    this.#parts.log.info(
      { event: 'console-certificate', fingerprint },
      `the console shows the certificate with the SHA-256 fingerprint ${fingerprint}`,
    )
  }

  #judgeEnd({ endsMs }: Certificate, nowMs: number): void {
    if (endsMs - nowMs > SOON_MS) {
      this.#over()
      return
    }
    const day = new Date(endsMs).toISOString().slice(0, 10)
    const what = `the certificate of the console ${endsMs < nowMs ? 'has ended' : 'ends'} on ${day}`
    this.#found(what, 'put a new one in the place of its files; it is taken in at once')
  }

  #found(what: string, hint: string): void {
    if (this.#trouble?.what === what) return
    const { clock, log } = this.#parts
    this.#trouble = { code: TLS_TROUBLES.certificate, what, hint, sinceMs: clock.now().wallMs }
    log.warn({ event: 'trouble-began', code: TLS_TROUBLES.certificate }, withHint(what, hint))
  }

  #over(): void {
    if (!this.#trouble) return
    this.#trouble = undefined
    this.#parts.log.info(
      { event: 'trouble-over', code: TLS_TROUBLES.certificate },
      'over: the certificate of the console is good',
    )
  }
}

async function stampOf(...files: readonly string[]): Promise<string> {
  const stats = await Promise.all(files.map((file) => stat(file)))
  return stats.map(({ ino, size, mtimeMs, ctimeMs }) => [ino, size, mtimeMs, ctimeMs].join()).join()
}

function faultOf(error: unknown): { readonly message: string; readonly hint: string } {
  if (error instanceof CertificateFault)
    return { message: `console.tls: ${error.message}`, hint: error.hint ?? '' }
  if (error instanceof NotReadable) return { message: `console.tls: ${error.message}`, hint: error.hint }
  const fault = systemFault(error)
  if (!fault) throw error
  const { path = '' } = error as NodeJS.ErrnoException
  return { message: `console.tls: ${path} cannot be read: ${fault.what}`, hint: fault.hint }
}
