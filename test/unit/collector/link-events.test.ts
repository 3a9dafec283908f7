import { describe, expect, test } from 'vitest'
import { linkSubject } from '../../../src/collector/links/link-subject.ts'
import { type ConnectionMessage, LINKS } from '../../../src/domain/connection.ts'
import { eventCodec } from '../../../src/domain/events/index.ts'
import type { LinkEvent } from '../../../src/domain/events/link.ts'
import type { Instant } from '../../../src/domain/instant.ts'
import type { Subject, Taken } from '../../../src/domain/subject.ts'

const DEVICE = { device: 'PRESS-07', of: 'machine:PRESS-07' } as const
const SCANNER = { device: 'PRESS-07', of: 'station:PRESS-07' } as const
type Linked = Pick<ConnectionMessage, 'device' | 'of'>
const START_MS = Date.parse('2026-01-31T09:00:00.000Z')

/** A gateway that keeps connections, on clocks that the test moves; what it saves is all that the next one knows. */
class Links {
  isTaken = true
  events: LinkEvent[] = []
  #saved: unknown
  #seconds = 0
  #boot = 'boot-1'
  #aliveAt: Instant | undefined
  #subject: Subject

  constructor() {
    this.#subject = this.#started()
  }

  get texts(): readonly string[] {
    return this.events.map(({ at, up, durationMs, cause, flaps }) => {
      const said = up ? 'up' : `down ${durationMs === null ? '' : `${durationMs / 1_000} s `}(${cause})`
      return `${at.slice(11, 19)} ${said}${flaps > 0 ? ` flaps=${flaps}` : ''}`
    })
  }

  up(linked: Linked = DEVICE): void {
    this.#take({ ...linked, up: true })
  }

  down(cause = 'no answer', linked: Linked = DEVICE): void {
    this.#take({ ...linked, up: false, cause })
  }

