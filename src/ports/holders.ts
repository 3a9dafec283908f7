/**
 * Which programs hold a port open. Two readers of a port get a part of the bytes each, and nothing of the system prevents that:
 * the lock that serial programs put on a port binds only those that ask for it.
 */
import { readdir, readFile, readlink } from 'node:fs/promises'
import { basename, join } from 'node:path'

/** A program that has a port open. */
export interface Holder {
  readonly pid: string
  readonly program: string
  /** This gateway itself. */
  readonly isUs: boolean
}

/** The other end of every pseudo-terminal is opened by this name. */
const PTY_MASTER = /\/ptmx$/
/** Of these the name alone says little. */
const INTERPRETERS = /^(?:node|python|perl|ruby|java|sh|bash)[\d.]*$/
const PTY_PORT = /^\/dev\/pts\/(\d+)$/

/**
 * The programs that hold a port open, as far as this user may know: of other users' programs only root sees the files.
 * @param path without links
 */
export async function holdersOf(path: string, proc: string): Promise<readonly Holder[]> {
  const us = await readlink(join(proc, 'self')).catch(() => '')
  const holders: Holder[] = []
  // One process after the other: there may be thousands of files.
  for (const pid of await processesIn(proc)) {
    if (await holds(join(proc, pid), path))
      holders.push({ pid, program: await programOf(join(proc, pid)), isUs: pid === us })
  }
  return holders
}

/** How messages name them: `screen (process 812) and ModemManager (process 433)`. */
export function holdersText(holders: readonly Holder[]): string {
  return holders.map(({ program, pid }) => `${program} (process ${pid})`).join(' and ')
}

/** The names of all programs that run here, whoever runs them. */
export async function runningPrograms(proc: string): Promise<readonly string[]> {
  const pids = await processesIn(proc)
  return await Promise.all(pids.map((pid) => programOf(join(proc, pid))))
}

async function processesIn(proc: string): Promise<readonly string[]> {
  const names = await readdir(proc).catch(() => [])
  return names.filter((name) => /^\d+$/.test(name))
}

async function holds(folder: string, path: string): Promise<boolean> {
  const files = await readdir(join(folder, 'fd')).catch(() => [])
  const targets = await Promise.all(
    files.map(async (file) => ({
      file,
      target: await readlink(join(folder, 'fd', file)).catch(() => ''),
    })),
  )
  if (!targets.some(({ target }) => target === path)) return false
  const number = PTY_PORT.exec(path)?.[1]
  if (number === undefined) return true
  const masters = targets.filter(({ target }) => PTY_MASTER.test(target))
  const owned = await Promise.all(masters.map(({ file }) => terminalOf(join(folder, 'fdinfo', file))))
  return !owned.includes(number)
}

/** The number of the pseudo-terminal whose other end an open file is: that program plays the device, and takes nothing from it. */
async function terminalOf(file: string): Promise<string | undefined> {
  return /^tty-index:\s*(\d+)$/m.exec(await readFile(file, 'utf8').catch(() => ''))?.[1]
}

async function programOf(folder: string): Promise<string> {
  const words = (await readFile(join(folder, 'cmdline'), 'utf8').catch(() => '')).split('\0')
  const [program = '', script = ''] = words.map((word) => basename(word))
  if (program === '') return 'a program'
  return INTERPRETERS.test(program) && script !== '' ? `${program} ${script}` : program
}
