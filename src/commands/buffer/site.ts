/** What the actions on the buffer work with: the configuration, and from it the local log and central. */
import { hostname, userInfo } from 'node:os'
import { openLogReader } from '../../buffer/log-reader.ts'
import { outboxOptions } from '../../buffer/outbox-options.ts'
import type { Config } from '../../config/config.ts'
import { loadConfigWithoutSecrets } from '../../config/load-config.ts'
import { StoreError } from '../../domain/errors.ts'
import type { Recipient } from '../../domain/recipient.ts'
import { type CentralSettings, centralSettings } from '../../routes/mes/settings.ts'
import { type VisitedRoutes, visitedRoutes } from '../../routes/visited-routes.ts'
import { readBootId } from '../../runtime/boot-id.ts'
import { systemClock } from '../../runtime/clock.ts'
import { createLog, type Log } from '../../runtime/log.ts'
import type { CommandContext } from '../command.ts'
import { logStream } from '../log-stream.ts'
import { configFile } from '../options.ts'

/** One action of `millrace buffer`, with the arguments that stand behind its name. Returns the exit code. */
export type Action = (context: CommandContext) => Promise<number>

/** Exit codes: whether anything is left open for people to see to. */
export const NONE_OPEN = 0
export const SOME_OPEN = 1

export interface Site extends VisitedRoutes {
  readonly config: Config
  readonly settings: CentralSettings
  readonly outbox: ReturnType<typeof outboxOptions>
  readonly log: Log
}

/** @throws ConfigError */
export function openSite(
  values: { readonly config?: string | undefined },
  context: Pick<CommandContext, 'env' | 'cwd' | 'err' | 'isErrTerminal'>,
): Site {
  const { env, cwd } = context
  const config = loadConfigWithoutSecrets({ file: configFile(values, cwd), env, cwd })
  const world = { clock: systemClock, log: createLog('warn', logStream(context)), bootId: readBootId() }
  const here = visitedRoutes(config, { ...world, cwd })
  return {
    config,
    ...here,
    log: world.log,
    settings: centralSettings(config, world),
    outbox: outboxOptions(config, { ...world, routes: [...here.routes, ...here.held] }),
  }
}

/** Whom the log was delivered to last. A log that is missing or cannot be read knows nothing of it. */
export function deliveredTo({ outbox }: Site, route: string): Recipient | undefined {
  try {
    using log = openLogReader(outbox.file)
    return log.recipient(route)
  } catch (error) {
    if (error instanceof StoreError) return undefined
    throw error
  }
}

/** One object a line, as programs read it. */
export function jsonLine(value: object): string {
  return `${JSON.stringify(value)}\n`
}

/** `anna@edge-01`; behind sudo, whoever called it. */
export function whoAsks({ env }: Pick<CommandContext, 'env'>): string {
  return `${env.SUDO_USER || userName() || env.USER || 'unknown'}@${hostname()}`
}

function userName(): string | undefined {
  try {
    return userInfo().username
  } catch {
    // In a container the user may have a number and no name.
    return undefined
  }
}
