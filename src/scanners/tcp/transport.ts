/** `port: {tcp: HOST:PORT}`: a scanner with a network interface, or one behind a serial device server in raw TCP mode. */
import { z } from 'zod'
import { readHost } from '../../documents/host.ts'
import { refuse, shown } from '../../documents/quantities.ts'
import type { ScannerTransport } from '../../domain/scanner.ts'
import { type Opening, openByteLink } from '../byte-link.ts'
import type { SystemFolders } from '../system-folders.ts'
import { openSocketLine, type TcpEndpoint } from './socket-line.ts'

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
  if (/^[^[]*:/.test(hostText)) {
    return refuse(context, `${shown(text)} leaves open where the port begins`, `write [${hostText}]:${port}`)
  }
  const reading = readHost(hostText)
  if ('fault' in reading)
    return refuse(context, `${shown(hostText)} is not a host: ${reading.fault}`, reading.hint)
  return { host: reading.host, port }
}

export function createTcpTransport({ proc }: SystemFolders): ScannerTransport<TcpEndpoint> {
  const open = (opening: Opening<TcpEndpoint>) => openSocketLine(opening, proc)
  return {
    key: 'tcp',
    settings: tcpSettings,
    connect: (scanner, context, signal) => openByteLink(open, scanner, context, signal),
  }
}
