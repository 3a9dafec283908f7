/** A release with many maps, which all say the same number: of a mixture of two releases they would not. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ReleaseFile } from '../../src/releases/release-files.ts'
import { releaseFolders } from '../../src/releases/settings.ts'
import { releasedMap } from './release-site.ts'

const MACHINES = 20

export function machinesOfRelease(register: number): readonly ReleaseFile[] {
  return Array.from({ length: MACHINES }, (_, index) => {
    const machine = `M-${index}`
    return {
      path: `devices/${machine.toLowerCase()}.yaml`,
      bytes: Buffer.from(releasedMap(machine, register)),
    }
  })
}

/** The numbers that the maps in force say, each once, and how many maps there are. */
export function numbersInForce(dataFolder: string): {
  readonly numbers: readonly number[]
  readonly maps: number
} {
  const { devices } = releaseFolders(dataFolder)
  const names = readdirSync(devices)
  const texts = names.map((name) => readFileSync(join(devices, name), 'utf8'))
  const numbers = texts.map((text) => Number(/at: (\d+)/.exec(text)?.[1]))
  return { numbers: [...new Set(numbers)], maps: names.length }
}

/** What is in force after a release was taken whole. */
export function wholeRelease(register: number): ReturnType<typeof numbersInForce> {
  return { numbers: [register], maps: MACHINES }
}
