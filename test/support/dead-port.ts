/** A port at which nothing answers, as a device without power: not even a refusal comes. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

export interface DeadPort extends AsyncDisposable {
  readonly port: number
}

const LISTEN =
  "require('net').createServer().listen({port: 0, host: '127.0.0.1', backlog: 1}, function () { console.log(this.address().port) })"
/** More than the kernel takes for a process that accepts none. */
const FILLERS = 8

/** A process that stands still accepts no connection; once its queue is full, the kernel drops whatever asks for one. */
export async function startDeadPort(): Promise<DeadPort> {
  const child = spawn(process.execPath, ['-e', LISTEN], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [printed] = await once(child.stdout, 'data')
  const port = Number(printed)
  child.kill('SIGSTOP')
  const fillers = Array.from({ length: FILLERS }, () => connect({ port, host: '127.0.0.1' }))
  for (const filler of fillers) filler.on('error', () => undefined) // They never get further than this.
  await wait(200)
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      for (const filler of fillers) filler.destroy()
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
    },
  }
}