  /** Beats go on every second, as the pipeline's do. */
  wait(seconds: number): void {
    for (let passed = 0; passed < seconds; passed += 1) {
      this.#seconds += 1
      if ((this.#subject.wakeAtMs ?? Number.POSITIVE_INFINITY) < this.#now.monoMs)
        this.#keep(this.#subject.take({ kind: 'tick', at: this.#now }))
      const checkpoint = this.#seconds % 5 === 0 ? this.#subject.checkpoint() : undefined
      if (this.#seconds % 5 === 0) this.#aliveAt = this.#now
      if (checkpoint) this.#saved = JSON.parse(JSON.stringify(checkpoint))
    }
  }

  /** Nothing more of it is saved. */
  kill({
    awaySeconds,
    isNewBoot = false,
  }: {
    readonly awaySeconds: number
    readonly isNewBoot?: boolean
  }): void {
    this.#seconds += awaySeconds
    if (isNewBoot) this.#boot = 'boot-2'
    this.#subject = this.#started()
  }

  get saved(): unknown {
    return this.#saved
  }

  get troubles(): readonly unknown[] {
    return this.#subject.health().troubles
  }

  restartWith(saved: unknown): void {
    this.#saved = saved
    this.#subject = this.#started()
  }

  #started(): Subject {
    const remembered = { state: this.#saved, lastSeen: undefined, before: undefined }
    return linkSubject({ ...remembered, aliveAt: this.#aliveAt, now: this.#now }, () => this.isTaken)
  }

  get #now(): Instant {
    const monoMs = (this.#boot === 'boot-1' ? 5_000_000 : 10_000) + this.#seconds * 1_000
    return { boot: this.#boot, wallMs: START_MS + this.#seconds * 1_000, monoMs }
  }

  #take(change: Omit<ConnectionMessage, 'kind' | 'subject' | 'at'>): void {
    const message: ConnectionMessage = {
      kind: 'connection',
      subject: LINKS,
      at: this.#now,
      ...change,
    }
    this.#keep(this.#subject.take(message))
  }

  #keep({ events, state }: Taken): void {
    this.events.push(...events.map((event) => eventCodec.decode(eventCodec.encode(event)) as LinkEvent))
    if (state) this.#saved = JSON.parse(JSON.stringify(state))
  }
}

describe('connections as events', () => {
  test('a connection is reported when it comes up, and when it goes down with its cause and duration', () => {
    const links = new Links()
    links.up()
    links.wait(60)
    links.down('PRESS-07: no answer within 1 s')
    links.wait(5)
    links.down('PRESS-07: no route to host')
    links.up()
    expect(links.texts).toEqual([
      '09:00:00 up',
      '09:01:00 down 60 s (PRESS-07: no answer within 1 s)',
      '09:01:05 up',
    ])
    expect(links.events[1]).toMatchObject({
      subject: 'machine:PRESS-07',
      device: 'PRESS-07',
      connectedAt: '2026-01-31T09:00:00.000Z',
    })
  })

  test('a scanner that has the code of its machine has a connection of its own, also after a kill', () => {
    const links = new Links()
    links.up()
    links.up(SCANNER)
    links.wait(60)
    links.down('unplugged', SCANNER)
    links.wait(5)
    links.kill({ awaySeconds: 10 })
    links.up(SCANNER)
    links.up()
    expect(links.events.map(({ subject, up, durationMs }) => ({ subject, up, durationMs }))).toEqual([
      { subject: 'machine:PRESS-07', up: true, durationMs: null },
      { subject: 'station:PRESS-07', up: true, durationMs: null },
      { subject: 'station:PRESS-07', up: false, durationMs: 60_000 },
      { subject: 'machine:PRESS-07', up: false, durationMs: 65_000 },
      { subject: 'station:PRESS-07', up: true, durationMs: null },
      { subject: 'machine:PRESS-07', up: true, durationMs: null },
    ])
  })

  test('a device that was never reached is reported once', () => {
    const links = new Links()
    links.down()
    links.wait(60)
    links.down('another reason')
    expect(links.texts).toEqual(['09:00:00 down (no answer)'])
    expect(links.events[0]?.connectedAt).toBeNull()
  })

  test('a link that flaps for a day gives few events, each in its pair, and none of its connections is left uncounted', () => {
    const links = new Links()
    const connections = 86_400 / 12
    for (let count = 0; count < connections; count += 1) {
      links.up()
      links.wait(7)
      links.down()
      links.wait(5)
    }
    const ups = links.events.filter(({ up }) => up)
    const downs = links.events.filter(({ up }) => !up)
    expect(ups.length).toBeLessThanOrEqual(10 + 240)
    expect(ups.length).toBeGreaterThan(200)
    expect(downs.length).toBe(ups.length)
    expect(links.events.map(({ up }) => up)).toEqual(ups.flatMap(() => [true, false]))
    // Once it stays up that is reported, with all that came and went before.
    links.up()
    links.wait(400)
    const reported = links.events.filter(({ up }) => up).length
    const flaps = links.events.reduce((sum, event) => sum + event.flaps, 0)
    expect(reported + flaps).toBe(connections + 1)
    expect(links.events.at(-1)?.up).toBe(true)
  })

  test('a connection that comes back while others may not be reported yet is reported with its own beginning', () => {
    const links = new Links()
    for (let count = 0; count < 10; count += 1) {
      links.up()
      links.wait(1)
      links.down()
      links.wait(1)
    }
    links.up()
    links.wait(1_000)
    expect(links.texts.at(-1)).toBe('09:00:20 up')
  })
})

describe('over starts and kills', () => {
  test('a connection that was up when the gateway was killed ends at the last sign of life', () => {
    const links = new Links()
    links.up()
    links.wait(62)
    links.kill({ awaySeconds: 100 })
    links.wait(2)
    links.up()
    expect(links.texts).toEqual([
      '09:00:00 up',
      '09:01:00 down 60 s (the gateway ended without a stop: it was killed, or the power failed; until then the connection was up)',
      '09:02:44 up',
    ])
  })

  test('the same after a restart of the computer', () => {
    const links = new Links()
    links.up()
    links.wait(62)
    links.kill({ awaySeconds: 100, isNewBoot: true })
    links.wait(2)
    expect(links.texts[1]).toMatch(/^09:01:00 down 60 s/)
  })

  test('a connection of which the disk knew nothing leaves nothing', () => {
    const links = new Links()
    links.kill({ awaySeconds: 1 })
    links.wait(3)
    links.up()
    expect(links.texts).toEqual(['09:00:04 up'])
  })

  test('killed before anything else was saved, it ends where it began and not before', () => {
    const links = new Links()
    links.wait(12)
    links.up()
    links.kill({ awaySeconds: 3 })
    links.wait(2)
    expect(links.texts[1]).toMatch(/^09:00:12 down 0 s/)
  })

  test('what was saved and cannot be read is said, and the connections go on', () => {
    const links = new Links()
    links.restartWith({ v: 1, reported: [{ device: 7 }] })
    expect(links.troubles).toMatchObject([{ code: 'links-state-unreadable' }])
    links.up()
    expect(links.texts).toEqual(['09:00:00 up'])
    links.restartWith(links.saved)
    expect(links.troubles).toEqual([])
  })
})

describe('while no route takes these events', () => {
  test('there are none, and nothing is saved', () => {
    const links = new Links()
    links.isTaken = false
    links.up()
    links.wait(60)
    links.down()
    links.up()
    links.wait(10)
    expect(links.events).toEqual([])
    expect(links.saved).toBeUndefined()
  })

  test('the first route that comes begins with what is up, since when it is', () => {
    const links = new Links()
    links.isTaken = false
    links.up()
    links.wait(60)
    links.isTaken = true
    links.wait(2)
    expect(links.texts).toEqual(['09:00:00 up'])
  })

  test('a route that is away for a while gets the end of what had been reported to it, once it is back', () => {
    const links = new Links()
    links.up()
    links.wait(10)
    links.isTaken = false
    links.down()
    links.wait(10)
    links.up()
    links.wait(10)
    links.kill({ awaySeconds: 5 })
    links.up()
    links.wait(5)
    links.isTaken = true
    links.wait(2)
    expect(links.texts).toEqual(['09:00:00 up', '09:00:10 down 10 s (no answer)', '09:00:35 up'])
  })
})
