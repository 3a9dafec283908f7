/**
 * What a bundle says of itself: its number, for whom it is, and the hash of each file. There is one way to write a manifest down, and that
 * text is what is signed.
 */
import { createHash, type KeyObject, sign, verify } from 'node:crypto'
import { z } from 'zod'
import { ReleaseRefused } from '../release-error.ts'
import { isReleasePath, RELEASE_FILES_MAX } from '../release-files.ts'

/** The signed part of a bundle. */
export interface BundleManifest {
  readonly format: 1
  /** Never goes back: a gateway takes a higher one only. */
  readonly number: number
  /** UTC. */
  readonly made: string
  /** The gateways that it is for; empty: any that has the key. */
  readonly gateways: readonly string[]
  /** In the order of their paths. */
  readonly files: readonly { readonly path: string; readonly bytes: number; readonly sha256: string }[]
}

/** Signed with the text, so that no signature of something else fits. */
const PURPOSE = 'millrace bundle 1\n'
const NAME_MAX = 100

const schema: z.ZodType<BundleManifest> = z.strictObject({
  format: z.literal(1),
  number: z.int().min(1),
  made: z.iso.datetime(),
  gateways: z.array(z.string().min(1).max(NAME_MAX)).max(RELEASE_FILES_MAX),
  files: z
    .array(
      z.strictObject({
        path: z.string().refine(isReleasePath),
        bytes: z.int().min(0),
        sha256: z.string().regex(/^[0-9a-f]{64}$/),
      }),
    )
    .max(RELEASE_FILES_MAX),
})

/** The one text of a manifest. */
export function manifestText({ format, number, made, gateways, files }: BundleManifest): string {
  const inOrder = files
    .map(({ path, bytes, sha256 }) => ({ path, bytes, sha256 }))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1))
  return `${JSON.stringify({ format, number, made, gateways: [...gateways].sort(), files: inOrder }, undefined, 1)}\n`
}

/** @param key an Ed25519 private key */
export function signManifest(text: string, key: KeyObject): Uint8Array {
  return sign(null, Buffer.from(PURPOSE + text), key)
}

/** Nothing of a manifest is even read before its signature has proven it. @throws ReleaseRefused */
export function readManifest(bytes: Uint8Array, signature: Uint8Array, key: KeyObject): BundleManifest {
  const signed = Buffer.concat([Buffer.from(PURPOSE), bytes])
  if (!verify(null, signed, key, signature))
    throw new ReleaseRefused(
      'the bundle is not signed with the key in public_key_file',
      'sign it with that key',
    )
  const text = Buffer.from(bytes).toString('utf8')
  const read = schema.safeParse(parsed(text))
  if (!read.success)
    throw new ReleaseRefused(
      'this version does not understand the bundle',
      'make it with millrace bundle of this version',
    )
  if (manifestText(read.data) !== text)
    throw new ReleaseRefused(
      'the manifest of the bundle is written in another way',
      'make it with millrace bundle',
    )
  return read.data
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // It is no JSON: the schema refuses it.
    return undefined
  }
}

/** In hexadecimal digits. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
