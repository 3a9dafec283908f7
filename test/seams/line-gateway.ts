/**
 * A gateway for the line that counts pulses, as a process of its own that can be killed. It is built of the product's own
 * outbox, pipeline and uploaders, with the kinds of `pulses.ts` and the route of `archive-route.ts` added.
 *
 * Arguments: the data folder, the port of central, its role. The password comes in the environment.
 * Prints a line with the number of each pulse whose receipt says that it is durable. On a line of standard input it stops
 * counting, drains and ends.
 */
import { join } from 'node:path'
import { openOutbox } from '../../src/buffer/outbox.ts'
import { createPipeline } from '../../src/pipeline.ts'
import { createMesRoute } from '../../src/routes/mes/route.ts'
import { createStopBudget } from '../../src/runtime/budget.ts'
import { systemClock as clock } from '../../src/runtime/clock.ts'
import { createLog } from '../../src/runtime/log.ts'
import { Secret } from '../../src/runtime/secret.ts'
import { createParts } from '../../src/runtime/service.ts'
import { createUploader } from '../../src/uploader/upload.ts'
import { archiveRoute } from './archive-route.ts'
import { codecWithPulses as codec, LINE, LineSubject, type Pulse, TABLES_WITH_PULSES } from './pulses.ts'

const [folder = '', port = '', role = ''] = process.argv.slice(2)
const log = createLog('error')
const central = createMesRoute(
  {
    connection: {
      hosts: [{ host: '127.0.0.1', port: Number(port) }],
      database: 'postgres',
      user: role,
      password: new Secret(process.env.CENTRAL_PASSWORD ?? ''),
      tls: { mode: 'off' },
    },
    schema: 'public',
    organization: 'SAV',
    plant: 'SAV-1',
    gateway: 'edge-1',
    machineStatus: true,
    batch: { rows: 50, lingerMs: 10 },
    log,
    now: clock.now,
  },
  { tables: TABLES_WITH_PULSES, codec },
)
const routes = [central, archiveRoute(join(folder, 'archive.db'), codec)]
const outbox = await openOutbox({
  file: join(folder, 'outbox.db'),
  retentionMs: 3_600_000,
  maxBytes: 1024 ** 3,
  bootId: 'boot-1',
  consumers: routes,
  codec,
  clock,
  log,
})
const pipeline = await createPipeline({ outbox, clock, log })
pipeline.put(LINE, (remembered) => new LineSubject(LINE, remembered))
const line = pipeline.subjects.find(({ owner }) => owner === LINE) as LineSubject
const budget = createStopBudget(new AbortController().signal, clock)
const world = { clock, random: Math.random, log }
const parts = createParts(world)
const stops = routes.map((route) => parts.start(createUploader({ ...world, outbox, route, budget })))

let counting = true
process.stdin.once('data', () => {
  counting = false
})
while (counting) {
  const { durable } = pipeline.deliver<Pulse>({ kind: 'pulse', subject: LINE, at: clock.now() })
  const { total } = line.state
  void durable.then(() => process.stdout.write(`${total}\n`))
  await clock.sleep(1)
}
const last = line.state.total
while ((await outbox.stats()).pending > 0) await clock.sleep(10)
await Promise.all(stops.map((stop) => stop()))
await outbox[Symbol.asyncDispose]()
process.stdout.write(`done ${last}\n`)
process.exit()
