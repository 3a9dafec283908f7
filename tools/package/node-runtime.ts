/** Node.js for a package: the binary that npm has brought, or, for another architecture, the one that package-lock.json pins. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Architecture, CHECKOUT, lockedNode } from './checkout.ts'

/** What of it a gateway needs; headers and manuals stay behind. */
const KEPT = ['bin/node', 'LICENSE', 'package.json']

/**
 * Puts it where dist/node.sh looks for it.
 * @throws Error where it is for another architecture and cannot be fetched, or is not what package-lock.json pins
 */
export function putNode(modules: string, architecture: Architecture): void {
  const { name } = lockedNode(architecture)
  const brought = join(CHECKOUT, 'node_modules', name)
  if (existsSync(brought)) {
    copyKept(brought, join(modules, name))
    return
  }
  const folder = mkdtempSync(join(tmpdir(), 'millrace-node-'))
  try {
    copyKept(fetchNode(folder, architecture), join(modules, name))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function copyKept(from: string, to: string): void {
  mkdirSync(to, { recursive: true })
  for (const file of KEPT) cpSync(join(from, file), join(to, file))
}

/** @returns the folder of the unpacked package */
function fetchNode(folder: string, architecture: Architecture): string {
  const { name, version, integrity } = lockedNode(architecture)
  const archive = execFileSync('npm', ['pack', '--silent', `${name}@${version}`], { cwd: folder })
    .toString()
    .trim()
  const sum = createHash('sha512')
    .update(readFileSync(join(folder, archive)))
    .digest('base64')
  if (integrity !== `sha512-${sum}`)
    throw new Error(
      `${archive} is not what package-lock.json pins: it is sha512-${sum}, and not ${integrity}`,
    )
  execFileSync('tar', ['-xzf', archive], { cwd: folder })
  return join(folder, 'package')
}
