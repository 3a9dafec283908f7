/** `millrace check` over scanners' files: what each says by itself, beside the others and of its examples. */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SOUND_MAP, soundFolder } from '../support/broken-config.ts'
import { runCheck } from '../support/run-check.ts'

let cwd: string
beforeEach(() => {
  cwd = soundFolder()
})
afterEach(() => rmSync(cwd, { recursive: true }))

function scanner(code: string, port: string, more = ''): string {
  return `scanner: ${code}
port: {${port}, brand: none}
operator: {badge: '^B(?<employee_code>[0-9]{4})$'}
rules:
  - {match: '^WO-(?<wo>[0-9]+)$', is: work_order}
  - {match: '^L[0-9]+$', is: label}
${more}`
}

const write = (name: string, text: string) => writeFileSync(join(cwd, 'devices', name), text)

describe('millrace check', () => {
  it('counts scanners among what it judged, all of them or one file', async () => {
    write('press-07.yaml', SOUND_MAP)
    write('st-1.yaml', scanner('ST-1', 'serial: /dev/ttyS0', 'station: {machine: PRESS-07}\n'))
    expect(await runCheck({ cwd })).toMatchObject({ code: 0, out: 'valid: 1 machine, 1 scanner\n', err: '' })
    expect(await runCheck({ cwd, args: ['devices/st-1.yaml'] })).toMatchObject({ out: 'valid: 1 scanner\n' })
  })

  it('names a station whose machine no file describes, with the nearest', async () => {
    write('press-07.yaml', SOUND_MAP)
    write('st-1.yaml', scanner('ST-1', 'serial: /dev/ttyS0', 'station: {machine: PRES-07}\n'))
    const { code, err } = await runCheck({ cwd })
    expect(code).toBe(0)
    expect(err).toBe(
      'hint: devices/st-1.yaml:7:20: no device map here describes the machine PRES-07: no reason or work order that is scanned reaches it; did you mean PRESS-07?\n',
    )
  })

  it.each([
    ['the same path', 'serial: /dev/ttyS0', 'serial: /dev/ttyS0, baud: 19200'],
    ['the same network port', 'tcp: "10.20.3.40:4001"', 'tcp: "10.20.3.40:4001"'],
    ['the same USB serial number', 'usb_serial: "21097B1234"', 'hid: "0c2e:0b61:21097B1234"'],
  ])('names two scanners at one port: %s', async (_, one, other) => {
    write('st-1.yaml', scanner('ST-1', one))
    write('st-2.yaml', scanner('ST-2', other))
    const { code, out } = await runCheck({ cwd })
    expect(code).toBe(2)
    expect(out).toMatch(
      /^devices\/st-2\.yaml:2:\d+: this is also the port of ST-1 \(devices\/st-1\.yaml:2:\d+\); a port has one scanner: correct it in one of them\n$/,
    )
    expect(await runCheck({ cwd, args: ['devices/st-1.yaml'] })).toMatchObject({ code: 0 })
    expect(await runCheck({ cwd, args: ['devices/st-2.yaml'] })).toMatchObject({ code: 2 })
  })

  it('names two files of one scanner', async () => {
    write('st-1.yaml', scanner('ST-1', 'serial: /dev/ttyS0'))
    write('st-1-copy.yaml', scanner('ST-1', 'serial: /dev/ttyS1'))
    expect(await runCheck({ cwd })).toMatchObject({
      code: 2,
      out: 'devices/st-1-copy.yaml:1:10: the station "ST-1" is already described in devices/st-1.yaml:1:10; remove one of them, or correct the name in st-1-copy.yaml\n',
    })
  })

  it('takes a scanner and a machine of one code', async () => {
    write('press-07.yaml', SOUND_MAP)
    write('st-1.yaml', scanner('PRESS-07', 'serial: /dev/ttyS0', 'station: {machine: PRESS-07}\n'))
    expect(await runCheck({ cwd })).toMatchObject({ code: 0, err: '' })
  })
})
