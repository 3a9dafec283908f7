/** Tries the text of a device map on what was recorded. It reads files, and can take seconds: a gateway has it done by a thread. */

import { join, resolve } from 'node:path'
import type { ConfigFault } from '../../domain/errors.ts'
import type { TimeSpan } from '../../history/timeline.ts'
import { readMapFile } from '../../maps/map-file.ts'
import { type Hardware, isMachineMap } from '../../maps/map-kind.ts'
import { RECORDING_FILE } from '../../recording/file/schema.ts'
import { openRecording } from '../../recording/read-recording.ts'
import { recordedMap } from '../../recording/segment.ts'
import { type WhatIf, whatIf } from '../../what-if/compare.ts'

/** Which text is to be tried, and where the files are. */
export interface TriedMap {
  /** Of the device maps, absolute. */
  readonly folder: string
  readonly dataFolder: string
  /** Files are named relative to it. */
  readonly cwd: string
  /** Within the folder, or absolute. */
  readonly file: string
  /** In place of what the file holds. */
  readonly text?: string | undefined
  readonly span: TimeSpan
}

/** What came of it. */
export type TrialOutcome =
  | { readonly kind: 'compared'; readonly result: WhatIf }
  /** The text is no map, with all that is wrong with it. */
  | { readonly kind: 'faults'; readonly faults: readonly ConfigFault[] }
  | { readonly kind: 'no-machine' }
  /** Nothing of the machine was recorded in this time; since when it is, if at all. */
  | {
      readonly kind: 'nothing-recorded'
      readonly machine: string
      readonly recordedFromMs: number | undefined
    }

/** @throws StoreError where there is no recording, or it cannot be read */
export function tryMap(tried: TriedMap, hardware: Hardware): TrialOutcome {
  const { folder, dataFolder, cwd, file, text, span } = tried
  const path = resolve(folder, file)
  const drafts = text === undefined ? {} : { drafts: new Map([[path, text]]) }
  const { map, faults } = readMapFile({ folder, cwd, ...hardware, ...drafts }, path)
  if (!map) return { kind: 'faults', faults }
  if (!isMachineMap(map)) return { kind: 'no-machine' }
  using recording = openRecording(join(dataFolder, RECORDING_FILE))
  const result = whatIf(recording, { edited: recordedMap(map), span })
  if (result) return { kind: 'compared', result }
  const recorded = recording.machines().find(({ machine }) => machine === map.machine)
  return { kind: 'nothing-recorded', machine: map.machine, recordedFromMs: recorded?.fromMs }
}
