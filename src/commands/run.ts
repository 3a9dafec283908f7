/** `millrace run`: the daemon. */
import { parseArgs } from 'node:util'
import { WorkerLink } from '../buffer/worker-link.ts'
import { loadConfigWithoutSecrets } from '../config/load-config.ts'
import { faultText } from '../domain/errors.ts'
import { systemClock } from '../runtime/clock.ts'
import { createLog } from '../runtime/log.ts'
import { Repeats } from '../runtime/repeats.ts'
import { createServiceManager } from '../runtime/service-manager.ts'
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
    '2 the configuration has faults, or the log is of a newer version: to start it again does not help',
  ],
  example: 'millrace run --config /etc/millrace/gateway.yaml',
  page: 'docs/operations.md',
  async run(context) {
    const { args, env, cwd, signal } = context
    const { values } = parseArgs({ args: [...args], options: CONFIG_OPTION })
    const config = loadConfigWithoutSecrets({ file: configFile(values, cwd), env, cwd })
    using repeats = new Repeats(systemClock)
    const log = createLog(config.log.level, logStream(context), repeats)
    using manager = createServiceManager({ env, clock: systemClock, log })
    signal.addEventListener('abort', () => manager.stopping(), { once: true })
    const version = readVersion()
    log.info({ event: 'gateway-starting', gateway: config.gateway, version }, 'starting')
    for (const warning of config.warnings) log.warn({ event: 'config-warning' }, faultText(warning))
    // A thread needs as long to load its program as the rest of the gateway does: the two load side by side.
    using bufferThread = new WorkerLink(log)
    const { runConfigured } = await import('./run-configured.ts')
    await runConfigured(config, context, { log, manager, version, bufferThread })
    return 0
  },
}
