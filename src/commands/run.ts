/** `millrace run`: the daemon. */
import { parseArgs } from 'node:util'
import { loadConfigWithoutSecrets } from '../config/load-config.ts'
import { faultText } from '../domain/errors.ts'
import { createDrivers } from '../drivers/index.ts'
import { runGateway } from '../gateway.ts'
import { createReferences, createRoutes } from '../routes/index.ts'
import { readBootId } from '../runtime/boot-id.ts'
import { systemClock } from '../runtime/clock.ts'
import { createLog } from '../runtime/log.ts'
import { Repeats } from '../runtime/repeats.ts'
import { createScanners } from '../scanners/index.ts'
import type { Command } from './command.ts'
import { logStream } from './log-stream.ts'
import { CONFIG_OPTION, configFile } from './options.ts'
import { readVersion } from './version.ts'

export const runCommand: Command = {
  name: 'run',
  summary: 'runs the gateway until SIGTERM; SIGHUP reads the device maps again',
  usage: 'millrace run [--config config/gateway.yaml]',
  exits: ['0 stopped by SIGTERM or Ctrl-C', '1 a fault after the start', '2 the configuration has faults'],
  example: 'millrace run --config /etc/millrace/gateway.yaml',
  page: 'docs/operations.md',
  async run(context) {
    const { args, env, cwd, signal, onReload, unfinished } = context
    const { values } = parseArgs({ args: [...args], options: CONFIG_OPTION })
    const config = loadConfigWithoutSecrets({ file: configFile(values, cwd), env, cwd })
    using repeats = new Repeats(systemClock)
    const log = createLog(config.log.level, logStream(context), repeats)
    const version = readVersion()
    log.info({ gateway: config.gateway, version }, 'starting')
    for (const warning of config.warnings) log.warn({}, faultText(warning))
    const world = {
      clock: systemClock,
      random: Math.random,
      log,
      drivers: createDrivers(),
      scanners: createScanners(),
      routes: createRoutes(config, { clock: systemClock, log }),
      references: createReferences(config, { clock: systemClock, log }),
      bootId: readBootId(),
      version,
      cwd,
      onReload,
      unfinished,
    }
    await runGateway(config, world, signal)
    return 0
  },
}
