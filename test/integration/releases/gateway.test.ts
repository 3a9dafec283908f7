/** A whole gateway whose device maps come from a checkout: machines follow what is committed, and the pages change nothing. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { testFolder } from '../../support/buffer.ts'
import { callMillrace } from '../../support/called-command.ts'
import { consoleCaller } from '../../support/console-caller.ts'
import { editedMap } from '../../support/edited-site.ts'
import { makeRepository } from '../../support/git-repository.ts'
import { answerRegisters, ModbusDevice } from '../../support/modbus-device.ts'
import { type CentralAddress, startWatchedGateway } from '../../support/watched-gateway.ts'

/** Nothing listens at port 9 of a computer that has no service "discard". */
const NO_CENTRAL = {
  role: 'millrace',
  password: 'none',
  settings: () => ({ connection: { hosts: [{ host: '127.0.0.1', port: 9 }] } }),
} as unknown as CentralAddress

test('machines come, change and go with releases, and a bad one changes nothing', async () => {
  await using press = await ModbusDevice.start(answerRegisters(() => 1))
  const folder = testFolder()
  const repository = makeRepository(join(folder, 'checkout'))
  const [one, two] = [editedMap('PRESS-07', press.port), editedMap('CNC-01', press.port)]
  const first = repository.commit({ 'devices/press-07.yaml': one })
  // What lies in the folder of a gateway that had its maps from there is not read.
  mkdirSync(join(folder, 'devices'))
  writeFileSync(join(folder, 'devices', 'old.yaml'), editedMap('OLD-01', press.port))
  const section = `configuration: {git: {path: checkout}, every: 5s}\n`
  await using gateway = await startWatchedGateway(NO_CENTRAL, null, 'edge-1', folder, undefined, section)
  await gateway.until(({ machines, configuration }) => {
    expect(machines).toMatchObject([{ machine: 'PRESS-07', status: 'running' }])
    expect(configuration).toMatchObject({
      kind: 'git',
      from: join(folder, 'checkout'),
      release: `git-${first.slice(0, 12)}`,
      since: expect.stringMatching(/^20/),
      checked_at: expect.stringMatching(/^20/),
    })
  })
  expect(await gateway.text()).toMatch(/^release +git-[0-9a-f]{12} since .* of .*checkout$/m)

  repository.commit({ 'devices/press-07.yaml': one, 'devices/cnc-01.yaml': two })
  gateway.reload()
  await gateway.until(({ machines }) => expect(machines).toHaveLength(2))

  repository.commit({ 'devices/press-07.yaml': 'machine: PRESS-07\n' })
  gateway.reload()
  await gateway.until(({ machines, degraded }) => {
    expect(degraded.map(({ code }) => code)).toContain('release-refused')
    expect(machines).toMatchObject([{ status: 'running' }, { status: 'running' }])
    // Nothing is wrong with the maps in force.
    expect(degraded.map(({ code }) => code)).not.toContain('map-faults')
  })

  const third = repository.commit({ 'devices/press-07.yaml': one })
  gateway.reload()
  await gateway.until(({ machines, configuration, degraded }) => {
    expect(machines.map(({ machine }) => machine)).toEqual(['PRESS-07'])
    expect(configuration.release).toBe(`git-${third.slice(0, 12)}`)
    expect(degraded.map(({ code }) => code)).not.toContain('release-refused')
  })
  await savesNothing(gateway.dataFolder, one)

  const check = await callMillrace(['check', '--config', 'gateway.yaml'], { cwd: folder })
  expect(check).toMatchObject({ code: 0 })
  expect(check.out).toMatch(
    /device maps and routes: release git-[0-9a-f]{12} of .*checkout, in force since 20/,
  )
  const json = await callMillrace(['check', '--config', 'gateway.yaml', '--json'], { cwd: folder })
  expect(JSON.parse(json.out)).toMatchObject({ valid: true, release: { name: `git-${third.slice(0, 12)}` } })
}, 120_000)

async function savesNothing(dataFolder: string, text: string): Promise<void> {
  const api = consoleCaller(dataFolder)
  const { body: read } = await api.get('/maps/press-07.yaml')
  expect(read).toMatchObject({
    text,
    not_writable: { what: expect.stringContaining('device maps come from') },
  })
  expect((await api.get('/maps')).body.not_writable.hint).toContain('change the map there')
  const save = await api.put('/maps/press-07.yaml', { text: `${text}# seen\n`, read: read.hash })
  expect(save).toMatchObject({ status: 403, body: { code: 'map-from-elsewhere' } })
  expect((await api.put('/maps/new.yaml', { text, read: null })).status).toBe(403)
  expect((await api.remove(`/maps/press-07.yaml?read=${read.hash}`)).status).toBe(403)
  expect((await api.get('/maps/press-07.yaml')).body.text).toBe(text)
  // It may be judged and compared all the same.
  expect((await api.post('/maps/check', { file: 'press-07.yaml', text })).body.faults).toEqual([])
}
