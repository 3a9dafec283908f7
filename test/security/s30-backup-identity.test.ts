/**
 * That a restored gateway is fenced until it is adopted, and then writes each row once, is in test/integration/backup, with a real
 * central, as is the old computer that turns up again.
 */
import { chmodSync, cpSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openLogReader } from '../../src/buffer/log-reader.ts'
import { openOutbox } from '../../src/buffer/outbox.ts'
import { outboxFile, outboxOptions } from '../../src/buffer/outbox-options.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { makeDataFolder } from '../../src/runtime/private-folder.ts'
import { CENTRAL, recordingLog } from '../support/buffer.ts'
import { callMillrace } from '../support/called-command.ts'
import { entry } from '../support/entries.ts'
import { writeTexts } from '../support/release-site.ts'
import { scratchFolder } from './parts/opcua-site.ts'
import { type MakeSite, securityCheck } from './security-check.ts'

const PASSPHRASE = 'seven wet tractors'
const SECRET = 'canary-of-central'
const FILES = {
  'gateway.yaml': `gateway: edge-1
organization: SAV
plant: SAV-1
timezone: Europe/Rome
devices: devices
data: data
central: {url: "postgres://millrace@127.0.0.1:1/mes", tls: off, password_file: secrets/central}
`,
  'devices/press-07.yaml': 'machine: PRESS-07\n',
  'secrets/central': `${SECRET}\n`,
}

/** What came of moving a gateway to another computer. */
interface Moved {
  readonly from: string
  readonly to: string
  /** What lay on the stick in between. */
  readonly carrier: string
}

/** The stream under which a gateway's rows are counted: it is made where there is none yet. */
async function incarnationIn(folder: string): Promise<string> {
  const config = loadConfig({ file: join(folder, 'gateway.yaml'), env: {}, cwd: folder })
  const world = { clock: systemClock, log: recordingLog().log, bootId: 'boot-1', routes: [CENTRAL] }
  {
    makeDataFolder(config.dataFolder)
    await using outbox = await openOutbox(outboxOptions(config, world))
    await outbox.append(entry(1))
  }
  using log = openLogReader(outboxFile(config.dataFolder))
  return log.identity.incarnation
}

function moved(move: (from: string, to: string, carrier: string) => Promise<void>): MakeSite<Moved> {
  return async (stack) => {
    const [from, to, stick] = [scratchFolder(stack), scratchFolder(stack), scratchFolder(stack)]
    writeTexts(from, FILES)
    chmodSync(join(from, 'secrets/central'), 0o600)
    await incarnationIn(from)
    const carrier = join(stick, 'edge-1.backup')
    await move(from, to, carrier)
    return { from, to, carrier }
  }
}

async function backedUp(from: string, to: string, carrier: string): Promise<void> {
  await called(['backup', carrier], from)
  await called(['restore', carrier], to)
}

async function called(args: readonly string[], cwd: string): Promise<void> {
  const world = { cwd, askSecret: async () => PASSPHRASE }
  const { code, err } = await callMillrace([...args, '--config', 'gateway.yaml'], world)
  if (code !== 0) throw new Error(`${args[0]} ended with ${code}: ${err}`)
}

async function judge({ from, to, carrier }: Moved): Promise<readonly string[]> {
  const carried = existsSync(carrier) ? readFileSync(carrier, 'latin1') : ''
  const others = existsSync(carrier) ? statSync(carrier).mode & 0o077 : 0
  const came = readFileSync(join(to, 'secrets/central'), 'utf8')
  return [
    ...(came.trim() === SECRET ? [] : ['the new computer has no login']),
    ...((await incarnationIn(to)) === (await incarnationIn(from))
      ? ['two computers count up one stream']
      : []),
    ...(carried.includes(SECRET) ? ['whoever finds the stick reads the login'] : []),
    ...(others === 0 ? [] : ['other users may read the backup']),
  ]
}

securityCheck<Moved>({
  id: 'S30',
  title: 'a restored gateway begins a stream of its own, and its backup tells nobody a secret',
  judge,
  shipped: moved(backedUp),
  weakened: {
    'a copy of the whole folder': moved(async (from, to) => cpSync(from, to, { recursive: true })),
    'a backup that lies there unlocked': moved(async (from, to, carrier) => {
      await backedUp(from, to, carrier)
      writeFileSync(carrier, readFileSync(join(from, 'secrets/central')))
    }),
    'a backup that others may read': moved(async (from, to, carrier) => {
      await backedUp(from, to, carrier)
      chmodSync(carrier, 0o644)
    }),
  },
  timeoutMs: 120_000,
})
