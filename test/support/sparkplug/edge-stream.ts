/**
 * The rules of Sparkplug 3.0 for what one edge node says between its birth and its death: numbers without gaps, births before data,
 * whole births, aliases and datatypes that births have named, order in time, and what is history. Written from the specification alone.
 */
import {
  DATATYPES,
  fieldOf,
  type RawMetric,
  type RawPayload,
  readPayload,
  type ValueField,
} from './payload.ts'

export const NAMESPACE = 'spBv1.0'
const REBIRTH = 'Node Control/Rebirth'
const BD_SEQ = 'bdSeq'

export type EdgeVerb = 'NBIRTH' | 'DBIRTH' | 'NDATA' | 'DDATA' | 'NDEATH' | 'DDEATH'

/** One message of the edge node, as it travelled. */
export interface EdgeMessage {
  readonly topic: string
  readonly qos: number
  readonly retain: boolean
  readonly payload: Uint8Array
}

/** A message that could be read, with names for its aliases. */
export interface JudgedMessage {
  readonly verb: EdgeVerb
  /** Undefined: the edge node itself. */
  readonly device: string | undefined
  readonly payload: RawPayload
  readonly metrics: readonly JudgedMetric[]
}

export interface JudgedMetric extends RawMetric {
  /** Empty where nothing tells it. */
  readonly named: string
}

/** A metric as its birth has defined it. */
interface Born {
  readonly name: string
  readonly alias: number | undefined
  readonly datatype: number
  /** When the newest present value was taken; undefined: there was none yet. */
  presentAt: number | undefined
}

interface Family {
  readonly byName: Map<string, Born>
  readonly byAlias: Map<number, Born>
  /** When its birth was published. */
  readonly bornAt: number
}

type Complain = (rule: string, what: string) => void

const VERBS: readonly string[] = ['NBIRTH', 'DBIRTH', 'NDATA', 'DDATA', 'NDEATH', 'DDEATH']
/** The specification numbers datatypes from 1 to 34; 0 is none. */
const DATATYPE_MAX = 34

/** Judges the messages of one session of an edge node in their order. */
export class EdgeStream {
  readonly #node: string
  readonly #complain: Complain
  readonly #families = new Map<string | undefined, Family>()
  #seq: number | undefined
  #firstBornAt: number | undefined
  #isDead = false
  bdSeq: bigint | undefined

  /** @param node `GROUP/NODE` */
  constructor(node: string, complain: Complain) {
    this.#node = node
    this.#complain = complain
  }

  get isBorn(): boolean {
    return this.#families.has(undefined) && !this.#isDead
  }

  isAlive(device: string): boolean {
    return this.#families.has(device) && !this.#isDead
  }

  /** @returns undefined for what cannot be read */
  take(message: EdgeMessage): JudgedMessage | undefined {
    const head = this.#readTopic(message.topic)
    if (!head) return undefined
    const payload = this.#read(message)
    if (!payload) return undefined
    const { verb, device } = head
    if (this.#isDead) this.#complain('death-is-last', `${verb} after the NDEATH of the session`)
    this.#judgeDelivery(verb, message)
    if (payload.timestamp === undefined && verb !== 'NDEATH') this.#complain('timestamp', `${verb} has none`)
    if (verb === 'NDEATH') this.#death(payload)
    else this.#judgeSeq(verb, payload)
    if (verb === 'NBIRTH') this.#nodeBirth(payload)
    if (verb === 'DBIRTH') this.#deviceBirth(device, payload)
    if (verb === 'DDEATH') this.#deviceDeath(device)
    const isData = verb === 'NDATA' || verb === 'DDATA'
    const metrics = isData ? this.#data(verb, device, payload) : payload.metrics.map(withName)
    return { verb, device, payload, metrics }
  }

  #readTopic(topic: string): { readonly verb: EdgeVerb; readonly device: string | undefined } | undefined {
    const [namespace, group, verb = '', node, device, ...rest] = topic.split('/')
    const isForm =
      namespace === NAMESPACE &&
      `${group}/${node}` === this.#node &&
      VERBS.includes(verb) &&
      rest.length === 0 &&
      device !== '' &&
      (device !== undefined) === verb.startsWith('D')
    if (!isForm || /[+#]/.test(topic)) {
      this.#complain('topic', topic)
      return undefined
    }
    return { verb: verb as EdgeVerb, device }
  }

  #read({ topic, payload }: EdgeMessage): RawPayload | undefined {
    try {
      return readPayload(payload)
    } catch (error) {
      this.#complain('payload', `${topic}: ${error}`)
      return undefined
    }
  }

