import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  AttributeIds,
  type ClientMonitoredItemGroup,
  type ClientSession,
  type ClientSubscription,
  DataType,
  type DataValue,
  MessageSecurityMode,
  OPCUACertificateManager,
  OPCUAClient,
  type OPCUAClientOptions,
  SecurityPolicy,
  StatusCodes,
  TimestampsToReturn,
} from 'node-opcua'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually, type Line, opcuaUrl, startLine } from './support.ts'

const FILLER = 'FILLER-01'
const CAPPER = 'CAPPER-02'

const SCENARIO = `
start: on_command
acting: 80ms
machines:
  FILLER-01:
    kind: opcua-packml
    parts_per_minute: 60000
    faults: &faults
      101: {reason: mechanical_failure, category: equipment}
      204: {reason: material_jam, category: material, stop: held}
    reasons:
      setup: {reason: changeover, category: setup}
      starved: {reason: material_shortage, category: material}
    day:
      script:
        - {state: running, for: 700ms}
        - {state: down, fault: 101, for: 700ms}
        - {state: running, for: 400ms}
        - {state: down, fault: 204, for: 400ms}
        - {state: setup, for: 400ms}
        - {state: maintenance, for: 300ms}
        - {state: running, for: 500ms}
        - {state: starved, for: 300ms}
        - {state: idle, for: 1s}
  CAPPER-02:
    kind: opcua-packml
    states: packml-tmc
    faults: *faults
    day: {script: [{state: running, for: 1s}]}
`

const TAGS = {
  state: 'Status.StateCurrent',
  mode: 'Status.UnitModeCurrent',
  stopId: 'Admin.StopReason[0].ID',
  starved: 'Status.EquipmentStarved',
} as const

