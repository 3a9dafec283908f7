/** The broker to which the presses of a line publish: another program's, or one that the simulators bring. */
import { readFileSync } from 'node:fs'
import type { MachineSpec, Scenario } from '../scenario.ts'
import { portNotOpened, SimulationError } from '../simulation-error.ts'
import type { Publisher } from './publisher.ts'
import type { BrokerLogin } from './session.ts'

/** A broker. Disposing it ends the one that the simulators brought; whoever publishes there is disposed before. */
export interface ReachedBroker extends AsyncDisposable {
  readonly url: string
  /** Begins to publish a machine in every way that its scenario names. */
  publish(code: string, spec: MachineSpec): readonly Publisher[]
}

/**
 * Loads the libraries of MQTT only for a line that publishes. Undefined where no press publishes.
 * @throws SimulationError where the broker's port cannot be opened, or the file of its password not be read
 */
export async function reachBroker({
  machines,
  broker,
}: Pick<Scenario, 'machines' | 'broker'>): Promise<ReachedBroker | undefined> {
  const publishes = Object.values(machines).some(
    (spec) => spec.kind === 'modbus-press' && spec.mqtt.length > 0,
  )
  if (!publishes) return undefined
  const { startPublishers } = await import('./start-publishers.ts')
  const reached = ({ end, ...login }: BrokerLogin & { end(): Promise<void> }): ReachedBroker => ({
    url: login.url,
    publish: (code, spec) => (spec.kind === 'modbus-press' ? startPublishers(code, spec, login) : []),
    [Symbol.asyncDispose]: end,
  })
  const { url, user, password_file: passwordFile } = broker
  if (url !== undefined) {
    const password = passwordFile === undefined ? undefined : readPassword(passwordFile)
    return reached({ url, user, password, end: async () => {} })
  }
  const { end, port } = await ownBroker(broker)
  return reached({ url: `mqtt://127.0.0.1:${port}`, end })
}

async function ownBroker({ host = '127.0.0.1', port = 0 }: Scenario['broker']) {
  const { startLocalBroker } = await import('./broker.ts')
  const local = await startLocalBroker({}, { host, port }).catch((cause: unknown) => {
    throw portNotOpened('the broker', { host, port, key: 'broker: port:' }, cause)
  })
  return { port: local.port, end: async () => local[Symbol.asyncDispose]() }
}

function readPassword(file: string): string {
  try {
    return readFileSync(file, 'utf8').trimEnd()
  } catch (cause) {
    throw new SimulationError(`broker: password_file: ${file} cannot be read; check its path`, { cause })
  }
}
