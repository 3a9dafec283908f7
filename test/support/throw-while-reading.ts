/**
 * Loaded into a process before its program: at SIGUSR2 the next two texts that patterns are tried on, and at SIGWINCH the next bytes that
 * are made a scan, are thrown as an error that shows them, as a library does whose message holds what it could not handle.
 */
import { RE2JS } from 're2js'

let patternFaults = 0
let byteFaults = 0
process.on('SIGUSR2', () => {
  patternFaults = 2
})
process.on('SIGWINCH', () => {
  byteFaults = 1
})

const { matcher } = RE2JS.prototype
RE2JS.prototype.matcher = function faulty(input) {
  if (patternFaults === 0) return matcher.call(this, input)
  patternFaults -= 1
  throw new TypeError(`cannot match ${String(input)}`)
}

const { from } = Uint8Array
Uint8Array.from = function faulty(this: typeof Uint8Array, ...args: readonly [ArrayLike<number>]) {
  if (byteFaults === 0) return Reflect.apply(from, this, args)
  byteFaults -= 1
  throw new RangeError(`cannot copy ${Buffer.from(args[0]).toString()}`)
} as typeof from
