/** The tree of an OPC UA server with what each node shows now, and a search through it. */
import { useState } from 'preact/hooks'
import type { NodeList } from '../../../../src/api/connect/shapes.ts'
import { post } from '../../api/client.ts'
import { useLoaded } from '../../api/use-loaded.ts'
import { DEVICE_WAIT_MAX_MS, useQuestion } from '../../api/use-question.ts'
import { Button } from '../../parts/button.tsx'
import { Form, TextField } from '../../parts/field.tsx'
import { Awaited, Fault } from '../../parts/states.tsx'
import { t } from '../../texts/catalogue.ts'
import { deviceKeys } from './device-keys.ts'
import { draft } from './draft.ts'
import { TakeButton } from './take-button.tsx'

type Node = NodeList['nodes'][number]

export function Browse() {
  const [text, setText] = useState('')
  const [found, setFound] = useState<NodeList>()
  const search = useQuestion(async (signal) => {
    const wanted = text.trim()
    const body = { device: deviceKeys(draft()), search: wanted }
    const list =
      wanted === '' ? undefined : await post<NodeList>('/connect/browse', body, signal, DEVICE_WAIT_MAX_MS)
    return () => setFound(list)
  })
  return (
    <div class="stack">
      <Form onSubmit={search.run}>
        <div class="connect-search">
          <TextField
            label={t('connect.searchNodes')}
            help={t('connect.searchNodesHelp')}
            type="search"
            value={text}
            onInput={setText}
          />
          <Button icon="search" isSubmit isBusy={search.isBusy}>
            {t('connect.search')}
          </Button>
        </div>
      </Form>
      {search.fault && <Fault fault={search.fault} />}
      <div aria-live="polite">{found ? <Nodes list={found} hasPaths /> : <Level node={undefined} />}</div>
    </div>
  )
}

/** What stands below one node; it is asked for when it is first opened. */
function Level({ node }: { readonly node: string | undefined }) {
  const list = useLoaded(
    (signal) =>
      post<NodeList>(
        '/connect/browse',
        { device: deviceKeys(draft()), ...(node !== undefined && { node }) },
        signal,
        DEVICE_WAIT_MAX_MS,
      ),
    [node],
  )
  return <Awaited loaded={list}>{(value) => <Nodes list={value} />}</Awaited>
}

function Nodes({ list, hasPaths = false }: { readonly list: NodeList; readonly hasPaths?: boolean }) {
  if (list.nodes.length === 0) return <p class="help">{t('connect.noNodes')}</p>
  return (
    <>
      <ul class="connect-nodes">
        {list.nodes.map((node) => (
          <li key={node.node + node.path.join('/')}>
            {node.kind === 'Object' || node.kind === 'other' ? (
              <Branch node={node} />
            ) : (
              <Leaf node={node} hasPath={hasPaths} />
            )}
          </li>
        ))}
      </ul>
      {list.is_cut && <p class="help">{t('connect.cut')}</p>}
    </>
  )
}

function Branch({ node }: { readonly node: Node }) {
  const [isOpen, setOpen] = useState(false)
  return (
    <details open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{node.name}</summary>
      {isOpen && <Level node={node.node} />}
    </details>
  )
}

function Leaf({ node, hasPath }: { readonly node: Node; readonly hasPath: boolean }) {
  const { name, path, shown, type, signal, detail } = node
  return (
    <div class="connect-leaf">
      <div>
        <p>
          <strong>{hasPath ? path.join(' / ') : name}</strong>
        </p>
        <p class="help">{[shown, type, detail].filter(Boolean).join(' · ')}</p>
      </div>
      {signal && (
        <TakeButton signal={signal} shown={shown} address={path.join(' / ') || name} type={type ?? ''} />
      )}
    </div>
  )
}
