/**
 * A computer with a real systemd: a container that boots this machine's own Debian. What it writes goes to memory, laid over the
 * machine's files, and is gone with it. It has no network.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { settle } from '../../src/demo/settle.ts'

/** Why none can be booted here; undefined where one can. */
export function whyNotBooted(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root can boot a container'
  if (spawnSync('systemd-nspawn', ['--version']).status !== 0)
    return 'the package systemd-container is not installed'
  if (!existsSync('/sbin/init')) return 'the package systemd-sysv is not installed'
  if (!existsSync('/usr/sbin/adduser')) return 'the package adduser is not installed'
  const { status, stderr } = spawnSync(
    'systemd-nspawn',
    ['--quiet', '--directory=/', '--volatile=yes', ...CONTAINER, '/usr/bin/true'],
    { timeout: PROBED_MAX_MS, killSignal: 'SIGKILL' },
  )
  return status === 0 ? undefined : `no container can be started: ${stderr.toString().trim()}`
}

/** Without the managers of this machine, which may be a container itself. Its systemd may bind devices to units, which takes bpf(2). */
const CONTAINER = [
  ...['--register=no', '--keep-unit', '--private-network', '--console=pipe'],
  '--system-call-filter=bpf',
]
/** Where systemd binds devices to units by bpf(2), whatever this machine has. */
const CGROUPS = { SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: '1' }
const PROBED_MAX_MS = 120_000
/** Its first step is taken once its systemd is up. */
const BOOTED_MAX_MS = 300_000
const OFF_MAX_MS = 1_500_000
const PROOF = '/proof'

/** Runs a script on it as root, in a folder with the given files, and then turns it off. */
export class BootedComputer implements Disposable {
  readonly #memory = mkdtempSync(join(tmpdir(), 'millrace-computer-'))
  readonly #root = join(this.#memory, 'root')

  constructor() {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'mode=0755', 'millrace-computer', this.#memory])
    for (const folder of ['root', 'upper', 'work']) mkdirSync(join(this.#memory, folder))
    const layers = `lowerdir=/,upperdir=${join(this.#memory, 'upper')},workdir=${join(this.#memory, 'work')}`
    execFileSync('mount', ['-t', 'overlay', '-o', layers, 'millrace-computer', this.#root])
    // Where this machine is a container itself, it keeps packages from starting their services.
    rmSync(join(this.#root, 'usr/sbin/policy-rc.d'), { force: true })
    rmSync(join(this.#root, 'etc/systemd/system/multi-user.target.wants'), { recursive: true, force: true })
  }

  /** Puts nodes of character devices into the folder `devices` beside the script, which everybody may open: `188:0`. */
  addDevices(numbers: readonly string[]): void {
    const folder = join(this.#root, PROOF, 'devices')
    mkdirSync(folder, { recursive: true })
    for (const number of numbers)
      execFileSync('mknod', ['-m', '666', join(folder, number), 'c', ...number.split(':')])
  }

  /**
   * @param files by the name that they are to have there
   * @throws Error with what its console shows, where it does not boot or does not come to the end of the script
   */
  async run(script: string, files: Readonly<Record<string, string>>): Promise<void> {
    const proof = join(this.#root, PROOF)
    mkdirSync(proof, { recursive: true })
    chmodSync(proof, 0o755)
    for (const [name, from] of Object.entries({ ...files, 'steps.sh': script }))
      cpSync(from, join(proof, name))
    writeFileSync(join(this.#root, 'etc/systemd/system/millrace-proof.service'), UNIT)
    const boot = [`--directory=${this.#root}`, '--boot', ...CONTAINER, '--', '--unit=millrace-proof.service']
    const computer = spawn('systemd-nspawn', ['--quiet', ...boot], {
      env: { ...process.env, ...CGROUPS },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let console = ''
    for (const stream of [computer.stdout, computer.stderr])
      stream.on('data', (chunk: Buffer) => {
        console += chunk.toString()
      })
    const isOff = () => computer.exitCode !== null || computer.signalCode !== null
    const hasBooted = () => existsSync(join(proof, 'said'))
    await settle(() => hasBooted() || isOff(), { withinMs: BOOTED_MAX_MS })
    if (hasBooted()) await settle(isOff, { withinMs: OFF_MAX_MS })
    if (!isOff()) turnOffByForce(computer)
    if (!existsSync(join(proof, 'said/journal')))
      throw new Error(
        `the computer did not ${hasBooted() ? 'come to the end of its steps' : 'boot'}:\n${console}`,
      )
  }

  /** What the script has written into a file of its folder `said`. */
  said(name: string): string {
    return readFileSync(join(this.#root, PROOF, 'said', name), 'utf8').trimEnd()
  }

  [Symbol.dispose](): void {
    spawnSync('umount', ['--lazy', this.#root])
    spawnSync('umount', ['--lazy', this.#memory])
    rmSync(this.#memory, { recursive: true, force: true })
  }
}

/** Its first process would outlive the one that has started it; everything else in the container ends with it. */
function turnOffByForce({ pid }: ChildProcess): void {
  const inside = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  for (const one of inside.split(' ').filter(Boolean)) process.kill(Number(one), 'SIGKILL')
}

const UNIT = `[Unit]
Requires=basic.target dbus.service
After=basic.target dbus.service
SuccessAction=poweroff-force
FailureAction=poweroff-force
[Service]
Type=oneshot
TimeoutStartSec=${OFF_MAX_MS / 1_000 - 10}
ExecStart=-/bin/sh ${PROOF}/steps.sh ${PROOF}
`
