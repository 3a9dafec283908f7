/** Makes the Debian package of a tree: the tree itself in /opt, its unit, udev rules, manual page and completions where a system looks for them. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { CHECKOUT, type Release } from './checkout.ts'
import { makePlain } from './tree.ts'

const PACKAGING = join(CHECKOUT, 'packaging')
const SCRIPTS = ['preinst', 'postinst', 'prerm', 'postrm']

/** What lies elsewhere in a system than the tree: where, and what of this checkout it is. */
const SYSTEM_FILES = {
  'usr/lib/systemd/system/millrace.service': 'systemd/millrace.service',
  'usr/lib/systemd/journald.conf.d/60-millrace.conf': 'systemd/journald.conf',
  'usr/lib/udev/rules.d/70-millrace-scanners.rules': 'udev/70-millrace-scanners.rules',
  'etc/default/millrace': 'etc/default',
} as const

/** Likewise, of the tree. */
const SHARED_FILES = {
  'usr/share/bash-completion/completions/millrace': 'completions/bash',
  'usr/share/zsh/vendor-completions/_millrace': 'completions/zsh',
  'usr/share/fish/vendor_completions.d/millrace.fish': 'completions/fish',
  'usr/share/doc/millrace/copyright': 'copyright',
  'usr/share/doc/millrace/sbom.cdx.json': 'sbom.cdx.json',
  'usr/share/doc/millrace/examples/egress.conf': 'egress.conf',
} as const

/** Small enough for a bad line, or made and installed at once, for tests. */
export type Compression = 'small' | 'fast'
const COMPRESSIONS = { small: ['-Zxz', '-z6'], fast: ['-Znone'] } as const

interface DebianPackage {
  /** As `stageTree` lays it out. */
  readonly tree: string
  readonly release: Release
  /** Where the package is put. */
  readonly folder: string
  readonly compression?: Compression
}

/** @returns its file */
export function makeDebianPackage({ tree, release, folder, compression = 'small' }: DebianPackage): string {
  const { version, architecture, epochSeconds } = release
  mkdirSync(folder, { recursive: true })
  const root = mkdtempSync(join(tmpdir(), 'millrace-deb-'))
  try {
    layOut(root, tree)
    makePlain(root, epochSeconds)
    writeControl(root, release)
    makePlain(join(root, 'DEBIAN'), epochSeconds)
    const file = join(folder, `millrace_${version}_${architecture}.deb`)
    const build = ['--build', '--root-owner-group', ...COMPRESSIONS[compression], root, file]
    const env = { ...process.env, SOURCE_DATE_EPOCH: String(epochSeconds) }
    execFileSync('dpkg-deb', build, { env, stdio: ['ignore', 'ignore', 'inherit'] })
    return file
  } finally {
    rmSync(root, { recursive: true })
  }
}

function layOut(root: string, tree: string): void {
  cpSync(tree, join(root, 'opt/millrace'), { recursive: true })
  const share = join(tree, 'share')
  for (const [to, from] of Object.entries(SYSTEM_FILES)) cpSync(join(PACKAGING, from), join(root, to))
  for (const [to, from] of Object.entries(SHARED_FILES)) cpSync(join(share, from), join(root, to))
  cpSync(join(share, 'docs'), join(root, 'usr/share/doc/millrace'), { recursive: true })
  put(
    join(root, 'usr/share/man/man1/millrace.1.gz'),
    gzipSync(readFileSync(join(share, 'millrace.1')), { level: 9 }),
  )
  mkdirSync(join(root, 'usr/bin'))
  symlinkSync('/opt/millrace/bin/millrace', join(root, 'usr/bin/millrace'))
}

function writeControl(root: string, { version, architecture }: Release): void {
  const control = join(root, 'DEBIAN')
  const files = readdirSync(root, { recursive: true })
    .map(String)
    .filter((path) => statSync(join(root, path), { throwIfNoEntry: false })?.isFile())
    .toSorted()
  const bytes = files.reduce((sum, path) => sum + statSync(join(root, path)).size, 0)
  const filledIn = (file: string) =>
    readFileSync(join(PACKAGING, 'debian', file), 'utf8')
      .replaceAll('@VERSION@', version)
      .replaceAll('@ARCHITECTURE@', architecture)
      .replaceAll('@INSTALLED_SIZE@', String(Math.ceil(bytes / 1024)))
  put(
    join(control, 'md5sums'),
    files
      .filter(isNoConfiguration)
      .map((path) => `${md5(join(root, path))}  ${path}\n`)
      .join(''),
  )
  put(
    join(control, 'conffiles'),
    files
      .filter((path) => !isNoConfiguration(path))
      .map((path) => `/${path}\n`)
      .join(''),
  )
  put(join(control, 'control'), filledIn('control'))
  for (const script of SCRIPTS) put(join(control, script), filledIn(script), 0o755)
}

function isNoConfiguration(path: string): boolean {
  return !path.startsWith('etc/')
}

function put(file: string, content: string | Buffer, mode = 0o644): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content, { mode })
}

function md5(file: string): string {
  return createHash('md5').update(readFileSync(file)).digest('hex')
}
