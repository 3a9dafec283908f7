import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { loadConfig, loadConfigWithoutSecrets, loadSections } from '../../../src/config/load-config.ts'
import { SECTIONS } from '../../../src/config/sections.ts'
import type { Section } from '../../../src/documents/section.ts'
import { text } from '../../../src/documents/text.ts'
import { currentPassword } from '../../../src/postgres/password.ts'
import { Secret } from '../../../src/runtime/secret.ts'
import { SOUND_GATEWAY } from '../../support/broken-config.ts'

let cwd: string
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'millrace-config-'))
})
afterEach(() => rmSync(cwd, { recursive: true }))

function load(text: string, env: Readonly<Record<string, string>> = {}) {
  writeFileSync(join(cwd, 'gateway.yaml'), text)
  return loadConfig({ file: 'gateway.yaml', env, cwd })
}

describe('gateway.yaml', () => {
  it('has a default for all that it leaves out', () => {
    expect(load(SOUND_GATEWAY)).toEqual({
      file: 'gateway.yaml',
      gateway: 'edge-test-01',
      organization: 'SAV',
      planned: { breaks: [] },
      recording: { retentionMs: 259_200_000, maxBytes: 512_000_000 },
      plant: 'SAV-1',
      timezone: 'Europe/Rome',
      devicesFolder: join(cwd, '../devices'),
      dataFolder: join(cwd, '../data'),
      routesFolder: join(cwd, 'routes'),
      routeSecrets: {},
      central: {
        connection: {
          hosts: [{ host: 'db.plant.example', port: 5432 }],
          database: 'mes',
          user: 'gateway',
          tls: { mode: 'verify-full' },
        },
        schema: 'public',
        batch: { rows: 8_000, lingerMs: 200 },
        machineStatus: true,
      },
      buffer: { retentionMs: 604_800_000, maxBytes: 8_000_000_000 },
      configuration: null,
      pair: null,
      telemetry: null,
      console: { host: '127.0.0.1', port: 8484, names: [] },
      log: { level: 'info' },
      warnings: [],
    })
  })

  it('takes the password from a credential of systemd', async () => {
    const credentials = join(cwd, 'credentials')
    mkdirSync(credentials)
    writeFileSync(join(credentials, 'central-password'), 'from systemd\n', { mode: 0o400 })
    const text = SOUND_GATEWAY.replace(
      /^central:$/m,
      'central:\n  password_file: credential:central-password',
    )
    const { central, warnings } = load(text, { CREDENTIALS_DIRECTORY: credentials })
    expect(warnings).toEqual([])
    expect(await currentPassword({ name: 'central', where: 'db' }, central.connection)).toBe('from systemd')
    expect(() => load(text)).toThrow('credential:central-password cannot be read')
    expect(() =>
      load(text.replace('central-password', '../secret'), { CREDENTIALS_DIRECTORY: credentials }),
    ).toThrow('cannot be read')
  })

  it('becomes a value that nothing can change', () => {
    const config = load(SOUND_GATEWAY)
    expect(Object.isFrozen(config)).toBe(true)
    expect(Object.isFrozen(config.central.batch)).toBe(true)
  })

  it('takes hosts in place of that of the URL, with the usual port unless written', () => {
    const { central } = load(`${SOUND_GATEWAY}  hosts: [db1:6000, db2, "[fe80::1]:7000"]\n`)
    expect(central.connection.hosts).toEqual([
      { host: 'db1', port: 6000 },
      { host: 'db2', port: 5432 },
      { host: 'fe80::1', port: 7000 },
    ])
  })

  it.each(['off', 'false'])('understands tls: %s', (word) => {
    expect(load(`${SOUND_GATEWAY}  tls: ${word}\n`).central.connection.tls).toEqual({ mode: 'off' })
  })

  it.each(['db1:5432,db2:5432', 'db1,db2', 'gateway:swordfish@db1:5432,db2'])(
    'says where several hosts stand that the URL names: %s',
    (hosts) => {
      const text = SOUND_GATEWAY.replace('gateway@db.plant.example', hosts)
      expect(() => load(text)).toThrow(
        expect.objectContaining({ message: expect.stringContaining('list them under central.hosts') }),
      )
      expect(() => load(text)).not.toThrow('swordfish')
    },
  )

  it('takes the sslmode of the URL where tls says nothing', () => {
    expect(load(SOUND_GATEWAY.replace('/mes', '/mes?sslmode=require')).central.connection.tls).toEqual({
      mode: 'require',
    })
  })

  it('names a TLS file that cannot be read', () => {
    expect(() => load(`${SOUND_GATEWAY}  tls: {mode: verify-ca, ca_file: ca.pem}\n`)).toThrow(
      'gateway.yaml:7:35: ca.pem cannot be read: it does not exist',
    )
  })
})

