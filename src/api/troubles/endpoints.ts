/** What is wrong now, with since when, what to do about it, and on which page. */
import { type Endpoint, endpoint } from '../../console/endpoint.ts'
import type { StatusReport } from '../../console/report.ts'
import { statusShape, type TroubleOnWire, troublesShape } from './shapes.ts'

interface TroubleParts {
  readonly report: () => Promise<StatusReport>
}

type Degraded = StatusReport['degraded'][number]

export function troublesEndpoints({ report }: TroubleParts): readonly Endpoint[] {
  return [
    endpoint({
      method: 'GET',
      path: '/troubles',
      role: 'view',
      summary: 'What is wrong now: since when, what to do about it, and which page to open.',
      answer: troublesShape,
      handle: async () => {
        const { healthy, degraded } = await report()
        return { healthy, troubles: degraded.map(troubleOnWire) }
      },
    }),
    endpoint({
      method: 'GET',
      path: '/status',
      role: 'view',
      summary: 'The whole state of the gateway: the JSON of "millrace status --json".',
      answer: statusShape,
      handle: async () => ({ ...(await report()) }),
    }),
  ]
}

function troubleOnWire(trouble: Degraded): TroubleOnWire {
  const {
    code,
    what,
    hint = null,
    since,
    device = null,
    scanner = null,
    machine = null,
    signal = null,
  } = trouble
  return { code, what, hint, since, device, scanner, machine, signal, page: pageOf(trouble) }
}

function pageOf({ code, scanner, machine, device }: Degraded): TroubleOnWire['page'] {
  if (scanner !== undefined) return 'scanners'
  if (/^(central|buffer|route|quarantine|upload)/.test(code)) return 'delivery'
  if (/^map/.test(code)) return 'edit'
  return machine !== undefined || device !== undefined ? 'machine' : 'none'
}
