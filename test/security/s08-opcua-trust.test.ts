import {
  type Connect,
  credulous,
  gateway,
  judgeOpcUa,
  type OpcUaSite,
  type ServerLook,
  scratchFolder,
  startServer,
  trust,
} from './parts/opcua-site.ts'
import { type MakeSite, securityCheck } from './security-check.ts'

/** Trusted under another of its addresses, such as that of a second network card. */
const ELSEWHERE = 'opc.tcp://10.20.3.41:4840'

const EXPIRED = { certificate: { startDate: new Date('2020-01-01T00:00:00Z'), days: 365 } }
const OTHER_URI = { certificate: { applicationUri: 'urn:somebody:else' } }
const OTHER_HOST = { certificate: { host: '10.20.3.41' } }

interface Stranger {
  readonly look?: ServerLook
  readonly trustedFor?: 'this address' | 'another address'
  readonly connect?: Connect
}

function stranger({ look = {}, trustedFor, connect = gateway() }: Stranger): MakeSite<OpcUaSite> {
  return async (stack) => {
    const folder = scratchFolder(stack)
    const server = await startServer(stack, look)
    if (trustedFor) await trust(server, folder, trustedFor === 'this address' ? server.url : ELSEWHERE)
    return { server, connect: () => connect(server, folder) }
  }
}

/** The map names a server that was commissioned; another trusted one answers in its place. */
const inPlaceOfAnother: MakeSite<OpcUaSite> = async (stack) => {
  const folder = scratchFolder(stack)
  const commissioned = await startServer(stack)
  const posing = await startServer(stack, { certificate: {} })
  await trust(commissioned, folder, posing.url)
  await trust(posing, folder, ELSEWHERE)
  return { server: posing, connect: () => gateway()(posing, folder) }
}

securityCheck({
  id: 'S8',
  title: 'a server whose certificate nobody has trusted for its address is told nothing',
  judge: judgeOpcUa,
  shipped: {
    'an unknown certificate': stranger({}),
    'one that was trusted, and has expired': stranger({ look: EXPIRED, trustedFor: 'this address' }),
    'one that names another application': stranger({ look: OTHER_URI, trustedFor: 'another address' }),
    'one that names another host': stranger({ look: OTHER_HOST, trustedFor: 'another address' }),
    'a trusted server in the place of another one': inPlaceOfAnother,
  },
  weakened: {
    'a client that accepts whatever it is shown': stranger({ connect: credulous }),
    'an unknown certificate that was trusted without comparing it': stranger({ trustedFor: 'this address' }),
  },
  timeoutMs: 90_000,
})