describe('the password', () => {
  it('is read from its file at each login, without the line end; a file that others can read is a warning', async () => {
    writeFileSync(join(cwd, 'secret'), 'hunter2\n', { mode: 0o600 })
    const text = `${SOUND_GATEWAY}  password_file: secret\n`
    const { central, warnings } = load(text)
    const peer = { name: 'central', where: 'db:5432' }
    expect(await currentPassword(peer, central.connection)).toBe('hunter2')
    expect(warnings).toEqual([])
    writeFileSync(join(cwd, 'secret'), 'hunter3\r\n')
    expect(await currentPassword(peer, central.connection)).toBe('hunter3')
    chmodSync(join(cwd, 'secret'), 0o644)
    expect(load(text).warnings).toMatchObject([{ line: 7, path: 'central.password_file' }])
  })

  it('comes from the environment first, and the file is then not needed', () => {
    const env = { MILLRACE_CENTRAL_PASSWORD: 'swordfish' }
    const { central } = load(`${SOUND_GATEWAY}  password_file: nowhere\n`, env)
    expect(central.connection.password?.reveal()).toBe('swordfish')
  })

  it('must be there for the gateway itself, and for nothing that asks nothing of central', () => {
    writeFileSync(join(cwd, 'gateway.yaml'), `${SOUND_GATEWAY}  password_file: nowhere\n`)
    const source = { file: 'gateway.yaml', env: {}, cwd }
    const message = 'nowhere cannot be read: it does not exist'
    expect(() => loadConfig(source)).toThrow(`gateway.yaml:7:18: ${message}`)
    expect(loadConfigWithoutSecrets(source)).toMatchObject({
      gateway: 'edge-test-01',
      warnings: [{ line: 7, column: 18, message, hint: 'create it, or set MILLRACE_CENTRAL_PASSWORD' }],
    })
  })

  it('is never shown, printed or serialized', () => {
    const config = load(SOUND_GATEWAY, { MILLRACE_CENTRAL_PASSWORD: 'swordfish' })
    const shown = [
      JSON.stringify(config),
      inspect(config, { depth: 9, showHidden: true }),
      `${config.central.connection.password}`,
    ]
    expect(shown.join()).not.toContain('swordfish')
    expect(shown.join()).toContain('***')
  })

  it.each([
    ['in the URL', SOUND_GATEWAY.replace('gateway@', 'gateway:swordfish@'), {}],
    [
      'in the URL of the environment',
      SOUND_GATEWAY,
      { MILLRACE_CENTRAL_URL: 'postgres://u:swordfish@h/d?x=1' },
    ],
    ['in a broken URL', SOUND_GATEWAY.replace('postgres://', 'postgres//u:swordfish@'), {}],
    ['under a key of its own', `${SOUND_GATEWAY}  password: swordfish\n`, {}],
  ])('is not repeated in the message when it stands %s', (_, text, env) => {
    expect(() => load(text, env)).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('swordfish') }),
    )
  })
})

describe('the environment', () => {
  it('wins over the file, for every kind of value', () => {
    const config = load(SOUND_GATEWAY, {
      MILLRACE_GATEWAY: 'edge-02',
      MILLRACE_CENTRAL_URL: 'postgresql://other@db9:6000/mes2',
      MILLRACE_CENTRAL_HOSTS: 'a:1, b',
      MILLRACE_CENTRAL_BATCH_ROWS: '77',
      MILLRACE_CENTRAL_BATCH_LINGER: '1s',
      MILLRACE_CENTRAL_MACHINE_STATUS: 'off',
      MILLRACE_CENTRAL_TLS: 'require',
      MILLRACE_CONSOLE_PORT: '0',
    })
    expect(config.gateway).toBe('edge-02')
    expect(config.central).toMatchObject({
      connection: {
        user: 'other',
        database: 'mes2',
        hosts: [
          { host: 'a', port: 1 },
          { host: 'b', port: 5432 },
        ],
        tls: { mode: 'require' },
      },
      batch: { rows: 77, lingerMs: 1_000 },
      machineStatus: false,
    })
    expect(config.console.port).toBe(0)
  })

  it('names paths relative to the current folder, the file relative to itself', () => {
    const config = load(`${SOUND_GATEWAY}devices: maps\ndata: kept\n`, { MILLRACE_DATA: 'elsewhere' })
    expect(config.devicesFolder).toBe(join(cwd, 'maps'))
    expect(config.dataFolder).toBe(join(cwd, 'elsewhere'))
  })

  it('adds a key to a tls that is one word in the file', () => {
    writeFileSync(join(cwd, 'ca.pem'), '')
    const { central } = load(`${SOUND_GATEWAY}  tls: verify-ca\n`, { MILLRACE_CENTRAL_TLS_CA_FILE: 'ca.pem' })
    expect(central.connection.tls).toEqual({ mode: 'verify-ca', caFile: join(cwd, 'ca.pem') })
  })

  it('has its faults named by variable', () => {
    expect(() => load(SOUND_GATEWAY, { MILLRACE_CENTRAL_BATCH_ROWS: 'many' })).toThrow(
      'environment:1:1: MILLRACE_CENTRAL_BATCH_ROWS: "many" stands where a number is wanted',
    )
  })

  it('is searched for variables that are misspelt, and others are left alone', () => {
    expect(() => load(SOUND_GATEWAY, { MILLRACE_CENTRAL_BACH_ROWS: '7' })).toThrow(
      'unknown variable MILLRACE_CENTRAL_BACH_ROWS; did you mean MILLRACE_CENTRAL_BATCH_ROWS?',
    )
    expect(load(SOUND_GATEWAY, { MILLRACE_SOMETHING_ELSE_ENTIRELY: '7', PATH: '/bin' }).gateway).toBe(
      'edge-test-01',
    )
  })

  it('says nothing with an empty variable', () => {
    expect(load(SOUND_GATEWAY, { MILLRACE_GATEWAY: '' }).gateway).toBe('edge-test-01')
  })
})

