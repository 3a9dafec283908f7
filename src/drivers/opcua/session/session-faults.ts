/** Why the link to an OPC UA server is lost, in words that say what to do. */
import type { Device } from '../../../domain/device.ts'
import { LinkLost } from '../../../domain/errors.ts'
import { utcText } from '../../../domain/instant.ts'
import type { OpcUaSettings } from '../settings.ts'
import { StoreUnusable } from '../trust/store-unusable.ts'
import type { TrustedBefore } from '../trust/trusted-before.ts'
import { refusalFor, type Stage, statusNameIn, UNTRUSTED_CODE } from './refusals.ts'

/** What a message needs to name a device. */
export type NamedDevice = Pick<Device<OpcUaSettings>, 'id' | 'settings'>

/** Puts whatever was thrown by an open session into words. */
export function sessionFault(device: NamedDevice, error: unknown): LinkLost {
  return faultOf(device, error, 'in use', 0)
}

/**
 * Puts whatever was thrown on the way to a session into words. `formerSessionMs` is for how much longer a session that this
 * gateway opened before may be open in the server; 0 for none.
 */
export function connectFault(device: NamedDevice, error: unknown, formerSessionMs = 0): LinkLost {
  return faultOf(device, error, 'connecting', formerSessionMs)
}

/** Says as well, where it is so, that another certificate was trusted at this address. */
export function withTrustedBefore(
  device: NamedDevice,
  fault: LinkLost,
  [latest]: readonly TrustedBefore[],
): LinkLost {
  if (fault.code !== UNTRUSTED_CODE || !latest) return fault
  return linkLost(device, fault.code, 'shows another certificate than the one that was trusted', {
    cause: fault.cause,
    hint: `${fault.hint}; trusted at this address was ${latest.sha256}, on ${utcText(latest.atMs)}: has the server made a new one, as after a download?`,
  })
}

/** A lost link, whose message names the device and its server. */
export function linkLost(
  { id, settings }: NamedDevice,
  code: string,
  what: string,
  options: { readonly cause?: unknown; readonly hint?: string } = {},
): LinkLost {
  return new LinkLost(`${id}: ${settings.url} ${what}`, { code, ...options })
}

function faultOf(device: NamedDevice, error: unknown, stage: Stage, formerSessionMs: number): LinkLost {
  if (error instanceof LinkLost) return error
  if (error instanceof StoreUnusable) return ownFilesFault(device, error)
  const said = error instanceof Error ? error.message : String(error)
  const refusal = refusalFor(said, stage)
  const status = statusNameIn(said)
  if (refusal) {
    const what = status ? `${refusal.what} (${status})` : refusal.what
    const hint = refusal.hint({ settings: device.settings, formerSessionMs })
    return linkLost(device, refusal.code, what, { cause: error, hint })
  }
  if (status) {
    return linkLost(device, 'link-refused-request', `answers with ${status}`, {
      cause: error,
      hint: "the server's manual or its log says what this means there",
    })
  }
  return linkLost(device, 'link-unreachable', `cannot be used: ${oneLine(said)}`, {
    cause: error,
    hint: 'check power, cable, address and firewall',
  })
}

function ownFilesFault(device: NamedDevice, { message, hint, cause }: StoreUnusable): LinkLost {
  const what = `is not asked, since the gateway's own certificates cannot be used: ${message}`
  return linkLost(device, 'link-own-files', what, { cause, hint })
}

function oneLine(text: string): string {
  return text.trim().replace(/\s*[,.]?\s*\n\s*/g, ': ')
}
