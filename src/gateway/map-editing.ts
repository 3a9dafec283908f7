/** What pages need to edit device maps, out of the gateway's parts. */
import { resolve } from 'node:path'
import type { MapEditingParts } from '../api/maps/endpoints.ts'
import { JudgingThread } from '../api/maps/judging/judging-thread.ts'
import type { Config } from '../config/config.ts'
import { utcText } from '../domain/instant.ts'
import type { Owner } from '../domain/owner.ts'
import type { ConsoleSaves } from '../maps/edit/console-saves.ts'
import { MapEditor } from '../maps/edit/map-editor.ts'
import type { MapFollower } from '../maps/follow-maps.ts'
import type { Pipeline } from '../pipeline.ts'
import type { ReleaseFollower } from '../releases/follow-releases.ts'
import { isMachineSubject } from '../status/machine-subject.ts'
import { gatewayFiles } from './own-files.ts'
import type { World } from './world.ts'

interface Pieces {
  readonly config: Config
  readonly world: Pick<World, 'clock' | 'cwd'>
  readonly maps: MapFollower
  readonly releases: Pick<ReleaseFollower, 'health'>
  readonly mapSaves: ConsoleSaves
  readonly pipeline: Pick<Pipeline, 'subjectOf'>
  /** Aborted when the gateway stops. */
  readonly signal: AbortSignal
}

/** The thread that judges texts holds no stop up. */
export function mapEditing({
  config,
  world,
  maps,
  releases,
  mapSaves,
  pipeline,
  signal,
}: Pieces): MapEditingParts {
  const { clock, cwd } = world
  const folder = resolve(cwd, config.devicesFolder)
  const where = { folder, dataFolder: resolve(cwd, config.dataFolder), cwd }
  const thread = new JudgingThread({ ...where, own: gatewayFiles(config, cwd) }, clock)
  signal.addEventListener('abort', () => void thread[Symbol.asyncDispose](), { once: true })
  const { kind, from } = releases.health().summary
  const elsewhere = kind === 'files' ? undefined : from
  const editor = new MapEditor({ folder, elsewhere, judge: thread, follower: maps, saves: mapSaves, clock })
  return { ...where, follower: maps, thread, editor, clock, openRow: (owner) => openRow(owner, pipeline) }
}

function openRow(owner: Owner, pipeline: Pieces['pipeline']): ReturnType<MapEditingParts['openRow']> {
  const subject = pipeline.subjectOf(owner)
  if (!subject || !isMachineSubject(subject)) return null
  const { status, sinceMs } = subject.health().summary
  return status === null ? null : { status, since: sinceMs === null ? null : utcText(sinceMs) }
}
