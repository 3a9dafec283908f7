/**
 * New database clusters out of one that was made before: `initdb` takes a second of processor time, a copy a tenth of that. Each copy gets an
 * identifier of its own, as `initdb` would give it, because that is how a client knows one server from another.
 */
import { randomBytes } from 'node:crypto'
import { open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { makeTemporaryFolder } from '../temporary-folder.ts'
import { runAs } from './account.ts'

interface NewCluster {
  readonly folder: string
  readonly data: string
  readonly password: string
}

/** Makes a cluster as `initdb` does. */
type Make = (cluster: NewCluster) => Promise<void>

const PASSWORD_FILE = 'superuser-password'
const SEGMENT = /^[0-9A-F]{24}$/
/** In the header of the first page of each segment of the log. */
const IDENTIFIER_IN_SEGMENT = 24
const IDENTIFIER_BYTES = 8
const CHECKSUM_BYTES = 4

/**
 * Puts a new cluster in a folder that is not there yet.
 * @param template holds the cluster to copy; where it is missing or empty, the first who asks makes it
 * @returns the superuser's password
 */
export async function copyTemplate(template: string, data: string, make: Make): Promise<string> {
  if (!(await holdsCluster(template))) await makeTemplate(template, make)
  // Node's own copying does not keep the owners of files.
  const copied = await runAs({}, '/bin/cp', ['-a', join(template, 'data'), data])
  if (copied.code !== 0) throw new Error(`Copying ${template} to ${data} failed: ${copied.output.trim()}`)
  await giveIdentifier(data)
  return readFile(join(template, PASSWORD_FILE), 'utf8')
}

async function holdsCluster(template: string): Promise<boolean> {
  return (await stat(join(template, PASSWORD_FILE)).catch(() => undefined)) !== undefined
}

async function makeTemplate(template: string, make: Make): Promise<void> {
  const folder = makeTemporaryFolder('central', dirname(template))
  const password = randomBytes(18).toString('base64url')
  await make({ folder, data: join(folder, 'data'), password })
  await writeFile(join(folder, PASSWORD_FILE), password, { mode: 0o600 })
  // Another process may have made it meanwhile. A folder with files in it is not replaced, and theirs is as good.
  await rename(folder, template).catch(() => rm(folder, { recursive: true, force: true }))
}

async function giveIdentifier(data: string): Promise<void> {
  const identifier = randomBytes(IDENTIFIER_BYTES)
  // SQL shows it as a number with a sign.
  identifier.writeUInt8(identifier.readUInt8(IDENTIFIER_BYTES - 1) & 0x7f, IDENTIFIER_BYTES - 1)
  const control = join(data, 'global', 'pg_control')
  await overwrite(control, 0, withIdentifier(await readFile(control), identifier))
  const log = join(data, 'pg_wal')
  for (const name of await readdir(log)) {
    if (SEGMENT.test(name)) await overwrite(join(log, name), IDENTIFIER_IN_SEGMENT, identifier)
  }
}

/** The identifier is first; behind all else is a checksum, at a place that differs between versions. */
function withIdentifier(control: Buffer, identifier: Buffer): Buffer {
  const place = checksumPlace(control)
  const changed = Buffer.from(control.subarray(0, place + CHECKSUM_BYTES))
  identifier.copy(changed)
  changed.writeUInt32LE(crc32c(changed.subarray(0, place)), place)
  return changed
}

function checksumPlace(control: Buffer): number {
  let crc = INITIAL
  for (let at = 0; at + CHECKSUM_BYTES <= control.length; at += 1) {
    if (
      at > IDENTIFIER_BYTES &&
      at % CHECKSUM_BYTES === 0 &&
      control.readUInt32LE(at) === (crc ^ INITIAL) >>> 0
    )
      return at
    crc = next(crc, control.readUInt8(at))
  }
  throw new Error('The file pg_control holds no checksum of itself.')
}

const INITIAL = 0xffff_ffff
/** Castagnoli's polynomial, with its bits in reverse. */
const POLYNOMIAL = 0x82f6_3b78

function crc32c(bytes: Buffer): number {
  let crc = INITIAL
  for (const byte of bytes) crc = next(crc, byte)
  return (crc ^ INITIAL) >>> 0
}

function next(crc: number, byte: number): number {
  let changed = crc ^ byte
  for (let bit = 0; bit < 8; bit += 1) changed = changed & 1 ? (changed >>> 1) ^ POLYNOMIAL : changed >>> 1
  return changed >>> 0
}

async function overwrite(file: string, at: number, bytes: Buffer): Promise<void> {
  const handle = await open(file, 'r+')
  try {
    await handle.write(bytes, 0, bytes.length, at)
  } finally {
    await handle.close()
  }
}
