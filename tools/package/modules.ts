/** Copies the packages that the program needs at run time, without what no gateway of an architecture ever loads. */
import { cpSync, readdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { ARCHITECTURES, type Architecture, CHECKOUT, runtimePackages } from './checkout.ts'

/** Types, maps of sources, the sources of native parts, which come ready-made, native parts for Bare, and what tools keep under names with a dot. */
const NEVER_LOADED = /\.(?:d\.[cm]?ts|map|tsbuildinfo|c|cc|cpp|h|hpp|gyp|gypi|tar\.gz|bare)$|\/\.[^/]+$/
/** Whole folders of that, by the package that they are in. */
const SOURCES_OF_NATIVE_PARTS = [
  'better-sqlite3/deps',
  'better-sqlite3/src',
  'node-hid/hidapi',
  'node-hid/src',
  '@serialport/bindings-cpp/src',
]

export function copyModules(tree: string, architecture: Architecture): void {
  for (const folder of runtimePackages().keys()) copyPackage(join(CHECKOUT, folder), join(tree, folder))
  for (const folder of SOURCES_OF_NATIVE_PARTS)
    rmSync(join(tree, 'node_modules', folder), { recursive: true, force: true })
  keepNativePartsOf(join(tree, 'node_modules'), architecture)
}

/** Packages within a package have entries of their own in package-lock.json. */
function copyPackage(from: string, to: string): void {
  const inner = join(from, 'node_modules')
  cpSync(from, to, {
    recursive: true,
    filter: (path) => path !== inner && !NEVER_LOADED.test(path.slice(from.length)),
  })
}

/** Native parts come for every system; those of others are taken away. */
function keepNativePartsOf(modules: string, architecture: Architecture): void {
  const files = readdirSync(modules, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  )
  for (const { name, parentPath } of files)
    if (name.endsWith('.node') && !isFor(`${basename(parentPath)}/${name}`, architecture))
      rmSync(join(parentPath, name))
}

/**
 * @param part its folder and name: `prebuilds/linux-x64.node`, `HID-linux-x64/node-napi-v4.node`,
 *   `linux-arm64/@serialport+bindings-cpp.armv8.glibc.node`
 */
function isFor(part: string, architecture: Architecture): boolean {
  const system = new RegExp(`(?:^|[-/])linux-${ARCHITECTURES[architecture]}(?:[./]|$)`)
  return system.test(part) && !part.includes('musl')
}
