/** What stands before the page until it is answered. The browser keeps the focus inside; at the end it is back where it was. */
import type { ComponentChildren } from 'preact'
import { useId, useLayoutEffect, useRef } from 'preact/hooks'
import { useAction } from '../api/use-action.ts'
import { t } from '../texts/catalogue.ts'
import { Button, IconButton } from './button.tsx'
import { Fault } from './states.tsx'

interface DialogProps {
  readonly title: string
  readonly onClose: () => void
  readonly children: ComponentChildren
}

/** Shown for as long as it is part of the page; Escape closes it. */
export function Dialog({ title, onClose, children }: DialogProps) {
  const id = useId()
  const dialog = useRef<HTMLDialogElement>(null)
  // Not after the next picture: until then the focus would be with nobody, and a key that is pressed meanwhile would be lost.
  useLayoutEffect(() => {
    const opener = document.activeElement
    dialog.current?.showModal()
    // By then the dialog is no part of the page any more, and the browser itself gives the focus to nobody.
    return () => opener instanceof HTMLElement && queueMicrotask(() => opener.focus())
  }, [])
  const cancel = (event: Event) => {
    event.preventDefault()
    onClose()
  }
  return (
    <dialog class="dialog" aria-labelledby={id} ref={dialog} onCancel={cancel}>
      <header>
        <h2 id={id}>{title}</h2>
        <IconButton icon="close" label={t('parts.close')} onPress={onClose} />
      </header>
      {children}
    </dialog>
  )
}

interface ConfirmProps {
  readonly title: string
  /** What comes of it. */
  readonly children: ComponentChildren
  /** The word on the button: what is done, not "OK". */
  readonly confirmLabel: string
  readonly isDangerous?: boolean
  /** Done while the dialog waits; it stays open and says why where it fails. */
  readonly onConfirm: () => Promise<unknown>
  readonly onClose: () => void
}

/** Asks before something is done. */
export function Confirm({
  title,
  children,
  confirmLabel,
  isDangerous = false,
  onConfirm,
  onClose,
}: ConfirmProps) {
  const action = useAction(async () => {
    await onConfirm()
    onClose()
  })
  return (
    <Dialog title={title} onClose={onClose}>
      <div class="dialog-text">{children}</div>
      {action.fault && <Fault fault={action.fault} />}
      <footer>
        <Button onPress={onClose}>{t('parts.cancel')}</Button>
        <Button kind={isDangerous ? 'danger' : 'main'} isBusy={action.isBusy} onPress={action.run}>
          {confirmLabel}
        </Button>
      </footer>
    </Dialog>
  )
}
