/** What a server offers to anybody who asks for its endpoints. No session is opened, and no certificate need be trusted. */
import type { EndpointDescription, OPCUAClient } from 'node-opcua-client'
import type { DriverContext } from '../../../domain/driver.ts'
import { within } from '../../shared/within.ts'
import type { OpcUaLibrary } from '../library.ts'
import { abandon, OpcUaClients } from '../session/clients.ts'
import { connectFault, linkLost } from '../session/session-faults.ts'
import { opcUaSettings } from '../settings.ts'
import { oneLine } from './certificate-facts.ts'
import { type ShownServer, shownServer } from './known-address.ts'

interface ServerOffer {
  /** The names of its security policies, each once, as `security:` takes them; those that only sign are marked so. */
  readonly securities: readonly string[]
  /** Most servers show the same one at each endpoint; empty when none is shown. */
  readonly certificates: readonly ShownServer[]
}

const ASK_MAX_MS = 20_000
/** Different certificates beyond these are not shown. Endpoints may be more: one for each adapter, name and policy. */
const CERTIFICATES_MAX = 20

/** @throws LinkLost when the server cannot be reached or does not answer */
export async function askServer(
  url: string,
  context: DriverContext,
  signal: AbortSignal,
): Promise<ServerOffer> {
  const server = { id: 'the server', settings: opcUaSettings.parse({ url }) }
  const { library, client } = await new OpcUaClients().create(context, 'None', {
    connectionStrategy: { maxRetry: 0 },
  })
  try {
    const late = () => linkLost(server, 'link-timeout', 'does not answer')
    return offerOf(await within({ ms: ASK_MAX_MS, context, signal }, endpoints(client, url), late), library)
  } catch (error) {
    throw connectFault(server, error)
  } finally {
    abandon(client) // We have the answer, or there will be none: nothing is gained by waiting.
  }
}

async function endpoints(client: OPCUAClient, url: string): Promise<readonly EndpointDescription[]> {
  await client.connect(url)
  return client.getEndpoints()
}

function offerOf(endpoints: readonly EndpointDescription[], library: OpcUaLibrary): ServerOffer {
  const byCertificate = new Map(
    endpoints.flatMap(({ serverCertificate: chain, server }) =>
      chain && chain.length > 0
        ? [[chain.toString('hex'), { chain, serverUri: server.applicationUri ?? '' }]]
        : [],
    ),
  )
  const certificates = [...byCertificate.values()]
    .slice(0, CERTIFICATES_MAX)
    .map(({ chain, serverUri }) => shownServer(chain, serverUri))
  return {
    securities: [...new Set(endpoints.map((endpoint) => securityOf(endpoint, library)))],
    certificates: [...new Map(certificates.map((one) => [one.facts.sha256, one])).values()],
  }
}

/** `http://opcfoundation.org/UA/SecurityPolicy#Basic256Sha256` is called by what stands behind the `#`. */
function securityOf({ securityMode, securityPolicyUri }: EndpointDescription, library: OpcUaLibrary): string {
  const policy = oneLine(securityPolicyUri?.split('#').at(-1) ?? '')
  return securityMode === library.MessageSecurityMode.Sign ? `${policy} (only signed)` : policy
}
