/** Device maps and routes from elsewhere: what is not signed, older, cut or changed stays out, and a kill leaves no mixture. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { testFolder } from '../support/buffer.ts'
import { startBundleServer } from '../support/bundle-server.ts'
import { makeRepository, makeSigner } from '../support/git-repository.ts'
import { numbersInForce } from '../support/release-of-many.ts'
import { releasedMap, releaseSite } from '../support/release-site.ts'
import { bundleSigner } from '../support/signed-bundle.ts'
import { securityCheck } from './security-check.ts'

const PRESS = { 'devices/press-07.yaml': releasedMap('PRESS-07') }
const OTHER = { 'devices/press-07.yaml': releasedMap('PRESS-07', 40_102) }

/** Offers made to a gateway that has a release in force. */
interface OfferedSite {
  /** What an attacker offers, and what it comes to. */
  readonly offers: Readonly<Record<string, () => Promise<void>>>
  readonly maps: () => string | undefined
}

async function taken({ offers, maps }: OfferedSite): Promise<readonly string[]> {
  const before = maps()
  const found: string[] = []
  for (const [what, offer] of Object.entries(offers)) {
    await offer()
    if (maps() !== before) found.push(`${what} came into force`)
  }
  return found
}

async function gitSite(signers: boolean): Promise<OfferedSite> {
  const site = releaseSite()
  const repository = makeRepository(join(site.folder, 'checkout'))
  const anna = makeSigner(site.folder, 'anna')
  const mallory = makeSigner(site.folder, 'mallory')
  writeFileSync(join(site.folder, 'allowed-signers'), anna.line)
  const signed = signers ? ', allowed_signers_file: allowed-signers' : ''
  const section = `{git: {path: ${repository.folder}${signed}}}`
  const first = repository.commit(OTHER, { signedWith: anna.key, date: '2026-01-02T00:00:00Z' })
  repository.commit(PRESS, { signedWith: anna.key, date: '2026-01-03T00:00:00Z' })
  await site.look(section)
  const offer = (commit: () => void) => async () => {
    commit()
    await site.look(section)
  }
  return {
    maps: () => site.maps()['press-07.yaml'],
    offers: {
      'a commit that nobody signed': offer(() => repository.commit(OTHER)),
      'a commit that somebody else signed': offer(() =>
        repository.commit(OTHER, { signedWith: mallory.key }),
      ),
      'an older commit with a good signature': offer(() =>
        repository.git('reset', '--quiet', '--hard', first),
      ),
    },
  }
}

securityCheck<OfferedSite>({
  id: 'S25',
  title: 'a commit comes into force only where a known person has signed it, and never an older one',
  judge: taken,
  shipped: () => gitSite(true),
  weakened: { 'nobody said who may sign': () => gitSite(false) },
})

async function bundleSite(
  stack: AsyncDisposableStack,
  weakened: 'trusts the key of somebody else' | 'forgot what is in force' | undefined,
): Promise<OfferedSite> {
  const site = releaseSite()
  const server = stack.use(await startBundleServer(site.folder))
  const [ours, mallory] = [bundleSigner(), bundleSigner()]
  const section = `{bundle: {url: "${server.url}", public_key_file: release.pub, ca_file: ${server.caFile}}}`
  writeFileSync(join(site.folder, 'release.pub'), ours.publicKey)
  server.bundle = await ours.bundle(PRESS, 7)
  await site.look(section)
  if (weakened === 'trusts the key of somebody else')
    writeFileSync(join(site.folder, 'release.pub'), mallory.publicKey)
  if (weakened === 'forgot what is in force')
    rmSync(join(site.dataFolder, 'releases', 'current', 'release.json'))
  const whole = await ours.bundle(OTHER, 8)
  const changed = Buffer.from(whole)
  changed.write('40103', changed.indexOf('40102'))
  const offer = (bundle: () => Uint8Array | Promise<Uint8Array>) => async () => {
    server.bundle = await bundle()
    await site.look(section)
  }
  return {
    maps: () => site.maps()['press-07.yaml'],
    offers: {
      'a bundle that somebody else signed': offer(() => mallory.bundle(OTHER, 8)),
      'a bundle that was changed': offer(() => changed),
      'a bundle that was cut': offer(() => whole.subarray(0, 2_000)),
      'an older bundle with a good signature': offer(() => ours.bundle(OTHER, 6)),
    },
  }
}

securityCheck<OfferedSite>({
  id: 'S25',
  title: 'a bundle comes into force only as it was signed, and never an older one',
  judge: taken,
  shipped: (stack) => bundleSite(stack, undefined),
  weakened: {
    'it trusts the key of somebody else': (stack) => bundleSite(stack, 'trusts the key of somebody else'),
    'what is in force was forgotten': (stack) => bundleSite(stack, 'forgot what is in force'),
  },
})

const STEPS = ['written', 'noted', 'named', 'linked', 'in force', 'swept']

interface InstallerSite {
  /** A program that brings a release into force, and kills itself after a step. */
  readonly installer: string
}

const program = (name: string): InstallerSite => ({
  installer: fileURLToPath(new URL(`../support/${name}.ts`, import.meta.url)),
})

async function run(file: string, dataFolder: string, register: number, step?: string): Promise<void> {
  const args = [...process.execArgv, file, dataFolder, String(register), ...(step ? [step] : [])]
  await once(spawn(process.execPath, args, { stdio: 'ignore' }), 'exit')
}

securityCheck<InstallerSite>({
  id: 'S25',
  title: 'a kill while a release comes into force leaves the old one or the new one',
  judge: async ({ installer }) => {
    const found: string[] = []
    for (const step of STEPS) {
      const dataFolder = testFolder()
      await run(program('install-and-die').installer, dataFolder, 40_101)
      await run(installer, dataFolder, 40_202, step)
      const { numbers } = numbersInForce(dataFolder)
      if (numbers.length !== 1) found.push(`killed once it was ${step}, it left a mixture of two releases`)
    }
    return found
  },
  shipped: () => program('install-and-die'),
  weakened: { 'files are written over those in force': () => program('overwrite-and-die') },
  timeoutMs: 120_000,
})
