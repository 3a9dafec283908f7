/** What a feed knows of the gateway whose events it publishes. */
import type { Log } from '../../runtime/log.ts'
import type { RouteContext } from '../route-kind.ts'

/** All that routes out of files are given, but for the database of the MES. */
export interface FeedContext extends Omit<RouteContext, 'central' | 'log'> {
  readonly log: Pick<Log, 'debug' | 'info' | 'warn'>
}
