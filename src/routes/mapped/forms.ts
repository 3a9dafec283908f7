/**
 * The words of a mapped route's file. Each form of a value is judged on its own, so that a fault names its place; the schema of the
 * whole file is for editors.
 */
import { z } from 'zod'
import { text } from '../../documents/text.ts'
import { batchSchema, connectionKeys } from '../../postgres/settings.ts'

/** No table has more columns, and no list in a route is longer. */
const LIST_MAX = 500
/** PostgreSQL cuts longer names. */
const NAME_MAX = 63
const TEXT_MAX = 4_000
const PASSWORD_ELSEWHERE = 'the environment'

const name = text(NAME_MAX)
const qualified = text(3 * NAME_MAX)
/** A whole number beyond this is another one by the time it is read. */
const number = z.number().refine((value) => !Number.isInteger(value) || Number.isSafeInteger(value), {
  error: 'write a number so large in quotes',
})
const constant = z.union([z.string().max(TEXT_MAX), number, z.boolean(), z.null()], {
  error: 'a text, a number, true, false or null; a number so large that it must not be rounded in quotes',
})
const constants = z.union([constant, z.array(constant).min(1).max(LIST_MAX)])

/** The keys of a value that has several parts, by the key that says what it is. `value` stands for the values inside. */
function valueFormsOf(value: z.ZodType) {
  const values = z.record(name, value)
  return {
    value: z.strictObject({ value: constant }).meta({ title: 'a constant' }),
    from: z
      .strictObject({
        from: text(),
        map: z
          .record(z.string(), constant)
          .optional()
          .describe('By the value of the field: what is written.'),
        else: constant.optional().describe('For what the map does not have, and for an empty field.'),
      })
      .meta({ title: 'a value from a field' }),
    text: z
      .strictObject({ text: z.string().max(TEXT_MAX).describe('With fields in braces: "{machine} {at}".') })
      .meta({ title: 'a text' }),
    sha256: z.strictObject({ sha256: z.array(value).min(1).max(LIST_MAX) }).meta({ title: 'a hash' }),
    json: z
      .strictObject({ json: z.union([z.array(text()).min(1).max(LIST_MAX), values]) })
      .meta({ title: 'json' }),
    local: z
      .strictObject({ local: text(), zone: text().describe('As in Europe/Rome.') })
      .meta({ title: 'a local time' }),
    lookup: z
      .strictObject({
        lookup: qualified.describe('TABLE.COLUMN or SCHEMA.TABLE.COLUMN: in which the value stands.'),
        by: value.describe('What is looked up.'),
        take: name.describe('The column of the row that was found.'),
        where: values.optional().describe('What else must be equal.'),
        optional: z
          .boolean()
          .optional()
          .describe('Empty where nothing is found; else the event is set aside.'),
      })
      .meta({ title: 'a lookup' }),
  }
}

/** The forms for judging: what is inside is judged by itself. */
export const VALUE_FORMS = valueFormsOf(z.unknown())
/** The key that says which form a value has. */
export type ValueForm = keyof typeof VALUE_FORMS

/** What may be asked of a field, besides a value or a list of values. */
export const testSchema = z
  .strictObject({
    not: constants.optional().describe('None of these.'),
    from: constant.optional().describe('Not less than this.'),
    to: constant.optional().describe('Not more than this.'),
    starts_with: z.union([z.string(), z.array(z.string()).min(1).max(LIST_MAX)]).optional(),
    is: z.enum(['present', 'empty']).optional().describe('Whether the field has a value.'),
  })
  .meta({ title: 'a test' })
/** A value, or a list of which one is enough. */
export const wantedSchema = constants

const tests = z.record(text(), z.unknown())
/** What is asked of each field is judged by itself. */
const when = z.union([tests, z.array(tests).min(1).max(LIST_MAX)])

function rowSchemaOf(value: z.ZodType, when: z.ZodType) {
  const values = z.record(name, value)
  return z
    .strictObject({
      on: z.union([text(), z.array(text()).min(1).max(LIST_MAX)]).describe('The kind of events, or several.'),
      when: when.optional().describe('Which of these events: every test of a group must hold.'),
      insert: qualified.optional().describe('The table that gets a row.'),
      update: qualified.optional().describe('The table of which a row is changed.'),
      call: qualified.optional().describe('The function or procedure that is called.'),
      columns: values.optional(),
      key: values.optional().describe('Of update: what finds the row.'),
      arguments: values.optional().describe('Of call: by the names of its parameters.'),
      once_per: z
        .union([name, z.array(name).min(1).max(LIST_MAX)])
        .optional()
        .describe('Of insert: a row with these values that is there already is not inserted again.'),
      refused_when: when.optional().describe('Of call: results by which it says no.'),
      reason: z
        .union([name, z.array(name).min(1).max(LIST_MAX)])
        .optional()
        .describe('Of call: results in which it says why.'),
    })
    .meta({ title: 'a row' })
}

/** One item of `rows:`, for judging. */
export const rowSchema = rowSchemaOf(z.unknown(), when)

/** `to:` where the tables are in the database of `central:`. */
export const inCentralSchema = z
  .strictObject({
    schema: name.optional().describe('Where names without a schema are; default: that of central.'),
  })
  .meta({ title: 'to' })

/** `to:` where they are in another one. */
export const elsewhereSchema = z
  .strictObject({
    ...connectionKeys(PASSWORD_ELSEWHERE),
    schema: name.default('public').describe('Where names without a schema are.'),
  })
  .meta({ title: 'to' })

/** The keys of a file besides those that all routes have; `to` and `rows` are judged part by part. */
export const mappedSchema = z.strictObject({
  to: z.unknown().optional(),
  rows: z.array(z.unknown(), { error: 'rows are a list' }).min(1).max(LIST_MAX),
  batch: batchSchema.prefault({}),
})

/** The same with all that is inside, for editors. */
export function wholeMappedSchema(): z.ZodObject {
  const value: z.ZodType = z.lazy(() => whole)
  const whole = z.union([text(), ...Object.values(valueFormsOf(value))])
  const test = z.record(text(), z.union([wantedSchema, testSchema]))
  const wholeWhen = z.union([test, z.array(test).min(1).max(LIST_MAX)])
  return mappedSchema.extend({
    to: z.union([inCentralSchema, elsewhereSchema]).optional(),
    rows: z.array(rowSchemaOf(value, wholeWhen)).min(1).max(LIST_MAX),
  })
}
