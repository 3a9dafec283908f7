import { chmodSync, lstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startGatewaySite } from './parts/gateway-site.ts'
import { scratchFolder } from './parts/opcua-site.ts'
import { type MakeSite, securityCheck } from './security-check.ts'

const OTHERS = 0o077

/** Everything in a folder that others than its owner could use, and the folder itself. */
function openToOthers(path: string): readonly string[] {
  const stat = lstatSync(path)
  const own = (stat.mode & OTHERS) === 0 ? [] : [`${path} has the mode ${(stat.mode & 0o777).toString(8)}`]
  const within = stat.isDirectory() ? readdirSync(path).map((name) => join(path, name)) : []
  return [...own, ...within.flatMap(openToOthers)]
}

/** A data folder after a life in which things were written, with the widest rights that a system may hand to new files. */
const lived: MakeSite<string> = async (stack) => {
  const site = await startGatewaySite(stack, { umask: '000' })
  const ask = (path: string) => fetch(`http://127.0.0.1:${site.port}${path}`).then((answer) => answer.text())
  await ask('/api/v1/session')
  await ask('/status')
  return site.dataFolder
}

/** A folder that was there before, made by somebody who meant well. */
const foundOpen: MakeSite<string> = async (stack) => {
  const prepare = (folder: string) => {
    const data = join(folder, 'data')
    mkdirSync(join(data, 'routes'), { recursive: true, mode: 0o777 })
    writeFileSync(join(data, 'routes', 'mes.json'), '{}', { mode: 0o666 })
    for (const path of [data, join(data, 'routes')]) chmodSync(path, 0o777)
  }
  const site = await startGatewaySite(stack, { umask: '000', prepare })
  return site.dataFolder
}

securityCheck<string>({
  id: 'S21',
  title: 'nothing that a living gateway writes into its data folder can be used by another user',
  judge: openToOthers,
  shipped: { 'where new files get every right': lived, 'where the folder was open before': foundOpen },
  weakened: {
    'a log that a group may read': (stack) => {
      const folder = scratchFolder(stack)
      writeFileSync(join(folder, 'outbox.db'), 'x', { mode: 0o600 })
      chmodSync(join(folder, 'outbox.db'), 0o640)
      return folder
    },
    'a folder that everybody may enter': (stack) => {
      const folder = scratchFolder(stack)
      chmodSync(folder, 0o755)
      return folder
    },
  },
  timeoutMs: 120_000,
})
