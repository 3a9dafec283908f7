/** Fields of forms: a label above, what to enter below, and what is wrong with it in place of that. */
import type { ComponentChildren, TargetedEvent } from 'preact'
import { useId } from 'preact/hooks'

interface FieldBasics {
  readonly label: string
  /** What to enter, or an example. */
  readonly help?: string | undefined
  /** What is wrong with what was entered. */
  readonly fault?: string | undefined
}

/** What a control needs so that its label, help and fault belong to it. */
interface Wiring {
  readonly id: string
  readonly 'aria-describedby': string | undefined
  readonly 'aria-invalid': boolean
}

interface TextFieldProps extends FieldBasics {
  readonly value: string
  readonly onInput: (value: string) => void
  readonly type?: 'text' | 'password' | 'number' | 'search' | 'url' | 'time' | 'datetime-local' | 'date'
  readonly autocomplete?: string
  readonly placeholder?: string
  readonly isRequired?: boolean
  readonly isDisabled?: boolean
  readonly hasFocus?: boolean
  readonly inputMode?: 'text' | 'numeric' | 'decimal'
  /** Names to choose from; others may be entered too. */
  readonly suggestions?: readonly string[]
}

export function TextField(props: TextFieldProps) {
  const { onInput, type = 'text', suggestions } = props
  const listId = useId()
  const entered = (event: TargetedEvent<HTMLInputElement>) => onInput(event.currentTarget.value)
  return (
    <Field {...props}>
      {(wiring) =>
        suggestions ? (
          <>
            <input {...wiring} {...inputBasics(props)} type="text" list={listId} onInput={entered} />
            <datalist id={listId}>
              {suggestions.map((one) => (
                <option key={one} value={one} />
              ))}
            </datalist>
          </>
        ) : (
          // The compiler takes the types of inputs one at a time only; these have the same attributes.
          <input {...wiring} {...inputBasics(props)} type={type as 'text'} onInput={entered} />
        )
      }
    </Field>
  )
}

/** What is entered are names and numbers of machines: no browser corrects them. */
function inputBasics({ value, autocomplete = 'off', ...props }: TextFieldProps) {
  return {
    value,
    autocomplete,
    autocapitalize: 'off',
    spellcheck: false,
    placeholder: props.placeholder,
    required: props.isRequired,
    disabled: props.isDisabled,
    inputMode: props.inputMode,
    autofocus: props.hasFocus,
  } as const
}

interface TextAreaProps extends FieldBasics {
  readonly value: string
  readonly onInput: (value: string) => void
  readonly rows?: number
}

export function TextArea(props: TextAreaProps) {
  return (
    <Field {...props}>
      {(wiring) => (
        <textarea
          {...wiring}
          rows={props.rows ?? 4}
          spellcheck={false}
          value={props.value}
          onInput={(event) => props.onInput(event.currentTarget.value)}
        />
      )}
    </Field>
  )
}

interface Choice<Value extends string> {
  readonly value: Value
  readonly label: string
}

interface SelectProps<Value extends string> extends FieldBasics {
  readonly value: Value
  readonly choices: readonly Choice<Value>[]
  readonly onChoose: (value: Value) => void
  readonly isDisabled?: boolean
}

export function SelectField<Value extends string>(props: SelectProps<Value>) {
  const { value, choices, onChoose } = props
  return (
    <Field {...props}>
      {(wiring) => (
        <select
          {...wiring}
          value={value}
          disabled={props.isDisabled}
          onChange={(event) => {
            const chosen = choices.find((choice) => choice.value === event.currentTarget.value)
            if (chosen) onChoose(chosen.value)
          }}
        >
          {choices.map((choice) => (
            <option key={choice.value} value={choice.value} selected={choice.value === value}>
              {choice.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}

export function CheckField({
  label,
  isChecked,
  onChange,
  help,
  isDisabled,
}: {
  readonly label: string
  readonly isChecked: boolean
  readonly onChange: (isChecked: boolean) => void
  readonly help?: string
  readonly isDisabled?: boolean
}) {
  const id = useId()
  return (
    <div class="check-field">
      <input
        id={id}
        type="checkbox"
        checked={isChecked}
        disabled={isDisabled}
        aria-describedby={help && `${id}-help`}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <label for={id}>{label}</label>
      {help && (
        <p id={`${id}-help`} class="help">
          {help}
        </p>
      )}
    </div>
  )
}

/** One of few, all of which are seen: as radio buttons that look like one bar. */
export function ChoiceBar<Value extends string>({
  label,
  value,
  choices,
  onChoose,
}: {
  readonly label: string
  readonly value: Value
  readonly choices: readonly Choice<Value>[]
  readonly onChoose: (value: Value) => void
}) {
  const name = useId()
  return (
    <fieldset class="choice-bar">
      <legend class="unseen">{label}</legend>
      {choices.map((choice) => (
        <label key={choice.value}>
          <input
            type="radio"
            name={name}
            checked={choice.value === value}
            onChange={() => onChoose(choice.value)}
          />
          <span>{choice.label}</span>
        </label>
      ))}
    </fieldset>
  )
}

/** A form that is sent by Enter as by its button. */
export function Form({
  onSubmit,
  children,
}: {
  readonly onSubmit: () => unknown
  readonly children: ComponentChildren
}) {
  const submit = (event: TargetedEvent<HTMLFormElement>) => {
    event.preventDefault()
    onSubmit()
  }
  return (
    <form class="form" onSubmit={submit}>
      {children}
    </form>
  )
}

function Field({
  label,
  help,
  fault,
  children,
}: FieldBasics & { readonly children: (wiring: Wiring) => ComponentChildren }) {
  const id = useId()
  const below = fault ?? help
  const wiring = { id, 'aria-describedby': below && `${id}-below`, 'aria-invalid': fault !== undefined }
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children(wiring)}
      {below && (
        <p id={`${id}-below`} class={fault ? 'fault' : 'help'}>
          {below}
        </p>
      )}
    </div>
  )
}
