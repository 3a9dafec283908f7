/**
 * The symbol configuration of a CODESYS project, as its XML file beside the boot application has it. The signals become nodes of
 * the OPC UA server of CODESYS Control, whose ids name the controller: `|var|CONTROLLER.Application.PLC_PRG.iState`.
 */
import { type Sheet, SheetDraft, type SheetOptions } from '../sheet.ts'
import { elementsOf, type XmlElement } from '../xml-elements.ts'

const NAMESPACE = 'CODESYSSPV3/3S/IecVarAccess'
/** A structure that holds itself by a pointer would go on without end. */
const DEPTH_MAX = 12

/** Undefined where the text is no such file. */
export function readCodesysSheet(text: string, { controller }: SheetOptions): Sheet | undefined {
  if (!/<Symbolconfiguration[\s>]/i.test(text)) return undefined
  const elements = elementsOf(text)
  const draft = new SheetDraft()
  const device = elements.find(({ name }) => name === 'ProjectInfo')?.attributes.devicename
  const types = typesOf(elements)
  const named = controller ?? device ?? 'Device'
  for (const leaf of elements.filter(
    ({ name, attributes }) => name === 'Node' && attributes.type !== undefined,
  ))
    takeNode(draft, { types, controller: named }, leaf)
  if (controller === undefined)
    draft.doubt(
      1,
      `the controller is taken to be called "${named}" in the ids of its OPC UA server`,
      'it often has another name there, such as "CODESYS Control Win V3 x64": millrace browse shows it; then say --controller NAME',
    )
  return {
    format: 'the symbol configuration of CODESYS',
    driver: 'opcua',
    device: {},
    signals: draft.signals,
    doubts: draft.doubts,
  }
}

interface Project {
  readonly types: ReadonlyMap<string, TypeInfo>
  readonly controller: string
}

interface TypeInfo {
  readonly kind: 'simple' | 'structure' | 'other'
  readonly fields: readonly { readonly name: string; readonly type: string }[]
}

function typesOf(elements: readonly XmlElement[]): ReadonlyMap<string, TypeInfo> {
  const types = new Map<string, { kind: TypeInfo['kind']; fields: { name: string; type: string }[] }>()
  let latest: { fields: { name: string; type: string }[] } | undefined
  for (const { name, attributes } of elements) {
    if (name === 'UserDefElement')
      latest?.fields.push({ name: attributes.iecname ?? '', type: attributes.type ?? '' })
    if (!name.startsWith('Type') || attributes.name === undefined) continue
    const kind = kindOf(name, attributes.typeclass)
    const type = { kind, fields: [] }
    types.set(attributes.name, type)
    latest = kind === 'structure' ? type : undefined
  }
  return types
}

function kindOf(element: string, typeclass: string | undefined): TypeInfo['kind'] {
  if (element === 'TypeSimple') return 'simple'
  if (element !== 'TypeUserDef') return 'other'
  return typeclass?.toLowerCase() === 'enum' ? 'simple' : 'structure'
}

function takeNode(draft: SheetDraft, project: Project, leaf: XmlElement): void {
  const path = [...leaf.within.filter(({ name }) => name === 'Node'), leaf].map(
    ({ attributes }) => attributes.name ?? '',
  )
  if (/write/i.test(leaf.attributes.access ?? '') && !/read/i.test(leaf.attributes.access ?? '')) {
    draft.leaveOut(leaf.line, `"${path.join('.')}" may only be written`)
    return
  }
  takeVariable(draft, project, { path, type: leaf.attributes.type ?? '', line: leaf.line, depth: 0 })
}

interface Variable {
  readonly path: readonly string[]
  readonly type: string
  readonly line: number
  readonly depth: number
}

/** A structure is taken field by field. */
function takeVariable(draft: SheetDraft, project: Project, { path, type, line, depth }: Variable): void {
  const info = project.types.get(type)
  if (info?.kind === 'structure' && depth < DEPTH_MAX) {
    for (const field of info.fields)
      takeVariable(draft, project, { path: [...path, field.name], type: field.type, line, depth: depth + 1 })
    return
  }
  if (info && info.kind !== 'simple') {
    draft.leaveOut(
      line,
      `"${path.join('.')}" is of the type ${type}, which is not one value`,
      'name its elements in the map: millrace browse shows their ids',
    )
    return
  }
  // The application's name says nothing that its signals need.
  const name = path.length > 1 ? path.slice(1).join('.') : path.join('.')
  draft.signal(name, line, { node: `nsu=${NAMESPACE};s=|var|${[project.controller, ...path].join('.')}` })
}
