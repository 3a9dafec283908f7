/** Runs many seeds of damage on each wire, several beside each other. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fuzzModbus, fuzzOpcUa, startTickingServer } from './fuzz-devices.ts'
import { fuzzPostgres, LANES, startFuzzSite } from './fuzz-postgres.ts'

/** Tries one seed. @returns what was wrong; nothing, as a rule */
type Fuzz = (seed: number) => Promise<readonly string[]>

/** What is needed for all seeds of a wire is put on the stack. */
type Prepare = (stack: AsyncDisposableStack, folder: string) => Promise<Fuzz>

export const WIRES: Readonly<Record<string, Prepare>> = {
  postgres: async (stack, folder) => {
    const site = stack.use(await startFuzzSite(folder))
    return (seed) => fuzzPostgres(site, seed)
  },
  modbus: async () => fuzzModbus,
  opcua: async (stack, folder) => {
    const server = stack.use(await startTickingServer(folder))
    return (seed) => fuzzOpcUa(server, folder, seed)
  },
}

/** @returns what was wrong, each with its seed; errors that nobody caught are up to the caller */
export async function fuzzWire(prepare: Prepare, seed: number, count: number): Promise<readonly string[]> {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'millrace-fuzz-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const fuzz = await prepare(stack, folder)
  const findings: string[] = []
  const lane = async (first: number) => {
    for (let one = first; one < seed + count; one += LANES) {
      const wrong = await fuzz(one).catch((error: Error) => [`it threw ${error.stack}`])
      if (wrong.length > 0) findings.push(`seed ${one}: ${wrong.join('; ')}`)
    }
  }
  await Promise.all(Array.from({ length: LANES }, (_, n) => lane(seed + n)))
  return findings
}

/** For the command line. @returns whether nothing was wrong */
export async function fuzzCampaign(wires: readonly string[], seed: number, count: number): Promise<boolean> {
  const uncaught: string[] = []
  const note = (error: unknown) =>
    void uncaught.push(error instanceof Error ? String(error.stack) : String(error))
  process.on('uncaughtException', note)
  process.on('unhandledRejection', note)
  let found = 0
  for (const name of wires) {
    const prepare = WIRES[name]
    if (!prepare) throw new Error(`there is no wire "${name}"; there are ${Object.keys(WIRES).join(', ')}`)
    const findings = await fuzzWire(prepare, seed, count)
    const all = [...findings, ...uncaught.splice(0).map((stack) => `nobody caught ${stack}`)]
    console.log(`fuzz ${name}: ${count} seeds, ${all.length} findings`)
    for (const finding of all) console.log(`  ${finding}`)
    found += all.length
  }
  return found === 0
}
