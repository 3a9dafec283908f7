/** `millrace check` over scanners' files: what each says by itself, beside the others and of its examples. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { knownHardware } from '../../src/commands/hardware.ts'
import { stationOwner } from '../../src/domain/owner.ts'
import { loadMaps } from '../../src/maps/map-files.ts'
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

describe('millrace check plays the rules of a scanner', () => {
  const HEAD = `scanner: ST-1
port: {serial: /dev/ttyS0, brand: none}
operator: {badge: '^B(?<employee_code>[0-9]{4})$'}
rules:
`
  const told = async (rest: string) => {
    write('st-1.yaml', `${HEAD}${rest}`)
    const { code, out, err } = await runCheck({ cwd })
    return { code, out, err }
  }

  it('and names one that no code ever comes to, with the rule that takes them all', async () => {
    expect(
      await told(
        `  - {match: '^[A-Z]+-[0-9]+$', is: label}\n  - {match: '^WO-(?<wo>[0-9]+)$', is: work_order}\n`,
      ),
    ).toMatchObject({
      code: 2,
      out: 'devices/st-1.yaml:6:5: no code ever comes to this rule: what stands before it (line 5) takes all that it would take; move it in front, or remove it\n',
    })
  })

  it('and names one behind the badges, which take all of its codes', async () => {
    expect(await told(`  - {match: '^B1[0-9]{3}$', is: label}\n`)).toMatchObject({
      code: 2,
      out: expect.stringContaining('devices/st-1.yaml:5:5: no code ever comes to this rule: badges take all'),
    })
  })

  it('and shows a code that two of them take', async () => {
    const { code, err } = await told(
      `  - {match: '^A[0-9]{2}', is: label}\n  - {match: '[0-9]{2}Z$', is: box}\n`,
    )
    expect(code).toBe(0)
    expect(err).toMatch(
      /^hint: devices\/st-1\.yaml:6:5: this rule and the rule of line 5 both take "A\d\dZ", which never comes to this one; make one of the patterns narrower if that is not meant\n$/,
    )
  })

  it('and says what an example really is, and by which rule', async () => {
    const rules = `  - {match: '^WO-(?<wo>[0-9]+)$', is: work_order}\n  - {match: '^L[0-9]+$', is: label}\n`
    const examples = `examples:
  - {scan: WO-4711, is: work_order}
  - {scan: L4711, is: work_order}
  - {scan: X4711, is: label}
  - {scan: B0000, is: label}
  - {scan: X4711, is: unknown}
  - {scan: B0000, is: badge}
`
    expect((await told(`${rules}${examples}`)).out).toBe(
      'devices/st-1.yaml:9:5: this example is "label", by the rule of line 6; correct the rules, or what the example says\n' +
        'devices/st-1.yaml:10:5: this example is "unknown": no rule takes it; correct the rules, or what the example says\n' +
        'devices/st-1.yaml:11:5: this example is "badge", by a pattern of badges; correct the rules, or what the example says\n',
    )
  })

  it('and leaves a running gateway its map, whatever an example says', async () => {
    const text = `${HEAD}  - {match: '^L[0-9]+$', is: label}\nexamples: [{scan: X, is: label}]\n`
    write('st-1.yaml', text)
    const { maps, faults } = loadMaps({ folder: join(cwd, 'devices'), ...knownHardware(), cwd })
    expect(faults).toEqual([])
    expect(maps.map(({ owner }) => owner)).toEqual([stationOwner('ST-1')])
  })
})

describe("the scanners' files that the documentation shows", () => {
  const PAGES = ['configuration.md', 'scanners.md']
  const shown = PAGES.flatMap((page) => {
    const text = readFileSync(new URL(`../../docs/${page}`, import.meta.url), 'utf8')
    const blocks = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, block = '']) => block)
    return blocks.filter((block) => /^scanner:/m.test(block)).map((block) => [page, block] as const)
  })

  it('are there', () => {
    expect(new Set(shown.map(([page]) => page))).toEqual(new Set(PAGES))
  })

  it.each(shown)('pass check as they stand in %s', async (_, block) => {
    write('press-07.yaml', SOUND_MAP)
    write('st.yaml', block)
    expect(await runCheck({ cwd, args: ['devices/st.yaml'] })).toEqual({
      code: 0,
      out: 'valid: 1 scanner\n',
      err: '',
    })
  })
})
