/**
 * Lays the tree of an installation into a folder: what stands in /opt/millrace, in the Debian package, in the image and wherever
 * somebody unpacks it. Everything of it can be read by everybody, and nothing of it is ever written by the gateway.
 *
 *     bin/millrace          starts it
 *     dist/, node_modules/  the compiled program, its pages, the packages that it needs, and Node.js itself
 *     build.json            what `millrace --version` names
 *     share/                manual page, completions, documents, licences, bill of materials, and a first gateway.yaml
 */
import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, lstatSync, lutimesSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { allCommands } from '../../src/commands/command-line.ts'
import { completionScript } from '../../src/commands/completion.ts'
import { billOfMaterials } from './bill-of-materials.ts'
import { ARCHITECTURES, CHECKOUT, type Release, readManifest } from './checkout.ts'
import { putDocuments } from './documents.ts'
import { licencesOf } from './licences.ts'
import { manPage } from './man-page.ts'
import { copyModules } from './modules.ts'
import { putNode } from './node-runtime.ts'

/** @param tree a folder that is empty or not there */
export async function stageTree(tree: string, release: Release): Promise<void> {
  mkdirSync(tree, { recursive: true })
  execFileSync(process.execPath, ['tools/build.ts', join(tree, 'dist')], { cwd: CHECKOUT, stdio: 'inherit' })
  copyModules(tree, release.architecture)
  putNode(join(tree, 'node_modules'), release.architecture)
  cpSync(join(CHECKOUT, 'packaging/bin'), join(tree, 'bin'), { recursive: true })
  await describeTree(tree, release)
}

/** Writes what names the release, and what people read of it, in place of what is there. */
export async function describeTree(tree: string, release: Release): Promise<void> {
  const { version, commit, epochSeconds, architecture } = release
  const share = join(tree, 'share')
  mkdirSync(join(share, 'completions'), { recursive: true })
  const { name, description, license, dependencies, engines } = readManifest()
  writeJson(join(tree, 'package.json'), {
    ...{ name, version, description, license },
    ...{ private: true, type: 'module', engines, dependencies },
  })
  const date = new Date(epochSeconds * 1_000).toISOString().slice(0, 'yyyy-mm-dd'.length)
  writeJson(join(tree, 'build.json'), { commit, date, platform: `linux-${ARCHITECTURES[architecture]}` })
  const commands = await allCommands()
  for (const shell of ['bash', 'zsh', 'fish'] as const)
    writeFileSync(join(share, 'completions', shell), completionScript(shell, commands))
  writeFileSync(join(share, 'millrace.1'), manPage(commands, release))
  writeFileSync(join(share, 'copyright'), licencesOf(tree))
  writeFileSync(join(share, 'sbom.cdx.json'), billOfMaterials(release))
  cpSync(join(CHECKOUT, 'packaging/etc/gateway.yaml'), join(share, 'gateway.yaml'))
  cpSync(join(CHECKOUT, 'packaging/systemd/egress.conf'), join(share, 'egress.conf'))
  putDocuments(join(share, 'docs'))
  makePlain(tree, epochSeconds)
}

/** The same modes and times whoever builds it, and whenever. */
export function makePlain(folder: string, epochSeconds: number): void {
  for (const name of readdirSync(folder, { recursive: true }).concat('.')) {
    const path = join(folder, name.toString())
    const stat = lstatSync(path)
    const isExecutable = stat.isDirectory() || (stat.mode & 0o100) !== 0
    if (!stat.isSymbolicLink()) chmodSync(path, isExecutable ? 0o755 : 0o644)
    lutimesSync(path, epochSeconds, epochSeconds)
  }
}

function writeJson(file: string, value: object): void {
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`)
}
