/** What a gateway that stood still says of its devices. Alone in its file: the whole process is held up, and all tests in it. */
import { answerOwnAddress, type Behaviour } from '../../support/modbus-device.ts'
import { registers, test, within } from '../../support/modbus-site.ts'

/** As a computer does that has no time for the process: answers are there long before they can be taken in. */
function holdUp(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

test('a device that had answered while the gateway stood still is not called slow', async ({
  site,
  expect,
}) => {
  let requests = 0
  const behaviour: Behaviour = (request) => {
    answerOwnAddress(request)
    if (++requests === 5) holdUp(900)
  }
  const { machine } = await site(behaviour, registers(0, 1), { timeout: '250ms' })
  await expect.poll(() => machine.readings().length, within(10)).toBeGreaterThan(8)
  expect(machine.lines.map(({ msg }) => msg)).toEqual(['PRESS-07 is connected'])
  expect(machine.story()).toEqual(['up', 'reading'])
})
