import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Telnet } from '../../../src/scanners/tcp/telnet.ts'

/** What is read of these bytes, one packet a part, and what is answered; all in hex. */
function taken(...packets: readonly string[]) {
  return takenAfter(0, ...packets)
}

/** The same with so much time before each packet. */
function takenAfter(pauseMs: number, ...packets: readonly string[]) {
  const answers: string[] = []
  let nowMs = 0
  const now = () => {
    nowMs += pauseMs
    return { boot: 'boot-1', wallMs: nowMs, monoMs: nowMs }
  }
  const telnet = new Telnet((bytes) => answers.push(Buffer.from(bytes).toString('hex')), { now })
  const data = packets.map((hex) => Buffer.from(telnet.take(Buffer.from(hex, 'hex'))).toString('hex'))
  return { data: data.join(''), answers, isSpoken: telnet.isSpoken }
}

test('offers and questions are taken out and answered, and an echo is refused', () => {
  expect(taken('fffb01fffb03fffd00fffd2c', '574f0d')).toEqual({
    data: '574f0d',
    answers: ['fffe01', 'fffd03', 'fffb00', 'fffc2c'],
    isSpoken: true,
  })
})

test('a command may come in several packets, and in the middle of a scan', () => {
  expect(taken('57ff', 'fb', '014f', '0d')).toMatchObject({ data: '574f0d', answers: ['fffe01'] })
})

test('noise that looks like the beginning of a command takes nothing of a scan that comes later', () => {
  const [scan, unfinished] = ['574f0d', 'fffb2c80fffa80']
  expect(takenAfter(1_001, '80fffe', scan).data).toBe(`80${scan}`)
  expect(takenAfter(1_001, unfinished, scan, scan).data).toBe(`80${scan}${scan}`)
  expect(takenAfter(1_000, 'fffb', '01').data).toBe('')
})

test('each is answered once, so that two ends never talk for ever', () => {
  expect(taken('fffd00', 'fffd00fffd00').answers).toEqual(['fffb00'])
  expect(taken('fffc01fffe03')).toMatchObject({ data: '', answers: [] })
})

test('settings of a port, and other commands, are no part of a scan', () => {
  expect(taken('fffb2c', 'fffa2c6502fff0574f', 'fff10d')).toMatchObject({ data: '574f0d' })
})

test('0xFF, which such a server sends twice, is read once', () => {
  expect(taken('fffb00', '57ffff4f0d').data).toBe('57ff4f0d')
})

test('whatever comes over a connection without telnet is left as it is', () => {
  const raw = fc
    .uint8Array()
    .filter((bytes) => !/ff(?:fb|fc|fd|fe|$)/.test(Buffer.from(bytes).toString('hex')))
  fc.assert(
    fc.property(fc.array(raw), (packets) => {
      const hex = packets.map((bytes) => Buffer.from(bytes).toString('hex'))
      expect(taken(...hex)).toEqual({ data: hex.join(''), answers: [], isSpoken: false })
    }),
  )
})
