import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { knownHardware } from '../../src/commands/hardware.ts'
import { createMapStore } from '../../src/maps/map-store.ts'
import {
  brokenFolder,
  expectedFaults,
  SOUND_GATEWAY,
  SOUND_MAP,
  soundFolder,
} from '../support/broken-config.ts'
import { runCheck } from '../support/run-check.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url))

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

function folderOf(cwd: string): string {
  folders.push(cwd)
  return cwd
}

function millrace(
  cwd: string,
  ...args: readonly string[]
): Promise<{ readonly code: number | null; readonly out: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [...process.execArgv, MAIN, ...args], {
      cwd,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {},
    })
    let out = ''
    child.stdout.on('data', (text) => {
      out += text
    })
    child.on('close', (code) => resolve({ code, out }))
  })
}

describe('millrace check', () => {
  it.each(['rule-key-misspelt', 'file-not-utf-8', 'gateway-timezone-unknown'])(
    'as a process names the fault of %s and exits with 2',
    async (name) => {
      const { code, out } = await millrace(folderOf(brokenFolder(name)), 'check')
      expect(out).toBe(expectedFaults(name))
      expect(code).toBe(2)
    },
  )

  it('as a process finds the examples of this repository valid and exits with 0', async () => {
    expect(await millrace(REPOSITORY, 'check')).toEqual({ code: 0, out: 'valid: 3 machines, 1 scanner\n' })
  })

  it('gives every fault as JSON, with its code, and a hint or null', async () => {
    const { code, out } = await runCheck({
      cwd: folderOf(brokenFolder('two-faults-at-once')),
      args: ['--json'],
    })
    const { valid, faults } = JSON.parse(out)
    expect(code).toBe(2)
    expect(valid).toBe(false)
    expect(faults[0]).toEqual({
      code: 'map-faults',
      file: 'devices/press-07.yaml',
      line: 13,
      column: 9,
      path: 'status.1.is',
      message: '"runing" is not valid here',
      hint: 'did you mean "running"?',
    })
    expect(faults).toHaveLength(2)
  })

  it('judges a table of codes as such, by itself and by the maps that draw on it', async () => {
    const cwd = folderOf(soundFolder())
    const table = SOUND_MAP.replace('is: down', 'is: down, reason: from state').concat(
      'reasons: {state: {file: codes.csv}}\n',
    )
    writeFileSync(join(cwd, 'devices/press-07.yaml'), table)
    writeFileSync(join(cwd, 'devices/codes.csv'), 'fault;code\n5;jam\n')
    expect(await runCheck({ cwd, args: ['devices/codes.csv'] })).toMatchObject({
      code: 0,
      out: 'valid: 1 table\n',
    })
    writeFileSync(join(cwd, 'devices/codes.csv'), 'fault;code\n5;jam\n5;jam\n70000;never\n')
    for (const file of ['devices/codes.csv', 'devices/press-07.yaml']) {
      expect(await runCheck({ cwd, args: [file] })).toMatchObject({
        code: 2,
        out:
          'devices/codes.csv:3:1: the fault "5" stands here twice\n' +
          'devices/codes.csv:4:1: a u16 is never 70000; only 0..65535\n',
      })
    }
  })

  it('hints at a copied map that reads the machine of another one', async () => {
    const cwd = folderOf(soundFolder())
    writeFileSync(join(cwd, 'devices/press-07.yaml'), SOUND_MAP)
    writeFileSync(join(cwd, 'devices/press-08.yaml'), SOUND_MAP.replace('PRESS-07', 'PRESS-08'))
    writeFileSync(
      join(cwd, 'devices/press-09.yaml'),
      SOUND_MAP.replace('PRESS-07', 'PRESS-09').replace('3.17', '3.19'),
    )
    const { code, err } = await runCheck({ cwd })
    expect(code).toBe(0)
    expect(err).toBe(
      'hint: devices/press-08.yaml:1:10: this machine is read from the very addresses of PRESS-07 (devices/press-07.yaml); correct the device or the addresses if this is a copy\n',
    )
  })

  it('says so as JSON when all is well', async () => {
    const cwd = folderOf(soundFolder())
    writeFileSync(join(cwd, 'devices/press-07.yaml'), SOUND_MAP)
    expect(await runCheck({ cwd, args: ['--json'] })).toMatchObject({
      code: 0,
      out: '{"valid":true,"faults":[],"warnings":[]}\n',
    })
  })

  it('with a FILE judges that file and leaves the faults of others alone', async () => {
    const cwd = folderOf(brokenFolder('rule-key-misspelt'))
    writeFileSync(join(cwd, 'devices/press-08.yaml'), SOUND_MAP.replace('PRESS-07', 'PRESS-08'))
    expect(await runCheck({ cwd, args: ['devices/press-08.yaml'] })).toMatchObject({ code: 0 })
    expect(await runCheck({ cwd, args: ['devices/press-07.yaml'] })).toMatchObject({ code: 2 })
  })

  it('with the next version of a map judges it in place of the one that the machine has', async () => {
    const cwd = folderOf(soundFolder())
    writeFileSync(join(cwd, 'devices/press-07.yaml'), SOUND_MAP)
    mkdirSync(join(cwd, 'new'))
    writeFileSync(join(cwd, 'new/press.yaml'), SOUND_MAP)
    expect(await runCheck({ cwd, args: ['new/press.yaml'] })).toMatchObject({
      code: 0,
      out: 'valid: 1 machine\n',
    })
    writeFileSync(join(cwd, 'new/press.yaml'), SOUND_MAP.replace('is: down', 'is: dwon'))
    const { code, out } = await runCheck({ cwd, args: ['new/press.yaml'] })
    expect(out).toBe('new/press.yaml:7:32: "dwon" is not valid here; did you mean "down"?\n')
    expect(code).toBe(2)
  })

  it('blames the same file as the gateway does: the copy, not the one that has the machine', async () => {
    const cwd = folderOf(soundFolder())
    writeFileSync(join(cwd, 'devices/zz.yaml'), SOUND_MAP)
    mkdirSync(join(cwd, 'data'))
    await createMapStore({
      devicesFolder: 'devices',
      dataFolder: join(cwd, 'data'),
      ...knownHardware(),
      cwd,
      now: Date.now,
    }).load()
    writeFileSync(join(cwd, 'devices/a.yaml'), SOUND_MAP)
    const twin = 'devices/a.yaml:1:10: the machine "PRESS-07" is already described in devices/zz.yaml:1:10'
    expect(await runCheck({ cwd })).toMatchObject({ code: 2, out: expect.stringContaining(twin) })
    expect(await runCheck({ cwd, args: ['devices/a.yaml'] })).toMatchObject({ code: 2 })
    expect(await runCheck({ cwd, args: ['devices/zz.yaml'] })).toMatchObject({ code: 0 })
  })

  it('is never green about a FILE where the configuration or the folder of maps is not found', async () => {
    const cwd = folderOf(soundFolder())
    writeFileSync(join(cwd, 'press.yaml'), SOUND_MAP)
    writeFileSync(join(cwd, 'empty.yaml'), '')
    const elsewhere = folderOf(mkdtempSync(join(tmpdir(), 'millrace-elsewhere-')))
    cpSync(join(cwd, 'press.yaml'), join(elsewhere, 'press.yaml'))
    cpSync(join(cwd, 'empty.yaml'), join(elsewhere, 'empty.yaml'))
    const away = await runCheck({ cwd: elsewhere, args: ['press.yaml', 'empty.yaml'] })
    expect(away.code).toBe(2)
    expect(away.out.split('\n')).toEqual([
      'config/gateway.yaml:1:1: the file cannot be read: it does not exist',
      'devices:1:1: the folder of device maps cannot be read: it does not exist',
      'empty.yaml:1:1: the file is empty',
      '',
    ])
    writeFileSync(join(cwd, 'config/gateway.yaml'), `${SOUND_GATEWAY}devices: ../device\n`)
    const misspelt = await runCheck({ cwd, args: ['press.yaml'] })
    expect(misspelt).toMatchObject({
      code: 2,
      out: expect.stringContaining('device:1:1: the folder of device maps'),
    })
  })

  it('judges gateway.yaml and a profile as what they are, wherever they lie', async () => {
    const cwd = folderOf(soundFolder())
    writeFileSync(join(cwd, 'devices/press-07.yaml'), SOUND_MAP)
    for (const folder of ['devices/profiles', 'other', 'other/profiles']) mkdirSync(join(cwd, folder))
    writeFileSync(join(cwd, 'devices/profiles/plc.yaml'), 'device: {unit: 1}\n')
    writeFileSync(join(cwd, 'other/profiles/plc.yaml'), 'device: {unit: 1}\n')
    writeFileSync(join(cwd, 'other/gateway.yaml'), SOUND_GATEWAY)
    const green = async (...args: readonly string[]) =>
      expect(await runCheck({ cwd, args })).toMatchObject({ code: 0 })
    const saying = async (file: string) => (await runCheck({ cwd, args: [file] })).out
    expect(await saying('config/gateway.yaml')).toBe('valid: 1 configuration\n')
    expect(await saying('other/gateway.yaml')).toBe('valid: 1 configuration\n')
    expect(await saying('devices/profiles/plc.yaml')).toBe('valid: 1 profile\n')
    expect(await saying('other/profiles/plc.yaml')).toBe('valid: 1 profile\n')
    await green('config/gateway.yaml', 'devices/press-07.yaml', 'other/profiles/plc.yaml')
    writeFileSync(join(cwd, 'other/profiles/plc.yaml'), 'signal: {}\n')
    writeFileSync(join(cwd, 'other/gateway.yaml'), `${SOUND_GATEWAY}plan: SAV\n`)
    expect(await saying('other/profiles/plc.yaml')).toContain(
      'unknown key "signal" in a profile; did you mean "signals"?',
    )
    expect(await saying('other/gateway.yaml')).toContain(
      'unknown key "plan" in gateway.yaml; did you mean "plant"?',
    )
    expect(await saying('devices/profiles/missing.yaml')).toContain('it does not exist')
  })

  it('judges the signals of a profile, whether a map draws on it or not', async () => {
    const cwd = folderOf(soundFolder())
    mkdirSync(join(cwd, 'devices/profiles'))
    const signals = 'signals:\n  power: {at: 40001, type: u61}\n'
    writeFileSync(join(cwd, 'devices/profiles/meter.yaml'), signals)
    const fault = 'devices/profiles/meter.yaml:2:28: "u61" is not valid here; did you mean "u16"?\n'
    expect(await runCheck({ cwd })).toMatchObject({ code: 2, out: fault })
    expect(await runCheck({ cwd, args: ['devices/profiles/meter.yaml'] })).toMatchObject({
      code: 2,
      out: fault,
    })
    writeFileSync(join(cwd, 'devices/press-07.yaml'), `profile: meter\n${SOUND_MAP}`)
    expect(await runCheck({ cwd })).toMatchObject({ code: 2, out: fault })
    writeFileSync(
      join(cwd, 'devices/profiles/meter.yaml'),
      signals.replace('u61', 'u16').replace('40001', '99'),
    )
    const { out } = await runCheck({ cwd, args: ['devices/profiles/meter.yaml'] })
    expect(out).toContain('devices/profiles/meter.yaml:2:15: "99" is not a modicon address')
  })

  it('names what is passed over, without calling it a fault', async () => {
    const cwd = folderOf(soundFolder())
    writeFileSync(join(cwd, 'devices/press-07.yaml.txt'), SOUND_MAP)
    const { code, out, err } = await runCheck({ cwd })
    expect({ code, out }).toEqual({ code: 0, out: 'valid: 0 machines\n' })
    expect(err).toMatch(
      /^hint: devices\/press-07\.yaml\.txt:1:1: passed over: .*; rename it to press-07\.yaml if it is one$/m,
    )
  })

  it('names a FILE that does not exist', async () => {
    const { code, out } = await runCheck({ cwd: folderOf(soundFolder()), args: ['devices/press.yaml'] })
    expect(out).toBe('devices/press.yaml:1:1: the file cannot be read: it does not exist\n')
    expect(code).toBe(2)
  })

  it('names a missing gateway.yaml and still judges the maps beside it', async () => {
    const cwd = folderOf(brokenFolder('status-unknown'))
    rmSync(join(cwd, 'config/gateway.yaml'))
    const { out } = await runCheck({ cwd })
    expect(out).toContain('config/gateway.yaml:1:1: the file cannot be read: it does not exist')
    expect(out).toContain('devices/press-07.yaml:13:9: "runing" is not valid here')
  })

  it('hints at a missing heartbeat without calling it a fault', async () => {
    const cwd = folderOf(soundFolder())
    writeFileSync(join(cwd, 'devices/press-07.yaml'), SOUND_MAP.replace(', role: heartbeat', ''))
    const { code, err } = await runCheck({ cwd })
    expect(err).toContain('no signal has role heartbeat')
    expect(code).toBe(0)
  })
})
