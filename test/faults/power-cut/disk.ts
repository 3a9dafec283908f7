/**
 * A disk that has been told to do some steps and of which the power is cut. What was synced is there. Of the rest some is there and some
 * is not, in any order, in pieces, and in its place may be anything. Names are durable once their folder was synced; of later ones some
 * first ones are, as with a file system that keeps a journal of them.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pick, type Random } from '../../../simulators/random.ts'
import { GrowingFile } from './growing-file.ts'
import type { Step } from './recording.ts'

type Write = Step & { readonly did: 'write' | 'truncate' }
type Naming = Step & { readonly did: 'create' | 'make folder' | 'rename' | 'remove' }

/** What is in one file, whatever its name. */
interface Content {
  readonly synced: GrowingFile
  unsynced: Write[]
}

/** By path; null for a folder. */
type Names = Map<string, number | null>

const SECTOR_BYTES = 512
const PAGE_BYTES = 4_096

/** What became of the writes to one file that were not synced. */
const FATES = ['dropped', 'kept', 'some', 'some torn', 'rubbish in place of some'] as const
type Fate = (typeof FATES)[number]

export class Disk {
  readonly #contents: Content[] = []
  readonly #names: Names = new Map([['', null]])
  /** Names as the running program sees them. */
  readonly #seen: Names = new Map([['', null]])
  #unsyncedNames: { readonly naming: Naming; readonly content: number | null }[] = []

  do(step: Step): void {
    if (step.did === 'say') return
    if (step.did === 'write' || step.did === 'truncate') this.#write(step)
    else if (step.did === 'sync') this.#sync(step.path)
    else this.#rename(step)
  }

  /** Writes what is left after a power cut into a folder. @returns in words, what became of what was not synced */
  cutInto(folder: string, random: Random): string {
    const names: Names = new Map(this.#names)
    const durable = Math.floor(random() * (this.#unsyncedNames.length + 1))
    for (const { naming, content } of this.#unsyncedNames.slice(0, durable)) rename(names, naming, content)
    const words = [`${durable} of ${this.#unsyncedNames.length} names`]
    for (const [path, content] of names) {
      if (!isReachable(names, path)) continue
      if (content === null) mkdirSync(join(folder, path), { recursive: true })
      else words.push(this.#writeFile(folder, path, content, random))
    }
    return words.join(', ')
  }

  #writeFile(folder: string, path: string, content: number, random: Random): string {
    const { synced, unsynced } = this.#contents[content] ?? { synced: new GrowingFile(), unsynced: [] }
    const fate = pick(FATES, random) ?? 'kept'
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), after(synced, unsynced, fate, random))
    return `${path}: ${unsynced.length} writes ${fate}`
  }

  #write(write: Write): void {
    const content = this.#contents[this.#seen.get(write.path) ?? -1]
    if (!content) throw new Error(`a write to ${write.path}, which was never created`)
    content.unsynced.push(write)
  }

  #sync(path: string): void {
    const index = this.#seen.get(path)
    if (index === undefined) return
    const content = this.#contents[index ?? -1]
    if (!content) this.#syncNames(path)
    else {
      for (const write of content.unsynced) apply(content.synced, write)
      content.unsynced = []
    }
  }

  #syncNames(folder: string): void {
    const isIn = (path: string) => (dirname(path) === '.' ? '' : dirname(path)) === folder
    const isSynced = ({ naming }: { readonly naming: Naming }) =>
      isIn(naming.path) || (naming.did === 'rename' && isIn(naming.to))
    for (const { naming, content } of this.#unsyncedNames.filter(isSynced))
      rename(this.#names, naming, content)
    this.#unsyncedNames = this.#unsyncedNames.filter((name) => !isSynced(name))
  }

  #rename(naming: Naming): void {
    if (naming.did === 'create') this.#contents.push({ synced: new GrowingFile(), unsynced: [] })
    const content =
      naming.did === 'create' ? this.#contents.length - 1 : (this.#seen.get(naming.path) ?? null)
    rename(this.#seen, naming, content)
    this.#unsyncedNames.push({ naming, content })
  }
}

function rename(names: Names, naming: Naming, content: number | null): void {
  if (naming.did === 'create' || naming.did === 'make folder') {
    names.set(naming.path, naming.did === 'create' ? content : null)
    return
  }
  names.delete(naming.path)
  if (naming.did === 'rename') names.set(naming.to, content)
}

/** A file in a folder of which the name is not durable is not found. */
function isReachable(names: Names, path: string): boolean {
  const parent = dirname(path) === '.' ? '' : dirname(path)
  return path === '' || (names.get(parent) === null && isReachable(names, parent))
}

function after(synced: GrowingFile, unsynced: readonly Write[], fate: Fate, random: Random): Buffer {
  const file = new GrowingFile(synced.content)
  for (const write of fate === 'dropped' ? [] : unsynced) {
    const isThere = fate === 'kept' || random() < 0.5
    if (write.did === 'write') for (const part of partsLeft(write, isThere, fate, random)) apply(file, part)
    else if (isThere) apply(file, write)
  }
  return file.content
}

function partsLeft(
  write: Step & { readonly did: 'write' },
  isThere: boolean,
  fate: Fate,
  random: Random,
): readonly (Step & { readonly did: 'write' })[] {
  if (fate === 'some torn' && isThere) return pieces(write, random).filter(() => random() < 0.5)
  if (fate === 'rubbish in place of some' && !isThere) {
    return pieces(write, random).map((piece) =>
      random() < 0.5 ? { ...piece, bytes: rubbish(piece.bytes.length, random) } : piece,
    )
  }
  return isThere ? [write] : []
}

/** A disk writes sectors, or pages, whole. */
function pieces(
  write: Step & { readonly did: 'write' },
  random: Random,
): readonly (Step & { readonly did: 'write' })[] {
  const unit = random() < 0.5 ? SECTOR_BYTES : PAGE_BYTES
  const parts = []
  for (let at = write.at; at < write.at + write.bytes.length; ) {
    const end = Math.min(at - (at % unit) + unit, write.at + write.bytes.length)
    parts.push({ ...write, at, bytes: write.bytes.subarray(at - write.at, end - write.at) })
    at = end
  }
  return parts
}

function apply(file: GrowingFile, write: Write): void {
  if (write.did === 'truncate') file.truncate(write.length)
  else file.write(write.at, write.bytes)
}

/** What a disk may hold in place of what it was told to write. */
export function rubbish(length: number, random: Random): Buffer {
  const bytes = Buffer.alloc(Math.ceil(length / 4) * 4)
  for (let at = 0; at < length; at += 4) bytes.writeUInt32LE(Math.floor(random() * 2 ** 32), at)
  return bytes.subarray(0, length)
}
