/** `millrace run`: the daemon. */
import { parseArgs } from 'node:util'
import { loadConfigWithoutSecrets } from '../config/load-config.ts'
import { faultText } from '../domain/errors.ts'
import { createDrivers } from '../drivers/index.ts'
import { runGateway } from '../gateway.ts'
import { createReferences, createRoutes, pairOf, ROUTE_KINDS } from '../routes/index.ts'
import type { Riders } from '../routes/route-kind.ts'
import { readBootId } from '../runtime/boot-id.ts'
import { systemClock } from '../runtime/clock.ts'
import { createLog } from '../runtime/log.ts'
import { Repeats } from '../runtime/repeats.ts'
import { createServiceManager } from '../runtime/service-manager.ts'
import { createScanners } from '../scanners/index.ts'
import type { Command } from './command.ts'
import { logStream } from './log-stream.ts'
import { CONFIG_OPTION, configFile } from './options.ts'
import { readVersion } from './version.ts'

export const runCommand: Command = {
  name: 'run',
  summary: 'runs the gateway until SIGTERM; SIGHUP reads the device maps and routes again',
  usage: 'millrace run [--config config/gateway.yaml]',
  exits: [
    '0 stopped by SIGTERM or Ctrl-C',
    '1 a fault after the start',
    '2 the configuration has faults, or the log is of a newer version or of another program: to start it again does not help',
  ],
  example: 'millrace run --config /etc/millrace/gateway.yaml',
  page: 'docs/operations.md',
  async run(context) {
    const { args, env, cwd, signal, unfinished } = context
    const { values } = parseArgs({ args: [...args], options: CONFIG_OPTION })
    const config = loadConfigWithoutSecrets({ file: configFile(values, cwd), env, cwd })
    using repeats = new Repeats(systemClock)
    const log = createLog(config.log.level, logStream(context), repeats)
    using manager = createServiceManager({ env, clock: systemClock, log })
    signal.addEventListener('abort', () => manager.stopping(), { once: true })
    const version = readVersion()
    log.info({ event: 'gateway-starting', gateway: config.gateway, version }, 'starting')
    for (const warning of config.warnings) log.warn({ event: 'config-warning' }, faultText(warning))
    const riders: Riders = new Set()
    const pair = pairOf(config, { clock: systemClock, log })
    const world = {
      clock: systemClock,
      random: Math.random,
      log,
      drivers: createDrivers(),
      scanners: createScanners(),
      routes: createRoutes(config, { clock: systemClock, log }, riders, pair?.fence),
      riders,
      ...(pair && { pair }),
      routeKinds: ROUTE_KINDS,
      references: createReferences(config, { clock: systemClock, log }),
      bootId: readBootId(),
      version,
      cwd,
      onReload: (listener: () => unknown) =>
        context.onReload(() => manager.reloading(Promise.resolve(listener()))),
      ready: (status: string) => manager.ready(status),
      unfinished,
    }
    await runGateway(config, world, signal)
    return 0
  },
}
