/** The hash chain: each event's hash covers the hash before it, so that one hash proves the whole log up to there. */
import { hash } from 'node:crypto'

/** What an event's hash covers besides the hash before it. Payload is the JSON text as stored. */
export interface Link {
  readonly seq: number
  readonly capturedAtMs: number
  readonly payload: string
}

/** The hash (hex) before the first event. It differs between incarnations, so that no two logs can ever agree. */
export function genesisHash(incarnation: string): string {
  return hash('sha256', `millrace ${incarnation}`, 'hex')
}

/** The hash (hex) of an event: SHA-256 of four lines of UTF-8 text, so that a shell can recompute it. */
export function chainHash(previous: string, link: Link): string {
  return hash('sha256', `${previous}\n${link.seq}\n${link.capturedAtMs}\n${link.payload}`, 'hex')
}

export function hashBytes(hex: string): Uint8Array {
  return Buffer.from(hex, 'hex')
}

export function hashText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}
