/** A line of simulators for one test file, with its truth, and bare clients that share no code with the gateway. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import modbusSerial from 'modbus-serial'
import { startSimulators } from '../../../simulators/start.ts'
import type { DowntimeTruth, FaultTruth, StatusTruth, TruthLine } from '../../../simulators/truth.ts'

export type Simulators = Awaited<ReturnType<typeof startSimulators>>

export interface Line extends AsyncDisposable {
  readonly simulators: Simulators
  truth(): readonly TruthLine[]
  statuses(machine: string): readonly StatusTruth[]
  downtimes(machine: string): readonly DowntimeTruth[]
  faults(machine: string): readonly FaultTruth[]
}

/** Starts a scenario given as text. Disposing the line ends the process and removes the folder. */
export async function startLine(
  scenario: string,
  options: { readonly seed?: number; readonly forMs?: number } = {},
): Promise<Line> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-line-'))
  const [scenarioFile, truthFile] = [join(folder, 'test.yaml'), join(folder, 'truth.ndjson')]
  writeFileSync(scenarioFile, scenario)
  const removeFolder = () => rmSync(folder, { recursive: true, force: true })
  const simulators = await startSimulators({ scenario: scenarioFile, truthFile, ...options }).catch(
    (error: unknown) => {
      removeFolder()
      throw error
    },
  )
  const truth = () => readTruth(truthFile)
  const of =
    <Kind extends TruthLine['event']>(kind: Kind) =>
    (machine: string) =>
      truth().filter(
        (line): line is Extract<TruthLine, { event: Kind }> =>
          line.event === kind && 'machine' in line && line.machine === machine,
      )
  return {
    simulators,
    truth,
    statuses: of('status'),
    downtimes: of('downtime'),
    faults: of('fault'),
    [Symbol.asyncDispose]: async () => {
      await simulators.stop()
      removeFolder()
    },
  }
}

function readTruth(file: string): readonly TruthLine[] {
  const text = readFileSync(file, 'utf8')
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as TruthLine)
}

export type ModbusClient = InstanceType<typeof modbusSerial.default>

/** A bare client, connected. Requests fail after `timeoutMs` at the latest. */
export async function modbusClient(line: Line, machine: string, timeoutMs = 10_000): Promise<ModbusClient> {
  const address = line.simulators.machines.find((one) => one.machine === machine)
  if (address?.protocol !== 'modbus-tcp') throw new Error(`${machine} does not speak Modbus`)
  const client = new modbusSerial.default()
  // A reset connection is what some tests provoke; each request says so itself.
  client.on('error', () => {})
  client.setTimeout(timeoutMs)
  await client.connectTCP(address.host, { port: address.port })
  client.setID(address.unit)
  return client
}

export function closeModbus(client: ModbusClient): void {
  client.destroy(() => {})
}

export function opcuaUrl(line: Line, machine: string): string {
  const address = line.simulators.machines.find((one) => one.machine === machine)
  if (address?.protocol !== 'opcua') throw new Error(`${machine} does not speak OPC UA`)
  return address.url
}

/** Tries again until the attempt succeeds; throws its last error after `withinMs`. */
export async function eventually<T>(attempt: () => T | Promise<T>, withinMs = 60_000): Promise<T> {
  const deadlineMs = performance.now() + withinMs
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (performance.now() > deadlineMs) throw error
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}
