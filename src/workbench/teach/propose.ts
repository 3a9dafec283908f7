/**
 * Teach-in: from what was recorded while somebody showed the machine to the rules of a map.
 *
 * A proposal has been played through the real derivation, and says of every phase what somebody said of it; where none does,
 * there is none, and it is said why.
 */
import type { MachineMap } from '../../domain/machine-map.ts'
import { type Doubts, doubtsOf } from './certainty.ts'
import { choose } from './choose.ts'
import { type Feature, separates } from './feature.ts'
import { featuresOf } from './features.ts'
import { type WatchedTrack, watched } from './habits.ts'
import { meaningKey, type TaughtPhase, type TeachRecording } from './recording.ts'
import { type Remark, remarksOf } from './remarks.ts'
import { type Replayed, replay } from './replay.ts'
import { type ProposedRule, rulesOf } from './rules.ts'
import { type SignalUse, usesOf } from './signal-use.ts'
import { becauseText, listed } from './words.ts'

/** Makes a map of what is proposed, with stops and runs of any length; undefined where it has faults. */
export type CompileProposal = (
  proposed: Pick<Proposal, 'signals' | 'rules' | 'others'>,
) => MachineMap | undefined

/** What decides a phase. */
interface PhaseProof {
  readonly phase: number
  readonly because: string
  /** 0 to 1. */
  readonly confidence: number
  readonly alternatives: readonly { readonly signal: string; readonly because: string }[]
  readonly replayed: number
}

/** Phases that nothing tells apart. */
interface Alike {
  readonly phases: readonly number[]
  readonly said: string
  readonly tryNext: string
}

export interface Proposal {
  readonly said: string
  readonly confidence: number
  /** Empty where there is no proposal. */
  readonly rules: readonly ProposedRule[]
  readonly signals: readonly SignalUse[]
  readonly others: Readonly<Record<string, unknown>>
  readonly phases: readonly PhaseProof[]
  readonly alike: readonly Alike[]
  readonly remarks: readonly Remark[]
  readonly advice: readonly string[]
}

/** A proposal that the recording contradicts is made again without what it built upon, so often. */
const TRIES_MAX = 12
/** Moments of change may fall to either side; more than this is a contradiction. */
const REPLAYED_MIN = 0.9
const ALTERNATIVES_MAX = 3

export function propose(recording: TeachRecording, compile: CompileProposal): Proposal {
  const all = recording.tracks.map((track) => watched(recording, track))
  const features = all.flatMap((one) => featuresOf(one, recording))
  const obstacle = obstacleOf(recording, features)
  if (obstacle) return nothing(recording, all, obstacle)
  const refused = new Set<Feature>()
  let contradiction = ''
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const left = features.filter((feature) => !refused.has(feature))
    const { chosen, alike } = choose(left, recording.phases)
    if (alike.length > 0) return nothing(recording, all, alikeText(alike, recording, contradiction))
    const tried = tryFeatures(chosen, recording, compile)
    if (tried.isProven) return proposal(tried, { recording, all, features: left })
    contradiction = tried.why
    const dearest = chosen
      .toSorted((a, b) => b.cost - a.cost)
      .find((feature) => tried.blamed.includes(feature))
    refused.add(dearest ?? (chosen[0] as Feature))
  }
  return nothing(recording, all, {
    said: `no rules agree with all that was shown: ${contradiction}`,
    alike: [],
    advice: [AGAIN],
  })
}

const AGAIN = 'record each phase once more, and leave the machine alone while one is recorded'

interface Tried {
  readonly isProven: boolean
  readonly why: string
  readonly blamed: readonly Feature[]
  readonly uses: readonly SignalUse[]
  readonly rules: readonly ProposedRule[]
  readonly others: Readonly<Record<string, unknown>>
  readonly replayed: readonly Replayed[]
}

function tryFeatures(chosen: readonly Feature[], recording: TeachRecording, compile: CompileProposal): Tried {
  const uses = usesOf(chosen, recording)
  const rules = rulesOf(uses, recording.phases)
  const pulse = uses.find(({ feature }) => feature.tell.kind === 'pulses')
  const others = pulse ? { pulse: { from: pulse.name, ...(pulse.others.pulse as object) } } : {}
  const none = { isProven: false, blamed: chosen, uses, rules: [], others, replayed: [] }
  if (!rules) return { ...none, why: 'no rule is true in one phase only' }
  const map = compile({ signals: uses, rules, others })
  if (!map) return { ...none, why: 'the map of it would have faults' }
  const replayed = replay(map, uses, recording)
  const wrong = replayed.filter(({ share }) => share < REPLAYED_MIN)
  const why = wrong.map(({ phase, said }) => `phase ${phase} came to ${said}`).join('; ')
  return { isProven: wrong.length === 0, why, blamed: chosen, uses, rules, others, replayed }
}

