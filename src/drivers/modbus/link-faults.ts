/** Why the link to a Modbus device is lost, in words that say what to look at. */
import { LinkLost } from '../../domain/errors.ts'
import type { ModbusSettings } from './settings.ts'

export interface Endpoint {
  readonly device: string
  readonly settings: ModbusSettings
}

/** `error` undefined: no answer at all. */
export function connectFault(endpoint: Endpoint, error: Error | undefined): LinkLost {
  const code = (error as NodeJS.ErrnoException | undefined)?.code
  const { port } = endpoint.settings
  if (code === 'ECONNREFUSED') {
    return lost(endpoint, 'link-refused', 'refuses the connection', {
      error,
      hint: `port ${port} is closed, or all of the device's connections are taken`,
    })
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return lost(endpoint, 'link-unknown-host', 'has a name that cannot be resolved', {
      error,
      hint: 'check host, or write its IP address',
    })
  }
  return lost(endpoint, 'link-unreachable', `cannot be reached${code ? ` (${code})` : ''}`, {
    error,
    hint: 'check power, cable, IP address and firewall',
  })
}

export function timeoutFault(endpoint: Endpoint): LinkLost {
  const { unit, timeoutMs } = endpoint.settings
  return lost(endpoint, 'link-timeout', `gave no answer for unit ${unit} within ${timeoutMs} ms`, {
    hint: `check the unit id (TCP devices usually take 1 or 255), or give it a longer timeout`,
  })
}

export function resetFault(endpoint: Endpoint, error: unknown): LinkLost {
  const code = (error as NodeJS.ErrnoException | undefined)?.code
  return lost(endpoint, 'link-closed', `closed the connection${code ? ` (${code})` : ''}`, {
    error,
    hint: 'the device was restarted, or allows fewer connections than it has clients',
  })
}

export function malformedFault(endpoint: Endpoint, error: unknown): LinkLost {
  const what = error instanceof Error ? `: ${error.message}` : ''
  return lost(endpoint, 'link-malformed', `sent an answer that does not fit the request${what}`, {
    error,
    hint: 'check that this port speaks Modbus TCP, and the unit id',
  })
}

export function gatewayFault(endpoint: Endpoint, code: number): LinkLost {
  const { unit } = endpoint.settings
  return lost(
    endpoint,
    'link-gateway',
    `answers, but the serial device ${unit} behind it does not (exception ${code})`,
    {
      hint: 'check its unit id, cable and baud rate',
    },
  )
}

function lost(
  { device, settings }: Endpoint,
  code: string,
  what: string,
  { error, hint }: { readonly error?: unknown; readonly hint: string },
): LinkLost {
  return new LinkLost(`${device}: ${settings.host}:${settings.port} ${what}`, { code, hint, cause: error })
}
