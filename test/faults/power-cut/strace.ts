/** Turns what strace printed of a life into steps. The format is that of `strace -f -y -xx`: all texts in hexadecimal. */
import { relative } from 'node:path'
import type { Mark } from './mark.ts'
import type { Step } from './recording.ts'

/** The calls that change something on a disk. */
export const TRACED_CALLS = [
  ...['openat', 'write', 'pwrite64', 'writev', 'pwritev', 'ftruncate', 'fallocate', 'copy_file_range'],
  ...[
    'fsync',
    'fdatasync',
    'rename',
    'renameat',
    'renameat2',
    'unlink',
    'unlinkat',
    'mkdir',
    'mkdirat',
    'rmdir',
  ],
] as const

/** The index of the write-ahead log is never synced, and made again by whoever opens the log. */
const INDEX = /-shm$/
/** What was removed while it was open. */
const REMOVED = / \(deleted\)$/

/** Where the life took place. */
interface LifeFolders {
  readonly dataFolder: string
  readonly marksFile: string
}

interface Call {
  readonly name: string
  readonly args: string
  readonly failed: boolean
}

/** @throws where the life did something to the disk that is not understood here */
export function* stepsOf(lines: Iterable<string>, folders: LifeFolders): Generator<Step> {
  const known = new Set<string>()
  for (const call of completeCalls(lines)) {
    if (call.failed) continue
    for (const step of stepOf(call, folders)) {
      if ('path' in step && (step.path.startsWith('..') || INDEX.test(step.path) || REMOVED.test(step.path)))
        continue
      if (step.did === 'create' && known.has(step.path)) continue
      if (step.did === 'create') known.add(step.path)
      if (step.did === 'remove' || step.did === 'rename') known.delete(step.path)
      if (step.did === 'rename') known.add(step.to)
      yield step
    }
  }
}

/** A call that was interrupted by another thread's stands in two lines; it counts where it ended. */
function* completeCalls(lines: Iterable<string>): Generator<Call> {
  const begun = new Map<string, string>()
  for (const line of lines) {
    const [, thread = '', text = ''] = /^(\d+) +(.*)$/.exec(line) ?? []
    if (text.endsWith('<unfinished ...>')) {
      begun.set(thread, text.slice(0, -'<unfinished ...>'.length).trimEnd())
      continue
    }
    const rest = /^<\.\.\. \w+ resumed>(.*)$/.exec(text)?.[1]
    const whole = rest === undefined ? text : `${begun.get(thread) ?? ''}${rest}`
    const [, name = '', args = '', result = ''] = /^(\w+)\((.*)\) += (\S+)/.exec(whole) ?? []
    if (name !== '') yield { name, args, failed: result.startsWith('-') }
  }
}

function stepOf({ name, args }: Call, { dataFolder, marksFile }: LifeFolders): readonly Step[] {
  const texts = [...args.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map(([, hex]) => bytesOf(hex))
  const file = /^\d+<([^>]*)>/.exec(args)?.[1]
  const opened = file === undefined ? '' : bytesOf(file).toString()
  const path = relative(dataFolder, opened)
  const named = (index: number) => relative(dataFolder, texts[index]?.toString() ?? '')
  const lastNumber = Number(/(\d+)$/.exec(args)?.[1])
  const [bytes = Buffer.alloc(0)] = texts
  switch (name) {
    case 'openat':
      return openSteps(args, named(0))
    case 'write':
      return opened === marksFile ? marksIn(bytes) : notUnderstood(name, path)
    case 'pwrite64':
      return [{ did: 'write', path, at: lastNumber, bytes }]
    case 'ftruncate':
      return [{ did: 'truncate', path, length: lastNumber }]
    case 'fsync':
    case 'fdatasync':
      return [{ did: 'sync', path }]
    case 'rename':
      return [{ did: 'rename', path: named(0), to: named(1) }]
    case 'mkdir':
      return [{ did: 'make folder', path: named(0) }]
    case 'unlink':
    case 'rmdir':
      return [{ did: 'remove', path: named(0) }]
    default:
      return notUnderstood(name, opened === '' ? named(0) : path)
  }
}

function openSteps(args: string, path: string): readonly Step[] {
  if (!args.includes('O_CREAT')) return []
  const create: Step = { did: 'create', path }
  return args.includes('O_TRUNC') ? [create, { did: 'truncate', path, length: 0 }] : [create]
}

/** A call outside the data folder is nobody's concern. */
function notUnderstood(name: string, path: string): readonly Step[] {
  if (path.startsWith('..') || INDEX.test(path)) return []
  throw new Error(`the recording of ${name} on ${path} is not understood`)
}

function marksIn(bytes: Buffer): readonly Step[] {
  const lines = bytes
    .toString()
    .split('\n')
    .filter((line) => line !== '')
  return lines.map((line) => ({ did: 'say', mark: JSON.parse(line) as Mark }))
}

function bytesOf(hex = ''): Buffer {
  return Buffer.from(hex.replaceAll('\\x', ''), 'hex')
}
