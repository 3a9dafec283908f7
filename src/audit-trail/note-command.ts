/** Commands record what they do, whether a gateway runs beside them or not. */
import { userInfo } from 'node:os'
import { systemClock } from '../runtime/clock.ts'
import { makeDataFolder } from '../runtime/private-folder.ts'
import type { NewRecord, TrailEvent } from './records.ts'
import { openTrail, trailFileIn } from './trail-file.ts'

/** The gateway may be writing at the same moment. */
const TRIES = 20

/** What a command did. */
interface CommandNote {
  readonly dataFolder: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly event: TrailEvent
  readonly what: string
}

/**
 * Records it at once.
 * @returns why it could not be recorded, in words
 */
export function noteCommand({ dataFolder, env, event, what }: CommandNote): string | undefined {
  const record: NewRecord = {
    ...{ atMs: systemClock.now().wallMs, chain: 'gateway', event, who: callerOf(env), origin: 'command' },
    ...{ what, subject: null, state: null, details: '{}' },
  }
  for (let tried = 1; ; tried += 1) {
    try {
      makeDataFolder(dataFolder)
      using trail = openTrail(trailFileIn(dataFolder), { isOwner: false })
      trail.add([record])
      return undefined
    } catch (error) {
      const isBusy = String((error as { readonly code?: unknown }).code).startsWith('SQLITE_BUSY')
      if (!isBusy || tried === TRIES)
        return `the audit trail could not record this: ${(error as Error).message}`
    }
  }
}

/** Who called: behind `sudo` that is whoever called it. */
function callerOf(env: CommandNote['env']): string {
  const name = nameOfUser()
  const { SUDO_USER: behind } = env
  return behind === undefined || behind === name ? name : `${behind} (as ${name})`
}

/** A user of a container may have no name. */
function nameOfUser(): string {
  try {
    return userInfo().username
  } catch {
    return 'a user without a name'
  }
}
