import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const FILE = fileURLToPath(new URL('../../../packaging/udev/70-millrace-scanners.rules', import.meta.url))
const lines = readFileSync(FILE, 'utf8').split('\n')
const rules = lines.filter((line) => line !== '' && !line.startsWith('#'))

interface Token {
  readonly key: string
  readonly operator: string
  readonly value: string
}

/** `KEY{attribute}=="value"`, as udev(7) has them. */
const TOKEN = /^([A-Z]+(?:\{[\w.]+\})?)(==|!=|\+=|-=|:=|=)"([^"]*)"$/
const MATCHED = ['ACTION', 'SUBSYSTEM', 'KERNEL', 'ATTRS{idVendor}', 'ATTRS{idProduct}']
const ASSIGNED = ['GROUP', 'MODE', 'GOTO', 'LABEL', 'ATTR{inhibited}']

function tokensOf(rule: string): readonly Token[] {
  return rule.split(', ').map((text) => {
    const [, key, operator, value] = TOKEN.exec(text) ?? []
    if (key === undefined || operator === undefined || value === undefined)
      throw new Error(`${text} is no token of a udev rule`)
    return { key, operator, value }
  })
}

test('holds keys, operators and values only as udev reads them', () => {
  for (const { key, operator } of rules.flatMap(tokensOf)) {
    if (MATCHED.includes(key)) expect(['==', '!='], key).toContain(operator)
    else if (ASSIGNED.includes(key)) expect(operator, key).toBe('=')
    else expect(key).toMatch(/^ENV\{(MILLRACE_SCANNER|DEVTYPE|ID_MM_\w+|LIBINPUT_IGNORE_DEVICE)\}$/)
  }
})

test('jumps only to labels that follow', () => {
  rules.forEach((rule, index) => {
    const target = tokensOf(rule).find(({ key }) => key === 'GOTO')?.value
    if (target !== undefined) expect(rules.slice(index + 1)).toContain(`LABEL="${target}"`)
  })
})

test('changes devices of the makers in its list only, each with a vendor id of USB', () => {
  const makers = rules.filter((rule) => rule.startsWith('ATTRS{idVendor}'))
  expect(makers.length).toBeGreaterThan(5)
  for (const rule of makers)
    expect(rule).toMatch(/^ATTRS\{idVendor\}=="[0-9a-f]{4}", ENV\{MILLRACE_SCANNER\}="1"$/)
  const guard = rules.indexOf('ENV{MILLRACE_SCANNER}!="1", GOTO="millrace_scanners_end"')
  const changing = rules.filter((rule) =>
    /(GROUP|MODE|ATTR\{inhibited\}|ID_MM_\w+\}|LIBINPUT\w+\})=/.test(rule),
  )
  expect(guard).toBeGreaterThan(0)
  for (const rule of changing) expect(rules.indexOf(rule), rule).toBeGreaterThan(guard)
})

test('keeps ModemManager away, and gives serial ports, HID nodes and USB nodes to a group', () => {
  const ruleOf = (start: string) => rules.find((rule) => rule.startsWith(start)) ?? ''
  for (const start of ['SUBSYSTEM=="usb"', 'SUBSYSTEM=="tty"', 'SUBSYSTEM=="hidraw"'])
    expect(ruleOf(start)).toContain('GROUP="dialout", MODE="0660"')
  expect(ruleOf('SUBSYSTEM=="usb"')).toContain('ENV{ID_MM_DEVICE_IGNORE}="1"')
  expect(ruleOf('SUBSYSTEM=="tty"')).toContain('ENV{ID_MM_PORT_IGNORE}="1"')
})

/** Since systemd 254. */
const canVerify = spawnSync('udevadm', ['verify', '--help']).status === 0

test.runIf(canVerify)('is accepted by udevadm verify', () => {
  const { status, stderr } = spawnSync('udevadm', ['verify', '--resolve-names=never', FILE], {
    encoding: 'utf8',
  })
  expect(stderr).toBe('')
  expect(status).toBe(0)
})
