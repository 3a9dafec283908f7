/**
 * The one way by which a page saves, makes or removes a file of the devices folder. Nothing is saved over what somebody else has saved
 * meanwhile, no text with faults gets into a file, and each call ends with the gateway having taken in what was saved.
 */
import { join } from 'node:path'
import { reasonText } from '../../documents/yaml-source.ts'
import { type ConfigFault, GatewayError } from '../../domain/errors.ts'
import type { Owner } from '../../domain/owner.ts'
import type { Clock } from '../../runtime/clock.ts'
import { InTurn } from '../../runtime/in-turn.ts'
import { NotReadable } from '../../runtime/plain-file.ts'
import { readFilesAhead, readNamesAhead } from '../../runtime/read-ahead.ts'
import type { MapFollower } from '../follow-maps.ts'
import { PROFILES_FOLDER } from '../profiles/shelf.ts'
import type { ConsoleSaves } from './console-saves.ts'
import { type DeviceFile, findDeviceFile, NEW_NAME_HINT } from './device-files.ts'
import { bytesOf, formedText, NEW_FORM, type ReadText, readFileText } from './file-text.ts'
import type { DraftJudgement, SubjectEffect } from './judge-draft.ts'
import { faultOfWriting, removeFile, writeFileLike } from './write-file.ts'

/** Why a file could not be read or saved. */
type EditRefusal =
  | 'map-file-unknown'
  | 'map-changed-meanwhile'
  | 'map-has-faults'
  | 'map-not-writable'
  | 'map-from-elsewhere'

/** Nothing was saved, or there is no such file: why, and what to do. */
export class MapRefused extends GatewayError {
  override readonly name = 'MapRefused'
  readonly retryable = false
  declare readonly code: EditRefusal
  readonly faults: readonly ConfigFault[]
  constructor(code: EditRefusal, message: string, hint: string, faults: readonly ConfigFault[] = []) {
    super(code, message, { hint })
    this.faults = faults
  }
}

/** A text on its way into a file. */
interface SaveRequest {
  /** Within the devices folder: `press-07.yaml`. */
  readonly name: string
  readonly text: string
  /** Of what was read before it was edited; null: there was no such file. */
  readonly read: string | null
  /** Who is signed in. */
  readonly author: string
}

/** What was saved. */
interface Saved {
  /** Of the file as it is now. */
  readonly hash: string
  /** On whom, and what it changed. */
  readonly effects: readonly SubjectEffect[]
  readonly warnings: readonly ConfigFault[]
}

/** Judges texts: another thread does it, so that no poll waits for it. */
export interface DraftJudge {
  draft(name: string, text: string): Promise<DraftJudgement>
  removal(name: string): Promise<readonly SubjectEffect[]>
}

interface MapEditorParts {
  /** Of the device maps, absolute. */
  readonly folder: string
  /** The place that the maps come from, where that is not this computer: nothing is saved here then. */
  readonly elsewhere?: string | undefined
  readonly judge: DraftJudge
  readonly follower: Pick<MapFollower, 'lookAgain'>
  readonly saves: Pick<ConsoleSaves, 'note'>
  readonly clock: Pick<Clock, 'now'>
}

/** One for each gateway: calls go through it one after the other. */
export class MapEditor {
  readonly #parts: MapEditorParts
  readonly #latest = new Map<string, readonly SubjectEffect[]>()
  readonly #changes = new InTurn()

  constructor(parts: MapEditorParts) {
    this.#parts = parts
  }

