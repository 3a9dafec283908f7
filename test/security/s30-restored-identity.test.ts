/** Backups: what somebody finds in one, and what a gateway is that was made of one. */
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeBackup } from '../../src/backup/backup-file.ts'
import { collect } from '../../src/backup/collect.ts'
import { openLogReader } from '../../src/buffer/log-reader.ts'
import { loadConfigWithoutSecrets } from '../../src/config/load-config.ts'
import { openTestOutbox, testFolder } from '../support/buffer.ts'
import { callMillrace } from '../support/called-command.ts'
import { entry } from '../support/entries.ts'
import { releasedMap, writeTexts } from '../support/release-site.ts'
import { securityCheck } from './security-check.ts'

const PASSPHRASE = 'seven wet tractors'
const CANARIES = ['canary-central-password', 'canary-private-key']
const CONFIG = `gateway: edge-1
organization: SAV
plant: SAV-1
timezone: Europe/Rome
devices: devices
data: data
central: {url: "postgres://millrace@127.0.0.1:1/mes", tls: off, password_file: central-password}
`

function gatewaySite(): string {
  const site = testFolder()
  writeTexts(site, {
    'gateway.yaml': CONFIG,
    'central-password': `${CANARIES[0]}\n`,
    'devices/press-07.yaml': releasedMap('PRESS-07'),
    'data/opcua/pki/own/private/private_key.pem': `-----BEGIN PRIVATE KEY-----\n${CANARIES[1]}\n`,
  })
  return site
}

async function backedUp(site: string, ...options: readonly string[]): Promise<string> {
  const file = join(testFolder(), 'edge-1.backup')
  await callMillrace(['backup', file, '--config', 'gateway.yaml', ...options], {
    cwd: site,
    askSecret: async () => PASSPHRASE,
  })
  return file
}

securityCheck<string>({
  id: 'S30',
  title: 'whoever finds a backup finds no password and no key in it',
  judge: (file) => {
    const text = readFileSync(file, 'latin1')
    return CANARIES.filter((canary) => text.includes(canary)).map((canary) => `it shows ${canary}`)
  },
  shipped: {
    'behind a passphrase': () => backedUp(gatewaySite()),
    'without one': () => backedUp(gatewaySite(), '--open'),
  },
  weakened: {
    'secrets without a passphrase': async () => {
      const site = gatewaySite()
      const config = loadConfigWithoutSecrets({ file: 'gateway.yaml', env: {}, cwd: site })
      const { files } = await collect({ configFile: join(site, 'gateway.yaml'), config, cwd: site }, true)
      const made = '2026-01-31T00:00:00.000Z'
      const about = { gateway: 'edge-1', organization: 'SAV', made, version: '0', leftOut: [], stream: null }
      const file = join(testFolder(), 'open.backup')
      writeFileSync(file, await writeBackup({ about, files }, undefined))
      return file
    },
  },
})

interface RestoredSite {
  readonly old: string
  readonly fresh: string
}

/** A gateway that has events in its log. */
async function usedSite(): Promise<string> {
  const site = gatewaySite()
  await using outbox = await openTestOutbox({ file: join(site, 'data', 'outbox.db') })
  for (const number of [1, 2, 3]) await outbox.append(entry(number))
  return site
}

securityCheck<RestoredSite>({
  id: 'S30',
  title: 'what is made of a backup is the same gateway with a new log, and uses no number again',
  judge: ({ old, fresh }) => {
    const found = existsSync(join(fresh, 'devices', 'press-07.yaml')) ? [] : ['its maps are gone']
    const log = join(fresh, 'data', 'outbox.db')
    if (!existsSync(log)) return found
    using before = openLogReader(join(old, 'data', 'outbox.db'))
    using after = openLogReader(log)
    const isSame = before.identity.incarnation === after.identity.incarnation
    return isSame ? [...found, 'two gateways would count on under one incarnation'] : found
  },
  shipped: async () => {
    const old = await usedSite()
    const file = await backedUp(old)
    const fresh = testFolder()
    const options = { cwd: fresh, askSecret: async () => PASSPHRASE }
    await callMillrace(['restore', file, '--config', 'gateway.yaml'], options)
    return { old, fresh }
  },
  weakened: {
    'the whole folder was copied in place of a backup': async () => {
      const old = await usedSite()
      const fresh = testFolder()
      cpSync(old, fresh, { recursive: true })
      return { old, fresh }
    },
  },
})
