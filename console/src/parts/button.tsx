/** What people press. */
import type { ComponentChildren } from 'preact'
import { Icon, type IconName } from './icon.tsx'

interface ButtonProps {
  readonly children: ComponentChildren
  readonly onPress?: () => unknown
  /** `main`: the one that the page is for. `danger`: what cannot be undone. `quiet`: beside many of its kind. */
  readonly kind?: 'main' | 'plain' | 'danger' | 'quiet'
  readonly icon?: IconName | undefined
  readonly isBusy?: boolean
  readonly isDisabled?: boolean
  /** Sends the form that it stands in. */
  readonly isSubmit?: boolean
  /** Where the words do not say it all, as of many that are alike. */
  readonly label?: string | undefined
  /** For a button that is on or off. */
  readonly isPressed?: boolean | undefined
}

export function Button(props: ButtonProps) {
  const {
    children,
    onPress,
    kind = 'plain',
    icon,
    isBusy = false,
    isDisabled = false,
    isSubmit = false,
  } = props
  return (
    <button
      type={isSubmit ? 'submit' : 'button'}
      class={`button ${kind}`}
      disabled={isDisabled}
      aria-busy={isBusy}
      aria-label={props.label}
      aria-pressed={props.isPressed}
      onClick={onPress && (() => void (isBusy || onPress()))}
    >
      {icon && <Icon name={icon} />}
      <span>{children}</span>
    </button>
  )
}

/** A button that is a picture only: `label` is what it says to those who do not see it. */
export function IconButton({
  icon,
  label,
  onPress,
}: {
  readonly icon: IconName
  readonly label: string
  readonly onPress: () => unknown
}) {
  return (
    <button
      type="button"
      class="button quiet icon-only"
      aria-label={label}
      title={label}
      onClick={() => void onPress()}
    >
      <Icon name={icon} />
    </button>
  )
}

/** Goes to another page and looks like a button. */
export function ButtonLink({
  href,
  children,
  kind = 'plain',
  icon,
  download,
}: {
  readonly href: string
  readonly children: ComponentChildren
  readonly kind?: 'main' | 'plain' | 'quiet'
  readonly icon?: IconName
  /** The name of the file that it brings. */
  readonly download?: string
}) {
  return (
    <a class={`button ${kind}`} href={href} download={download}>
      {icon && <Icon name={icon} />}
      <span>{children}</span>
    </a>
  )
}