  #judgeDelivery(verb: EdgeVerb, { qos, retain }: EdgeMessage): void {
    const wanted = verb === 'NDEATH' ? 1 : 0
    if (qos !== wanted) this.#complain('qos', `${verb} with ${qos}`)
    if (retain) this.#complain('retain', `${verb} is retained`)
  }

  #judgeSeq(verb: EdgeVerb, { seq }: RawPayload): void {
    const wanted = verb === 'NBIRTH' ? 0 : this.#seq === undefined ? undefined : (this.#seq + 1) % 256
    if (seq === undefined) this.#complain('seq', `${verb} has none`)
    else if (wanted !== undefined && seq !== wanted)
      this.#complain('seq', `${verb} has ${seq}, not ${wanted}`)
    this.#seq = seq ?? wanted
  }

  #death({ seq, metrics }: RawPayload): void {
    this.#isDead = true
    if (seq !== undefined) this.#complain('death-seq', `NDEATH has the number ${seq}`)
    const [metric, ...others] = metrics
    if (others.length > 0 || metric?.name !== BD_SEQ)
      this.#complain('death-metrics', 'NDEATH is not bdSeq alone')
    const bdSeq = this.#readBdSeq('NDEATH', metrics)
    if (this.bdSeq !== undefined && bdSeq !== this.bdSeq)
      this.#complain('death-bdseq', `NDEATH has ${bdSeq}, the session ${this.bdSeq}`)
  }

  #nodeBirth(payload: RawPayload): void {
    const { metrics, timestamp = 0 } = payload
    this.#families.clear()
    this.#families.set(undefined, this.#bear('NBIRTH', payload))
    this.#firstBornAt ??= timestamp
    const bdSeq = this.#readBdSeq('NBIRTH', metrics)
    if (this.bdSeq !== undefined && bdSeq !== this.bdSeq)
      this.#complain('birth-bdseq', `NBIRTH has ${bdSeq}, the session ${this.bdSeq}`)
    this.bdSeq ??= bdSeq
    const rebirth = metrics.find(({ name }) => name === REBIRTH)
    if (!rebirth || rebirth.datatype !== DATATYPES.Boolean || rebirth.value !== false)
      this.#complain('rebirth-metric', 'NBIRTH has no Node Control/Rebirth that is false')
    if (rebirth?.alias !== undefined) this.#complain('rebirth-alias', 'Node Control/Rebirth has an alias')
  }

  #readBdSeq(verb: EdgeVerb, metrics: readonly RawMetric[]): bigint | undefined {
    const metric = metrics.find(({ name }) => name === BD_SEQ)
    const value = metric?.value
    if (metric?.datatype !== DATATYPES.Int64 || typeof value !== 'bigint' || value < 0n || value > 255n) {
      this.#complain('bdseq', `${verb} has no bdSeq of the type Int64 from 0 to 255`)
      return undefined
    }
    return value
  }

  #deviceBirth(device: string | undefined, payload: RawPayload): void {
    if (!this.isBorn) this.#complain('birth-order', `DBIRTH of ${device} before NBIRTH`)
    this.#families.delete(device)
    this.#families.set(device, this.#bear(`DBIRTH of ${device}`, payload))
  }

  #deviceDeath(device: string | undefined): void {
    if (!this.#families.delete(device))
      this.#complain('device-death', `DDEATH of ${device}, which was not born`)
  }

  #bear(what: string, { metrics, timestamp = 0 }: RawPayload): Family {
    const family: Family = { byName: new Map(), byAlias: new Map(), bornAt: timestamp }
    const lowerCase = new Set<string>()
    this.#judgeOrder(what, metrics)
    for (const metric of metrics) {
      const { name, alias, datatype, timestamp: at } = metric
      if (name === undefined || name === '') {
        this.#complain('birth-name', `a metric of ${what} has none`)
        continue
      }
      if (lowerCase.has(name.toLowerCase())) this.#complain('birth-name', `${what} has ${name} twice`)
      lowerCase.add(name.toLowerCase())
      if (datatype === undefined || datatype < 1 || datatype > DATATYPE_MAX)
        this.#complain('birth-datatype', `${name} of ${what} has the type ${datatype}`)
      if (at === undefined) this.#complain('timestamp', `${name} of ${what} has none`)
      if (metric.isHistorical) this.#complain('birth-is-present', `${name} of ${what} is historical`)
      this.#judgeValue(`${name} of ${what}`, metric, fieldOf(datatype ?? 0))
      if (alias !== undefined && (family.byAlias.has(alias) || this.#bornWith(alias)))
        this.#complain('alias', `${name} of ${what} has the alias ${alias} of another metric`)
      const born = { name, alias, datatype: datatype ?? 0, presentAt: metric.isNull ? undefined : at }
      family.byName.set(name, born)
      if (alias !== undefined) family.byAlias.set(alias, born)
    }
    return family
  }

  #bornWith(alias: number): boolean {
    return [...this.#families.values()].some(({ byAlias }) => byAlias.has(alias))
  }

  #data(verb: EdgeVerb, device: string | undefined, payload: RawPayload): readonly JudgedMetric[] {
    const family = this.#families.get(device)
    if (!this.isBorn) this.#complain('birth-order', `${verb} before NBIRTH`)
    if (!family) {
      this.#complain('birth-order', `${verb} of ${device ?? 'the node'} before its birth`)
      return payload.metrics.map(withName)
    }
    this.#judgeOrder(`${verb} of ${device}`, payload.metrics)
    const metrics = payload.metrics.map((metric) => this.#dataMetric(family, device, metric))
    this.#judgeHistory(family, metrics)
    return metrics
  }

  #dataMetric(family: Family, device: string | undefined, metric: RawMetric): JudgedMetric {
    const { name, alias, datatype } = metric
    const born = alias === undefined ? family.byName.get(name ?? '') : family.byAlias.get(alias)
    const called = `${born?.name ?? name ?? alias} of ${device ?? 'the node'}`
    if (!born) this.#complain('unknown-metric', `${called} was not in the birth`)
    else {
      const isByAlias = alias !== undefined && name === undefined
      if ((born.alias !== undefined) !== isByAlias)
        this.#complain(
          'alias-only',
          `${called} must come by ${born.alias === undefined ? 'name' : 'alias alone'}`,
        )
      this.#judgeValue(called, metric, fieldOf(born.datatype))
    }
    if (datatype !== undefined) this.#complain('data-datatype', `${called} repeats its datatype`)
    if (metric.timestamp === undefined) this.#complain('timestamp', `${called} has none`)
    return { ...metric, named: born?.name ?? name ?? '' }
  }

  #judgeValue(called: string, { isNull, valueField }: RawMetric, wanted: ValueField): void {
    if (isNull && valueField !== undefined) this.#complain('null', `${called} is null and has a value`)
    if (!isNull && valueField === undefined) this.#complain('null', `${called} has no value and is not null`)
    if (valueField !== undefined && valueField !== wanted)
      this.#complain('value-type', `${called} has a value of the kind ${valueField}, not ${wanted}`)
  }

  /** Present values stand in the order of time. */
  #judgeOrder(what: string, metrics: readonly RawMetric[]): void {
    let lastAt = 0
    for (const { timestamp = lastAt, isHistorical } of metrics) {
      if (isHistorical) continue
      if (timestamp < lastAt) this.#complain('chronology', `${what} has a present value behind a later one`)
      lastAt = timestamp
    }
  }

  /**
   * Present values never go back in time, and what was captured before the birth of the session is history. The gateway says with each
   * event when it captured it.
   */
  #judgeHistory(family: Family, metrics: readonly JudgedMetric[]): void {
    const captured = metrics.find(({ named }) => named === 'Event/Captured')?.value
    const capturedAt = captured === undefined ? undefined : Number(captured)
    for (const { named, timestamp = 0, isHistorical } of metrics) {
      const born = family.byName.get(named)
      const isOlder = born?.presentAt !== undefined && timestamp < born.presentAt
      if (!isHistorical && isOlder) this.#complain('chronology', `${named} goes back in time`)
      if (!isHistorical && capturedAt !== undefined && capturedAt < (this.#firstBornAt ?? 0))
        this.#complain('history', `${named} was captured before the birth and is not historical`)
      if (isHistorical && !isOlder && capturedAt !== undefined && capturedAt > family.bornAt)
        this.#complain('present', `${named} was captured after the birth and is historical`)
      if (!isHistorical && born) born.presentAt = Math.max(timestamp, born.presentAt ?? 0)
    }
  }
}

function withName(metric: RawMetric): JudgedMetric {
  return { ...metric, named: metric.name ?? '' }
}