describe('a PackML unit on OPC UA', () => {
  let line: Line
  let client: OPCUAClient
  let session: ClientSession
  const folder = mkdtempSync(join(tmpdir(), 'millrace-client-'))
  const clientCertificateManager = new OPCUACertificateManager({
    rootFolder: folder,
    automaticallyAcceptUnknownCertificate: true,
    disableFileWatchers: true,
  })
  const createClient = (options: OPCUAClientOptions = {}) =>
    OPCUAClient.create({ ...options, clientCertificateManager, connectionStrategy: { maxRetry: 3 } })

  beforeAll(async () => {
    line = await startLine(SCENARIO)
    // Shared by all clients here: none of them may take it down with itself.
    clientCertificateManager.referenceCounter = Number.POSITIVE_INFINITY
    client = createClient()
    await client.connect(opcuaUrl(line, FILLER))
    session = await client.createSession()
  })
  afterAll(async () => {
    await session.close()
    await client.disconnect()
    await line[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  })

  test('tells a subscriber what the truth says, at the very millisecond, with acting states between', async () => {
    const watch = await subscribe(session)
    await line.simulators.startDay()
    await line.simulators.ended
    const truth = line.statuses(FILLER)
    const settled = await eventually(() => {
      const waits = watch.waitStates()
      expect(waits).toHaveLength(truth.length)
      return waits
    })
    await watch.subscription.terminate()

    expect(settled.map(({ meaning }) => meaning)).toEqual(
      truth.map(({ status, reason }) => `${status} ${reason ?? '-'}`),
    )
    expect(settled.map(({ at }) => at)).toEqual(truth.map(({ at }) => at))
    expect(watch.stateNumbers()).toEqual(
      [
        [6, 8, 9, 1, 15, 3, 6, 10, 11, 7, 2, 15, 3, 6, 13, 5],
        [14, 16, 15, 4],
      ].flat(),
    )
  })

  test('counts processed and defective parts', async () => {
    const count = async (tag: string) => Number((await read(session, tag)).value.value)
    const processed = await count('Admin.ProdProcessedCount[0].Count')
    expect(processed).toBeGreaterThan(0)
    expect(await count('Admin.ProdDefectiveCount[0].Count')).toBe(Math.floor(processed / 20))
  })

  test('refuses to be written to, and counts who tries', async () => {
    expect((await line.simulators.counters())[FILLER]).toMatchObject({ writeRequests: 0, connections: 1 })
    const status = await session.write({
      nodeId: await nodeId(session, TAGS.state),
      attributeId: AttributeIds.Value,
      value: { value: { dataType: DataType.Int32, value: 6 } },
    })
    expect(status.isGood()).toBe(false)
    expect((await line.simulators.counters())[FILLER]).toMatchObject({ writeRequests: 1 })
  })

  test('of another make numbers its states otherwise', async () => {
    await createClient().withSessionAsync(opcuaUrl(line, CAPPER), async (capper) => {
      expect((await read(capper, TAGS.state)).value.value).toBe(4)
    })
  })

  test('can be read signed and encrypted by a client that it never met', async () => {
    const secure = createClient({
      securityMode: MessageSecurityMode.SignAndEncrypt,
      securityPolicy: SecurityPolicy.Basic256Sha256,
    })
    await secure.withSessionAsync(opcuaUrl(line, CAPPER), async (capper) => {
      expect((await read(capper, TAGS.state)).value.value).toBe(4)
    })
  })

  test('says that its sensors are broken while they are', async () => {
    await line.simulators.fault(FILLER, 'bad_quality', { forMs: 500 })
    expect((await read(session, TAGS.state)).statusCode).toEqual(StatusCodes.BadSensorFailure)
    await eventually(async () => {
      expect((await read(session, TAGS.state)).statusCode).toEqual(StatusCodes.Good)
    })
  })
})

async function nodeId(session: ClientSession, tag: string): Promise<string> {
  const index = (await session.readNamespaceArray()).indexOf('urn:millrace:simulators')
  return `ns=${index};s=${tag}`
}

async function read(session: ClientSession, tag: string): Promise<DataValue> {
  return session.read({ nodeId: await nodeId(session, tag), attributeId: AttributeIds.Value })
}

interface Change {
  readonly tag: keyof typeof TAGS
  readonly value: number | boolean
  readonly at: string
}

/** Keeps every change that is reported, in the order of its source timestamps. */
async function subscribe(session: ClientSession) {
  const subscription: ClientSubscription = await session.createSubscription2({
    requestedPublishingInterval: 50,
    requestedLifetimeCount: 1_000,
    requestedMaxKeepAliveCount: 10,
    publishingEnabled: true,
  })
  const tags = Object.keys(TAGS) as (keyof typeof TAGS)[]
  const nodes = await Promise.all(tags.map((tag) => nodeId(session, TAGS[tag])))
  const group: ClientMonitoredItemGroup = await subscription.monitorItems(
    nodes.map((node) => ({ nodeId: node, attributeId: AttributeIds.Value })),
    { samplingInterval: 0, queueSize: 100, discardOldest: true },
    TimestampsToReturn.Both,
  )
  const changes: Change[] = []
  group.on('changed', (_item, { value, sourceTimestamp }, index) => {
    const tag = tags[index]
    if (tag) changes.push({ tag, value: value.value, at: sourceTimestamp?.toISOString() ?? '' })
  })
  await eventually(() => {
    if (new Set(changes.map(({ tag }) => tag)).size < tags.length) throw new Error('no first values yet')
  })
  return {
    subscription,
    stateNumbers: () => changes.filter(({ tag }) => tag === 'state').map(({ value }) => value),
    waitStates: () => waitStates(changes),
  }
}

/** TR88's Stopped, Idle, Suspended, Execute, Aborted, Held. */
const WAIT_STATES: ReadonlySet<unknown> = new Set([2, 4, 5, 6, 9, 11])

/** Each moment at which the unit stood in a wait state, with what its tags meant then. */
function waitStates(changes: readonly Change[]): { readonly at: string; readonly meaning: string }[] {
  const seen: Partial<Record<keyof typeof TAGS, number | boolean>> = {}
  const moments = Map.groupBy(changes, ({ at }) => at)
  // What never changed carries the stamp of the first state, so the first moment has all tags.
  return [...moments]
    .toSorted(([one], [other]) => one.localeCompare(other))
    .flatMap(([at, together]) => {
      for (const { tag, value } of together) seen[tag] = value
      return WAIT_STATES.has(seen.state) ? [{ at, meaning: meaning(seen) }] : []
    })
}

function meaning(seen: Partial<Record<keyof typeof TAGS, number | boolean>>): string {
  if (seen.mode === 2) return 'maintenance -'
  if (seen.mode === 3) return 'setup changeover'
  if (seen.state === 6) return 'running -'
  if (seen.state === 9 || seen.state === 11) {
    return `down ${seen.stopId === 101 ? 'mechanical_failure' : 'material_jam'}`
  }
  return seen.starved ? 'idle material_shortage' : 'idle -'
}
