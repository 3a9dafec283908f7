/** `millrace pair`: what the two gateways of a line are doing, and a planned hand-over from one to the other. */
import { parseArgs } from 'node:util'
import { loadConfig } from '../config/load-config.ts'
import type { PairNews } from '../domain/lease.ts'
import { pairOf } from '../routes/index.ts'
import { systemClock } from '../runtime/clock.ts'
import { createLog } from '../runtime/log.ts'
import type { Command, CommandContext } from './command.ts'
import { logStream } from './log-stream.ts'
import { CONFIG_OPTION, configFile } from './options.ts'
import { wrongAction } from './wrong-action.ts'

const DONE = 0
const NOT_DONE = 1
/** The active one hears of it with its next renewal, and what it has recorded gets to central first. */
const HAND_OVER_MAX_MS = 30_000
const LOOK_EVERY_MS = 500

export const pairCommand: Command = {
  name: 'pair',
  summary: 'shows the pair of gateways that this one belongs to, and hands the line over to the other one',
  usage: `millrace pair show [--config config/gateway.yaml]
    asks central which gateway is the active one, and how the other one is
millrace pair hand-over [--config config/gateway.yaml]
    makes the one that stands by the active one, once it is ready, with no time in which nobody is; run it on either of the two`,
  exits: [
    '0 shown, or handed over',
    '1 there is nobody to hand over to, or it did not happen in time',
    '2 the configuration has faults',
  ],
  example: 'millrace pair hand-over --config /etc/millrace/gateway.yaml',
  page: 'docs/fleet.md',
  async run(context) {
    const [action, ...args] = context.args
    if (action !== 'show' && action !== 'hand-over') throw wrongAction('pair', action, ['show', 'hand-over'])
    return withLease({ ...context, args }, action === 'show' ? show : handOver)
  },
}

type Work = (asked: Asked) => Promise<number>

interface Asked {
  readonly context: CommandContext
  readonly pair: string
  /** Looks at what central says, without saying anything of this gateway. */
  readonly look: () => Promise<PairNews>
  readonly want: (gateway: string) => Promise<boolean>
}

async function withLease(context: CommandContext, work: Work): Promise<number> {
  const { args, env, cwd, signal, err } = context
  const { values } = parseArgs({ args: [...args], options: CONFIG_OPTION })
  const config = loadConfig({ file: configFile(values, cwd), env, cwd })
  const pair = pairOf(config, { clock: systemClock, log: createLog('error', logStream(context)) })
  if (!pair) {
    err(`${config.file} has no pair: this gateway is alone with its machines\n`)
    return NOT_DONE
  }
  await using session = await pair.keeper.connect(signal)
  return await work({
    context,
    pair: pair.fence.pair,
    look: () => session.look(undefined),
    want: (gateway) => session.want(gateway),
  })
}

async function show({ context: { out }, pair, look }: Asked): Promise<number> {
  const { lease, gateways } = await look()
  const held = lease && !lease.isExpired && !lease.isReleased
  const seconds = Math.round((lease?.renewedAgoMs ?? 0) / 1_000)
  out(
    `${pair}: ${lease && held ? `"${lease.holder}" is active, heard ${seconds} s ago` : 'nobody is active'}\n`,
  )
  for (const { gateway, role, unready, seenAgoMs } of gateways) {
    const readiness = unready === null ? 'ready' : `not ready: ${unready}`
    out(`  ${gateway}  ${role}, ${readiness}; heard ${Math.round(seenAgoMs / 1_000)} s ago\n`)
  }
  return DONE
}

async function handOver({ context, pair, look, want }: Asked): Promise<number> {
  const { out, err, signal } = context
  const before = await look()
  const heir = before.gateways.find(({ gateway }) => gateway !== before.lease?.holder)
  if (!before.lease || !heir) {
    err(`pair ${pair} has no second gateway to hand over to\n`)
    return NOT_DONE
  }
  if (heir.unready !== null) {
    err(`"${heir.gateway}" is not ready to take over: ${heir.unready}\n`)
    err(
      `to hand over all the same, stop the active gateway: the other one takes over after a lease at most\n`,
    )
    return NOT_DONE
  }
  await want(heir.gateway)
  const untilMs = systemClock.now().monoMs + HAND_OVER_MAX_MS
  while (systemClock.now().monoMs < untilMs && !signal.aborted) {
    const { lease } = await look()
    if (lease?.holder === heir.gateway) {
      out(`"${heir.gateway}" is the active gateway of pair ${pair} now\n`)
      return DONE
    }
    await systemClock.sleep(LOOK_EVERY_MS, signal)
  }
  err(
    `"${heir.gateway}" has not taken over within ${HAND_OVER_MAX_MS / 1_000} s; it does as soon as both are well\n`,
  )
  return NOT_DONE
}
