/** Disks of a few megabytes, so that a test can really fill one. */
import { execFileSync } from 'node:child_process'
import { onTestFinished } from 'vitest'
import { testFolder } from './buffer.ts'

/** Whether a program ends well. */
export function succeeds(program: string, ...args: readonly string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** A small disk of its own in memory; needs root. */
export function smallDisk(size = '3m'): { readonly folder: string; grow(): void } {
  const folder = testFolder()
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder])
  onTestFinished(() => void execFileSync('umount', ['--lazy', folder]))
  return { folder, grow: () => void execFileSync('mount', ['-o', 'remount,size=64m', folder]) }
}

/** Whether this computer lets a test do that. */
export const canMount = (() => {
  const folder = '/proc/self/cwd'
  return process.getuid?.() === 0 && succeeds('unshare', '--mount', 'mount', '-t', 'tmpfs', 'tmpfs', folder)
})()
