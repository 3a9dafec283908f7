/**
 * Runs in a network of its own: a device server that is cut off in the moment in which the gateway answers a scan.
 * Prints what the gateway makes of it, and after how long.
 */
import { spawnSync } from 'node:child_process'
import { tcpCable } from '../../simulators/scanner/tcp-cable.ts'
import { LinkLost } from '../../src/domain/errors.ts'
import { endOfScanner, scannerContext, scannerOf } from './scanner-bench.ts'
import { transportOf } from './scanner-folders.ts'

spawnSync('ip', ['link', 'set', 'lo', 'up'])
const cable = await tcpCable()
const transport = transportOf('tcp')
const scanner = scannerOf(transport, { tcp: cable.address })
const link = await transport.connect(scanner, scannerContext(), new AbortController().signal)
spawnSync('ip', ['link', 'set', 'lo', 'down'])
const beganMs = performance.now()
await link.acknowledge?.(Buffer.from([0x06]))
const { fault } = await endOfScanner(link)
const { code, message } = fault instanceof LinkLost ? fault : { code: 'none', message: String(fault) }
console.log(JSON.stringify({ code, message, afterMs: Math.round(performance.now() - beganMs) }))
process.exit()
