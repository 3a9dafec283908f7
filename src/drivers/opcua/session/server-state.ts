/**
 * What a server says of itself in ServerStatus.State (OPC UA part 5, 12.6). While it is not running, it may go on showing the
 * last values of its devices as good ones, so they are not believed: the device counts as not seen.
 */
import type { DataValue } from 'node-opcua-client'
import type { LinkLost } from '../../../domain/errors.ts'
import { linkLost, type NamedDevice } from './session-faults.ts'

/** Server_ServerStatus_State, in part 6, annex A. */
export const SERVER_STATE_NODE = 'i=2259'

interface StateWords {
  readonly name: string
  readonly what: string
  readonly hint: string
}

/** Running (0), Test (5) and Unknown (7) are not here: values are believed. */
const NOT_RUNNING: Readonly<Record<number, StateWords>> = {
  1: { name: 'Failed', what: 'has failed', hint: 'look into its own log, or restart it' },
  2: {
    name: 'NoConfiguration',
    what: 'has no configuration yet',
    hint: 'load its program; it is tried again by itself',
  },
  3: {
    name: 'Suspended',
    what: 'is suspended and reads its devices no more',
    hint: 'let it run in its own tool',
  },
  4: { name: 'Shutdown', what: 'is shutting down', hint: 'it is tried again by itself' },
  6: {
    name: 'CommunicationFault',
    what: 'has lost the connection to the devices that it reads',
    hint: 'check the cable between the server and its devices',
  },
}

/** Why the values of a server are not to be believed; undefined where they are, or where it does not let us read its state. */
export function serverStateFault(device: NamedDevice, state: DataValue | undefined): LinkLost | undefined {
  const value: unknown = state?.value?.value
  const words = typeof value === 'number' ? NOT_RUNNING[value] : undefined
  if (!words) return undefined
  return linkLost(device, 'link-state', `${words.what} (it says ${words.name})`, { hint: words.hint })
}
