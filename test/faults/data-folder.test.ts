/** Everything in the data folder of a real gateway at once: emptied, or something else in its place. It starts, and reads its machines. */
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { answerRegisters, ModbusDevice } from '../support/modbus-device.ts'
import { runToStop, type StopSite, stopSite } from '../support/stop-site.ts'

const RUNNING = 1
const PATIENCE_MS = 300_000

/** What a gateway makes in its data folder within its first seconds. */
const OWN = [
  'lock',
  'outbox.db',
  'masterdata.db',
  'recording.db',
  'console/audit-trail.db',
  'console/audit-trail.head',
  'maps/M-1.json',
]

/** A life of the gateway in which its machine is read, and all of its files are files. */
async function live(site: StopSite, device: ModbusDevice) {
  const before = device.requests.length
  const gateway = runToStop(site)
  await gateway.until(() => device.requests.length > before + 10)
  await gateway.until(() => gateway.lines.some(({ event }) => event === 'gateway-running'))
  const paths = OWN.map((name) => join(site.config.dataFolder, name))
  await gateway.until(() => paths.every(isMade))
  await gateway.stop()
  return gateway.lines
}

/** A database that is just being made has a journal, which would be gone again while the folder is copied. */
function isMade(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (!found?.isFile()) return false
  return !path.endsWith('.db') || (found.size > 0 && !existsSync(`${path}-journal`))
}

async function siteThatRan() {
  const device = await ModbusDevice.start(answerRegisters(() => RUNNING))
  onTestFinished(() => device[Symbol.asyncDispose]())
  const site = stopSite({
    'm-1': `machine: M-1
device: {driver: modbus-tcp, host: 127.0.0.1, port: ${device.port}, poll: 100ms}
signals: {state: {at: 40101, type: u16}}
status: [{when: {state: ${RUNNING}}, is: running, for: 0s}, {else: true, is: idle}]
`,
  })
  await live(site, device)
  return { site, device }
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, name.toString()))
    .filter((path) => lstatSync(path).isFile())
}

/** Threads of a gateway that was stopped in this process may still make and remove files for a moment. */
function copyFolder(from: string, to: string): Promise<void> {
  return vi.waitFor(
    () => {
      rmSync(to, { recursive: true, force: true })
      cpSync(from, to, { recursive: true })
    },
    { timeout: PATIENCE_MS / 4, interval: 200 },
  )
}

// Faults of the catalogue: [B9] [C7]
test(
  'starts, reads its machine and says that its log was damaged, whatever has become of the files in its data folder',
  async () => {
    const { site, device } = await siteThatRan()
    const data = site.config.dataFolder
    const whole = `${data}-whole`
    await copyFolder(data, whole)
    const harms: readonly ((path: string) => void)[] = [
      (path) => truncateSync(path),
      (path) => {
        rmSync(path)
        mkdirSync(path)
      },
      (path) => {
        // A link in the place of the lock is left for somebody to look at: whoever laid it may want a file elsewhere emptied.
        if (path.endsWith('lock')) return
        rmSync(path)
        symlinkSync('/nowhere/at-all', path)
      },
    ]
    for (const harm of harms) {
      await copyFolder(whole, data)
      for (const path of filesIn(data)) harm(path)
      const lines = await live(site, device)
      const said = lines.find(({ event }) => event === 'buffer-replaced')
      expect(said?.msg).toContain(join(data, 'outbox.db'))
      expect(JSON.parse(readFileSync(join(data, 'maps/M-1.json'), 'utf8'))).toBeTypeOf('object')
    }
  },
  PATIENCE_MS,
)
