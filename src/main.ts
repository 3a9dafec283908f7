#!/usr/bin/env node
/**
 * The command line. The only file that touches `process`: it hands commands their world and turns what they return into
 * an exit code. Node's version is checked before anything native is loaded, because an older one falls without a word.
 */
import type { CommandContext } from './commands/command.ts'

const NODE_MIN = [22, 13] as const

const versions = process.versions.node.split('.').map(Number)
const [major = 0, minor = 0] = versions
if (major < NODE_MIN[0] || (major === NODE_MIN[0] && minor < NODE_MIN[1])) {
  process.stderr.write(
    `millrace needs Node.js ${NODE_MIN.join('.')} or newer, and this is ${process.versions.node}.\n` +
      'In a checkout, run it as: npm run --silent millrace -- <command>\n',
  )
  process.exit(2)
}

const stop = new AbortController()
process.on('SIGTERM', () => stop.abort())
process.on('SIGINT', () => stop.abort())
// Where the reader of our output has gone away, there is nobody left to tell.
process.stdout.on('error', () => stop.abort())

const context: Omit<CommandContext, 'args'> = {
  env: process.env,
  cwd: process.cwd(),
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  isTerminal: process.stdout.isTTY === true,
  node: process.execPath,
  program: process.argv[1] ?? 'millrace',
  signal: stop.signal,
  onReload: (listener) => {
    process.on('SIGHUP', listener)
    return () => process.off('SIGHUP', listener)
  },
}

const { runCommandLine } = await import('./commands/command-line.ts')
process.exitCode = await runCommandLine(process.argv.slice(2), context)
// A library may keep a socket or a timer; what matters is on disk by now, and the exit code is decided.
setTimeout(() => process.exit(), 1_000).unref()
