/** What goes over the wire about the files of device maps: their texts, what is wrong with them, and what became of them. */
import { z } from 'zod'

/** A name within the devices folder: `press-07.yaml`, `profiles/festo.yaml`, `codes.csv`. */
export const fileName = z.string().min(1).max(300)

/** As long as a file may be; the gateway refuses longer ones. */
const MAP_TEXT_MAX = 1_000_000
const mapText = z.string().max(MAP_TEXT_MAX)

/** One fault or warning, as `check --json` shows it. Lines and columns count from 1. */
const mapFault = z.strictObject({
  /** As the gateway names the file: `devices/press-07.yaml`. */
  file: z.string(),
  line: z.int(),
  column: z.int(),
  path: z.string(),
  message: z.string(),
  hint: z.string().nullable(),
})
export type MapFault = z.output<typeof mapFault>

const subjectKind = z.enum(['machine', 'scanner'])

/** One file of the list. */
const listedFile = z.strictObject({
  file: fileName,
  /** A map whose subject cannot be read is a `map`. */
  kind: z.enum(['machine', 'scanner', 'map', 'profile', 'table']),
  /** The code of the machine or scanner; null where it cannot be read, and of what is no map. */
  subject: z.string().nullable(),
  /** How many faults the gateway has found in it. While it has any, its last good version stays in force. */
  faults: z.int(),
  /** When the map that is in force came into force; null: none is. */
  in_force_since: z.iso.datetime().nullable(),
  /** What the latest change since the start of the gateway was. */
  changed: z.strictObject({ at: z.iso.datetime(), what: z.string() }).nullable(),
  /** Why its latest version was taken back; null: it was not. */
  rolled_back: z.string().nullable(),
})
export type ListedFile = z.output<typeof listedFile>

/** All files of the folder. */
export const fileList = z.strictObject({
  folder: z.string(),
  /** Why nothing new can be saved in it, and what to do; null: it can. */
  not_writable: z.strictObject({ what: z.string(), hint: z.string().nullable() }).nullable(),
  files: z.array(listedFile),
  /** What looks like a map and is not read, and why. */
  passed_over: z.array(mapFault),
})
export type FileList = z.output<typeof fileList>

/** The text of a file, and what has to be known before it is changed. */
export const fileText = z.strictObject({
  file: fileName,
  /** As the gateway names it, in faults as well: `devices/press-07.yaml`. */
  named: z.string(),
  kind: z.enum(['map', 'profile', 'table']),
  text: mapText,
  /** To be sent back with what is saved: then nothing is saved over what somebody else has saved meanwhile. */
  hash: z.string(),
  not_writable: z.strictObject({ what: z.string(), hint: z.string().nullable() }).nullable(),
  /** Machines and scanners that this file describes, as it is in force. */
  subjects: z.array(
    z.strictObject({
      kind: subjectKind,
      code: z.string(),
      /** What becomes of a machine's row when its file is removed: this row ends. Null: none is open. */
      open_row: z.strictObject({ status: z.string(), since: z.iso.datetime().nullable() }).nullable(),
    }),
  ),
})
export type FileText = z.output<typeof fileText>

/** A text that is to be judged. */
export const draftBody = z.strictObject({ file: fileName, text: mapText })

/** What saving a text would do to one machine or scanner. */
export const draftEffect = z.strictObject({
  kind: subjectKind,
  code: z.string(),
  /** In words; empty: the gateway would go on exactly as it does. */
  what: z.string(),
  /** Whether its connections stay open, are closed and made again, are new, or go. Those of all others stay. */
  links: z.enum(['stay', 'again', 'new', 'go']),
  /** Why just this version was taken back once; null: it was not. Saved again, it is tried again. */
  refused_before: z.string().nullable(),
  /** It would be derived and shown, and nothing of it stored or sent. */
  is_shadow: z.boolean(),
})
export type DraftEffect = z.output<typeof draftEffect>

/** What is said of a text. */
export const draftVerdict = z.strictObject({
  faults: z.array(mapFault),
  warnings: z.array(mapFault),
  /** Empty as long as there are faults. */
  effects: z.array(draftEffect),
})
export type DraftVerdict = z.output<typeof draftVerdict>

/** A comparison, line by line. */
export const comparedLine = z.strictObject({ kind: z.enum(['same', 'removed', 'added']), text: z.string() })
export type ComparedLine = z.output<typeof comparedLine>

export const saveBody = z.strictObject({
  text: mapText,
  /** The hash of what was read; null where a new file is made. */
  read: z.string().nullable(),
})

/** What was saved. */
export const savedFile = z.strictObject({
  hash: z.string(),
  effects: z.array(draftEffect),
  warnings: z.array(mapFault),
})
export type SavedFile = z.output<typeof savedFile>

/** What became of the latest save of a file, for each machine and scanner that it is about. */
export const saveProgress = z.strictObject({
  subjects: z.array(
    z.strictObject({
      kind: subjectKind,
      code: z.string(),
      state: z.enum([
        'waiting',
        'on_trial',
        'kept',
        'untried',
        'rolled_back',
        'not_taken',
        'replaced',
        'gone',
      ]),
      why: z.string().nullable(),
      /** For how long nothing could be read with the new map; at the limit the one before it comes back. */
      unread_s: z.number(),
      unread_max_s: z.number(),
      /** How the machine is read now; null for a scanner. */
      reading: z
        .strictObject({
          seen_at: z.iso.datetime().nullable(),
          connected: z.boolean(),
          trouble: z.string().nullable(),
        })
        .nullable(),
    }),
  ),
})
export type SaveProgress = z.output<typeof saveProgress>

/** A version that was in force. */
const mapVersionEntry = z.strictObject({
  at: z.iso.datetime(),
  file: z.string(),
  /** Of its texts; empty where the map was taken away. */
  content: z.string(),
  author: z.string().nullable(),
  saved: z.iso.datetime().nullable(),
  what: z.string(),
  /** Its text is kept and can be restored. */
  kept: z.boolean(),
  /** It is the one in force. */
  in_force: z.boolean(),
})
export type MapVersionEntry = z.output<typeof mapVersionEntry>

/** The history of whom a file describes, the newest first. */
export const mapHistory = z.strictObject({
  subjects: z.array(
    z.strictObject({ kind: subjectKind, code: z.string(), versions: z.array(mapVersionEntry) }),
  ),
})
export type MapHistory = z.output<typeof mapHistory>

/** A version of a map. */
export const mapVersionText = z.strictObject({
  text: mapText,
  /** Profiles and tables that it was made of and that say something else now, or are not there: restoring the map restores none of them. */
  drawn_on_since: z.array(z.string()),
})
export type MapVersionText = z.output<typeof mapVersionText>

export const completeBody = z.strictObject({
  file: fileName,
  text: mapText,
  /** Both count from 1; the cursor stands in front of this column. */
  line: z.int().min(1),
  column: z.int().min(1),
})

/** One word that may stand at the cursor. */
const completion = z.strictObject({
  /** What is inserted in place of what stands between `from` and the cursor. */
  insert: z.string(),
  /** What is shown; the same as `insert` in most cases. */
  label: z.string(),
  /** What it means; null where nothing is known of it. */
  about: z.string().nullable(),
})
export const completions = z.strictObject({
  /** The column at which the word begins that the cursor stands behind. */
  from: z.int(),
  words: z.array(completion),
})
export type Completions = z.output<typeof completions>
