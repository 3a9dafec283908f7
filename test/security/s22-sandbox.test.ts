import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { scratchFolder } from './parts/opcua-site.ts'
import { type MakeSite, securityCheck } from './security-check.ts'

const UNIT = join(import.meta.dirname, '../../packaging/systemd/millrace.service')

/** In tenths, from 0 (shut in) to 100 (free to do anything). */
const EXPOSURE_MAX = 15

/** A unit file, as systemd would read it. */
interface Unit {
  readonly file: string
}

/** What keeps a program that was taken over from the rest of the computer, whatever systemd's own sum says. */
const NEEDED: readonly RegExp[] = [
  /^User=(?!root)\w+$/m,
  /^NoNewPrivileges=yes$/m,
  /^ProtectSystem=strict$/m,
  /^ProtectHome=yes$/m,
  /^CapabilityBoundingSet=$/m,
  /^UMask=0077$/m,
  /^LimitCORE=0$/m,
  /^DevicePolicy=closed$/m,
]

function judge({ file }: Unit): readonly string[] {
  const text = readFileSync(file, 'utf8')
  const args = ['security', '--offline=yes', `--threshold=${EXPOSURE_MAX}`, '--no-pager', file]
  const { status, stdout, stderr } = spawnSync('systemd-analyze', args, { encoding: 'utf8' })
  const exposure = /exposure level for .*: ([\d.]+)/.exec(stdout)?.[1] ?? stderr
  return [
    ...(status === 0 ? [] : [`its exposure is ${exposure}, more than ${EXPOSURE_MAX / 10}`]),
    ...NEEDED.filter((needed) => !needed.test(text)).map((needed) => `it lacks ${needed.source}`),
  ]
}

function without(line: RegExp, instead = ''): MakeSite<Unit> {
  return (stack) => {
    const file = join(scratchFolder(stack), 'millrace.service')
    writeFileSync(file, readFileSync(UNIT, 'utf8').replace(line, instead))
    return { file }
  }
}

const bare: MakeSite<Unit> = (stack) => {
  const file = join(scratchFolder(stack), 'millrace.service')
  writeFileSync(file, '[Service]\nExecStart=/opt/millrace/bin/millrace run\n')
  return { file }
}

securityCheck<Unit>({
  id: 'S22',
  title: 'the unit of the package leaves the service as little as it needs',
  judge,
  shipped: () => ({ file: UNIT }),
  weakened: {
    'a unit without a sandbox': bare,
    'one that runs as root': without(/^User=.*$/m),
    'one that may gain rights': without(/^NoNewPrivileges=yes$/m, 'NoNewPrivileges=no'),
    'one that may write anywhere': without(/^ProtectSystem=strict$/m),
    'one that keeps every capability': without(/^CapabilityBoundingSet=$/m),
  },
  cannotBeTried: hasAnalyzer() ? undefined : 'systemd-analyze is not installed',
})

function hasAnalyzer(): boolean {
  return spawnSync('systemd-analyze', ['--version']).status === 0
}
