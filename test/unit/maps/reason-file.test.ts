import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { folderTables, parseReasonTable } from '../../../src/maps/machine/reasons/reason-file.ts'

const read = (text: string) => parseReasonTable(text, 'codes.csv')
const faultsOf = (text: string) =>
  read(text).faults.map(({ line, column, message, hint }) => `${line}:${column} ${message}; ${hint ?? ''}`)

it('has a line a code, with columns in any order and others between them', () => {
  const table = read(
    'Code;Remark;FAULT;Category;Text\njam;x;101;equipment;Clutch slip\nempty;;200-249;;\nnone;;0xFFFF;;\nother;;*;;\n',
  )
  expect(table.faults).toEqual([])
  expect(table.value).toEqual({
    101: { code: 'jam', category: 'equipment', text: 'Clutch slip' },
    '200-249': { code: 'empty' },
    '0xFFFF': 'none',
    '*': { code: 'other' },
  })
  expect(table.place(['101', 'category'])).toEqual({ file: 'codes.csv', line: 2, column: 11 })
  expect(table.place(['200-249'])).toEqual({ file: 'codes.csv', line: 3, column: 8 })
})

it.each([
  [
    '',
    '1:1 the column "fault" is missing; the first line names the columns: fault;code;category;priority;text',
  ],
  [
    'fault;reason\n1;a\n',
    '1:1 the column "code" is missing; the first line names the columns: fault;code;category;priority;text',
  ],
  ['fault;code;categorie\n1;a;b\n', '1:12 unknown column "categorie"; did you mean "category"?'],
  [
    'Press 7;;\n;;\nFault;Code;x\n1;a;\n',
    '1:1 the column "fault" is missing; delete the lines above line 3: the first line names the columns: fault;code;category;priority;text',
  ],
  ['fault;code\n1;a\n1;b\n', '3:1 the fault "1" stands here twice; '],
  ['fault;code\n;b\n', '2:1 this line names no fault; as in 101, 200-249, A101 or *'],
  ['fault;code\n1;"b\n', '2:3 this quote is never closed; '],
])('says where %j is wrong', (text, fault) => {
  expect(faultsOf(text)).toEqual([fault])
})

it('is told to be no text where a spreadsheet of another format lies under its name', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-tables-'))
  writeFileSync(join(folder, 'codes.csv'), Buffer.from('504b0304140000000000', 'hex'))
  const { text, fault } = folderTables(folder, folder).find('codes.csv')
  rmSync(folder, { recursive: true })
  expect(text).toBe('')
  expect(fault).toEqual({
    message: 'the table codes.csv cannot be read: it is no text',
    hint: 'in the spreadsheet, save it as CSV',
  })
})
