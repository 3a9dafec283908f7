/** The files of device maps: reading, judging, comparing and completing texts, and saving them. */
import { z } from 'zod'
import { type Endpoint, type EventStream, endpoint, eventStream } from '../../console/endpoint.ts'
import type { Owner } from '../../domain/owner.ts'
import { findDeviceFile } from '../../maps/edit/device-files.ts'
import { plainText } from '../../maps/edit/file-text.ts'
import { lineChanges } from '../../maps/edit/line-changes.ts'
import type { MapEditor } from '../../maps/edit/map-editor.ts'
import type { JudgingThread } from './judging/judging-thread.ts'
import { type ListParts, listFiles } from './list.ts'
import { followProgress, type ProgressParts, progressOn } from './progress.ts'
import {
  comparedLine,
  completeBody,
  completions,
  draftBody,
  draftEffect,
  draftVerdict,
  type FileText,
  fileList,
  fileName,
  fileText,
  mapHistory,
  mapVersionText,
  saveBody,
  savedFile,
  saveProgress,
} from './shapes.ts'
import { historyOf, type VersionParts, versionOf } from './versions.ts'
import { effectOnWire, faultOnWire, namedFile, orRefusal, subjectOf } from './wire.ts'

/** What this area needs of the gateway. */
export interface MapEditingParts extends ListParts, VersionParts, ProgressParts {
  readonly editor: MapEditor
  readonly follower: ListParts['follower']
  readonly thread: Pick<JudgingThread, 'complete' | 'warmUp'>
  /** The row that a machine has open. */
  readonly openRow: (owner: Owner) => FileText['subjects'][number]['open_row']
}

const fileParams = z.strictObject({ file: fileName })
const readQuery = z.strictObject({ read: z.string() })

export function mapsEndpoints(parts: MapEditingParts): readonly Endpoint[] {
  return [
    ...readingEndpoints(parts),
    ...judgingEndpoints(parts),
    ...savingEndpoints(parts),
    ...pastEndpoints(parts),
  ]
}

export function mapsStreams(parts: MapEditingParts): readonly EventStream[] {
  return [
    eventStream({
      path: '/maps/:file/progress/events',
      role: 'view',
      summary: 'What became of the latest save of a file: taken in, on trial, kept, or rolled back and why.',
      params: fileParams,
      event: saveProgress,
      open: ({ params }, send) => followProgress(params.file, parts, send),
    }),
  ]
}

function readingEndpoints(parts: MapEditingParts): readonly Endpoint[] {
  return [
    endpoint({
      method: 'GET',
      path: '/maps',
      role: 'view',
      summary: 'The files of the devices folder: maps, profiles and tables, and what is passed over.',
      answer: fileList,
      handle: () => listFiles(parts),
    }),
    endpoint({
      method: 'GET',
      path: '/maps/:file',
      role: 'configure',
      summary: 'The text of a file, with the hash that has to be sent back when it is saved.',
      params: fileParams,
      answer: fileText,
      handle: ({ params }) => orRefusal(() => readFile(params.file, parts)),
    }),
    endpoint({
      method: 'GET',
      path: '/maps/:file/progress',
      role: 'view',
      summary: 'What became of the latest save of a file; as a stream: /maps/:file/progress/events.',
      params: fileParams,
      answer: saveProgress,
      handle: ({ params }) => progressOn(params.file, parts),
    }),
  ]
}

async function readFile(name: string, parts: MapEditingParts): Promise<FileText> {
  const { folder, cwd, editor, follower, thread, openRow } = parts
  const { text, hash } = await editor.read(name)
  const fault = await editor.writeFault(name)
  thread.warmUp()
  const named = namedFile(folder, cwd, name)
  const inForce = follower.health().summary.inForce.filter(({ file }) => file === named)
  return {
    file: name,
    named,
    kind: findDeviceFile(folder, name)?.kind ?? 'map',
    text,
    hash,
    not_writable: fault ? { what: fault.message, hint: fault.hint ?? null } : null,
    subjects: inForce.map(({ owner }) => ({ ...subjectOf(owner), open_row: openRow(owner) })),
  }
}

