/** `port: {tcp: HOST:PORT}`: a scanner with a network interface, or one behind a serial device server in raw TCP mode. */
import { z } from 'zod'
import { hostWithPort, readHost } from '../../documents/host.ts'
import { refuse, shown } from '../../documents/quantities.ts'
import { LinkLost } from '../../domain/errors.ts'
import type { ScannerTransport } from '../../domain/scanner.ts'
import type { SystemFolders } from '../../ports/system-folders.ts'
import { type ByteLine, type Opening, openByteLink } from '../byte-link.ts'
import { openSocketLine, type TcpEndpoint } from './socket-line.ts'
import { UndecidedBytes } from './undecided.ts'

const PORT_MAX = 65_535
const EXAMPLE = 'host and port, as in 10.20.3.40:4001'

const tcpSettings: z.ZodType<TcpEndpoint> = z
  .strictObject({
    tcp: z
      .string({ error: EXAMPLE })
      .transform(readEndpoint)
      .meta({ pattern: '^[^ /]+:[0-9]+$' })
      .describe('Host and port of the scanner, or of the device server behind which it is: 10.20.3.40:4001.'),
  })
  .transform(({ tcp }) => tcp)

/** `[fe80::1]:4001` is how an IPv6 address and a port stand together. */
function readEndpoint(written: string, context: z.RefinementCtx): TcpEndpoint {
  const text = written.trim()
  const [, hostText = '', portText = ''] = /^(.*?|\[.*\]):(\d+)$/.exec(text) ?? []
  if (portText === '') return refuse(context, `${shown(text)} names no port`, `write ${EXAMPLE}`)
  const port = Number(portText)
  if (port < 1 || port > PORT_MAX)
    return refuse(context, `${portText} is no port`, `a port is a number from 1 to ${PORT_MAX}`)
  if (hostText.includes('//')) {
    const host = hostText.replace(/^.*\/\//, '')
    return refuse(context, `${shown(text)} is the address of a page`, `write ${host}:${port}`)
  }
  if (/^[^[]*:/.test(hostText)) {
    return refuse(context, `${shown(text)} leaves open where the port begins`, `write [${hostText}]:${port}`)
  }
  const reading = readHost(hostText)
  if ('fault' in reading)
    return refuse(context, `${shown(hostText)} is not a host: ${reading.fault}`, reading.hint)
  return { host: reading.host, port }
}

/** Disposing it says what came and can be read by nobody any more. */
export function createTcpTransport({ proc }: SystemFolders): ScannerTransport<TcpEndpoint> & Disposable {
  const undecided = new UndecidedBytes()
  const taken = new Map<string, string>()
  const open = (opening: Opening<TcpEndpoint>) =>
    openOnce(opening, taken, () => openSocketLine(opening, proc, undecided))
  return {
    key: 'tcp',
    settings: tcpSettings,
    connect: (scanner, context, signal) => openByteLink(open, scanner, context, signal),
    [Symbol.dispose]: () => undecided[Symbol.dispose](),
  }
}

/**
 * A device server that takes several clients gives each of them every scan: two maps with one address would store it twice.
 * @param taken the scanner of each address that is open
 * @throws LinkLost
 */
async function openOnce(
  { scanner: { id, settings } }: Opening<TcpEndpoint>,
  taken: Map<string, string>,
  open: () => Promise<ByteLine>,
): Promise<ByteLine> {
  const where = hostWithPort(settings.host, settings.port).toLowerCase()
  const holder = taken.get(where)
  if (holder !== undefined) {
    throw new LinkLost(`${id}: ${where} is open already, for ${holder}`, {
      code: 'port-busy',
      hint: 'two maps name this address: correct one of them',
    })
  }
  taken.set(where, id)
  const leave = () => taken.delete(where)
  const line = await open().catch((error: unknown) => {
    leave()
    throw error
  })
  return { ...line, close: () => line.close().finally(leave) }
}
