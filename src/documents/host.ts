/**
 * Hosts as people write them: a name, or an IP address.
 *
 * A resolver is more generous than is good here: it reads numbers with leading zeros as octal, so that `010.020.003.017`, as
 * panels print addresses, is another device; and what only looks like an address it looks up as a name.
 */
import { isIPv6 } from 'node:net'
import { z } from 'zod'
import { refuse, shown } from './quantities.ts'

/** A host that can be connected to, or why it cannot and what would be right. Neither text repeats what was written. */
type HostReading = { readonly host: string } | { readonly fault: string; readonly hint: string }

/** For editors. */
const HOST_PATTERN = '^[^ /]+$'
const EXAMPLE = 'a name or an IP address, as in 10.20.3.17'
const NAME_MAX = 253
/** RFC 1123, and `_`, which it does not allow and many plants have in their names. */
const NAME =
  /^(?:[\p{L}\p{N}_](?:[\p{L}\p{N}_-]{0,61}[\p{L}\p{N}_])?\.)*[\p{L}\p{N}_](?:[\p{L}\p{N}_-]{0,61}[\p{L}\p{N}_])?\.?$/u
const OCTET_MAX = 255

/** Reads a host without a port. An IPv6 address may stand in brackets, which are taken off. */
export function readHost(written: string): HostReading {
  const text = written.trim()
  const host = /^\[(.*)\]$/.exec(text)?.[1] ?? text
  if (isIPv6(host)) return { host }
  return faultOfMore(text) ?? faultOfNumbers(text) ?? faultOfName(text) ?? { host }
}

/** `10.20.3.17:502`, `[fe80::1]:502`: as messages and URLs name it. */
export function hostWithPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** A key that takes a host. */
export function hostKey() {
  return z
    .string({ error: EXAMPLE })
    .transform((written, context): string => {
      const odd = oddHost(written)
      return odd ? refuse(context, odd.what, odd.hint) : plainHost(written)
    })
    .meta({ pattern: HOST_PATTERN })
}

/** The same where {@link oddHost} is asked afterwards: what is no host stays as it was written. */
export function anyHostKey() {
  return z.string({ error: EXAMPLE }).transform(plainHost).meta({ pattern: HOST_PATTERN })
}

/** What is wrong with a text that should be a host, as a whole message. */
export function oddHost(written: string): { readonly what: string; readonly hint: string } | undefined {
  const reading = readHost(written)
  if ('host' in reading) return undefined
  return { what: `${shown(written)} is not a host: ${reading.fault}`, hint: reading.hint }
}

function plainHost(written: string): string {
  const reading = readHost(written)
  return 'host' in reading ? reading.host : written
}

type HostFault = Extract<HostReading, { readonly fault: string }>

/** What stands there besides a host. */
function faultOfMore(text: string): HostFault | undefined {
  if (text === '') return { fault: 'it is empty', hint: EXAMPLE }
  if (/[${}%]/.test(text)) return { fault: 'variables are not filled in here', hint: `write ${EXAMPLE}` }
  const scheme = /^([a-z][a-z\d+.-]*):\/\/(?:[^/@]*@)?([^/]*)/i.exec(text)
  if (scheme) return { fault: `a host stands without ${scheme[1]}://`, hint: alone(scheme[2]) }
  const [, before = '', mask] = /^([^/]*)\/(\d+)?/.exec(text) ?? []
  if (mask) return { fault: `a host stands without a mask (/${mask})`, hint: alone(before) }
  if (text.includes('/')) return { fault: 'a host stands without a path', hint: alone(before) }
  const [, host, port] = /^([^:]*|\[.*\]):(\d+)$/.exec(text) ?? []
  if (port)
    return { fault: `a host stands without its port (:${port})`, hint: `${alone(host)}, and port: ${port}` }
  if (/[:[\]]/.test(text)) return { fault: 'it is no IPv6 address', hint: 'as in fe80::1' }
  return undefined
}

function alone(host: string | undefined): string {
  const reading = readHost(host ?? '')
  return 'host' in reading ? `write ${reading.host} alone` : `write it alone; ${reading.fault}`
}

/** What has only digits and dots would be an IPv4 address, since the last part of a name is never a number. */
function faultOfNumbers(text: string): HostFault | undefined {
  const dotted = text.replaceAll(/[,;]/g, '.')
  const isAddress = /^\.*\d[\d.]*$/.test(dotted) || /^(0x[\da-f]+|\d+)(\.(0x[\da-f]+|\d+)){3}$/i.test(dotted)
  if (!isAddress) return undefined
  const parts = dotted.replaceAll(/^\.+|\.+$/g, '').split('.')
  const plain = parts.map((part) => part.replace(/^0+(?=\d)/, '')).join('.')
  const meant = isIPv4(plain) ? `did you mean ${plain}?` : EXAMPLE
  if (dotted !== text) return { fault: 'the numbers of an IP address are parted by dots', hint: meant }
  const octal = parts.filter((part) => /^0\d/.test(part))
  if (octal.length > 0) {
    const fault = `leading zeros (${octal.join(', ')}) make octal numbers of it, which is another device's address`
    return { fault, hint: meant }
  }
  if (/0x/i.test(text)) return { fault: 'the numbers of an IP address are decimal', hint: EXAMPLE }
  const tooLarge = parts.find((part) => Number(part) > OCTET_MAX)
  if (parts.length === 4 && tooLarge) {
    return { fault: `no number of an IP address is over ${OCTET_MAX}, and ${tooLarge} is`, hint: EXAMPLE }
  }
  if (isIPv4(text)) return undefined
  return { fault: 'an IP address has four numbers parted by dots', hint: meant }
}

function isIPv4(text: string): boolean {
  const parts = text.split('.')
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= OCTET_MAX)
}

function faultOfName(text: string): HostFault | undefined {
  if (text.length <= NAME_MAX && NAME.test(text)) return undefined
  const odd = /[^\p{L}\p{N}_.-]/u.exec(text)?.[0]
  if (odd === undefined) {
    return { fault: 'each part of a name has 1 to 63 letters, digits and inner hyphens', hint: EXAMPLE }
  }
  const what = /\s/.test(odd) ? 'a blank' : `the character ${JSON.stringify(odd)}`
  return { fault: `no host has ${what} in it`, hint: EXAMPLE }
}