interface Around {
  readonly recording: TeachRecording
  readonly all: readonly WatchedTrack[]
  readonly features: readonly Feature[]
}

function proposal({ uses, rules, others, replayed }: Tried, { recording, all, features }: Around): Proposal {
  const { phases } = recording
  const doubts = doubtsOf(uses, features, recording)
  const proofs = phases.map((phase, n) =>
    proofOf(phase, n, { uses, rules, features, phases, doubts, replayed }),
  )
  const confidence = Math.min(...proofs.map((proof) => proof.confidence))
  const used = new Set(uses.map(({ feature }) => feature.watched.track.name))
  return {
    said: `${listed([...new Set(uses.map(({ name }) => name))]).replace(' or ', ' and ')} ${uses.length === 1 ? 'tells' : 'tell'} all that was shown apart`,
    confidence,
    rules,
    signals: uses,
    others,
    phases: proofs,
    alike: [],
    remarks: remarksOf(all, used, recording),
    advice: doubts.advice,
  }
}

interface ProofContext {
  readonly uses: readonly SignalUse[]
  readonly rules: readonly ProposedRule[]
  readonly features: readonly Feature[]
  readonly phases: readonly TaughtPhase[]
  readonly doubts: Doubts
  readonly replayed: readonly Replayed[]
}

function proofOf(phase: TaughtPhase, n: number, around: ProofContext): PhaseProof {
  const { uses, rules, features, phases, doubts, replayed } = around
  const rule = rules.find((one) => one.phases.includes(n))
  const deciding = uses.filter(({ name }) => rule?.when !== undefined && name in rule.when)
  const because = deciding.map((use) => becauseText(use.feature, n, use)).join(' and ')
  const others = [...phases.keys()].filter((m) => meaningKey(phases[m] as TaughtPhase) !== meaningKey(phase))
  const taken = new Set(uses.map(({ feature }) => feature.watched.track.name))
  const alternatives = features
    .filter((one) => !taken.has(one.watched.track.name) && others.every((m) => separates(one, n, m)))
    .toSorted((a, b) => a.cost - b.cost)
    .map((one) => ({ signal: one.watched.track.name, because: becauseText(one, n) }))
    .filter(({ signal }, nth, all) => all.findIndex((one) => one.signal === signal) === nth)
    .slice(0, ALTERNATIVES_MAX)
  return {
    phase: phase.phase,
    because: because === '' ? 'no other rule is true then' : because,
    confidence: doubts.confidenceOf(n, deciding),
    alternatives,
    replayed: replayed[n]?.share ?? 0,
  }
}

interface Obstacle {
  readonly said: string
  readonly alike: readonly Alike[]
  readonly advice: readonly string[]
}

function nothing(
  recording: TeachRecording,
  all: readonly WatchedTrack[],
  { said, alike, advice }: Obstacle,
): Proposal {
  const remarks = remarksOf(all, new Set(), recording)
  return { said, confidence: 0, rules: [], signals: [], others: {}, phases: [], alike, remarks, advice }
}

function obstacleOf({ phases, tracks }: TeachRecording, features: readonly Feature[]): Obstacle | undefined {
  const meanings = new Set(phases.map(meaningKey))
  if (meanings.size < 2)
    return {
      said: 'at least two phases that mean different things are needed',
      alike: [],
      advice: ['show the machine running, and then standing'],
    }
  if (tracks.length === 0)
    return { said: 'no signal was recorded', alike: [], advice: ['name signals, or registers to record'] }
  if (features.length > 0) return undefined
  const phase = phases.map((one) => one.phase)
  const labels = [...new Set(phases.map(({ label }) => label))]
  return {
    said: 'no signal changed with what the machine did',
    alike: [
      {
        phases: phase,
        said: `${listed(labels).replace(' or ', ' and ')} look the same in every signal`,
        tryNext: OTHER_SIGNALS,
      },
    ],
    advice: [OTHER_SIGNALS],
  }
}

const OTHER_SIGNALS =
  'record other registers as well, such as those around the ones that you know, or the inputs of the PLC; and see whether the address belongs to this machine'

function alikeText(
  pairs: readonly (readonly [number, number])[],
  { phases }: TeachRecording,
  contradiction: string,
): Obstacle {
  const alike = pairs.map(([one, other]) => {
    const [a, b] = [phases[one] as TaughtPhase, phases[other] as TaughtPhase]
    return {
      phases: [a.phase, b.phase],
      said: `"${a.label}" and "${b.label}" look the same in every signal that was recorded`,
      tryNext: `${OTHER_SIGNALS}; or take one of both phases away, and the rules will not tell them apart`,
    }
  })
  const why = contradiction === '' ? '' : ` (what else would do was refuted: ${contradiction})`
  return { said: `not all that was shown can be told apart${why}`, alike, advice: [AGAIN] }
}