function judgingEndpoints({ thread, editor }: MapEditingParts): readonly Endpoint[] {
  return [
    endpoint({
      method: 'POST',
      path: '/maps/check',
      role: 'configure',
      isQuestion: true,
      summary: 'Judges a text within the whole set and says what saving it would change. Nothing is saved.',
      body: draftBody,
      answer: draftVerdict,
      handle: ({ body }) =>
        orRefusal(async () => {
          const { faults, warnings, effects } = await editor.judge(body.file, body.text)
          return {
            faults: faults.map(faultOnWire),
            warnings: warnings.map(faultOnWire),
            effects: effects.map(effectOnWire),
          }
        }),
    }),
    endpoint({
      method: 'POST',
      path: '/maps/compare',
      role: 'configure',
      isQuestion: true,
      summary: 'Compares a text with what its file holds now, line by line.',
      body: draftBody,
      answer: z.strictObject({ lines: z.array(comparedLine) }),
      handle: ({ body }) =>
        orRefusal(async () => {
          const saved = await editor.textOf(body.file)
          return { lines: [...lineChanges(saved, plainText(body.text))] }
        }),
    }),
    endpoint({
      method: 'POST',
      path: '/maps/complete',
      role: 'configure',
      isQuestion: true,
      summary: 'The words that may stand at a place of a text that is being written, with what they mean.',
      body: completeBody,
      answer: completions,
      handle: ({ body: { file, text, line, column } }) =>
        orRefusal(async () => {
          const { typed, words } = await thread.complete(file, text, offsetIn(text, line, column))
          return {
            from: column - typed,
            words: words.map(({ about, ...word }) => ({ ...word, about: about ?? null })),
          }
        }),
    }),
  ]
}

/** Of a line that the text does not have: its end. */
function offsetIn(text: string, line: number, column: number): number {
  const lines = text.split('\n')
  const before = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0)
  return Math.min(text.length, before + Math.min(column - 1, lines[line - 1]?.length ?? 0))
}

function savingEndpoints({ editor }: MapEditingParts): readonly Endpoint[] {
  return [
    endpoint({
      method: 'PUT',
      path: '/maps/:file',
      role: 'configure',
      summary:
        'Saves a text, or makes a new file. Refused with 409 where the file is not as it was read, and with 422 where it has faults.',
      params: fileParams,
      body: saveBody,
      answer: savedFile,
      audit: ({ params, body }) => `${body.read === null ? 'made' : 'saved'} ${params.file}`,
      handle: ({ params, body, caller }) =>
        orRefusal(async () => {
          const request = { name: params.file, ...body, author: caller.name }
          const { hash, effects, warnings } = await editor.save(request)
          return { hash, effects: effects.map(effectOnWire), warnings: warnings.map(faultOnWire) }
        }),
    }),
    endpoint({
      method: 'DELETE',
      path: '/maps/:file',
      role: 'configure',
      summary: 'Removes a file. A machine that it describes goes out of service, and its open row ends.',
      params: fileParams,
      query: readQuery,
      answer: z.strictObject({ effects: z.array(draftEffect) }),
      audit: ({ params }) => `removed ${params.file}`,
      handle: ({ params, query, caller }) =>
        orRefusal(async () => {
          const request = { name: params.file, read: query.read, author: caller.name }
          return { effects: (await editor.remove(request)).map(effectOnWire) }
        }),
    }),
  ]
}

function pastEndpoints(parts: MapEditingParts): readonly Endpoint[] {
  const { editor } = parts
  return [
    endpoint({
      method: 'GET',
      path: '/maps/:file/versions',
      role: 'view',
      summary: 'Which versions of a map were in force, when, by whom they were saved, and what each changed.',
      params: fileParams,
      answer: mapHistory,
      handle: ({ params }) => historyOf(params.file, parts),
    }),
    endpoint({
      method: 'GET',
      path: '/maps/:file/versions/:content',
      role: 'configure',
      summary: 'The text of a version. Saved with PUT, it is restored.',
      params: fileParams.extend({ content: z.string().min(1) }),
      answer: mapVersionText,
      handle: ({ params }) => versionOf(params.file, params.content, parts),
    }),
    endpoint({
      method: 'POST',
      path: '/maps/:file/versions/:content/restore',
      role: 'configure',
      summary: 'Saves the text of a version again, under the same conditions as any other text.',
      params: fileParams.extend({ content: z.string().min(1) }),
      body: saveBody.pick({ read: true }),
      answer: savedFile,
      audit: ({ params }) => `restored version ${params.content} of ${params.file}`,
      handle: ({ params, body, caller }) =>
        orRefusal(async () => {
          const { text } = await versionOf(params.file, params.content, parts)
          const request = { name: params.file, text, read: body.read, author: caller.name }
          const { hash, effects, warnings } = await editor.save(request)
          return { hash, effects: effects.map(effectOnWire), warnings: warnings.map(faultOnWire) }
        }),
    }),
  ]
}
