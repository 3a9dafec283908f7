/** Connecting a machine by OPC UA over the API: its certificate, its tree, its values, and teach-in over its nodes. */
import { join } from 'node:path'
import { SecurityPolicy } from 'node-opcua'
import { expect, onTestFinished, test } from 'vitest'
import type { TeachLive } from '../../../src/api/connect/teach-shapes.ts'
import { testFolder } from '../../support/buffer.ts'
import { startConnectSite } from '../../support/connect-site.ts'
import { NAMESPACE, startOpcUaServer } from '../../support/opcua-server.ts'

const POLICIES = [SecurityPolicy.None, SecurityPolicy.Basic256Sha256]

async function filler(policies: readonly SecurityPolicy[] = [SecurityPolicy.None]) {
  const server = await startOpcUaServer({
    folder: join(testFolder(), 'server'),
    policies,
    variables: [
      { name: 'State', dataType: 'Int32', initial: { dataType: 'Int32', value: 6 } },
      { name: 'Current', dataType: 'Double', initial: { dataType: 'Double', value: 12.5 } },
      { name: 'EStop', dataType: 'Boolean', initial: { dataType: 'Boolean', value: false } },
    ],
  })
  onTestFinished(() => server[Symbol.asyncDispose]())
  return server
}

test('a server is trusted by its fingerprint, and only by that', { timeout: 120_000 }, async () => {
  const site = await startConnectSite()
  const { url } = await filler(POLICIES)
  const device = { driver: 'opcua', url, security: 'Basic256Sha256' }
  const before = await site.call('POST', '/connect/probe', { device })
  expect(before.body).toMatchObject({
    verdict: 'bad',
    securities: expect.arrayContaining(['None', 'Basic256Sha256']),
  })
  expect(before.body.steps.at(-1)).toMatchObject({
    step: 'trust',
    hint: expect.stringContaining('fingerprint'),
  })
  const [{ sha256 }] = before.body.certificates
  const wrong = await site.call('POST', '/connect/trust', { url, fingerprint: 'AB'.repeat(32) })
  expect(wrong).toMatchObject({ status: 422, body: { code: 'connect-fingerprint' } })
  const right = await site.call('POST', '/connect/trust', { url, fingerprint: sha256 })
  expect(right.body).toMatchObject({ verdict: 'good', certificates: [{ is_trusted: true }] })
  const after = await site.call('POST', '/connect/probe', { device })
  expect(
    after.body.steps
      .map(({ step, verdict }: { step: string; verdict: string }) => `${step} ${verdict}`)
      .slice(-3),
  ).toEqual(['server good', 'trust good', 'login good'])
  expect(after.body.own_certificate.sha256).toMatch(/^[0-9A-F:]+$/)
})

test('the tree is shown level by level with live values, searched, and read', {
  timeout: 120_000,
}, async () => {
  const site = await startConnectSite()
  const { url } = await filler()
  const device = { driver: 'opcua', url, security: 'None' }
  const found = await site.call('POST', '/connect/browse', { device, search: 'current' })
  const [current] = found.body.nodes
  expect(current).toMatchObject({
    name: 'Current',
    shown: '12.5',
    type: 'Double',
    signal: { name: 'current' },
  })
  expect(current.node).toContain(`nsu=${NAMESPACE}`)
  const top = await site.call('POST', '/connect/browse', { device })
  const folder = top.body.nodes.find(
    ({ kind, name }: { kind: string; name: string }) => kind === 'Object' && name === current.path[0],
  )
  const level = await site.call('POST', '/connect/browse', { device, node: folder.node })
  expect(level.body.nodes.map(({ name }: { name: string }) => name)).toEqual(
    expect.arrayContaining(['State', 'Current', 'EStop']),
  )
  const read = await site.call('POST', '/connect/read', {
    device,
    addresses: [current.node, `nsu=${NAMESPACE};s=Curent`],
  })
  expect(read.body.values[0]).toMatchObject({ raw: '12.5', quality: 'good', decodings: [{ value: '12.5' }] })
  expect(read.body.values[1]).toMatchObject({ quality: 'bad', why: expect.any(String) })
  const shown = await site.call('POST', '/connect/find', { device, shows: '1.25' })
  expect(shown.body.places[0]).toMatchObject({ signal: { keys: { node: current.node, scale: 0.1 } } })
})

test('nodes that nobody named are taught in', { timeout: 120_000 }, async () => {
  const site = await startConnectSite()
  const server = await filler()
  const device = { driver: 'opcua', url: server.url, security: 'None' }
  const found = await site.call('POST', '/connect/browse', { device, search: 'state' })
  const parent = await site.call('POST', '/connect/browse', { device })
  const folder = parent.body.nodes.find(
    ({ name }: { name: string }) =>
      name === found.body.nodes.find((one: { name: string }) => one.name === 'State').path[0],
  )
  const begun = await site.call('POST', '/connect/teach', { device, scan_nodes: [folder.node] })
  expect(begun.body).toMatchObject({ signals: 3 })
  const live = `/connect/teach/${begun.body.teach}/live`
  await site.watch<TeachLive>(live, ({ link }) => link.state === 'connected')
  const show = async (kind: string, state: number, isPressed: boolean) => {
    server.set('State', { dataType: 'Int32', value: state })
    server.set('EStop', { dataType: 'Boolean', value: isPressed })
    await site.call('POST', `/connect/teach/${begun.body.teach}/phases`, { kind, seconds: 4 })
    await site.watch<TeachLive>(live, ({ phases }) => phases.every(({ left_s }) => left_s === null))
  }
  await show('run', 6, false)
  await show('stop', 2, false)
  await show('emergency_stop', 2, true)
  await show('run', 6, false)
  await show('stop', 2, false)
  const { body } = await site.call('POST', `/connect/teach/${begun.body.teach}/proposal`, {})
  expect(body.status.map(({ when, is }: { when?: object; is: string }) => [when, is])).toEqual([
    [{ emergency_stop_on: true }, 'down'],
    [{ state: 'running' }, 'running'],
    [undefined, 'idle'],
  ])
})
