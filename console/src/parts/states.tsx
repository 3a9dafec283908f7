/** What a page shows in place of its content: nothing there yet, nothing at all, or a fault. Each says what to do. */
import type { ComponentChildren } from 'preact'
import type { CallError } from '../api/client.ts'
import type { Loaded } from '../api/use-loaded.ts'
import { t } from '../texts/catalogue.ts'
import { Button } from './button.tsx'
import { Icon, type IconName } from './icon.tsx'

/** Nothing to show, and what would change that. */
export function Empty({
  icon,
  title,
  children,
}: {
  readonly icon: IconName
  readonly title: string
  readonly children?: ComponentChildren
}) {
  return (
    <div class="empty">
      <Icon name={icon} />
      <p class="empty-title">{title}</p>
      {children}
    </div>
  )
}

export function Loading() {
  return (
    <p class="loading" role="status">
      <span class="loading-mark" aria-hidden="true" />
      {t('parts.loading')}
    </p>
  )
}

/** What failed, in the gateway's words, with its hint. */
export function Fault({ fault, onAgain }: { readonly fault: CallError; readonly onAgain?: () => void }) {
  return (
    <div class="notice bad" role="alert">
      <Icon name="troubles" />
      <div>
        <p>{faultText(fault)}</p>
        {hintOf(fault) && <p class="help">{hintOf(fault)}</p>}
      </div>
      {onAgain && (
        <Button icon="again" onPress={onAgain}>
          {t('parts.again')}
        </Button>
      )}
    </div>
  )
}

/** Something to know that is no fault. */
export function Notice({
  tone,
  children,
}: {
  readonly tone: 'info' | 'warn' | 'good' | 'bad'
  readonly children: ComponentChildren
}) {
  return (
    <div class={`notice ${tone}`} role="status">
      <Icon name={tone === 'good' ? 'check' : tone === 'info' ? 'more' : 'troubles'} />
      <div>{children}</div>
    </div>
  )
}

/** The content of what was asked for, or that it is still coming, or why it does not. */
export function Awaited<Value>({
  loaded,
  children,
}: {
  readonly loaded: Loaded<Value>
  readonly children: (value: Value) => ComponentChildren
}) {
  const { value, fault, reload } = loaded
  return (
    <>
      {fault && <Fault fault={fault} onAgain={reload} />}
      {value === undefined ? !fault && <Loading /> : children(value)}
    </>
  )
}

function faultText(fault: CallError): string {
  if (fault.body.what !== undefined) return fault.message
  if (fault.status === 0) return t('parts.unreachable')
  if (fault.status === 403) return t('parts.notAllowed')
  return t('parts.failed', { status: fault.status })
}

function hintOf(fault: CallError): string | undefined {
  if (fault.hint) return fault.hint
  if (fault.status === 0) return t('parts.unreachableHint')
  if (fault.status === 403) return t('parts.notAllowedHint')
  return undefined
}
