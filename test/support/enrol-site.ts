/** A gateway's folder, and a DBA who gives out tokens: enrolling as both do it, by the commands. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { type Called, callMillrace } from './called-command.ts'
import type { TestCentral } from './central.ts'

export class EnrolSite implements AsyncDisposable {
  readonly cwd: string
  readonly role: string
  readonly passwordFile: string
  readonly #central: TestCentral

  private constructor(central: TestCentral, cwd: string, role: string) {
    this.#central = central
    this.cwd = cwd
    this.role = role
    this.passwordFile = join(cwd, 'secrets/central-password')
  }

  static async make(central: TestCentral, role: string, organization = 'SAV'): Promise<EnrolSite> {
    const cwd = await mkdtemp(join(tmpdir(), 'millrace-enrol-'))
    for (const folder of ['config', 'devices', 'data', 'secrets'])
      await mkdir(join(cwd, folder), { mode: 0o700 })
    const site = new EnrolSite(central, cwd, role)
    await site.configure(organization)
    return site
  }

  /** @param through what central is reached through */
  async configure(
    organization: string,
    through: { readonly host: string; readonly port: number } = this.#central.server,
  ): Promise<void> {
    const { host, port } = through
    await writeFile(
      join(this.cwd, 'config/gateway.yaml'),
      `gateway: edge-1
organization: ${organization}
plant: ${organization}-1
timezone: Europe/Rome
central:
  url: postgres://${this.role}@${host}:${port}/postgres
  password_file: ../secrets/central-password
  tls: off
`,
    )
  }

  /** What `central sql` prints, with more options. */
  sql(...options: readonly string[]): Promise<Called> {
    return callMillrace(['central', 'sql', '--organization', 'SAV', '--role', this.role, ...options], {
      cwd: this.cwd,
    })
  }

  /** What the DBA does. @returns the token */
  async offer(life = '1h'): Promise<string> {
    const { out, err } = await this.sql('--enrol', life)
    await this.asDba(out)
    return /[0-9A-Z]{5}(-[0-9A-Z]{5}){3}/.exec(err)?.[0] ?? ''
  }

  /** What the technician does. */
  enrol(token: string): Promise<Called> {
    return callMillrace(['enrol'], { cwd: this.cwd, askSecret: async () => token })
  }

  renew(): Promise<Called> {
    return callMillrace(['enrol', '--renew'], { cwd: this.cwd })
  }

  async asDba(script: string): Promise<void> {
    const dba = new Client(this.#central.server.superuser())
    dba.on('error', () => undefined)
    await dba.connect()
    await dba.query(script)
    await dba.end()
  }

  password(): Promise<string> {
    return readFile(this.passwordFile, 'utf8')
  }

  /** A session of the role; whoever wants to know why it ended listens. */
  async session(password: string): Promise<Client> {
    const client = new Client({ ...this.#central.server.superuser(), user: this.role, password })
    client.on('error', () => undefined)
    await client.connect()
    return client
  }

  async logsIn(password: string): Promise<boolean> {
    const client = await this.session(password).catch(() => undefined)
    await client?.end()
    return client !== undefined
  }

  /** Kinds of incidents about this role, the newest first. */
  async incidents(): Promise<readonly string[]> {
    const rows = await this.#central.sql<{ kind: string }>(
      `SELECT kind FROM edge_gateway.incident WHERE detail->>'role' = $1 ORDER BY at DESC`,
      [this.role],
    )
    return rows.map(({ kind }) => kind)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return rm(this.cwd, { recursive: true, force: true })
  }
}

/** As a token proves itself to the server. */
export function tokenLetters(token: string): string {
  return token.replaceAll('-', '')
}
