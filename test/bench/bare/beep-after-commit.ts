/** The least that a beep after a commit can cost: a socket, and `better-sqlite3` with one insert and one synced commit a scan. */
import { connect } from 'node:net'
import { answer } from '../child.ts'
import { openBareLog } from './sqlite-append.ts'

export type BeepAfterCommit = {
  /** Connects to a scanner, and answers each of its lines once it is stored. */
  readonly start: (site: { readonly port: number; readonly file: string; readonly beep: string }) => void
}

const answers: BeepAfterCommit = {
  start: ({ port, file, beep }) => {
    const log = openBareLog(file)
    const socket = connect(port, '127.0.0.1').setNoDelay(true).setEncoding('utf8')
    let line = ''
    socket.on('data', (text) => {
      const codes = `${line}${text}`.split('\r')
      line = codes.pop() ?? ''
      for (const data of codes) {
        const scan = { kind: 'scan', data }
        log.append([scan], 1, undefined)
        socket.write(beep)
      }
    })
  },
}

answer(answers)
