/** A central that is reached over TLS, with an authority that its clients trust, and one that they do not. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { loadConfig } from '../../src/config/load-config.ts'
import { type CentralSettings, centralSettings } from '../../src/routes/mes/settings.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { recordingLog } from './buffer.ts'
import { startTestCentral, type TestCentral } from './central.ts'
import { makeTlsAuthority, type TlsAuthority } from './tls-authority.ts'

export class TlsCentral {
  central!: TestCentral
  /** Its certificates are trusted. */
  authority!: TlsAuthority
  stranger!: TlsAuthority
  folder = ''

  /** Registers the hooks of a test file. */
  static use(): TlsCentral {
    const place = new TlsCentral()
    beforeAll(() => place.#start())
    afterAll(async () => {
      await place.central[Symbol.asyncDispose]()
      await rm(place.folder, { recursive: true, force: true })
    })
    return place
  }

  async #start(): Promise<void> {
    this.folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
    this.authority = await makeTlsAuthority(this.folder, 'plant')
    this.stranger = await makeTlsAuthority(this.folder, 'stranger')
    this.central = await startTestCentral()
    const { server } = this.central
    const { cert, key } = await this.authority.sign({ names: ['localhost'] })
    for (const [setting, value] of [
      ['ssl_cert_file', await server.addFile('server.crt', cert)],
      ['ssl_key_file', await server.addFile('server.key', key)],
      ['ssl', 'on'],
    ])
      await this.central.sql(`ALTER SYSTEM SET ${setting} = '${value}'`)
    await server.stop()
    await server.start()
  }

  /** The settings of a gateway, read from its file and the environment as it reads them. @param central lines of the section */
  async settings(port: number, central: readonly string[], host = 'localhost'): Promise<CentralSettings> {
    const file = join(this.folder, 'gateway.yaml')
    const { role, password } = this.central
    const url = `  url: postgres://${role}@${host}:${port}/postgres`
    await writeFile(
      file,
      [
        ...['gateway: edge-1', 'organization: SAV', 'plant: SAV-1', 'timezone: Europe/Rome', 'central:', url],
        ...central,
        '',
      ].join('\n'),
    )
    const config = loadConfig({ file, env: { MILLRACE_CENTRAL_PASSWORD: password }, cwd: this.folder })
    return centralSettings(config, { clock: systemClock, log: recordingLog().log })
  }
}
