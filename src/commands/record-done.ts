/** What a command did goes into the gateway's audit trail. Where that cannot be written it is said: what was done stays done. */
import { noteCommand } from '../audit-trail/note-command.ts'
import type { TrailEvent } from '../audit-trail/records.ts'
import type { CommandContext } from './command.ts'

/**
 * @param event as docs/audit-trail.md lists them
 * @param what never a secret
 */
export function recordDone(
  { env, err }: Pick<CommandContext, 'env' | 'err'>,
  dataFolder: string,
  event: TrailEvent,
  what: string,
): void {
  const fault = noteCommand({ dataFolder, env, event, what })
  if (fault !== undefined) err(`${fault}\n`)
}
