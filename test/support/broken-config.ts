/** Broken configurations as data: each case is a folder that is copied over a valid configuration, with the faults to expect. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const CASES = fileURLToPath(new URL('../cases/broken-config/', import.meta.url))

export const SOUND_GATEWAY = `gateway: edge-test-01
organization: SAV
plant: SAV-1
timezone: Europe/Rome
central:
  url: postgres://gateway@db.plant.example/mes
`

export const SOUND_MAP = `machine: PRESS-07
device: {driver: modbus-tcp, host: 10.20.3.17}
signals:
  alive: {at: 40100, type: u16, role: heartbeat}
  state: {at: 40101, type: u16, names: {1: auto_run, 3: fault}}
status:
  - {when: {state: fault}, is: down}
  - {when: {state: auto_run}, is: running}
  - {else: true, is: idle}
`

export const brokenConfigs: readonly string[] = readdirSync(CASES).sort()

/** A folder of its own with a sound `config/gateway.yaml` and an empty `devices/`. */
export function soundFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-config-'))
  mkdirSync(join(folder, 'config'))
  mkdirSync(join(folder, 'devices'))
  writeFileSync(join(folder, 'config/gateway.yaml'), SOUND_GATEWAY)
  return folder
}

/** A sound folder with one case laid over it. */
export function brokenFolder(name: string): string {
  const folder = soundFolder()
  for (const part of ['config', 'devices']) {
    const source = join(CASES, name, part)
    if (existsSync(source)) cpSync(source, join(folder, part), { recursive: true })
  }
  return folder
}

/** The faults of a case, line by line as `check` prints them. */
export function expectedFaults(name: string): string {
  return readFileSync(join(CASES, name, 'expected.txt'), 'utf8')
}
