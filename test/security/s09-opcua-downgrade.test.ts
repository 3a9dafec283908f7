import { GetEndpointsResponse, MessageSecurityMode, SecurityPolicy } from 'node-opcua'
import type { OpcUaTestServer } from '../support/opcua-server.ts'
import {
  type Connect,
  credulous,
  gateway,
  judgeOpcUa,
  type OpcUaSite,
  scratchFolder,
  startServer,
  trust,
} from './parts/opcua-site.ts'
import { type MakeSite, securityCheck } from './security-check.ts'

/** Endpoints are asked for over a channel that nobody has secured yet, so whoever sits on the way can change the answer. */
type Tamper = (server: OpcUaTestServer) => void

const strip: Tamper = (server) =>
  server.teach({
    answer: (answer) => {
      if (answer instanceof GetEndpointsResponse) {
        answer.endpoints = (answer.endpoints ?? []).filter(
          ({ securityMode }) => securityMode === MessageSecurityMode.None,
        )
      }
      return answer
    },
  })

/** Leaves their names, and says that they do nothing. */
const hollow: Tamper = (server) =>
  server.teach({
    answer: (answer) => {
      if (answer instanceof GetEndpointsResponse) {
        for (const endpoint of answer.endpoints ?? []) {
          endpoint.securityMode = MessageSecurityMode.None
          endpoint.securityPolicyUri = SecurityPolicy.None
        }
      }
      return answer
    },
  })

const onlySigned: Tamper = (server) =>
  server.teach({
    answer: (answer) => {
      if (answer instanceof GetEndpointsResponse) {
        for (const endpoint of answer.endpoints ?? []) endpoint.securityMode = MessageSecurityMode.Sign
      }
      return answer
    },
  })

function behind(tamper: Tamper, connect: Connect = gateway()): MakeSite<OpcUaSite> {
  return async (stack) => {
    const folder = scratchFolder(stack)
    const server = await startServer(stack, {
      policies: [SecurityPolicy.None, SecurityPolicy.Basic256Sha256],
    })
    await trust(server, folder)
    tamper(server)
    return { server, connect: () => connect(server, folder) }
  }
}

securityCheck({
  id: 'S9',
  title: 'whoever strips the secure endpoints from an answer on the way gets no weaker connection, but none',
  judge: judgeOpcUa,
  shipped: {
    'only None is left of the endpoints': behind(strip),
    'every endpoint is said to be None': behind(hollow),
    'every endpoint is said to be signed only': behind(onlySigned),
  },
  weakened: {
    'a client that takes the best of what it is offered': behind(strip, credulous),
    'a device map that says security: None': behind(strip, gateway({ security: 'None' })),
  },
})
