/** A station of the line: a scanner behind a serial device server, and the operator who works with it. */
import type { EnteredState } from '../machine.ts'
import { seededRandom } from '../random.ts'
import type { ScannerSpec } from '../scenario.ts'
import { portNotOpened } from '../simulation-error.ts'
import type { TruthLog } from '../truth.ts'
import { createOperator } from './operator.ts'
import { SimulatedScanner } from './scanner.ts'
import { tcpCable } from './tcp-cable.ts'

/** Where a simulated scanner answers. */
export interface ScannerAddress {
  readonly scanner: string
  readonly host: string
  readonly port: number
}

export interface ScannerStation extends AsyncDisposable {
  readonly machine: string
  readonly address: ScannerAddress
  /** The machine entered a state. */
  see(entered: EnteredState): void
  /** Works until aborted; what was begun to be scanned is scanned. */
  work(signal: AbortSignal): Promise<void>
}

/** @throws SimulationError where its port cannot be opened */
export async function startStation(
  name: string,
  spec: ScannerSpec,
  { truth, seed }: { readonly truth: TruthLog; readonly seed: number },
): Promise<ScannerStation> {
  const { host, port, machine } = spec
  const cable = await tcpCable({ host, port }).catch((cause: unknown) => {
    throw portNotOpened(name, { host, port, key: 'port:' }, cause)
  })
  const scanner = new SimulatedScanner({ name, cable, truth, seed })
  const operator = createOperator({ spec, scanner, truth, random: seededRandom(seed, name) })
  const [, listening] = cable.address.split(':')
  return {
    machine,
    address: { scanner: name, host, port: Number(listening) },
    see: operator.see,
    work: operator.work,
    [Symbol.asyncDispose]: () => scanner[Symbol.asyncDispose](),
  }
}