it('all faults of file and environment are found at once', () => {
  const text = SOUND_GATEWAY.replace('Europe/Rome', 'Rome').replace('plant:', 'plnt:')
  try {
    load(text, { MILLRACE_BUFFER_MAX_SIZE: '8' })
    expect.unreachable()
  } catch (error) {
    expect((error as Error).message.split('\n')).toHaveLength(4)
  }
})

describe('a section that a room owns', () => {
  interface Recorder {
    readonly folder: string
    readonly keepHours: number
    readonly pin?: Secret
  }
  const schema = z.strictObject({
    folder: text(),
    keep_hours: z.int().max(99).default(8),
    pin: z.never({ error: 'use MILLRACE_RECORDER_PIN' }).optional(),
  })
  const recorder: Section<z.output<typeof schema>, Recorder> = {
    schema,
    settle: ({ resolve, secret, warnings, draft }, at, written) => {
      if (!written) return undefined
      const { value } = secret([...at, 'pin'])
      const place = draft.origin.place([...at, 'folder'])
      if (written.folder === 'tmp') warnings.push({ ...place, path: 'recorder.folder', message: 'unwise' })
      return {
        folder: resolve([...at, 'folder'], written.folder),
        keepHours: written.keep_hours,
        ...(value && { pin: new Secret(value) }),
      }
    },
  }
  const sections = { ...SECTIONS, recorder }

  function loadWith(section: string, env: Readonly<Record<string, string>> = {}) {
    writeFileSync(join(cwd, 'gateway.yaml'), `${SOUND_GATEWAY}${section}`)
    return loadSections({ file: 'gateway.yaml', env, cwd }, sections)
  }

  it('has its keys in the file, the environment and the configuration, and nothing else knows them', () => {
    const config = loadWith('recorder: {folder: tmp}\n', {
      MILLRACE_RECORDER_KEEP_HOURS: '24',
      MILLRACE_RECORDER_PIN: '4711',
    })
    expect(config.recorder).toMatchObject({ folder: join(cwd, 'tmp'), keepHours: 24 })
    expect(config.recorder.pin?.reveal()).toBe('4711')
    expect(config.warnings).toMatchObject([{ line: 7, column: 20, message: 'unwise' }])
    expect(config.console.port).toBe(8484)
  })

  it.each([
    ['recorder: {folder: a, keep_hours: 100}\n', 'gateway.yaml:7:35: 100 is too large; at most 99'],
    ['recorder: {folder: a, pin: 1}\n', 'gateway.yaml:7:23: use MILLRACE_RECORDER_PIN'],
    ['recorder: {foldr: a}\n', 'did you mean "folder"?'],
    ['', 'gateway.yaml:1:1: "recorder" is missing'],
  ])('has its faults named with their places: %j', (section, message) => {
    expect(() => loadWith(section)).toThrow(message)
  })

  it('has its variables corrected when they are misspelt', () => {
    expect(() => loadWith('recorder: {folder: a}\n', { MILLRACE_RECORDER_PINN: '1' })).toThrow(
      'unknown variable MILLRACE_RECORDER_PINN; did you mean MILLRACE_RECORDER_PIN?',
    )
  })
})
