/** What the rooms know of files of device maps, in the words of the wire. */
import { relative } from 'node:path'
import { ApiRefusal } from '../../console/refusal.ts'
import type { ConfigFault } from '../../domain/errors.ts'
import { utcText } from '../../domain/instant.ts'
import { isMachine, type Owner, ownerCode } from '../../domain/owner.ts'
import type { SubjectEffect } from '../../maps/edit/judge-draft.ts'
import { MapRefused } from '../../maps/edit/map-editor.ts'
import { JudgingFault } from './judging/judging-thread.ts'
import type { DraftEffect, MapFault } from './shapes.ts'

/** As the wire names a subject: a station by its scanner. */
export function subjectOf(owner: Owner): { readonly kind: 'machine' | 'scanner'; readonly code: string } {
  return { kind: isMachine(owner) ? 'machine' : 'scanner', code: ownerCode(owner) }
}

export function faultOnWire({ file, line, column, path, message, hint }: ConfigFault): MapFault {
  return { file, line, column, path, message, hint: hint ?? null }
}

export function effectOnWire({ owner, what, links, refused, isShadow }: SubjectEffect): DraftEffect {
  return { ...subjectOf(owner), what, links, refused_before: refused ?? null, is_shadow: isShadow }
}

export function utcOrNull(ms: number | null | undefined): string | null {
  return ms === null || ms === undefined ? null : utcText(ms)
}

/** `devices/press-07.yaml`, as faults name the file. */
export function namedFile(folder: string, cwd: string, name: string): string {
  return `${relative(cwd, folder) || '.'}/${name}`
}

/** Where nothing was saved although somebody asked for it. */
const STATUSES = {
  'map-file-unknown': 404,
  'map-changed-meanwhile': 409,
  'map-has-faults': 422,
  'map-not-writable': 503,
  'map-from-elsewhere': 403,
} as const satisfies Readonly<Record<MapRefused['code'], number>>

/** The answer of work on a file; what was refused there is refused to the caller. @throws ApiRefusal */
export async function orRefusal<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof MapRefused) {
      const { code, message, hint, faults } = error
      throw new ApiRefusal(STATUSES[code], code, message, { hint, faults, cause: error })
    }
    if (error instanceof JudgingFault) {
      throw new ApiRefusal(503, error.code, error.message, { hint: error.hint, cause: error })
    }
    throw error
  }
}
