/**
 * Judges a text as if its file held it already, within the whole set, and says in words what it would change. It reads all files of the
 * folder: a gateway that polls machines has it done by another thread.
 */
import { basename, join, resolve } from 'node:path'
import { type ConfigFault, faultText } from '../../domain/errors.ts'
import type { MachineMap } from '../../domain/machine-map.ts'
import type { Owner } from '../../domain/owner.ts'
import { compileGood } from '../compile-good.ts'
import { readYamlOrDraft } from '../drafts.ts'
import { GOOD_MAPS_FOLDER, type GoodMap, readGoodMaps } from '../good-maps.ts'
import { judgeMaps } from '../judge-maps.ts'
import type { KnownFiles } from '../known-files.ts'
import { parseReasonTable } from '../machine/reasons/reason-file.ts'
import { changesBetween } from '../map-changes.ts'
import type { MapFile } from '../map-file.ts'
import { type Hardware, isMachineMap, type SubjectMap } from '../map-kind.ts'
import { contentOf } from '../map-texts.ts'
import { judgeProfile } from '../profiles/judge-profile.ts'
import type { DeviceFile } from './device-files.ts'

/** The set that a draft is judged within. */
export interface EditedSet extends Hardware {
  /** Of the device maps, absolute. */
  readonly folder: string
  readonly dataFolder: string
  /** Files are named relative to it. */
  readonly cwd: string
  /** Whether a machine's links stay where one map replaces another. */
  readonly seesTheSame: (before: MachineMap, now: MachineMap) => boolean
  /** Which files a device may be given the content of by a text that was sent. */
  readonly mayName: (file: string) => boolean
  /** What was understood when another draft was judged. */
  readonly known: KnownFiles<MapFile>
}

/** What saving a draft would do to one subject. */
export interface SubjectEffect {
  readonly owner: Owner
  /** Of the texts that its map would be made of, by which one can tell when it is in force. Undefined where it would have none. */
  readonly content: string | undefined
  /** In words; empty where the gateway would go on exactly as it does. */
  readonly what: string
  /** Whether its connections stay open, are closed and made again, are new, or go. */
  readonly links: 'stay' | 'again' | 'new' | 'go'
  /** Why just this version was taken back once. */
  readonly refused: string | undefined
  /** Nothing of it would be stored or sent. */
  readonly isShadow: boolean
}

/** All that is said of a draft. */
export interface DraftJudgement {
  readonly faults: readonly ConfigFault[]
  /** What is unwise, and no fault. */
  readonly warnings: readonly ConfigFault[]
  /** Empty as long as there are faults. */
  readonly effects: readonly SubjectEffect[]
}

/** @param text what the file is to hold */
export function judgeDraft(set: EditedSet, file: DeviceFile, text: string): DraftJudgement {
  const drafts = new Map([[file.path, text]])
  set.known.begin(set.folder, drafts)
  const isTouched = (map: MapFile) => drawsOn(map, file)
  const judged = judgeMaps({ ...set, drafts }, isTouched)
  const touched = judged.files.filter(isTouched)
  const isOfTouched = ({ file: named }: ConfigFault) =>
    resolve(set.cwd, named) === file.path || touched.some((map) => map.file === named)
  const own = [
    ...judged.inTheWay,
    ...faultsByItself(set, file, drafts),
    ...touched.flatMap(({ faults }) => faults),
    ...judged.together.filter(isOfTouched),
  ]
  const others = [...judged.files.filter((map) => !isTouched(map)).flatMap(({ faults }) => faults)]
  const faults = distinct([...own, ...others].filter(isNew(set, file, own, others)))
  return {
    faults,
    warnings: distinct(judged.hints.filter(isOfTouched)),
    effects: faults.length > 0 ? [] : effectsOn(set, file, judged.files),
  }
}

/** What removing a file would do. It is never refused: what draws on the file says so, and keeps its last good map. */
export function judgeRemoval(set: EditedSet, file: DeviceFile): readonly SubjectEffect[] {
  return goodMapsOf(set)
    .filter(({ name }) => file.kind === 'map' && name === file.name)
    .map(({ owner }) => ({
      owner,
      content: undefined,
      what: TAKEN_AWAY,
      links: 'go',
      refused: undefined,
      isShadow: false,
    }))
}

const TAKEN_AWAY = 'taken away'

/** Whether a map is made of the file. */
function drawsOn({ name, profiles, tables }: MapFile, file: DeviceFile): boolean {
  if (file.kind === 'map') return name === file.name
  if (file.kind === 'table') return file.name in tables
  return basename(file.name).replace(/\.ya?ml$/, '') in profiles
}

/** What is wrong with a profile or a table whoever draws on it. */
function faultsByItself(
  set: EditedSet,
  file: DeviceFile,
  drafts: ReadonlyMap<string, string>,
): readonly ConfigFault[] {
  const source = readYamlOrDraft(file.path, set.cwd, drafts)
  if (file.kind === 'profile') return judgeProfile(source, set)
  return file.kind === 'table' ? parseReasonTable(source.text, source.file).faults : []
}

/** A fault of another file counts where it is not there without the draft: the set is judged a second time only where it has to be. */
function isNew(
  set: EditedSet,
  file: DeviceFile,
  own: readonly ConfigFault[],
  others: readonly ConfigFault[],
): (fault: ConfigFault) => boolean {
  const isElsewhere = (fault: ConfigFault) => resolve(set.cwd, fault.file) !== file.path
  if (![...own, ...others].some(isElsewhere)) return () => true
  set.known.begin(set.folder, new Map())
  const before = judgeMaps(set, () => false)
  const known = new Set([...before.files.flatMap(({ faults }) => faults), ...before.together].map(faultText))
  return (fault) => !isElsewhere(fault) || !known.has(faultText(fault))
}

function effectsOn(set: EditedSet, file: DeviceFile, files: readonly MapFile[]): readonly SubjectEffect[] {
  const goods = goodMapsOf(set)
  const changed = files
    .filter((map) => drawsOn(map, file))
    .flatMap(({ owner, map, ...made }) => {
      if (!owner || !map) return []
      const good = goods.find((one) => one.owner === owner)
      const content = contentOf(made)
      const refused = good?.refused?.content === content ? good.refused.why : undefined
      const isShadow = isMachineMap(map) && map.isShadow === true
      const before = good && compileGood(good, { ...set, mayName: undefined })
      return [{ owner, content, refused, isShadow, ...effectOf(before, map, set) }]
    })
  const isDescribed = (owner: Owner) => files.some((map) => map.owner === owner)
  return [...changed, ...judgeRemoval(set, file).filter(({ owner }) => !isDescribed(owner))]
}

function effectOf(
  before: SubjectMap | undefined,
  now: SubjectMap,
  { seesTheSame }: EditedSet,
): Pick<SubjectEffect, 'what' | 'links'> {
  if (!before) return { what: 'the first one', links: 'new' }
  const what = changesBetween(before, now)
  const isKept = isMachineMap(before) && isMachineMap(now) && seesTheSame(before, now)
  return { what, links: what === '' || isKept ? 'stay' : 'again' }
}

function goodMapsOf({ dataFolder, cwd }: EditedSet): readonly GoodMap[] {
  return [...readGoodMaps(join(dataFolder, GOOD_MAPS_FOLDER), cwd).maps.values()]
}

function distinct(faults: readonly ConfigFault[]): readonly ConfigFault[] {
  const byText = new Map(faults.map((fault) => [faultText(fault), fault]))
  return [...byText.values()].toSorted((a, b) => a.line - b.line || a.column - b.column)
}
