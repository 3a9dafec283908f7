/** What scripts and the page are told of one machine, over HTTP and on a real device. */
import { expect, test } from 'vitest'
import type { MachineOnWire } from '../../../src/api/machine/shapes.ts'
import { type ConsolePress, FAULT, startConsolePress } from '../../support/console-press.ts'
import { startConsoleSite } from '../../support/console-site.ts'

async function pressSite(press: ConsolePress) {
  const site = await startConsoleSite(press.map)
  await site.gateway.until(({ machines }) => expect(machines[0]?.status).toBe('running'))
  return site
}

test('a machine shows its signals in every form, and which of its rules hold', async () => {
  await using press = await startConsolePress()
  await using site = await pressSite(press)
  const answer = await fetch(`${site.url}/api/v1/machines/PRESS-07`)
  const machine = (await answer.json()) as MachineOnWire
  expect(machine.status).toMatchObject({ is: 'running', downtime_at: null })
  expect(machine.signals.find(({ signal }) => signal === 'current')).toMatchObject({
    address: '40103 = wire 102 (0x0066), function 3',
    ...{ raw: '2305', raw_hex: '0x0901', value: '230.5', unit: 'A' },
    ...{ quality: 'good', is_relevant: false, is_read: true, is_current: true },
  })
  expect(machine.rules.map(({ decides, conditions }) => ({ decides, conditions }))).toEqual([
    {
      decides: false,
      conditions: [
        { text: 'state: fault', holds: false },
        { text: 'guard: true', holds: true },
      ],
    },
    { decides: true, conditions: [{ text: 'state: running', holds: true }] },
    { decides: false, conditions: [{ text: 'else', holds: true }] },
  ])
  expect(machine.devices).toMatchObject([{ device: 'PRESS-07', state: 'connected', error: null }])
})

test('whoever watches a machine is told of each change, and what follows when', async () => {
  await using press = await startConsolePress()
  await using site = await pressSite(press)
  const stop = new AbortController()
  const stream = await fetch(`${site.url}/api/v1/machines/PRESS-07/events`, { signal: stop.signal })
  const pictures = picturesOf(stream)
  expect((await pictures.next()).value?.status?.is).toBe('running')
  press.show(FAULT)
  let announced: MachineOnWire['next'] = null
  for await (const picture of pictures) {
    announced ??= picture.next
    if (picture.status?.is === 'down') {
      expect(picture.status.reason).toBe('e_stop')
      break
    }
  }
  expect(announced).toMatchObject({ is: 'down', reason: 'e_stop' })
  stop.abort()
})

test('a machine that no map describes is not found, and the answer says where to look', async () => {
  await using press = await startConsolePress()
  await using site = await pressSite(press)
  const answer = await fetch(`${site.url}/api/v1/machines/PRESS-77`)
  expect(answer.status).toBe(404)
  expect(await answer.json()).toMatchObject({
    code: 'machine-unknown',
    hint: expect.stringContaining('Line'),
  })
})

async function* picturesOf({ body }: Response): AsyncGenerator<MachineOnWire, undefined> {
  if (!body) return undefined
  let rest = ''
  for await (const piece of body.pipeThrough(new TextDecoderStream())) {
    const events = (rest + piece).split('\n\n')
    rest = events.pop() ?? ''
    for (const event of events) {
      const data = /^data: ?(.*)$/m.exec(event)?.[1]
      if (data !== undefined) yield JSON.parse(data) as MachineOnWire
    }
  }
  return undefined
}
