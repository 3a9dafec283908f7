/**
 * What goes over the wire in a teach-in: somebody stands at the machine, and says what it does while its signals are recorded.
 *
 *     POST   /connect/teach                          teachAsk     → teachSession   begins reading
 *     GET    /connect/teach/:teach/live              (stream)       teachLive      twice a second
 *     POST   /connect/teach/:teach/phases            phaseAsk     → teachSession   what the machine does from now on
 *     POST   /connect/teach/:teach/phases/end                     → teachSession   ends the phase that is recorded
 *     DELETE /connect/teach/:teach/phases/:phase                  → teachSession   a phase that went wrong
 *     POST   /connect/teach/:teach/proposal          proposalAsk  → teachProposal
 *     DELETE /connect/teach/:teach                                → ended
 *
 * A phase ends by itself after its seconds. A caller has one teach-in at a time; one that nobody watches ends after ten minutes.
 */
import { z } from 'zod'
import { deviceKeys, signalDraft } from './device-shapes.ts'

/** What somebody does at the machine. `other` is named in his own words. */
export const PHASE_KINDS = [
  'run',
  'stop',
  'emergency_stop',
  'door_open',
  'fault',
  'setup',
  'starved',
  'off',
  'other',
] as const
export const TAUGHT_STATUSES = ['running', 'idle', 'down', 'setup', 'maintenance', 'available'] as const
const CATEGORIES = ['equipment', 'material', 'quality', 'setup', 'process'] as const

export const teachAsk = z.strictObject({
  device: deviceKeys,
  signals: z.array(signalDraft).max(500).default([]),
  /** Registers or bits that are recorded besides, such as `40001-40100`: nobody need know what they mean. */
  scan: z.array(z.string().trim().min(1).max(100)).max(8).default([]),
  /** Of OPC UA: all variables below these nodes are recorded besides. */
  scan_nodes: z.array(z.string().trim().min(1).max(1_000)).max(8).default([]),
})
export const teachParams = z.strictObject({ teach: z.uuid() })
export const phaseParams = z.strictObject({ teach: z.uuid(), phase: z.coerce.number().int().min(1) })

export const phaseAsk = z.strictObject({
  kind: z.enum(PHASE_KINDS),
  /** Of `other`, or more precisely: `tool change`. */
  label: z.string().trim().min(1).max(60).optional(),
  /** What it is to the MES; without it, what the kind is mostly. */
  status: z.enum(TAUGHT_STATUSES).optional(),
  reason: z
    .string()
    .trim()
    .regex(/^[A-Za-z0-9_]{1,100}$/)
    .optional(),
  category: z.enum(CATEGORIES).optional(),
  seconds: z.number().min(3).max(120).default(10),
})
export type PhaseAsk = z.output<typeof phaseAsk>

const taughtPhase = z.object({
  phase: z.number(),
  label: z.string(),
  status: z.enum(TAUGHT_STATUSES),
  reason: z.string().nullable(),
  recorded_s: z.number(),
  /** Null once it has ended. */
  left_s: z.number().nullable(),
  readings: z.number(),
  /** What is wrong with the recording: the device was away, or nothing came. */
  doubt: z.string().nullable(),
})
export const teachSession = z.object({
  teach: z.uuid(),
  link: z.object({ state: z.string(), error: z.string().nullable(), remark: z.string().nullable() }),
  /** How many signals are recorded, those of `scan` included, and how often each is read. */
  signals: z.number(),
  /** Of the registers asked with `scan`: those that the device does not have. */
  left_out: z.number(),
  every_ms: z.number(),
  phases: z.array(taughtPhase),
})
export type TeachSession = z.output<typeof teachSession>

export const teachLive = teachSession.extend({
  /** Those that were named, and of the scanned ones those that have changed: newest change first, at most 100. */
  values: z.array(
    z.object({
      signal: z.string(),
      address: z.string(),
      shown: z.string(),
      quality: z.enum(['good', 'uncertain', 'bad']),
      age_s: z.number(),
      changes: z.number(),
      /** It was named, and does not come from a scan. */
      is_named: z.boolean(),
    }),
  ),
})
export type TeachLive = z.output<typeof teachLive>

/** A condition as a map has it, such as `{"state": "fault"}`. */
const condition = z.record(z.string(), z.unknown())
export const ruleDraft = z.strictObject({
  /** Absent for the last rule, `else: true`. */
  when: condition.optional(),
  is: z.enum(TAUGHT_STATUSES),
  reason: z.string().max(100).optional(),
  category: z.enum(CATEGORIES).optional(),
  /** `2s`. */
  for: z.string().max(20).optional(),
  /** Said behind it as a comment. */
  about: z.string().max(300).optional(),
})
export type RuleDraft = z.output<typeof ruleDraft>

export const proposalAsk = z.strictObject({
  /** The signals that must not be used, since somebody knows better. */
  without: z.array(z.string().max(200)).max(500).default([]),
})
export const teachProposal = z.object({
  /** How sure it is, 0 to 1, with the reason in words; of the whole, the least sure phase. */
  confidence: z.number(),
  said: z.string(),
  /** The signals that the rules need, with names for their values and all: what goes below `signals:`. */
  signals: z.array(signalDraft),
  status: z.array(ruleDraft),
  /** Keys beside `signals:` and `status:` that the rules need, such as `pulse`. */
  others: z.record(z.string(), z.unknown()),
  /** Each phase: what decides it, and what was seen when it was played through the rules. */
  phases: z.array(
    z.object({
      phase: z.number(),
      label: z.string(),
      status: z.enum(TAUGHT_STATUSES),
      /** In words: what tells it apart from the others. */
      because: z.string(),
      confidence: z.number(),
      /** What else would tell it apart, the next best ones. */
      alternatives: z.array(z.object({ signal: z.string(), because: z.string() })),
      /** Share of the phase's time in which the rules gave its status. */
      replayed: z.number(),
    }),
  ),
  /** Phases that nothing tells apart, with what to try next. */
  alike: z.array(z.object({ phases: z.array(z.number()), said: z.string(), try_next: z.string() })),
  /** What was seen besides and is not used: counters, heartbeats, values that drift. */
  remarks: z.array(
    z.object({
      signal: z.string(),
      what: z.enum(['heartbeat', 'counter', 'drifts', 'blinks', 'constant', 'fault_code']),
      said: z.string(),
      /** As a signal of the map, with the role that it seems to have; somebody has to agree. */
      proposed: signalDraft.nullable(),
    }),
  ),
  /** What somebody should do or look at before he trusts it. */
  advice: z.array(z.string()),
})
export type TeachProposal = z.output<typeof teachProposal>

export const ended = z.object({ ended: z.boolean() })
