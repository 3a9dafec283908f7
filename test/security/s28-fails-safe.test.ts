import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { withUser } from '../../src/console/access/edit-users.ts'
import { hashPassword } from '../../src/console/access/passwords.ts'
import { changeUsers } from '../../src/console/access/user-file.ts'
import { startGatewaySite } from './parts/gateway-site.ts'
import { gateway, judgeOpcUa, type OpcUaSite, scratchFolder, startServer, trust } from './parts/opcua-site.ts'
import { type MakeSite, securityCheck } from './security-check.ts'

/** A running gateway that had a user, and whose files something happened to before it started. */
interface Broken {
  readonly port: number
}

function broken(happens: (dataFolder: string) => void): MakeSite<Broken> {
  return async (stack) => {
    const passwordHash = await hashPassword('correct horse battery')
    const prepare = (folder: string) => {
      const data = join(folder, 'data')
      mkdirSync(data, { mode: 0o700 })
      changeUsers(data, (list) =>
        withUser(list, { name: 'anna', role: 'administer', passwordHash, nowMs: Date.now() }),
      )
      happens(data)
    }
    return await startGatewaySite(stack, { prepare })
  }
}

const users = (data: string) => join(data, 'console', 'users.json')

// Fault of the catalogue: [D6]
securityCheck<Broken>({
  id: 'S28',
  title: 'a console whose list of users is damaged lets nobody in, rather than everybody',
  judge: async ({ port }) => {
    const asked = ['/api/v1/users', '/api/v1/audit-trail', '/api/v1/maps']
    const answers = await Promise.all(
      asked.map(async (path) => ({ path, status: (await fetch(`http://127.0.0.1:${port}${path}`)).status })),
    )
    return answers.filter(({ status }) => status < 300).map(({ path }) => `${path} is open to everybody`)
  },
  shipped: {
    'nothing happened': broken(() => undefined),
    'the list is garbage': broken((data) => writeFileSync(users(data), '\u0000\u0001 no list')),
    'the list is empty': broken((data) => writeFileSync(users(data), '')),
    'the list breaks off': broken((data) => writeFileSync(users(data), '{"users": [{"name": "anna"')),
    'the trail is garbage': broken((data) =>
      writeFileSync(join(data, 'console', 'audit-trail.db'), 'no database'),
    ),
  },
  weakened: { 'the list was taken away by hand': broken((data) => rmSync(users(data))) },
  timeoutMs: 120_000,
})

/** A server whose certificate was trusted for another address, and a gateway whose record of that was damaged. */
function afterLosing(record: string | undefined): MakeSite<OpcUaSite> {
  return async (stack) => {
    const folder = scratchFolder(stack)
    const server = await startServer(stack, { certificate: { host: '10.20.3.41' } })
    await trust(server, folder, 'opc.tcp://10.20.3.41:4840')
    const file = join(folder, 'opcua', 'trusted-servers.json')
    if (record === undefined) rmSync(file)
    else writeFileSync(file, record)
    return { server, connect: () => gateway()(server, folder) }
  }
}

securityCheck<OpcUaSite>({
  id: 'S28',
  title: 'a damaged record of trusted servers does not make one server pass for another',
  judge: judgeOpcUa,
  shipped: {
    'the record is garbage': afterLosing('\u0000 no record'),
    'the record breaks off': afterLosing('{"opc.tcp://10.20.3.41:4840": [{"sha'),
  },
  weakened: { 'the record was taken away by hand': afterLosing(undefined) },
})