  /** @throws MapRefused where there is no such file */
  async read(name: string): Promise<ReadText> {
    const text = textIn(await this.#found(name))
    if (text) return text
    throw new MapRefused('map-file-unknown', `there is no file ${name} in the devices folder`, UNKNOWN_HINT)
  }

  /** What a file holds; empty where there is none yet. @throws MapRefused where it cannot be read */
  async textOf(name: string): Promise<string> {
    return textIn(await this.#found(name))?.text ?? ''
  }

  /** Judges a text as it would stand in its file. @throws MapRefused */
  async judge(name: string, text: string): Promise<DraftJudgement> {
    const form = textIn(await this.#found(name))?.form ?? NEW_FORM
    return await this.#parts.judge.draft(name, formedText(text, form))
  }

  /** Why this file cannot be written, and what to do about it; undefined where it can. */
  async writeFault(name: string): Promise<MapRefused | undefined> {
    const { path } = await this.#found(name)
    const elsewhere = this.#elsewhere()
    if (elsewhere) return elsewhere
    const isThere = textIn({ name, path }) !== undefined
    const fault = await faultOfWriting(isThere ? path : this.#parts.folder)
    return fault === undefined ? undefined : this.#notWritable(name, fault)
  }

  /** What the latest save or removal of a file was to do; undefined where there was none since the start. */
  latest(name: string): readonly SubjectEffect[] | undefined {
    return this.#latest.get(name)
  }

  /** @throws MapRefused */
  save(request: SaveRequest): Promise<Saved> {
    return this.#changes.do(() => this.#save(request))
  }

  /** @throws MapRefused */
  remove(request: Omit<SaveRequest, 'text'>): Promise<readonly SubjectEffect[]> {
    return this.#changes.do(() => this.#remove(request))
  }

  async #save({ name, text, read, author }: SaveRequest): Promise<Saved> {
    const file = await this.#found(name)
    this.#refuseElsewhere()
    const form = unchanged(file, read)?.form ?? NEW_FORM
    const { faults, warnings, effects } = await this.#parts.judge.draft(name, formedText(text, form))
    if (faults.length > 0) throw faulty(name, faults)
    // Judging takes a while, in which somebody may have saved the file by hand.
    unchanged(file, read)
    await this.#write(name, () => writeFileLike(file.path, bytesOf(text, form)))
    await this.#takeIn(file, author, effects)
    return { hash: readFileText(file).hash, effects, warnings }
  }

  async #remove({ name, read, author }: Omit<SaveRequest, 'text'>): Promise<readonly SubjectEffect[]> {
    const file = await this.#found(name)
    this.#refuseElsewhere()
    const effects = await this.#parts.judge.removal(name)
    await this.read(name)
    unchanged(file, read)
    await this.#write(name, () => removeFile(file.path))
    await this.#takeIn(file, author, effects)
    return effects
  }

  #refuseElsewhere(): void {
    const elsewhere = this.#elsewhere()
    if (elsewhere) throw elsewhere
  }

  #elsewhere(): MapRefused | undefined {
    const { elsewhere } = this.#parts
    if (elsewhere === undefined) return undefined
    const hint = 'copy the text, and change the map there; it comes into force here once it is released'
    return new MapRefused(
      'map-from-elsewhere',
      `device maps come from ${elsewhere}: nothing is saved here`,
      hint,
    )
  }

  async #takeIn(
    { name, path }: DeviceFile,
    author: string,
    effects: readonly SubjectEffect[],
  ): Promise<void> {
    const { saves, clock, follower } = this.#parts
    this.#latest.set(name, effects)
    saves.note(path, { author, atMs: clock.now().wallMs })
    // Saved again as it is, a version that was taken back is tried again: its device may have been mended.
    const refused: readonly Owner[] = effects.flatMap((effect) => (effect.refused ? [effect.owner] : []))
    await follower.lookAgain(refused)
  }

  /** Its folder and its content are in the system's memory then: whoever reads it now waits for no disk. */
  async #found(name: string): Promise<DeviceFile> {
    const { folder } = this.#parts
    await readNamesAhead([folder, join(folder, PROFILES_FOLDER)])
    const file = findDeviceFile(folder, name)
    if (file) {
      await readFilesAhead([file.path])
      return file
    }
    throw new MapRefused('map-file-unknown', `"${name}" is no name of a file of device maps`, NEW_NAME_HINT)
  }

  async #write(name: string, write: () => Promise<void>): Promise<void> {
    try {
      await write()
    } catch (error) {
      throw this.#notWritable(name, error)
    }
  }

  #notWritable(name: string, error: unknown): MapRefused {
    const { folder } = this.#parts
    const hint = `let the user that the gateway runs as write in ${folder}, or copy the text and save it there by hand`
    return new MapRefused('map-not-writable', `${name} cannot be saved: ${writeReason(error)}`, hint)
  }
}

const UNKNOWN_HINT = 'the page Edit lists all of them'

/** @throws MapRefused where the file is not as it was read */
function unchanged(file: DeviceFile, read: string | null): ReadText | undefined {
  const present = textIn(file)
  if ((present?.hash ?? null) === read) return present
  const what = present
    ? read === null
      ? `${file.name} is there already`
      : `${file.name} was saved by somebody else meanwhile`
    : `${file.name} was taken away meanwhile`
  throw new MapRefused('map-changed-meanwhile', what, 'compare the two, and save again what is to hold')
}

/** Undefined where there is no such file. */
function textIn(file: Pick<DeviceFile, 'name' | 'path'>): ReadText | undefined {
  try {
    return readFileText(file)
  } catch (error) {
    if ((error as { readonly code?: unknown }).code === 'ENOENT') return undefined
    const hint = error instanceof NotReadable ? (error.hint ?? UNKNOWN_HINT) : UNKNOWN_HINT
    throw new MapRefused('map-file-unknown', `${file.name} cannot be read: ${reasonText(error)}`, hint)
  }
}

function faulty(name: string, faults: readonly ConfigFault[]): MapRefused {
  const count = faults.length === 1 ? 'a fault' : `${faults.length} faults`
  return new MapRefused(
    'map-has-faults',
    `${name} has ${count}: it was not saved`,
    'correct it first',
    faults,
  )
}

function writeReason(error: unknown): string {
  const code = (error as { readonly code?: unknown }).code
  if (code === 'EROFS') return 'the folder is on a disk that is mounted read-only'
  if (code === 'ENOSPC') return 'the disk is full'
  return reasonText(error)
}
