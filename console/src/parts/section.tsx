/** How a page is laid out: its head, and the sections below it. */
import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'

/** The title of a page, and what can be done on it. */
export function PageHead({
  title,
  intro,
  children,
}: {
  readonly title: string
  /** What the page is for, in a sentence. */
  readonly intro?: ComponentChildren
  readonly children?: ComponentChildren
}) {
  return (
    <header class="page-head">
      <div>
        <h1>{title}</h1>
        {intro && <p class="help">{intro}</p>}
      </div>
      {children && <div class="page-actions">{children}</div>}
    </header>
  )
}

/** A part of a page, on a surface of its own. */
export function Section({
  title,
  aside,
  children,
}: {
  readonly title: string
  /** Beside the title: a count, a button. */
  readonly aside?: ComponentChildren
  readonly children: ComponentChildren
}) {
  const id = useId()
  return (
    <section class="section" aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {aside && <div class="section-aside">{aside}</div>}
      </header>
      {children}
    </section>
  )
}

/** Names and what stands for them, below each other. */
export function Facts({ children }: { readonly children: ComponentChildren }) {
  return <dl class="facts">{children}</dl>
}

/** One of `Facts`. */
export function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
