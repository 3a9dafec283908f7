/**
 * A backup as bytes: a tar archive that begins with what it holds, each file by its hash; behind a passphrase where there is one. Reading it
 * believes nothing: what is cut short, changed or leads elsewhere is refused as a whole.
 */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Secret } from '../runtime/secret.ts'
import { type ArchivedFile, BadArchive, packFiles, unpackFiles } from '../runtime/tar-files.ts'
import { BackupRefused } from './backup-refused.ts'
import { isSealed, seal, unseal } from './seal.ts'

/** What a file of a backup belongs to, which says where it goes back to. */
const BACKUP_ROOTS = ['configuration', 'devices', 'routes', 'data', 'named'] as const

/** One file, by its place: `devices/press-07.yaml`, `data/maps/PRESS-07.json`. */
export interface BackupFile {
  readonly root: (typeof BACKUP_ROOTS)[number]
  /** Within its root; of a file that `gateway.yaml` names, its key there. */
  readonly path: string
  readonly bytes: Uint8Array
  /** Whoever has it could pass for this gateway, or read what is meant for it. */
  readonly isSecret: boolean
}

/** Who was backed up, when and by which version. */
export interface BackupAbout {
  readonly gateway: string
  readonly organization: string
  /** UTC. */
  readonly made: string
  /** Of the program. */
  readonly version: string
  /** By their places: secrets where there is no passphrase, and what the gateway's user may not read. */
  readonly leftOut: readonly string[]
  /** The stream as this gateway has written it, as far as that is known: what central should have at least. */
  readonly stream: {
    readonly incarnation: string
    readonly epoch: number
    readonly acknowledged: number
  } | null
}

interface Backup {
  readonly about: BackupAbout
  readonly files: readonly BackupFile[]
}

const FORMAT = 1
const CONTENTS = 'contents.json'
const FILES_MAX = 20_000
/** Far more than configuration, maps and their history take. */
const BYTES_MAX = 512 * 1024 ** 2

const roots = z.enum(BACKUP_ROOTS)
/** Parts of a path, none of which leads up, or shows on a terminal as something else. */
const path = z
  .string()
  .max(1_000)
  .regex(/^[^/\\\p{C}]+(?:\/[^/\\\p{C}]+)*$/u)
  .refine((written) => !written.split('/').some((part) => part === '..' || part === '.'))

/** Keys that a newer version has added say nothing to this one. */
const contentsSchema = z.object({
  format: z.int(),
  about: z.object({
    gateway: z.string(),
    organization: z.string(),
    made: z.iso.datetime(),
    version: z.string(),
    leftOut: z.array(z.string()),
    stream: z
      .object({ incarnation: z.string(), epoch: z.number(), acknowledged: z.number() })
      .nullable()
      .default(null),
  }),
  files: z.array(z.object({ root: roots, path, sha256: z.string(), isSecret: z.boolean() })).max(FILES_MAX),
})

/** @param passphrase without it everybody who gets hold of the file can read it: it must hold no secret then */
export async function writeBackup(
  { about, files }: Backup,
  passphrase: Secret | undefined,
): Promise<Uint8Array> {
  const named = files.map(({ bytes, ...file }) => ({ ...file, sha256: hashOf(bytes) }))
  const contents = JSON.stringify({ format: FORMAT, about, files: named }, undefined, 1)
  const archived = files.map(({ root, path, bytes }) => ({ path: `${root}/${path}`, bytes }))
  const plain = await packFiles([{ path: CONTENTS, bytes: Buffer.from(contents) }, ...archived], {
    mode: 0o600,
    mtime: new Date(about.made),
  })
  return passphrase ? await seal(plain, passphrase) : plain
}

/** Whether a passphrase has to be asked for. */
export function needsPassphrase(bytes: Uint8Array): boolean {
  return isSealed(bytes)
}

/** @throws BackupRefused */
export async function readBackup(bytes: Uint8Array, passphrase: Secret | undefined): Promise<Backup> {
  const plain = isSealed(bytes) ? await unseal(bytes, passphrase) : bytes
  const [first, ...others] = await entriesOf(plain)
  const contents = first?.path === CONTENTS ? contentsOf(first.bytes) : undefined
  if (!contents)
    throw new BackupRefused('this is no backup of a gateway', 'name a file that millrace backup has made')
  const { about, files } = contents
  const isSame = ({ path, bytes }: ArchivedFile, index: number) => {
    const file = files[index]
    return file !== undefined && path === `${file.root}/${file.path}` && file.sha256 === hashOf(bytes)
  }
  if (others.length !== files.length || !others.every(isSame))
    throw damaged('its files are not those that it names')
  return {
    about,
    files: files.map(({ sha256: _, ...file }, index) => ({
      ...file,
      bytes: others[index]?.bytes ?? new Uint8Array(),
    })),
  }
}

function contentsOf(bytes: Uint8Array) {
  const value = jsonIn(bytes)
  const known = z.object({ format: z.int() }).safeParse(value)
  if (known.success && known.data.format > FORMAT)
    throw new BackupRefused(
      'a newer version has made this backup',
      'restore it with that version of millrace',
    )
  const read = contentsSchema.safeParse(value)
  return read.success ? read.data : undefined
}

function jsonIn(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    throw damaged('what it says of itself cannot be read')
  }
}

async function entriesOf(bytes: Uint8Array): Promise<readonly ArchivedFile[]> {
  if (bytes.byteLength > BYTES_MAX) throw damaged('it is too long')
  try {
    return await unpackFiles(bytes, FILES_MAX + 1)
  } catch (error) {
    throw error instanceof BadArchive ? damaged(error.message) : error
  }
}

function damaged(why: string): BackupRefused {
  return new BackupRefused(`the backup is damaged or cut short: ${why}`, 'take another copy of it')
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
