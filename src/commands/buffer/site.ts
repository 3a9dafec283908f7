/** What the actions on the buffer work with: the configuration, and from it the local log and central. */

import { outboxOptions } from '../../buffer/outbox-options.ts'
import type { Config } from '../../config/config.ts'
import { loadConfigWithoutSecrets } from '../../config/load-config.ts'
import type { Route } from '../../domain/destination.ts'
import { createRoutes } from '../../routes/index.ts'
import { type CentralSettings, centralSettings } from '../../routes/mes/settings.ts'
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

export interface Site {
  readonly config: Config
  readonly settings: CentralSettings
  readonly routes: readonly Route[]
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
  const routes = createRoutes(config, world)
  return {
    config,
    routes,
    log: world.log,
    settings: centralSettings(config, world),
    outbox: outboxOptions(config, { ...world, routes }),
  }
}

/** One object a line, as programs read it. */
export function jsonLine(value: object): string {
  return `${JSON.stringify(value)}\n`
}
