import type { ComponentType } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { Button, ButtonLink } from '../../parts/button.tsx'
import { Confirm } from '../../parts/dialog.tsx'
import { PageHead } from '../../parts/section.tsx'
import type { PageProps } from '../../shell/page.ts'
import { goTo } from '../../shell/route.ts'
import { t } from '../../texts/catalogue.ts'
import { AddressStep } from './address-step.tsx'
import { AliveStep } from './alive-step.tsx'
import './connect.css'
import { DeviceStep } from './device-step.tsx'
import { draft, startAnew } from './draft.ts'
import { MachineStep } from './machine-step.tsx'
import { ReviewStep } from './review-step.tsx'
import { SignalsStep } from './signals-step.tsx'
import { isReachable, STEP_TITLES, STEPS, type Step, stepAfter, stepBefore, stepOf } from './steps.ts'
import { TeachStep } from './teach-step.tsx'

const STEP_VIEWS: Readonly<Record<Step, ComponentType>> = {
  device: DeviceStep,
  address: AddressStep,
  signals: SignalsStep,
  teach: TeachStep,
  machine: MachineStep,
  review: ReviewStep,
  alive: AliveStep,
}

/** A wizard from a device to a machine that is read. */
export function ConnectPage({ params }: PageProps) {
  const step = stepOf(params.step, draft())
  const View = STEP_VIEWS[step]
  const view = useFocusOn(step)
  return (
    <>
      <PageHead title={t('connect.title')} intro={t('connect.intro')}>
        {draft().driver !== null && <BeginAnew />}
      </PageHead>
      <StepList current={step} />
      <div class="connect-view" ref={view} tabIndex={-1}>
        <View key={step} />
        <StepWay current={step} />
      </div>
    </>
  )
}

/** Whoever goes on by the keyboard or hears the page is where the new step begins. */
function useFocusOn(step: Step) {
  const view = useRef<HTMLDivElement>(null)
  const shown = useRef(step)
  useEffect(() => {
    if (shown.current !== step) view.current?.focus({ preventScroll: true })
    shown.current = step
  }, [step])
  return view
}

/** Asks first where work would be lost. */
function BeginAnew() {
  const [isAsking, setAsking] = useState(false)
  const { signals, teach, rules, own, saved } = draft()
  const wouldLose =
    saved === null && (signals.length > 0 || rules.length > 0 || teach !== null || own !== null)
  const begin = async () => {
    startAnew()
    goTo('/connect')
  }
  return (
    <>
      <Button kind="quiet" icon="again" onPress={() => (wouldLose ? setAsking(true) : begin())}>
        {t('connect.anew')}
      </Button>
      {isAsking && (
        <Confirm
          title={t('connect.anew')}
          confirmLabel={t('connect.anew')}
          isDangerous
          onConfirm={begin}
          onClose={() => setAsking(false)}
        >
          <p>{t('connect.anewLoses')}</p>
        </Confirm>
      )}
    </>
  )
}

function StepList({ current }: { readonly current: Step }) {
  const at = STEPS.indexOf(current)
  return (
    <nav aria-label={t('connect.steps')}>
      <ol class="connect-steps">
        {STEPS.map((step, index) => (
          <li key={step} class={index < at ? 'done' : undefined}>
            <StepLink step={step} number={index + 1} isCurrent={step === current} />
          </li>
        ))}
      </ol>
    </nav>
  )
}

function StepLink({
  step,
  number,
  isCurrent,
}: {
  readonly step: Step
  readonly number: number
  readonly isCurrent: boolean
}) {
  const words = (
    <>
      <span class="connect-number">{number}</span>
      <span>{t(STEP_TITLES[step])}</span>
    </>
  )
  if (!isReachable(step, draft()) && !isCurrent) return <span class="connect-step">{words}</span>
  return (
    <a class="connect-step" href={`/connect/${step}`} aria-current={isCurrent ? 'step' : undefined}>
      {words}
    </a>
  )
}

/** The way to the steps before and behind. Going back loses nothing. */
function StepWay({ current }: { readonly current: Step }) {
  const before = stepBefore(current)
  const after = stepAfter(current)
  const isDecidedThere = current === 'device' || current === 'review' || current === 'alive'
  return (
    <div class="connect-way">
      {before && current !== 'alive' && (
        <ButtonLink href={`/connect/${before}`} icon="left">
          {t('connect.back')}
        </ButtonLink>
      )}
      {after && !isDecidedThere && (
        <Button
          kind="main"
          isDisabled={!isReachable(after, draft())}
          onPress={() => goTo(`/connect/${after}`)}
        >
          {t('connect.next', { step: t(STEP_TITLES[after]) })}
        </Button>
      )}
      {after && current === 'device' && isReachable(after, draft()) && (
        <ButtonLink href={`/connect/${after}`} kind="main">
          {t('connect.next', { step: t(STEP_TITLES[after]) })}
        </ButtonLink>
      )}
    </div>
  )
}
