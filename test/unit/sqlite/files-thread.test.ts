import { execFileSync } from 'node:child_process'
import { globSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import type { ThreadFault } from '../../../src/runtime/thread-link.ts'
import { FileLink, filesThread } from '../../../src/sqlite/files-thread/file-link.ts'
import { testFolder } from '../../support/buffer.ts'

interface NotesCalls {
  note(text: string): void
  notes(): readonly string[]
  exit(): void
}

/** The file of notes is a list in memory, which shows whether it was opened anew. */
const NOTES = `export const own = ({ file }) => ({
  name: 'notes',
  file,
  open: () => {
    if (file === 'locked') throw Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' })
    const kept = []
    return {
      note: (text) => void kept.push(text),
      notes: () => kept,
      exit: () => process.exit(3),
      close: () => {},
    }
  },
})
`

function notesIn(thread: ReturnType<typeof filesThread>, file: string, owned = `the notes ${file}`) {
  const module = join(testFolder(), 'own.mjs')
  writeFileSync(module, NOTES)
  return linkTo(thread, pathToFileURL(module), file, owned)
}

function linkTo(thread: ReturnType<typeof filesThread>, module: URL, file: string, owned: string) {
  const errorOf = ({ message, hint }: ThreadFault) => new Error([message, hint].filter(Boolean).join('; '))
  const link = new FileLink<NotesCalls, { file: string }>({ thread, module, setup: { file }, owned, errorOf })
  onTestFinished(() => link[Symbol.asyncDispose]())
  return link
}

test('files that share a thread are called in the order of the calls, each for itself', async () => {
  const thread = filesThread('notes')
  const [one, other] = [notesIn(thread, 'one'), notesIn(thread, 'other')]
  const answers = await Promise.all([
    one.call('note', 'a'),
    other.call('note', 'b'),
    one.call('notes'),
    one.call('note', 'c'),
    other.call('notes'),
    one.call('notes'),
  ])
  expect(answers).toEqual([undefined, undefined, ['a'], undefined, ['b'], ['a', 'c']])
})

test('a file that cannot be opened, and one of which the program is gone, leave the other ones alone', async () => {
  const thread = filesThread('notes')
  const [good, locked] = [notesIn(thread, 'good'), notesIn(thread, 'locked')]
  const gone = linkTo(thread, pathToFileURL(join(testFolder(), 'gone.mjs')), 'gone', 'what is gone')
  await good.call('note', 'a')
  await expect(locked.call('notes')).rejects.toThrow('notes locked: it cannot be opened (EACCES')
  await expect(gone.call('notes')).rejects.toThrow('gone.mjs')
  expect(await good.call('notes')).toEqual(['a'])
})

test('a thread that breaks down fails what each file was asked, under its own name, and the next call starts another one', async () => {
  const thread = filesThread('notes')
  const [one, other] = [notesIn(thread, 'one'), notesIn(thread, 'other')]
  await one.call('note', 'a')
  const asked = [one.call('exit'), other.call('notes')].map((call) => expect(call).rejects)
  await asked[0]?.toThrow('the thread of the notes one has ended: exit code 3')
  await asked[1]?.toThrow('the thread of the notes other has ended: exit code 3')
  expect(await other.call('notes')).toEqual([])
  expect(await one.call('notes')).toEqual([])
})

test('a line that is closed fails what it has asked, while the others go on, and the thread ends with the last one', async () => {
  const thread = filesThread('notes')
  const [one, other] = [notesIn(thread, 'one'), notesIn(thread, 'other')]
  await Promise.all([one.call('note', 'a'), other.call('note', 'b')])
  const unanswered = expect(one.call('notes')).rejects.toThrow('the notes one was closed')
  await one[Symbol.asyncDispose]()
  await unanswered
  expect(await other.call('notes')).toEqual(['b'])
  await other[Symbol.asyncDispose]()
  // What was kept in the memory of the thread is gone with it.
  expect(await other.call('notes')).toEqual([])
})

test('the program of a file can be loaded while the disk gives nothing, since Node would keep the failure for the life of the thread', () => {
  const modules = globSync('src/{audit-trail,history,masterdata,recording,routes}/**/own.ts', {
    cwd: ROOT,
  }).map((path) => pathToFileURL(join(ROOT, path)).href)
  expect(modules).toHaveLength(5)
  const program = `import fs from 'node:fs'
    import { syncBuiltinESMExports } from 'node:module'
    const { readFileSync } = fs
    fs.readFileSync = (file, ...how) => {
      if (String(file).endsWith('.sql')) throw new Error('EMFILE: too many open files')
      return readFileSync(file, ...how)
    }
    syncBuiltinESMExports()
    for (const module of ${JSON.stringify(modules)}) console.log(typeof (await import(module)).own)`
  const said = execFileSync(process.execPath, ['--input-type=module', '--eval', program], {
    encoding: 'utf8',
  })
  expect(said.trim().split('\n')).toEqual(modules.map(() => 'function'))
})

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
