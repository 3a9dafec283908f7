import { SecurityPolicy } from 'node-opcua'
import { opcUaSettings } from '../../src/drivers/opcua/settings.ts'
import { gateway, judgeOpcUa, type OpcUaSite, scratchFolder, startServer, trust } from './parts/opcua-site.ts'
import { type MakeSite, securityCheck } from './security-check.ts'

function serverWith(policy: SecurityPolicy, security: object = {}): MakeSite<OpcUaSite> {
  return async (stack) => {
    const folder = scratchFolder(stack)
    const server = await startServer(stack, { policies: [policy] })
    await trust(server, folder)
    return { server, connect: () => gateway(security)(server, folder) }
  }
}

securityCheck({
  id: 'S7',
  title: 'a server that offers no good encryption is refused, and told nothing',
  judge: judgeOpcUa,
  shipped: {
    'a server that offers only None': serverWith(SecurityPolicy.None),
    'a server that offers only Basic128Rsa15': serverWith(SecurityPolicy.Basic128Rsa15),
    'a server that offers only Basic256': serverWith(SecurityPolicy.Basic256),
  },
  weakened: {
    'a device map that says security: None': serverWith(SecurityPolicy.None, { security: 'None' }),
  },
})

interface Policies {
  readonly byDefault: string
  readonly accepts: (security: string) => boolean
}

/** Broken: see OPC UA part 7, where they are deprecated. */
const DEPRECATED = ['Basic128', 'Basic128Rsa15', 'Basic192', 'Basic256']

securityCheck<Policies>({
  id: 'S7',
  title: 'a device map is encrypted where it says nothing, and cannot ask for a broken policy',
  judge: ({ byDefault, accepts }) => [
    ...(byDefault === 'None' ? ['nothing is encrypted where the map says nothing'] : []),
    ...DEPRECATED.filter(accepts).map((policy) => `a map may ask for ${policy}`),
  ],
  shipped: () => ({
    byDefault: opcUaSettings.parse({ url: 'opc.tcp://plc-7:4840' }).security,
    accepts: (security) => opcUaSettings.safeParse({ url: 'opc.tcp://plc-7:4840', security }).success,
  }),
  weakened: {
    'settings whose default is None': () => ({ byDefault: 'None', accepts: () => false }),
    'settings that take every policy of the library': () => ({
      byDefault: 'Basic256Sha256',
      accepts: (security) => security in SecurityPolicy,
    }),
  },
})
